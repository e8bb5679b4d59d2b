import numpy as np
import pytest
import tensorflow as tf

from models.ops import guided_upsampling, resize


def upsampled(low_res, outline, certain=None, rounds=1):
    """`upsample` of numpy pictures [L, L, 3] and [S, S]: numpy [S, S, 3]."""
    size = outline.shape[0]
    colors = resize.enlarge(tf.constant(low_res[None], tf.float32), size)
    certain = np.zeros((size, size)) if certain is None else certain
    return guided_upsampling.upsample(colors, tf.constant(certain[None, ..., None], tf.float32), tf.constant(
        outline[None, ..., None], tf.float32), low_res.shape[0], rounds).numpy()[0]


@pytest.fixture
def house():
    """An outline of 256 pixels: a box whose sides cross low-resolution pixels; and bool, what is inside."""
    outline, inside = np.zeros((256, 256), np.float32), np.zeros((256, 256), bool)
    outline[67:189, 67:189] = 1
    outline[70:186, 70:186] = 0
    inside[70:186, 70:186] = True
    return outline, inside


def test_equals_the_sum_over_all_pixels_of_a_row_and_of_a_column(rng, monkeypatch):
    """One pass at a time, in double precision, distances measured pixel by pixel."""
    monkeypatch.setattr(guided_upsampling, '_BLOCK', 4)  # four blocks in a row
    size, low, pixel = 32, 4, guided_upsampling.SQUARE
    outline = np.where(rng.random((size, size)) < .1, rng.random((size, size)), 0)
    colors = rng.uniform(-1, 1, (low, low, 3))
    n = size // pixel
    ink = outline.reshape(low, 8, low, 8).mean(axis=(1, 3)).repeat(8, 0).repeat(8, 1)
    weight = (1 - ink) ** guided_upsampling._CLEANNESS + 1e-6
    faint = guided_upsampling._FAINT
    lines = np.maximum(outline.reshape(n, pixel, n, pixel).max(axis=(1, 3)) - faint, 0) / (1 - faint)
    weighted = np.dstack([colors.repeat(8, 0).repeat(8, 1) * weight[..., None], weight])
    weighted = weighted.reshape(n, pixel, n, pixel, 4).mean(axis=(1, 3)) * (1.001 - lines[..., None])
    for k in range(guided_upsampling._PASSES):
        reach = guided_upsampling._REACH / 2 ** k
        for turned in (False, True):
            rows, ink_of = (weighted.transpose(1, 0, 2), lines.T) if turned else (weighted, lines)
            summed = np.zeros_like(rows)
            for row in range(n):
                for here in range(n):
                    for there in range(n):
                        a, b = sorted((here, there))
                        steps = [1 + guided_upsampling._BARRIER * max(ink_of[row, x], ink_of[row, x + 1])
                                 for x in range(a, b)]
                        summed[row, here] += rows[row, there] * np.exp(-sum(steps) / reach)
            weighted = summed.transpose(1, 0, 2) if turned else summed
    expected = (weighted[..., :3] / weighted[..., 3:]).repeat(pixel, 0).repeat(pixel, 1)
    np.testing.assert_allclose(upsampled(colors, outline), expected, atol=1e-3)


def test_colors_become_even_between_the_lines_and_stay_there(house, rng):
    outline, inside = house
    low_inside = inside[::8, ::8]
    low_res = np.where(low_inside[..., None], (.8, -.6, -.6), (-.6, -.2, .8)) + rng.normal(0, .3, (32, 32, 3))
    result = upsampled(low_res, outline)
    outside = ~inside & (outline == 0)
    for area, low_area in ((inside, low_inside), (outside, ~low_inside)):
        assert result[area].std(axis=0).max() < .08
        np.testing.assert_allclose(result[area].mean(axis=0), low_res[low_area].mean(axis=0), atol=.1)


def test_in_further_rounds_an_area_takes_the_color_that_most_of_it_has(house, rng):
    outline, inside = house
    low_res = np.tile(np.where(rng.random((32, 32, 1)) < .3, 1., -.5), 3)
    mean, most = (upsampled(low_res, outline, rounds=rounds)[inside] for rounds in (1, 3))
    assert np.median(mean) > -.2 and np.abs(most + .5).max() < .1


def test_the_ink_in_a_low_resolution_pixel_does_not_darken_its_area(house):
    outline, inside = house
    true = np.where(inside, 1., 0.)[..., None] - 2 * outline[..., None] * np.ones(3)
    low_res = true.reshape(32, 8, 32, 8, 3).mean(axis=(1, 3))
    result = upsampled(low_res, outline)
    assert np.abs(result[inside] - 1).max() < .1
    assert np.abs(result[~inside & (outline == 0)]).max() < .1


def test_little_leaks_through_a_gap(house):
    outline, inside = house
    outline[67:70, 120:126] = 0
    low_res = np.where(inside[::8, ::8, None], 1., -1.) * np.ones(3)
    result = upsampled(low_res, outline)
    assert result[inside].mean() > .9 and result[~inside & (outline == 0)].mean() < -.9


def test_one_color_stays_one_color_and_nothing_leaves_the_range(house, rng):
    outline = house[0]
    np.testing.assert_allclose(upsampled(np.full((32, 32, 3), .3), outline), .3, atol=1e-5)
    low_res = rng.uniform(-1, 1, (32, 32, 3))
    result = upsampled(low_res, np.float32(rng.random((256, 256)) < .2))
    assert low_res.min() - 1e-5 <= result.min() and result.max() <= low_res.max() + 1e-5
    assert np.isfinite(upsampled(low_res, np.ones((256, 256)))).all()


def test_a_certain_color_counts_however_much_ink_there_is():
    outline = np.zeros((256, 256), np.float32)
    outline[:, ::4] = .2  # faint hatching: no line, but ink in every low-resolution pixel of the upper half
    outline[128:] = 0
    low_res = np.where(np.arange(32)[:, None, None] < 16, 1., -1.) * np.ones((32, 32, 3))
    certain = np.zeros((256, 256))
    certain[:128] = 1
    assert upsampled(low_res, outline, certain)[120].mean() > upsampled(low_res, outline)[120].mean() + .01

import numpy as np
import pytest
import tensorflow as tf

from models.ops import hints

RED, BLUE, GREEN = ([230, 40, 30, 255], [20, 40, 220, 255], [10, 200, 40, 255])
COLORS = {name: np.array(color[:3]) / 127.5 - 1 for name, color in (('red', RED), ('blue', BLUE), ('green', GREEN))}


def spread(pixels, outline):
    """Spreads uint8 [S, S, 4] along the lines of [S, S]: (color [S / 2, S / 2, 3], confidence [S / 2, S / 2])."""
    given = hints.from_pixels(tf.constant(pixels[None]))
    result = hints.spread(given, tf.constant(np.float32(outline)[None, ..., None])).numpy()[0]
    return np.nan_to_num(result[..., :3] / np.maximum(result[..., 3:], 1e-30)), result[..., 3]


@pytest.fixture
def pixels():
    return np.zeros((64, 64, 4), np.uint8)


def test_the_smallest_dot_is_a_hint_and_a_faint_one_is_none(pixels):
    pixels[7, 9], pixels[20, 20], pixels[31, 31] = RED, [*BLUE[:3], 100], [*GREEN[:3], 128]
    got = hints.from_pixels(tf.constant(pixels[None]))[0].numpy()
    assert {(3, 4), (15, 15)} == set(zip(*np.nonzero(got[..., 3]), strict=True))
    np.testing.assert_allclose(got[3, 4], [*COLORS['red'], 1], atol=1e-6)


def test_every_place_has_the_nearest_hint(pixels, rng):
    """Without lines the distance is that of a walk along rows and columns."""
    places = rng.integers(0, 32, (5, 2))
    colors = rng.integers(0, 256, (5, 3))
    for (row, column), color in zip(2 * places, colors, strict=True):
        pixels[row:row + 2, column:column + 2] = [*color, 255]
    color, confidence = spread(pixels, np.zeros((64, 64)))
    away = np.abs(np.indices((32, 32))[..., None] - places.T[:, None, None]).sum(axis=0)
    near = np.exp(-away.min(axis=-1) / hints._REACH)
    np.testing.assert_allclose(confidence, (1 + hints._FLOOR) * near / (near + hints._FLOOR), rtol=1e-4)
    lonely = np.sort(away, axis=-1)[..., 0] < np.sort(away, axis=-1)[..., 1]
    np.testing.assert_allclose(color[lonely], (colors[away.argmin(axis=-1)] / 127.5 - 1)[lonely], atol=1e-4)


@pytest.mark.parametrize('compiled', [False, True])
def test_hints_stay_between_the_lines(compiled, pixels):
    outline = np.zeros((64, 64), np.float32)
    outline[10:54, 10:54], outline[12:52, 12:52] = 1, 0
    pixels[15, 15] = RED
    given = hints.from_pixels(tf.constant(pixels[None]))
    result = tf.function(hints.spread, jit_compile=compiled)(given, tf.constant(outline[None, ..., None]))[0].numpy()
    inside, outside = np.zeros((32, 32), bool), np.ones((32, 32), bool)
    inside[6:26, 6:26], outside[4:28, 4:28] = True, False
    assert result[inside][:, 3].min() > .9
    color = result[inside][:, :3] / result[inside][:, 3:]
    np.testing.assert_allclose(color, np.tile(COLORS['red'], (400, 1)), atol=1e-4)
    assert result[outside][:, 3].max() < .05


def test_without_hints_nothing_spreads_and_nothing_changes(pixels, rng):
    given = hints.from_pixels(tf.constant(pixels[None]))
    result = hints.spread(given, tf.constant(np.float32(rng.random((1, 64, 64, 1)))))
    np.testing.assert_array_equal(result, np.zeros((1, 32, 32, 4)))
    picture = tf.constant(rng.uniform(-1, 1, (1, 64, 64, 3)), tf.float32)
    np.testing.assert_array_equal(hints.lay_over(picture, result), picture)
    masks, color = tf.cast(picture[..., :1] > 0, tf.float32), tf.constant([[.1, .2, .3]])
    for got, before in zip(hints.backgrounds(masks, color, result), (masks, color), strict=True):
        np.testing.assert_array_equal(got, before)


@pytest.mark.parametrize('size', [8, 64])
def test_a_hint_is_exact_where_it_lies(pixels, size):
    pixels[16:24, 16:24] = BLUE
    given = hints.spread(hints.from_pixels(tf.constant(pixels[None])), tf.zeros([1, 64, 64, 1]))
    painted = hints.lay_over(tf.ones([1, size, size, 3]), given)[0, size // 4, size // 4]
    np.testing.assert_allclose(painted, COLORS['blue'], atol=1e-5)


def split_page(left_is_background):
    """A page with a line down the middle; its left or right half is background. Returns (masks, outline)."""
    outline, mask = np.zeros((64, 64), np.float32), np.zeros((64, 64), np.float32)
    outline[:, 31:33] = 1
    mask[:, :32 if left_is_background else 0] = 1
    return mask, outline


def corrected(mask, outline, pixels):
    """`backgrounds` of numpy pictures: (mask [S, S], color [3]); the color before is 0."""
    given = hints.spread(hints.from_pixels(tf.constant(pixels[None])), tf.constant(outline[None, ..., None]))
    masks, color = hints.backgrounds(tf.constant(mask[None, ..., None]), tf.zeros([1, 3]), given)
    return masks.numpy()[0, ..., 0], color.numpy()[0]


def test_a_hint_in_the_background_sets_its_color(pixels):
    mask, outline = split_page(left_is_background=True)
    pixels[40:42, 10:12] = RED
    got, color = corrected(mask, outline, pixels)
    np.testing.assert_allclose(color, COLORS['red'], atol=1e-5)
    np.testing.assert_array_equal(got[:, :30], mask[:, :30])
    assert not got[:, 34:].any()


def test_a_hint_in_a_small_part_of_the_background_makes_it_foreground(pixels):
    mask, outline = split_page(left_is_background=True)
    outline[4:16, 4:16], outline[6:14, 6:14] = 1, 0
    pixels[8:10, 8:10] = RED
    got, color = corrected(mask, outline, pixels)
    np.testing.assert_array_equal(color, [0, 0, 0])
    assert not got[6:14, 6:14].any() and got[20:, :30].all()


def test_hints_tell_foreground_from_background(pixels):
    """The color that reaches most of the background is its color; the same color makes foreground background."""
    mask, outline = split_page(left_is_background=True)
    outline[4:16, 4:16], outline[6:14, 6:14] = 1, 0
    pixels[8:10, 8:10], pixels[40:42, 10:12], pixels[40:42, 50:52] = GREEN, RED, RED
    got, color = corrected(mask, outline, pixels)
    np.testing.assert_allclose(color, COLORS['red'], atol=1e-5)
    assert not got[6:14, 6:14].any() and got[20:, :30].all() and got[20:, 34:].all()


def test_random_hints_are_true_colors_off_the_lines(rng):
    color = tf.constant(rng.uniform(-1, 1, (200, 64, 64, 3)), tf.float32)
    outline = np.zeros((200, 64, 64, 1), np.float32)
    outline[:, :, 20:40] = 1
    seeds = tf.stack([tf.zeros([200], tf.int32), tf.range(200)], axis=1)
    got = hints.random(seeds, color, tf.constant(outline)).numpy()
    given = got[..., 3] == 1
    assert np.all(given | (got == 0).all(axis=-1)) and not given[:, :, 10:20].any()
    shrunk = color.numpy().reshape(200, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(got[given][:, :3], shrunk[given], atol=1e-5)
    counts = given.sum(axis=(1, 2))
    assert .2 < np.mean(counts == 0) < .45 and counts.max() <= 40
    assert .5 < counts[counts > 0].mean() / (15.5 * 22 / 32) < 1.5
    np.testing.assert_array_equal(hints.random(seeds[3:5], color[3:5], tf.constant(outline[3:5])), got[3:5])

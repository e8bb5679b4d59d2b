import numpy as np

from data_pipeline.pictures import colors

LEVELS = np.arange(256, dtype=np.float32)


def test_black_is_minus_one_and_white_is_one():
    np.testing.assert_array_equal(colors.from_levels(np.float32([0, 127.5, 255])), [-1, 0, 1])


def test_every_level_comes_back():
    np.testing.assert_array_equal(colors.to_levels(colors.from_levels(LEVELS)), LEVELS)


def test_colors_between_two_levels_become_the_nearest():
    for offset in (-.4, .4):
        np.testing.assert_array_equal(colors.to_levels(colors.from_levels(LEVELS + offset)), LEVELS)


def test_colors_outside_become_black_or_white():
    np.testing.assert_array_equal(colors.to_levels(np.float32([-1.5, -1.01, 1.01, 9])), [0, 0, 255, 255])


def test_quantized_colors_are_on_the_grid_and_nearest():
    color = np.linspace(-1.1, 1.1, 1001, dtype=np.float32)
    quantized = colors.quantize(color).numpy()
    assert np.isin(quantized, colors.from_levels(LEVELS)).all()
    assert np.abs(quantized - np.clip(color, -1, 1)).max() <= 1 / 255 + 1e-6

import fractions
import itertools

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.pictures import square


@pytest.mark.parametrize('height, width', [(100, 100), (100, 130), (300, 100), (100, 730), (64, 4001), (1, 1)])
def test_tiles_cover_everything_and_are_nearly_square(height, width):
    seen = np.zeros((height, width), bool)
    boxes = square.tiles(height, width)
    for top, left, bottom, right in boxes:
        seen[top:bottom, left:right] = True
        assert max(bottom - top, right - left) <= square.MAX_ASPECT * min(bottom - top, right - left)
    assert seen.all()
    assert boxes == sorted(boxes)


@pytest.mark.parametrize('shape', [(800, 12000), (2, 9), (1, 60_000), (3, 60_001)])
def test_boxes_that_overlap_cover_everything_and_are_few_whatever_the_shape(shape):
    boxes = square.overlapping(*shape)
    turned = [(left, top, right, bottom) for top, left, bottom, right in boxes]
    assert turned == square.overlapping(*shape[::-1]) and len(boxes) <= 250
    assert boxes[0][1] == 0 and boxes[-1][3] == shape[1] and {box[::2] for box in boxes} == {(0, shape[0])}
    assert all(after[1] <= before[3] for before, after in itertools.pairwise(boxes))


@pytest.mark.parametrize('size', [32, 255, 256])
def test_inner_box_is_in_the_middle_and_keeps_proportions(size):
    for height, width in itertools.product((1, 3, 37, 100, 255, 256, 257, 511, 1000, 3001), repeat=2):
        top, left, bottom, right = square.inner_box(height, width, size)
        scale = fractions.Fraction(size, max(height, width))
        assert (bottom - top, right - left) == (max(1, round(height * scale)), max(1, round(width * scale)))
        assert size - bottom - top in (0, 1) and size - right - left in (0, 1)


@pytest.mark.parametrize('size', [32, 255, 256])
def test_inner_box_of_tensors_equals_that_of_ints(size):
    sides = np.concatenate([np.arange(1, 300), np.geomspace(300, 30_000, 60)]).astype(np.int32)
    height, width = (side.ravel() for side in np.meshgrid(sides, sides))
    boxes = tf.function(square.inner_box)(tf.constant(height), tf.constant(width), size, tf.maximum)
    expected = [square.inner_box(int(h), int(w), size) for h, w in zip(height, width, strict=True)]
    np.testing.assert_array_equal(tf.stack(boxes, axis=-1), expected)


@pytest.mark.parametrize('shape', [(40, 60), (60, 40), (700, 300), (5, 900), (64, 64)])
def test_fit_keeps_proportions_and_unfit_takes_the_padding_off(shape):
    fitted = square.fit(np.zeros(shape, np.uint8), 64)
    assert fitted.shape == (64, 64)
    ink = fitted == 0
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    box = len(rows), len(columns)
    assert max(box) == 64 and min(box) == max(1, round(64 * min(shape) / max(shape)))
    assert ink.sum() == box[0] * box[1] and (fitted[~ink] == 255).all()
    assert square.unfit(fitted, *shape).shape == box
    assert (square.unfit(fitted, *shape) == 0).all()


@pytest.mark.parametrize('shape', [(1000, 700), (256, 200), (100, 130), (700, 1043)])
def test_hints_lie_where_their_picture_lies_and_no_dot_is_lost(shape, rng):
    """A picture of a black dot, and a hint there."""
    for y, x in rng.integers(0, shape, (20, 2)):
        picture, hints = np.full(shape, 255, np.uint8), np.zeros((*shape, 4), np.uint8)
        picture[y, x], hints[y, x] = 0, (200, 30, 40, 255)
        dark, fitted = square.fit(picture, 256), square.fit_hints(hints, 256)
        given = fitted[..., 3] > 0
        assert dark[given].min() == dark.min() < 255  # where the dot is darkest
        assert (fitted[given] == (200, 30, 40, 255)).all() and not fitted[~given].any()


def test_a_pixel_takes_the_mean_of_its_hints_alone():
    hints = np.zeros((512, 512, 4), np.uint8)
    hints[10, 20:22] = (200, 30, 40, 255), (100, 40, 40, 255)
    fitted = square.fit_hints(hints, 256)
    assert fitted[5, 10].tolist() == [150, 35, 40, 255] and (fitted[..., 3] > 0).sum() == 1

import numpy as np
import pytest
import tensorflow as tf

from models.ops import background


@pytest.fixture
def gradient():
    """A picture of 32 pixels whose colors change linearly."""
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    return (.2 + x[..., None] * [.3, -.2, 0] + y[..., None] * [.1, 0, -.4]).astype(np.float32)[None]


def test_masked_mean_is_over_the_masked_pixels_only():
    """Dividing by all pixels instead made the study's detector fail."""
    color = np.zeros((1, 64, 64, 3), np.float32)
    mask = np.zeros((1, 64, 64, 1), np.float32)
    color[:, :32, :32] = 200
    mask[:, :32, :32] = 1
    np.testing.assert_allclose(background.masked_mean(color, mask), np.full((1, 1, 1, 3), 200), rtol=1e-4)


def test_masked_mean_of_empty_full_and_soft_masks(rng):
    color = tf.constant(rng.uniform(-1, 1, (2, 8, 8, 3)), tf.float32)
    assert np.isfinite(background.masked_mean(color, tf.zeros([2, 8, 8, 1]))).all()
    for mask in (tf.ones([2, 8, 8, 1]), tf.fill([2, 8, 8, 1], .25)):
        mean = background.masked_mean(color, mask)[:, 0, 0]
        np.testing.assert_allclose(mean, color.numpy().mean(axis=(1, 2)), atol=1e-5)


def test_masked_median_ignores_a_minority_and_weighs_pixels_by_the_mask(rng):
    color = rng.uniform(-1, 1, (2, 9, 9, 3)).astype(np.float32)
    mask = np.zeros((2, 9, 9, 1), np.float32)
    mask[:, :3, :5] = 1
    median = background.masked_median(tf.constant(color), tf.constant(mask))
    np.testing.assert_allclose(median[:, 0, 0], np.median(color[:, :3, :5].reshape(2, 15, 3), axis=1), atol=1e-6)
    color[:, :3, :5] = .5
    color[:, :3, :2] = -1  # six of fifteen, fewer than half
    np.testing.assert_array_equal(background.masked_median(tf.constant(color), tf.constant(mask)), np.full(
        (2, 1, 1, 3), .5, np.float32))
    mask[:, :3, 2:5] = .1  # now they have six of 6.9
    np.testing.assert_array_equal(background.masked_median(tf.constant(color), tf.constant(mask)), np.full(
        (2, 1, 1, 3), -1, np.float32))
    np.testing.assert_array_equal(background.masked_median(tf.constant(color), tf.zeros_like(mask)), np.zeros(
        (2, 1, 1, 3), np.float32))


def test_plane_recovers_a_gradient_from_part_of_it(gradient, rng):
    mask = tf.constant(rng.random((1, 32, 32, 1)) < .3, tf.float32)
    seen = background.composite(tf.ones([1, 32, 32, 3]), mask * gradient, mask)  # white where it is not the background
    np.testing.assert_allclose(background.masked_plane(seen, mask), gradient, atol=2e-3)
    np.testing.assert_allclose(background.fill(seen, mask, 'plane'), mask * gradient, atol=2e-3)


def test_plane_recovers_a_gradient_from_a_slanted_strip(gradient):
    """Positions in a slanted strip are correlated, so the mixed term of the least squares counts."""
    row, column = np.mgrid[:32, :32]
    strip = tf.constant((np.abs(row - column) < 5)[None, ..., None], tf.float32)
    np.testing.assert_allclose(background.masked_plane(gradient, strip), gradient, atol=.01)


def test_plane_of_too_few_pixels_is_their_mean(rng):
    color = tf.constant(rng.uniform(-1, 1, (1, 16, 16, 3)), tf.float32)
    pixel = np.zeros((1, 16, 16, 1), np.float32)
    np.testing.assert_array_equal(background.masked_plane(color, pixel), np.zeros((1, 16, 16, 3)))
    pixel[0, 3, 5] = 1
    expected = np.broadcast_to(color[:, 3:4, 5:6], (1, 16, 16, 3))
    np.testing.assert_allclose(background.masked_plane(color, pixel), expected, atol=1e-4)


def test_regions_have_their_own_means():
    color = np.zeros((1, 4, 4, 3), np.float32)
    color[:, :2], color[:, 2:] = .5, -.5
    masks = np.zeros((1, 4, 4, 3), np.float32)
    masks[:, :2, :, 0], masks[:, 2:, :, 1] = 1, 1
    np.testing.assert_allclose(background.fill(tf.constant(color), tf.constant(masks), 'regions'), color, atol=1e-5)


def test_composite_takes_the_fill_where_the_mask_is():
    mask = tf.constant([[[[1.], [0.]]]])
    picture = background.composite(tf.fill([1, 1, 2, 3], .5), mask * -.25, mask)
    np.testing.assert_array_equal(picture[0, 0, :, 0], [-.25, .5])


def test_intersection_over_union():
    mask, truth = np.zeros((2, 2, 2, 1), np.float32), np.zeros((2, 2, 2, 1), np.float32)
    mask[0, 0], truth[0, :, 0] = 1, 1
    np.testing.assert_allclose(background.intersection_over_union(mask, truth), [1 / 3, 1])

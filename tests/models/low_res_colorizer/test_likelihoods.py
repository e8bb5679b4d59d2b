"""The likelihoods to compare with; the logistic mixture has tests of its own."""

import math

import numpy as np
import pytest
import tensorflow as tf

from models.low_res_colorizer.likelihoods import Categorical, Gaussian

HEADS = [Categorical, Gaussian]


def _colors(levels):
    return tf.constant(np.asarray(levels) / 127.5 - 1, tf.float32)


def _parameters(rng, head, *shape, spread=1.):
    return tf.constant(rng.normal(0, spread, (*shape, head.sizes(5)[0])), tf.float32)


@pytest.mark.parametrize('head', HEADS)
def test_each_channel_sums_to_one(head, rng):
    levels = np.stack(np.broadcast_arrays(40, 220, np.arange(256)), -1)
    parameters = _parameters(rng, head)
    whole = head(tf.tile(parameters[None], [256, 1])).log_prob(_colors(levels)).numpy()
    one = np.stack(np.broadcast_arrays(np.arange(256)[:, None], np.arange(256), 7), -1).reshape(-1, 3)
    two = head(tf.tile(parameters[None], [256 ** 2, 1])).log_prob(_colors(one)).numpy()
    blue = np.exp(whole - whole[7]).sum()  # 1 / P(blue = 7)
    np.testing.assert_allclose(np.exp(two.astype(np.float64)).sum() * blue, 1, rtol=1e-3)


def test_gaussian_matches_float64_reference(rng):
    parameters = rng.normal(0, 1, 6)
    for levels in ((0, 128, 255), (255, 0, 30)):
        expected = 0.
        for mean, log_scale, y in zip(parameters[:3], parameters[3:], levels, strict=True):
            scale, center = np.exp(log_scale) * 127.5, (mean + 1) * 127.5
            above = 1. if y == 255 else .5 * math.erfc(-(y + .5 - center) / scale / math.sqrt(2))
            below = 0. if y == 0 else .5 * math.erfc(-(y - .5 - center) / scale / math.sqrt(2))
            expected += math.log(above - below)
        got = Gaussian(tf.constant(parameters, tf.float32)).log_prob(_colors(levels))
        np.testing.assert_allclose(got, expected, rtol=1e-4)


@pytest.mark.parametrize('spread', [1., 30., 1e4])
@pytest.mark.parametrize('head', HEADS)
def test_finite_with_finite_gradients_at_any_scale(head, rng, spread):
    parameters = _parameters(rng, head, 200, spread=spread)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        log_prob = head(parameters).log_prob(_colors(rng.choice([0, 1, 128, 254, 255], (200, 3))))
    assert np.isfinite(log_prob).all()
    assert np.isfinite(tape.gradient(log_prob, parameters)).all()


@pytest.mark.parametrize('head', HEADS)
def test_samples_follow_the_probabilities_on_the_grid(head, rng):
    many, parameters = 10_000, _parameters(rng, head)
    noise = head.noise(tf.constant(rng.random((many, head.sizes(5)[1])), tf.float32))
    levels = (head(tf.tile(parameters[None], [many, 1])).sample(noise).numpy() + 1) * 127.5
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)
    for channel in range(3):
        every = np.full((256, 3), 7)
        every[:, channel] = np.arange(256)
        expected = np.exp(head(tf.tile(parameters[None], [256, 1])).log_prob(_colors(every)).numpy())
        drawn = np.histogram(levels[:, channel], 8, (-.5, 255.5))[0] / many
        np.testing.assert_allclose(drawn, expected.reshape(8, 32).sum(axis=1) / expected.sum(), atol=.02)


@pytest.mark.parametrize('head', HEADS)
def test_temperature_zero_is_free_of_noise(head, rng):
    pixels = head(_parameters(rng, head, 6))
    one, two = (pixels.sample(head.noise(tf.constant(rng.random((6, head.sizes(5)[1])), tf.float32)), 0.)
                for _ in range(2))
    np.testing.assert_array_equal(one, two)

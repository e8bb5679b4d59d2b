import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models.layers import normalization


def test_group_norm_normalizes_each_group_of_each_picture(rng):
    x = rng.normal(3, 2, (2, 5, 4, 8)).astype(np.float32)
    grouped = x.reshape(2, 5, 4, 4, 2)
    mean, variance = (f(grouped, axis=(1, 2, 4), keepdims=True) for f in (np.mean, np.var))
    expected = ((grouped - mean) / np.sqrt(variance + 1e-5)).reshape(x.shape)
    layer = normalization.GroupNorm(groups=4)
    np.testing.assert_allclose(layer(x), expected, atol=1e-4)
    layer.set_weights([np.full(8, 2.), np.full(8, -1.)])
    np.testing.assert_allclose(layer(x), 2 * expected - 1, atol=1e-4)


@pytest.mark.parametrize('policy', ['float32', 'mixed_bfloat16'])
def test_group_norm_has_moments_of_float32_at_half_precision(policy, rng):
    """With moments in bfloat16 this input comes out with deviation 62.8."""
    x = tf.constant(rng.normal(4, .2, (2, 32, 32, 16)), tf.bfloat16)
    layer = normalization.GroupNorm(dtype=keras.mixed_precision.Policy(policy))
    result = tf.cast(layer(x if policy == 'mixed_bfloat16' else tf.cast(x, tf.float32)), tf.float32)
    assert abs(tf.reduce_mean(result)) < .01
    assert abs(tf.math.reduce_std(result) - 1) < .01


def test_gamma_of_batch_normalization_begins_around_one():
    layer = normalization.batch_normalization()
    layer.build([None, 4, 4, 2000])
    assert abs(np.mean(layer.gamma) - 1) < .005 and .015 < np.std(layer.gamma) < .025

import numpy as np
import tensorflow as tf

from models.ops import resize


def test_low_resolution_is_the_rounded_mean_of_squares(rng):
    levels = rng.integers(0, 256, (1, 256, 256, 3))
    low_res = resize.low_resolution(tf.constant(levels / 127.5 - 1, tf.float32), 32)
    means = levels.reshape(1, 32, 8, 32, 8, 3).mean(axis=(2, 4))
    got = (low_res.numpy() + 1) * 127.5
    np.testing.assert_allclose(got, np.round(got), atol=1e-4)
    assert np.abs(got - means).max() <= .501
    np.testing.assert_array_equal(resize.enlarge(low_res, 256)[:, ::8, ::8], low_res)

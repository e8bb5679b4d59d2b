"""Consensus: one low-resolution picture from several samples (our choice; the paper colors from one sample).

A sample guesses what the outline does not tell, and nearly every sample has something odd. So the colorizer draws
several samples. Every pixel takes its color from one of them: from the sample that is nearest, around this pixel, to
what the outline alone suggests. All colors are still colors of samples, and most odd ones are left out.
"""

import tensorflow as tf
import tensorflow_probability as tfp

_STRENGTH = 3.  # our choice; the median of many colors is far duller than each of them
_AROUND = 5  # side in pixels of the squares in which samples are compared (our choice), so that colors form patches


def suggestion(draws):
    """Computes what independent draws of every pixel have in common: their median, with three times its chroma.

    Args:
      draws: [B, N, L, L, 3] in [-1, 1].
    Returns:
      [B, L, L, 3]; values may lie outside [-1, 1].
    """
    median = tfp.stats.percentile(draws, 50., axis=1)
    gray = tf.image.rgb_to_grayscale(median)
    return gray + _STRENGTH * (median - gray)


def nearest(samples, suggested):
    """Takes every pixel from the sample that is nearest to the suggestion around this pixel.

    The distance is the mean absolute difference over the square around the pixel.

    Args:
      samples: [B, K, L, L, 3].
      suggested: [B, L, L, 3].
    Returns:
      [B, L, L, 3].
    """
    distance = tf.transpose(tf.reduce_mean(tf.abs(samples - suggested[:, None]), axis=-1), [0, 2, 3, 1])  # [B, L, L, K]
    chosen = tf.argmin(tf.nn.avg_pool2d(distance, _AROUND, 1, 'SAME'), axis=-1)
    return tf.reduce_sum(tf.one_hot(chosen, samples.shape[1], axis=1)[..., None] * samples, axis=1)

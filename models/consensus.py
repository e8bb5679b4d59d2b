"""Consensus: one low-resolution picture from several samples (our choice; the paper colours from one sample).

What an outline does not tell a sample guesses, and something is odd in nearly every one. So several are drawn, and
every pixel takes the colour of that sample which is nearest, around the pixel, to what the outline alone suggests. All
colours are still those of samples; odd ones are left out.
"""

import tensorflow as tf
import tensorflow_probability as tfp

# Our choice. The middle of many colours is far duller than each of them; it is to tell the hue, not how strong it is.
_STRENGTH = 3.
_AROUND = 5  # pixels a side within which a sample is compared (our choice), so that colours come in patches


def suggestion(draws):
    """What independent draws of every pixel have in common: their median, with its chroma strengthened.

    Args:
      draws: [B, N, L, L, 3] in [-1, 1].
    Returns:
      [B, L, L, 3], not confined to [-1, 1].
    """
    median = tfp.stats.percentile(draws, 50., axis=1)
    grey = tf.image.rgb_to_grayscale(median)
    return grey + _STRENGTH * (median - grey)


def nearest(samples, suggested):
    """Of every pixel, the sample nearest to what is suggested: mean absolute difference over the pixels around it.

    Args:
      samples: [B, K, L, L, 3].
      suggested: [B, L, L, 3].
    Returns:
      [B, L, L, 3].
    """
    away = tf.transpose(tf.reduce_mean(tf.abs(samples - suggested[:, None]), axis=-1), [0, 2, 3, 1])  # [B, L, L, K]
    chosen = tf.argmin(tf.nn.avg_pool2d(away, _AROUND, 1, 'SAME'), axis=-1)
    return tf.reduce_sum(tf.one_hot(chosen, samples.shape[1], axis=1)[..., None] * samples, axis=1)

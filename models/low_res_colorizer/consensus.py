"""Consensus: one low-resolution picture from several samples (our choice; the paper colors from one sample).

A sample guesses what the outline does not tell, and nearly every sample has something odd. So the colorizer draws
several samples. Every pixel takes its color from those that are nearest, around this pixel, to what the prior suggests.
Mostly this is one sample. Of samples that are about equally near, it is their weighted mean, so that a small change of
the drawing changes the colors little. Most odd colors are left out. At last this mean and the suggestion meet halfway.
"""

import tensorflow as tf

from data_pipeline.pictures import colors

_STRENGTH = 2.  # our choice; the median of many colors is far duller than each of them
_SHARE = .5  # of the suggestion in the result (our choice); the rest is of the samples
_NEARNESS = .05  # our choice; a sample that is farther by this distance has a weight that is smaller by the factor e
_MOST_GAIN = 1.5  # our choice; the most that the chroma of a mean is raised by, since opposite colors have a gray mean
_AROUND = 5  # side in pixels of the squares in which samples are compared (our choice), so that colors form patches


def suggestion(color):
    """Makes the prior's color livelier: twice its chroma.

    Args:
      color: [B, L, L, 3] in [-1, 1].
    Returns:
      [B, L, L, 3]; values may lie outside [-1, 1].
    """
    gray = tf.image.rgb_to_grayscale(color)
    return gray + _STRENGTH * (color - gray)


def agree(samples, suggested):
    """Takes every pixel half from the suggestion, and half from the samples that are nearest to it around this pixel.

    The distance is the mean absolute difference over the square around the pixel. The weights of the samples are the
    softmax of the negative distances, divided by `_NEARNESS`. A mean of several colors is duller than they are, so its
    chroma is raised to their mean chroma.

    Args:
      samples: [B, K, L, L, 3].
      suggested: [B, L, L, 3].
    Returns:
      [B, L, L, 3], on the grid of 256 levels.
    """
    distance = tf.transpose(tf.reduce_mean(tf.abs(samples - suggested[:, None]), axis=-1), [0, 2, 3, 1])  # [B, L, L, K]
    weights = tf.nn.softmax(-tf.nn.avg_pool2d(distance, _AROUND, 1, 'SAME') / _NEARNESS)
    mixed, strength = (tf.einsum('bijk,bkijc->bijc', weights, of) for of in (samples, _chroma(samples)))
    gray = tf.image.rgb_to_grayscale(mixed)
    mixed = gray + tf.minimum(strength / _chroma(mixed), _MOST_GAIN) * (mixed - gray)
    return colors.quantize(mixed + _SHARE * (suggested - mixed))


def _chroma(color):
    """How far colors [..., 3] are from gray: [..., 1], above 0."""
    return tf.sqrt(tf.reduce_sum(tf.square(color - tf.image.rgb_to_grayscale(color)), axis=-1, keepdims=True) + 1e-6)

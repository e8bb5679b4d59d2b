"""Consensus: one low-resolution picture from several samples (our choice; the paper colors from one sample).

A sample guesses what the outline does not tell, and nearly every sample has something odd. So the colorizer draws
several samples. Every pixel takes its color from those that are nearest, around this pixel, to what the prior suggests.
Mostly this is one sample. Of samples that are about equally near, it is their weighted mean, so that a small change of
the drawing changes the colors little. Most odd colors are left out. At last this color and the prior's meet halfway.
Hints make the prior surer: the more of the picture they reach, the more it counts, as it is.
"""

import tensorflow as tf

from data_pipeline.pictures import colors

# All numbers are our choice.
_STRENGTH = 3.  # of the prior's chroma where it is compared; a median of many colors is far duller than each of them
_NEARNESS = .05  # a sample that is farther by this distance has a weight that is smaller by the factor e
_SHARE = .5  # of the prior in the result; the rest is of the samples
_MOST_GAIN = 2.  # the most that the chroma of a mean is raised by, since opposite colors have a gray mean
_AROUND = 5  # side in pixels of the squares in which samples are compared, so that colors form patches


def agree(samples, prior, doubt=1.):
    """Joins samples.

    The distance of a sample is its mean absolute difference, over the square around a pixel, from the prior's color
    with `_STRENGTH` times its chroma. The weights of the samples are the softmax of the negative distances, divided by
    `_NEARNESS`. A mean of several colors is duller than they are, so its chroma is raised to the samples' mean chroma.

    Args:
      samples: [B, K, L, L, 3].
      prior: [B, L, L, 3], the prior's color.
      doubt: [B, 1, 1, 1] or scalar in [0, 1], the share of the picture that hints do not reach. At 0 the result is the
        prior's color, no more colorful than the samples.
    Returns:
      [B, L, L, 3], on the grid of 256 levels.
    """
    suggested = _with_chroma(prior, 1 + (_STRENGTH - 1) * doubt)
    distance = tf.transpose(tf.reduce_mean(tf.abs(samples - suggested[:, None]), axis=-1), [0, 2, 3, 1])  # [B, L, L, K]
    weights = tf.nn.softmax(-tf.nn.avg_pool2d(distance, _AROUND, 1, 'SAME') / _NEARNESS)
    nearest, strength = (tf.einsum('bijk,bkijc->bijc', weights, of) for of in (samples, _chroma(samples)))
    mixed = prior + (1 - _SHARE) * doubt * (nearest - prior)
    most_gain = 1 + (_MOST_GAIN - 1) * doubt
    return colors.quantize(_with_chroma(mixed, tf.minimum(strength / _chroma(mixed), most_gain)))


def _chroma(color):
    """How far colors [..., 3] are from gray: [..., 1], above 0."""
    return tf.sqrt(tf.reduce_sum(tf.square(color - tf.image.rgb_to_grayscale(color)), axis=-1, keepdims=True) + 1e-6)


def _with_chroma(color, times):
    """Multiplies the chroma of colors [..., 3], which may then lie outside [-1, 1]."""
    gray = tf.image.rgb_to_grayscale(color)
    return gray + times * (color - gray)

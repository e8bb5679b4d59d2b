"""What the likelihoods share: distributions over the 256 levels of a channel, and sampling from given noise."""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from data_pipeline.pictures import colors

tfd, tfb = tfp.distributions, tfp.bijectors

MAX_MEAN = 8.  # means are limited to this, far outside [-1, 1], where float32 still has enough digits


def quantized(family, means, scales):
    """Makes a distribution over the levels 0..255 from a continuous one (PixelCNN++, 1701.05517, section 2.1).

    Level y has the mass between y - 1/2 and y + 1/2; levels 0 and 255 also have the tails.

    Args:
      family: class of a TFP distribution over the reals with location and scale.
      means, scales: [...], in units of colors in [-1, 1].
    Returns:
      TFP distribution of batch shape [...].
    """
    # TFP's quantized distribution gives y the interval (y - 1, y]; the shift by one half centers it.
    continuous = tfd.TransformedDistribution(family((means + 1) * 127.5, scales * 127.5), tfb.Shift(-.5))
    return tfd.QuantizedDistribution(continuous, low=0., high=255.)


def inside(uniform):
    """Clips uniform noise away from 0 and 1, where quantiles are infinite."""
    return tf.clip_by_value(uniform, 1e-5, 1 - 1e-5)


def quantile(weights, means, scales, share):
    """Finds the quantiles of mixtures of quantized logistic distributions.

    Args:
      weights: [..., K], of the components; their sum is 1.
      means, scales: [..., K], see `quantized`.
      share: [...] in (0, 1).
    Returns:
      float [...], the lowest level in 0..255 whose cumulative probability is at least `share`.
    """
    means, scales, weights = (tf.transpose(of, [of.shape.rank - 1, *range(of.shape.rank - 1)])  # [K, ...] is faster
                              for of in (means, scales, weights))
    # The level is found among blocks of levels, then in the block, and so on. Halves need the least arithmetic, but
    # for few values, as in the loop over pixels, the number of operations counts.
    blocks = 16 if share.shape.rank == 1 else 2
    level, step = tf.zeros_like(share), 256
    while step > 1:
        step //= blocks
        for_ends = [-1] + [1] * means.shape.rank
        ends = tf.reshape(colors.from_levels(step * np.arange(1, blocks, dtype=np.float32) - .5), for_ends)
        share_below = tf.reduce_sum(weights * tf.sigmoid((ends + level / 127.5 - means) / scales), axis=1)
        level += step * tf.reduce_sum(tf.cast(share_below < share, tf.float32), axis=0)
    return level


def mass(means, scales, level):
    """Computes the probabilities of a level in quantized logistic distributions.

    It is simpler than `quantized`, and not exact far from the means, where it is at least 1e-9.

    Args:
      means, scales: [..., K], see `quantized`.
      level: float [...], whole numbers in 0..255.
    Returns:
      float [..., K].
    """
    low, high = tf.where(level > 0, level - .5, -1e6), tf.where(level < 255, level + .5, 1e6)
    upper, lower = (tf.sigmoid((colors.from_levels(side)[..., None] - means) / scales) for side in (high, low))
    return upper - lower + 1e-9


def gumbel(uniform):
    """Makes Gumbel noise from uniform noise of any shape."""
    return -tf.math.log(-tf.math.log(inside(uniform)))


def choose(logits, noise, temperature):
    """Draws one of K choices by the Gumbel-max trick.

    Args:
      logits: [..., K].
      noise: [..., K], of `gumbel`.
      temperature: [...] or scalar; 0 takes the likeliest choice.
    Returns:
      int64 [...].
    """
    return tf.argmax(logits + tf.expand_dims(temperature, -1) * noise, axis=-1)

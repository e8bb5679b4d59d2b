"""What the likelihoods share: distributions over the 256 levels of a channel, and sampling from given noise."""

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
    """Finds the quantiles of mixtures of quantized logistic distributions, by bisection.

    Args:
      weights: [..., K], of the components; their sum is 1.
      means, scales: [..., K], see `quantized`.
      share: [...] in (0, 1).
    Returns:
      float [...], the lowest level in 0..255 whose cumulative probability is at least `share`.
    """
    low, high = tf.zeros_like(share), tf.fill(tf.shape(share), 255.)
    for _ in range(8):  # halves 256 levels to one
        middle = tf.floor((low + high) / 2)
        x = (colors.from_levels(middle + .5)[..., None] - means) / scales
        reached = tf.reduce_sum(weights * tf.sigmoid(x), axis=-1) >= share
        low, high = tf.where(reached, low, tf.minimum(middle + 1, 255.)), tf.where(reached, middle, high)
    return high


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

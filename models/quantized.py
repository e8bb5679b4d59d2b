"""What the likelihoods share: distributions on the 256 levels of a channel, and samples as functions of given noise."""

import tensorflow as tf
import tensorflow_probability as tfp

tfd, tfb = tfp.distributions, tfp.bijectors

MAX_MEAN = 8.  # far outside the colours' [-1, 1]; beyond, float32 has no digits left


def quantized(family, means, scales):
    """A distribution over levels 0..255 with the mass of `family` around each, the tails at the ends.

    Args:
      family: class of TFP distributions over the reals with location and scale.
      means, scales: [...], in units of colours in [-1, 1].
    """
    # The quantized distribution takes the interval (y - 1, y] for y, hence the half.
    continuous = tfd.TransformedDistribution(family((means + 1) * 127.5, scales * 127.5), tfb.Shift(-.5))
    return tfd.QuantizedDistribution(continuous, low=0., high=255.)


def inside(uniform):
    """Uniform noise kept away from 0 and 1, where its quantiles would be infinite."""
    return tf.clip_by_value(uniform, 1e-5, 1 - 1e-5)


def gumbel(uniform):
    """Gumbel noise from uniform noise of any shape."""
    return -tf.math.log(-tf.math.log(inside(uniform)))


def choose(logits, noise, temperature):
    """One of K choices, by the Gumbel-max trick: logits, Gumbel noise [..., K], temperature [...] -> int64 [...]."""
    return tf.argmax(logits + tf.expand_dims(temperature, -1) * noise, axis=-1)

"""The likelihoods of a pixel that `--likelihood` chooses from.

The logistic mixture is the paper's; the others are for comparison. All classes have the same interface:

  sizes(mixtures): (number of parameters of a pixel, number of random numbers that a pixel's sample takes).
  noise(uniform): makes these random numbers from uniform ones.
  __init__(parameters, known): the distribution of any number of pixels. Only the logistic mixture uses `known`.
  log_prob(pixels), sample(noise, temperature): for pixels on the grid of 256 levels in [-1, 1].
"""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from data_pipeline.pictures import colors
from models.low_res_colorizer import logistic_mixture, quantized

tfd = tfp.distributions


class Categorical:
    """A 256-way softmax for each channel (PixelRNN, 1601.06759, section 3.3). The channels are independent.

    It does not know that levels have an order, which costs much on a small data set (paper, section 2).

    Args:
      parameters: float [..., 3 * 256].

    Example:
      >>> Categorical(tf.zeros([1, Categorical.sizes(mixtures=5)[0]])).log_prob(tf.zeros([1, 3])).shape
      TensorShape([1])
    """

    def __init__(self, parameters, known=None):
        del known
        self._logits = _by_channel(tf.cast(parameters, tf.float32))

    @staticmethod
    def sizes(mixtures):
        del mixtures
        return 3 * 256, 3 * 256

    noise = staticmethod(quantized.gumbel)

    def log_prob(self, pixels):
        """Computes the log-probability of pixels [..., 3] in nats: [...]."""
        levels = tf.cast(colors.to_levels(pixels), tf.int32)
        return tf.reduce_sum(tfd.Categorical(logits=self._logits).log_prob(levels), axis=-1)

    def sample(self, noise, temperature=1.):
        """Samples pixels [..., 3] from noise [..., 3 * 256]; see `LogisticMixture.sample`."""
        chosen = quantized.choose(self._logits, _by_channel(noise), tf.expand_dims(temperature, -1))
        return colors.from_levels(tf.cast(chosen, tf.float32))


class Gaussian:
    """One Gaussian for each channel: L2 regression that also learns each pixel's width. The channels are independent.

    Args:
      parameters: float [..., 6], three means and three log-scales.

    Example:
      >>> Gaussian(tf.zeros([1, Gaussian.sizes(mixtures=5)[0]])).log_prob(tf.zeros([1, 3])).shape
      TensorShape([1])
    """

    _MIN_LOG_SCALE, _MAX_LOG_SCALE = -5., 5.  # beyond these limits float32 has no digits left for the tails

    def __init__(self, parameters, known=None):
        del known
        means, log_scales = tf.split(tf.cast(parameters, tf.float32), 2, axis=-1)
        self._means = tf.clip_by_value(means, -quantized.MAX_MEAN, quantized.MAX_MEAN)
        self._scales = tf.exp(tf.clip_by_value(log_scales, self._MIN_LOG_SCALE, self._MAX_LOG_SCALE))

    @staticmethod
    def sizes(mixtures):
        del mixtures
        return 6, 3

    @staticmethod
    def noise(uniform):
        return tf.math.ndtri(quantized.inside(uniform))

    def log_prob(self, pixels):
        """Computes the log-probability of pixels [..., 3] in nats: [...]."""
        channels = quantized.quantized(tfd.Normal, self._means, self._scales)
        return tf.reduce_sum(channels.log_prob(colors.to_levels(pixels)), axis=-1)

    def sample(self, noise, temperature=1.):
        """Samples pixels [..., 3] from noise [..., 3]; see `LogisticMixture.sample`."""
        return colors.quantize(self._means + tf.expand_dims(temperature, -1) * self._scales * noise)


LIKELIHOODS = {'logistic_mixture': logistic_mixture.LogisticMixture, 'categorical': Categorical, 'gaussian': Gaussian}


def bits_per_dim(log_prob):
    """Converts log-likelihoods of RGB pixels in nats to bits for each of their three numbers."""
    return -log_prob / (3 * math.log(2))


def _by_channel(x):
    """[..., 3 * 256] -> [..., 3, 256]."""
    return tf.reshape(x, tf.concat([tf.shape(x)[:-1], [3, 256]], axis=0))

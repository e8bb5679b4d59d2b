"""The likelihoods to choose from (`--likelihood`), so that what the logistic mixture is worth can be measured.

Each class has `sizes(mixtures)` -> (numbers the network gives for a pixel, random numbers a pixel's sample takes) and
`noise(uniform)`, which makes these random numbers from uniform ones; it is made from the parameters of any number of
pixels (and the colours of their neighbours, which only the logistic mixture uses), and gives their `log_prob` and
`sample`. Pixels lie on the grid of 256 levels in [-1, 1].
"""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from models import logistic_mixture, quantized, resolution

tfd = tfp.distributions


class Categorical:
    """A 256-way softmax for each channel (PixelRNN, 1601.06759, section 3.3), channels independent given the context.

    Knows nothing of the order of the levels, which is what a small data set suffers from (paper, section 2).

    Args:
      parameters: float [..., 3 * 256].
    """

    def __init__(self, parameters, neighbours=None):
        del neighbours
        self._logits = _by_channel(tf.cast(parameters, tf.float32))

    @staticmethod
    def sizes(mixtures):
        del mixtures
        return 3 * 256, 3 * 256

    noise = staticmethod(quantized.gumbel)

    def log_prob(self, pixels):
        """Log-probability of pixels [..., 3]: [...], nats."""
        levels = tf.cast(resolution.levels(pixels), tf.int32)
        return tf.reduce_sum(tfd.Categorical(logits=self._logits).log_prob(levels), axis=-1)

    def sample(self, noise, temperature=1.):
        """Pixels [..., 3] from noise [..., 3 * 256]; see `LogisticMixture.sample`."""
        chosen = quantized.choose(self._logits, _by_channel(noise), tf.expand_dims(temperature, -1))
        return resolution.from_levels(tf.cast(chosen, tf.float32))


class Gaussian:
    """One Gaussian for each channel, channels independent: L2 regression, but that each pixel's width is learnt too.

    Args:
      parameters: float [..., 6], three means and three log-scales.
    """

    _MIN_LOG_SCALE, _MAX_LOG_SCALE = -5., 5.  # narrower, float32 has no digits left for the tails

    def __init__(self, parameters, neighbours=None):
        del neighbours
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
        """Log-probability of pixels [..., 3]: [...], nats."""
        channels = quantized.quantized(tfd.Normal, self._means, self._scales)
        return tf.reduce_sum(channels.log_prob(resolution.levels(pixels)), axis=-1)

    def sample(self, noise, temperature=1.):
        """Pixels [..., 3] from noise [..., 3]; see `LogisticMixture.sample`."""
        return resolution.quantize(self._means + tf.expand_dims(temperature, -1) * self._scales * noise)


LIKELIHOODS = {'logistic_mixture': logistic_mixture.LogisticMixture, 'categorical': Categorical, 'gaussian': Gaussian}


def bits_per_dim(log_prob):
    """Log-likelihood of RGB pixels in nats -> bits for each number."""
    return -log_prob / (3 * math.log(2))


def _by_channel(x):
    """[..., 3 * 256] -> [..., 3, 256]."""
    return tf.reshape(x, tf.concat([tf.shape(x)[:-1], [3, 256]], axis=0))

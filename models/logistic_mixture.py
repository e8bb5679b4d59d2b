"""Discretized logistic mixture over RGB (PixelCNN++, section 2), from TensorFlow Probability's distributions.

All three channels share one mixture component. Within a component the mean of green shifts linearly with red, that of
blue with red and green, by coefficients that the network gives.

Our choice: a component's means may also be the colours of the pixel to the left or of that above, or lie between. A
network's own means are never exactly those of a neighbour, so flat areas drift from pixel to pixel; a copy does not.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from models import quantized, resolution

tfd = tfp.distributions

_MIN_LOG_SCALE, _MAX_LOG_SCALE = -7., 7.  # the lower is PixelCNN++'s; beyond, float32 has no digits left


class LogisticMixture:
    """Distribution of RGB pixels on the grid of 256 levels in [-1, 1].

    Args:
      parameters: float [..., 12 K], a network's output: 1 logit, 3 means, 3 log-scales, 3 coefficients and 2 logits of
        copying a logistic. The latter are against 0, the logit of the network's own means and coefficients.
      neighbours: colours of the pixels to the left and above, [..., 2, 3]; without them, nothing is copied.
    """

    def __init__(self, parameters, neighbours=None):
        mixtures = parameters.shape[-1] // 12
        self._logits, rest = tf.split(tf.cast(parameters, tf.float32), [mixtures, 11 * mixtures], axis=-1)
        self._rest = tf.reshape(rest, [*tf.unstack(tf.shape(rest))[:-1], mixtures, 11])
        self._neighbours = neighbours

    @staticmethod
    def sizes(mixtures):
        """(numbers the network gives for a pixel, random numbers a pixel's sample takes: for choice and channels)."""
        return 12 * mixtures, mixtures + 3

    @staticmethod
    def noise(uniform):
        """What `sample` takes, from uniform noise in [0, 1]: [..., K + 3] -> Gumbel [..., K] and logistic [..., 3]."""
        for_choice, for_channels = tf.split(uniform, [uniform.shape[-1] - 3, 3], axis=-1)
        inside = quantized.inside(for_channels)
        return tf.concat([quantized.gumbel(for_choice), tf.math.log(inside) - tf.math.log1p(-inside)], axis=-1)

    def log_prob(self, pixels):
        """Log-probability of pixels [..., 3] on the grid: [...], nats, summed over the channels."""
        means, log_scales, coefficients = self._logistics(self._rest)
        x = pixels[..., None, :]
        means += self._shift(coefficients, x[..., :1], x[..., 1:2])
        channels = quantized.quantized(tfd.Logistic, means, tf.exp(log_scales))
        components = tfd.Independent(channels, 1)
        mixture = tfd.MixtureSameFamily(tfd.Categorical(logits=self._logits), components)
        return mixture.log_prob(resolution.levels(pixels))

    def sample(self, noise, temperature=1.):
        """Pixels from given noise, rounded to the grid.

        Args:
          noise: float [..., K + 3], of `noise`; the sample is a function of it.
          temperature: float [...] or scalar, of the choice of the component and of the scales; 1 is the distribution
            itself, 0 its mode.
        Returns:
          float [..., 3] in [-1, 1].
        """
        mixtures = self._logits.shape[-1]
        chosen = quantized.choose(self._logits, noise[..., :mixtures], temperature)
        chosen = tf.reduce_sum(tf.one_hot(chosen, mixtures)[..., None] * self._rest, axis=-2, keepdims=True)
        means, log_scales, coefficients = (x[..., 0, :] for x in self._logistics(chosen))
        x = means + tf.expand_dims(temperature, -1) * tf.exp(log_scales) * noise[..., mixtures:]
        red = resolution.quantize(x[..., :1])
        green = resolution.quantize(x[..., 1:2] + coefficients[..., :1] * red)
        blue = resolution.quantize(x[..., 2:] + coefficients[..., 1:2] * red + coefficients[..., 2:] * green)
        return tf.concat([red, green, blue], axis=-1)

    def _logistics(self, numbers):
        """Means, log-scales and coefficients [..., K, 3] from what the network gives for them, [..., K, 11]."""
        means, log_scales, coefficients, copying = tf.split(numbers, [3, 3, 3, 2], axis=-1)
        means = tf.clip_by_value(means, -quantized.MAX_MEAN, quantized.MAX_MEAN)
        log_scales = tf.clip_by_value(log_scales, _MIN_LOG_SCALE, _MAX_LOG_SCALE)
        coefficients = tf.tanh(coefficients)
        if self._neighbours is not None:
            shares = tf.nn.softmax(tf.concat([tf.zeros_like(copying[..., :1]), copying], axis=-1))
            own, left, above = tf.split(shares, 3, axis=-1)
            means = own * means + left * self._neighbours[..., :1, :] + above * self._neighbours[..., 1:, :]
            coefficients *= own
        return means, log_scales, coefficients

    @staticmethod
    def _shift(coefficients, red, green):
        c = coefficients
        return tf.concat([tf.zeros_like(c[..., :1]), c[..., :1] * red, c[..., 1:2] * red + c[..., 2:] * green], axis=-1)

"""Discretized logistic mixture over RGB (PixelCNN++, 1701.05517, section 2), from TensorFlow Probability.

All three channels share one mixture component. Within a component, the mean of green depends linearly on red, and the
mean of blue on red and green. The network gives the coefficients.

Our choice: a component can also copy the color of the pixel to the left or above as its means. The network's own means
never equal a neighbor's color exactly, so without copies flat areas drift from pixel to pixel.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from data_pipeline.pictures import colors
from models.low_res_colorizer import quantized

tfd = tfp.distributions

_MIN_LOG_SCALE, _MAX_LOG_SCALE = -7., 7.  # the lower limit is PixelCNN++'s; above the upper, float32 has no digits left


class LogisticMixture:
    """Distribution of RGB pixels on the grid of 256 levels in [-1, 1].

    Args:
      parameters: float [..., 12 K], the network's output for K components: K logits, then for each component 3 means, 3
        log-scales, 3 coefficients and 2 copy logits. The component's means are a mix of its own means, the left
        neighbor's color and that of the neighbor above, with the shares softmax([0, copy logits]).
      neighbors: [..., 2, 3], colors of the pixels to the left and above; if None, components do not copy.

    Example:
      >>> parameters = tf.zeros([1, LogisticMixture.sizes(mixtures=5)[0]])
      >>> LogisticMixture(parameters).log_prob(tf.zeros([1, 3])).shape
      TensorShape([1])
    """

    def __init__(self, parameters, neighbors=None):
        mixtures = parameters.shape[-1] // 12
        self._logits, rest = tf.split(tf.cast(parameters, tf.float32), [mixtures, 11 * mixtures], axis=-1)
        self._rest = tf.reshape(rest, [*tf.unstack(tf.shape(rest))[:-1], mixtures, 11])
        self._neighbors = neighbors

    @staticmethod
    def sizes(mixtures):
        """Returns (number of parameters of a pixel, number of random numbers that a pixel's sample takes)."""
        return 12 * mixtures, mixtures + 3

    @staticmethod
    def noise(uniform):
        """Makes the noise of `sample` from uniform noise in [0, 1].

        Args:
          uniform: [..., K + 3].
        Returns:
          [..., K + 3]: K Gumbel numbers for the choice of the component, 3 logistic numbers for the channels.
        """
        for_choice, for_channels = tf.split(uniform, [uniform.shape[-1] - 3, 3], axis=-1)
        inside = quantized.inside(for_channels)
        return tf.concat([quantized.gumbel(for_choice), tf.math.log(inside) - tf.math.log1p(-inside)], axis=-1)

    def log_prob(self, pixels):
        """Computes the log-probability of pixels [..., 3] on the grid in nats, summed over the channels: [...]."""
        means, log_scales, coefficients = self._logistics(self._rest)
        x = pixels[..., None, :]
        means += self._shift(coefficients, x[..., :1], x[..., 1:2])
        channels = quantized.quantized(tfd.Logistic, means, tf.exp(log_scales))
        components = tfd.Independent(channels, 1)
        mixture = tfd.MixtureSameFamily(tfd.Categorical(logits=self._logits), components)
        return mixture.log_prob(colors.to_levels(pixels))

    def sample(self, noise, temperature=1.):
        """Samples pixels, as a function of the noise.

        Args:
          noise: float [..., K + 3], of `noise`.
          temperature: float [...] or scalar. It scales the noise of the component's choice and of the channels: 1
            samples the distribution itself, 0 takes the likeliest component's means.
        Returns:
          float [..., 3] in [-1, 1], on the grid of 256 levels.
        """
        mixtures = self._logits.shape[-1]
        chosen = quantized.choose(self._logits, noise[..., :mixtures], temperature)
        chosen = tf.reduce_sum(tf.one_hot(chosen, mixtures)[..., None] * self._rest, axis=-2, keepdims=True)
        means, log_scales, coefficients = (x[..., 0, :] for x in self._logistics(chosen))
        x = means + tf.expand_dims(temperature, -1) * tf.exp(log_scales) * noise[..., mixtures:]
        red = colors.quantize(x[..., :1])
        green = colors.quantize(x[..., 1:2] + coefficients[..., :1] * red)
        blue = colors.quantize(x[..., 2:] + coefficients[..., 1:2] * red + coefficients[..., 2:] * green)
        return tf.concat([red, green, blue], axis=-1)

    def _logistics(self, numbers):
        """Splits the components' parameters [..., K, 11] into means, log-scales and coefficients, each [..., K, 3]."""
        means, log_scales, coefficients, copying = tf.split(numbers, [3, 3, 3, 2], axis=-1)
        means = tf.clip_by_value(means, -quantized.MAX_MEAN, quantized.MAX_MEAN)
        log_scales = tf.clip_by_value(log_scales, _MIN_LOG_SCALE, _MAX_LOG_SCALE)
        coefficients = tf.tanh(coefficients)
        if self._neighbors is not None:
            shares = tf.nn.softmax(tf.concat([tf.zeros_like(copying[..., :1]), copying], axis=-1))
            own, left, above = tf.split(shares, 3, axis=-1)
            means = own * means + left * self._neighbors[..., :1, :] + above * self._neighbors[..., 1:, :]
            coefficients *= own
        return means, log_scales, coefficients

    @staticmethod
    def _shift(coefficients, red, green):
        c = coefficients
        return tf.concat([tf.zeros_like(c[..., :1]), c[..., :1] * red, c[..., 1:2] * red + c[..., 2:] * green], axis=-1)

"""Discretized logistic mixture over RGB (PixelCNN++, 1701.05517, section 2), from TensorFlow Probability.

All three channels share one mixture component. Within a component, the mean of green depends linearly on red, and the
mean of blue on red and green. The network gives the coefficients.

Our choice: a component can also copy a known color as its means: that of the pixel to the left or above, that of the
prior, or that of the references. The network's own means never equal a neighbor's color exactly, so without copies flat
areas drift from pixel to pixel.

Our choice: a sample takes one channel after the other by its quantile (the inverse of the cumulative distribution),
and not first a component and then its channels. The distribution is the same. But a color then changes continuously
with the parameters, so a small change of the drawing, such as a speck, remains small in the samples.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from data_pipeline.pictures import colors
from models.low_res_colorizer import quantized

tfd = tfp.distributions

_MIN_TEMPERATURE = 1e-2  # below it a sample is taken as at temperature 0
_MIN_LOG_SCALE, _MAX_LOG_SCALE = -7., 7.  # the lower limit is PixelCNN++'s; above the upper, float32 has no digits left


class LogisticMixture:
    """Distribution of RGB pixels on the grid of 256 levels in [-1, 1].

    Args:
      parameters: float [..., 14 K], the network's output for K components: K logits, then for each component 3 means, 3
        log-scales, 3 coefficients and 4 copy logits. The component's means are a mix of its own means and the known
        colors, with the shares softmax([0, copy logits]).
      known: [..., 4, 3], colors of the pixel to the left, of the pixel above, of the prior, and of the references; if
        None, components do not copy.

    Example:
      >>> parameters = tf.zeros([1, LogisticMixture.sizes(mixtures=5)[0]])
      >>> LogisticMixture(parameters).log_prob(tf.zeros([1, 3])).shape
      TensorShape([1])
    """

    def __init__(self, parameters, known=None):
        mixtures = parameters.shape[-1] // 14
        self._logits, rest = tf.split(tf.cast(parameters, tf.float32), [mixtures, 13 * mixtures], axis=-1)
        self._rest = tf.reshape(rest, [*tf.unstack(tf.shape(rest))[:-1], mixtures, 13])
        self._known = known

    @staticmethod
    def sizes(mixtures):
        """Returns (number of parameters of a pixel, number of random numbers that a pixel's sample takes)."""
        return 14 * mixtures, 3

    noise = staticmethod(quantized.inside)

    def log_prob(self, pixels):
        """Computes the log-probability of pixels [..., 3] on the grid in nats, summed over the channels: [...]."""
        means, log_scales, coefficients = self._logistics(self._rest)
        x = pixels[..., None, :]
        green = self._shift(coefficients, x[..., 0])
        blue = self._shift(coefficients, x[..., 0], x[..., 1])
        means += tf.stack([tf.zeros_like(green), green, blue], axis=-1)
        channels = quantized.quantized(tfd.Logistic, means, tf.exp(log_scales))
        components = tfd.Independent(channels, 1)
        mixture = tfd.MixtureSameFamily(tfd.Categorical(logits=self._logits), components)
        return mixture.log_prob(colors.to_levels(pixels))

    def sample(self, noise, temperature=1.):
        """Samples pixels, as a function of the noise.

        Args:
          noise: float [..., 3], of `noise`: the share of the distribution that lies below each channel.
          temperature: float [...] or scalar. It divides the components' logits and multiplies their scales: 1 samples
            the distribution itself, 0 takes the likeliest component's means.
        Returns:
          float [..., 3] in [-1, 1], on the grid of 256 levels.
        """
        temperature = tf.convert_to_tensor(temperature, tf.float32)[..., None]
        noise = tf.where(temperature < _MIN_TEMPERATURE, .5, noise)
        temperature = tf.maximum(temperature, 1e-4)
        means, log_scales, coefficients = self._logistics(self._rest)
        scales = tf.exp(log_scales) * temperature[..., None]
        weights = tf.nn.softmax(self._logits / temperature)
        drawn, shift = [], 0.
        for channel in range(3):
            mean, scale = means[..., channel] + shift, scales[..., channel]
            level = quantized.quantile(weights, mean, scale, noise[..., channel])
            drawn.append(colors.from_levels(level)[..., None])
            if channel < 2:
                weights *= quantized.mass(mean, scale, level)  # of the components, given the channels so far
                weights /= tf.reduce_sum(weights, axis=-1, keepdims=True)
                shift = self._shift(coefficients, *drawn)
        return tf.concat(drawn, axis=-1)

    def _logistics(self, numbers):
        """Splits the components' parameters [..., K, 13] into means, log-scales and coefficients, each [..., K, 3]."""
        means, log_scales, coefficients, copying = tf.split(numbers, [3, 3, 3, 4], axis=-1)
        means = tf.clip_by_value(means, -quantized.MAX_MEAN, quantized.MAX_MEAN)
        log_scales = tf.clip_by_value(log_scales, _MIN_LOG_SCALE, _MAX_LOG_SCALE)
        coefficients = tf.tanh(coefficients)
        if self._known is not None:
            shares = tf.nn.softmax(tf.concat([tf.zeros_like(copying[..., :1]), copying], axis=-1))
            own, copied = tf.split(shares, [1, 4], axis=-1)
            means = own * means + tf.matmul(copied, self._known)
            coefficients *= own
        return means, log_scales, coefficients

    @staticmethod
    def _shift(coefficients, red, green=None):
        """What the channels before add to the mean of green, or of blue if `green` is given: [..., K]."""
        if green is None:
            return coefficients[..., 0] * red
        return coefficients[..., 1] * red + coefficients[..., 2] * green

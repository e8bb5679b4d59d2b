"""The discriminator of pix2pix (1611.07004, section 6.1.2) and the adversarial losses."""

import tensorflow as tf
import tf_keras as keras

from models.layers import normalization
from models.ops import resize


class PatchGAN(keras.Model):
    """Scores each 70x70 patch: (condition [B, S, S, any], picture [B, S, S, 3]) -> logits [B, S / 8, S / 8, 1].

    C64-128-256-512 and one channel, 4x4 kernels, stride 2 in the first three layers, no batch normalization in the
    first and the last.

    Args:
      filters: filters of the first layer; each layer has twice as many as the one before.
      max_filters: the most filters of a layer.

    Example:
      >>> PatchGAN(4, 16)((tf.zeros([1, 64, 64, 1]), tf.zeros([1, 64, 64, 3]))).shape
      TensorShape([1, 8, 8, 1])
    """

    def __init__(self, filters, max_filters, **kwargs):
        super().__init__(**kwargs)
        widths = [min(filters * 2 ** k, max_filters) for k in range(4)]
        self._layers = keras.Sequential()
        for k, width in enumerate(widths):
            self._layers.add(_convolution(width, stride=2 if k < 3 else 1))
            if k:
                self._layers.add(normalization.batch_normalization())
            self._layers.add(keras.layers.LeakyReLU(.2))
        self._layers.add(_convolution(1, stride=1))

    def call(self, inputs, training=False):
        """See the class."""
        return tf.cast(self._layers(tf.concat(inputs, axis=-1), training=training), tf.float32)


class Adversary:
    """A PatchGAN that a generator trains against. It is not part of the generator, and not saved with it.

    Args:
      config: the generator's `UNetConfig`, whose filters the PatchGAN takes.
      channels: channels of the condition.

    Example:
      >>> from models.base.config import UNetConfig
      >>> adversary = Adversary(UNetConfig.from_preset('tiny'), channels=1)
      >>> picture = tf.zeros([1, 64, 64, 3])
      >>> deceive, detect = adversary.losses(tf.zeros([1, 64, 64, 1]), picture, picture)
      >>> detect.shape
      TensorShape([])
    """

    def __init__(self, config, channels):
        self.network = PatchGAN(config.filters, config.max_filters)
        self.network.build([(None, None, None, channels), (None, None, None, 3)])

    def losses(self, condition, real, generated):
        """Computes the losses of both networks (pix2pix, section 3).

        Args:
          condition: [B, S, S, C].
          real, generated: [B, s, s, 3]; if they are smaller than the condition, it is shrunk to their size.
        Returns:
          (loss of the generator, loss of the discriminator), scalars. Take the gradient of each with respect to that
          network's variables only. The discriminator's loss is halved, as in pix2pix (section 3.3).
        """
        condition = resize.shrink(condition, real.shape[1])
        of_real, of_generated = (self.network((condition, colors), training=True) for colors in (real, generated))
        return _cross_entropy(True, of_generated), (_cross_entropy(True, of_real)
                                                    + _cross_entropy(False, of_generated)) / 2


def _cross_entropy(real, logits):
    """Mean cross entropy of the patches' logits with the label `real`."""
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.fill(tf.shape(logits), float(real)), logits))


def _convolution(filters, stride):
    return keras.layers.Conv2D(filters, 4, strides=stride, padding='same',
                               kernel_initializer=keras.initializers.RandomNormal(stddev=.02))

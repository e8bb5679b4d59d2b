"""The discriminator of pix2pix (1611.07004, section 6.1.2) and the losses of the game with it."""

import tensorflow as tf
import tf_keras as keras

from models import network, resolution


class PatchGAN(keras.Model):
    """Judges each 70x70 patch: (condition [B, S, S, any], picture [B, S, S, 3]) -> logits [B, S / 8, S / 8, 1].

    C64-128-256-512, 4x4 kernels, the first three with stride 2, no batch normalization in the first layer, then one
    channel.

    Args:
      filters, max_filters: of the first layer (64), and up to which they double (512).
    """

    def __init__(self, filters, max_filters, **kwargs):
        super().__init__(**kwargs)
        widths = [min(filters * 2 ** k, max_filters) for k in range(4)]
        self._layers = keras.Sequential()
        for k, width in enumerate(widths):
            self._layers.add(_convolution(width, stride=2 if k < 3 else 1))
            if k:
                self._layers.add(network.batch_normalization())
            self._layers.add(keras.layers.LeakyReLU(.2))
        self._layers.add(_convolution(1, stride=1))

    def call(self, inputs, training=False):
        return tf.cast(self._layers(tf.concat(inputs, axis=-1), training=training), tf.float32)


class Adversary:
    """A PatchGAN that a generator is trained against. No part of the generator, nor saved with it.

    Args:
      preset: sizes; the discriminator has the filters of the U-Nets.
      channels: of the condition.
    """

    def __init__(self, preset, channels):
        self.network = PatchGAN(preset.unet_filters, preset.unet_max_filters)
        self.network.build([(None, None, None, channels), (None, None, None, 3)])

    def losses(self, condition, real, generated):
        """The two sides of the game, scalars (pix2pix, section 3).

        Args:
          condition: [B, S, S, C].
          real, generated: [B, s, s, 3]; if they are smaller, the condition is shrunk to their size.
        Returns:
          (what the generator minimises, what the discriminator minimises). Each is meant for the gradient of its own
          side's variables only.
        """
        condition = resolution.shrink(condition, real.shape[1])
        of_real, of_generated = (self.network((condition, colours), training=True) for colours in (real, generated))
        return _cross_entropy(True, of_generated), (_cross_entropy(True, of_real)
                                                    + _cross_entropy(False, of_generated)) / 2


def _cross_entropy(real, logits):
    """Of each patch's verdict, mean."""
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.fill(tf.shape(logits), float(real)), logits))


def _convolution(filters, stride):
    return keras.layers.Conv2D(filters, 4, strides=stride, padding='same',
                               kernel_initializer=keras.initializers.RandomNormal(stddev=.02))

"""The training of pix2pix (1611.07004): a U-Net from a condition to colors, with L1 and a PatchGAN."""

import tensorflow as tf

from models.base import network
from models.layers import patch_gan, unet
from models.ops import background


class ConditionalGAN(network.Network):
    """A U-Net from a condition [B, S, S, C] to colors [B, out, out, 3] in [-1, 1].

    The loss is L1, with the loss of a PatchGAN beside it if `compile` asks for one. A subclass sets `CHANNELS` (C), and
    says in `example` what the condition and the target are.

    Args:
      config: a `UNetConfig`.
      out_size: side of the result in pixels; S if None.

    Example:
      >>> from models.baselines.pix2pix import Pix2Pix
      >>> Pix2Pix.from_preset('tiny')(tf.zeros([1, 256, 256, 1])).shape
      TensorShape([1, 256, 256, 3])
    """

    OBJECTIVE = 'l1'
    CHANNELS = 1

    def __init__(self, config, out_size=None, **kwargs):
        super().__init__(config, ['l1'], **kwargs)
        self._unet = unet.UNet(config.filters, config.max_filters, 3, config.image_size, out_size)
        self(tf.zeros([1, config.image_size, config.image_size, self.CHANNELS]))

    def call(self, condition, training=False, seeds=None):
        """Generates colors.

        Args:
          condition: [B, S, S, C].
          training: whether batch normalization takes the statistics of this batch.
          seeds: int [B, 2], one for each picture, which turn dropout on; or None.
        Returns:
          [B, out, out, 3] in [-1, 1].
        """
        return tf.tanh(tf.cast(self._unet(condition, training=training, seeds=seeds), tf.float32))

    def example(self, data, training):
        """Makes (condition [B, S, S, C], target [B, out, out, 3]) from a batch of data.

        Args:
          data: {'outline', 'color'}, in training also 'seeds'.
          training: whether the example is for training.
        """
        raise NotImplementedError

    def loss_input(self, condition, generated, target):
        """Returns what the losses compare with the target, [B, out, out, 3]: here `generated` itself."""
        return generated

    def compile(self, optimizer, adversarial_weight, **kwargs):
        """Prepares training.

        Args:
          optimizer: see Keras.
          adversarial_weight: weight of the PatchGAN's loss beside L1. 0.01 is pix2pix's lambda of 100; 0 trains without
            a PatchGAN.
        """
        super().compile(optimizer, **kwargs)
        self._adversary = patch_gan.Adversary(self.config, self.CHANNELS) if adversarial_weight else None
        self._adversarial_weight = adversarial_weight

    def training_state(self):
        """See `Network.training_state`. Adds the PatchGAN."""
        return super().training_state() | ({'adversary': self._adversary.network} if self._adversary else {})

    @property
    def trained_variables(self):
        """See `Network.trained_variables`. Adds those of the PatchGAN."""
        return self.trainable_variables + (self._adversary.network.trainable_variables if self._adversary else [])

    def train_step(self, data):
        """Takes one step of both networks at once, where pix2pix alternates."""
        condition, target = self.example(data, training=True)
        with tf.GradientTape(persistent=True) as tape:
            generated = self.loss_input(condition, self(condition, training=True, seeds=data['seeds']), target)
            parts = {'l1': tf.reduce_mean(background.l1(generated, target))}
            loss = parts['l1']
            if self._adversary:
                parts['adversarial'], parts['discriminator'] = self._adversary.losses(condition, target, generated)
                loss += self._adversarial_weight * parts['adversarial']
        goals = [(loss, self.trainable_variables)]
        if self._adversary:
            goals.append((parts['discriminator'], self._adversary.network.trainable_variables))
        self.minimize(tape, *goals)
        return self.step_values(loss=loss, **parts)

    def test_step(self, data):
        """Measures one batch."""
        condition, target = self.example(data, training=False)
        generated = self.loss_input(condition, self(condition), target)
        return self.validation_values(l1=background.l1(generated, target))

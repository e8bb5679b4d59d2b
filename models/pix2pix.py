"""pix2pix (1611.07004), the baseline everyone knows, and what the networks that learn as it does have in common."""

import tensorflow as tf

from models import background, network, patch_gan, unet


class ConditionalGAN(network.Network):
    """A U-Net from a condition [B, S, S, C] to colours, trained with L1 and, if asked for, a PatchGAN.

    Subclasses say in `example` what the condition is and what is to come out.

    Args:
      preset: sizes.
      channels: C.
      out_size: side of what comes out, if not S.
    """

    OBJECTIVE = 'l1'

    def __init__(self, preset, channels, out_size=None, **kwargs):
        super().__init__(preset, ['l1'], **kwargs)
        self._channels = channels
        self._unet = unet.UNet(preset.unet_filters, preset.unet_max_filters, 3, preset.image_size, out_size)

    def build_weights(self):
        self(tf.zeros([1, self.preset.image_size, self.preset.image_size, self._channels]))

    def call(self, condition, training=False, seeds=None):
        """[B, S, S, C] -> colours in [-1, 1]. seeds: int [B, 2], of the pictures' dropout; without them, none."""
        return tf.tanh(tf.cast(self._unet(condition, training=training, seeds=seeds), tf.float32))

    def example(self, data, training):
        """{'outline', 'colour'}, in training 'seeds' -> (condition [B, S, S, C], what is to come out)."""
        raise NotImplementedError

    def judged(self, condition, generated, truth):
        """What the losses compare with the truth, all [B, out, out, 3]: here simply what was generated."""
        return generated

    def compile(self, optimizer, adversarial_weight, **kwargs):
        """adversarial_weight: of the PatchGAN's verdict beside L1; 0.01 is pix2pix's lambda of 100, 0 means none."""
        super().compile(optimizer, **kwargs)
        self._adversary = patch_gan.Adversary(self.preset, self._channels) if adversarial_weight else None
        self._adversarial_weight = adversarial_weight

    def training_state(self):
        return super().training_state() | ({'adversary': self._adversary.network} if self._adversary else {})

    @property
    def trained_variables(self):
        return self.trainable_variables + (self._adversary.network.trainable_variables if self._adversary else [])

    def train_step(self, data):
        """One step of both networks at once (pix2pix alternates)."""
        condition, truth = self.example(data, training=True)
        with tf.GradientTape(persistent=True) as tape:
            generated = self.judged(condition, self(condition, training=True, seeds=data['seeds']), truth)
            parts = {'l1': tf.reduce_mean(background.l1(generated, truth))}
            loss = parts['l1']
            if self._adversary:
                parts['adversarial'], parts['discriminator'] = self._adversary.losses(condition, truth, generated)
                loss += self._adversarial_weight * parts['adversarial']
        goals = [(loss, self.trainable_variables)]
        if self._adversary:
            goals.append((parts['discriminator'], self._adversary.network.trainable_variables))
        self.descend(tape, *goals)
        return self.step_values(loss=loss, **parts)

    def test_step(self, data):
        condition, truth = self.example(data, training=False)
        return self.validation_values(l1=background.l1(self.judged(condition, self(condition), truth), truth))


class Pix2Pix(ConditionalGAN):
    """Outline [B, S, S, 1] -> colours [B, S, S, 3], in one step."""

    NAME = 'pix2pix'

    def __init__(self, preset, **kwargs):
        super().__init__(preset, channels=1, **kwargs)

    def example(self, data, training):
        return data['outline'], data['colour']

    @tf.function(reduce_retracing=True)
    def colorize(self, outline):
        """Colours outlines [B, S, S, 1]: {'image': [B, S, S, 3]}, in [-1, 1]."""
        return {'image': self(outline)}

"""pix2pix (1611.07004), the baseline everyone knows, and what the networks that learn as it does have in common."""

import tensorflow as tf
import tf_keras as keras

from models import background, patch_gan, unet


class ConditionalGAN(keras.Model):
    """A U-Net from a condition [B, S, S, C] to colours, trained with L1 and, if asked for, a PatchGAN.

    Subclasses say in `example` what the condition is and what is to come out.

    Args:
      preset: sizes.
      channels: C.
      out_size: side of what comes out, if not S.
    """

    def __init__(self, preset, channels, out_size=None, **kwargs):
        super().__init__(name=self.NAME, **kwargs)
        self.preset = preset
        self._channels = channels
        self._unet = unet.UNet(preset.unet_filters, preset.unet_max_filters, 3, preset.image_size, out_size)
        self._means = {name: keras.metrics.Mean(name) for name in ('l1', 'adversarial', 'discriminator')}

    def build_weights(self):
        self(tf.zeros([1, self.preset.image_size, self.preset.image_size, self._channels]))

    def call(self, condition, training=False):
        """[B, S, S, C] -> colours in [-1, 1]."""
        return tf.tanh(tf.cast(self._unet(condition, training=training), tf.float32))

    def example(self, data, training):
        """{'outline', 'colour'} -> (condition [B, S, S, C], what is to come out)."""
        raise NotImplementedError

    def compile(self, optimizer, adversarial_weight, **kwargs):
        """adversarial_weight: of the PatchGAN's verdict beside L1; 0.01 is pix2pix's lambda of 100, 0 means none."""
        super().compile(optimizer, **kwargs)
        self._adversary = patch_gan.Adversary(self.preset) if adversarial_weight else None
        self._adversarial_weight = adversarial_weight

    def train_step(self, data):
        """One step of both networks at once (pix2pix alternates)."""
        condition, truth = self.example(data, training=True)
        with tf.GradientTape(persistent=True) as tape:
            generated = self(condition, training=True)
            parts = {'l1': tf.reduce_mean(background.l1(generated, truth))}
            loss = parts['l1']
            if self._adversary:
                parts['adversarial'], parts['discriminator'] = self._adversary.losses(condition, truth, generated)
                loss += self._adversarial_weight * parts['adversarial']
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        if self._adversary:
            theirs = self._adversary.trainable_variables
            gradients += tape.gradient(parts['discriminator'], theirs)
            variables = variables + theirs
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return self._report(**parts)

    def test_step(self, data):
        condition, truth = self.example(data, training=False)
        return self._report(l1=background.l1(self(condition), truth))

    def _report(self, **values):
        for name, value in values.items():
            self._means[name].update_state(value)
        return {name: self._means[name].result() for name in values}

    @property
    def metrics(self):
        return list(self._means.values())


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

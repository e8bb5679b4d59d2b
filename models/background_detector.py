"""Background detector: learns without labels which pixels are background (paper, section 2).

A pix2pix U-Net with five output channels: two for the choice between foreground and background, three for a colour.
The composite takes the predicted colour on the foreground and the mean true colour of the background on the background;
its L1 distance to the truth is the loss. Colours of characters and balloons can be learnt, so predicting them is
closer; those of backgrounds cannot, so their mean is.
"""

import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

from models import background, unet

BACKGROUND = 1  # channel of the choice; the other, 0, is the foreground

# Our choice, within what 1611.01144 recommends: from 1 down to 0.5 in the first two thousand steps.
_MIN_TEMPERATURE, _ANNEALING = 0.5, 3.5e-4


class BackgroundDetector(keras.Model):
    """Outline [B, S, S, 1] -> logits [B, S, S, 2] of the choice, and the detector's own colours [B, S, S, 3]."""

    NAME = 'background_detector'

    def __init__(self, preset, **kwargs):
        super().__init__(name=self.NAME, **kwargs)
        self.preset = preset
        self._unet = unet.UNet(preset.unet_filters, preset.unet_max_filters, 5, preset.image_size)
        self._loss = keras.metrics.Mean('composite_l1')
        self._share = keras.metrics.Mean('background_share')

    def build_weights(self):
        self(tf.zeros([1, self.preset.image_size, self.preset.image_size, 1]))

    def call(self, outline, training=False):
        x = self._unet(outline, training=training)
        return tf.cast(x[..., :2], tf.float32), tf.tanh(tf.cast(x[..., 2:], tf.float32))

    def mask(self, outline):
        """Hard background mask, without noise: [B, S, S, 1], 0 or 1."""
        logits, _ = self(outline)
        return _hard_mask(logits)

    def train_step(self, data):
        """One step on {'outline', 'colour'}."""
        step = self.optimizer.iterations
        temperature = tf.maximum(_MIN_TEMPERATURE, tf.exp(-_ANNEALING * tf.cast(step, tf.float32)))
        with tf.GradientTape() as tape:
            logits, own = self(data['outline'], training=True)
            choice = tfp.distributions.RelaxedOneHotCategorical(temperature, logits=logits)
            mask = choice.sample(seed=tf.stack([0, tf.cast(step, tf.int32)]))[..., BACKGROUND:]
            losses = composite_l1(data['colour'], own, mask)
            loss = tf.reduce_mean(losses)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        return self._report(losses, mask)

    def test_step(self, data):
        logits, own = self(data['outline'])
        mask = _hard_mask(logits)
        return self._report(composite_l1(data['colour'], own, mask), mask)

    def _report(self, losses, mask):
        self._loss.update_state(losses)
        self._share.update_state(tf.reduce_mean(mask))
        return {m.name: m.result() for m in self.metrics}

    @property
    def metrics(self):
        return [self._loss, self._share]


def _hard_mask(logits):
    return tf.cast(tf.argmax(logits, axis=-1) == BACKGROUND, tf.float32)[..., None]


def composite_l1(truth, foreground_colour, mask):
    """The detector's loss, [B]: L1 between the truth and the composite, mean over pixels and channels."""
    fill = background.masked_mean(truth, mask)
    return background.l1(background.composite(foreground_colour, fill, mask), truth)

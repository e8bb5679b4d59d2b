"""Polishing network: a pix2pix U-Net that brings the sampled picture to full resolution (paper, section 2)."""

import tensorflow as tf
import tf_keras as keras

from models import background, resolution, unet

# Our choice; the papers give no rate. Each picture's is drawn uniformly from 0 to this; half of them are fully masked,
# as all are when colouring.
_MAX_MASK_RATE = 2.


def polishing_input(outline, low_res, background_mask, hidden):
    """The ten channels, in the study's order.

    Args:
      outline: [B, S, S, 1].
      low_res: [B, L, L, 3], true in training, sampled when colouring.
      background_mask: [B, S, S, 1], hard.
      hidden: [B, S, S, 1], 1 where the mean background colour hides the low-resolution colours; only in the background.
    Returns:
      [B, S, S, 10]: outline 1, low-res 3, foreground and background segments 2, mask 1, mean background colour 3.
    """
    colours = resolution.enlarge(low_res, outline.shape[1])
    mean = background.masked_mean(colours, background_mask)
    return tf.concat([outline, background.composite(colours, mean, hidden), 1 - background_mask, background_mask,
                      hidden, mean * background_mask], axis=-1)


class PolishingNetwork(keras.Model):
    """Ten channels (see `polishing_input`) [B, S, S, 10] -> colours [B, S, S, 3] in [-1, 1].

    Trained on the true low-resolution picture, so that a sampled colour is never averaged away, with a trained
    background detector run on the fly: pass its `mask` to `compile`. The loss is L1 (our choice).
    """

    NAME = 'polishing_network'

    def __init__(self, preset, **kwargs):
        super().__init__(name=self.NAME, **kwargs)
        self.preset = preset
        self._unet = unet.UNet(preset.unet_filters, preset.unet_max_filters, 3, preset.image_size)
        self._loss = keras.metrics.Mean('l1')

    def build_weights(self):
        self(tf.zeros([1, self.preset.image_size, self.preset.image_size, 10]))

    def call(self, channels, training=False):
        return tf.tanh(tf.cast(self._unet(channels, training=training), tf.float32))

    def polish(self, outline, low_res, background_mask):
        """Colours as at sampling: all background hidden. Arguments as of `polishing_input`, returns [B, S, S, 3]."""
        return self(polishing_input(outline, low_res, background_mask, hidden=background_mask))

    def compile(self, optimizer, detect_background, **kwargs):
        """detect_background: function of outlines [B, S, S, 1] to hard masks [B, S, S, 1]."""
        super().compile(optimizer, **kwargs)
        self._detect_background = detect_background

    def train_step(self, data):
        """One step on {'outline', 'colour'}."""
        outline, truth = data['outline'], data['colour']
        low_res = resolution.low_resolution(truth, self.preset.low_res_size)
        mask = self._detect_background(outline)
        hidden = mask * random_mask(low_res, outline.shape[1], self.optimizer.iterations)
        with tf.GradientTape() as tape:
            result = self(polishing_input(outline, low_res, mask, hidden), training=True)
            losses = background.l1(result, truth)
            loss = tf.reduce_mean(losses)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        self._loss.update_state(losses)
        return {'l1': self._loss.result()}

    def test_step(self, data):
        low_res = resolution.low_resolution(data['colour'], self.preset.low_res_size)
        result = self.polish(data['outline'], low_res, self._detect_background(data['outline']))
        self._loss.update_state(background.l1(result, data['colour']))
        return {'l1': self._loss.result()}

    @property
    def metrics(self):
        return [self._loss]


def random_mask(low_res, size, step):
    """Random low-resolution pixels, at a rate drawn for each picture: [B, L, L, 3] -> [B, size, size, 1], 0 or 1."""
    seeds = tf.random.split(tf.stack([0, tf.cast(step, tf.int32)]), 2)
    rate = tf.random.stateless_uniform([tf.shape(low_res)[0], 1, 1, 1], seeds[0], 0, _MAX_MASK_RATE, alg='philox')
    drawn = tf.random.stateless_uniform(tf.shape(low_res[..., :1]), seeds[1], alg='philox')
    return resolution.enlarge(tf.cast(drawn < rate, tf.float32), size)

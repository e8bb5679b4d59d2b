"""Polishing network: a pix2pix U-Net that brings the sampled picture to full resolution (paper, section 2)."""

import tensorflow as tf
import tf_keras as keras

from models import background, resolution, unet

# Our choice; the papers give no rate. Each picture's is drawn uniformly from 0 to this; half of them are fully masked,
# as all are when colouring.
_MAX_MASK_RATE = 2.


def polishing_input(outline, low_res, masks, hidden, model):
    """The ten channels, in the study's order.

    Args:
      outline: [B, S, S, 1].
      low_res: [B, L, L, 3], true in training, sampled when colouring.
      masks: [B, S, S, K], hard, of the background's regions.
      hidden: [B, S, S, 1], 1 where the fitted background hides the low-resolution colours; only in the background.
      model: of the background; one of `background.MODELS`.
    Returns:
      [B, S, S, 10]: outline 1, low-res 3, foreground and background segments 2, mask 1, background colour 3 (the mean,
      or what the model fits).
    """
    colours = resolution.enlarge(low_res, outline.shape[1])
    filled = background.fill(colours, masks, model)
    mask = background.union(masks)
    return tf.concat([outline, background.composite(colours, hidden * filled, hidden), 1 - mask, mask, hidden, filled],
                     axis=-1)


class PolishingNetwork(keras.Model):
    """Ten channels (see `polishing_input`) [B, S, S, 10] -> colours [B, S, S, 3] in [-1, 1].

    Trained on the true low-resolution picture, so that a sampled colour is never averaged away, with a trained
    background detector run on the fly, whose background model the preset must have: pass its `masks` to `compile`. The
    loss is L1 (our choice).
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

    def polish(self, outline, low_res, masks):
        """Colours as at sampling: all background hidden. Arguments as of `polishing_input`, returns [B, S, S, 3]."""
        hidden = background.union(masks)
        return self(polishing_input(outline, low_res, masks, hidden, self.preset.background_model))

    def compile(self, optimizer, detect_background, **kwargs):
        """detect_background: function of outlines [B, S, S, 1] to hard masks [B, S, S, K]."""
        super().compile(optimizer, **kwargs)
        self._detect_background = detect_background

    def train_step(self, data):
        """One step on {'outline', 'colour'}."""
        outline, truth = data['outline'], data['colour']
        low_res = resolution.low_resolution(truth, self.preset.low_res_size)
        masks = self._detect_background(outline)
        hidden = background.union(masks) * random_mask(low_res, outline.shape[1], self.optimizer.iterations)
        channels = polishing_input(outline, low_res, masks, hidden, self.preset.background_model)
        with tf.GradientTape() as tape:
            result = self(channels, training=True)
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

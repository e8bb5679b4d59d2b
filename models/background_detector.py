"""Background detector: learns without labels which pixels are background (paper, section 2).

A pix2pix U-Net chooses, for each pixel, between the foreground and the background (or one of several regions of it).
The composite takes a predicted colour on the foreground and, on the background, the mean of the true colours there; its
L1 distance to the truth is the loss. Colours of characters and balloons can be learnt, so the prediction is closer;
those of backgrounds cannot, so their mean is.

The predicted colour is the detector's own, from three more output channels (the paper), or a sample of the
low-resolution colorizer, enlarged (the study).
"""

import tensorflow as tf
import tensorflow_probability as tfp

from models import background, network, noise, unet

# Our choice, within what 1611.01144 recommends: from 1 down to 0.5 in the first two thousand steps.
_MIN_TEMPERATURE, _ANNEALING = 0.5, 3.5e-4
_GUMBEL_NOISE = 3  # use of the seeds, after those of the U-Net


class BackgroundDetector(network.Network):
    """Outline [B, S, S, 1] -> logits [B, S, S, 1 + K]: foreground, then the K regions of the background model.

    With the preset's foreground 'own' the call also returns the predicted colours [B, S, S, 3], else None.
    """

    NAME, OBJECTIVE = 'background_detector', 'composite_l1'

    def __init__(self, preset, **kwargs):
        super().__init__(preset, ['composite_l1', 'foreground_l1', 'background_l1', 'background_share',
                                  'background_iou'], **kwargs)
        self._choices = 1 + background.MODELS[preset.background_model][0]
        self._paints = preset.foreground == 'own'
        self._unet = unet.UNet(preset.unet_filters, preset.unet_max_filters, self._choices + 3 * self._paints,
                               preset.image_size)

    def build_weights(self):
        self(tf.zeros([1, self.preset.image_size, self.preset.image_size, 1]))

    def call(self, outline, training=False, seeds=None):
        """seeds: int [B, 2], of the pictures' dropout; without them, none."""
        x = tf.cast(self._unet(outline, training=training, seeds=seeds), tf.float32)
        return x[..., :self._choices], tf.tanh(x[..., self._choices:]) if self._paints else None

    def masks(self, outline):
        """Hard masks of the background's regions, without noise: [B, S, S, K], 0 or 1."""
        logits, _ = self(outline)
        return self._hard(logits)[..., 1:]

    def compile(self, optimizer, straight_through=False, background_weight=1., **kwargs):
        """For training.

        Args:
          straight_through: compose with the hard choice, its gradient that of the relaxed one.
          background_weight: of the background's errors against the foreground's. 1 is the paper's loss; above (our
            choice), pixels that neither side comes close to, as in crowds and scenery, stay foreground.
        """
        super().compile(optimizer, **kwargs)
        self._straight_through = straight_through
        self._background_weight = background_weight

    def train_step(self, data):
        """One step on {'outline', 'colour', 'seeds'} and, if the preset says so, 'foreground'."""
        temperature = tf.maximum(_MIN_TEMPERATURE, tf.exp(-_ANNEALING * tf.cast(self.optimizer.iterations, tf.float32)))

        def choose(seed, logits):
            return tfp.distributions.RelaxedOneHotCategorical(temperature, logits=logits).sample(seed=seed)

        with tf.GradientTape() as tape:
            logits, own = self(data['outline'], training=True, seeds=data['seeds'])
            soft = noise.for_each(choose, data['seeds'], _GUMBEL_NOISE, logits)
            chosen = self._hard(soft) + soft - tf.stop_gradient(soft) if self._straight_through else soft
            loss = tf.reduce_mean(self._composite_l1(data, own, chosen[..., 1:], self._background_weight))
        self.descend(tape, (loss, self.trainable_variables))
        return self.step_values(loss=loss, composite_l1=self._composite_l1(data, own, chosen[..., 1:]),
                                background_share=tf.reduce_sum(soft[..., 1:], axis=-1))

    def test_step(self, data):
        logits, own = self(data['outline'])
        masks = self._hard(logits)[..., 1:]
        mask = background.union(masks)
        everywhere = tf.one_hot(tf.zeros_like(masks[..., 0], tf.int32), masks.shape[-1])
        known = tf.cast(data['background'][:, 0, 0, 0] >= 0, tf.float32)
        overlap = background.intersection_over_union(mask, data['background'])
        return self.validation_values(
            composite_l1=self._composite_l1(data, own, masks), background_share=mask,
            foreground_l1=self._composite_l1(data, own, tf.zeros_like(masks)),
            background_l1=self._composite_l1(data, own, everywhere)) | self.validation_values(
                known, background_iou=overlap)

    def _composite_l1(self, data, own, masks, background_weight=1.):
        colour = own if self._paints else data['foreground']
        return composite_l1(data['colour'], colour, masks, self.preset.background_model, background_weight)

    def _hard(self, scores):
        return tf.one_hot(tf.argmax(scores, axis=-1), self._choices)


def composite_l1(truth, foreground_colour, masks, model='mean', background_weight=1.):
    """The detector's loss, [B]: L1 between the truth and the composite, mean over pixels and channels.

    background_weight: see `BackgroundDetector.compile`.
    """
    composite = background.composite(foreground_colour, background.fill(truth, masks, model), masks)
    weight = 1 + (background_weight - 1) * background.union(masks)
    return background.l1(weight * composite, weight * truth)

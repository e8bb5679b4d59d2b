"""Background detector: learns without labels which pixels are background (paper, section 2).

A pix2pix U-Net chooses, for each pixel, between the foreground and the background (or one of several regions of it).
The composite shows a predicted color on the foreground, and on the background the mean of the true colors there. The
loss is the composite's L1 distance to the truth. The colors of characters and balloons recur, so the network learns
them, and the prediction is closer to the truth. The colors of backgrounds do not recur, so their mean is closer.

The predicted color is the detector's own, from three more output channels (the paper), or an enlarged sample of the
low-resolution colorizer (the study).
"""

import dataclasses

import tensorflow as tf
import tensorflow_probability as tfp

from models.base import config, network
from models.layers import unet
from models.ops import background, noise

# Our choice, within what 1611.01144 recommends: the temperature falls from 1 to 0.5 in the first two thousand steps.
_MIN_TEMPERATURE, _ANNEALING_RATE = 0.5, 3.5e-4
_GUMBEL_USE = 3  # use of the seeds; dropout has 0 to 2


@dataclasses.dataclass(frozen=True)
class BackgroundDetectorConfig(config.UNetConfig):
    """Sizes and parts of the background detector.

    Attributes:
      predicts_colors: whether the detector predicts the composite's foreground colors itself (the paper); if not, they
        are samples of the low-resolution colorizer (the study).
      background_model: what stands for a background; one of `background.MODELS`.

    Example:
      >>> BackgroundDetectorConfig.from_preset('tiny', background_model='plane').background_model
      'plane'
    """

    predicts_colors: bool = True
    background_model: str = 'mean'


class BackgroundDetector(network.Network):
    """Outline [B, S, S, 1] -> scores of each pixel for foreground and background.

    Args:
      config: a `BackgroundDetectorConfig`.

    Example:
      >>> detector = BackgroundDetector.from_preset('tiny')
      >>> detector.masks(tf.zeros([1, 256, 256, 1])).shape
      TensorShape([1, 256, 256, 1])
    """

    NAME, CONFIG, OBJECTIVE = 'background_detector', BackgroundDetectorConfig, 'composite_l1'

    def __init__(self, config, **kwargs):
        super().__init__(config, ['composite_l1', 'foreground_l1', 'background_l1', 'background_share',
                                  'background_iou'], **kwargs)
        self._choices = 1 + background.MODELS[config.background_model][0]
        self._unet = unet.UNet(config.filters, config.max_filters, self._choices + 3 * config.predicts_colors,
                               config.image_size)
        self(tf.zeros([1, config.image_size, config.image_size, 1]))

    def call(self, outline, training=False, seeds=None):
        """Scores every pixel.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
          training: whether batch normalization takes the statistics of this batch.
          seeds: int [B, 2], one for each picture, which turn dropout on; or None.
        Returns:
          (logits [B, S, S, 1 + K]: foreground, then the K regions of the background model;
           predicted colors [B, S, S, 3] in [-1, 1], or None if the detector predicts none).
        """
        x = tf.cast(self._unet(outline, training=training, seeds=seeds), tf.float32)
        return x[..., :self._choices], tf.tanh(x[..., self._choices:]) if self.config.predicts_colors else None

    def masks(self, outline):
        """Finds the background's regions, without noise: [B, S, S, 1] -> [B, S, S, K], 0 or 1."""
        return self.masks_and_colors(outline)[0]

    def masks_and_colors(self, outline):
        """Finds the background's regions and predicts colors: (masks [B, S, S, K], colors [B, S, S, 3] or None)."""
        logits, colors = self(outline)
        return self._hard(logits)[..., 1:], colors

    def compile(self, optimizer, straight_through=False, background_weight=1., **kwargs):
        """Prepares training.

        Args:
          optimizer: see Keras.
          straight_through: whether the composite takes the hard choice, with the gradient of the relaxed one.
          background_weight: weight of the background's errors against the foreground's. 1 is the paper's loss. Above 1
            (our choice), pixels whose true color neither side shows stay foreground, as in crowds and scenery.
        """
        super().compile(optimizer, **kwargs)
        self._straight_through = straight_through
        self._background_weight = background_weight

    def train_step(self, data):
        """Takes one step on {'outline', 'color', 'seeds'}, and 'foreground' if the detector predicts no colors."""
        now = temperature(self.optimizer.iterations)

        def choose(seed, logits):
            return tfp.distributions.RelaxedOneHotCategorical(now, logits=logits).sample(seed=seed)

        with tf.GradientTape() as tape:
            logits, own = self(data['outline'], training=True, seeds=data['seeds'])
            soft = noise.map_with_seeds(choose, data['seeds'], _GUMBEL_USE, logits)
            chosen = self._hard(soft) + soft - tf.stop_gradient(soft) if self._straight_through else soft
            loss = tf.reduce_mean(self._composite_l1(data, own, chosen[..., 1:], self._background_weight))
        self.minimize(tape, (loss, self.trainable_variables))
        return self.step_values(loss=loss, composite_l1=self._composite_l1(data, own, chosen[..., 1:]),
                                background_share=tf.reduce_sum(soft[..., 1:], axis=-1))

    def test_step(self, data):
        """Measures one batch, with hard masks. `train.background_detector` says what each value is."""
        masks, own = self.masks_and_colors(data['outline'])
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
        color = own if self.config.predicts_colors else data['foreground']
        return composite_l1(data['color'], color, masks, self.config.background_model, background_weight)

    def _hard(self, scores):
        return tf.one_hot(tf.argmax(scores, axis=-1), self._choices)


def temperature(step):
    """Computes the temperature of the relaxed choices at a training step: float32 scalar."""
    return tf.maximum(_MIN_TEMPERATURE, tf.exp(-_ANNEALING_RATE * tf.cast(step, tf.float32)))


def composite_l1(truth, foreground_color, masks, model='mean', background_weight=1.):
    """Computes the detector's loss: L1 between the truth and the composite (paper, section 2).

    Args:
      truth: [B, S, S, 3] in [-1, 1].
      foreground_color: [B, S, S, 3] in [-1, 1].
      masks: [B, S, S, K], of the background's regions, in [0, 1].
      model: background model; one of `background.MODELS`.
      background_weight: see `BackgroundDetector.compile`.
    Returns:
      [B], mean over pixels and channels.
    """
    composite = background.composite(foreground_color, background.fill(truth, masks, model), masks)
    weight = 1 + (background_weight - 1) * background.union(masks)
    return background.l1(weight * composite, weight * truth)

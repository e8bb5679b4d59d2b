"""Polishing network: a pix2pix U-Net that brings the low-resolution picture to full resolution (paper, section 2)."""

import dataclasses

import tensorflow as tf

from models.base import conditional_gan, config
from models.ops import background, guided_upsampling, noise, resize

# Our choice, since the papers give no rate. Each picture's rate is drawn uniformly from 0 to this value, so half of the
# pictures are masked entirely, as all are when coloring.
_MAX_MASK_RATE = 2.
# Our choice: each training picture's share of displaced colors is drawn uniformly from 0 to the first value. A color
# moves by up to the second number of low-resolution pixels, in squares of the third number of pixels a side.
_MAX_DISPLACED, _DISPLACED_BY, _DISPLACED_SIDE = .5, 4, 2
_ROUNDS = 3  # rounds of guided upsampling when coloring, since samples have more odd colors than the true ones
_MASK_RATE_USE, _MASK_USE, _DISPLACED_RATE_USE, _DISPLACED_USE = 3, 4, 5, 6  # uses of the seeds; dropout has 0 to 2


@dataclasses.dataclass(frozen=True)
class PolishingNetworkConfig(config.UNetConfig):
    """Sizes and parts of the polishing network.

    Attributes:
      low_res_size: L, side of the low-resolution picture in pixels.
      background_model: what stands for a background, as of the detector; one of `background.MODELS`.
      sees_background: whether the network sees the background's mask and color; if not, it is the paper's ablation
        (figure 2).

    Example:
      >>> PolishingNetworkConfig.from_preset('small').max_filters
      64
    """

    low_res_size: int = 32
    background_model: str = 'mean'
    sees_background: bool = True


def polishing_input(outline, low_res, masks, hidden, model, rounds=1):
    """Makes the ten channels that the network sees, in the study's order.

    Args:
      outline: [B, S, S, 1], ink coverage in [0, 1].
      low_res: [B, L, L, 3] in [-1, 1]; true in training, sampled when coloring.
      masks: [B, S, S, K], 0 or 1, of the background's regions.
      hidden: [B, S, S, 1], 1 where the background's color hides the low-resolution colors; only on the background.
      model: background model; one of `background.MODELS`.
      rounds: see `guided_upsampling.upsample`.
    Returns:
      [B, S, S, 10]: outline 1, low-resolution colors 3 (enlarged along the lines), foreground and background segments
      2, mask of hidden pixels 1, background color 3 (see `background_color`, or what the model fits).
    """
    enlarged = resize.enlarge(low_res, outline.shape[1])
    filled = background.fill(enlarged, masks, model, lambda _, mask: background_color(low_res, mask))
    mask = background.union(masks)
    shown = guided_upsampling.upsample(background.composite(enlarged, hidden * filled, hidden), hidden, outline,
                                       low_res.shape[1], rounds)
    return tf.concat([outline, shown, 1 - mask, mask, hidden, filled], axis=-1)


def background_color(low_res, mask):
    """Computes the color that fills a low-resolution picture's background.

    It is the median (our choice). The paper takes the mean, which a few odd colors in a sample make dull.

    Args:
      low_res: [B, L, L, 3].
      mask: [B, S, S, 1], 1 on the background.
    Returns:
      [B, 1, 1, 3].
    """
    return background.masked_median(low_res, resize.shrink(mask, low_res.shape[1]))


class PolishingNetwork(conditional_gan.ConditionalGAN):
    """Ten channels (see `polishing_input`) [B, S, S, 10] -> colors [B, S, S, 3] in [-1, 1].

    The network trains on the true low-resolution picture, so that it never averages the colors of samples, and on the
    masks of a trained background detector. The loss is L1 where no line is near (our choice), with an adversarial part
    if `compile` asks for one. Some of the foreground's colors are displaced (our choice), as some are wrong in samples;
    so the network learns that an area has one color.

    Args:
      config: a `PolishingNetworkConfig`.

    Example:
      >>> network = PolishingNetwork.from_preset('tiny')
      >>> outline, low_res = tf.zeros([1, 256, 256, 1]), tf.zeros([1, 32, 32, 3])
      >>> network.polish(outline, low_res, masks=tf.ones([1, 256, 256, 1])).shape
      TensorShape([1, 256, 256, 3])
    """

    NAME, CONFIG, CHANNELS = 'polishing_network', PolishingNetworkConfig, 10

    def __init__(self, config, **kwargs):
        super().__init__(config, autocast=False, **kwargs)  # colors stay float32 at half precision

    def call(self, condition, training=False, seeds=None):
        """See `ConditionalGAN.call`. The U-Net only corrects the colors it sees (our choice): even areas stay even."""
        correction = tf.cast(self._unet(condition, training=training, seeds=seeds), tf.float32)
        return condition[..., 1:4] + off_line_weight(condition[..., :1]) * correction

    def loss_input(self, condition, generated, target):
        """See `ConditionalGAN.loss_input`. The drawing lies over results, so the colors beneath lines do not count."""
        weight = off_line_weight(condition[..., :1])
        return background.composite(target, weight * generated, weight)

    def polish(self, outline, low_res, masks):
        """Colors outlines, with all of the background hidden.

        Args:
          outline, low_res, masks: see `polishing_input`.
        Returns:
          [B, S, S, 3] in [-1, 1].
        """
        return tf.clip_by_value(self(self._input(outline, low_res, masks, tf.ones_like(outline), _ROUNDS)), -1, 1)

    def compile(self, optimizer, detect_background, **kwargs):
        """Prepares training.

        Args:
          optimizer, adversarial_weight: see `ConditionalGAN.compile`.
          detect_background: function of outlines [B, S, S, 1] that returns masks [B, S, S, K], 0 or 1: the `masks` of a
            trained detector with this network's background model.
        """
        super().compile(optimizer, **kwargs)
        self._detect_background = detect_background

    def example(self, data, training):
        """See `ConditionalGAN.example`."""
        outline, truth = data['outline'], data['color']
        low_res = resize.low_resolution(truth, self.config.low_res_size)
        masks, hidden = self._detect_background(outline), tf.ones_like(outline)
        if training:
            hidden = random_mask(data['seeds'], self.config.low_res_size, outline.shape[1])
            background_share = resize.shrink(background.union(masks), self.config.low_res_size)
            low_res = displace_colors(low_res, background_share, data['seeds'])
        return self._input(outline, low_res, masks, hidden), truth

    def _input(self, outline, low_res, masks, hidden, rounds=1):
        """`polishing_input`, with `hidden` limited to the background."""
        if not self.config.sees_background:
            masks = tf.zeros_like(masks)
        return polishing_input(outline, low_res, masks, hidden * background.union(masks), self.config.background_model,
                               rounds)


def off_line_weight(outline):
    """Tells how free of ink a pixel and its neighbors are: [B, S, S, 1] -> [B, S, S, 1] in [0, 1], 1 off lines."""
    return 1 - tf.nn.max_pool2d(outline, 3, 1, 'SAME')


def random_mask(seeds, low_res_size, size):
    """Draws random low-resolution pixels, at a rate drawn for each picture.

    Args:
      seeds: int [B, 2].
      low_res_size: L.
      size: S.
    Returns:
      [B, S, S, 1], 1 where a pixel is hidden, else 0.
    """
    rate = _MAX_MASK_RATE * noise.uniform(seeds, [1, 1, 1], _MASK_RATE_USE)
    drawn = noise.uniform(seeds, [low_res_size, low_res_size, 1], _MASK_USE)
    return resize.enlarge(tf.cast(drawn < rate, tf.float32), size)


def displace_colors(low_res, background_share, seeds):
    """Gives some of the foreground's pixels the color of a place nearby.

    Args:
      low_res: [B, L, L, 3].
      background_share: [B, L, L, 1], share of each pixel that is background; this share keeps its color.
      seeds: int [B, 2].
    Returns:
      [B, L, L, 3].
    """
    size = low_res.shape[1]
    rate = _MAX_DISPLACED * noise.uniform(seeds, [1, 1, 1], _DISPLACED_RATE_USE)
    squares = size // _DISPLACED_SIDE
    drawn = resize.enlarge(noise.uniform(seeds, [squares, squares, 3], _DISPLACED_USE), size)
    offset = tf.cast(drawn[..., 1:] * (2 * _DISPLACED_BY + 1), tf.int32) - _DISPLACED_BY
    here = tf.stack(tf.meshgrid(tf.range(size), tf.range(size), indexing='ij'), axis=-1)
    there = tf.clip_by_value(here + offset, 0, size - 1)
    displaced = tf.where(drawn[..., :1] < rate, tf.gather_nd(low_res, there, batch_dims=1), low_res)
    return background.composite(displaced, background_share * low_res, background_share)

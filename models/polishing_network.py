"""Polishing network: a pix2pix U-Net that brings the sampled picture to full resolution (paper, section 2)."""

import tensorflow as tf

from models import background, guided_upsampling, noise, pix2pix, resolution

# Our choice; the papers give no rate. Each picture's is drawn uniformly from 0 to this; half of them are fully masked,
# as all are when colouring.
_MAX_MASK_RATE = 2.
# Our choice: the share of stray colours in a training picture is drawn uniformly from 0 to this; a stray colour is that
# of a place so many low-resolution pixels away, for squares of two by two.
_MAX_STRAYS, _STRAY_REACH, _STRAY_SIDE = .5, 4, 2
_ROUNDS = 3  # of guided upsampling when colouring; samples have more strays than the true colours of training
_MASK_RATE, _MASK, _STRAY_RATE, _STRAYS = 3, 4, 5, 6  # uses of the seeds, after those of the U-Net


def polishing_input(outline, low_res, masks, hidden, model, rounds=1):
    """The ten channels, in the study's order.

    Args:
      outline: [B, S, S, 1].
      low_res: [B, L, L, 3], true in training, sampled when colouring.
      masks: [B, S, S, K], hard, of the background's regions.
      hidden: [B, S, S, 1], 1 where the fitted background hides the low-resolution colours; only in the background.
      model: of the background; one of `background.MODELS`.
      rounds: see `guided_upsampling.upsample`.
    Returns:
      [B, S, S, 10]: outline 1, low-res 3 (enlarged along the lines), foreground and background segments 2, mask 1,
      background colour 3 (see `background_colour`, or what the model fits).
    """
    colours = resolution.enlarge(low_res, outline.shape[1])
    filled = background.fill(colours, masks, model, lambda _, mask: background_colour(low_res, mask))
    mask = background.union(masks)
    shown = guided_upsampling.upsample(background.composite(colours, hidden * filled, hidden), hidden, outline,
                                       low_res.shape[1], rounds)
    return tf.concat([outline, shown, 1 - mask, mask, hidden, filled], axis=-1)


def background_colour(low_res, mask):
    """The colour that fills a low-resolution picture's background: its median (our choice; the paper takes the mean).

    Args:
      low_res: [B, L, L, 3].
      mask: [B, S, S, 1].
    Returns:
      [B, 1, 1, 3].
    """
    return background.masked_median(low_res, resolution.shrink(mask, low_res.shape[1]))


class PolishingNetwork(pix2pix.ConditionalGAN):
    """Ten channels (see `polishing_input`) [B, S, S, 10] -> colours [B, S, S, 3] in [-1, 1].

    Trained on the true low-resolution picture, so that a sampled colour is never averaged away, with a trained
    background detector run on the fly, whose background model the preset must have: pass its `masks` to `compile`. The
    loss is L1 (our choice) where no line is near, with an adversarial part if asked for. Some of the foreground's
    colours are led astray (our choice), as some are in a sample: so it learns that an area has one colour.

    With the preset's polishing_background off it sees no background: the paper's ablation (figure 2).
    """

    NAME = 'polishing_network'

    def __init__(self, preset, **kwargs):
        super().__init__(preset, channels=10, autocast=False, **kwargs)  # colours keep their digits at half precision

    def call(self, condition, training=False, seeds=None):
        """See `ConditionalGAN`. The U-Net corrects the colours it sees (our choice), so that even areas stay even."""
        correction = tf.cast(self._unet(condition, training=training, seeds=seeds), tf.float32)
        return condition[..., 1:4] + paper(condition[..., :1]) * correction

    def judged(self, condition, generated, truth):
        """See `ConditionalGAN`. Lines are laid over results, so the colours beneath need not have any."""
        free = paper(condition[..., :1])
        return background.composite(truth, free * generated, free)

    def polish(self, outline, low_res, masks):
        """Colours as at sampling: all background hidden. Arguments as of `polishing_input`, returns [B, S, S, 3]."""
        return tf.clip_by_value(self(self._input(outline, low_res, masks, tf.ones_like(outline), _ROUNDS)), -1, 1)

    def compile(self, optimizer, detect_background, **kwargs):
        """detect_background: function of outlines [B, S, S, 1] to hard masks [B, S, S, K]."""
        super().compile(optimizer, **kwargs)
        self._detect_background = detect_background

    def example(self, data, training):
        outline, truth = data['outline'], data['colour']
        low_res = resolution.low_resolution(truth, self.preset.low_res_size)
        masks, hidden = self._detect_background(outline), tf.ones_like(outline)
        if training:
            hidden = random_mask(data['seeds'], self.preset.low_res_size, outline.shape[1])
            low_res = with_strays(low_res, resolution.shrink(background.union(masks), self.preset.low_res_size),
                                  data['seeds'])
        return self._input(outline, low_res, masks, hidden), truth

    def _input(self, outline, low_res, masks, hidden, rounds=1):
        """`polishing_input`, of which `hidden` is cut to the background."""
        if not self.preset.polishing_background:
            masks = tf.zeros_like(masks)
        return polishing_input(outline, low_res, masks, hidden * background.union(masks), self.preset.background_model,
                               rounds)


def paper(outline):
    """How free of ink a pixel and those around it are: [B, S, S, 1] -> [B, S, S, 1], in [0, 1]."""
    return 1 - tf.nn.max_pool2d(outline, 3, 1, 'SAME')


def random_mask(seeds, low_res_size, size):
    """Random low-resolution pixels, at a rate drawn for each picture.

    Args:
      seeds: int [B, 2].
      low_res_size, size: L, S.
    Returns:
      [B, S, S, 1], 1 where a pixel is hidden.
    """
    rate = _MAX_MASK_RATE * noise.uniform(seeds, [1, 1, 1], _MASK_RATE)
    drawn = noise.uniform(seeds, [low_res_size, low_res_size, 1], _MASK)
    return resolution.enlarge(tf.cast(drawn < rate, tf.float32), size)


def with_strays(low_res, behind, seeds):
    """Pictures some of whose foreground's colours are those of places nearby.

    Args:
      low_res: [B, L, L, 3].
      behind: [B, L, L, 1], share of each pixel that is background, which keeps its colour.
      seeds: int [B, 2].
    Returns:
      [B, L, L, 3].
    """
    size = low_res.shape[1]
    rate = _MAX_STRAYS * noise.uniform(seeds, [1, 1, 1], _STRAY_RATE)
    drawn = resolution.enlarge(noise.uniform(seeds, [size // _STRAY_SIDE, size // _STRAY_SIDE, 3], _STRAYS), size)
    away = tf.cast(drawn[..., 1:] * (2 * _STRAY_REACH + 1), tf.int32) - _STRAY_REACH
    here = tf.stack(tf.meshgrid(tf.range(size), tf.range(size), indexing='ij'), axis=-1)
    there = tf.clip_by_value(here + away, 0, size - 1)
    strayed = tf.where(drawn[..., :1] < rate, tf.gather_nd(low_res, there, batch_dims=1), low_res)
    return background.composite(strayed, behind * low_res, behind)

"""Polishing network: a pix2pix U-Net that brings the sampled picture to full resolution (paper, section 2)."""

import tensorflow as tf

from models import background, noise, pix2pix, resolution

# Our choice; the papers give no rate. Each picture's is drawn uniformly from 0 to this; half of them are fully masked,
# as all are when colouring.
_MAX_MASK_RATE = 2.
_MASK_RATE, _MASK = 3, 4  # uses of the seeds, after those of the U-Net


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


class PolishingNetwork(pix2pix.ConditionalGAN):
    """Ten channels (see `polishing_input`) [B, S, S, 10] -> colours [B, S, S, 3] in [-1, 1].

    Trained on the true low-resolution picture, so that a sampled colour is never averaged away, with a trained
    background detector run on the fly, whose background model the preset must have: pass its `masks` to `compile`. The
    loss is L1 (our choice), with an adversarial part if asked for.

    With the preset's polishing_background off it sees no background: the paper's ablation (figure 2).
    """

    NAME = 'polishing_network'

    def __init__(self, preset, **kwargs):
        super().__init__(preset, channels=10, **kwargs)

    def polish(self, outline, low_res, masks):
        """Colours as at sampling: all background hidden. Arguments as of `polishing_input`, returns [B, S, S, 3]."""
        return self(self._input(outline, low_res, masks, tf.ones_like(outline)))

    def compile(self, optimizer, detect_background, **kwargs):
        """detect_background: function of outlines [B, S, S, 1] to hard masks [B, S, S, K]."""
        super().compile(optimizer, **kwargs)
        self._detect_background = detect_background

    def example(self, data, training):
        outline, truth = data['outline'], data['colour']
        low_res = resolution.low_resolution(truth, self.preset.low_res_size)
        hidden = tf.ones_like(outline)
        if training:
            hidden = random_mask(data['seeds'], self.preset.low_res_size, outline.shape[1])
        return self._input(outline, low_res, self._detect_background(outline), hidden), truth

    def _input(self, outline, low_res, masks, hidden):
        """`polishing_input`, of which `hidden` is cut to the background."""
        if not self.preset.polishing_background:
            masks = tf.zeros_like(masks)
        return polishing_input(outline, low_res, masks, hidden * background.union(masks), self.preset.background_model)


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

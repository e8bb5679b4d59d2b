"""The study's naive two-step CGAN, to compare with: two pix2pix in a row, and no idea of backgrounds.

The first paints the low-resolution picture from the outline, the second the picture from both (study, section 2.1).
"""

import tensorflow as tf

from models import noise, pix2pix, resolution, weights

_KEPT = .5  # share of the low-resolution pixels that the second network sees in training
_MASK = 3  # use of the seeds, after those of the U-Net


class LowResPix2Pix(pix2pix.ConditionalGAN):
    """Outline [B, S, S, 1] -> low-resolution colours [B, L, L, 3]: a U-Net whose decoder stops at L."""

    NAME = 'two_step_low_res'

    def __init__(self, preset, **kwargs):
        super().__init__(preset, channels=1, out_size=preset.low_res_size, **kwargs)

    def example(self, data, training):
        return data['outline'], resolution.low_resolution(data['colour'], self.preset.low_res_size)


class PolishingPix2Pix(pix2pix.ConditionalGAN):
    """Outline, masked low-res and mask [B, S, S, 5] -> colours [B, S, S, 3].

    In training on the true low-resolution picture, each of whose pixels is shown or not at random, so that it is not
    relied on; all are when colouring.
    """

    NAME = 'two_step_polishing'

    def __init__(self, preset, **kwargs):
        super().__init__(preset, channels=5, **kwargs)

    def example(self, data, training):
        low_res = resolution.low_resolution(data['colour'], self.preset.low_res_size)
        kept = tf.ones_like(low_res[..., :1])
        if training:
            kept = tf.cast(noise.uniform(data['seeds'], kept.shape[1:], _MASK) < _KEPT, tf.float32)
        return masked_low_res(data['outline'], low_res, kept), data['colour']


def masked_low_res(outline, low_res, kept):
    """What the second network sees: outline 1, masked low-res 3, mask 1.

    Args:
      outline: [B, S, S, 1].
      low_res: [B, L, L, 3].
      kept: [B, L, L, 1], 1 where the low-resolution colours are shown.
    Returns:
      [B, S, S, 5].
    """
    shown = resolution.enlarge(tf.concat([kept * low_res, kept], axis=-1), outline.shape[1])
    return tf.concat([outline, shown], axis=-1)


class TwoStepCGAN(tf.Module):
    """Both networks in a row.

    Args:
      low_res, polishing: trained networks, of presets with equal picture sizes.
    """

    def __init__(self, low_res, polishing):
        super().__init__()
        self.low_res, self.polishing = low_res, polishing
        self.preset = low_res.preset

    @classmethod
    def load(cls, directories):
        """Loads each network from the first of the folders that holds it. Raises ValueError if none does."""
        return cls(*(weights.load(network, directories) for network in (LowResPix2Pix, PolishingPix2Pix)))

    @tf.function(reduce_retracing=True)
    def colorize(self, outline):
        """Colours outlines [B, S, S, 1]: {'image': [B, S, S, 3], 'low_res': [B, L, L, 3]}, in [-1, 1]."""
        low_res = self.low_res(outline)
        return {'image': self.polishing(masked_low_res(outline, low_res, tf.ones_like(low_res[..., :1]))),
                'low_res': low_res}

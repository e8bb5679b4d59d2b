"""The study's naive two-step CGAN (section 2.1): two pix2pix networks in a row, which know nothing of backgrounds.

The first network paints a low-resolution picture from the outline, the second the picture from both.
"""

import dataclasses

import tensorflow as tf

from models.base import conditional_gan, config
from models.ops import noise, resize

_KEPT_SHARE = .5  # share of the low-resolution pixels that the second network sees in training (study)
_MASK_USE = 3  # use of the seeds; dropout has 0 to 2


@dataclasses.dataclass(frozen=True)
class LowResPix2PixConfig(config.UNetConfig):
    """Sizes of the first network. low_res_size: L, side of the low-resolution picture in pixels.

    Example:
      >>> LowResPix2PixConfig.from_preset('tiny').low_res_size
      32
    """

    low_res_size: int = 32


@dataclasses.dataclass(frozen=True)
class PolishingPix2PixConfig(config.UNetConfig):
    """Sizes of the second network. low_res_size: L, side of the low-resolution picture in pixels.

    Example:
      >>> PolishingPix2PixConfig.from_preset('tiny').low_res_size
      32
    """

    low_res_size: int = 32


class LowResPix2Pix(conditional_gan.ConditionalGAN):
    """Outline [B, S, S, 1] -> low-resolution colors [B, L, L, 3]: a U-Net whose decoder stops at L.

    Args:
      config: a `LowResPix2PixConfig`.

    Example:
      >>> LowResPix2Pix.from_preset('tiny')(tf.zeros([1, 256, 256, 1])).shape
      TensorShape([1, 32, 32, 3])
    """

    NAME, CONFIG = 'two_step_low_res', LowResPix2PixConfig

    def __init__(self, config, **kwargs):
        super().__init__(config, out_size=config.low_res_size, **kwargs)

    def example(self, data, training):
        """See `ConditionalGAN.example`."""
        return data['outline'], resize.low_resolution(data['color'], self.config.low_res_size)


class PolishingPix2Pix(conditional_gan.ConditionalGAN):
    """Outline, masked low-resolution colors and mask [B, S, S, 5] -> colors [B, S, S, 3].

    Training takes the true low-resolution picture and hides a random half of its pixels, so that the network does not
    rely on them. At test time it sees all of them.

    Args:
      config: a `PolishingPix2PixConfig`.

    Example:
      >>> PolishingPix2Pix.from_preset('tiny')(tf.zeros([1, 256, 256, 5])).shape
      TensorShape([1, 256, 256, 3])
    """

    NAME, CONFIG, CHANNELS = 'two_step_polishing', PolishingPix2PixConfig, 5

    def example(self, data, training):
        """See `ConditionalGAN.example`."""
        low_res = resize.low_resolution(data['color'], self.config.low_res_size)
        kept = tf.ones_like(low_res[..., :1])
        if training:
            kept = tf.cast(noise.uniform(data['seeds'], kept.shape[1:], _MASK_USE) < _KEPT_SHARE, tf.float32)
        return masked_low_res(data['outline'], low_res, kept), data['color']


def masked_low_res(outline, low_res, kept):
    """Makes the input of the second network.

    Args:
      outline: [B, S, S, 1].
      low_res: [B, L, L, 3].
      kept: [B, L, L, 1], 1 where the low-resolution colors are shown, else 0.
    Returns:
      [B, S, S, 5]: outline 1, masked low-resolution colors 3, mask 1.
    """
    shown = resize.enlarge(tf.concat([kept * low_res, kept], axis=-1), outline.shape[1])
    return tf.concat([outline, shown], axis=-1)


class TwoStepCGAN(tf.Module):
    """Both networks in a row.

    Args:
      low_res: a trained `LowResPix2Pix`.
      polishing: a trained `PolishingPix2Pix` of the same picture sizes.

    Example:
      >>> colorizer = TwoStepCGAN(LowResPix2Pix.from_preset('tiny'), PolishingPix2Pix.from_preset('tiny'))
      >>> colorizer.colorize(tf.zeros([1, 256, 256, 1]))['image'].shape
      TensorShape([1, 256, 256, 3])
    """

    def __init__(self, low_res, polishing):
        super().__init__()
        self.low_res, self.polishing = low_res, polishing
        self.image_size = low_res.config.image_size

    @classmethod
    def from_pretrained(cls, folders):
        """Loads both networks (see `Network.from_pretrained`)."""
        return cls(*(network.from_pretrained(folders) for network in (LowResPix2Pix, PolishingPix2Pix)))

    @tf.function(reduce_retracing=True, autograph=False)
    def colorize(self, outline):
        """Colors outlines.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
        Returns:
          {'image': [B, S, S, 3], 'low_res': [B, L, L, 3]}, both in [-1, 1].
        """
        low_res = self.low_res(outline)
        condition = masked_low_res(outline, low_res, tf.ones_like(low_res[..., :1]))
        return {'image': self.polishing(condition), 'low_res': low_res}

"""pix2pix (1611.07004): the baseline that colors an outline in one step."""

import dataclasses

import tensorflow as tf

from models.base import conditional_gan, config


@dataclasses.dataclass(frozen=True)
class Pix2PixConfig(config.UNetConfig):
    """Sizes of pix2pix."""


class Pix2Pix(conditional_gan.ConditionalGAN):
    """Outline [B, S, S, 1] -> colors [B, S, S, 3] in [-1, 1], in one step.

    DIFFERENCES

    Args:
      config: a `Pix2PixConfig`.
    """

    NAME, CONFIG = 'pix2pix', Pix2PixConfig

    def example(self, data, training):
        """See `ConditionalGAN.example`."""
        return data['outline'], data['color']

    @tf.function(reduce_retracing=True)
    def colorize(self, outline):
        """Colors outlines.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
        Returns:
          {'image': [B, S, S, 3] in [-1, 1]}.
        """
        return {'image': self(outline)}

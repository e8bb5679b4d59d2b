"""pix2pix (1611.07004): the baseline that colors an outline in one step."""

import dataclasses

import tensorflow as tf

from models.base import conditional_gan, config


@dataclasses.dataclass(frozen=True)
class Pix2PixConfig(config.UNetConfig):
    """Sizes of pix2pix.

    Example:
      >>> Pix2PixConfig.from_preset('tiny').filters
      4
    """


class Pix2Pix(conditional_gan.ConditionalGAN):
    """Outline [B, S, S, 1] -> colors [B, S, S, 3] in [-1, 1], in one step.

    Differences from the publication, each with the L1 on 76 real drawings after 4,000 steps of 8 pictures (`small`):
    batch normalization takes its moving averages at test time, as Keras does (0.47), where pix2pix takes the statistics
    of the test batch (0.53 of one picture, 0.51 of eight); dropout is off at test time (0.47 with and without);
    gradients are clipped to norm 1 (0.43; 0.47 without, 0.46 without at pix2pix's learning rate of 2e-4); one step
    trains both networks at once. Gamma of batch normalization begins at N(1, 0.02), as published.

    Args:
      config: a `Pix2PixConfig`.

    Example:
      >>> Pix2Pix.from_preset('tiny').colorize(tf.zeros([1, 256, 256, 1]))['image'].shape
      TensorShape([1, 256, 256, 3])
    """

    NAME, CONFIG = 'pix2pix', Pix2PixConfig

    def example(self, data, training):
        """See `ConditionalGAN.example`."""
        return data['outline'], data['color']

    @tf.function(reduce_retracing=True, autograph=False)
    def colorize(self, outline):
        """Colors outlines.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
        Returns:
          {'image': [B, S, S, 3] in [-1, 1]}.
        """
        return {'image': self(outline)}

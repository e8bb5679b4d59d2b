"""pix2pix (1611.07004): the baseline that colors an outline in one step."""

import dataclasses

import tensorflow as tf

from models.base import conditional_gan, config
from models.ops import per_picture


@dataclasses.dataclass(frozen=True)
class Pix2PixConfig(config.UNetConfig):
    """Sizes of pix2pix."""


class PublishedGAN(conditional_gan.ConditionalGAN):
    """A conditional GAN that colors as pix2pix publishes it (section 3.3 and appendix 6.2).

    At test time batch normalization takes the statistics of the test batch, and dropout stays on as the source of
    noise. The test batch is one picture here, so that a picture's result does not depend on others.

    DIFFERENCES
    """

    def validate(self, condition):
        """See `ConditionalGAN.validate`. Takes the batch's own statistics."""
        return self(condition, training=True)

    def generate(self, condition, seeds):
        """Generates colors as at test time, each picture by itself.

        Args:
          condition: [B, S, S, C].
          seeds: int64 [B], for the dropout.
        Returns:
          [B, out, out, 3] in [-1, 1].
        """
        pairs = tf.stack([seeds, tf.zeros_like(seeds)], axis=1)
        return per_picture.map_pictures(
            lambda picture, seed: self(picture, training=True, seeds=seed), condition, pairs)


class Pix2Pix(PublishedGAN):
    """Outline [B, S, S, 1] -> colors [B, S, S, 3] in [-1, 1], in one step.

    Args:
      config: a `Pix2PixConfig`.
    """

    NAME, CONFIG = 'pix2pix', Pix2PixConfig

    def __init__(self, config, **kwargs):
        super().__init__(config, channels=1, **kwargs)

    def example(self, data, training):
        """See `ConditionalGAN.example`."""
        return data['outline'], data['color']

    @tf.function(reduce_retracing=True, autograph=False)
    def colorize(self, outline, seeds):
        """Colors outlines.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
          seeds: int64 [B].
        Returns:
          {'image': [B, S, S, 3] in [-1, 1]}.
        """
        return {'image': self.generate(outline, seeds)}

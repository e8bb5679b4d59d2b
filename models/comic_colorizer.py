"""The whole system at sampling: outline in, colours out (paper, figure 1)."""

import tensorflow as tf

from models import background, background_detector, low_res_colorizer, polishing_network, resolution, weights


class ComicColorizer(tf.Module):
    """The three networks in a row.

    Args:
      low_res_colorizer, background_detector, polishing_network: trained networks, of presets with equal picture sizes.
    """

    def __init__(self, low_res_colorizer, background_detector, polishing_network):
        super().__init__()
        self.low_res_colorizer = low_res_colorizer
        self.background_detector = background_detector
        self.polishing_network = polishing_network
        self.preset = low_res_colorizer.preset

    @classmethod
    def load(cls, directories):
        """Loads each network from the first of the folders that holds it. Raises ValueError if none does."""
        return cls(*(weights.load(network, directories) for network in (
            low_res_colorizer.LowResColorizer, background_detector.BackgroundDetector,
            polishing_network.PolishingNetwork)))

    @tf.function(reduce_retracing=True)
    def colorize(self, outline, seeds, temperature):
        """Colours outlines. A picture's result depends on its own outline and seed, not on its batch.

        Args:
          outline: float [B, S, S, 1], ink coverage.
          seeds: int64 [B]; another seed, other colours.
          temperature: float scalar, of the sampling.
        Returns:
          dict of image [B, S, S, 3] and low_res [B, L, L, 3] in [-1, 1], background_mask [B, S, S, 1],
          background_colour [B, 3] in [-1, 1], log_likelihood [B] of the low-resolution picture, nats.
        """
        outline = tf.ensure_shape(outline, [None, self.preset.image_size, self.preset.image_size, 1])
        low_res, log_likelihood = self.low_res_colorizer.sample(outline, seeds, temperature)
        masks = self.background_detector.masks(outline)
        mask = background.union(masks)
        mean = background.masked_mean(resolution.enlarge(low_res, self.preset.image_size), mask)
        return {'image': self.polishing_network.polish(outline, low_res, masks), 'low_res': low_res,
                'background_mask': mask, 'background_colour': mean[:, 0, 0], 'log_likelihood': log_likelihood}

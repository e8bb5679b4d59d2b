"""The whole system at sampling: outline in, colours out (paper, figure 1)."""

import tensorflow as tf

from models import (
    background,
    background_detector,
    low_res_colorizer,
    one_by_one,
    polishing_network,
    weights,
)

AUTOMATIC = -2.  # background colour: what the sampled picture has
TEMPERATURE = 1.1  # of the sampling, unless asked for; 1 is what was learnt, but areas are evened out afterwards
DRAFTS = 4  # samples that a picture is the consensus of, unless asked for; 1 is the paper's


class ComicColorizer(tf.Module):
    """The three networks in a row.

    Args:
      low_res_colorizer, background_detector, polishing_network: trained networks, of presets with equal picture sizes.
      drafts, xla: see `LowResColorizer.consensus`.
    """

    NETWORKS = (low_res_colorizer.LowResColorizer, background_detector.BackgroundDetector,
                polishing_network.PolishingNetwork)

    def __init__(self, low_res_colorizer, background_detector, polishing_network, drafts=DRAFTS, xla=False):
        super().__init__()
        self.low_res_colorizer = low_res_colorizer
        self.background_detector = background_detector
        self.polishing_network = polishing_network
        self.preset = low_res_colorizer.preset
        self._drafts, self._xla = drafts, xla

    @classmethod
    def load(cls, directories, drafts=DRAFTS, xla=False):
        """Loads each network from the first of the folders that holds it. Raises ValueError if none does."""
        return cls(*(weights.load(network, directories) for network in cls.NETWORKS), drafts, xla)

    def low_resolution(self, outline, seeds, temperature):
        """`LowResColorizer.consensus` as this system takes it: (low_res [B, L, L, 3], log-likelihood [B])."""
        return self.low_res_colorizer.consensus(outline, seeds, temperature, self._drafts, self._xla)

    @tf.function(reduce_retracing=True, autograph=False)
    def colorize(self, outline, seeds, temperature, background_colour):
        """Colours outlines. A picture's result depends on its own outline and seed, not on its batch.

        Args:
          outline: float [B, S, S, 1], ink coverage.
          seeds: int64 [B]; another seed, other colours.
          temperature: float [B] or scalar, of the sampling.
          background_colour: float [B, 3] in [-1, 1], to paint the background with, or `AUTOMATIC`.
        Returns:
          dict of image [B, S, S, 3] and low_res [B, L, L, 3] in [-1, 1], background_mask [B, S, S, 1],
          background_colour [B, 3] in [-1, 1], log_likelihood [B] of the low-resolution picture, nats.
        """
        size = self.preset.image_size
        outline = tf.ensure_shape(outline, [None, size, size, 1])
        low_res, log_likelihood = self.low_resolution(outline, seeds, temperature)
        result = one_by_one.one_by_one(self._finish, outline, low_res, tf.ensure_shape(background_colour, [None, 3]))
        return result | {'low_res': low_res, 'log_likelihood': log_likelihood}

    def _finish(self, outline, low_res, background_colour):
        """What `colorize` gives beside the sample."""
        masks = self.background_detector.masks(outline)
        image = self.polishing_network.polish(outline, low_res, masks)
        mask = background.union(masks)
        sampled = polishing_network.background_colour(low_res, mask)[:, 0, 0]

        # A colour that is asked for is painted as it is, also beneath the lines; the foreground stays what it would be.
        asked = tf.reduce_min(background_colour, axis=-1, keepdims=True) >= -1
        painted = mask * tf.cast(asked, tf.float32)[:, None, None]
        image = background.composite(image, painted * background_colour[:, None, None], painted)
        return {'image': image, 'background_mask': mask,
                'background_colour': tf.where(asked, background_colour, sampled)}

"""How good the colors are by number of hints, with and without the networks' help."""

import numpy as np
import tensorflow as tf

from data_pipeline.pictures import colors
from eval.evaluation import compared, hint_points, metrics
from models import comic_colorizer
from models.ops import hints as hints_ops
from models.ops import resize

FIGURES = ('l1', 'psnr', 'l1_32', 'psnr_32')
COLUMNS = ('set', 'picture', 'hints', 'system', *FIGURES)


class HintFigures:
    """Colors pictures with points of their true colors (see `hint_points`), and measures the results.

    The systems:
      comic: sees the hints.
      comic_spread_only, pix2pix_spread_only: do not see them; the hints are spread along the lines, and laid over the
        result by their confidence. For `pix2pix_spread_only`, pix2pix is needed.

    Args:
      colorizer: a `ComicColorizer`.
      pix2pix: a `LocalSystem`, or None.
      numbers: numbers of points.

    Example:
      >>> from eval.evaluation import held_out_sets
      >>> colorizer = comic_colorizer.ComicColorizer(
      ...     *(network.from_preset('tiny') for network in comic_colorizer.ComicColorizer.NETWORKS), drafts=1)
      >>> batch = list(held_out_sets.drawn('flat', count=1, seed=0, size=256))
      >>> rows = HintFigures(colorizer, None, numbers=[0, 5]).rows('drawn', batch, np.arange(1), temperature=1.)
      >>> [(row['hints'], row['system']) for row in rows]
      [(0, 'comic'), (0, 'comic_spread_only'), (5, 'comic'), (5, 'comic_spread_only')]
    """

    def __init__(self, colorizer, pix2pix, numbers):
        self._colorizer, self._pix2pix, self._numbers = colorizer, pix2pix, numbers
        self._spread = tf.function(colorizer.spread, reduce_retracing=True, autograph=False)

    def rows(self, name, batch, seeds, temperature):
        """Measures a batch of `Example`s of the set `name`: [{COLUMNS}].

        l1 and psnr compare the picture, with the drawing laid over it, with the truth; l1_32 and psnr_32 compare its
        low-resolution picture, of 32x32 pixels, with that of the truth.
        """
        ink = np.stack([example.ink for example in batch])
        truth = np.stack([example.truth for example in batch])
        true_low = _levels(self._low(np.stack([example.color for example in batch])))
        none = np.zeros((*truth.shape[:3], 4), np.uint8)
        unhinted = {'comic_spread_only': self._comic(ink, seeds, temperature, none)}
        if self._pix2pix is not None:
            fitted = np.stack([example.fitted for example in batch])
            image = colors.from_levels(np.float32(self._pix2pix.colorize(fitted, seeds, temperature)['image']))
            unhinted['pix2pix_spread_only'] = image, self._low(image)
        rows = []
        for number in self._numbers:
            hints = np.stack([hint_points.points(example, number) for example in batch])
            spread = self._spread(hints, ink)
            results = {'comic': self._comic(ink, seeds, temperature, hints)} | {
                system: [hints_ops.lay_over(picture, spread) for picture in pictures]
                for system, pictures in unhinted.items()}
            for system, (image, low) in results.items():
                images, lows = compared.with_lines(_levels(image), batch), _levels(low)
                rows += [{'set': name, 'picture': example.name, 'hints': number, 'system': system,
                          'l1': metrics.l1(images[k], truth[k]), 'psnr': metrics.psnr(images[k], truth[k]),
                          'l1_32': metrics.l1(lows[k], true_low[k]), 'psnr_32': metrics.psnr(lows[k], true_low[k])}
                         for k, example in enumerate(batch)]
        return rows

    def _comic(self, ink, seeds, temperature, hints):
        """Colors a batch by the comic system: (images [B, S, S, 3], low_res [B, L, L, 3])."""
        automatic = tf.fill([len(ink), 3], comic_colorizer.AUTOMATIC)
        result = self._colorizer.colorize(ink, seeds, np.float32(temperature), automatic, hints)
        return result['image'], result['low_res']

    def _low(self, color):
        return resize.low_resolution(color, self._colorizer.low_res_size)


def _levels(color):
    return np.uint8(colors.to_levels(color))

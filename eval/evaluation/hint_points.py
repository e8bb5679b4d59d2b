"""Hints as a user would give them, for measuring: dots of the true colors at random places off the lines."""

import zlib

import numpy as np

from data_pipeline.outlines import outline
from models.ops import hints

_CLEAR = .1  # the most ink in a dot (our choice), so that its color is that of an area


def points(example, count):
    """Draws points on a picture. The fewer points of a picture are the first of the more.

    Args:
      example: an `Example`. Its name is the seed.
      count: N, number of points.
    Returns:
      uint8 [S, S, 4]: N dots of 2x2 pixels of their mean true color, with alpha 255; all else is 0. They lie off the
      lines, or where there is least ink if the picture has fewer such places.

    Example:
      >>> from eval.evaluation import held_out_sets
      >>> white = np.full((64, 64), 255, np.uint8)
      >>> example = held_out_sets.Example('green', white, white, np.full((64, 64, 3), (10, 200, 10), np.uint8))
      >>> dots = points(example, 5)
      >>> int((dots[..., 3] > 0).sum()), np.unique(dots[dots[..., 3] > 0], axis=0).tolist()
      (20, [[10, 200, 10, 255]])
    """
    ink = _means(outline.to_ink(np.float32(example.fitted[..., None])))[..., 0]
    random = np.random.default_rng(zlib.crc32(example.name.encode())).permutation(ink.size)
    order = random[np.argsort(np.maximum(ink, _CLEAR).ravel()[random], kind='stable')]
    chosen = np.isin(np.arange(ink.size), order[:count]).reshape(ink.shape)
    dots = np.uint8(np.rint(_means(np.float32(example.truth))))
    dots = np.concatenate([dots, np.full_like(dots[..., :1], 255)], axis=-1) * chosen[..., None]
    return dots.repeat(hints.SQUARE, axis=0).repeat(hints.SQUARE, axis=1)


def _means(picture):
    """Takes the mean of each square: [S, S, C] -> [S / 2, S / 2, C]."""
    side = len(picture) // hints.SQUARE
    return picture.reshape(side, hints.SQUARE, side, hints.SQUARE, -1).mean(axis=(1, 3))

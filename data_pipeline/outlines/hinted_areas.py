"""Gives areas the colors that a user hints at, exactly, at the drawing's own resolution.

The networks see hints too, but small and blurred. So an area in which hints lie takes their color, and nothing else
changes. All limits are our choice.
"""

import typing

import cv2
import numpy as np

from data_pipeline.outlines.outline import PAPER

_SHARE = .1  # a stroke counts in an area that has this share of it; else it only slips over a line,
_COVERED = .2  # unless it covers this share of the area
_BACKGROUND = .25  # least share of the background that the areas of a color have if all background takes it


class Hinted(typing.NamedTuple):
    """Areas after hints.

    Example:
      >>> Hinted(np.zeros((2, 2), np.int32), np.uint8([[9, 9, 9, 0]]), np.zeros(1, int)).kinds.any()
      np.False_
    """

    labels: np.ndarray  # int32 [H, W], as in `areas.find`; areas with several colors are divided
    table: np.ndarray  # uint8 [N, 4], for each area its color, and the level of the background, 0..255
    kinds: np.ndarray  # int [N], the `Strokes.kind` of its hints; 0 without hints


def apply(labels, table, strokes, free):
    """Gives areas the colors of their hints.

    An area with hints of one color takes the most frequent color of their pixels. An area with several is divided:
    every pixel takes the color of the nearest hint. If areas with hints of one color hold a quarter of the background,
    all of the background without hints takes it, and what has hints of this color becomes background. What has hints
    of another color becomes foreground.

    Args:
      labels: int32 [H, W], see `areas.find`; is changed.
      table: uint8 [N, 4], for each area its color, and the level of the background.
      strokes: `hint_strokes.Strokes`.
      free: bool [H, W], the pixels that count for the sizes of areas: off lines, and inside the panel.
    Returns:
      `Hinted`.

    Example:
      >>> from data_pipeline.outlines import hint_strokes
      >>> drawing = np.full((40, 60, 3), 255, np.uint8)
      >>> drawing[:, 29:31] = 0
      >>> hints = np.zeros((40, 60, 4), np.uint8)
      >>> hints[10, 10] = 200, 30, 40, 255
      >>> labels = np.int32(np.arange(60) >= 30) + np.zeros((40, 1), np.int32)
      >>> strokes = hint_strokes.find(hints, drawing)
      >>> apply(labels, np.zeros((2, 4), np.uint8), strokes, drawing[..., 0] > 0).table.tolist()
      [[200, 30, 40, 0], [0, 0, 0, 0]]
    """
    strokes = _counted(labels, strokes, np.bincount(labels[free], minlength=len(table)))
    if not len(strokes.y):
        return Hinted(labels, table, np.zeros(len(table), int))
    base = strokes.kind.max() + 1
    parts, part = np.unique(labels[strokes.y, strokes.x] * base + strokes.kind, return_inverse=True)
    area, kind = np.divmod(parts, base)
    is_added = np.diff(area, prepend=-1) == 0  # the first part of an area keeps its number
    number = np.where(is_added, len(table) - 1 + is_added.cumsum(), area)
    table = np.concatenate([table, table[area[is_added]]])
    table[number, :3] = _most_frequent(part, strokes.color)
    kinds = np.zeros(len(table), int)
    kinds[number] = kind
    for several in np.unique(area[is_added]):
        of = area[part] == several
        _divide(labels, several, strokes.y[of], strokes.x[of], number[part[of]])
    _correct_background(table, kinds, np.bincount(labels[free], minlength=len(table)))
    return Hinted(labels, table, kinds)


def _counted(labels, strokes, sizes):
    """Leaves out the pixels of strokes in areas that they only slip into: `Strokes`. `sizes`: int [N], of the areas."""
    pairs, pair, counts = np.unique(strokes.number * len(sizes) + labels[strokes.y, strokes.x], return_inverse=True,
                                    return_counts=True)
    number, area = np.divmod(pairs, len(sizes))
    return strokes.pixels(((counts >= _SHARE * strokes.sizes[number]) | (counts >= _COVERED * sizes[area]))[pair])


def _most_frequent(part, color):
    """Finds the most frequent color of each part: int [P] from 0, int [P] -> uint8 [parts, 3]."""
    keys, counts = np.unique(part << 24 | color, return_counts=True)
    keys = keys[np.argsort(counts, kind='stable')]  # the last one that is written is the most frequent
    found = np.zeros(part.max() + 1, int)
    found[keys >> 24] = keys
    return np.uint8(np.stack([found >> 16 & 255, found >> 8 & 255, found & 255], axis=-1))


def _divide(labels, area, y, x, numbers):
    """Gives each pixel of an area the number of the nearest hint. Changes `labels`.

    Args:
      labels: int32 [H, W].
      area: the area's number.
      y, x, numbers: int [P], the pixels of its hints, and the number that each of them brings.
    """
    left, top, width, height = cv2.boundingRect(np.uint8(labels == area))
    part = labels[top:top + height, left:left + width]
    inside, at = part == area, np.full(part.shape, -1, np.int32)
    at[y - top, x - left] = numbers
    # OpenCV numbers the pixels of hints row by row.
    nearest = cv2.distanceTransformWithLabels(np.uint8(at < 0), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)[1]
    part[inside] = at[at >= 0][nearest[inside] - 1]


def _correct_background(table, kinds, sizes):
    """Lets hints decide what is background, and its color; see `apply`. Changes `table`. `sizes`: int [N]."""
    is_background, is_hinted = table[:, 3] > PAPER // 2, kinds > 0
    hinted = np.flatnonzero(is_background & is_hinted)
    of_kind = np.bincount(kinds[hinted], sizes[hinted], minlength=1)
    chosen = of_kind.argmax()
    if not 0 < of_kind[chosen] >= _BACKGROUND * sizes[is_background].sum():
        chosen = 0
    if chosen:
        largest = max(hinted[kinds[hinted] == chosen], key=lambda area: sizes[area])
        table[is_background & ~is_hinted, :3] = table[largest, :3]
    table[is_hinted, 3] = np.where(kinds[is_hinted] == chosen, PAPER, 0)

"""Finds the strokes of a page's hints: the colors that a user gives at places, as dots or strokes.

A stroke is what is connected and of one color. The soft edge of a brush, and the edge between two strokes that touch,
have mixed colors; they belong to the stroke beside them. All limits are our choice.
"""

import typing

import cv2
import numpy as np

from data_pipeline.outlines import areas

_ALIKE = 2  # levels; colors that differ by no more are one color
_MOST_KINDS, _MOST_COLORS = 256, 65_536  # of a page; what is rarer is the edge of a brush, or nothing
_EDGE = 2.8  # pixels; so far from a stroke's inside its edge reaches


class Strokes(typing.NamedTuple):
    """The strokes of a page, as the list of their pixels that count: those off lines.

    Attributes:
      y, x: int [N], the pixels.
      color: int [N], their colors, each as one number: 65536 red + 256 green + blue.
      kind: int [N], the number of the color, from 1. Colors that are alike have one number.
      number: int [N], of the stroke, from 0.
      sizes: int [S], pixels of each stroke.

    Example:
      >>> hints = np.zeros((20, 20, 4), np.uint8)
      >>> hints[5:8, 5:8] = 200, 30, 40, 255
      >>> find(hints, np.full((20, 20, 3), 255, np.uint8)).sizes.tolist()
      [9]
    """

    y: np.ndarray
    x: np.ndarray
    color: np.ndarray
    kind: np.ndarray
    number: np.ndarray
    sizes: np.ndarray

    def within(self, box, inside):
        """Selects the pixels in a part of the page.

        Args:
          box: (top, left, bottom, right).
          inside: bool [h, w], the part of the box.
        Returns:
          `Strokes` with positions in the box. The strokes keep their numbers and their sizes in the whole page.
        """
        top, left, bottom, right = box
        kept = np.flatnonzero((self.y >= top) & (self.y < bottom) & (self.x >= left) & (self.x < right))
        part = self.pixels(kept[inside[self.y[kept] - top, self.x[kept] - left]])
        return part._replace(y=part.y - top, x=part.x - left)

    def pixels(self, selected):
        """Selects pixels, by a mask or by their positions in the list. The strokes keep their numbers and sizes."""
        return Strokes(*(of[selected] for of in self[:-1]), self.sizes)


def find(hints, drawing):
    """Finds the strokes of hints.

    Args:
      hints: uint8 [H, W, 4], RGB and 255 where there is a hint, else 0; there is at least one.
      drawing: uint8 [H, W, 3], black on white. Pixels on its lines do not count, unless a whole stroke lies on lines.
    Returns:
      `Strokes`.
    """
    y, x = np.nonzero(hints[..., 3])
    color = hints[y, x, :3] @ np.int32([65536, 256, 1])
    color, kind = _without_edges(y, x, color, _kinds(color))
    y, x, color, kind = (of[kind > 0] for of in (y, x, color, kind))
    number = _numbers(y, x, kind)
    off_lines = areas.paper_of(drawing)[y, x] > 0
    total, off = np.bincount(number), np.bincount(number[off_lines], minlength=number.max() + 1)
    counts = off_lines | (off[number] == 0)
    return Strokes(y, x, color, kind, number, np.where(off > 0, off, total)).pixels(counts)


def _kinds(color):
    """Numbers colors, beginning with the most frequent one: int [N] -> int [N], from 1; 0 for those that are rare."""
    colors, inverse, counts = np.unique(color, return_inverse=True, return_counts=True)
    levels = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=-1)
    left, kinds = np.argsort(-counts, kind='stable')[:_MOST_COLORS], np.zeros(len(colors), int)
    for kind in range(1, _MOST_KINDS + 1):
        if not len(left):
            break
        alike = np.abs(levels[left] - levels[left[0]]).max(axis=-1) <= _ALIKE
        kinds[left[alike]] = kind
        left = left[~alike]
    return kinds[inverse]


def _without_edges(y, x, color, kind):
    """Gives the pixels of edges the color of the stroke beside them: (color, kind).

    A stroke has squares of two by two pixels of one color. Edges do not; neither have lines of one pixel's width, which
    keep their color where no stroke is beside them.
    """
    top, left = y.min(), x.min()
    y, x = y - top, x - left
    index = np.full((y.max() + 1, x.max() + 1), -1, np.int32)
    index[y, x] = np.arange(len(y))
    kinds = np.append(kind, 0).astype(np.int16)[index]
    first = kinds[:-1, :-1]
    square = (first > 0) & (first == kinds[1:, :-1]) & (first == kinds[:-1, 1:]) & (first == kinds[1:, 1:])
    inside = cv2.dilate(np.pad(np.uint8(square), [(0, 1), (0, 1)]), np.ones((2, 2), np.uint8)) > 0
    if not inside.any():
        return color, kind
    away, nearest = cv2.distanceTransformWithLabels(np.uint8(~inside), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    beside = np.where(away[y, x] <= _EDGE, index[inside][nearest[y, x] - 1], np.arange(len(y)))
    return color[beside], kind[beside]


def _numbers(y, x, kind):
    """Numbers the strokes, connected pixels of one kind: int [N], from 0."""
    number, count = np.zeros(len(y), int), 0
    order = np.argsort(kind, kind='stable')
    for pixels in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1):
        down, right = y[pixels] - y[pixels].min(), x[pixels] - x[pixels].min()
        drawn = np.zeros((down.max() + 1, right.max() + 1), np.uint8)
        drawn[down, right] = 1
        found, labels = cv2.connectedComponents(drawn, connectivity=8)
        number[pixels] = labels[down, right] + (count - 1)
        count += found - 1
    return number

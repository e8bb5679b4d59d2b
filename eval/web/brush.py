"""What the artist does with the brush, the eraser and a click on an area, as changes of a page's hints."""

import math

import cv2
import numpy as np

from data_pipeline.common import errors
from eval import settings

_MOST_POINTS, _MOST_RADIUS = 20_000, 500  # of a stroke (our choice)
_DOT, _LEAST_DOT = 1 / 250, 3  # radius of the hint that a click leaves: share of the longer side, pixels (our choice)


def paint(hints, strokes):
    """Paints strokes on hints.

    Args:
      hints: uint8 [H, W, 4], RGB and 255 where there is a hint, else 0; is changed.
      strokes: list of dicts, as a browser sent them:
        points: list of [x, y] in pixels.
        radius: in pixels.
        color: '#rrggbb', or None to erase.
    Raises:
      UserError: a stroke is no such dict.

    Example:
      >>> hints = np.zeros((20, 30, 4), np.uint8)
      >>> paint(hints, [{'points': [[5, 5], [9, 5]], 'radius': 1, 'color': '#c81e28'}])
      >>> hints[5, 7].tolist(), hints[15, 7].tolist()
      ([200, 30, 40, 255], [0, 0, 0, 0])
    """
    for points, radius, level in [_checked(stroke) for stroke in strokes]:
        width = max(1, round(2 * radius))
        cv2.polylines(hints, [points], False, level, width)
        for point in points[[0, -1]]:
            cv2.circle(hints, point.tolist(), round(radius), level, -1)


def fill(hints, area, at, color):
    """Gives an area one color: hints of other colors leave it, and a dot of this color comes.

    Args:
      hints: uint8 [H, W, 4], see `paint`; is changed.
      area: bool [H, W], the area without its lines.
      at: (x, y) of a pixel, in the area or on a line beside it.
      color: '#rrggbb', or None to leave the area without hints.
    Raises:
      UserError: this is no color.
    """
    level = _level(color)
    hints[area] = 0
    y, x = np.nonzero(area)
    if level[3] and len(y):
        nearest = np.argmin((x - at[0]) ** 2 + (y - at[1]) ** 2)
        dot = np.zeros(area.shape, np.uint8)
        radius = max(_LEAST_DOT, round(_DOT * max(area.shape)))
        cv2.circle(dot, (int(x[nearest]), int(y[nearest])), radius, 1, -1)
        hints[(dot > 0) & area] = level


def position(data, height, width):
    """Checks a position that a browser sent: (x, y), ints within the page.

    Raises:
      UserError: it is none.
    """
    try:
        x, y = (int(of) for of in (data['x'], data['y']))
        if 0 <= x < width and 0 <= y < height:
            return x, y
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    raise errors.UserError('this is no place of the page')


def _checked(stroke):
    """Checks a stroke: (points int32 [N, 2], radius, RGBA levels)."""
    try:
        points, radius = np.array(stroke['points'], np.float64), float(stroke['radius'])
        if (points.ndim == 2 and points.shape[1] == 2 and 0 < len(points) <= _MOST_POINTS and
                np.abs(points).max() < 2**20 and 0 <= radius <= _MOST_RADIUS and math.isfinite(radius)):
            return np.int32(np.rint(points)), radius, _level(stroke['color'])
    except (KeyError, TypeError, ValueError):
        pass
    raise errors.UserError('this is no stroke of the brush')


def _level(color):
    """'#rrggbb' -> [red, green, blue, 255], and None -> four zeros."""
    return [0] * 4 if color is None else [*settings.parse_color(color).tolist(), 255]

"""Finds panels by their border lines, where no gutter tells them: panels that share a border, and insets.

A border is a straight dark line from one edge of the region to the other, as thick as the region's own frame, which
nothing interrupts. So a horizon or a floor line, over which figures stand or which is thinner, is no border.
"""

import itertools

import cv2
import numpy as np

_REACH = .007  # distance to both sides within which a line is darker than all around, as a share of the page's width
_CONTRAST = 30  # levels that it is darker
_BLACK = 70  # levels up to which a pixel is part of any line
_WHOLE = .965  # least share of its length that a border is a line
_THICK = .6  # least thickness of a border, as a share of the frame's
_INSET_THICK = .45  # the same of the thinnest side of an inset's frame, since dark things may lie beside it
_INSET_THICKEST = 2.2  # most thickness of an inset's frame, as a share of the panel's; windows have thick ones
_LEAST_FRAME = .35  # pixels; least thickness of the frame of a panel in which insets are looked for
_HIDDEN = 1.  # pixels; thickness of frames that cannot be told from dark gutters
_MOST_INSET = .5  # most share of its panel that an inset has
_OVER = .02  # distance by which an inset may lie over the edge of its panel, as a share of the page's width
_FRAMED = .92  # least share of the frame of an inset that is a line
_MOST_SEGMENTS = 40  # a region with more straight lines has a pattern
_MOST_LEVEL = 4  # an inset with more lines in its panel from side to side, its frame among them, is a striped shirt
_MIN_SIDE = .1  # least side of a panel, as a share of the page's width


def cut(gray, box, width):
    """Cuts a framed region along the borders in it.

    Args:
      gray: uint8 [H, W], the page.
      box: (top, left, bottom, right), the region.
      width: the page's width in pixels.
    Returns:
      List of boxes; the region's own if it has no border.
    """
    top, left, bottom, right = box
    region = gray[top:bottom, left:right]
    reach = max(3, round(_REACH * width))
    for axis in (0, 1):
        part = region if axis == 0 else region.T
        if part.shape[0] < 2 * _MIN_SIDE * width:
            continue
        lines = [k for k in _lines(part, reach) if min(k, part.shape[0] - k) >= _MIN_SIDE * width]
        if not lines:
            continue
        frame = _frame(gray, box, reach)
        lines = [k for k in lines if _thickness(part, k, reach) >= _THICK * frame > .3]
        if lines:
            ends = [0, *lines, part.shape[0]]
            pieces = [(top + a, left, top + b, right) if axis == 0 else (top, left + a, bottom, left + b)
                      for a, b in zip(ends, ends[1:], strict=False) if b - a >= _MIN_SIDE * width]
            return [piece for one in pieces for piece in cut(gray, one, width)]
    return [box]


def insets(gray, box, width):
    """Finds framed rectangles in a framed panel or over its edge, whose frames are as thick as its own.

    Args:
      gray, box, width: see `cut`.
    Returns:
      List of boxes.
    """
    over = round(_OVER * width)
    top, left, bottom, right = max(0, box[0] - over), max(0, box[1] - over), box[2] + over, box[3] + over
    region = gray[top:bottom, left:right]
    reach, side = max(3, round(_REACH * width)), round(_MIN_SIDE * width)
    lines = []
    for axis, part in enumerate((region, np.ascontiguousarray(region.T))):
        rows, dark = _segments(part, reach, side // 2)
        if len(rows) > _MOST_SEGMENTS:
            return []
        # The panel's frame is none of an inset; that of an inset over the panel's edge takes up a part of the edge.
        near, far = box[axis] - (top, left)[axis], box[axis + 2] - 1 - (top, left)[axis]
        own = slice(box[1 - axis] - (left, top)[axis], box[3 - axis] - (left, top)[axis])
        rows = [k for k in rows if min(abs(k - near), abs(k - far)) > reach or dark[k, own].mean() < _FRAMED]
        if len(rows) < 2:
            return []
        lines.append((rows, np.pad(np.cumsum(dark[rows], axis=1, dtype=np.int32), ((0, 0), (1, 0)))))
    (rows, across), (columns, along) = lines
    frame = _frame(gray, box, reach)
    if frame < _LEAST_FRAME:
        return []

    def is_thick(y0, x0, y1, x1):
        thick = [_thickness(region[:, x0:x1], y, reach) for y in (y0, y1)]
        thick += [_thickness(region.T[:, y0:y1], x, reach) for x in (x0, x1)]
        return min(thick) >= max(.3, _INSET_THICK * frame) and (
            _THICK * frame <= np.median(thick) <= max(1., _INSET_THICKEST * frame))

    found = []
    for i, j in itertools.combinations(range(len(columns)), 2):
        x0, x1 = columns[i], columns[j]
        level = np.array(rows)[across[:, x1] - across[:, x0] >= _FRAMED * (x1 - x0)].tolist() if x1 - x0 >= side else []
        if sum(box[0] - top + reach < y < box[2] - top - reach for y in level) > _MOST_LEVEL:
            continue
        for y0, y1 in itertools.combinations(level, 2):
            if y1 - y0 >= side and (y1 - y0) * (x1 - x0) < _MOST_INSET * region.size and (
                    along[[i, j], y1] - along[[i, j], y0]).min() >= _FRAMED * (y1 - y0) and is_thick(y0, x0, y1, x1):
                found.append((top + y0, left + x0, top + y1 + 1, left + x1 + 1))
    # Of frames that have a side in common, only the smallest.
    found.sort(key=lambda inset: (inset[2] - inset[0]) * (inset[3] - inset[1]))
    kept = []
    for inset in found:
        if all(inset[2] <= other[0] + reach or other[2] <= inset[0] + reach or inset[3] <= other[1] + reach
               or other[3] <= inset[1] + reach for other in kept):
            kept.append(inset)
    return kept


def _frame(gray, box, reach):
    """Measures the thickness of a region's frame, see `_thickness`. Dark gutters hide it, but for those at the edge."""
    top, left, bottom, right = box
    if np.median(gray[[max(0, top - reach), min(len(gray), bottom + reach) - 1], left:right]) < _BLACK:
        margin = np.median([top, left, gray.shape[0] - bottom, gray.shape[1] - right])
        return margin if 0 < margin <= 2 * reach else _HIDDEN
    level, upright = gray[:, left:right], gray[top:bottom].T
    return np.median([_thickness(level, top, reach), _thickness(level, bottom - 1, reach),
                      _thickness(upright, left, reach), _thickness(upright, right - 1, reach)])


def _segments(region, reach, length):
    """Finds long straight dark lines along the rows of a region: (sorted list of rows, map uint8 [h, w] of dark)."""
    thin = cv2.dilate(np.uint8(_closed(region, reach) - region > _CONTRAST), np.ones((3, 1), np.uint8))
    dark = thin | cv2.dilate(np.uint8(region < _BLACK), np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    kept = np.flatnonzero(cv2.dilate(runs.max(axis=1, keepdims=True), np.ones((3, 1), np.uint8)))
    if not len(kept):
        return [], dark
    _, _, stats, centers = cv2.connectedComponentsWithStats(runs[kept])
    rows = sorted({int(round(y + kept[int(y)] - int(y))) for (_, _, _, h, _), (_, y) in zip(
        stats[1:], centers[1:], strict=True) if h <= 2 * reach})
    return [row for k, row in enumerate(rows) if k == 0 or row - rows[k - 1] > 1], dark


def _lines(region, reach):
    """Lists the rows of dark lines that cross a region [h, w] from side to side."""
    inner = region[:, reach:-reach]
    thin = _around(inner, reach) - inner > _CONTRAST
    share = cv2.dilate(np.uint8(thin | (inner < _BLACK)), np.ones((3, 1), np.uint8)).mean(axis=1)
    # A black ground is no line: somewhere beside it, it must be lighter.
    contrast = thin.mean(axis=1)
    rows = np.flatnonzero((share >= _WHOLE) & (cv2.dilate(contrast[:, None], np.ones((3, 1)))[:, 0] > .5))
    groups = np.split(rows, np.flatnonzero(np.diff(rows) > 2) + 1) if len(rows) else []
    return [int(round(group.mean())) for group in groups]


def _thickness(region, row, reach):
    """Measures the thickness of a line along a row, in pixels of full black: the median over its length."""
    first, last = max(0, row - 2 * reach), min(region.shape[0], row + 2 * reach + 1)
    band = region[first:last]
    share = 1 - band / np.maximum(_closed(band, reach), 1)
    near = slice(max(0, row - first - reach // 2), row - first + reach // 2 + 1)
    return float(np.median(share[near].sum(axis=0)))


def _closed(region, reach):
    """Removes the lines along rows that are thinner than `reach`: [h, w] of the region's kind."""
    return cv2.morphologyEx(region, cv2.MORPH_CLOSE, np.ones((reach | 1, 1), np.uint8))


def _around(region, reach):
    """What is `reach` rows above and below, the darker of both: int16 [h, w]."""
    padded = np.pad(region.astype(np.int16), ((reach, reach), (0, 0)), mode='edge')
    return np.minimum(padded[:-2 * reach], padded[2 * reach:])

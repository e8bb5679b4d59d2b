"""Cuts a page by recursive XY cuts along straight gutters.

A gutter is a band of nearly one color that crosses a region from side to side. A region is cut along the gutters of one
direction, each piece along those of the other, and so on. This finds nested rows and columns.

White space inside a picture (a figure on white paper) also looks like a gutter. But a panel has a frame or a painted
ground, so it fills its box to the edges. Therefore a cut counts only if at least one of its pieces is a panel, or is
cut further into panels. Beside a panel, a large piece that does not fill its box is a vignette. A small one (a balloon
or a caption in the gutter) belongs to no panel.

Panels of line art may have no frame, so that none fills its box. Then gutters count if what they leave is as large as
panels, and covers the page almost whole.
"""

import cv2
import numpy as np

from data_pipeline.panels import gutters

_GUTTER_PURITY = 0.985  # least share of a row's pixels that have the gutter's color
_MIN_GUTTER = 0.004  # least thickness of a gutter, as a share of the page's width
_MIN_PANEL = 0.10  # least side of a panel, as a share of the page's width
_MIN_VIGNETTE = 0.05  # least area of a vignette, as a share of the square of the page's width
_FEWEST_TILES = 3  # panels of a page where none fills its box; the shapes of one drawing may look like two
_TILED = .9  # least share of a box that such panels cover
_FILLED_EDGE = .72  # least share of each edge of a panel's box that is not gutter
_OPEN, _CLOSED = .05, .2  # most share of one edge of a panel's box that is not gutter, and least share of the others,
# where the panel goes on in the gutter's color
_SPECK = 12  # pixels of the smallest shape
_CORNER = .08  # side of a panel's corners, as a share of its shorter side; a balloon's are empty
_THIN = .03  # most thickness of a gutter between panels that do not fill their boxes, as a share of the page's width
_STRAIGHT = .2  # least share of their edges beside it at which such panels end; the shapes of one picture are round
_STRAIGHT_TOO = .12  # the same if a gutter beside it is one


def find(gutter, width):
    """Finds panels between straight gutters.

    Args:
      gutter: uint8 [H, W], 1 where the page has the gutter's color, else 0.
      width: the page's width in pixels, which the limits are relative to.
    Returns:
      Boxes (top, left, bottom, right).
    """
    page = (0, 0, *gutter.shape)
    boxes = _cut(gutter, page, width)
    boxes = _with_shapes(gutter, boxes)
    return [_completed(gutter, box, boxes, width) for box in boxes] or _tiled(gutter, _trim(gutter, page), width)


def _area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def _cut(gutter, box, page_width):
    """Finds the panels inside `box` of a gutter map, in reading order; an empty list if there are none."""
    box = _trim(gutter, box)
    if min(box[2] - box[0], box[3] - box[1]) < _MIN_PANEL * page_width:
        return []
    for axis in (0, 1):  # rows first: that is the reading order
        pieces = _split(gutter, box, axis, max(1, _MIN_GUTTER * page_width))
        if len(pieces) > 1:
            found = [_cut(gutter, piece, page_width) for piece in pieces]
            if any(found):
                return [panel for piece, panels in zip(pieces, found, strict=True)
                        for panel in panels or _vignette(gutter, piece, page_width)]
    return _parts(gutter, box, page_width) if _is_panel(gutter, box) else []


def _parts(gutter, box, page_width):
    """Cuts a box along thin gutters beside which pictures end in straight edges: list of boxes; its own if none is."""
    for axis in (0, 1):
        pieces = _split(gutter, box, axis, max(1, _MIN_GUTTER * page_width))
        ends = [_straight_ends(gutter, one, other, axis) if other[axis] - one[axis + 2] <= _THIN * page_width else 0.
                for one, other in zip(pieces, pieces[1:], strict=False)]
        if max(ends, default=0.) < _STRAIGHT:
            continue
        parts = pieces[:1]
        for piece, straight in zip(pieces[1:], ends, strict=True):
            if straight >= _STRAIGHT_TOO:
                parts.append(piece)
            else:
                parts[-1] = (*parts[-1][:2], *piece[2:])
        if min(part[axis + 2] - part[axis] for part in parts) >= _MIN_PANEL * page_width:
            return parts
    return [box]


def _straight_ends(gutter, first, second, axis):
    """Measures the share of the edges of two boxes beside the gutter between them at which their pictures end."""
    inside, sides = 1 - (gutter if axis == 0 else gutter.T), slice(first[1 - axis], first[3 - axis])
    before, behind = inside[first[axis + 2] - 2:first[axis + 2], sides], inside[second[axis]:second[axis] + 2, sides]
    return (before.max(axis=0).mean() + behind.max(axis=0).mean()) / 2


def _tiled(gutter, box, page_width):
    """Finds the panels inside `box` of a page where none fills its box; an empty list if they do not cover it."""
    if not _area(box):
        return []
    tiles = _tiles(gutter, box, max(1, _MIN_GUTTER * page_width))
    filled = [_trim(gutter, tile) for tile in tiles]
    least = min(min(bottom - top, right - left) for top, left, bottom, right in filled)
    return tiles if len(tiles) >= _FEWEST_TILES and least >= _MIN_PANEL * page_width and (
        sum(map(_area, filled)) >= _TILED * _area(box)) else []


def _tiles(gutter, box, min_gutter):
    """Cuts `box` along all straight gutters."""
    for axis in (0, 1):
        pieces = _split(gutter, box, axis, min_gutter)
        if len(pieces) > 1:
            return [tile for piece in pieces for tile in _tiles(gutter, piece, min_gutter)]
    return [box]


def _vignette(gutter, box, page_width):
    """Finds a picture without a frame beside panels: [the trimmed box] if it is large enough, else []."""
    box = _trim(gutter, box)
    return _parts(gutter, box, page_width) if _area(box) >= _MIN_VIGNETTE * page_width ** 2 else []


def _trim(gutter, box):
    """Shrinks a box until no gutter is left at its edges."""
    top, left, bottom, right = box
    for axis in (0, 1):
        pure = gutters.share(gutter[top:bottom, left:right], axis) >= _GUTTER_PURITY
        inside = np.flatnonzero(~pure)
        if not len(inside):
            return top, left, top, left
        if axis == 0:
            top, bottom = top + int(inside[0]), top + int(inside[-1]) + 1
        else:
            left, right = left + int(inside[0]), left + int(inside[-1]) + 1
    return top, left, bottom, right


def _split(gutter, box, axis, min_gutter):
    """Cuts a box along its horizontal gutters (axis 0) or its vertical gutters (axis 1)."""
    top, left, bottom, right = box
    region = gutter[top:bottom, left:right] if axis == 0 else gutter[top:bottom, left:right].T
    end = max(1, round(0.01 * region.shape[1]))  # a gutter is open at both ends, white space in a frame is not
    pure = (gutters.share(region, 0) >= _GUTTER_PURITY) & region[:, :end].all(axis=1) & region[:, -end:].all(axis=1)
    changes = np.flatnonzero(np.diff(np.concatenate([[True], pure, [True]]).astype(np.int8)))
    runs = [list(run) for run in changes.reshape(-1, 2).tolist()]  # of what is not gutter
    merged = runs[:1]
    for run in runs[1:]:
        if run[0] - merged[-1][1] < min_gutter:
            merged[-1][1] = run[1]
        else:
            merged.append(run)
    if axis == 0:
        return [(top + a, left, top + b, right) for a, b in merged]
    return [(top, left + a, bottom, left + b) for a, b in merged]


def _with_shapes(gutter, boxes):
    """Widens drawings without a frame by shapes that reach into them, whose rows of few pixels look like gutter."""
    bare = [k for k, box in enumerate(boxes) if sorted(_edges(gutter, box))[2] < _FILLED_EDGE]
    if not bare:
        return boxes
    shapes = cv2.connectedComponentsWithStats(1 - gutter)[2][1:]
    shapes = shapes[shapes[:, 4] >= _SPECK]
    first, last = shapes[:, 1::-1], shapes[:, 1::-1] + shapes[:, 3:1:-1]  # (top, left) and (bottom, right)
    meets = np.stack([(first < box[2:]).all(axis=1) & (last > box[:2]).all(axis=1) for box in boxes])
    boxes = list(boxes)
    for k in bare:
        own = meets[k] & (meets.sum(axis=0) == 1)
        if own.any():
            boxes[k] = (*map(int, np.minimum(boxes[k][:2], first[own].min(axis=0))),
                        *map(int, np.maximum(boxes[k][2:], last[own].max(axis=0))))
    return boxes


def _completed(gutter, box, boxes, page_width):
    """Widens a panel at the page's margin that shows paper along one side, up to its neighbor or the margin there."""
    edges = _edges(gutter, box)
    side = int(np.argmin(edges))  # in the order of a box: top, left, bottom, right
    if edges[side] > _OPEN or sorted(edges)[1] < _CLOSED:
        return box
    own, margin = _margins(gutter, box), min(min(_margins(gutter, other)) for other in boxes)
    if min(np.delete(own, side)) > margin + _MIN_GUTTER * page_width:
        return box
    axis, sign, free = side % 2, 1 if side > 1 else -1, own[side]
    for other in boxes:
        if other[1 - axis] < box[3 - axis] and box[1 - axis] < other[3 - axis]:  # it is before or behind the box
            away = sign * (other[(side + 2) % 4] - box[side])
            free = min(free, away) if away >= 0 else free
    return (*box[:side], box[side] + sign * max(0, free - margin), *box[side + 1:])


def _margins(gutter, box):
    """Measures how far a box is from the page's edges: top, left, bottom, right."""
    return box[0], box[1], gutter.shape[0] - box[2], gutter.shape[1] - box[3]


def _edges(gutter, box):
    """Measures the share of each edge of a trimmed box that its contents fill: top, left, bottom, right."""
    top, left, bottom, right = box
    inside = 1 - gutter[top:bottom, left:right]
    band = max(2, round(0.015 * min(inside.shape)))
    return [edge.mean() for edge in (inside[:band].any(axis=0), inside[:, :band].any(axis=1),
                                     inside[-band:].any(axis=0), inside[:, -band:].any(axis=1))]


def _is_panel(gutter, box):
    """Tells whether the contents of a trimmed box fill it to its edges."""
    top, left, bottom, right = box
    return min(_edges(gutter, box)) >= _FILLED_EDGE and _has_corners(1 - gutter[top:bottom, left:right])


def _has_corners(inside):
    """Tells whether at most one corner of a box is empty."""
    side = max(2, round(_CORNER * min(inside.shape)))
    ends = slice(None, side), slice(-side, None)
    return sum(inside[y, x].any() for y in ends for x in ends) >= 3

"""Finds the panels that gutters of one color leave on a page.

A piece is what gutters surround: a panel, panels that are joined (by a balloon or a figure over the gutter), a drawing
without a frame, and small things in the gutter, such as balloons. A piece is cut further where a gutter nearly crosses
it. All limits are our choice.
"""

import cv2
import numpy as np

from data_pipeline.panels import gutters, shapes, straight

_MIN_SIDE = .09  # least side of a panel, as a share of the page's width
_MIN_AREA = .012  # least area of a panel with a frame or a painted ground, as a share of the page's squared width
_MIN_VIGNETTE = .05  # the same of a drawing without a frame beside panels
_FRAMED_EDGE = .9  # least share of each edge, not gutter, of a panel that a drawing without a frame sticks out of
_FRAMED = .3  # least share of the contents that panels with a frame or a painted ground have
_OPEN_COVERED = .62  # the same of the page's contents, where no straight gutter is; a drawing's shapes cover less
_COVERED = .8  # least share of a box that its parts cover, if it is cut further
_SOLID = .95  # a piece that fills so much of its polygon is one panel
_CONVEX = .95  # least share of its convex hull that a panel with rounded corners fills
_TORN, _FEWEST_TORN = .9, 3  # least share of a box that panels with torn edges cover, and least number of them
_SPARSE = .5  # most share of a drawing without a frame that is gutter, to cut the box that it is in
_NARROW = .03  # width of what is no drawing beside a panel, but its torn edge, as a share of the page's width
_BRIDGED = .6  # least share of a gutter that something crosses that is free
_LAID_OVER = .35  # the same of a gutter with straight sides, which are those of panels
_STRAIGHT = .75  # least share of what is free of such a gutter beside which panels begin at once, on both sides
_WIDEST = .05  # most thickness of such a gutter, as a share of the page's width
_MIN_GUTTER = .004  # least thickness of a gutter, as a share of the page's width


def find(gutter, width):
    """Finds panels between gutters of one color.

    Args:
      gutter: uint8 [H, W], 1 where the page has the gutter's color.
      width: the page's width in pixels, which the limits are relative to.
    Returns:
      List of float [N, 2], polygons (x, y) of pixels' corners.

    Example:
      >>> gutter = np.ones((400, 600), np.uint8)
      >>> gutter[20:380, 20:290] = gutter[20:380, 310:580] = 0
      >>> [polygon.min(axis=0).tolist() for polygon in find(gutter, 600)]
      [[20.0, 20.0], [310.0, 20.0]]
    """
    boxes = straight.find(gutter, width)
    found = []
    for top, left, bottom, right in boxes or [(0, 0, *gutter.shape)]:
        part = gutter[top:bottom, left:right]
        outside = gutters.opened(part, width)
        all_pieces = _pieces(1 - outside)
        panels, sparse = _cut_open(all_pieces, outside, _extent(part), width)
        parts = [polygon + [left, top] for polygon in panels + sparse]
        # Few things on white space may also be within a panel that has gaps in its frame.
        if len(panels) > 1 and _cover(panels, shapes.hull(1 - part)) and not shapes.overlap(parts):
            found += parts
        elif boxes:
            torn = _torn(all_pieces, part.size, width) if len(boxes) > 1 else []
            found += [polygon + [left, top] for polygon in torn] or [shapes.corners((top, left, bottom, right))]
        elif not shapes.overlap(parts) and sum(map(shapes.area, parts)) >= _OPEN_COVERED * _extent(gutter):
            found += parts
    return [polygon for k, polygon in enumerate(found) if not shapes.is_inside(polygon, found[:k] + found[k + 1:])]


def _cover(panels, hull):
    """Tells whether panels cover the hull of all that there is."""
    return sum(map(shapes.area, panels)) >= _COVERED * shapes.area(hull)


def _extent(gutter):
    """The area of the box around all that is not gutter, in pixels."""
    _, _, w, h = cv2.boundingRect(1 - gutter)
    return w * h


def _cut_open(pieces, outside, extent, width):
    """Finds panels of any shape between gutters that are open to the edges.

    Args:
      pieces: see `_pieces`.
      outside: see `gutters.opened`.
      extent: see `_extent`.
      width: see `find`.
    Returns:
      Two lists of polygons: panels, and drawings without a frame that are sparse.
    """
    panels, others = [], []
    for piece in pieces:
        found = _cut_piece(piece, outside, width)
        panels += found
        others += _rest(piece, found, width) if found else [piece]
    if sum(map(shapes.area, panels)) < _FRAMED * extent:  # a balloon and a figure are no panels
        return _rounded(pieces, width), []
    sparse = []
    for vignette in _vignettes(others, panels, outside.shape, width):
        (left, top), (right, bottom) = np.int32(vignette[[0, 2]])
        (sparse if outside[top:bottom, left:right].mean() > _SPARSE else panels).append(vignette)
    return panels, sparse


def _rest(piece, panels, width):
    """What sticks out of the framed panels of a piece and is as large as a drawing: list of at most one piece."""
    left, top, mask = piece
    wide = np.ones([max(3, round(_NARROW * width))] * 2, np.uint8)
    rest = mask.copy()
    for panel in panels:
        cv2.fillPoly(rest, [np.int32(np.rint(panel - [left, top]))], 0)
    rest = cv2.morphologyEx(rest, cv2.MORPH_OPEN, wide)
    if not _is_large(cv2.boundingRect(rest)[2:], width, _MIN_VIGNETTE):
        return []
    for panel in panels:
        (x0, y0), (x1, y1) = np.int32(np.rint([panel.min(axis=0), panel.max(axis=0)])) - [left, top]
        if not shapes.is_filled(mask[y0:y1, x0:x1], panel - [left + x0, top + y0], _FRAMED_EDGE):
            return []
    return [(left, top, rest)]


def _rounded(pieces, width):
    """Finds panels with rounded or cut corners: list of polygons; empty unless they are nearly all that is there."""
    hulls = []
    for left, top, mask in pieces:
        hull = shapes.hull(mask)[:, 0]
        if _is_large(mask.shape, width, _MIN_VIGNETTE) and cv2.countNonZero(mask) > _CONVEX * shapes.area(hull):
            hulls.append(hull + [left, top])
    if len(hulls) < 2 or not _cover(hulls, cv2.convexHull(np.int32(np.concatenate(hulls)))):
        return []
    return [np.float64(hull) for hull in hulls]


def _torn(pieces, size, width):
    """Finds panels with torn edges, which thin gutters of any shape part: list of polygons; empty if there are none.

    `size`: of the box that the pieces are in, pixels.
    """
    found = [piece for piece in pieces if _is_large(piece[2].shape, width, _MIN_VIGNETTE)]
    if len(found) < _FEWEST_TORN or sum(cv2.countNonZero(mask) for *_, mask in found) < _TORN * size:
        return []
    return [shapes.outline(mask) + [left, top] for left, top, mask in found]


def _pieces(inside):
    """Divides what is not gutter into connected pieces: list of (left, top, mask uint8 [h, w])."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    pieces = []
    for number in range(1, count):
        left, top, w, h, size = stats[number]
        if size >= 12:
            pieces.append((left, top, np.uint8(labels[top:top + h, left:left + w] == number)))
    return pieces


def _cut_piece(piece, outside, width):
    """Finds the panels of a piece: list of polygons; empty if it is none."""
    whole = piece
    left, top, mask = _trimmed(*piece)
    if not _is_large(mask.shape, width):
        return []
    for axis in (0, 1):
        parts = _bridged(mask, axis, width)
        if len(parts) > 1:
            found = []
            for first, last in parts:
                part = mask[first:last] if axis == 0 else mask[:, first:last]
                for x, y, piece in _pieces(part):
                    found += _cut_piece((left + x + (first if axis else 0), top + y + (0 if axis else first), piece),
                                        outside, width)
            if len(found) > 1 and sum(map(shapes.area, found)) > .7 * cv2.countNonZero(mask):
                return found
    for x, y, part in (whole, (left, top, mask)):
        polygon = shapes.fit(part)
        if _is_large(part.shape, width) and shapes.is_filled(part, polygon) and (
                part is not whole[2] or cv2.countNonZero(part) > _SOLID * shapes.area(polygon)):
            return [polygon + [x, y]]
    return []


def _is_large(sides, width, least=_MIN_AREA):
    return min(sides) >= _MIN_SIDE * width and sides[0] * sides[1] >= least * width * width


def _trimmed(left, top, mask):
    """Cuts off what sticks out of a piece: edges along which little of it is left."""
    for axis in (0, 1):
        share = gutters.share(mask, axis)
        dense = np.flatnonzero(share >= .35)
        if not len(dense):
            continue
        first, last = dense[0], dense[-1] + 1
        if axis == 0:
            mask, top = mask[first:last], top + first
        else:
            mask, left = mask[:, first:last], left + first
    return left, top, mask


def _bridged(mask, axis, width):
    """Cuts a piece along gutters that little crosses: list of (first, last) along the axis."""
    free = 1 - gutters.share(mask, axis)
    gutter = free >= _BRIDGED
    for first, last in _runs(free >= _LAID_OVER):
        if 0 < first < last < len(free) and last - first <= _WIDEST * width and _has_straight_sides(
                mask if axis == 0 else mask.T, first, last):
            gutter[first:last] = True
    least = max(2, round(_MIN_GUTTER * width))
    merged = []
    for first, last in _runs(~gutter):
        if merged and first - merged[-1][1] < least:
            merged[-1][1] = last
        else:
            merged.append([first, last])
    return [(first, last) for first, last in merged if last - first >= .05 * width]


def _runs(flags):
    """Lists the runs of what is True: lists [first, last]."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return changes.reshape(-1, 2).tolist()


def _has_straight_sides(mask, first, last):
    """Tells whether the free parts of the rows first:last lie between straight edges of panels."""
    free = mask[first:last].max(axis=0) == 0
    return free.mean() >= _LAID_OVER and min(
        mask[rows].max(axis=0)[free].mean() for rows in (slice(max(0, first - 2), first), slice(last, last + 2))
    ) >= _STRAIGHT


def _vignettes(pieces, panels, shape, width):
    """Joins what lies near each other outside of panels to drawings without a frame: list of polygons."""
    map_of = np.zeros(shape, np.uint8)
    for left, top, mask in pieces:
        h, w = mask.shape
        map_of[top:top + h, left:left + w] |= mask
    taken = np.zeros(shape, np.uint8)
    for panel in panels:
        cv2.fillPoly(taken, [np.int32(np.rint(panel - .5))], 1)
    map_of &= 1 - taken
    if not _is_large(cv2.boundingRect(map_of)[2:], width, _MIN_VIGNETTE):
        return []
    near = max(3, round(.03 * width)) | 1
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(map_of, np.ones((near, near), np.uint8)))
    found = []
    for number in range(1, count):
        left, top, w, h = stats[number, :4]
        if _is_large((w, h), width, _MIN_VIGNETTE):
            part = slice(top, top + h), slice(left, left + w)
            x, y, w, h = cv2.boundingRect(np.uint8(labels[part] == number) & map_of[part])
            if _is_large((w, h), width, _MIN_VIGNETTE):
                found.append(shapes.corners((top + y, left + x, top + y + h, left + x + w)))
    return found

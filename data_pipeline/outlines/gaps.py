"""Divides areas at the gaps of lines, through which colors would leak.

A gap is an opening that is narrow against the parts of an area on both sides, where a stroke ends and colors differ. A
narrow place between two closed outlines, such as ground between an arm and a body, is no gap: no stroke ends there, but
other areas lie behind the lines on both sides. All limits are our choice.
"""

import typing

import cv2
import numpy as np

from data_pipeline.outlines import area_parts

_WORK_SIZE = 400  # longer side of the map that gaps are looked for in, pixels
_WIDEST = .04  # widest gap, as a share of the longer side
_SLIVER = 1.5  # areas that are at most so deep belong to a line, pixels of the map
_TIP = .12  # behind the end of a stroke, at most this share of the paper belongs to other areas
_THICK = .02  # thickest stroke, as a share of the longer side
_DIFFERENT = 16., 28.  # least distance of the colors beside a gap of no width, and beside the widest one, levels
# Least share of the openings between two parts that are gaps, by the distance of their colors, and by the number of
# openings: lines of sketches have many. The lower one counts.
_BY_DISTANCE = (100, 160), (.6, 0.)
_BY_NUMBER = (5, 15), (.6, .35)
# The gaps around a small part are together at most this long, as a multiple of the root of its size. A part is small
# below this share of the drawing.
_OPEN, _SMALL = .35, .012
_LEAST = .001  # least share of the drawing of a part


class _Map(typing.NamedTuple):
    """The drawing at the size in which gaps are looked for.

    Attributes:
      areas: int32 [h, w], numbers of the areas; 0 on lines.
      distance: float32 [h, w], to the nearest line.
      colors: uint8 [h, w, 3].
      parts: int32 [h, w], see `area_parts.find`.
      widest: width of the widest gap in pixels.
      is_area: bool [N], whether an area is wide enough to be no part of a line.
      extent: int [h, w], longer side of the piece of ink, 0 on paper.
      stroke: usual width of a stroke in pixels.
    """

    areas: np.ndarray
    distance: np.ndarray
    colors: np.ndarray
    parts: np.ndarray
    widest: float
    is_area: np.ndarray
    extent: np.ndarray
    stroke: float


class _Opening(typing.NamedTuple):
    """A place where two parts meet.

    Attributes:
      parts: their numbers, the lower one first.
      is_gap: whether it looks like a gap of a line.
      ends: two points (x, y) of ink on both sides of it, or None.
      width: in pixels.
    """

    parts: tuple
    is_gap: bool
    ends: tuple | None
    width: float


def divide(paper, labels, colors):
    """Divides areas at the gaps of lines.

    Args:
      paper: uint8 [H, W], 1 on paper, 0 on lines.
      labels: int32 [H, W], numbers of the areas that lines bound, from 1; 0 on lines.
      colors: uint8 [h, w, 3], colors at any resolution.
    Returns:
      int32 [H, W] like `labels`. Where a gap was closed, a thin line has number 0.

    Example:
      >>> paper = np.ones((200, 200), np.uint8)
      >>> paper[98:102] = 0
      >>> paper[98:102, 90:94] = 1
      >>> labels = paper.astype(np.int32)
      >>> divided = divide(paper, labels, np.uint8([[[255, 0, 0]], [[0, 0, 255]]]))
      >>> bool(divided[0, 0] != divided[199, 0])
      True
    """
    step = max(1, -(-max(paper.shape) // _WORK_SIZE))
    # No line may vanish: a small pixel is paper only if all of its pixels are.
    small = np.ascontiguousarray(cv2.erode(paper, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step])
    areas = labels[::step, ::step] * small
    distance = cv2.distanceTransform(small, cv2.DIST_L2, 3)
    shown = cv2.resize(colors, small.shape[::-1], interpolation=cv2.INTER_LINEAR)
    widest = _WIDEST * max(small.shape)
    parts = area_parts.find(areas, distance, shown, widest)
    if parts is None:
        return labels
    large_parts, narrow = _enlarged(paper, labels, areas, parts, step)
    scene = _map(areas, distance, shown, parts, widest)
    openings = {}
    for seam in _seams(parts, areas, narrow // step):
        opening = _judge(scene, seam)
        if opening:
            openings.setdefault(opening.parts, []).append(opening)
    group = _groups(scene, openings)
    if group.max() == group[1]:
        return labels
    closed = paper.copy()
    for pair, between in openings.items():
        if group[pair[0]] != group[pair[1]]:
            for ends in (opening.ends for opening in between if opening.ends):
                cv2.line(closed, *(_ink_near(paper, *both, step) for both in (ends, ends[::-1])), 0)
    labels = cv2.connectedComponents(closed, connectivity=4)[1]
    return _by_parts(labels, group[large_parts], _LEAST * paper.size)


def _map(areas, distance, colors, parts, widest):
    """Makes a `_Map`."""
    deepest = np.zeros(areas.max() + 1, np.float32)
    np.maximum.at(deepest, areas.ravel(), distance.ravel())
    ink = np.uint8(distance == 0)
    edge = ink & cv2.dilate(1 - ink, np.ones((3, 3), np.uint8))
    stroke = min(2 * np.count_nonzero(ink) / max(1, np.count_nonzero(edge)), _THICK * max(areas.shape))
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    extents = boxes[:, 2:4].max(axis=1)
    extents[0] = 0
    return _Map(areas, distance, colors, parts, widest, deepest > _SLIVER, extents[pieces], stroke)


def _enlarged(paper, labels, areas, parts, step):
    """Enlarges parts to the drawing's size, where they grow through openings that are too narrow for the map.

    Returns:
      (parts int32 [H, W], 0 where there are none, and the pixels (y, x) int [N, 2] where parts meet there).
    """
    height, width = paper.shape
    inside = np.where(parts < parts.max(), parts, 0)
    wide = width + 2  # one pixel of margin, so that each pixel has four neighbors
    padded = np.zeros((height + 2, wide), np.int32)
    large = padded[1:-1, 1:-1]
    large[:] = cv2.resize(inside, None, fx=step, fy=step, interpolation=cv2.INTER_NEAREST)[:height, :width]
    large *= paper
    has_parts = np.zeros(labels.max() + 1, bool)
    has_parts[areas[inside > 0]] = True
    y, x = np.nonzero(has_parts[labels] & (large == 0))
    at, flat, around = (y + 1) * wide + x + 1, padded.ravel(), (-1, 1, -wide, wide)
    free, count = at, None
    while count != len(free):
        count = len(free)
        grown = np.max([flat[free + k] for k in around], axis=0)
        flat[free] = grown
        free = free[grown == 0]
    own = flat[at]
    meet = np.any([(flat[at + k] != own) & (flat[at + k] > 0) for k in around], axis=0) & (own > 0)
    return large, np.stack([y[meet], x[meet]], axis=1)


def _seams(parts, areas, narrow):
    """Finds where parts of an area meet: yields the pixels (x, y) of each such place, int [N, 2].

    `narrow`: pixels (y, x) of the map, int [N, 2], with openings that are too narrow for the map.
    """
    outside = parts.max()
    seams = np.zeros(parts.shape, np.uint8)
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        a, b = parts[one], parts[other]
        seams[one] |= (a != b) & (a < outside) & (b < outside) & (a > 0) & (b > 0) & (areas[one] == areas[other])
    seams[narrow[:, 0], narrow[:, 1]] = 1
    count, numbers = cv2.connectedComponents(seams, connectivity=8)
    y, x = np.nonzero(numbers)
    order = np.argsort(numbers[y, x], kind='stable')
    for pixels in np.split(order, np.bincount(numbers[y, x], minlength=count)[1:-1].cumsum()):
        if len(pixels):
            yield np.stack([x[pixels], y[pixels]], axis=1)


def _judge(scene, seam):
    """Judges the place of a seam: an `_Opening`, or None if less than two parts are there."""
    depths = scene.distance[seam[:, 1], seam[:, 0]]
    middle, depth = seam[np.argmax(depths)], depths.max()
    dx, dy, x, y = _disk(scene, middle, 3 * depth + 8)
    away = np.hypot(dx, dy)
    there, is_clear = scene.parts[y, x], scene.distance[y, x] > 1
    sides = {}
    for part in np.unique(there[(there > 0) & (there < scene.parts.max())]).tolist():
        own = there == part
        sides[part] = own & is_clear if (own & is_clear).any() else own
    if len(sides) < 2:
        return None
    pair = tuple(sorted(sorted(sides, key=lambda part: np.median(away[sides[part]]))[:2]))
    ends, width = None, 0.
    if depth:
        ink = scene.distance[y, x] == 0
        first = np.where(ink, away, np.inf).argmin()
        opposite = ink & (dx * dx[first] + dy * dy[first] < -.3 * away * away[first])
        if not opposite.any():
            return _Opening(pair, False, None, 1.)
        second = np.where(opposite, away, np.inf).argmin()
        ends = tuple((int(x[k]), int(y[k])) for k in (first, second))
        width = float(np.hypot(x[first] - x[second], y[first] - y[second]))
        points = ends
    else:  # the line runs across the direction from one part to the other
        ax, ay = (np.subtract(*(of[sides[part]].mean() for part in pair)) for of in (dx, dy))
        along = np.float64([-ay, ax]) / max(1e-6, np.hypot(ax, ay))
        points = [np.clip(np.rint(middle + sign * along), 0, np.int64(scene.areas.shape[::-1]) - 1) for sign in (-1, 1)]
    area = scene.areas.ravel()[np.argmax(scene.parts == pair[0])]
    is_gap = (width <= scene.widest and any(_is_tip(scene, area, np.int64(point), middle) for point in points)
              and _differ(*(scene.colors[y[sides[part]], x[sides[part]]] for part in pair), width / scene.widest))
    return _Opening(pair, is_gap, ends if width <= scene.widest else None, max(width, 1.))


def _is_tip(scene, area, end, middle):
    """Tells whether a stroke ends at a point beside an opening: no other area lies behind it, and it is no dot."""
    radius = 3 + 2 * scene.stroke
    if 0 < scene.extent[end[1], end[0]] < 2 * radius:
        return False
    dx, dy, x, y = _disk(scene, end, radius)
    there = scene.areas[y, x][dx * (end - middle)[0] + dy * (end - middle)[1] >= 0]
    same = np.count_nonzero(there == area)
    other = np.count_nonzero(scene.is_area[there] & (there != area))
    return same >= 3 and other <= _TIP * (same + other)


def _differ(one, other, width):
    """Tells whether the colors on both sides of an opening differ, uint8 [N, 3] each; its width from 0 to 1."""
    away = np.linalg.norm(np.median(one, axis=0) - np.median(other, axis=0))
    return away >= np.interp(width, (0, 1), _DIFFERENT)


def _groups(scene, openings):
    """Joins parts that no line divides: int [N], the group of each part, 0 for no part.

    `openings`: dict of pairs of parts, and their lists of `_Opening`.
    """
    evidence = {pair: _evidence(scene, pair, between) for pair, between in openings.items()}
    group = np.arange(scene.parts.max() + 1)
    group[-1] = 0
    for one, other in sorted((pair for pair in evidence if evidence[pair] < 0), key=evidence.get):
        joined = {group[one], group[other]}
        # Small parts between two large ones do not join them across a line.
        if not any(evidence[pair] >= 0 and {group[pair[0]], group[pair[1]]} == joined for pair in evidence):
            group[group == group[other]] = group[one]
    return group


def _evidence(scene, pair, openings):
    """Measures whether the openings between two parts are gaps of a line: 0 or more if they are, else negative."""
    own = [scene.parts == part for part in pair]
    size = min(np.count_nonzero(of) for of in own)
    if size < _SMALL * scene.parts.size and sum(opening.width for opening in openings) > _OPEN * size ** .5:
        return -1.
    own = [of & (scene.distance > 1) if (of & (scene.distance > 1)).any() else of for of in own]
    away = np.linalg.norm(np.subtract(*(np.median(scene.colors[of], axis=0) for of in own)))
    least = min(np.interp(away, *_BY_DISTANCE), np.interp(len(openings), *_BY_NUMBER))
    return np.mean([opening.is_gap for opening in openings]) - least


def _disk(scene, center, radius):
    """The pixels up to `radius` from a point (x, y): (dx, dy, x, y), each int [N]."""
    reach = int(radius)
    x, y = (np.arange(max(0, at - reach), min(side, at + reach + 1))
            for at, side in zip(center, scene.areas.shape[::-1], strict=True))
    x, y = (of.ravel() for of in np.meshgrid(x, y))
    dx, dy = x - center[0], y - center[1]
    near = dx * dx + dy * dy <= radius * radius
    return dx[near], dy[near], x[near], y[near]


def _ink_near(paper, end, other, step):
    """Finds the pixel (x, y) of ink in the map's pixel `end` that is nearest to the map's pixel `other`."""
    left, top = end[0] * step, end[1] * step
    y, x = np.nonzero(paper[top:top + step, left:left + step] == 0)
    k = np.argmin((x + left - (other[0] + .5) * step) ** 2 + (y + top - (other[1] + .5) * step) ** 2)
    return int(x[k]) + left, int(y[k]) + top


def _by_parts(labels, parts, least):
    """Divides areas that still have several parts of the `least` size. Changes and returns `labels`, int32 [H, W].

    `parts`: int [H, W], 0 where there is none.
    """
    flat, at = labels.ravel(), np.flatnonzero((parts > 0) & (labels > 0))
    area, part = flat[at], parts.ravel()[at]
    count = parts.max() + 1
    sizes = np.bincount(area.astype(np.int64) * count + part, minlength=(labels.max() + 1) * count).reshape(-1, count)
    table = np.repeat(np.arange(len(sizes), dtype=np.int32)[:, None], count, axis=1)
    number = len(sizes)
    for several in np.flatnonzero((sizes >= least).sum(axis=1) > 1):
        rest = [k for k in np.flatnonzero(sizes[several] >= least) if k != sizes[several].argmax()]
        table[several, rest] = np.arange(number, number + len(rest))
        number += len(rest)
    flat[at] = table[area, part]
    return labels

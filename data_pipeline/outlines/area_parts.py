"""Finds the parts of areas that have colors of their own, with balls of decreasing radius.

A ball that is as wide as the widest gap rolls through an area. The places that it reaches are cores. Smaller balls pass
through narrower openings, so cores grow and join; they form a tree. Where cores of clearly different colors join, they
stay apart as parts of the area. Whether the opening is a gap of a line is judged in `gaps`. All limits are our choice.
"""

import typing

import cv2
import numpy as np

_RADII = 1., .72, .52, .37, .27, .19, .14, .1, .07  # of the balls, as shares of half the widest gap
_DIFFERENT = 45.  # least Euclidean distance of the colors of two parts, levels
_LEAST = .002  # least share of the drawing that a part has
_LEAST_WIDTHS = 4.  # and its least size, in squares of the opening's width
_DEEP = 1.4  # least ratio of a part's width to the opening's
_MIXED = 1 / 128  # nearer to a line than this share of the longer side, colors are mixed and count less
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


class _Tree(typing.NamedTuple):
    """Cores of all radii. Those of the largest radius come first, areas last. Number 0 is none.

    Attributes:
      core_of: int32 [h, w], for each pixel the deepest core that it is in.
      parent: int [N], the core or area that each core is in.
      level: int [N], the number of each core's radius; len(radii) for areas.
      radii: floats.
    """

    core_of: np.ndarray
    parent: np.ndarray
    level: np.ndarray
    radii: list


class _Part(typing.NamedTuple):
    """A part of an area: its cores, its size in pixels, the weighted sums of its colors [4], its greatest depth."""

    cores: list
    size: float
    sums: np.ndarray
    depth: float

    @property
    def color(self):
        return self.sums[1:] / max(self.sums[0], 1e-6)


def find(areas, distance, colors, widest):
    """Finds areas with parts of different colors.

    Args:
      areas: int32 [h, w], numbers of the areas, from 1; 0 on lines.
      distance: float32 [h, w], the distance to the nearest line in pixels.
      colors: uint8 [h, w, 3].
      widest: width of the widest gap in pixels.
    Returns:
      int32 [h, w], numbers of the parts, from 1; the highest number in areas that have one color, and on lines.
      None if there are no parts.
    """
    tree = _cores(areas, distance, [widest / 2 * share for share in _RADII if widest / 2 * share >= 1] + [0.])
    if tree is None:
        return None
    parts = _parts(tree, distance, colors)
    if not parts:
        return None
    numbers, divided = np.zeros(len(tree.parent), np.int32), np.zeros(len(tree.parent), bool)
    for number, (area, cores) in enumerate(parts, 1):
        numbers[cores], divided[area] = number, True
    for level in range(len(tree.radii) - 1, -1, -1):
        cores = np.flatnonzero((tree.level == level) & (numbers == 0))
        numbers[cores] = numbers[tree.parent[cores]]
    numbers[0] = 0
    first = np.searchsorted(tree.level, len(tree.radii))
    inside = (areas > 0) & divided[first - 1 + areas]
    return _grown(numbers[tree.core_of], inside, distance, widest, len(parts) + 1)


def _cores(areas, distance, radii):
    """Finds the cores of all radii, which decrease: a `_Tree`, or None if there are none."""
    core_of, positions = np.zeros(distance.size, np.int32), np.arange(distance.size)
    parent, level, first, samples = [np.zeros(1, int)], [np.zeros(1, int)], 1, None
    for k, radius in enumerate(radii):
        count, numbers = cv2.connectedComponents(np.uint8(distance > radius), connectivity=4)
        numbers = numbers.ravel()
        if samples is not None:
            parent.append(numbers[samples] + first - 1)
        samples = np.zeros(count, int)
        samples[numbers] = positions  # a pixel of each core
        samples = samples[1:]
        np.copyto(core_of, numbers + np.int32(first - 1), where=(numbers > 0) & (core_of == 0))
        level.append(np.full(count - 1, k))
        first += count - 1
    if first == 1:
        return None
    count = areas.max()
    parent += [areas.ravel()[samples] + first - 1, np.zeros(count, int)]
    level.append(np.full(count, len(radii)))
    return _Tree(core_of.reshape(distance.shape), np.concatenate(parent), np.concatenate(level), radii)


def _parts(tree, distance, colors):
    """Joins cores where colors are alike: list of (area, cores of a part), for areas that have two parts or more."""
    core_of, depths, count = tree.core_of.ravel(), distance.ravel(), len(tree.parent)
    weights = np.minimum(depths, max(distance.shape) * _MIXED)
    sizes = np.bincount(core_of, minlength=count).astype(float)
    sums = np.stack([np.bincount(core_of, weights if k is None else weights * colors[..., k].ravel(), count)
                     for k in (None, 0, 1, 2)], axis=1)
    depth = np.float64([*tree.radii, 0])[tree.level]
    deep = np.flatnonzero(depths > tree.radii[0])
    np.maximum.at(depth, core_of[deep], depths[deep])
    for level in range(len(tree.radii)):
        cores = np.flatnonzero(tree.level == level)
        above = tree.parent[cores]
        np.add.at(sizes, above, sizes[cores])
        np.add.at(sums, above, sums[cores])
        np.maximum.at(depth, above, depth[cores])
    openings = [np.inf, *(2 * radius for radius in tree.radii[:-1]), 2.]  # at which cores of a level join, at most
    parts, joining = {}, {}
    for core in range(1, count):
        level = tree.level[core]
        several = joining.pop(core, [])
        if len(several) > 1:
            least = max(_LEAST * distance.size, _LEAST_WIDTHS * openings[level] ** 2)
            several = _joined(several, openings[level], least, level == len(tree.radii))
        if len(several) < 2:
            several = [_Part([core], sizes[core], sums[core], depth[core])]
        if level < len(tree.radii):
            joining.setdefault(int(tree.parent[core]), []).extend(several)
        elif len(several) > 1:
            parts[core] = several
    return [(area, part.cores) for area, several in parts.items() for part in several]


def _joined(parts, opening, least, is_last):
    """Joins parts that meet at an opening of a width, unless their colors clearly differ.

    Parts smaller than `least` are left out. If `is_last`, they join the part that is most alike.
    """
    kept = []
    for part in sorted(parts, key=lambda part: -part.size):
        away = [float(np.linalg.norm(part.color - other.color)) for other in kept]
        is_large = part.size >= least and 2 * part.depth >= _DEEP * opening
        if not kept or (is_large and min(away) > _DIFFERENT):
            kept.append(part)
        elif is_large or is_last:
            k = int(np.argmin(away))
            other = kept[k]
            kept[k] = _Part(other.cores + part.cores, other.size + part.size, other.sums + part.sums,
                            max(other.depth, part.depth))
    return kept


def _grown(parts, inside, distance, widest, outside):
    """Grows parts until they fill the areas that they are in, through wide openings first.

    Args:
      parts: int32 [h, w], 0 where there is none yet.
      inside: bool [h, w], the areas that have parts.
      distance: float32 [h, w].
      widest: width of the widest gap.
      outside: the number that pixels outside get.
    Returns:
      int32 [h, w].
    """
    y, x = np.nonzero(inside)
    box = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
    here, inner, near = np.float32(parts[box] * inside[box]), inside[box], distance[box]
    for radius in np.arange(np.ceil(widest) / 2, -.1, -.5):
        ball = inner & (near > radius)
        for _ in range(2):
            free = ball & (here == 0)
            here[free] = cv2.dilate(here, _CROSS)[free]
        free = ball & (here == 0)
        if free.any():  # pockets
            count, pockets = cv2.connectedComponents(np.uint8(free), connectivity=4)
            touched = np.zeros(count, np.float32)
            np.maximum.at(touched, pockets[free], cv2.dilate(here, _CROSS)[free])
            here[free] = touched[pockets[free]]
    grown = np.full(parts.shape, outside, np.int32)
    grown[box][inner] = here[inner]
    return grown

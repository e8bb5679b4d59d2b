"""Finds the areas that lines bound, at the drawing's own resolution, and gives each of them one color.

The networks' colors are small and blurred near lines. An area takes their mean without outliers, so colors end at the
lines, without rims or crumbs. Where lines have gaps, see `gaps`. All limits are our choice. The server's graph has no
such step; clients do it.
"""

import cv2
import numpy as np

from data_pipeline.outlines import gaps, outline
from data_pipeline.outlines.outline import PAPER

_SOME_INK = 16  # levels of ink that are no line
_LINE = .4  # least ink of a line, as a share of the ink that the darkest tenth of the inked pixels has
_MOST_PIXELS = 16_000_000  # areas of larger drawings are found at this size
_STRIP = 2**20  # pixels that are filled at a time
_FEW = 16  # of so few values none is an outlier
_OUTLIERS = .1  # share of the values that are left out as too low, and as too high
_CLEAN = .1  # most ink in a pixel of the networks' colors whose color counts
_TINY = 6  # areas with fewer pixels of the networks' colors have no color of their own
_ALIKE = 60.  # most Euclidean distance of two colors that may be one, levels


def find(drawing, colors=None):
    """Finds the areas of a drawing.

    Args:
      drawing: uint8 [H, W, 3], black on white.
      colors: uint8 [h, w, 3], colors of the drawing at any resolution. They decide where areas with gaps are divided;
        None: nowhere.
    Returns:
      int32 [H, W], the number of the area, from 0. Pixels of lines have that of the nearest area.

    Example:
      >>> drawing = np.full((64, 64, 3), 255, np.uint8)
      >>> drawing[:, 30:34] = 0
      >>> labels = find(drawing)
      >>> int(labels[0, 0] - labels[63, 29]), int(labels[5, 31] - labels[0, 0]), bool(labels[0, 40] == labels[0, 0])
      (0, 0, False)
    """
    height, width = drawing.shape[:2]
    if height * width > _MOST_PIXELS:
        scale = (_MOST_PIXELS / (height * width)) ** .5
        size = max(1, int(width * scale)), max(1, int(height * scale))
        labels = find(cv2.resize(drawing, size, interpolation=cv2.INTER_AREA), colors)
        return cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    paper = paper_of(drawing)
    if not paper.any():
        return np.zeros((height, width), np.int32)
    labels = cv2.connectedComponents(paper, connectivity=4)[1]
    if colors is not None:
        labels = gaps.divide(paper, labels, colors)
    # OpenCV numbers the pixels of areas row by row, and finds for each pixel of a line the number of the nearest one.
    lines = labels == 0
    nearest = cv2.distanceTransformWithLabels(np.uint8(lines), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)[1]
    labels[lines] = labels[~lines][nearest[lines] - 1]
    return labels - 1


def colors_of(labels, colors, drawing=None):
    """Computes one color for each area: the mean of its colors, without outliers.

    Args:
      labels: int32 [H, W], see `find`.
      colors: uint8 [h, w, C], at any resolution; C is at most 4.
      drawing: uint8 [H, W, 3]; if given, colors beneath its lines count only in areas that have no others. Those take
        the color of a neighbor, if it is like theirs or if they are tiny. The first three channels tell likeness.
    Returns:
      uint8 [N, C].

    Example:
      >>> colors_of(np.int32([[0, 0, 1, 1]]), np.uint8([[[9, 9, 9], [200, 0, 0]]])).tolist()
      [[9, 9, 9], [200, 0, 0]]
    """
    height, width = labels.shape
    h, w = colors.shape[:2]
    values = colors.reshape(h * w, -1)
    rows, columns = (np.minimum((np.arange(n) + .5) * (m / n), m - 1).astype(int) for n, m in ((h, height), (w, width)))
    at = labels[np.ix_(rows, columns)].ravel()  # the area at the middle of each small pixel
    table = np.zeros((labels.max() + 1, 4), np.uint8)
    known = np.zeros(len(table), bool)
    if drawing is not None:
        clean = cv2.resize(drawing, (w, h), interpolation=cv2.INTER_AREA).min(axis=-1).ravel() >= PAPER * (1 - _CLEAN)
        _average(at[clean], values[clean], table, known)
    is_clean = known.copy()
    is_tiny = np.bincount(at, minlength=len(table)) < _TINY
    left = ~known[at]
    _average(at[left], values[left], table, known)
    if not known.all():  # areas that no small pixel's middle lies in
        tiny = np.flatnonzero(~known[labels])
        y, x = np.divmod(tiny, width)
        _average(labels.ravel()[tiny], values[y * h // height * w + x * w // width], table, known)
    if drawing is not None and is_clean.any():
        _like_neighbors(labels, table, is_clean, np.where(is_tiny, np.inf, _ALIKE))
    return table[:, :values.shape[1]]


def paint(labels, table, inside, out):
    """Gives areas their colors.

    Args:
      labels: int32 [H, W], see `find`.
      table: uint8 [N, 3] or [N], the color of each area.
      inside: uint8 [H, W]; where it is 0, nothing changes.
      out: uint8 [H, W, 3] or [H, W], is changed.

    Example:
      >>> labels, out = np.int32([[0, 1]]), np.zeros((1, 2), np.uint8)
      >>> paint(labels, np.uint8([7, 9]), np.uint8([[0, 1]]), out)
      >>> out.tolist()
      [[0, 9]]
    """
    width = labels.shape[1]
    if table.ndim == 2:  # pixels of four bytes are looked up faster
        table = np.pad(table, [(0, 0), (0, 1)]).view(np.uint32)[:, 0]
    rows = max(1, _STRIP // width)
    for top in range(0, len(labels), rows):
        here = slice(top, top + rows)
        strip = table[labels[here]]
        if out.ndim == 3:
            strip = cv2.cvtColor(strip.view(np.uint8).reshape(-1, width, 4), cv2.COLOR_BGRA2BGR)
        cv2.copyTo(strip, inside[here], out[here])


def paper_of(drawing):
    """Tells where there is no line: uint8 [H, W], 1 on paper, else 0."""
    ink = PAPER - outline.gray(drawing)
    counts = cv2.calcHist([ink], [0], None, [256], [0, 256]).ravel()
    counts[:_SOME_INK] = 0
    if not counts.any():
        return np.ones(ink.shape, np.uint8)
    most = np.searchsorted(counts.cumsum(), .9 * counts.sum())
    return np.uint8(ink <= max(_SOME_INK, _LINE * most))


def _average(labels, values, table, known):
    """Writes the means of the values uint8 [N, C] of each label [N] to `table` [count, 4], without outliers."""
    sizes = np.bincount(labels, minlength=len(known))
    known |= sizes > 0
    few, many = np.flatnonzero((sizes > 0) & (sizes < _FEW)), np.flatnonzero(sizes >= _FEW)
    rank = np.zeros(len(known), np.int64)
    rank[many] = np.arange(len(many))
    counted = sizes[labels] >= _FEW
    low = _OUTLIERS * sizes[many, None]
    for channel in range(values.shape[1]):
        of = values[:, channel]
        table[few, channel] = np.rint(np.bincount(labels, of, len(known))[few] / sizes[few])
        histogram = np.bincount(rank[labels[counted]] * 256 + of[counted], minlength=len(many) * 256)
        upto = np.clip(histogram.reshape(-1, 256).cumsum(axis=1), low, sizes[many, None] - low)
        kept = np.diff(upto, axis=1, prepend=low)
        table[many, channel] = np.rint(kept @ np.arange(256.) / kept.sum(axis=1))


def _like_neighbors(labels, table, is_clean, most):
    """Gives areas without clean colors the color of the neighbor that is most like theirs. Changes `table`.

    Args:
      labels: int32 [H, W].
      table: uint8 [count, 4], colors.
      is_clean: bool [count].
      most: float [count], an area's greatest distance to its neighbor's color.
    """
    pairs = []
    for one, other in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])):
        border = one != other
        a, b = one[border], other[border]
        pairs += [(a, b), (b, a)]
    own, neighbor = (np.concatenate(of) for of in zip(*pairs, strict=True))
    chosen = ~is_clean[own] & is_clean[neighbor]
    own, neighbor = own[chosen], neighbor[chosen]
    away = np.linalg.norm(np.float32(table[own, :3]) - table[neighbor, :3], axis=1)
    order = np.argsort(-away, kind='stable')  # the last one that is written is the nearest
    order = order[away[order] <= most[own[order]]]
    table[own[order]] = table[neighbor[order]]

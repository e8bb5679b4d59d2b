"""Finds the panels of a page.

Gutters have one even color, and are open to the page's edge. What they leave are pieces: panels, panels that are joined
(by a balloon or a figure over the gutter, or by a border that they share), drawings without a frame, and small things
in the gutter, such as balloons. A piece is cut further where a gutter nearly crosses it, or a straight border line.
All limits are our choice. They are measured on a page of 700 pixels width.
"""

import typing

import cv2
import numpy as np

from data_pipeline.panels import askew, borders, gutters, pieces, reading_order, shapes

WORK_SIZE = 700  # pixels; pages are shrunk to this width first
_EXPLAINED = .72  # least share of a page that panels cover, if some run off it
_UNEXPLAINED = .03  # most share of the page that such panels and gutters do not share out among them
_EXACT = .005  # the same if other panels explain the page, too, or if several areas of gutter are taken together
_FRAME = .012  # most thickness of a frame at the page's edge, as a share of its width
_BLANK = 30  # most levels by which what shows nothing differs
_TALLEST = 3  # most height of a page for its width; strips are taller, and have wide gutters
_PAGE_COVERED, _STRIP_COVERED = .5, .25  # least share of a page and of a strip that panels cover
_STRIP_EDGE = .3  # least share of a strip's edge that is gutter; the rest are panels that run off it
_WHOLE = .97  # least share of a page that a panel covers which is no panel of it, but the page


class Panel(typing.NamedTuple):
    """A panel of a page.

    Example:
      >>> Panel((0, 0, 10, 20), np.int32([[0, 0], [20, 0], [20, 10], [0, 10]])).box
      (0, 0, 10, 20)
    """

    box: tuple  # (top, left, bottom, right) in pixels of the page
    polygon: np.ndarray  # int32 [N, 2], corners (x, y) in pixels of the page


def find(page):
    """Finds the panels of a page or of a webtoon strip, however tall.

    Args:
      page: uint8 [H, W, 3], RGB: colors or line art.
    Returns:
      List of `Panel` in reading order; empty if the page is one drawing without a frame.

    Example:
      >>> page = np.full((400, 600, 3), 255, np.uint8)
      >>> page[20:380, 20:290] = page[20:380, 310:580] = 120
      >>> [panel.box for panel in find(page)]
      [(20, 20, 380, 290), (20, 310, 380, 580)]
    """
    height, width = page.shape[:2]
    scale = min(1., WORK_SIZE / min(width, height))
    small = cv2.resize(page, (max(1, round(width * scale)), max(1, round(height * scale))),
                       interpolation=cv2.INTER_AREA) if scale < 1 else page
    is_strip = small.shape[0] > _TALLEST * small.shape[1]
    colors = gutters.candidates(small, _STRIP_EDGE) if is_strip else gutters.candidates(small)
    angle = askew.angle(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    turn = cv2.getRotationMatrix2D((small.shape[1] / 2, small.shape[0] / 2), angle, 1.)
    upright = cv2.warpAffine(small, turn, small.shape[1::-1], borderMode=cv2.BORDER_REPLICATE) if angle else small
    found = _cut_upright(upright, colors, is_strip)
    if angle:
        back = cv2.invertAffineTransform(turn)
        found = [polygon @ back[:, :2].T + back[:, 2] for polygon in found]
    if not _covers(found, small, _STRIP_COVERED if is_strip else _PAGE_COVERED):
        return []
    size = np.float64([width / small.shape[1], height / small.shape[0]])
    polygons = [np.int32(np.rint(np.clip(polygon * size, 0, (width, height)))) for polygon in found]
    boxes = [(int(p[:, 1].min()), int(p[:, 0].min()), int(p[:, 1].max()), int(p[:, 0].max())) for p in polygons]
    return [Panel(boxes[k], polygons[k]) for k in reading_order.sort(boxes)]


def whole(page):
    """Takes a page as one panel.

    Args:
      page: [H, W] or [H, W, C].
    Returns:
      A `Panel`.

    Example:
      >>> whole(np.zeros((10, 20, 3), np.uint8)).box
      (0, 0, 10, 20)
    """
    height, width = page.shape[:2]
    return Panel((0, 0, height, width), np.int32(shapes.corners((0, 0, height, width))))


def crop(picture, panel):
    """Cuts a panel out of a page, or out of a layer of it. What lies outside of its polygon becomes white.

    Args:
      picture: uint8 [H, W] or [H, W, C].
      panel: a `Panel`.
    Returns:
      uint8 [h, w] or [h, w, C], of the panel's box.

    Example:
      >>> corners = np.int32([[0, 0], [20, 0], [0, 20]])
      >>> crop(np.zeros((30, 30), np.uint8), Panel((0, 0, 20, 20), corners))[[2, 18], [2, 18]]
      array([  0, 255], dtype=uint8)
    """
    top, left, bottom, right = panel.box
    part, within = picture[top:bottom, left:right], inside(panel)
    if within.all():
        return part  # without a copy, which would be large for a large page
    return cv2.copyTo(part, within, np.full_like(part, 255))


def inside(panel):
    """Tells which pixels of a panel's box lie in its polygon: uint8 [h, w], 1 or 0.

    Example:
      >>> inside(whole(np.zeros((2, 3)))).tolist()
      [[1, 1, 1], [1, 1, 1]]
    """
    top, left, bottom, right = panel.box
    return cv2.fillPoly(np.zeros((bottom - top, right - left), np.uint8), [np.int32(panel.polygon) - [left, top]], 1)


def _cut_upright(page, colors, is_strip):
    """Finds the panels of a page that is not askew: list of polygons."""
    gray = cv2.max(page[..., 0], cv2.max(page[..., 1], page[..., 2]))
    width = min(page.shape[1], 1.6 * page.shape[0])
    found = _best((gutters.of_color(page, color) for color in colors), page, width)
    if _is_one_panel(found, gray, width):
        return []
    explained = _covers(found, page, _EXPLAINED)
    if not is_strip and not (explained and gutters.has_margins(page, colors)):
        found = _bled(page, width, _EXACT if explained else _UNEXPLAINED) or found
    divided = []
    for polygon in found:
        box = *np.int32(np.rint(polygon.min(axis=0)))[::-1], *np.int32(np.rint(polygon.max(axis=0)))[::-1]
        if shapes.area(polygon) < .97 * (box[2] - box[0]) * (box[3] - box[1]):
            divided.append(polygon)
            continue
        parts = borders.cut(gray, box, width)
        for part in parts:
            divided.append(polygon if len(parts) == 1 else shapes.corners(part))
            divided += [shapes.corners(inset) for inset in borders.insets(gray, part, width)]
    return divided


def _is_one_panel(found, gray, width):
    """Tells whether a page is a panel cut out along its frame, since its frame and its horizon part nothing from it."""
    boxes = [(*np.int32(polygon.min(axis=0)), *np.int32(polygon.max(axis=0))) for polygon in found]
    blank = any(np.ptp(gray[top + 2:bottom - 2, left + 2:right - 2]) <= _BLANK for left, top, right, bottom in boxes)
    if not blank:
        return False
    left, top, right, bottom = np.array(boxes).T
    return max(left.min(), top.min(), gray.shape[1] - right.max(), gray.shape[0] - bottom.max()) <= _FRAME * width


def _bled(page, width, unexplained):
    """Finds the panels of a page that some of them run off: list of polygons; empty if it is no such page."""

    def explain(gutter):
        polygons = _best([gutter], page, width)
        covered = sum(map(shapes.area, polygons))
        off = abs(covered + cv2.countNonZero(gutter) - gutter.size) / gutter.size
        return polygons, off if len(polygons) > 1 and covered > _EXPLAINED * gutter.size else 1.

    maps = gutters.of_bleeds(page, width)
    found = [explain(gutter) for gutter in maps]
    exact = [gutter for gutter, (_, off) in zip(maps, found, strict=True) if off < _EXACT]
    if len(exact) > 1:  # a panel from side to side parts the gutters above it from those below
        polygons, off = explain(np.maximum.reduce(exact))
        found += [(polygons, off)] if off < _EXACT else []
    return max((polygons for polygons, off in found if off < unexplained), key=len, default=[])


def _best(maps, page, width):
    """Finds the panels of a page with the map of gutters that explains it best, but for one as large as the page."""
    found = ([polygon for polygon in pieces.find(gutter, width) if not _covers([polygon], page, _WHOLE)]
             for gutter in maps)
    return max(found, key=lambda polygons: (_covers(polygons, page, .3), len(polygons),
                                            -sum(map(shapes.area, polygons))), default=[])


def _covers(polygons, page, share):
    return sum(map(shapes.area, polygons)) > share * page.shape[0] * page.shape[1]

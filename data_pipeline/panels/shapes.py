"""Shapes of panels: polygons, float [N, 2], corners (x, y) of pixels. All limits are our choice."""

import cv2
import numpy as np

_FILLED_EDGE = .55  # least share of each edge of a panel's polygon that is not gutter
_CORNER = .08  # distance from a panel's corners within which it begins, as a share of its shorter side
_INSIDE = .9  # least share of a polygon that another one has in common with it, if it lies in that one
_FINE = 1.5  # pixels that an outline may be off
_MOST_OVERLAP = .3  # most share of the smaller of two polygons that the other one lies over


def corners(box):
    """The corners of a box (top, left, bottom, right): float [4, 2], (x, y).

    Example:
      >>> corners((0, 10, 20, 40)).tolist()
      [[10.0, 0.0], [40.0, 0.0], [40.0, 20.0], [10.0, 20.0]]
    """
    top, left, bottom, right = box
    return np.float64([[left, top], [right, top], [right, bottom], [left, bottom]])


def area(polygon):
    """The area of a polygon, in pixels.

    Example:
      >>> area(corners((0, 10, 20, 40)))
      600.0
    """
    return cv2.contourArea(np.float32(polygon))


def hull(mask):
    """The convex hull of a mask: int32 [N, 1, 2], (x, y)."""
    return cv2.convexHull(np.concatenate(cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]))


def overlap(polygons):
    """Tells whether polygons lie over each other, so that they cannot be panels."""
    for k, one in enumerate(polygons):
        for other in polygons[:k]:
            smaller = min(area(one), area(other))
            if _MOST_OVERLAP * smaller < _common(one, other) < _INSIDE * smaller:
                return True
    return False


def is_inside(polygon, others):
    """Tells whether a polygon lies in a larger one, so that it is a part of what that one shows."""
    return any(_common(polygon, other) >= _INSIDE * area(polygon) for other in others if area(other) > area(polygon))


def _common(one, other):
    """The area that the convex hulls of two polygons have in common."""
    return cv2.intersectConvexConvex(*(cv2.convexHull(np.float32(of)) for of in (one, other)))[0]


def _contour(mask):
    """The contour of the largest part of a mask: int32 [N, 1, 2], (x, y)."""
    return max(cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0], key=cv2.contourArea)


def outline(mask):
    """The outline of the largest part of a mask, of as many corners as it has: float [N, 2]."""
    polygon = cv2.approxPolyDP(_contour(mask), _FINE, True)[:, 0].astype(np.float64)
    return polygon + (polygon > polygon.mean(axis=0))  # pixels' corners, not their centers


def fit(mask):
    """Fits a polygon to a piece: a quadrilateral if it has about four corners, else its box. float [N, 2]."""
    h, w = mask.shape
    box = corners((0, 0, h, w))
    hull = cv2.convexHull(_contour(mask))
    if cv2.contourArea(hull) > .975 * h * w:
        return box
    quad = cv2.approxPolyDP(hull, .02 * (h + w), True)[:, 0].astype(np.float64)
    if 3 <= len(quad) <= 5 and area(quad) > .94 * cv2.contourArea(hull):
        center = quad.mean(axis=0)
        return np.clip(quad + (quad > center), 0, (w, h))  # pixels' corners, not their centers
    return box


def is_filled(mask, polygon, least=_FILLED_EDGE):
    """Tells whether a piece fills a polygon to its edges, as a panel with a frame or a painted ground does."""
    h, w = mask.shape
    inner = np.zeros_like(mask)
    cv2.fillPoly(inner, [np.int32(np.rint(polygon - .5))], 1)
    band = max(2, round(.015 * min(h, w)))
    around = np.ones((2 * band + 1, 2 * band + 1), np.uint8)
    core = cv2.erode(inner, around, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    near = cv2.dilate(mask, around)
    x, y = cv2.findNonZero(inner - core).reshape(-1, 2).T
    shares, away = [], []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = (end - start) / max(1, np.linalg.norm(end - start))
        away.append(np.abs((x - start[0]) * along[1] - (y - start[1]) * along[0]))
    nearest = np.argmin(away, axis=0)
    for edge in range(len(polygon)):
        own = nearest == edge
        shares.append(near[y[own], x[own]].mean() if own.any() else 1.)
    side = max(2, round(_CORNER * min(h, w)))
    begun = [mask[max(0, cy - side):cy + side, max(0, cx - side):cx + side].any()
               for cx, cy in np.int32(np.rint(polygon))]
    return min(shares) >= least and sum(begun) >= len(begun) - 1 and (
        cv2.countNonZero(mask & inner) > .92 * cv2.countNonZero(inner))

"""Finds by how much a page is askew, by its straight edges: frames and gutters, which follow two directions.

Slanted gutters do not mislead it, since an angle counts only if upright edges have it as well as level ones.
All limits are our choice.
"""

import cv2
import numpy as np

_LEAST, _MOST = .25, 4.  # degrees
_STEP, _FINE = .2, .05  # degrees, of the first and of the second search
_EDGE = 25  # levels between neighbors at an edge
_RUN = 15  # pixels; an edge keeps to one row for so long at the largest angle
_SHARPER = 1.15  # least share by which edges are more in line at an angle than upright
_APART = .3  # degrees that upright and level edges may disagree
_FEWEST = 50  # pixels of edges, to be of use


def angle(gray):
    """Finds the angle of a page.

    Args:
      gray: uint8 [H, W].
    Returns:
      Degrees that it is turned clockwise; 0. if it is upright or has no straight edges.

    Example:
      >>> upright = np.full((400, 300), 255, np.uint8)
      >>> upright[50:350, 40:260] = 90
      >>> turn = cv2.getRotationMatrix2D((150, 200), -2, 1)
      >>> angle(upright), round(angle(cv2.warpAffine(upright, turn, (300, 400), borderValue=255)))
      (0.0, 2)
    """
    level = _angle_of_rows(gray)
    if level == 0:
        return 0.
    upright = -_angle_of_rows(gray.T)
    return (level + upright) / 2 if upright and abs(level - upright) <= _APART else 0.


def _angle_of_rows(gray):
    """Finds the angle at which the level edges are most in line, in degrees; 0. if that is hardly more than upright."""
    edges = np.uint8(cv2.absdiff(gray[1:], gray[:-1]) > _EDGE)
    points = cv2.findNonZero(cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((1, _RUN), np.uint8)))
    if points is None or len(points) < _FEWEST:
        return 0.
    x, y = points.reshape(-1, 2).T

    def in_line(degrees):
        rows = np.int32(np.rint(y + (gray.shape[1] - x) * np.tan(np.radians(degrees))))
        return float(np.square(np.bincount(rows - rows.min()), dtype=np.float64).sum())

    coarse = max(np.arange(-_MOST, _MOST + _STEP, _STEP), key=in_line)
    best = max(np.arange(coarse - _STEP, coarse + _STEP, _FINE), key=in_line)
    return float(best) if abs(best) >= _LEAST and in_line(best) > _SHARPER * in_line(0.) else 0.

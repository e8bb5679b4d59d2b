"""Gutters: the even paper between panels, told by its color and by being open to the page's edge."""

import cv2
import numpy as np

_TOLERANCE = 18  # levels that a scanned or compressed gutter may differ from its color
_RING = .012  # width of the ring at the page's edge whose colors may be the gutter's, as a share of the page's width
_FREQUENT = .9  # least share of the ring of such a color
_RARE = .001  # the same of white and black: a gutter reaches the edge
_PART = .004  # least share of the page's edge of an area of the gutter's color
_BLED = .1  # least share of the ring of the color of gutters, where panels run off the page
_SHARP = .75  # least share of the surroundings of gutters that differ from them, other than in a gradient
_RARE_INSIDE = .1  # most share of the page that has this color and is no gutter
_LEAK = .004  # width of passages through which gutters do not enter panels, as a share of the page's width


def candidates(page, least=_FREQUENT):
    """Lists the colors that gutters may have: white and black if they reach the edge, and what is frequent there.

    Args:
      page: uint8 [H, W, 3], RGB.
      least: least share of the ring of another color.
    Returns:
      List of int (3,), the most frequent first; empty if no gutter reaches the edge.
    """
    ring = max(2, round(_RING * page.shape[1]))
    edge = np.concatenate([page[:ring].reshape(-1, 3), page[-ring:].reshape(-1, 3), page[:, :ring].reshape(-1, 3),
                           page[:, -ring:].reshape(-1, 3)])
    found = [np.int32([level] * 3) for level in (255, 0)
             if (np.abs(edge.astype(np.int32) - level).max(axis=-1) <= _TOLERANCE).mean() >= _RARE]
    coarse = edge.astype(np.int32) // 16 @ np.int32([256, 16, 1])
    values, counts = np.unique(coarse, return_counts=True)
    for value in values[np.argsort(-counts)][:3]:
        color = np.median(edge[coarse == value], axis=0).astype(np.int32)
        near = np.abs(edge - color).max(axis=-1) <= _TOLERANCE
        if near.mean() >= least and all(np.abs(color - other).max() > _TOLERANCE for other in found):
            found.append(color)
    return sorted(found, key=lambda color: -(np.abs(edge - color).max(axis=-1) <= _TOLERANCE).mean())


def of_color(page, color):
    """Tells which pixels have a gutter's color: uint8 [H, W], 1 or 0."""
    low, high = (np.uint8(np.clip(color + sign * _TOLERANCE, 0, 255)) for sign in (-1, 1))
    return cv2.inRange(page, low, high) // 255


def opened(gutter, width):
    """Keeps of a gutter's color what is open to the page's edge: uint8 [H, W], 1 on gutters and margins, else 0.

    It does not enter panels through narrow gaps in their frames.

    Args:
      gutter: uint8 [H, W], see `of_color`.
      width: the page's width in pixels.
    """
    width = max(2, round(_LEAK * width))
    wide = cv2.erode(cv2.copyMakeBorder(gutter, width, width, width, width, cv2.BORDER_CONSTANT, value=1),
                     np.ones((width, width), np.uint8))
    labels = cv2.connectedComponents(wide, connectivity=4)[1]
    outside = np.uint8(labels == labels[0, 0])
    # Back to the edges of the panels.
    outside = cv2.dilate(outside, np.ones((width + 2, width + 2), np.uint8))
    return outside[width:-width, width:-width] & gutter


def of_bleeds(page, width):
    """Lists what may be the gutters of a page whose panels run off it, so that they also have paper at its edge.

    The color of such gutters is rare within panels, unless it is the paper of line art.

    Args:
      page: uint8 [H, W, 3], RGB.
      width: the page's width in pixels.
    Returns:
      List of maps uint8 [H, W], 1 on one area of one color that reaches the page's edge, else 0.
    """
    leak = max(2, round(_LEAK * width))
    found = []
    for color in candidates(page, _BLED):
        gutter = of_color(page, color)
        labels = cv2.connectedComponents(cv2.erode(gutter, np.ones((leak, leak), np.uint8)), connectivity=4)[1]
        edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        numbers, counts = np.unique(edge[edge > 0], return_counts=True)
        for number in numbers[counts >= _PART * len(edge)]:
            part = gutter & cv2.dilate(np.uint8(labels == number), np.ones((leak + 2, leak + 2), np.uint8))
            rest = (gutter.sum() - part.sum()) / gutter.size
            ring = cv2.dilate(part, np.ones((5, 5), np.uint8)) & (1 - part)
            sharp = (np.abs(page[ring > 0] - color).max(axis=-1) > 2 * _TOLERANCE).mean() if ring.any() else 0
            if sharp >= _SHARP and (rest < _RARE_INSIDE or color.min() == 255):
                found.append(part)
    return found

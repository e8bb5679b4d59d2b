"""Gutters: the even paper between panels, told by its color and by being open to the page's edge."""

import cv2
import numpy as np

_TOLERANCE = 18  # levels that a scanned or compressed gutter may differ from its color
_RING = .012  # width of the ring at the page's edge whose colors may be the gutter's, as a share of the page's width
_FREQUENT = .9  # least share of the ring of such a color
_RARE = .001  # the same of white and black: a gutter reaches the edge
_PART = .004  # least share of the page's edge of an area of the gutter's color
_BLED = .1  # least share of the ring of the color of gutters, where panels run off the page
_MOST = .31  # most share of the page that such gutters have
_SHARP = .75  # least share of the surroundings of gutters that differ from them, other than in a gradient
_RARE_INSIDE = .1  # most share of the page that has this color and is no gutter
_STROKE, _NO_STROKES = .01, .5  # least share of gutters that is wider than this share of the page's width
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
                           page[:, -ring:].reshape(-1, 3)])[:, None]
    found = [np.int32([level] * 3) for level in (255, 0)
             if of_color(edge, np.int32([level] * 3)).mean() >= _RARE]
    coarse = edge[:, 0] // 16 @ np.int32([256, 16, 1])
    counts = np.bincount(coarse)
    for value in np.argsort(-counts, kind='stable')[:3]:
        if counts[value]:
            color = np.median(edge[coarse == value, 0], axis=0).astype(np.int32)
            if of_color(edge, color).mean() >= least and all(np.abs(color - other).max() > _TOLERANCE
                                                             for other in found):
                found.append(color)
    return sorted(found, key=lambda color: -cv2.countNonZero(of_color(edge, color)))


def has_margins(page, colors):
    """Tells whether the outermost pixels of a page have one of some colors, so that nothing runs off it."""
    edge = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])[:, None]
    return any(of_color(edge, color).all() for color in colors)


def of_color(page, color):
    """Tells which pixels have a gutter's color: uint8 [H, W], 1 or 0."""
    low, high = (np.uint8(np.clip(color + sign * _TOLERANCE, 0, 255)) for sign in (-1, 1))
    return cv2.inRange(page, low, high) // 255


def share(gutter, axis):
    """Measures the share of each row (axis 0) or column (axis 1) that is 1: float [H] or [W].

    Example:
      >>> share(np.uint8([[0, 1], [1, 1]]), 0).tolist()
      [0.5, 1.0]
    """
    return cv2.reduce(gutter, 1 - axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() / gutter.shape[1 - axis]


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
    leak, thick = max(2, round(_LEAK * width)), np.ones([max(2, round(_STROKE * width))] * 2, np.uint8)
    found = []
    for color in candidates(page, _BLED):
        gutter = of_color(page, color)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(
            cv2.erode(gutter, np.ones((leak, leak), np.uint8)), connectivity=4)
        edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        numbers, counts = np.unique(edge[edge > 0], return_counts=True)
        for number in numbers[(counts >= _PART * len(edge)) & (stats[numbers, 4] < _MOST * gutter.size)]:
            part = gutter & cv2.dilate(np.uint8(labels == number), np.ones((leak + 2, leak + 2), np.uint8))
            size = cv2.countNonZero(part)
            rest = (cv2.countNonZero(gutter) - size) / gutter.size
            if size > _MOST * gutter.size or rest >= _RARE_INSIDE and color.min() < 255:
                continue
            if cv2.countNonZero(cv2.morphologyEx(part, cv2.MORPH_OPEN, thick)) < _NO_STROKES * size:
                continue
            ring = cv2.dilate(part, np.ones((5, 5), np.uint8)) & (1 - part)
            sharp = (np.abs(page[ring > 0] - color).max(axis=-1) > 2 * _TOLERANCE).mean() if ring.any() else 0
            if sharp >= _SHARP:
                found.append(part)
    return found

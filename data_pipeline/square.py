"""Fits pictures of any shape to the networks' square without distorting them, and takes results back out of it."""

import math

import cv2
import numpy as np

MAX_ASPECT = 1.5  # our choice: what is longer is cut into several squares, so that padding stays below a third


def tiles(height, width):
    """Boxes (top, left, bottom, right) that cover a picture, each of a shape that can be padded to a square.

    One box for what is nearly square; squares in reading order, spread evenly and overlapping where they must, for
    wide and tall pictures.
    """
    short, long = min(height, width), max(height, width)
    if long <= MAX_ASPECT * short:
        return [(0, 0, height, width)]
    starts = np.round(np.linspace(0, long - short, math.ceil(long / short))).astype(int).tolist()
    if width == long:
        return [(0, s, height, s + short) for s in starts]
    return [(s, 0, s + short, width) for s in starts]


def inner_box(height, width, size):
    """Where a height x width picture lies in the square: (top, left, bottom, right), centred, longest side = size."""
    scale = size / max(height, width)
    h, w = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (size - h) // 2, (size - w) // 2
    return top, left, top + h, left + w


def fit(picture, size, paper=255):
    """Scales a picture into a square, the rest of which is paper.

    Args:
      picture: uint8 [H, W] or [H, W, C].
      size: the square's side, pixels.
    Returns:
      uint8 [size, size] or [size, size, C].
    """
    top, left, bottom, right = inner_box(*picture.shape[:2], size)
    shrinks = bottom - top < picture.shape[0] or right - left < picture.shape[1]
    scaled = cv2.resize(picture, (right - left, bottom - top),
                        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    square = np.full((size, size, *picture.shape[2:]), paper, np.uint8)
    square[top:bottom, left:right] = scaled
    return square


def unfit(square, height, width):
    """Cuts out of a result the part that is no padding: [size, size, ...] -> [h, w, ...], longest side = size."""
    top, left, bottom, right = inner_box(height, width, square.shape[0])
    return square[top:bottom, left:right]

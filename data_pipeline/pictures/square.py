"""Fits pictures of any shape to the networks' square without distorting them, and takes results out of it again."""

import math

import cv2
import numpy as np

MAX_ASPECT = 1.5  # our choice: longer pictures are cut into several squares, so that padding stays below a third
_MOST_BOXES = 250  # that overlap (our choice): a line of some pixels would need as many as it has pixels
GIVEN = 128  # least alpha of a hint, of 255 (our choice)


def tiles(height, width):
    """Covers a picture with boxes that are nearly square.

    Args:
      height, width: size of the picture in pixels.
    Returns:
      List of boxes (top, left, bottom, right) in reading order: one box for a picture that is nearly square, else
      several squares, evenly spread, which overlap where they must.
    """
    short, long = min(height, width), max(height, width)
    if long <= MAX_ASPECT * short:
        return [(0, 0, height, width)]
    starts = np.round(np.linspace(0, long - short, math.ceil(long / short))).astype(int).tolist()
    if width == long:
        return [(0, s, height, s + short) for s in starts]
    return [(s, 0, s + short, width) for s in starts]


def overlapping(height, width):
    """Covers a picture with boxes like `tiles`, of which neighbors always overlap, so that results can be blended.

    To need fewer boxes, they are longer than squares: 5:4, and more in pictures of an extreme shape. Neighbors overlap
    by a fifth of the picture's shorter side, or more.

    Args:
      height, width: size of the picture in pixels.
    Returns:
      List of boxes (top, left, bottom, right) in reading order.
    """
    short, long = min(height, width), max(height, width)
    if long <= MAX_ASPECT * short:
        return [(0, 0, height, width)]
    short = max(short, math.ceil(long / _MOST_BOXES))
    side, least = round(1.25 * short), .2 * short
    starts = np.round(np.linspace(0, long - side, math.ceil((long - least) / (side - least)))).astype(int).tolist()
    if width == long:
        return [(0, s, height, s + side) for s in starts]
    return [(s, 0, s + side, width) for s in starts]


def inner_box(height, width, size, maximum=max):
    """Computes where a fitted picture lies in the square: in the middle, its longest side as long as the square's.

    Args:
      height, width: size of the picture in pixels, ints or int32 scalars.
      size: the square's side in pixels, likewise.
      maximum: `max` for ints, `tf.maximum` for tensors.
    Returns:
      (top, left, bottom, right), ints or int32 scalars.

    Example:
      >>> inner_box(200, 100, 256)
      (0, 64, 256, 192)
    """
    longest = maximum(height, width)

    def scaled(side):  # side * size / longest, rounded half to even
        odd = side * size // longest % 2
        return maximum(1, (2 * side * size + longest - 1 + odd) // (2 * longest))

    h, w = scaled(height), scaled(width)
    top, left = (size - h) // 2, (size - w) // 2
    return top, left, top + h, left + w


def fit(picture, size, paper=255):
    """Scales a picture into a square, and fills the rest of the square with paper.

    Args:
      picture: uint8 [H, W] or [H, W, C].
      size: the square's side in pixels.
      paper: level of the paper, 0..255.
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


def fit_hints(hints, size):
    """Scales hints into a square as `fit` scales their picture. No dot is lost: a pixel takes the mean of its hints.

    Args:
      hints: uint8 [H, W, 4], RGB and 255 where there is a hint, else 0.
      size: the square's side in pixels.
    Returns:
      uint8 [size, size, 4], likewise.

    Example:
      >>> hints = np.zeros((1000, 1000, 4), np.uint8)
      >>> hints[999, 0] = 200, 30, 40, 255
      >>> fit_hints(hints, 256)[255, 0].tolist()
      [200, 30, 40, 255]
    """
    height, width = hints.shape[:2]
    top, left, bottom, right = inner_box(height, width, size)
    h, w = bottom - top, right - left
    square = np.zeros((size, size, 4), np.uint8)
    inner = square[top:bottom, left:right]
    if h >= height and w >= width:
        inner[:] = cv2.resize(hints, (w, h), interpolation=cv2.INTER_NEAREST_EXACT)
        return square
    y, x = np.nonzero(hints[..., 3])
    at = (2 * y + 1) * h // (2 * height) * w + (2 * x + 1) * w // (2 * width)  # the pixel that its middle lies in
    count = np.bincount(at, minlength=h * w)
    sums = np.stack([np.bincount(at, hints[y, x, k], h * w) for k in range(4)], axis=-1)
    inner[:] = np.rint(sums / np.maximum(count, 1)[:, None]).reshape(h, w, 4)
    return square


def unfit(square, height, width):
    """Takes a fitted picture out of the square again.

    Args:
      square: [size, size, ...].
      height, width: size of the picture before `fit`, in pixels.
    Returns:
      [h, w, ...], the part that is no padding. Its longest side is `size`.
    """
    top, left, bottom, right = inner_box(height, width, square.shape[0])
    return square[top:bottom, left:right]

"""Converts pictures between the two resolutions of the system."""

import tensorflow as tf

from data_pipeline.pictures import colors


def shrink(picture, size):
    """Averages equal squares of pixels.

    Args:
      picture: [B, S, S, C]; S is a multiple of `size`.
      size: side of the result in pixels.
    Returns:
      [B, size, size, C].
    """
    factor = picture.shape[1] // size
    return tf.nn.avg_pool2d(picture, factor, factor, 'VALID')


def enlarge(picture, size):
    """Repeats every pixel (nearest neighbor).

    Args:
      picture: [B, L, L, C].
      size: side of the result in pixels, a multiple of L.
    Returns:
      [B, size, size, C].
    """
    factor = size // picture.shape[1]
    return tf.repeat(tf.repeat(picture, factor, axis=1), factor, axis=2)


def low_resolution(color, size):
    """Makes the low-resolution colorizer's target from a picture.

    Args:
      color: [B, S, S, 3] in [-1, 1].
      size: side of the low-resolution picture in pixels.
    Returns:
      [B, size, size, 3] in [-1, 1], on the grid of 256 levels.
    """
    return colors.quantize(shrink(color, size))

"""Colors: the one place that knows how they are represented.

On disk and on screen a color is three levels in 0..255 (RGB). In the networks it is three numbers in [-1, 1]. All
functions take arrays or tensors of any shape and keep the shape.
"""

import tensorflow as tf


def to_levels(color):
    """Converts colors in [-1, 1] to the nearest levels: float, whole numbers in 0..255. Clips colors outside.

    Example:
      >>> to_levels(np.float32([-1, 0, .5, 1.2])).numpy().tolist()
      [0.0, 128.0, 191.0, 255.0]
    """
    return tf.clip_by_value(tf.round((color + 1) * 127.5), 0., 255.)


def from_levels(level):
    """Converts float levels in 0..255 to colors in [-1, 1]."""
    return level / 127.5 - 1


def quantize(color):
    """Rounds colors in [-1, 1] to the grid of 256 levels. Clips colors outside."""
    return from_levels(to_levels(color))

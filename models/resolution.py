"""Between the two resolutions: pure functions on colours."""

import tensorflow as tf


def levels(colour):
    """Colours in [-1, 1] -> the nearest of the 256 levels a picture has, float 0..255. Colours beyond are clipped."""
    return tf.clip_by_value(tf.round((colour + 1) * 127.5), 0., 255.)


def from_levels(level):
    """Levels 0..255 -> colours in [-1, 1]."""
    return level / 127.5 - 1


def quantize(colour):
    """Rounds and clips colours to the levels a picture has."""
    return from_levels(levels(colour))


def shrink(picture, size):
    """Mean over equal squares: [B, S, S, C] -> [B, size, size, C]."""
    factor = picture.shape[1] // size
    return tf.nn.avg_pool2d(picture, factor, factor, 'VALID')


def enlarge(picture, size):
    """Nearest neighbour: [B, L, L, C] -> [B, size, size, C]."""
    factor = size // picture.shape[1]
    return tf.repeat(tf.repeat(picture, factor, axis=1), factor, axis=2)


def low_resolution(colour, size):
    """What the low-resolution colorizer is to paint: [B, S, S, 3] -> [B, size, size, 3], on the grid of 256 levels."""
    return quantize(shrink(colour, size))

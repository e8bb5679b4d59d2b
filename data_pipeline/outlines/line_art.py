"""Line art of any size, in the graph: fits it to the networks' square, and lays it over its colors.

The command line and the exported model both use these functions, so both give the same result.
"""

import tensorflow as tf

from data_pipeline.outlines.outline import PAPER
from data_pipeline.pictures import square

# Our choice: ink is the level that 1 % of the drawing's pixels do not exceed, and paper is the level that 80 % do not
# exceed. Both must differ by at least 64 levels.
_INK_SHARE, _PAPER_SHARE, _MIN_CONTRAST = .01, .8, 64
# Our choice: strokes thinner than this many pixels of the square become wider, and darker by this exponent.
_STROKE, _DARKENING = 2.4, .8
_CUBIC = -.75  # parameter of the cubic kernel, as in OpenCV


@tf.function(reduce_retracing=True)
def fit(lines, size):
    """Fits line art to the networks' square, with strokes as thick and dark as in training.

    Args:
      lines: uint8 [H, W], white paper, black ink.
      size: int, the square's side.
    Returns:
      uint8 [size, size].

    Example:
      >>> drawing = np.full((300, 200), 255, np.uint8)
      >>> drawing[140:160] = 0
      >>> fit(drawing, 256).shape
      TensorShape([256, 256])
    """
    ink = 1 - tf.cast(scale(lines, size), tf.float32) / PAPER
    slope = tf.sqrt(tf.square(ink[1:, :-1] - ink[:-1, :-1]) + tf.square(ink[:-1, 1:] - ink[:-1, :-1]))
    width = 2 * tf.reduce_sum(ink) / tf.maximum(tf.reduce_sum(slope), 1e-6)  # a stroke has two slopes
    thin = tf.clip_by_value((_STROKE - width) / 2, 0., 1.) * tf.cast(
        tf.reduce_max(ink) >= _MIN_CONTRAST / PAPER, tf.float32)
    around = tf.nn.max_pool2d(ink[None, ..., None], 3, 1, 'SAME')[0, ..., 0]
    ink = (ink + thin * (around - ink)) ** (1 - _DARKENING * thin)
    return tf.cast(tf.round(PAPER * (1 - ink)), tf.uint8)


@tf.function(reduce_retracing=True)
def scale(lines, size):
    """Scales line art into a square of paper, and spreads its levels from full ink to white paper.

    So gray or yellowed paper, pencil, and thin strokes that became pale by shrinking look as in training. Before its
    levels are spread, the picture equals that of `square.fit` up to one or two levels.

    Args:
      lines: uint8 [H, W].
      size: int, the square's side.
    Returns:
      uint8 [size, size].
    """
    height, width = tf.unstack(tf.shape(lines))
    top, left, bottom, right = square.inner_box(height, width, size, tf.maximum)
    h, w = bottom - top, right - left
    scaled = tf.cond((h < height) | (w < width), lambda: _shrink(lines, h, w), lambda: _enlarge(lines, h, w))
    scaled = tf.clip_by_value(tf.floor(scaled + .5), 0, 255)  # halves up, as OpenCV rounds when it halves a picture
    scaled = tf.cast(_spread_levels(scaled), tf.uint8)
    result = tf.pad(scaled, [[top, size - bottom], [left, size - right]], constant_values=PAPER)
    return tf.ensure_shape(result, [size, size])


@tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8), tf.TensorSpec([None, None], tf.uint8)])
def put_back(colors, lines):
    """Brings a square's colors to the size of the line art that was fitted to it, and lays the line art over them.

    Args:
      colors: uint8 [S, S, 3].
      lines: uint8 [H, W].
    Returns:
      uint8 [H, W, 3].
    """
    height, width = tf.unstack(tf.shape(lines))
    top, left, bottom, right = square.inner_box(height, width, tf.shape(colors)[0], tf.maximum)
    return lay_over(tf.image.resize(colors[top:bottom, left:right], [height, width], antialias=True), lines)


def lay_over(colors, lines):
    """Lays line art over colors by multiplication, as artists do, so lines and lettering stay sharp.

    Args:
      colors: uint8 or float [..., H, W, 3], 0..255.
      lines: uint8 [..., H, W].
    Returns:
      uint8 [..., H, W, 3].
    """
    return tf.cast(tf.round(tf.cast(colors, tf.float32) * (tf.cast(lines, tf.float32) / PAPER)[..., None]), tf.uint8)


def _spread_levels(lines):
    """Spreads levels [H, W] so that the drawing's paper becomes white and its ink black, if they differ enough."""
    counts = tf.math.bincount(tf.cast(tf.reshape(lines, [-1]), tf.int32), minlength=256, dtype=tf.float32)
    not_above = tf.cumsum(counts) / tf.reduce_sum(counts)
    ink, paper = (tf.reduce_sum(tf.cast(not_above <= share, tf.float32)) for share in (_INK_SHARE, _PAPER_SHARE))
    spread = tf.clip_by_value(tf.round((lines - ink) * (PAPER / tf.maximum(paper - ink, 1))), 0, PAPER)
    return tf.where(paper - ink >= _MIN_CONTRAST, spread, lines)


def _shrink(lines, height, width):
    """Averages areas: uint8 [H, W] -> float32 [height, width]."""
    return tf.image.resize(lines[..., None], [height, width], 'area')[..., 0]


def _enlarge(lines, height, width):
    """Interpolates with OpenCV's cubic kernel, which TensorFlow does not have: uint8 [H, W] -> float32."""
    rows, columns = (_cubic_weights(length, scaled) for length, scaled in zip(
        tf.unstack(tf.shape(lines)), (height, width), strict=True))
    return tf.matmul(tf.matmul(rows, tf.cast(lines, tf.float32)), columns, transpose_b=True)


def _cubic_weights(length, scaled):
    """Weights [scaled, length] of cubic interpolation. The outermost pixels continue the line."""
    at = (tf.cast(tf.range(scaled), tf.float64) + .5) * tf.cast(length / scaled, tf.float64) - .5
    taps = tf.floor(at)[:, None] + tf.range(-1, 3, dtype=tf.float64)  # [scaled, 4]
    x = tf.abs(at[:, None] - taps)
    near = ((_CUBIC + 2) * x - (_CUBIC + 3)) * x * x + 1
    far = ((_CUBIC * x - 5 * _CUBIC) * x + 8 * _CUBIC) * x - 4 * _CUBIC
    weights = tf.where(x <= 1, near, far)
    pixels = tf.clip_by_value(tf.cast(taps, tf.int32), 0, length - 1)
    return tf.cast(tf.reduce_sum(weights[..., None] * tf.one_hot(pixels, length, dtype=tf.float64), axis=1), tf.float32)

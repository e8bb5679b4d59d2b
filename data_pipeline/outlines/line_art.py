"""Line art of any size, and hints on it: fits them to the networks' square, and lays the drawing over its colors.

The exported model does this in its graph. The command line calls `fit_array`, which gives the same up to a few levels.
"""

import cv2
import numpy as np
import tensorflow as tf

from data_pipeline.outlines import cleaning
from data_pipeline.outlines.outline import PAPER
from data_pipeline.pictures import square

# Our choice: full ink is what 99 % of the square's pixels do not exceed, or 90 % of those with some ink, whichever is
# more: a large page with few thin strokes has little ink in the square.
_MOST, _MOST_INKED, _SOME_INK = .99, .9, .02
# Our choice: strokes thinner than this many pixels of the square become wider, and darker by this exponent.
_STROKE, _DARKENING = 2.4, .8
_CUBIC = -.75  # parameter of the cubic kernel, as in OpenCV


@tf.function(reduce_retracing=True, autograph=False)
def fit(drawing, size):
    """Fits a drawing to the networks' square, with strokes as thick and dark as in training.

    Args:
      drawing: uint8 [H, W, 3] or [H, W, 1], black on white; see `cleaning.clean`.
      size: int, the square's side.
    Returns:
      uint8 [size, size]. It is white if the page is blank.

    Example:
      >>> drawing = np.full((300, 200, 3), 255, np.uint8)
      >>> drawing[140:160] = 0
      >>> fit(drawing, 256).shape
      TensorShape([256, 256])
    """
    ink = 1 - tf.cast(scale(drawing, size), tf.float32) / PAPER
    slope = tf.sqrt(tf.square(ink[1:, :-1] - ink[:-1, :-1]) + tf.square(ink[:-1, 1:] - ink[:-1, :-1]))
    width = 2 * tf.reduce_sum(ink) / tf.maximum(tf.reduce_sum(slope), 1e-6)  # a stroke has two slopes
    thin = tf.clip_by_value((_STROKE - width) / 2, 0., 1.)
    around = tf.nn.max_pool2d(ink[None, ..., None], 3, 1, 'SAME')[0, ..., 0]
    ink = (ink + thin * (around - ink)) ** (1 - _DARKENING * thin)
    return tf.cast(tf.round(PAPER * (1 - ink)), tf.uint8)


def fit_array(drawing, size):
    """Does what `fit` does, for an array, up to a few levels. OpenCV needs a fifth of the time beside other threads.

    Args:
      drawing: uint8 [H, W], the darkest channel of every pixel.
      size: int, the square's side.
    Returns:
      uint8 [size, size].

    Example:
      >>> drawing = np.full((300, 200), 255, np.uint8)
      >>> drawing[140:160] = 0
      >>> int(np.abs(fit_array(drawing, 256) - np.float32(fit(drawing[..., None], 256))).max())
      0
    """
    scaled = square.fit(drawing, size)
    top, left, bottom, right = square.inner_box(*drawing.shape, size)
    counts = np.bincount(PAPER - scaled[top:bottom, left:right].ravel(), minlength=PAPER + 1)
    upto, levels = counts.cumsum(), np.arange(PAPER + 1)
    inked = counts[levels >= _SOME_INK * PAPER].sum()
    most = max((upto <= min(upto[-1] - count + int(count * share), upto[-1] - 1)).sum()
               for share, count in ((_MOST, upto[-1]), (_MOST_INKED, inked)))
    faintest = _SOME_INK * max(PAPER - 2 * most, 0)
    spread = np.clip(np.rint((levels - faintest) * (PAPER / max(most - faintest, 1))), 0, PAPER) / PAPER
    ink = cv2.LUT(scaled, np.float32(spread[::-1]))
    slope = cv2.magnitude(ink[1:, :-1] - ink[:-1, :-1], ink[:-1, 1:] - ink[:-1, :-1])
    width = 2 * ink.sum() / max(slope.sum(), 1e-6)  # a stroke has two slopes
    thin = min(max((_STROKE - width) / 2, 0), 1)
    around = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    ink = cv2.pow(ink + thin * (around - ink), 1 - _DARKENING * thin)
    return np.uint8(np.rint(PAPER * (1 - ink)))


@tf.function(reduce_retracing=True, autograph=False)
def scale(drawing, size):
    """Scales a drawing into a square of paper, and spreads its levels so that its strokes have full ink.

    So pencil, and thin strokes that became pale by shrinking, look as in training. Before its levels are spread, the
    picture equals that of `square.fit` up to one or two levels.

    Args:
      drawing: uint8 [H, W, 3] or [H, W, 1].
      size: int, the square's side.
    Returns:
      uint8 [size, size].
    """
    lines = tf.reduce_min(drawing, axis=-1)  # ink of any hue is dark in one of the channels
    height, width = tf.unstack(tf.shape(lines))
    top, left, bottom, right = square.inner_box(height, width, size, tf.maximum)
    h, w = bottom - top, right - left
    scaled = tf.cond((h < height) | (w < width), lambda: _shrink(lines, h, w), lambda: _enlarge(lines, h, w))
    scaled = tf.clip_by_value(tf.floor(scaled + .5), 0, 255)  # halves up, as OpenCV rounds when it halves a picture
    scaled = tf.cast(_spread_levels(scaled), tf.uint8)
    result = tf.pad(scaled, [[top, size - bottom], [left, size - right]], constant_values=PAPER)
    return tf.ensure_shape(result, [size, size])


@tf.function(reduce_retracing=True, autograph=False)
def fit_hints(hints, size):
    """Fits hints to the networks' square, to the places where `fit` puts the drawing below them. No dot is too small.

    Args:
      hints: uint8 [H, W, 4], RGB, and alpha: at least 128 where there is a hint.
      size: int, the square's side.
    Returns:
      uint8 [size, size, 4]. A pixel in which hints have their centers is a hint of their mean color, with alpha 255.
      All else is 0. If the drawing is enlarged, each pixel is that of the drawing in which its center lies.

    Example:
      >>> hints = np.zeros((600, 600, 4), np.uint8)
      >>> hints[300, 100] = 200, 100, 0, 255
      >>> fit_hints(hints, 256)[128, 42].numpy().tolist()
      [200, 100, 0, 255]
    """
    height, width = tf.unstack(tf.shape(hints)[:2])
    top, left, bottom, right = square.inner_box(height, width, size, tf.maximum)
    h, w = bottom - top, right - left
    hints = tf.cond((h > height) | (w > width), lambda: tf.gather(
        tf.gather(hints, _centers(h, height)), _centers(w, width), axis=1), lambda: hints)
    rows, columns = (_centers(*lengths) for lengths in zip(tf.unstack(tf.shape(hints)[:2]), (h, w), strict=True))

    def sums(_, strip):
        given = tf.cast(strip[..., 3:] >= square.GIVEN, tf.float32)
        values = tf.concat([given * tf.cast(strip[..., :3], tf.float32), given], axis=-1)
        return tf.transpose(tf.math.segment_sum(tf.transpose(values, [1, 0, 2]), columns), [1, 0, 2])

    of_columns = cleaning.in_strips(sums, hints, result=tf.TensorSpec([None, None, 4]))
    total = tf.math.segment_sum(of_columns, rows)
    color = tf.round(tf.math.divide_no_nan(total[..., :3], total[..., 3:]))
    fitted = tf.cast(tf.concat([color, 255 * tf.minimum(total[..., 3:], 1)], axis=-1), tf.uint8)
    return tf.ensure_shape(tf.pad(fitted, [[top, size - bottom], [left, size - right], [0, 0]]), [size, size, 4])


@tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)] * 2 + [tf.TensorSpec([3])], autograph=False)
def put_back(colors, drawing, white):
    """Brings a square's colors to the size of the drawing that was fitted to it, and lays the drawing over them.

    Args:
      colors: uint8 [S, S, 3].
      drawing: uint8 [H, W, 3], black on white.
      white: float [3], the levels of the drawing from which on it is white, without the paper's grain.
    Returns:
      uint8 [H, W, 3]. It is white if the page is blank.
    """
    height, width = tf.unstack(tf.shape(drawing)[:2])
    top, left, bottom, right = square.inner_box(height, width, tf.shape(colors)[0], tf.maximum)
    inner = tf.cast(colors[top:bottom, left:right], tf.float32)[None]
    factors = tf.cast([height / (bottom - top), width / (right - left)], tf.float32)

    def colored(first, strip):  # as `tf.image.resize` with antialias
        shape = tf.shape(strip)[:2]
        enlarged = tf.raw_ops.ScaleAndTranslate(images=inner, size=shape, scale=factors, kernel_type='triangle',
                                                translation=-tf.cast([first, 0], tf.float32))[0]
        return lay_over(enlarged, tf.minimum(tf.cast(strip, tf.float32) * (PAPER / white), PAPER))

    return tf.cond(tf.reduce_all(drawing == PAPER), lambda: drawing, lambda: cleaning.in_strips(colored, drawing))


def lay_over(colors, drawing):
    """Lays a drawing over colors by multiplication, as artists do, so lines and lettering stay sharp.

    Args:
      colors: uint8 or float [..., H, W, 3], 0..255.
      drawing: uint8 or float [..., H, W, 3], or [..., H, W, 1] for gray lines.
    Returns:
      uint8 [..., H, W, 3].
    """
    return tf.cast(tf.round(tf.cast(colors, tf.float32) * (tf.cast(drawing, tf.float32) / PAPER)), tf.uint8)


def _spread_levels(lines):
    """Spreads the levels of a drawing, float [H, W] of whole numbers, so that its strokes have full ink.

    A blank page stays blank. If the strokes are pale, the faintest ink is taken for paper, because it would be spread
    as well.
    """
    levels = tf.range(PAPER + 1)
    counts = tf.math.bincount(tf.cast(tf.reshape(PAPER - lines, [-1]), tf.int32), minlength=PAPER + 1)
    upto = tf.cumsum(counts)
    inked = tf.reduce_sum(tf.where(tf.cast(levels, tf.float32) >= _SOME_INK * PAPER, counts, 0))

    def rank(share, count):  # of the pixels with most ink
        at = upto[-1] - count + tf.cast(tf.cast(count, tf.float32) * share, tf.int32)
        return tf.cast(tf.reduce_sum(tf.cast(upto <= tf.minimum(at, upto[-1] - 1), tf.int32)), tf.float32)

    most = tf.maximum(rank(_MOST, upto[-1]), rank(_MOST_INKED, inked))
    faintest = _SOME_INK * tf.maximum(PAPER - 2 * most, 0)
    spread = (PAPER - lines - faintest) * (PAPER / tf.maximum(most - faintest, 1))
    return PAPER - tf.clip_by_value(tf.round(spread), 0, PAPER)


def _centers(length, others):
    """Finds for each of `length` pixels in a row which of `others` over the same distance has its center."""
    return (2 * tf.range(length) + 1) * others // (2 * length)


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

"""Cleans drawings as people have them, in the graph or as arrays.

Tinted paper becomes white, white on black becomes black on white.

All limits are our choice. The page is measured in blocks, at most 512 along its longer side. The darkest and the
lightest level of each block are those of single pixels, so a thin stroke counts as much on a large page as on a small
one.
"""

import cv2
import numpy as np
import tensorflow as tf

from data_pipeline.outlines import outline
from data_pipeline.outlines.outline import PAPER

_BLOCKS = 512  # blocks along the longer side of a page
_STRIP = 2**21  # pixels that are converted at a time, so that a large page needs little memory beside itself
# Paper is the lightest level, with those up to 6 levels away, that at least 10 % of the blocks have; it is 60 or more.
# It reaches down to where a level is less than a quarter as frequent as the paper's, but at most 12 levels.
_PAPER_SHARE, _AROUND, _DARKEST_PAPER, _FREQUENT, _REACH = .1, 6, 60, .25, 12
# Ink is at least 6 % darker than paper, or 4 times as much as the paper's noise; a page has ink in at least 1 of 10,000
# blocks, else it is blank.
_FAINTEST, _NOISE, _LEAST_INK = .06, 4., 1e-4
# Paper is white down to this many times its noise below its darkest mean level, but at most to this share.
_CLEARED, _MOST_CLEARED = 1.5, .1
# A page is white on black if more than half of it is dark, its light strokes cover at least 0.3 %, and at most a
# quarter of what is light is wider than this share of the longer side.
_LEAST_LIGHT, _MOST_WIDE, _WIDE = .003, .25, .014
_NOISE_ROWS = 128  # rows of the page that the noise is measured in, at least
_PICTURE = tf.TensorSpec([None, None, 3], tf.uint8)
_CHANNELS, _BLOCK_LEVELS = (tf.TensorSpec([None, None, None], kind) for kind in (tf.uint8, tf.float32))
_AS_IT_IS = np.arange(PAPER + 1, dtype=np.uint8)[:, None] + np.zeros(3, np.uint8)  # a table that changes no level
_SORTED = 20_000  # values that are sorted for a median, at most
_MIN_CONTRAST = 60  # levels between ground and strokes of a page that is white on black


@tf.function(input_signature=[_PICTURE, tf.TensorSpec([], tf.bool)], autograph=False)
def clean(picture, inverted):
    """Makes a drawing black on white. Its ink keeps its hue and its strength.

    Args:
      picture: uint8 [H, W, 3], RGB: a drawing with ink of any hue on paper of any light color.
      inverted: bool, whether the drawing is white on black. If False, it is inverted if its structure is that of white
        strokes on black.
    Returns:
      drawing: uint8 [H, W, 3], on paper that is white up to its grain. All pixels are white if the page is blank.
      white: float [3], the levels from which on the drawing is white without grain; see `line_art.put_back`. The
        networks see the grain, because pale tones of a drawing are as faint.

    Example:
      >>> page = np.full((300, 200, 3), (240, 230, 190), np.uint8)
      >>> page[100:110] = (60, 50, 40)
      >>> drawing, white = clean(page, False)
      >>> drawing[0, 0].numpy().tolist(), white.numpy().tolist()
      ([255, 255, 255], [255.0, 255.0, 255.0])
    """
    height, width = tf.shape(picture)[0], tf.shape(picture)[1]
    side = _side(height, width, tf.minimum, tf.maximum)
    blocks = in_strips(lambda _, strip: _blocks(strip, side), picture[:height // side * side], multiple=side,
                       result=_BLOCK_LEVELS)
    table, white = _levels(blocks, picture[::_row_step(height, tf.maximum)], inverted)

    def convert(_, strip):
        return tf.gather(tf.reshape(table, [-1]), 3 * tf.cast(strip, tf.int32) + tf.range(3))

    as_it_is = tf.reduce_all(table == _AS_IT_IS)
    return tf.cond(as_it_is, lambda: picture, lambda: in_strips(convert, picture)), white


def clean_array(picture, inverted):
    """Does what `clean` does, for an array. It needs less time and memory, since TensorFlow sees no whole page.

    Args:
      picture, inverted: see `clean`.
    Returns:
      (drawing uint8 [H, W, 3], white float32 [3]), see `clean`. The drawing is `picture` itself if nothing changes.
    """
    height, width = picture.shape[:2]
    side = _side(height, width)
    rows = side * max(1, _STRIP // (width * side))
    whole = height // side * side
    channels = picture[..., :1] if outline.is_gray(picture) else picture  # one stands for three
    blocks = np.concatenate([_blocks(channels[top:min(top + rows, whole)], side) for top in range(0, whole, rows)])
    table, white = (np.broadcast_to(of.numpy(), [*of.shape[:-1], 3])
                    for of in _levels(blocks, channels[::_row_step(height)], inverted))
    return picture if (table == _AS_IT_IS).all() else cv2.LUT(picture, np.ascontiguousarray(table[None])), white


def in_strips(function, picture, multiple=1, result=_PICTURE):
    """Applies a function to a picture strip by strip, so that its intermediate results need little memory.

    Args:
      function: takes the first row of a strip (int32 scalar) and the strip [h, W, ...], and returns [h', W', C].
      picture: [H, W, ...].
      multiple: h is a multiple of this number, except for the last strip if H is not.
      result: tf.TensorSpec of what `function` returns.
    Returns:
      [H', W', C], the strips' results, one below the other.
    """
    height, width = tf.shape(picture)[0], tf.shape(picture)[1]
    rows = multiple * tf.maximum(1, _STRIP // (width * multiple))
    count = (height + rows - 1) // rows
    strips = tf.TensorArray(result.dtype, count, infer_shape=False, element_shape=result.shape)
    _, strips = tf.while_loop(
        lambda k, _: k < count,
        lambda k, strips: (k + 1, strips.write(k, function(k * rows, picture[k * rows:(k + 1) * rows]))),
        (0, strips), parallel_iterations=1)
    return tf.ensure_shape(strips.concat(), result.shape)


def _side(height, width, minimum=min, maximum=max):
    """The side of a block in pixels; numbers are ints or int32 scalars."""
    longest = maximum(height, width)
    return minimum((longest + _BLOCKS - 1) // _BLOCKS, minimum(height, width))


def _row_step(height, maximum=max):
    """Of so many rows one is taken to measure noise."""
    return maximum(height // _NOISE_ROWS, 1)


@tf.function(input_signature=[_CHANNELS, tf.TensorSpec([], tf.int32)], autograph=False)
def _blocks(picture, side):
    """Measures a picture [H, W, C] in blocks: their darkest, mean and lightest levels, float [h, w, 3 C].

    H is a multiple of the side. The last columns, fewer than a block has, do not count.
    """
    w, channels = tf.shape(picture)[1] // side, tf.shape(picture)[2]
    levels = tf.reshape(tf.cast(picture[:, :w * side], tf.float32), [-1, side, w * side * channels])
    return tf.concat([reduce(tf.reshape(reduce(levels, axis=1), [-1, w, side, channels]), axis=2)
                      for reduce in (tf.reduce_min, tf.reduce_mean, tf.reduce_max)], axis=-1)


@tf.function(input_signature=[_BLOCK_LEVELS, _CHANNELS, tf.TensorSpec([], tf.bool)], autograph=False)
def _levels(blocks, rows, inverted):
    """Computes what becomes of each level.

    Args:
      blocks: float [h, w, 3 C], see `_blocks`.
      rows: uint8 [R, W, C], some rows of the page.
      inverted: see `clean`.
    Returns:
      (table uint8 [256, C], the new level of each level of the page; white float [C], see `clean`).
    """
    darkest, mean, lightest = tf.split(blocks, 3, axis=-1)
    inverted |= _is_inverted(mean, lightest)
    flip = tf.cast(inverted, tf.float32)
    darkest = flip * (PAPER - lightest) + (1 - flip) * darkest
    mean = flip * (PAPER - mean) + (1 - flip) * mean
    paper, lowest = _paper(mean)
    noise = _noise(rows, paper, flip)
    lowest *= 1 - tf.minimum(_CLEARED * noise, _MOST_CLEARED)
    ink = tf.reduce_max(1 - darkest / lowest, axis=-1) > tf.maximum(_FAINTEST, _NOISE * noise)
    blank = tf.reduce_mean(tf.cast(ink, tf.float32)) < _LEAST_INK
    levels = tf.range(PAPER + 1, dtype=tf.float32)[:, None]
    levels = flip * (PAPER - levels) + (1 - flip) * levels
    table = tf.cast(tf.round(tf.minimum(levels * (PAPER / paper), PAPER)), tf.uint8)
    return tf.where(blank, tf.constant(PAPER, tf.uint8), table), lowest * (PAPER / paper)


def _paper(mean):
    """Finds the paper's color and its darkest levels, from the blocks' mean levels [h, w, C]: two float [C]."""
    gray = tf.reduce_mean(mean, axis=-1)
    levels = tf.range(PAPER + 1)
    counts = tf.math.bincount(tf.cast(tf.reshape(tf.round(gray), [-1]), tf.int32), minlength=PAPER + 1,
                              dtype=tf.float32)
    total = tf.cumsum(tf.pad(counts, [[_AROUND + 1, _AROUND]]))
    around = total[2 * _AROUND + 1:] - total[:-2 * _AROUND - 1]  # the counts of the levels up to _AROUND away
    frequent = (around >= _PAPER_SHARE * tf.reduce_sum(counts)) & (levels >= _DARKEST_PAPER)
    found = tf.reduce_any(frequent)
    paper = tf.reduce_max(tf.where(frequent, levels, 0))
    # The lightest frequent level lies at the paper's edge; its most frequent one near it.
    near = (levels <= paper) & (levels > paper - 2 * _AROUND - 1)
    top = tf.argmax(tf.where(near, counts, -1.), output_type=tf.int32)
    either = tf.maximum(counts, tf.pad(counts, [[1, 0]])[:-1])  # of two levels, since a histogram has gaps
    rare = (either < _FREQUENT * counts[top]) & (levels < top)
    low = tf.maximum(tf.reduce_max(tf.where(rare, levels, -1)) + 1, top - _REACH)
    of_paper = (gray >= tf.cast(low, tf.float32) - .5) & (gray <= tf.cast(paper + _AROUND, tf.float32))
    share = tf.cast(of_paper, tf.float32)[..., None]
    color = tf.reduce_sum(mean * share, axis=[0, 1]) / tf.maximum(tf.reduce_sum(share), 1.)

    def brought_to(level):
        brought = color * tf.minimum(tf.cast(level, tf.float32) / tf.maximum(tf.reduce_mean(color), 1.), 1.)
        return tf.where(found, tf.clip_by_value(brought, 1., float(PAPER)), float(PAPER))

    return brought_to(top), brought_to(low)


def _noise(rows, paper, flip):
    """Measures the noise of the paper, as a share of its level: its median difference between neighbors, a scalar."""
    rows = tf.cast(rows, tf.float32)
    rows = flip * (PAPER - rows) + (1 - flip) * rows
    level = tf.ensure_shape(tf.reduce_mean(rows / paper, axis=-1), [None, None])
    difference = tf.abs(level[:, 1:] - level[:, :-1])
    light = tf.boolean_mask(difference, (level[:, 1:] > .8) & (level[:, :-1] > .8))
    return tf.cond(tf.size(light) > 0, lambda: _median(light), lambda: 0.)


def _is_inverted(mean, lightest):
    """Tells whether a page is white strokes on black, from its blocks."""
    mean, lightest = (tf.reduce_mean(levels, axis=-1) for levels in (mean, lightest))
    ground = _median(tf.reshape(mean, [-1]))

    def has_light_strokes():
        top = tf.sort(tf.reshape(lightest, [-1]))[tf.cast(tf.cast(tf.size(mean), tf.float32) * .995, tf.int32)]
        middle = (ground + top) / 2
        light = tf.cast(lightest > middle, tf.float32)
        height, width = tf.shape(mean)[0], tf.shape(mean)[1]
        side = 2 * tf.cast(_WIDE / 2 * tf.cast(tf.maximum(height, width), tf.float32), tf.int32) + 1
        summed = _box_sums(tf.cast(mean > middle, tf.float32), side)
        wide = tf.cast(summed > .95 * tf.cast(side * side, tf.float32), tf.float32)
        wide = tf.cast(_box_sums(wide, side) > .5, tf.float32)
        area = tf.reduce_sum(light)
        return ((top - ground >= _MIN_CONTRAST) & (area >= _LEAST_LIGHT * tf.cast(height * width, tf.float32))
                & (tf.reduce_sum(wide * light) <= _MOST_WIDE * area))

    return tf.cond(ground < PAPER / 2 - 30, has_light_strokes, lambda: False)


def _median(values):
    """Computes the median of values [N], or of some of them if they are many: a scalar."""
    some = tf.sort(values[::1 + tf.size(values) // _SORTED])
    return some[tf.size(some) // 2]


def _box_sums(levels, side):
    """Sums a map [h, w] over squares of an odd side around every block. Beside the map all is 0."""
    half = side // 2
    total = tf.cumsum(tf.cumsum(tf.pad(levels, [[half + 1, half], [half + 1, half]]), 0), 1)
    return total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]

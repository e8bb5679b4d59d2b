"""Guided upsampling: brings low-resolution colours to full resolution so that they fill what lies between the lines.

Our choice in the place of plain enlargement, whose squares cross the lines: what a low-resolution pixel does not know,
the drawing does. The filter is the domain transform (Gastal and Oliveira 2011) with the drawing's ink for edges: along
rows and columns in turn, pixels count by how near they are, and ink between them counts as a long way. Areas need not
be closed: through a gap little leaks.
"""

import tensorflow as tf

from models import resolution

# All numbers are our choice, by looking at real drawings.
_PIXEL = 2  # the filter works on squares of so many pixels: thin strokes stay apart, and it takes a fourth of the time
_REACH, _PASSES = 32., 3  # of the first pass, in such squares; each further pass reaches half as far
_FAINT, _BARRIER = .25, 200.  # ink up to which there is no line; how many squares wide full ink counts
_ALIKE = .1  # how far a colour may be from its area's before it counts much less, [-1, 1] units
_CLEANNESS = 6  # how fast a low-resolution pixel counts less for the ink of lines that is in its colour


def upsample(colours, certain, outline, low_res_size, rounds=1):
    """Spreads colours between the lines.

    Args:
      colours: [B, S, S, 3] in [-1, 1], enlarged low-resolution pixels, or what is known otherwise.
      certain: [B, S, S, 1], 1 where it is known otherwise, so that the ink in a low-resolution pixel does not matter.
      outline: [B, S, S, 1], ink coverage.
      low_res_size: L, side of the low-resolution picture.
      rounds: in each after the first, colours count less the farther they are from what the round before gave; so an
        area takes the colour that most of it has, not a mean of it and what strayed (iteratively reweighted means).
    Returns:
      [B, S, S, 3], weighted means of the colours.
    """
    size = outline.shape[1]
    ink = resolution.enlarge(resolution.shrink(outline, low_res_size), size)
    weight = tf.maximum(certain, (1 - ink) ** _CLEANNESS) + 1e-6
    squares = resolution.shrink(tf.concat([weight * colours, weight], axis=-1), size // _PIXEL)
    colours, weight = squares[..., :3] / squares[..., 3:], squares[..., 3:]
    lines = tf.nn.relu(tf.nn.max_pool2d(outline, _PIXEL, _PIXEL, 'VALID') - _FAINT) / (1 - _FAINT)
    weight *= 1 - lines + 1e-3  # what lies under a line is seen last

    lines = lines[..., 0]
    passes = [[_nearness(lines), _nearness(tf.transpose(lines, [0, 2, 1]))]]  # along rows, along columns
    for _ in range(_PASSES - 1):
        passes.append([tf.square(along) for along in passes[-1]])
    result = _spread(colours, weight, passes)
    for _ in range(rounds - 1):
        away = tf.norm(colours - result, axis=-1, keepdims=True)
        result = _spread(colours, weight / tf.square(_ALIKE + away), passes)
    return resolution.enlarge(result, size)


def _spread(colours, weight, passes):
    """The filter itself, on squares: [B, H, W, 3], [B, H, W, 1] -> [B, H, W, 3]. passes: of each, its `_nearness`es."""
    spread = tf.concat([weight * colours, weight], axis=-1)
    for along_both in passes:
        for along in along_both:
            spread = tf.transpose(tf.matmul(along, spread), [0, 2, 1, 3])
            spread /= tf.reduce_max(spread[..., 3:], axis=[1, 2, 3], keepdims=True)  # only ratios matter
    return spread[..., :3] / spread[..., 3:]


def _nearness(lines):
    """How much the squares of each row count for one another: lines [B, H, W] -> [B, H, W, W]."""
    steps = (1 + _BARRIER * tf.maximum(lines[..., 1:], lines[..., :-1])) / _REACH
    at = tf.pad(tf.cumsum(steps, axis=-1), [[0, 0], [0, 0], [1, 0]])
    return tf.exp(-tf.abs(at[..., :, None] - at[..., None, :]))

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
_CLEANNESS = 6  # how fast a low-resolution pixel counts less for the ink of lines that is in its colour


def upsample(colours, certain, outline, low_res_size):
    """Spreads colours between the lines.

    Args:
      colours: [B, S, S, 3], enlarged low-resolution pixels, or what is known otherwise.
      certain: [B, S, S, 1], 1 where it is known otherwise, so that the ink in a low-resolution pixel does not matter.
      outline: [B, S, S, 1], ink coverage.
      low_res_size: L, side of the low-resolution picture.
    Returns:
      [B, S, S, 3], weighted means of the colours.
    """
    size = outline.shape[1]
    ink = resolution.enlarge(resolution.shrink(outline, low_res_size), size)
    weight = tf.maximum(certain, (1 - ink) ** _CLEANNESS) + 1e-6
    lines = tf.nn.relu(tf.nn.max_pool2d(outline, _PIXEL, _PIXEL, 'VALID') - _FAINT) / (1 - _FAINT)
    spread = resolution.shrink(tf.concat([weight * colours, weight], axis=-1), size // _PIXEL)
    spread *= 1 - lines + 1e-3  # what lies under a line is seen last

    lines = lines[..., 0]
    near = [_nearness(lines), _nearness(tf.transpose(lines, [0, 2, 1]))]  # along rows, along columns
    for _ in range(_PASSES):
        for along in near:
            spread = tf.transpose(tf.matmul(along, spread), [0, 2, 1, 3])
            spread /= tf.reduce_max(spread[..., 3:], axis=[1, 2, 3], keepdims=True)  # only ratios matter
        near = [tf.square(along) for along in near]
    return resolution.enlarge(spread[..., :3] / spread[..., 3:], size)


def _nearness(lines):
    """How much the squares of each row count for one another: lines [B, H, W] -> [B, H, W, W]."""
    steps = (1 + _BARRIER * tf.maximum(lines[..., 1:], lines[..., :-1])) / _REACH
    at = tf.pad(tf.cumsum(steps, axis=-1), [[0, 0], [0, 0], [1, 0]])
    return tf.exp(-tf.abs(at[..., :, None] - at[..., None, :]))

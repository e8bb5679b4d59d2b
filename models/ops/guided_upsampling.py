"""Guided upsampling: brings low-resolution colors to full resolution so that they fill the areas between the lines.

Our choice instead of plain enlargement, whose squares cross the lines. The filter is the domain transform (Gastal and
Oliveira, 2011) with the drawing's ink as edges. It averages along rows and columns in turn. A pixel's weight falls with
its distance, and ink on the way counts as a long distance. Areas need not be closed: little color leaks through a gap.
"""

import typing

import numpy as np
import tensorflow as tf

from models.ops import resize

# All numbers are our choice, made by looking at real drawings.
SQUARE = 2  # side in pixels of the squares that the filter works on; it takes a fourth of the time of single pixels
_REACH, _PASSES = 32., 3  # reach of the first pass in squares, number of passes; each reaches half as far as the last
_FAINT, _BARRIER = .25, 200.  # ink up to this level is no line; full ink counts as a distance of so many squares
_BLOCK = 16  # squares of a block; see `_Nearness`
_ALIKE = .1  # a color that is farther than this from its area's counts much less; [-1, 1] units
_CLEANNESS = 6  # exponent: a low-resolution pixel counts less the more ink lies in it, which darkens its color


def upsample(colors, certain, outline, low_res_size, rounds=1):
    """Spreads colors between the lines.

    Args:
      colors: [B, S, S, 3] in [-1, 1]: enlarged low-resolution pixels, or colors known from elsewhere.
      certain: [B, S, S, 1], 1 where a color is known from elsewhere, else 0. The ink in its low-resolution pixel does
        not reduce the weight of such a color.
      outline: [B, S, S, 1], ink coverage in [0, 1].
      low_res_size: L, side of the low-resolution picture in pixels.
      rounds: number of rounds. In each round after the first, a color counts less the farther it is from the last
        round's result (iteratively reweighted means). So an area takes the color that most of it has.
    Returns:
      [B, S, S, 3], weighted means of the colors.
    """
    size = outline.shape[1]
    ink = resize.enlarge(resize.shrink(outline, low_res_size), size)
    weight = tf.maximum(certain, (1 - ink) ** _CLEANNESS) + 1e-6
    squares = resize.shrink(tf.concat([weight * colors, weight], axis=-1), size // SQUARE)
    colors, weight = squares[..., :3] / squares[..., 3:], squares[..., 3:]
    ink = lines(outline)
    weight *= 1 - ink + 1e-3  # colors under lines hardly count

    passes = [[_nearness(ink), _nearness(tf.transpose(ink, [0, 2, 1, 3]))]]  # along rows, along columns
    for _ in range(_PASSES - 1):
        passes.append([_Nearness(*map(tf.square, along)) for along in passes[-1]])
    result = _spread(colors, weight, passes)
    for _ in range(rounds - 1):
        away = tf.norm(colors - result, axis=-1, keepdims=True)
        result = _spread(colors, weight / tf.square(_ALIKE + away), passes)
    return resize.enlarge(result, size)


def lines(outline):
    """Computes the ink of lines in each square: [B, S, S, 1] -> [B, S / SQUARE, S / SQUARE, 1] in [0, 1]."""
    return tf.nn.relu(tf.nn.max_pool2d(outline, SQUARE, SQUARE, 'VALID') - _FAINT) / (1 - _FAINT)


def positions(ink):
    """Computes where each square lies in its row, with ink as a longer way: [B, H, W, 1] -> [B, H, W], in squares."""
    ink = ink[..., 0]
    steps = 1 + _BARRIER * tf.maximum(ink[..., 1:], ink[..., :-1])
    return tf.pad(tf.cumsum(steps, axis=-1), [[0, 0], [0, 0], [1, 0]])


def _spread(colors, weight, passes):
    """Applies the filter to squares: colors [B, H, W, 3], weight [B, H, W, 1] -> [B, H, W, 3].

    passes: for each pass, `_nearness` along rows and along columns.
    """
    spread = tf.concat([weight * colors, weight], axis=-1)
    for along_both in passes:
        for along in along_both:
            spread = tf.transpose(_along(along, spread), [0, 2, 1, 3])
            spread /= tf.reduce_max(spread[..., 3:], axis=[1, 2, 3], keepdims=True)  # only ratios matter
    return spread[..., :3] / spread[..., 3:]


class _Nearness(typing.NamedTuple):
    """The weights of a row's squares for one another, exp(-distance), in blocks: a far square's weight is a product.

    Blocks have N squares; a row has K. Each array but the first has two halves: one for what comes from the left, one
    for what comes from the right, whose blocks and squares are in reverse order.

    Attributes:
      inside: [B, H, K, N, N], of squares in one block.
      leaving: [2, B, H, K, N], of a square for the first one of the next block.
      entering: [2, B, H, K, N], of a block's first square for the others.
      between: [2, B, H, K, K], of the first square after each block (second K) for that of each later block (first K),
        else 0.
    """

    inside: tf.Tensor
    leaving: tf.Tensor
    entering: tf.Tensor
    between: tf.Tensor


def _nearness(ink):
    """Computes the `_Nearness` of the squares of each row: ink [B, H, W, 1], see `lines`."""
    height, width = ink.shape[1:3]
    at = tf.reshape(positions(ink) / _REACH, [-1, height, width // _BLOCK, _BLOCK])
    inside = tf.exp(-tf.abs(at[..., :, None] - at[..., None, :]))
    at = tf.stack([at, -tf.reverse(at, [2, 3])])
    first = at[..., :1]
    following = tf.concat([first[:, :, :, 1:], at[:, :, :, -1:, -1:]], axis=3)
    between = tf.exp(tf.minimum(tf.linalg.matrix_transpose(following) - first, 0))
    later = np.tri(width // _BLOCK, k=-1, dtype=np.float32)
    return _Nearness(inside, tf.exp(at - following), tf.exp(first - at), later * between)


def _along(near, spread):
    """Adds up what comes to each square from its row's squares: [B, H, W, C] -> [B, H, W, C]."""
    _, height, width, channels = spread.shape
    blocks = tf.reshape(spread, [-1, height, width // _BLOCK, _BLOCK, channels])
    both = tf.stack([blocks, tf.reverse(blocks, [2, 3])])
    leaving = tf.reduce_sum(near.leaving[..., None] * both, axis=4)
    right, left = tf.unstack(near.entering[..., None] * tf.matmul(near.between, leaving)[..., None, :])
    return tf.reshape(tf.matmul(near.inside, blocks) + right + tf.reverse(left, [2, 3]), tf.shape(spread))

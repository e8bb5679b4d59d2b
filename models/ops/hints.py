"""Hints: colors that the user gives at places, as dots or strokes (our choice; the paper has none).

A hint spreads along the lines: every place takes the color of the nearest hint, and ink on the way counts as a long
distance, as in `guided_upsampling`. The confidence falls with the distance. Areas need not be closed: what leaks
through a gap has come a longer way.

Spread hints are float [B, H, W, 4]: RGB in [-1, 1], multiplied by the confidence, then the confidence in [0, 1]. All
are 0 where no hint reaches.
"""

import tensorflow as tf

from data_pipeline.pictures import colors, square
from models.ops import background, guided_upsampling, noise, resize

SQUARE = guided_upsampling.SQUARE  # side in pixels of the squares that hints spread over
# All numbers are our choice, made by looking at real drawings.
_PASSES = 4  # along rows and along columns; so many turns of a curved area can be followed
_REACH, _FLOOR = 64., .05  # confidence D / (D + floor), relative to that of the hint itself; D = exp(-distance / reach)
_SURE = .5  # least confidence with which a hint changes the mask
_BACKGROUND_SHARE = .25  # least share of the background that a hint reaches if the background takes its color
_ALIKE = 2.5 / 127.5  # colors that differ by no more are one color
_MOST_POINTS, _WITHOUT = 30, .3  # the most random hints of a picture, and the share of pictures without any
_CLEAR = .25  # the most ink where a random hint lies
_USE = 2  # of a picture's seeds; dropout has 0 and 1


def from_pixels(pixels):
    """Prepares hints as users give them.

    Args:
      pixels: uint8 [B, S, S, 4], RGB, and alpha: at least 128 where there is a hint.
    Returns:
      float [B, S / 2, S / 2, 4], RGB in [-1, 1] times 1 where there is a hint; and this 1, elsewhere 0. No dot is too
      small: a square with any hint has the mean of its hints.
    """
    given = tf.cast(pixels[..., 3:] >= square.GIVEN, tf.float32)
    color = colors.from_levels(tf.cast(pixels[..., :3], tf.float32))
    mean = resize.shrink(tf.concat([color * given, given], axis=-1), pixels.shape[1] // SQUARE)
    return tf.math.divide_no_nan(mean, mean[..., 3:])


def spread(hints, outline):
    """Spreads hints along the lines.

    Args:
      hints: [B, S / 2, S / 2, 4], see `from_pixels`.
      outline: [B, S, S, 1], ink coverage in [0, 1].
    Returns:
      Spread hints [B, S / 2, S / 2, 4].

    Example:
      >>> hints = tf.tensor_scatter_nd_update(tf.zeros([1, 32, 32, 4]), [[0, 5, 5]], [[1., -1., -1., 1.]])
      >>> spread(hints, tf.zeros([1, 64, 64, 1]))[0, 5, 5].numpy().tolist()
      [1.0, -1.0, -1.0, 1.0]
    """
    side = hints.shape[1]
    lines = guided_upsampling.lines(outline)
    along_rows = guided_upsampling.positions(lines)
    along_columns = guided_upsampling.positions(tf.transpose(lines, [0, 2, 1, 3]))
    distance = tf.where(hints[..., 3] > 0, 0., float('inf'))
    nearest = tf.broadcast_to(tf.reshape(tf.range(side * side), [1, side, side]), tf.shape(distance))
    for _ in range(_PASSES):
        for at in (along_rows, along_columns):
            distance, nearest = _sweep(distance, nearest, at)
            distance, nearest = (tf.transpose(x, [0, 2, 1]) for x in (distance, nearest))
    near = tf.exp(-distance / _REACH)
    confidence = (1 + _FLOOR) * (near / (near + _FLOOR))[..., None]
    color = tf.gather(tf.reshape(hints[..., :3], [-1, side * side, 3]), tf.reshape(nearest, [-1, side * side]),
                      batch_dims=1)
    return tf.concat([confidence * tf.reshape(color, [-1, side, side, 3]), confidence], axis=-1)


def _sweep(distance, nearest, at):
    """Brings hints along each row, to both sides.

    Args:
      distance: [B, H, W], of the nearest hint so far.
      nearest: int [B, H, W], number of this hint's square.
      at: [B, H, W], position of each square in its row, with the ink between.
    Returns:
      (distance, nearest).
    """
    # What comes from the right is reversed, so that it comes from the left, too. Then a distance is a difference.
    start = tf.stack([distance - at, tf.reverse(distance + at, [-1])])
    number = tf.stack([nearest, tf.reverse(nearest, [-1])])
    column = tf.range(at.shape[2])

    def step(reach, start, number):  # of all squares up to `reach` to the left the nearest, then up to twice as far
        other = tf.where(column >= reach, tf.roll(start, reach, axis=-1), float('inf'))
        number = tf.where(other < start, tf.roll(number, reach, axis=-1), number)
        return 2 * reach, tf.minimum(other, start), number

    # As a loop, because XLA would compute every step anew for each of its uses.
    _, start, number = tf.while_loop(lambda reach, *_: reach < at.shape[2], step, (1, start, number))
    left, right = start[0] + at, tf.reverse(start[1], [-1]) - at
    return tf.minimum(left, right), tf.where(left <= right, number[0], tf.reverse(number[1], [-1]))


def lay_over(picture, spread_hints):
    """Lays spread hints over a picture by their confidence: [B, H, W, 3], [B, K, K, 4] -> [B, H, W, 3].

    The hints are brought to the picture's size first.
    """
    size = picture.shape[1]
    side = spread_hints.shape[1]
    spread_hints = resize.enlarge(spread_hints, size) if size > side else resize.shrink(spread_hints, size)
    return picture * (1 - spread_hints[..., 3:]) + spread_hints[..., :3]


def backgrounds(masks, color, spread_hints):
    """Corrects the background where hints tell more.

    The background takes the color of the hint that reaches most of it, if it reaches a quarter. A place that a hint of
    this color reaches becomes background; a place that a hint of another color reaches becomes foreground.

    Args:
      masks: [B, S, S, K], of the background's regions.
      color: [B, 3], the color to paint the background with, `AUTOMATIC` or not.
      spread_hints: [B, S / 2, S / 2, 4].
    Returns:
      (masks, color), corrected.
    """
    hints = resize.enlarge(spread_hints, masks.shape[1])
    mask, sure = background.union(masks), tf.cast(hints[..., 3:] > _SURE, tf.float32)
    hint_color = tf.math.divide_no_nan(hints[..., :3], hints[..., 3:])

    # Of the colors at every eighth pixel, that which most others are like.
    some, some_reached = (x[:, 4::8, 4::8] for x in (hint_color, mask * sure))
    some, some_reached = (tf.reshape(x, [-1, some.shape[1] * some.shape[2], x.shape[-1]]) for x in (some, some_reached))
    apart = tf.reduce_max(tf.abs(some[:, :, None] - some[:, None]), axis=-1)
    alike = tf.reduce_sum(tf.cast(apart <= _ALIKE, tf.float32) * some_reached[:, None, :, 0], axis=-1)
    most = tf.argmax(alike * some_reached[..., 0], axis=-1)
    chosen = tf.gather(some, most, batch_dims=1)[:, None, None]

    is_chosen = sure * tf.cast(tf.reduce_max(tf.abs(hint_color - chosen), axis=-1, keepdims=True) <= _ALIKE, tf.float32)
    total, its = (tf.reduce_sum(x, axis=[1, 2, 3]) for x in (mask, mask * is_chosen))
    decides = (its >= _BACKGROUND_SHARE * total) & (its > 0)
    is_chosen *= tf.cast(decides, tf.float32)[:, None, None, None]
    joining = tf.concat([is_chosen * (1 - mask), tf.zeros_like(masks[..., 1:])], axis=-1)
    return masks * (1 - sure + is_chosen) + joining, tf.where(decides[:, None], chosen[:, 0, 0], color)


def random(seeds, color, outline):
    """Draws hints for training: true colors at random places off the lines.

    Args:
      seeds: int [B, 2], one for each picture.
      color: [B, S, S, 3], the true colors.
      outline: [B, S, S, 1].
    Returns:
      Like `from_pixels`: 1 to 30 points for most pictures, none for the others.
    """
    side = color.shape[1] // SQUARE
    squares = resize.shrink(tf.concat([color, outline], axis=-1), side)
    clear = tf.cast(squares[..., 3:] <= _CLEAR, tf.float32)
    uniform = noise.uniform(seeds, [side * side + 2], use=_USE)
    count = tf.where(uniform[:, :1] < _WITHOUT, 0., tf.math.ceil(uniform[:, 1:2] * _MOST_POINTS))
    # Each square is a hint by chance, so the number of hints varies around the number that was drawn.
    given = clear * tf.reshape(tf.cast(uniform[:, 2:] < count / (side * side), tf.float32), [-1, side, side, 1])
    return tf.concat([given * squares[..., :3], given], axis=-1)

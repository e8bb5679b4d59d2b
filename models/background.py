"""Pure functions on pictures and their backgrounds. Masks are 1 where the background is, hard or soft."""

import tensorflow as tf


def masked_mean(colour, mask):
    """Mean colour over the masked pixels only, not over the whole picture (paper, section 2).

    Args:
      colour: [B, S, S, 3].
      mask: [B, S, S, 1], in [0, 1].
    Returns:
      [B, 1, 1, 3]; black-and-white middle (0) where the mask is empty.
    """
    total = tf.reduce_sum(mask * colour, axis=[1, 2], keepdims=True)
    return total / tf.maximum(tf.reduce_sum(mask, axis=[1, 2], keepdims=True), 1e-6)


def l1(one, other):
    """Mean absolute difference of each picture: [B, S, S, 3] twice -> [B]."""
    return tf.reduce_mean(tf.abs(one - other), axis=[1, 2, 3])


def composite(colour, fill, mask):
    """`fill` on the masked pixels, `colour` on the others. colour [B, S, S, 3], fill [B, 1, 1, 3] or like colour."""
    return (1 - mask) * colour + mask * fill

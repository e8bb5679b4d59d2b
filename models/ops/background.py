"""Functions on pictures and their backgrounds.

A mask is 1 on the background and 0 on the foreground; a soft mask lies between.
"""

import tensorflow as tf

# What may stand for a background: {name: (number of regions, whether a region's color is a linear gradient)}.
MODELS = {'mean': (1, False), 'plane': (1, True), 'regions': (3, False)}
_RIDGE = 1e-4  # added to the variance of positions, so that too few pixels give no gradient


def masked_mean(color, mask):
    """Computes the mean color of the masked pixels: sum(mask * color) / sum(mask) (paper, section 2).

    Args:
      color: [B, S, S, C].
      mask: [B, S, S, 1], in [0, 1].
    Returns:
      [B, 1, 1, C]; 0, the middle gray, where the mask is empty.
    """
    total = tf.reduce_sum(mask * color, axis=[1, 2], keepdims=True)
    return total / tf.maximum(tf.reduce_sum(mask, axis=[1, 2], keepdims=True), 1e-6)


def masked_median(color, mask):
    """Computes the weighted median of each channel, with the mask as weights.

    Our choice for the background of a *sample*, which may hold a few wrong colors. They make a mean dull, but do not
    change a median.

    Args:
      color: [B, S, S, C].
      mask: [B, S, S, 1], in [0, 1].
    Returns:
      [B, 1, 1, C]; 0 where the mask is empty.
    """
    channels = color.shape[-1]
    values = tf.reshape(tf.transpose(color, [0, 3, 1, 2]), [-1, channels, color.shape[1] * color.shape[2]])
    weights = tf.repeat(tf.reshape(mask, [-1, 1, values.shape[-1]]), channels, axis=1)
    order = tf.argsort(values, axis=-1)
    values, weights = (tf.gather(x, order, batch_dims=2) for x in (values, weights))
    reached = tf.cumsum(weights, axis=-1)
    below = tf.cast(reached < reached[..., -1:] / 2, tf.int32)  # number of pixels before the middle one
    median = tf.gather(values, tf.reduce_sum(below, axis=-1), batch_dims=2)
    return tf.where(reached[..., -1] > 0, median, 0.)[:, None, None]


def masked_plane(color, mask):
    """Fits a linear gradient to the colors of the masked pixels, by weighted least squares in closed form.

    Our choice for backgrounds that one mean cannot stand for, which the study names as a limit.

    Args:
      color: [B, S, S, 3].
      mask: [B, S, S, 1], in [0, 1].
    Returns:
      [B, S, S, 3], also outside the mask. Where the masked pixels do not determine a gradient, it is their mean color.
    """
    size = color.shape[1]
    line = tf.linspace(-1., 1., size)
    at = tf.stack(tf.meshgrid(line, line), axis=-1)[None]  # [1, S, S, 2]: x, y
    mean = masked_mean(color, mask)
    away = at - masked_mean(at, mask)
    x, y = tf.split(away, 2, axis=-1)
    xx, yy = (masked_mean(axis * axis, mask) + _RIDGE for axis in (x, y))
    xy = masked_mean(x * y, mask)
    xc, yc = (masked_mean(axis * (color - mean), mask) for axis in (x, y))
    determinant = xx * yy - xy * xy
    return mean + ((yy * xc - xy * yc) * x + (xx * yc - xy * xc) * y) / determinant


def fill(color, masks, model, center=masked_mean):
    """Computes what a background model shows on the background.

    Args:
      color: [B, S, S, 3]. Only the masked pixels count.
      masks: [B, S, S, K], of the background's regions, in [0, 1].
      model: one of `MODELS`, with K regions.
      center: function like `masked_mean` that gives the color of a region without a gradient.
    Returns:
      [B, S, S, 3]: the sum over the regions of the region's color or gradient times its mask.
    """
    fit = masked_plane if MODELS[model][1] else center
    return tf.add_n([mask * fit(color, mask) for mask in tf.split(masks, masks.shape[-1], axis=-1)])


def union(masks):
    """Joins the masks of the background's regions: [B, S, S, K] -> [B, S, S, 1]."""
    return tf.reduce_sum(masks, axis=-1, keepdims=True)


def composite(color, filled, masks):
    """Shows `color` on the foreground and `filled` on the background.

    Args:
      color: [B, S, S, 3].
      filled: [B, S, S, 3], already multiplied by the masks, as `fill` returns it.
      masks: [B, S, S, K], of the background's regions.
    Returns:
      [B, S, S, 3].
    """
    return (1 - union(masks)) * color + filled


def l1(one, other):
    """Computes the mean absolute difference of each pair of pictures: [B, S, S, 3] twice -> [B]."""
    return tf.reduce_mean(tf.abs(one - other), axis=[1, 2, 3])


def intersection_over_union(mask, truth):
    """Computes the intersection over union of hard masks: [B, S, S, 1] twice -> [B]; 1 where both are empty."""
    both = tf.reduce_sum(tf.minimum(mask, truth), axis=[1, 2, 3])
    either = tf.reduce_sum(tf.maximum(mask, truth), axis=[1, 2, 3])
    return tf.math.divide_no_nan(both, either) + tf.cast(either == 0, tf.float32)

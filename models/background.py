"""Pure functions on pictures and their backgrounds. Masks are 1 where the background is, hard or soft."""

import tensorflow as tf

# Background models: (regions, whether a region's colour is a linear gradient).
MODELS = {'mean': (1, False), 'plane': (1, True), 'regions': (3, False)}
_RIDGE = 1e-4  # of the variance of positions: what a gradient must have to be believed


def masked_mean(colour, mask):
    """Mean colour over the masked pixels only, not over the whole picture (paper, section 2).

    Args:
      colour: [B, S, S, C].
      mask: [B, S, S, 1], in [0, 1].
    Returns:
      [B, 1, 1, C]; 0 where the mask is empty, which for colours is the middle grey.
    """
    total = tf.reduce_sum(mask * colour, axis=[1, 2], keepdims=True)
    return total / tf.maximum(tf.reduce_sum(mask, axis=[1, 2], keepdims=True), 1e-6)


def masked_median(colour, mask):
    """Median of each channel over the masked pixels, each counted by its mask.

    Our choice for the background of a *sample*, in which a few other colours have strayed: a mean is duller than any.

    Args and returns: as of `masked_mean`; 0 where the mask is empty.
    """
    channels = colour.shape[-1]
    values = tf.reshape(tf.transpose(colour, [0, 3, 1, 2]), [-1, channels, colour.shape[1] * colour.shape[2]])
    weights = tf.repeat(tf.reshape(mask, [-1, 1, values.shape[-1]]), channels, axis=1)
    order = tf.argsort(values, axis=-1)
    values, weights = (tf.gather(x, order, batch_dims=2) for x in (values, weights))
    reached = tf.cumsum(weights, axis=-1)
    below = tf.cast(reached < reached[..., -1:] / 2, tf.int32)  # pixels before the one in the middle
    median = tf.gather(values, tf.reduce_sum(below, axis=-1), batch_dims=2)
    return tf.where(reached[..., -1] > 0, median, 0.)[:, None, None]


def masked_plane(colour, mask):
    """The linear gradient closest to the colours of the masked pixels: weighted least squares in closed form.

    Our answer to backgrounds that one mean cannot stand for, a limit the study names.

    Args:
      colour: [B, S, S, 3].
      mask: [B, S, S, 1], in [0, 1].
    Returns:
      [B, S, S, 3], also beyond the mask; the mean colour where the masked pixels do not determine a gradient.
    """
    size = colour.shape[1]
    line = tf.linspace(-1., 1., size)
    at = tf.stack(tf.meshgrid(line, line), axis=-1)[None]  # [1, S, S, 2]: x, y
    mean = masked_mean(colour, mask)
    away = at - masked_mean(at, mask)
    x, y = tf.split(away, 2, axis=-1)
    xx, yy = (masked_mean(axis * axis, mask) + _RIDGE for axis in (x, y))
    xy = masked_mean(x * y, mask)
    xc, yc = (masked_mean(axis * (colour - mean), mask) for axis in (x, y))
    determinant = xx * yy - xy * xy
    return mean + ((yy * xc - xy * yc) * x + (xx * yc - xy * xc) * y) / determinant


def fill(colour, masks, model, centre=masked_mean):
    """What a background model puts on the background pixels.

    Args:
      colour: [B, S, S, 3], of which it knows the background pixels only.
      masks: [B, S, S, K], of the background's regions, in [0, 1].
      model: one of `MODELS`, with K regions.
      centre: the one colour of a region that has no gradient, as a function like `masked_mean`.
    Returns:
      [B, S, S, 3]: each region's colour or gradient times its mask, summed over the regions.
    """
    fit = masked_plane if MODELS[model][1] else centre
    return tf.add_n([mask * fit(colour, mask) for mask in tf.split(masks, masks.shape[-1], axis=-1)])


def union(masks):
    """The whole background: masks of its regions [B, S, S, K] -> [B, S, S, 1]."""
    return tf.reduce_sum(masks, axis=-1, keepdims=True)


def composite(colour, filled, masks):
    """`colour` [B, S, S, 3] on the foreground, what `fill` gave on the background. masks: [B, S, S, K]."""
    return (1 - union(masks)) * colour + filled


def l1(one, other):
    """Mean absolute difference of each picture: [B, S, S, 3] twice -> [B]."""
    return tf.reduce_mean(tf.abs(one - other), axis=[1, 2, 3])


def intersection_over_union(mask, truth):
    """Of hard masks: [B, S, S, 1] twice -> [B]; 1 where both are empty."""
    both = tf.reduce_sum(tf.minimum(mask, truth), axis=[1, 2, 3])
    either = tf.reduce_sum(tf.maximum(mask, truth), axis=[1, 2, 3])
    return tf.math.divide_no_nan(both, either) + tf.cast(either == 0, tf.float32)

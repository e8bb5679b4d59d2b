"""Random numbers of training: each picture's follow from its own seed, however a batch is divided over devices."""

import tensorflow as tf


def uniform(seeds, shape, use=0):
    """Uniform numbers in [0, 1) for each picture.

    Args:
      seeds: int [B, 2].
      shape: of a picture's numbers.
      use: another number for each use of the same seeds.
    Returns:
      float32 [B, *shape].
    """
    return for_each(lambda seed: tf.random.stateless_uniform(shape, seed, alg='philox'), seeds, use)


def for_each(draw, seeds, use, *inputs):
    """Calls draw(seed, *inputs of the picture) for each picture and stacks the float32 results."""
    return tf.map_fn(lambda args: draw(tf.random.fold_in(args[0], use), *args[1:]), (seeds, *inputs),
                     fn_output_signature=tf.float32)


def dropout(x, rate, seeds, use):
    """Dropout with the picture's own noise: [B, ...] -> the same. Without seeds, as outside training, nothing drops."""
    if seeds is None or not rate:
        return x
    kept = tf.cast(uniform(seeds, x.shape[1:], use) >= rate, x.dtype)
    return x * kept / (1 - rate)

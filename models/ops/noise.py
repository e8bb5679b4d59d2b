"""Random numbers of training. A picture's numbers follow from its own seed, on any number of devices.

With XLA the numbers differ: its Philox generator is not TensorFlow's.
"""

import tensorflow as tf


def uniform(seeds, shape, use=0):
    """Draws uniform numbers in [0, 1) for each picture.

    Args:
      seeds: int [B, 2].
      shape: shape of one picture's numbers.
      use: number of the use of these seeds; each use gives other numbers.
    Returns:
      float32 [B, *shape].
    """
    return map_with_seeds(lambda seed: tf.random.stateless_uniform(shape, seed, alg='philox'), seeds, use)


def map_with_seeds(draw, seeds, use, *inputs):
    """Calls `draw(seed, *inputs of the picture)` for each picture.

    Args:
      draw: function of an int [2] seed and one picture's inputs, returns a float32 tensor.
      seeds, use: see `uniform`.
      inputs: tensors [B, ...].
    Returns:
      float32 [B, ...], the results.
    """
    return tf.map_fn(lambda args: draw(tf.random.fold_in(args[0], use, 'philox'), *args[1:]), (seeds, *inputs),
                     fn_output_signature=tf.float32)


def dropout(x, rate, seeds, use):
    """Applies dropout with each picture's own noise.

    Args:
      x: [B, ...].
      rate: share of the numbers that are dropped.
      seeds: int [B, 2], or None: nothing is dropped.
      use: see `uniform`.
    Returns:
      [B, ...].
    """
    if seeds is None or not rate:
        return x
    kept = tf.cast(uniform(seeds, x.shape[1:], use) >= rate, x.dtype)
    return x * kept / (1 - rate)

"""Computes a batch picture by picture, so that no picture's result depends on its batch, to the last bit."""

import tensorflow as tf


def map_pictures(function, *inputs, whole=False):
    """Applies a function of batches to each picture alone.

    TensorFlow's kernels sum in another order at another batch size. A sampler compares the results with random numbers,
    so a difference in the last bit may give another picture.

    Args:
      function: takes tensors [1, ...], returns a float32 tensor [1, ...] or a dict of such tensors.
      inputs: tensors [B, ...].
      whole: whether to apply the function to the whole batch after all. On a GPU or a TPU this is much faster.
    Returns:
      What `function` returns, [B, ...].
    """

    if whole:
        return function(*inputs)

    def one(pictures):
        return tf.nest.map_structure(lambda result: result[0], function(*(picture[None] for picture in pictures)))

    pictures = [tf.TensorSpec(x.shape[1:], x.dtype) for x in inputs]
    traced = tf.function(one, autograph=False).get_concrete_function(pictures)
    specs = tf.nest.map_structure(lambda result: tf.TensorSpec(result.shape, result.dtype), traced.structured_outputs)
    return tf.map_fn(traced, list(inputs), fn_output_signature=specs)

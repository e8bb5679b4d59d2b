"""Batches whose pictures do not touch one another, to the last bit."""

import tensorflow as tf


def one_by_one(function, *inputs):
    """Applies a function of batches to one picture after the other.

    TensorFlow's kernels add up in another order in another batch size, and a sampler that compares what they give with
    random numbers may then draw another picture.

    Args:
      function: of tensors [1, ...] to a float32 tensor [1, ...] or a dict of such.
      inputs: [B, ...] each.
    Returns:
      What `function` returns, [B, ...].
    """

    def one(pictures):
        return tf.nest.map_structure(lambda result: result[0], function(*(picture[None] for picture in pictures)))

    pictures = [tf.TensorSpec(x.shape[1:], x.dtype) for x in inputs]
    results = tf.function(one, autograph=False).get_concrete_function(pictures).structured_outputs
    specs = tf.nest.map_structure(lambda result: tf.TensorSpec(result.shape, result.dtype), results)
    return tf.map_fn(one, list(inputs), fn_output_signature=specs)

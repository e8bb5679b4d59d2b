"""Polyak average of a network's weights, for evaluation and sampling (PixelCNN++, section 3)."""

import contextlib

import tensorflow as tf

DECAY = 0.9995


class PolyakAverage:
    """Exponential average of variables. No part of the model whose variables they are, nor saved with it.

    Args:
      variables: what to average.
      step: integer variable that counts the updates; in the first ones the average follows more closely.
    """

    def __init__(self, variables, step):
        self._averaged, self._step = variables, step
        # Each replica keeps the same average by itself.
        self.variables = [tf.Variable(v, trainable=False, synchronization=tf.VariableSynchronization.ON_READ,
                                      aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA) for v in variables]

    def update(self):
        step = tf.cast(self._step, tf.float32)
        decay = tf.minimum(DECAY, (1 + step) / (10 + step))
        for average, variable in zip(self.variables, self._averaged, strict=True):
            average.assign_sub((1 - decay) * (average - variable))

    @contextlib.contextmanager
    def applied(self):
        """The average in the place of the weights, within a `with` block."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def swap(self):
        """Exchanges the average and the weights: once to use the average, once more to go on training."""
        for average, variable in zip(self.variables, self._averaged, strict=True):
            kept = tf.identity(variable)
            variable.assign(average)
            average.assign(kept)

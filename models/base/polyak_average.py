"""Polyak average of a network's weights, for evaluation and sampling (PixelCNN++, 1701.05517, section 3)."""

import contextlib

import tensorflow as tf

DECAY = 0.9995


class PolyakAverage:
    """Exponential moving average of variables. It is not part of their model, and not saved with it.

    Args:
      variables: the variables to average.
      step: integer variable that counts the updates. The average follows faster in the first updates.

    Example:
      >>> variable = tf.Variable(1.)
      >>> average = PolyakAverage([variable], step=tf.Variable(100))
      >>> with average.applied():
      ...     variable.numpy()
      np.float32(1.0)
    """

    def __init__(self, variables, step):
        self._averaged = list(variables)
        self._average = tf.train.ExponentialMovingAverage(DECAY, num_updates=step)
        self._average.apply(self._averaged)  # creates the averages
        self.variables = [self._average.average(variable) for variable in self._averaged]

    def update(self):
        """Moves the averages towards the variables' present values."""
        self._average.apply(self._averaged)

    @contextlib.contextmanager
    def applied(self):
        """Puts the averages in place of the variables, within a `with` block."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def swap(self):
        """Exchanges the averages and the variables. A second call undoes the first."""
        for average, variable in zip(self.variables, self._averaged, strict=True):
            kept = tf.identity(variable)
            variable.assign(average)
            average.assign(kept)

"""Diagonal BiLSTM (PixelRNN, 1601.06759, section 3.2): states follow from two neighbors, in two directions.

The left direction sees what is above and to the left of a pixel. The right direction sees what is above and to the
right of it; it is moved a row down, because its own row there is not known yet. Together they see all before X:

    l l l b r r r r r    l: the left direction
    l l l b r r r r -    r: the right direction
    l l l X . . . . .    b: both
    . . . . . . . . .    . and -: neither

The last pixel of the row above, "-", is missing if it is out of the reach of the first layer (3 pixels). This follows
from the published layers: mask A hides it from its own features, and there are none to its right. The next row sees it.

Training computes a diagonal at a time, on a map whose row i is moved i places to the right, so that the pixels of a
diagonal are a column; the right direction has the mirrored map:

    0 1 2 3              0 1 2 3 . .      input-to-state, for all pixels at once:
    1 2 3 4    skewed:   . 1 2 3 4 .          gates[i, j] = kernel x[i, j] + condition[i, j]
    2 3 4 5              . . 2 3 4 5      for each column of the skewed map:
                                              gates[i, j] += kernel hidden[i, j-1] + kernel hidden[i-1, j]
    (numbers: order of computing)             hidden[i, j], cell[i, j] = lstm(gates[i, j], cell[i, j-1])

Sampling computes the left direction pixel by pixel. When a row is complete, it computes the right direction of this
row, from right to left, for the pixels of the next row.
"""

import tensorflow as tf
import tf_keras as keras

from models.low_res_colorizer import pixel_rnn
from models.low_res_colorizer.context_network import PixelDense, shift
from models.ops import noise


def skew(x):
    """Moves row i by i places to the right, 0 elsewhere: [B, H, W, F] -> [B, H, W + H - 1, F]."""
    height, width, features = x.shape[1:]
    rows = tf.pad(x, [[0, 0], [0, 0], [0, height], [0, 0]])
    flat = tf.reshape(rows, [-1, height * (width + height), features])
    return tf.reshape(flat[:, :-height], [-1, height, width + height - 1, features])  # each row ends a place sooner


def unskew(x):
    """Undoes `skew`: [B, H, W + H - 1, F] -> [B, H, W, F]."""
    height, skewed, features = x.shape[1:]
    flat = tf.pad(tf.reshape(x, [-1, height * skewed, features]), [[0, 0], [0, height], [0, 0]])
    return tf.reshape(flat, [-1, height, skewed + 1, features])[:, :, :skewed + 1 - height]


class DiagonalLSTM(keras.layers.Layer):
    """The left direction of a layer.

    Args:
      units: h.

    Example:
      >>> DiagonalLSTM(units=4)(tf.zeros([1, 12, 12, 8]), tf.zeros([1, 12, 12, 3])).shape
      TensorShape([1, 12, 12, 4])
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self._input = PixelDense(4 * units, name='input_to_state')
        self._above, self._before, self.condition = (
            keras.layers.Dense(4 * units, use_bias=False, name=name) for name in ('above', 'before', 'condition'))

    def call(self, x, condition):
        """Computes the hidden states of all pixels, a diagonal at a time.

        Args:
          x: [B, H, W, 2 h].
          condition: [B, H, W, C].
        Returns:
          [B, H, W, h].
        """
        gates = skew(self.gates(x, self.condition(condition)))

        def step(state, gates):  # [B, H, ...]
            return self.step(state, gates + self.from_above(shift(state[0], axis=1)))

        # Gates are 0 beside the picture, and so are the states there that come before the picture's.
        hidden, _ = tf.scan(step, tf.transpose(gates, [2, 0, 1, 3]),
                            self.states([tf.shape(x)[0], x.shape[1]], gates.dtype))
        return unskew(tf.transpose(hidden, [1, 2, 0, 3]))

    def states(self, shape, dtype):
        """Hidden and cell states that are 0: [*shape, h]."""
        return tf.zeros([*shape, self.units], dtype), tf.zeros([*shape, self.units])

    def gates(self, x, others):
        """Adds input-to-state to the other parts of the gates: [..., 2 h], [..., 4 h] -> [..., 4 h]."""
        return self._input(x) + others

    def from_above(self, hidden):
        """State-to-state from the pixels above: [..., h] -> [..., 4 h]."""
        return self._above(hidden)

    def step(self, state, gates):
        """Adds state-to-state from the pixels before, in the row, and takes the step of the LSTM.

        Args:
          state: (hidden, cell), states [..., h] of the pixels before.
          gates: [..., 4 h], all other parts.
        Returns:
          The states of the pixels.
        """
        hidden, cell = state
        return pixel_rnn.lstm(gates + self._before(hidden), cell)


class DiagonalBiLSTMLayer(keras.layers.Layer):
    """One layer: both directions.

    Args:
      units: h of each direction.
      dropout: dropout rate on the input, but not on the residual connection.

    Example:
      >>> DiagonalBiLSTMLayer(units=4)(tf.zeros([1, 12, 12, 8]), tf.zeros([1, 12, 12, 3])).shape
      TensorShape([1, 12, 12, 8])
    """

    def __init__(self, units, dropout=0., **kwargs):
        super().__init__(**kwargs)
        self._dropout = dropout
        self._left, self._right = DiagonalLSTM(units, name='left'), DiagonalLSTM(units, name='right')
        self._out = PixelDense(2 * units, name='out')

    def call(self, x, condition, seeds=None):
        """Computes all pixels; see `RowLSTMLayer.call`."""
        seen = noise.dropout(x, self._dropout, seeds, use=0)
        right = self._right(tf.reverse(seen, [2]), tf.reverse(condition, [2]))
        return x + self._out(self._left(seen, condition) + shift(tf.reverse(right, [2]), axis=1))

    def conditions(self, condition):
        """The condition's part of the gates: [B, H, W, C] -> [B, H, W, 4 h] for each direction."""
        return self._left.condition(condition), self._right.condition(condition)

    def above(self, batch, width, dtype):
        """The hidden states of both directions above the first row: [B, W, h] each."""
        return tuple(direction.states([batch, width], dtype)[0] for direction in (self._left, self._right))

    def left(self, batch, dtype):
        """The states of the left direction to the left of a row: [B, h]."""
        return self._left.states([batch], dtype)

    def kept(self, dtype):
        """The input of each pixel, and its hidden state in the left direction."""
        return tf.TensorSpec([2 * self._left.units], dtype), tf.TensorSpec([self._left.units], dtype)

    def row(self, above, given):
        """From above: the gates of the left direction [B, W, 4 h], and the hidden states of the right one [B, W, h]."""
        return given[0] + self._left.from_above(above[0]), above[1]

    def pixel(self, x, left, here):
        """Computes one pixel: input [B, 2 h], states of the left pixel, the pixel of `row` -> output, states, kept."""
        gates, right = here
        left = self._left.step(left, self._left.gates(x, gates))
        return x + self._out(left[0] + right), left, (x, left[0])

    def complete(self, kept, above, given):
        """The hidden states [B, W, h] of the complete row; those of the right direction are computed now."""
        x, hidden = kept
        gates = self._right.gates(x, given[1] + self._right.from_above(above[1]))
        right, _ = tf.scan(self._right.step, tf.transpose(gates, [1, 0, 2]), self._right.states(
            [tf.shape(x)[0]], gates.dtype), reverse=True)
        return hidden, tf.transpose(right, [1, 0, 2])


class DiagonalBiLSTM(pixel_rnn.PixelRNN):
    """The network of Diagonal BiLSTM layers. Its arguments are those of `PixelRNN`; each direction has `units`.

    Example:
      >>> network = DiagonalBiLSTM(layers=2, units=4, hidden=16, outputs=5)
      >>> network(picture=tf.zeros([1, 12, 12, 3]), condition=tf.zeros([1, 12, 12, 4])).shape
      TensorShape([1, 12, 12, 5])
    """

    LAYER = DiagonalBiLSTMLayer

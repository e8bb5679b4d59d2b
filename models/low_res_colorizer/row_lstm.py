"""Row LSTM (PixelRNN, 1601.06759, section 3.1): the state of a pixel follows from those of the row above.

What X sees is a triangle, which is wider by one pixel to each side with each row above. It begins with what the first
layer reaches (3 pixels to each side), and each layer adds one pixel to the left. X does not see all pixels before it:

    . . v v v v v v v . .    v: seen
    . . . v v v v v . . .    .: not seen
    . . . . v v X . . . .
    . . . . . . . . . . .    (here: one layer, and a first layer that reaches 1 pixel)

Training computes a row at a time:

    input-to-state, for all pixels at once:  gates[i, j] = kernel * x[i, j-1 .. j] + condition[i, j]      (mask B)
    for each row i:
        gates[i, j] += kernel * hidden[i-1, j-1 .. j+1]                                      state-to-state
        hidden[i, j], cell[i, j] = lstm(gates[i, j], cell[i-1, j])

The order is that of sampling, too, but there input-to-state follows pixel by pixel.
"""

import tensorflow as tf
import tf_keras as keras

from models.low_res_colorizer import pixel_rnn
from models.low_res_colorizer.context_network import PixelDense, shift
from models.ops import noise


class RowLSTMLayer(keras.layers.Layer):
    """One layer, with kernels three pixels wide (1601.06759, table 1). Of the input's kernel, mask B leaves two.

    Args:
      units: h.
      dropout: dropout rate on the input, but not on the residual connection.

    Example:
      >>> RowLSTMLayer(units=4)(tf.zeros([1, 12, 12, 8]), tf.zeros([1, 12, 12, 3])).shape
      TensorShape([1, 12, 12, 8])
    """

    def __init__(self, units, dropout=0., **kwargs):
        super().__init__(**kwargs)
        self._units, self._dropout = units, dropout
        self._input = PixelDense(4 * units, name='input_to_state')  # over two taps: the left pixel, the pixel itself
        self._state = keras.layers.Dense(4 * units, use_bias=False, name='state_to_state')  # over three taps
        self._condition = keras.layers.Dense(4 * units, use_bias=False, name='condition')
        self._out = PixelDense(2 * units, name='out')

    def call(self, x, condition, seeds=None):
        """Computes all pixels, a row at a time.

        Args:
          x: [B, H, W, 2 h].
          condition: [B, H, W, C].
          seeds: int [B, 2], one for each picture, which turn dropout on; or None.
        Returns:
          [B, H, W, 2 h].
        """
        seen = noise.dropout(x, self._dropout, seeds, use=0)
        gates = self._input(tf.concat([shift(seen, axis=2), seen], axis=-1)) + self.conditions(condition)
        above = self.above(tf.shape(x)[0], x.shape[2], gates.dtype)
        hidden, _ = tf.scan(lambda above, gates: pixel_rnn.lstm(*self.row(above, gates)),
                            tf.transpose(gates, [1, 0, 2, 3]), above)
        return x + self._out(tf.transpose(hidden, [1, 0, 2, 3]))

    def conditions(self, condition):
        """The condition's part of the gates: [B, H, W, C] -> [B, H, W, 4 h]."""
        return self._condition(condition)

    def above(self, batch, width, dtype):
        """The states above the first row: hidden and cell state [B, W, h]."""
        return tf.zeros([batch, width, self._units], dtype), tf.zeros([batch, width, self._units])

    def left(self, batch, dtype):
        """The input to the left of a row: [B, 2 h]."""
        return tf.zeros([batch, 2 * self._units], dtype)

    def kept(self, dtype):
        """The hidden and the cell state of each pixel."""
        return tf.TensorSpec([self._units], dtype), tf.TensorSpec([self._units])

    def row(self, above, gates):
        """Adds state-to-state to the gates of a row.

        Args:
          above: (hidden, cell), states [B, W, h] of the row above.
          gates: [B, W, 4 h], the other parts.
        Returns:
          (gates [B, W, 4 h], cell states [B, W, h] of the row above).
        """
        hidden, cell = above
        padded = tf.pad(hidden, [[0, 0], [1, 1], [0, 0]])
        taps = tf.concat([padded[:, k:k + hidden.shape[1]] for k in range(3)], axis=-1)
        return gates + self._state(taps), cell

    def pixel(self, x, left, here):
        """Computes one pixel: input [B, 2 h], that of the left pixel, the pixel of `row` -> output, x, states."""
        gates, cell = here
        hidden, cell = pixel_rnn.lstm(self._input(tf.concat([left, x], axis=-1)) + gates, cell)
        return x + self._out(hidden), x, (hidden, cell)

    def complete(self, kept, above, given):
        """The states [B, W, h] of the complete row are those above the next one."""
        del above, given
        return kept


class RowLSTM(pixel_rnn.PixelRNN):
    """The network of Row LSTM layers. Its arguments are those of `PixelRNN`.

    Example:
      >>> network = RowLSTM(layers=2, units=4, hidden=16, outputs=5)
      >>> network(picture=tf.zeros([1, 12, 12, 3]), condition=tf.zeros([1, 12, 12, 4])).shape
      TensorShape([1, 12, 12, 5])
    """

    LAYER = RowLSTMLayer

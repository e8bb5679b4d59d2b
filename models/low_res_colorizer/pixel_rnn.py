"""What Row LSTM and Diagonal BiLSTM share (PixelRNN, 1601.06759): the first layer, the LSTM, the order of the layers.

    picture -> 7x7, mask A -> LSTM layer -> ... -> LSTM layer -> two 1x1 layers -> parameters     (table 1)

    LSTM layer, with h units, over a map of 2 h features:                                         (figure 4)

        2 h --+--> input-to-state --> gates --> LSTM --> h --> 1x1 --+--> 2 h
              |                         ^                            |
              |      condition, state-to-state                       |
              +------------------------------------------------------+  residual connection

The condition enters the gates of every layer (our choice, as in the gated PixelCNN; PixelRNN has none). Dropout on the
layers' inputs, but not on the residual connection, is our choice, too.
"""

import tensorflow as tf
import tf_keras as keras

from models.low_res_colorizer import context_network
from models.low_res_colorizer.context_network import REACH, PixelDense


def lstm(gates, cell):
    """Takes one step of an LSTM (1601.06759, equation 3). The forget gate's bias begins at 1 (our choice).

    Args:
      gates: [..., 4 h], the output, forget, input and content gates before their nonlinearities.
      cell: float32 [..., h], the cell state. Half precision would lose what it gathers over many steps.
    Returns:
      (hidden state [..., h] of the type of `gates`, cell state float32 [..., h]).
    """
    output, forget, entry, content = tf.split(tf.cast(gates, tf.float32), 4, axis=-1)
    cell = tf.sigmoid(forget + 1) * cell + tf.sigmoid(entry) * tf.tanh(content)
    return tf.cast(tf.sigmoid(output) * tf.tanh(cell), gates.dtype), cell


class MaskedConvolution(keras.layers.Layer):
    """The first layer: a 7x7 convolution that does not see the pixel itself and later ones (mask A).

    Args:
      features: number of features of each pixel.

    Example:
      >>> MaskedConvolution(features=8)(tf.zeros([1, 12, 12, 3])).shape
      TensorShape([1, 12, 12, 8])
    """

    def __init__(self, features, **kwargs):
        super().__init__(**kwargs)
        self._above = keras.layers.Conv2D(features, (REACH, 2 * REACH + 1), use_bias=False, name='above')
        self._left = PixelDense(features, name='left')  # over the taps of a 1 x REACH kernel

    def call(self, picture):
        """Computes all pixels at once: [B, H, W, 3] -> [B, H, W, F]."""
        height, width = picture.shape[1:3]
        padded = tf.pad(picture, [[0, 0], [REACH, 0], [REACH, REACH], [0, 0]])
        taps = tf.concat([padded[:, REACH:, k:k + width] for k in range(REACH)], axis=-1)
        return self.pixels(taps, self.rows(padded[:, :REACH + height - 1]))

    def rows(self, padded):
        """Applies the part above the pixels: [B, REACH - 1 + rows, W + 2 REACH, 3] -> [B, rows, W, F]."""
        return self._above(padded)

    def pixels(self, window, above):
        """Adds the part to the left: [..., REACH * 3], [..., F] -> [..., F]."""
        return self._left(window) + above


class PixelRNN(context_network.ContextNetwork):
    """A masked 7x7 convolution and several LSTM layers, then two 1x1 layers.

    A subclass has `LAYER`, the class of an LSTM layer. It has `call`, and the methods of `ContextNetwork` that sample,
    for one layer.

    Args:
      layers: number of LSTM layers.
      units: h, units of an LSTM.
      hidden, outputs: see `ContextNetwork`.
      dropout: dropout rate in the LSTM layers.

    Example:
      >>> from models.low_res_colorizer.row_lstm import RowLSTM
      >>> network = RowLSTM(layers=1, units=4, hidden=16, outputs=5)
      >>> network(picture=tf.zeros([1, 12, 12, 3]), condition=tf.zeros([1, 12, 12, 4])).shape
      TensorShape([1, 12, 12, 5])
    """

    def __init__(self, layers, units, hidden, outputs, dropout=0., **kwargs):
        lstms = [self.LAYER(units, dropout, name=f'layer{k}') for k in range(layers)]
        super().__init__([MaskedConvolution(2 * units, name='first'), *lstms], hidden, outputs, **kwargs)

    def call(self, picture, condition, seeds=None):
        """Computes the parameters of every pixel's distribution, given the pixels before it.

        Args:
          picture: [B, H, W, 3] in [-1, 1].
          condition: [B, H, W, C].
          seeds: int [B, 2], one for each picture, which turn dropout on; or None.
        Returns:
          [B, H, W, outputs].
        """
        first, *layers = self._blocks
        x = first(picture)
        for number, layer in enumerate(layers):
            x = layer(x, condition, context_network.of_block(seeds, number))
        return self._pixel_parameters(x)

    def _conditions(self, condition):
        return [layer.conditions(condition) for layer in self._blocks[1:]]

    def _above(self, batch, width, dtype):
        colors = tf.zeros([batch, REACH, width + 2 * REACH, 3], dtype)
        return colors, [layer.above(batch, width, dtype) for layer in self._blocks[1:]]

    def _left(self, batch, dtype):
        return [layer.left(batch, dtype) for layer in self._blocks[1:]]

    def _kept(self, dtype):
        return [layer.kept(dtype) for layer in self._blocks[1:]]

    def _row(self, above, given):
        first, *layers = self._blocks
        colors, states = above
        return first.rows(colors)[:, 0], [layer.row(*both) for layer, *both in zip(layers, states, given, strict=True)]

    def _pixel(self, window, left, here):
        first, *layers = self._blocks
        from_above, here = here
        x, after, kept = first.pixels(window, from_above), [], []
        for layer, *its in zip(layers, left, here, strict=True):
            x, its_left, its_kept = layer.pixel(x, *its)
            after.append(its_left)
            kept.append(its_kept)
        return x, after, kept

    def _complete(self, painted, kept, above, given):
        colors, states = above
        painted = tf.pad(painted, [[0, 0], [REACH, REACH], [0, 0]])[:, None]
        return tf.concat([colors[:, 1:], painted], axis=1), [
            layer.complete(*its) for layer, *its in zip(self._blocks[1:], kept, states, given, strict=True)]

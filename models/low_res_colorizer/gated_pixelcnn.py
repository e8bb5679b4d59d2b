"""Conditional gated PixelCNN (1606.05328): its layers, the parallel pass of training, and the cached sampler.

Two stacks together see every pixel before (i, j) in raster order, without a blind spot, and no other pixel:

    v v v v v v v
    v v v v v v v    v: the vertical stack sees all rows above
    h h h X . . .    h: the horizontal stack sees this row to the left of X
    . . . . . . .    .: neither stack sees these pixels

The vertical stack feeds the horizontal one, shifted down by one row, because it also sees its own row.

Sampling runs the same layers on windows (see `context_network`):

    for each row:
        for each pixel of the row:  horizontal stack on the pixel's window -> draw the pixel
        the row is complete:        vertical stack on this row and the `reach` rows above, which are kept
"""

import tensorflow as tf
import tf_keras as keras

from models.low_res_colorizer import context_network
from models.low_res_colorizer.context_network import REACH, PixelDense, shift
from models.ops import noise


def gate(x):
    """Multiplies tanh of one half of the channels by sigmoid of the other half (1606.05328, equation 2)."""
    value, opening = tf.split(x, 2, axis=-1)
    return tf.tanh(value) * tf.sigmoid(opening)


class GatedBlock(keras.layers.Layer):
    """One layer of both stacks.

    Args:
      filters: features F of each stack.
      kernel: odd width of the unmasked kernel. The layer reaches kernel // 2 pixels to each side.
      mask: 'A' for the first layer, whose horizontal stack does not see the pixel itself; 'B' for the others.
      dropout: dropout rate on the inputs of both stacks' kernels ('B' only), not on the residual connection.

    Example:
      >>> block, x = GatedBlock(filters=8, kernel=5, mask='B'), tf.zeros([1, 12, 12, 8])
      >>> vertical, horizontal = block(x, x, tf.zeros([1, 12, 12, 4]))
      >>> horizontal.shape
      TensorShape([1, 12, 12, 8])
    """

    def __init__(self, filters, kernel, mask, dropout=0., **kwargs):
        super().__init__(**kwargs)
        self.reach, self.mask = kernel // 2, mask
        self._vertical = keras.layers.Conv2D(2 * filters, (self.reach + 1, kernel), name='vertical')
        self._horizontal = PixelDense(2 * filters, name='horizontal')  # over the taps of a 1 x n kernel
        self._link = keras.layers.Dense(2 * filters, use_bias=False, name='link')
        self._condition = keras.layers.Dense(4 * filters, use_bias=False, name='condition')
        self._out = PixelDense(filters, name='out')
        self._dropout = dropout

    def build(self, shape):
        self._horizontal.build([None, self.taps * shape[-1]])
        super().build(shape)

    @property
    def taps(self):
        """Number of pixels that the horizontal stack sees: those to the left, and with mask B the pixel itself."""
        return self.reach + (self.mask == 'B')

    def call(self, vertical, horizontal, condition, seeds=None):
        """Computes all pixels at once, as training does.

        Args:
          vertical, horizontal: inputs of the two stacks, [B, H, W, F].
          condition: [B, H, W, C].
          seeds: int [B, 2], one for each picture, which turn dropout on; or None.
        Returns:
          Outputs of the two stacks, [B, H, W, F] each.
        """
        if self.mask == 'A':
            left = horizontal[:, :, :-1]
        else:
            vertical = noise.dropout(vertical, self._dropout, seeds, use=0)
            left = noise.dropout(horizontal, self._dropout, seeds, use=1)
        for_vertical, for_horizontal = self.condition(condition)
        r = self.reach
        above, features = self.vertical_rows(tf.pad(vertical, [[0, 0], [r, 0], [r, r], [0, 0]]), for_vertical)
        above = shift(above, axis=1)  # a row sees the rows above it
        # `horizontal_pixels` for every pixel at once, as a convolution.
        kernel = tf.reshape(self._horizontal.kernel, [1, self.taps, horizontal.shape[-1], -1])
        x = tf.nn.conv2d(tf.pad(left, [[0, 0], [0, 0], [r, 0], [0, 0]]), kernel, 1, 'VALID') + self._horizontal.bias
        return features, self._finish(x + above + for_horizontal, horizontal)

    def condition(self, condition):
        """Computes the condition's part of the vertical and horizontal gates: [B, H, W, C] -> two [B, H, W, 2 F]."""
        return tf.split(self._condition(condition), 2, axis=-1)

    def vertical_rows(self, padded, condition):
        """Applies the vertical stack to rows.

        Args:
          padded: [B, rows + reach, W + 2 reach, F], the rows with the rows above and columns beside them.
          condition: [B, rows, W, 2 F], the condition's part of the vertical gates.
        Returns:
          (the horizontal stack's input from above, for the next row [B, rows, W, 2 F]; the output [B, rows, W, F]).
        """
        x = self._vertical(padded)
        return self._link(x), gate(x + condition)

    def horizontal_pixels(self, window, here, bias):
        """Applies the horizontal stack to pixels.

        Args:
          window: [..., taps * F], the pixels that each pixel sees, from left to right.
          here: [..., F], the pixel's input, for the residual connection (unused with mask A).
          bias: [..., 2 F], the part of the gates from the rows above and the condition.
        Returns:
          [..., F].
        """
        return self._finish(self._horizontal(window) + bias, here)

    def _finish(self, x, here):
        x = self._out(gate(x))
        return x if self.mask == 'A' else x + here


class GatedPixelCNN(context_network.ContextNetwork):
    """A masked 7x7 block and several gated 5x5 blocks (PixColor, 1705.07208, appendix), then two 1x1 layers.

    Args:
      blocks: number of gated 5x5 blocks.
      filters: features F of each stack.
      hidden: units of the hidden 1x1 layer.
      outputs: number of parameters of a pixel's distribution.
      dropout: dropout rate in the 5x5 blocks.
      sees_picture: whether pixels see the pixels before them. If not, they are independent given the condition.

    Example:
      >>> network = GatedPixelCNN(blocks=2, filters=8, hidden=16, outputs=5)
      >>> network(picture=tf.zeros([1, 12, 12, 3]), condition=tf.zeros([1, 12, 12, 4])).shape
      TensorShape([1, 12, 12, 5])
    """

    def __init__(self, blocks, filters, hidden, outputs, dropout=0., sees_picture=True, **kwargs):
        super().__init__([GatedBlock(filters, 2 * REACH + 1, 'A', name='first')] + [
            GatedBlock(filters, 5, 'B', dropout, name=f'block{k}') for k in range(blocks)],
            hidden, outputs, sees_picture, **kwargs)
        self._filters = filters

    def call(self, picture, condition, seeds=None):
        """Computes the parameters of every pixel's distribution, given the pixels before it.

        Args:
          picture: [B, H, W, 3] in [-1, 1].
          condition: [B, H, W, C].
          seeds: int [B, 2], one for each picture, which turn dropout on; or None.
        Returns:
          [B, H, W, outputs].
        """
        vertical = horizontal = self._seen(picture)
        for number, block in enumerate(self._blocks):
            vertical, horizontal = block(vertical, horizontal, condition, context_network.of_block(seeds, number))
        return self._pixel_parameters(horizontal)

    def _conditions(self, condition):
        return [block.condition(condition) for block in self._blocks]

    def _above(self, batch, width, dtype):
        """For each block its padded inputs in the rows above, and its horizontal stack's input from above."""
        inputs = [3] + [self._filters] * (len(self._blocks) - 1)  # input channels of each block
        rows = [tf.zeros([batch, block.reach, width + 2 * block.reach, n], dtype)
                for block, n in zip(self._blocks, inputs, strict=True)]
        return rows, [tf.zeros([batch, width, 2 * self._filters], dtype) for _ in self._blocks]

    def _left(self, batch, dtype):
        """For each block but the first its window at the pixel before."""
        return [tf.zeros([batch, block.taps * self._filters], dtype) for block in self._blocks[1:]]

    def _row(self, above, given):
        """For each block the part of the horizontal gates from the rows above and the condition: [B, W, 2 F]."""
        return [from_above + for_horizontal for from_above, (_, for_horizontal) in zip(above[1], given, strict=True)]

    def _pixel(self, window, left, here):
        """Applies all horizontal stacks."""
        x, windows = self._blocks[0].horizontal_pixels(window, None, here[0]), []
        for block, before, bias in zip(self._blocks[1:], left, here[1:], strict=True):
            window = tf.concat([before[:, self._filters:], x], axis=-1)
            x = block.horizontal_pixels(window, x, bias)
            windows.append(window)
        return x, windows, []

    def _complete(self, painted, kept, above, given):
        """Applies all vertical stacks to the row."""
        x, moved, links = painted[:, None], [], []
        for block, rows, (for_vertical, _) in zip(self._blocks, above[0], given, strict=True):
            sides = [[0, 0], [0, 0], [block.reach, block.reach], [0, 0]]
            seen = tf.concat([rows, tf.pad(x, sides)], axis=1)
            link, x = block.vertical_rows(seen, for_vertical[:, None])
            links.append(link[:, 0])
            moved.append(seen[:, 1:])
        return moved, links

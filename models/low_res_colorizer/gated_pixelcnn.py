"""Conditional gated PixelCNN (1606.05328): its layers, the parallel pass of training, and the cached sampler.

Two stacks together see every pixel before (i, j) in raster order, without a blind spot, and no other pixel:

    v v v v v v v
    v v v v v v v    v: the vertical stack sees all rows above
    h h h X . . .    h: the horizontal stack sees this row to the left of X
    . . . . . . .    .: neither stack sees these pixels

The vertical stack feeds the horizontal one, shifted down by one row, because it also sees its own row.

Sampling runs the same layers on windows and computes every activation once (after fast-pixel-cnn):

    for each row:
        for each pixel of the row:  horizontal stack on the pixel's window -> draw the pixel
        the row is complete:        vertical stack on this row and the `reach` rows above, which are kept
"""

import tensorflow as tf
import tf_keras as keras

from models.ops import noise


def gate(x):
    """Multiplies tanh of one half of the channels by sigmoid of the other half (1606.05328, equation 2)."""
    value, opening = tf.split(x, 2, axis=-1)
    return tf.tanh(value) * tf.sigmoid(opening)


class PixelDense(keras.layers.Dense):
    """Keras's Dense layer. For single pixels [B, F] its parts run one by one; TensorFlow's fused kernel is slower.

    Example:
      >>> PixelDense(5)(tf.zeros([1, 3])).shape
      TensorShape([1, 5])
    """

    def call(self, x):
        if x.shape.rank > 2:
            return super().call(x)
        apart = tf.ensure_shape(tf.matmul(x, self.kernel), [None, self.units])
        return self.activation(tf.nn.bias_add(apart, self.bias))


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
        r, (height, width) = self.reach, vertical.shape[1:3]
        above, features = self.vertical_rows(tf.pad(vertical, [[0, 0], [r, 0], [r, r], [0, 0]]), for_vertical)
        above = tf.pad(above, [[0, 0], [1, 0], [0, 0], [0, 0]])  # a row sees the rows above it
        above = tf.slice(above, [0, 0, 0, 0], [-1, height, width, -1])  # the gradient of [:, :-1] is slower
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


class GatedPixelCNN(keras.layers.Layer):
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
        super().__init__(**kwargs)
        self._filters, self._outputs = filters, outputs
        self._seen = tf.identity if sees_picture else tf.zeros_like
        self._blocks = [GatedBlock(filters, 7, 'A', name='first')] + [
            GatedBlock(filters, 5, 'B', dropout, name=f'block{k}') for k in range(blocks)]
        self._head = [PixelDense(hidden, activation='relu', name='hidden'),
                      PixelDense(outputs, name='outputs')]

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
            its_seeds = None if seeds is None else seeds + [[number, 0]]
            vertical, horizontal = block(vertical, horizontal, condition, its_seeds)
        return self._pixel_parameters(horizontal)

    def neighbors(self, picture):
        """Returns the colors to the left of and above every pixel, 0 outside: [B, H, W, 3] -> [B, H, W, 2, 3]."""
        seen, (height, width) = self._seen(picture), picture.shape[1:3]
        padded = tf.pad(seen, [[0, 0], [1, 0], [1, 0], [0, 0]])
        return tf.stack([padded[:, 1:, :width], padded[:, :height, 1:]], axis=-2)

    def _pixel_parameters(self, horizontal):
        x = tf.nn.relu(horizontal)
        for layer in self._head:
            x = layer(x)
        return x

    def sample(self, condition, draw, drafts=1):
        """Draws pictures pixel by pixel, in one graph.

        Args:
          condition: [B, H, W, C]; H and W are static.
          draw: function of (parameters [B * drafts, outputs], `neighbors` [B * drafts, 2, 3], row, column) that returns
            pixels [B * drafts, 3].
          drafts: number of pictures for each condition, which are one after the other.
        Returns:
          (pictures [B * drafts, H, W, 3], parameters [B * drafts, H, W, outputs]); `call` returns the same parameters
          for these pictures.
        """
        batch, (height, width), dtype = tf.shape(condition)[0] * drafts, condition.shape[1:3], condition.dtype
        conditions = [block.condition(condition) for block in self._blocks]
        inputs = [3] + [self._filters] * (len(self._blocks) - 1)  # input channels of each block

        def paint_row(row, rows_above, from_above, pictures, parameters):
            # [W, B, 2 F] for each block: a pixel's slice is contiguous
            biases = [tf.transpose(above + tf.repeat(for_horizontal[:, row], drafts, axis=0), [1, 0, 2])
                      for above, (_, for_horizontal) in zip(from_above, conditions, strict=True)]
            reach = self._blocks[0].reach
            pixels_above = tf.transpose(rows_above[0][:, -1, reach:reach + width], [1, 0, 2])  # [W, B, 3]

            def paint_pixel(column, windows, row_pixels, row_parameters):
                neighbors = tf.stack([windows[0][:, -3:], pixels_above[column]], axis=1)
                parameters, windows = self._pixel(windows, [bias[column] for bias in biases])
                pixel = draw(parameters, tf.cast(neighbors, tf.float32), row, column)
                windows[0] = tf.concat([windows[0][:, 3:], tf.cast(self._seen(pixel), dtype)], axis=-1)
                return (column + 1, windows, row_pixels.write(column, pixel), row_parameters.write(column, parameters))

            windows = [tf.zeros([batch, block.taps * n], dtype) for block, n in zip(self._blocks, inputs, strict=True)]
            _, _, row_pixels, row_parameters = tf.while_loop(
                lambda column, *_: column < width, paint_pixel,
                (0, windows, _array(width, [None, 3]), _array(width, [None, self._outputs], dtype)))
            painted = tf.transpose(row_pixels.stack(), [1, 0, 2])
            rows_above, from_above = self._row(tf.cast(self._seen(painted), dtype), rows_above,
                                               [tf.repeat(for_vertical[:, row, None], drafts, axis=0)
                                                for for_vertical, _ in conditions])
            return (row + 1, rows_above, from_above, pictures.write(row, painted),
                    parameters.write(row, tf.transpose(row_parameters.stack(), [1, 0, 2])))

        rows_above = [tf.zeros([batch, block.reach, width + 2 * block.reach, n], dtype)
                      for block, n in zip(self._blocks, inputs, strict=True)]
        from_above = [tf.zeros([batch, width, 2 * self._filters], dtype) for _ in self._blocks]
        *_, pictures, parameters = tf.while_loop(
            lambda row, *_: row < height, paint_row,
            (0, rows_above, from_above, _array(height, [None, width, 3]),
             _array(height, [None, width, self._outputs], dtype)))
        return tuple(tf.transpose(array.stack(), [1, 0, 2, 3]) for array in (pictures, parameters))

    def _pixel(self, windows, biases):
        """Applies all horizontal stacks to one pixel.

        Args:
          windows: for each block [B, taps * channels], its window at the pixel before; for the first block, at this
            pixel.
          biases: for each block [B, 2 F], the part of the gates from the rows above and the condition.
        Returns:
          (the pixel's parameters [B, outputs], the blocks' windows at this pixel).
        """
        x, seen = None, []
        for block, window, bias in zip(self._blocks, windows, biases, strict=True):
            if block.mask == 'B':
                window = tf.concat([window[:, x.shape[-1]:], x], axis=-1)
            x = block.horizontal_pixels(window, x, bias)
            seen.append(window)
        return self._pixel_parameters(x), seen

    def _row(self, painted, rows_above, conditions):
        """Applies all vertical stacks to one complete row.

        Args:
          painted: [B, W, 3], the row's pixels.
          rows_above: for each block [B, reach, W + 2 reach, channels], its padded inputs in the rows above.
          conditions: for each block [B, 1, W, 2 F], the condition's part of the vertical gates.
        Returns:
          (`rows_above` of the next row; for each block [B, W, 2 F], its horizontal stack's input from above there).
        """
        x, moved, links = painted[:, None], [], []
        for block, above, condition in zip(self._blocks, rows_above, conditions, strict=True):
            sides = [[0, 0], [0, 0], [block.reach, block.reach], [0, 0]]
            seen = tf.concat([above, tf.pad(x, sides)], axis=1)
            link, x = block.vertical_rows(seen, condition)
            links.append(link[:, 0])
            moved.append(seen[:, 1:])
        return moved, links


def _array(size, element_shape, dtype=tf.float32):
    return tf.TensorArray(dtype, size, element_shape=element_shape)

"""Conditional gated PixelCNN (1606.05328): its layers, the parallel pass of training, and the cached sampler's steps.

The vertical stack sees all rows above, the horizontal stack this row to the left; together they see every earlier
pixel, without a blind spot. In raster order pixel (i, j) depends on nothing at or after (i, j).

The sampler runs the same layers on windows: the vertical stack once for each finished row, the horizontal stack once
for each pixel. All activations that a later pixel needs are kept, so each is computed once (after fast-pixel-cnn).
"""

import tensorflow as tf
import tf_keras as keras

from models import noise


def gate(x):
    """tanh of one half of the channels times sigmoid of the other (1606.05328, equation 2)."""
    value, opening = tf.split(x, 2, axis=-1)
    return tf.tanh(value) * tf.sigmoid(opening)


class PixelDense(keras.layers.Dense):
    """Keras's layer, but that TensorFlow does not fuse its parts for single pixels [B, F]: fused they are slower."""

    def call(self, x):
        if x.shape.rank > 2:
            return super().call(x)
        apart = tf.ensure_shape(tf.matmul(x, self.kernel), [None, self.units])
        return self.activation(tf.nn.bias_add(apart, self.bias))


class GatedBlock(keras.layers.Layer):
    """One layer of both stacks.

    Args:
      filters: features F of each stack.
      kernel: odd width of the (unmasked) kernel; the reach to each side is kernel // 2.
      mask: 'A' for the first layer, whose horizontal stack does not see the pixel itself, 'B' for the others.
      dropout: rate, on what both stacks' kernels see ('B' only); the residual connection keeps what it carries.
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
        """Pixels of this row that the horizontal stack sees: to the left, and with mask B the pixel itself."""
        return self.reach + (self.mask == 'B')

    def call(self, vertical, horizontal, condition, seeds=None):
        """The parallel pass.

        Args:
          vertical, horizontal: the two stacks, [B, H, W, F].
          condition: [B, H, W, C].
          seeds: int [B, 2], of the pictures' dropout; without them, none.
        Returns:
          The two stacks, [B, H, W, F].
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
        above = tf.slice(above, [0, 0, 0, 0], [-1, height, width, -1])  # its gradient is faster than that of [:, :-1]
        # `horizontal_pixels` for every pixel at once: a convolution takes the place of the windows.
        kernel = tf.reshape(self._horizontal.kernel, [1, self.taps, horizontal.shape[-1], -1])
        x = tf.nn.conv2d(tf.pad(left, [[0, 0], [0, 0], [r, 0], [0, 0]]), kernel, 1, 'VALID') + self._horizontal.bias
        return features, self._finish(x + above + for_horizontal, horizontal)

    def condition(self, condition):
        """[B, H, W, C] -> what it adds to the vertical and to the horizontal gates, each [B, H, W, 2 F]."""
        return tf.split(self._condition(condition), 2, axis=-1)

    def vertical_rows(self, padded, condition):
        """The vertical stack on rows with their `reach` rows above and columns beside.

        Args:
          padded: [B, rows + reach, W + 2 reach, F].
          condition: [B, rows, W, 2 F].
        Returns:
          What the rows below get for their horizontal stack, [B, rows, W, 2 F], and the output, [B, rows, W, F].
        """
        x = self._vertical(padded)
        return self._link(x), gate(x + condition)

    def horizontal_pixels(self, window, here, bias):
        """The horizontal stack on pixels with their window of `taps` pixels.

        Args:
          window: [..., taps * F], concatenated from left to right.
          here: the pixel's input, [..., F], for the residual connection (unused with mask A).
          bias: from the rows above and the conditioning, [..., 2 F].
        Returns:
          [..., F]
        """
        return self._finish(self._horizontal(window) + bias, here)

    def _finish(self, x, here):
        x = self._out(gate(x))
        return x if self.mask == 'A' else x + here


class GatedPixelCNN(keras.layers.Layer):
    """A masked 7x7 block and `blocks` gated 5x5 blocks (PixColor, appendix), then two 1x1 layers.

    Args:
      blocks, filters, hidden: see `presets.Preset`.
      outputs: parameters of a pixel's distribution.
      dropout: rate inside the blocks.
      sees_picture: False gives every pixel a distribution of its own, independent given the condition, to compare with.
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
        """Distribution of every pixel given those before it: [B, H, W, 3], [B, H, W, C] -> [B, H, W, outputs].

        seeds: int [B, 2], of the pictures' dropout; without them, none.
        """
        vertical = horizontal = self._seen(picture)
        for number, block in enumerate(self._blocks):
            its_seeds = None if seeds is None else seeds + [[number, 0]]
            vertical, horizontal = block(vertical, horizontal, condition, its_seeds)
        return self._pixel_parameters(horizontal)

    def neighbours(self, picture):
        """The colours to the left of and above every pixel, 0 outside: [B, H, W, 3] -> [B, H, W, 2, 3]."""
        seen, (height, width) = self._seen(picture), picture.shape[1:3]
        padded = tf.pad(seen, [[0, 0], [1, 0], [1, 0], [0, 0]])
        return tf.stack([padded[:, 1:, :width], padded[:, :height, 1:]], axis=-2)

    def _pixel_parameters(self, horizontal):
        x = tf.nn.relu(horizontal)
        for layer in self._head:
            x = layer(x)
        return x

    def sample(self, condition, draw):
        """Paints a picture pixel by pixel, in one graph.

        Args:
          condition: [B, H, W, C], H and W static.
          draw: function of (parameters [B, outputs], `neighbours` [B, 2, 3], row, column) -> pixels [B, 3].
        Returns:
          (picture [B, H, W, 3], parameters [B, H, W, outputs], as `call` would give them for that picture)
        """
        batch, (height, width), dtype = tf.shape(condition)[0], condition.shape[1:3], condition.dtype
        conditions = [block.condition(condition) for block in self._blocks]
        inputs = [3] + [self._filters] * (len(self._blocks) - 1)  # channels that go into each block

        def paint_row(row, rows_above, from_above, pictures, parameters):
            # [W, B, 2 F] for each block, so that a pixel's slice is contiguous
            biases = [tf.transpose(above + for_horizontal[:, row], [1, 0, 2])
                      for above, (_, for_horizontal) in zip(from_above, conditions, strict=True)]
            reach = self._blocks[0].reach
            pixels_above = tf.transpose(rows_above[0][:, -1, reach:reach + width], [1, 0, 2])  # [W, B, 3]

            def paint_pixel(column, windows, row_pixels, row_parameters):
                neighbours = tf.stack([windows[0][:, -3:], pixels_above[column]], axis=1)
                parameters, windows = self._pixel(windows, [bias[column] for bias in biases])
                pixel = draw(parameters, tf.cast(neighbours, tf.float32), row, column)
                windows[0] = tf.concat([windows[0][:, 3:], tf.cast(self._seen(pixel), dtype)], axis=-1)
                return (column + 1, windows, row_pixels.write(column, pixel), row_parameters.write(column, parameters))

            windows = [tf.zeros([batch, block.taps * n], dtype) for block, n in zip(self._blocks, inputs, strict=True)]
            _, _, row_pixels, row_parameters = tf.while_loop(
                lambda column, *_: column < width, paint_pixel,
                (0, windows, _array(width, [None, 3]), _array(width, [None, self._outputs], dtype)))
            painted = tf.transpose(row_pixels.stack(), [1, 0, 2])
            rows_above, from_above = self._row(tf.cast(self._seen(painted), dtype), rows_above,
                                               [for_vertical[:, row, None] for for_vertical, _ in conditions])
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
        """The horizontal stack for one pixel.

        Args:
          windows: of each block, what its horizontal stack saw for the pixel before, [B, taps * channels]; of the first
            block, what it sees for this pixel.
          biases: of each block, what the rows above and the conditioning give, [B, 2 F].
        Returns:
          (the pixel's parameters [B, outputs], what the blocks saw for this pixel)
        """
        x, seen = None, []
        for block, window, bias in zip(self._blocks, windows, biases, strict=True):
            if block.mask == 'B':
                window = tf.concat([window[:, x.shape[-1]:], x], axis=-1)
            x = block.horizontal_pixels(window, x, bias)
            seen.append(window)
        return self._pixel_parameters(x), seen

    def _row(self, painted, rows_above, conditions):
        """The vertical stack for one finished row.

        Args:
          painted: [B, W, 3].
          rows_above: of each block, its padded inputs in the `reach` rows above, [B, reach, W + 2 reach, channels].
          conditions: of each block, [B, 1, W, 2 F].
        Returns:
          (rows_above moved on by the row, what each block's horizontal stack gets in the next row, [B, W, 2 F])
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

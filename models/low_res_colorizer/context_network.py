"""What the context networks share: their last layers, and the order of sampling.

A context network predicts the distribution of each pixel, given a condition and the pixels before it in raster order:

    c c c c c c c    X: pixel (i, j)
    c c c c c c c    c: its context, of which a network sees all or a part
    c c c X . . .    .: later pixels, which no network sees
    . . . . . . .

The first layer is 7x7, and its mask "A" leaves out X itself. The later layers see what the first one made of the
context, so their mask "B" leaves them X. PixelRNN (1601.06759) also masks the channels of X from each other. That is
not needed here: the parameters of all three channels are computed at once, and the likelihood joins the channels.

Sampling computes every activation once (after fast-pixel-cnn):

    for each row:
        `_row`: what the layers take from the rows above, for the whole row
        for each pixel of the row:  `_pixel`: what they take from this row -> draw the pixel
        `_complete`: what the next row takes from the rows above
"""

import tensorflow as tf
import tf_keras as keras

REACH = 3  # pixels to each side and above that the first layer sees


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


def shift(x, axis):
    """Moves x by one place along an axis: 0 enters at the front, the last place is dropped."""
    padded = tf.pad(x, [[int(k == axis), 0] for k in range(x.shape.rank)])
    size = [x.shape[k] if k == axis else -1 for k in range(x.shape.rank)]
    return tf.slice(padded, [0] * x.shape.rank, size)  # the gradient of [:, :-1] is slower


class ContextNetwork(keras.layers.Layer):
    """Base class of the context networks.

    A subclass has `call(picture, condition, seeds=None)`, which computes the parameters of all pixels at once. It ends
    with `_pixel_parameters`. Its other methods are the parts of sampling (see above).

    Args:
      blocks: the layers before the last two.
      hidden: units of the hidden 1x1 layer.
      outputs: number of parameters of a pixel's distribution.
      sees_picture: whether pixels see the pixels before them. If not, they are independent given the condition.

    Example:
      >>> from models.low_res_colorizer.gated_pixelcnn import GatedPixelCNN
      >>> network = GatedPixelCNN(blocks=2, filters=8, hidden=16, outputs=5)
      >>> network.neighbors(tf.zeros([1, 12, 12, 3])).shape
      TensorShape([1, 12, 12, 2, 3])
    """

    def __init__(self, blocks, hidden, outputs, sees_picture=True, **kwargs):
        super().__init__(**kwargs)
        self._outputs = outputs
        self._seen = tf.identity if sees_picture else tf.zeros_like
        self._blocks = blocks
        self._head = [PixelDense(hidden, activation='relu', name='hidden'),
                      PixelDense(outputs, name='outputs')]

    def neighbors(self, picture):
        """Returns the colors to the left of and above every pixel, 0 outside: [B, H, W, 3] -> [B, H, W, 2, 3]."""
        seen = self._seen(picture)
        return tf.stack([shift(seen, axis=2), shift(seen, axis=1)], axis=-2)

    def _pixel_parameters(self, features):
        """The last layers: [..., F] -> [..., outputs]."""
        x = tf.nn.relu(features)
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
        count, height, width, _ = condition.shape
        dtype, static_batch = condition.dtype, None if count is None else count * drafts
        batch = static_batch or tf.shape(condition)[0] * drafts
        conditions = self._conditions(condition)
        recorded = (tf.TensorSpec([3]), tf.TensorSpec([self._outputs], dtype), self._kept(dtype))

        def paint_row(row, seen_above, above, pictures, parameters):
            given = tf.nest.map_structure(lambda x: tf.repeat(x[:, row], drafts, axis=0), conditions)
            here = _turned(self._row(above, given))  # [W, B, *]: a pixel's slice is contiguous

            def paint_pixel(column, window, left, records):
                neighbors = tf.stack([window[:, -3:], seen_above[column]], axis=1)
                features, left, kept = self._pixel(window, left, tf.nest.map_structure(lambda x: x[column], here))
                its_parameters = self._pixel_parameters(features)
                pixel = draw(its_parameters, tf.cast(neighbors, tf.float32), row, column)
                window = tf.concat([window[:, 3:], tf.cast(self._seen(pixel), dtype)], axis=-1)
                records = tf.nest.map_structure(lambda array, x: array.write(column, x), records,
                                                (pixel, its_parameters, kept))
                return column + 1, window, left, records

            arrays = tf.nest.map_structure(
                lambda spec: _array(width, [static_batch, *spec.shape], spec.dtype), recorded)
            *_, records = tf.while_loop(
                lambda column, *_: column < width, paint_pixel,
                (0, tf.zeros([batch, REACH * 3], dtype), self._left(batch, dtype), arrays))
            painted, its_parameters, kept = _turned(tf.nest.map_structure(lambda array: array.stack(), records))
            seen = tf.cast(self._seen(painted), dtype)
            return (row + 1, _turned(seen), self._complete(seen, kept, above, given), pictures.write(row, painted),
                    parameters.write(row, its_parameters))

        *_, pictures, parameters = tf.while_loop(
            lambda row, *_: row < height, paint_row,
            (0, tf.zeros([width, batch, 3], dtype), self._above(batch, width, dtype),
             _array(height, [None, width, 3]), _array(height, [None, width, self._outputs], dtype)))
        return tuple(tf.transpose(array.stack(), [1, 0, 2, 3]) for array in (pictures, parameters))

    def _conditions(self, condition):
        """The parts of the condition [B, H, W, C] that the layers take: nest of [B, H, W, *]."""
        raise NotImplementedError

    def _above(self, batch, width, dtype):
        """What the first row takes from the rows above it, where there is nothing: nest of zeros [B, ...]."""
        raise NotImplementedError

    def _left(self, batch, dtype):
        """What the first pixel of a row takes from the pixels to its left, but their colors: nest of zeros [B, *]."""
        raise NotImplementedError

    def _kept(self, dtype):
        """What `_complete` needs of each pixel of the row: nest of `tf.TensorSpec` without the batch axis."""
        del dtype
        return []

    def _row(self, above, given):
        """Computes what the pixels of a row take from the rows above.

        Args:
          above: see `_above`.
          given: nest of [B, W, *], the row of `_conditions`.
        Returns:
          nest of [B, W, *].
        """
        raise NotImplementedError

    def _pixel(self, window, left, here):
        """Computes one pixel.

        Args:
          window: [B, REACH * 3], colors of the pixels to its left, from left to right.
          left: see `_left`.
          here: nest of [B, *], the pixel of `_row`.
        Returns:
          (features [B, F] for the last layers, `left` of the next pixel, what is kept of this one; see `_kept`).
        """
        raise NotImplementedError

    def _complete(self, painted, kept, above, given):
        """Computes what the next row takes from the rows above.

        Args:
          painted: [B, W, 3], colors of the row.
          kept: nest of [B, W, *]; see `_kept`.
          above, given: see `_row`.
        Returns:
          `above` of the next row.
        """
        raise NotImplementedError


def of_block(seeds, number):
    """The seeds of dropout in the layer with this number: int [B, 2], or None."""
    return None if seeds is None else seeds + [[number, 0]]


def _turned(nest):
    """Exchanges the first two axes of all tensors [B, W, *] of a nest."""
    return tf.nest.map_structure(lambda x: tf.transpose(x, [1, 0, 2]), nest)


def _array(size, element_shape, dtype=tf.float32):
    return tf.TensorArray(dtype, size, element_shape=element_shape)

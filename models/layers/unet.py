"""The U-Net of pix2pix (1611.07004, section 6.1.1), which all networks at full resolution share."""

import tensorflow as tf
import tf_keras as keras

from models.layers import normalization
from models.ops import noise

_DROPOUT_LAYERS, _DROPOUT = 3, 0.5  # the first layers of the decoder


class UNet(keras.Model):
    """[B, S, S, any channels] -> [B, out, out, outputs], linear.

    C64-128-256-512-512-512-512-512 down to 1x1 for S = 256, and back with skip connections; 4x4 kernels, stride 2. The
    first layer and the 1x1 bottleneck have no batch normalization, which would return its bias at batch size 1.

    Args:
      filters: filters of the first layer; each layer has twice as many as the one before.
      max_filters: the most filters of a layer.
      outputs: channels of the result.
      size: S, a power of two; the depth is its logarithm.
      out_size: side of the result, a power of two; S if None.

    Example:
      >>> UNet(filters=4, max_filters=8, outputs=3, size=32)(tf.zeros([1, 32, 32, 2])).shape
      TensorShape([1, 32, 32, 3])
    """

    def __init__(self, filters, max_filters, outputs, size, out_size=None, **kwargs):
        super().__init__(**kwargs)
        depth = size.bit_length() - 1
        up = (out_size or size).bit_length() - 1
        self._stride = 2 ** depth
        widths = [min(filters * 2 ** k, max_filters) for k in range(depth)]
        self._down = [_layer(keras.layers.Conv2D, width, normalized=0 < k < depth - 1)
                      for k, width in enumerate(widths)]
        self._up = [_layer(keras.layers.Conv2DTranspose, width) for width in widths[-2::-1][:up - 1]]
        self._last = _convolution(keras.layers.Conv2DTranspose, outputs, use_bias=True)

    def call(self, x, training=False, seeds=None):
        """Applies the network.

        Args:
          x: [B, S, S, channels].
          training: whether batch normalization takes the statistics of this batch.
          seeds: int [B, 2], one for each picture, which turn dropout on; or None.
        Returns:
          [B, out, out, outputs].
        Raises:
          ValueError: a side of `x` is not a multiple of the network's stride.
        """
        if x.shape[1] % self._stride or x.shape[2] % self._stride:
            raise ValueError(f'{x.shape[1]}x{x.shape[2]} pixels: both sides must be multiples of {self._stride}')
        skips = []
        for layer in self._down:
            x = layer(x if not skips else tf.nn.leaky_relu(x, .2), training=training)
            skips.append(x)
        for k, (layer, skip) in enumerate(zip(self._up, skips[-2::-1], strict=False)):
            x = layer(tf.nn.relu(x), training=training)
            if k < _DROPOUT_LAYERS:
                x = noise.dropout(x, _DROPOUT, seeds, use=k)
            x = tf.concat([x, skip], axis=-1)
        return self._last(tf.nn.relu(x))


def _convolution(kind, filters, use_bias):
    return kind(filters, 4, strides=2, padding='same', use_bias=use_bias,
                kernel_initializer=keras.initializers.RandomNormal(stddev=.02))


def _layer(kind, filters, normalized=True):
    layers = [_convolution(kind, filters, use_bias=not normalized)]
    if normalized:
        layers.append(normalization.batch_normalization())
    return keras.Sequential(layers)

"""The U-Net of pix2pix (1611.07004, section 6.1.1), shared by the networks that work at full resolution."""

import tensorflow as tf
import tf_keras as keras

from models import network, noise

_DROPOUT_LAYERS, _DROPOUT = 3, 0.5  # the first decoder layers


class UNet(keras.Model):
    """[B, S, S, any channels] -> [B, out, out, outputs], linear. S must be the size it was made for, or a multiple.

    C64-128-256-512-512-512-512-512 down to 1x1 for S = 256, and back with skip connections; 4x4 kernels, stride 2; no
    batch normalization in the first layer nor on the 1x1 bottleneck, where it would return its bias at batch size 1.
    Dropout is for training only (our choice; pix2pix keeps it on as its source of noise).

    Args:
      filters: of the first layer (64).
      max_filters: up to which they double (512).
      outputs: channels.
      size: a power of two; the depth is its logarithm.
      out_size: where the decoder stops, a power of two; `size` unless given.
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
        """seeds: int [B, 2], of the pictures' dropout; without them, none."""
        if x.shape[1] % self._stride or x.shape[2] % self._stride:
            raise ValueError(f'a side of {x.shape[1]}x{x.shape[2]} is no multiple of {self._stride}')
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
        layers.append(network.batch_normalization())
    return keras.Sequential(layers)

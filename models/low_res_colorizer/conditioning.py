"""What the colorizer knows of the outline: the conditioning and adaptation networks of PixColor.

PixColor (1705.07208, appendix) takes a ResNet-101 up to its fourth stage, with transfer learning; the paper has none.
"""

import itertools

import tensorflow as tf
import tf_keras as keras

from models.layers import normalization


class ResidualBlock(keras.layers.Layer):
    """Bottleneck block of ResNet (1512.03385): 1x1, 3x3, 1x1 to four times the filters, and a shortcut.

    Args:
      filters: filters of the first two convolutions.
      stride: stride of the 3x3 convolution.
      dilation: dilation of the 3x3 convolution.
      projects: whether the shortcut has a 1x1 convolution, which it needs where the number of channels changes.

    Example:
      >>> ResidualBlock(4, stride=2, projects=True)(tf.zeros([1, 8, 8, 4])).shape
      TensorShape([1, 4, 4, 16])
    """

    def __init__(self, filters, stride=1, dilation=1, projects=False, **kwargs):
        super().__init__(**kwargs)
        self._body = keras.Sequential([
            keras.layers.Conv2D(filters, 1, activation='relu'),
            keras.layers.Conv2D(filters, 3, strides=stride, dilation_rate=dilation, padding='same', use_bias=False),
            normalization.GroupNorm(), keras.layers.ReLU(),
            keras.layers.Conv2D(4 * filters, 1)])
        self._stride = stride
        self._shortcut = keras.layers.Conv2D(4 * filters, 1) if projects else None

    def call(self, x):
        """[B, H, W, C] -> [B, H / stride, W / stride, 4 * filters]."""
        # Slicing before the 1x1 convolution gives the same as its stride; oneDNN crashes in the gradient of the latter.
        shortcut = x if self._stride == 1 else x[:, ::self._stride, ::self._stride]
        if self._shortcut:
            shortcut = self._shortcut(shortcut)
        return tf.nn.relu(self._body(x) + shortcut)


def conditioning_network(config):
    """Makes the residual network of stride 8 (PixColor, figure 2).

    Args:
      config: a `LowResColorizerConfig`.
    Returns:
      Keras model, outline [B, S, S, 1] -> features [B, S / 8, S / 8, F].
    """
    return _residual_network(config.conditioning_blocks, config.conditioning_filters, config.conditioning_dilations,
                             config.adaptation_filters, 'conditioning_network')


def matching_network(config):
    """Makes a network like the conditioning network, for the matching (our choice); see `conditioning_network`."""
    return _residual_network(config.matching_blocks, config.matching_bottlenecks, config.matching_dilations,
                             config.matching_filters, 'matching_network')


def _residual_network(blocks, filters, dilations, outputs, name):
    """Makes a residual network with so many blocks of so many filters in each stage."""
    layers = [keras.layers.Conv2D(filters[0], 7, strides=2, padding='same', use_bias=False),
              normalization.GroupNorm(), keras.layers.ReLU()]
    dilations = itertools.cycle(dilations)
    last = len(blocks) - 1  # the published network has no stride in its last stage
    for stage, (its_blocks, its_filters) in enumerate(zip(blocks, filters, strict=True)):
        layers += [ResidualBlock(its_filters, stride=2 if k == 0 and stage != last else 1,
                                 dilation=next(dilations) if stage == last else 1, projects=k == 0)
                   for k in range(its_blocks)]
    return keras.Sequential(layers + [keras.layers.Conv2D(outputs, 1)], name=name)


def adaptation_network(config):
    """Makes the adaptation network: three 3x3 convolutions over all that is known of the picture.

    These are the features, the shrunken outline, hints, and the colors of references.

    Args:
      config: a `LowResColorizerConfig`.
    Returns:
      Keras model, [B, L, L, F + 9] -> [B, L, L, F]. Without hints or references the input has 4 channels less for each.
    """
    return keras.Sequential([keras.layers.Conv2D(config.adaptation_filters, 3, padding='same', activation='relu')
                             for _ in range(3)], name='adaptation_network')

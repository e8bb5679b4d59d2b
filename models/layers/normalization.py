"""Normalization layers."""

import tensorflow as tf
import tf_keras as keras


def batch_normalization():
    """Makes pix2pix's batch normalization (1611.07004), over all replicas together where a batch is divided.

    Its gamma begins at N(1, 0.02), as in pix2pix's own code.
    """
    synchronized = tf.distribute.get_strategy().num_replicas_in_sync > 1  # it is slower on one replica
    return keras.layers.BatchNormalization(
        momentum=.9, epsilon=1e-5, synchronized=synchronized,
        gamma_initializer=keras.initializers.RandomNormal(mean=1., stddev=.02))


class GroupNorm(keras.layers.Layer):
    """Group normalization (1803.08494), which treats each picture by itself.

    Takes the place of PixColor's batch normalization (our choice): with small batches of mixed sources the latter
    failed on held-out pictures. Keras's own layer is several times slower on a CPU. Moments are computed in float32 at
    any precision of the input.

    Args:
      groups: number of groups of channels; each group is normalized over all its channels and positions.

    Example:
      >>> GroupNorm(groups=4)(tf.zeros([1, 8, 8, 16])).shape
      TensorShape([1, 8, 8, 16])
    """

    def __init__(self, groups=4, **kwargs):
        super().__init__(**kwargs)
        self._groups = groups

    def build(self, shape):
        self._scale, self._offset = (
            self.add_weight(name, [shape[-1]], initializer=initializer, experimental_autocast=False)
            for name, initializer in (('scale', 'ones'), ('offset', 'zeros')))
        super().build(shape)

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C], in the precision of the input."""
        dtype, x = x.dtype, tf.cast(x, tf.float32)
        grouped = [-1, self._groups, x.shape[-1] // self._groups]

        def group_mean(channel_means):  # [B, C] -> [B, G, 1]
            return tf.reduce_mean(tf.reshape(channel_means, grouped), axis=-1, keepdims=True)

        mean = group_mean(tf.reduce_mean(x, axis=[1, 2]))
        variance = group_mean(tf.reduce_mean(tf.square(x), axis=[1, 2])) - tf.square(mean)
        scale = tf.reshape(self._scale, grouped[1:]) * tf.math.rsqrt(tf.maximum(variance, 0.) + 1e-5)
        offset = tf.reshape(self._offset, grouped[1:]) - mean * scale
        channels = [-1, 1, 1, x.shape[-1]]
        return tf.cast(x * tf.reshape(scale, channels) + tf.reshape(offset, channels), dtype)

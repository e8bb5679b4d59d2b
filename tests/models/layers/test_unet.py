import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models.base.config import UNetConfig
from models.layers import unet


def test_batch_normalization_is_neither_on_the_first_layer_nor_on_the_bottleneck():
    """On a 1x1 map at batch size 1 batch normalization returns its bias for every input."""
    network = unet.UNet(4, 8, 3, 32)
    one, two = tf.random.normal([1, 32, 32, 2]), tf.random.normal([1, 32, 32, 2])
    assert np.abs(network(one, training=True) - network(two, training=True)).max() > 1e-5
    normalized = [any(isinstance(part, keras.layers.BatchNormalization) for part in layer.layers)
                  for layer in network._down]
    assert normalized == [False, True, True, True, False]


def test_a_size_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match='48x32 pixels: both sides must be multiples of 32'):
        unet.UNet(4, 8, 3, 32)(tf.zeros([1, 48, 32, 1]))


def test_dropout_needs_seeds_and_differs_between_them():
    network = unet.UNet(4, 8, 3, 64)
    x = tf.random.stateless_normal([1, 64, 64, 1], [0, 0])
    plain, again, one, other = (network(x, seeds=seeds) for seeds in (
        None, None, tf.constant([[1, 2]]), tf.constant([[1, 3]])))
    np.testing.assert_array_equal(plain, again)
    assert np.any(one != plain) and np.any(one != other)


def test_dropout_is_in_the_first_three_layers_of_the_decoder(monkeypatch):
    calls = []
    monkeypatch.setattr(unet.noise, 'dropout', lambda x, rate, seeds, use: calls.append((use, rate, x.shape[1])) or x)
    unet.UNet(4, 8, 3, 64)(tf.zeros([1, 64, 64, 1]))
    assert calls == [(0, .5, 2), (1, .5, 4), (2, .5, 8)]


def test_preset_paper_has_the_published_layers():
    """pix2pix, section 6.1.1."""
    config = UNetConfig()
    network = unet.UNet(config.filters, config.max_filters, 3, config.image_size)
    network.build((None, 256, 256, 1))
    kernels = [weight.shape.as_list() for weight in network.weights if 'kernel' in weight.name]
    assert [kernel[3] for kernel in kernels[:8]] == [64, 128, 256, 512, 512, 512, 512, 512]
    assert [kernel[2] for kernel in kernels[8:]] == [512, 512, 512, 512, 256, 128, 64, 3]
    assert all(kernel[:2] == [4, 4] for kernel in kernels)

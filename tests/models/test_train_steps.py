"""What every training step must do, and what accelerators need of it."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import background_detector, low_res_colorizer, polishing_network
from models.baselines import pix2pix, two_step_cgan
from models.ops import noise
from tests.models import steps

SMALL = {'image_size': 32}  # compiled sooner
LOW_RES = {'image_size': 32, 'low_res_size': 4}
NETWORKS = [
    (low_res_colorizer.LowResColorizer, LOW_RES | {'dropout': .5, 'pixelcnn_blocks': 1}, {}),
    (background_detector.BackgroundDetector, SMALL | {'predicts_colors': False, 'background_model': 'plane'}, {}),
    (background_detector.BackgroundDetector, SMALL | {'background_model': 'regions'}, {'straight_through': True}),
    (polishing_network.PolishingNetwork, LOW_RES,
     {'adversarial_weight': 0., 'detect_background': lambda outline: tf.cast(outline < .5, tf.float32)}),
    (pix2pix.Pix2Pix, SMALL, {'adversarial_weight': .01}),
    (two_step_cgan.PolishingPix2Pix, LOW_RES, {'adversarial_weight': .01})]


@pytest.fixture
def small_batch(batch):
    data = steps.crop(batch, 100, 32)
    return data | {'foreground': data['color'] / 2}


def _compiled(network, changes, options):
    keras.utils.set_random_seed(0)
    model = network.from_preset('tiny', **changes)
    model.compile(keras.optimizers.SGD(1., global_clipnorm=1.), **options)
    return model


@pytest.mark.parametrize(('network', 'changes', 'options'), NETWORKS)
def test_xla_takes_the_same_steps(network, changes, options, small_batch, monkeypatch):
    """Compiled and plain steps return equal values and weights. The test is without noise, which differs under XLA."""
    monkeypatch.setattr(noise, 'map_with_seeds', _without_noise)
    values, changed = [], []
    for compiled in (False, True):
        model = _compiled(network, changes, options)
        before = [variable.numpy() for variable in model.trainable_variables]
        step = tf.function(model.train_step, jit_compile=True) if compiled else model.train_step
        values.append([step(small_batch), step(small_batch)])
        changed.append(np.concatenate([np.ravel(variable - b) for variable, b in zip(
            model.trainable_variables, before, strict=True)]))
    for plain, compiled in zip(*values, strict=True):
        assert set(plain) == set(compiled) >= {'loss'}
        for name in plain:
            np.testing.assert_allclose(compiled[name], plain[name], rtol=1e-4, err_msg=name)
    assert np.linalg.norm(changed[1] - changed[0]) < 1e-3 * np.linalg.norm(changed[0])
    first, second = values[0]
    assert abs(second['loss'] / first['loss'] - 1) > 1e-3  # the second step sees the weights of the first


@pytest.mark.parametrize(('network', 'changes', 'options'), NETWORKS)
def test_a_step_has_dropout_and_updates_the_moving_averages(network, changes, options, small_batch, monkeypatch):
    calls = []
    monkeypatch.setattr(noise, 'dropout', lambda x, rate, seeds, use: calls.append((rate, seeds)) or x)
    model = _compiled(network, changes, options)
    averages = [variable for variable in model.variables if 'moving' in variable.name]
    before = [variable.numpy() for variable in averages]
    calls.clear()
    model.train_step(small_batch)
    assert calls and all(rate == .5 and seeds is not None for rate, seeds in calls)
    assert all((variable.numpy() != b).any() for variable, b in zip(averages, before, strict=True))


def _without_noise(draw, seeds, use, *inputs):
    """Takes the place of `noise.map_with_seeds`: uniform numbers of one half, and relaxed choices without noise."""
    if inputs:
        return tf.nn.softmax(inputs[0])
    return tf.fill(tf.concat([tf.shape(seeds)[:1], tf.shape(draw(tf.constant([0, 0])))], axis=0), .5)

"""What accelerators need of every training step."""


import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import background_detector, low_res_colorizer, polishing_network
from models.baselines import pix2pix, two_step_cgan
from models.ops import noise

SMALL = {'image_size': 32}  # compiled sooner
LOW_RES = {'image_size': 32, 'low_res_size': 4}


@pytest.mark.parametrize(('network', 'changes', 'options'), [
    (low_res_colorizer.LowResColorizer, LOW_RES | {'dropout': .5}, {}),
    (background_detector.BackgroundDetector, SMALL | {'predicts_colors': False, 'background_model': 'plane'}, {}),
    (background_detector.BackgroundDetector, SMALL | {'background_model': 'regions'}, {'straight_through': True}),
    (polishing_network.PolishingNetwork, LOW_RES,
     {'adversarial_weight': 0., 'detect_background': lambda outline: tf.cast(outline < .5, tf.float32)}),
    (pix2pix.Pix2Pix, SMALL, {'adversarial_weight': .01}),
    (two_step_cgan.LowResPix2Pix, LOW_RES, {'adversarial_weight': .01}),
    (two_step_cgan.PolishingPix2Pix, LOW_RES, {'adversarial_weight': .01})])
def test_xla_takes_the_same_steps(network, changes, options, batch, monkeypatch):
    """Without random numbers, which differ under XLA, compiled and plain steps return the same and change the same."""
    monkeypatch.setattr(noise, 'map_with_seeds', _without_noise)
    data = {name: batch[name][:, 100:132, 100:132] for name in ('outline', 'color')} | {'seeds': batch['seeds']}
    data['foreground'] = data['color'] / 2
    values, changed = [], []
    for compiled in (False, True):
        keras.utils.set_random_seed(0)
        model = network.from_preset('tiny', **changes)
        before = [variable.numpy() for variable in model.trainable_variables]
        model.compile(keras.optimizers.SGD(.01), **options)
        step = tf.function(model.train_step, jit_compile=compiled)
        values.append([step(data), step(data)])
        changed.append(np.concatenate([np.ravel(variable - b) for variable, b in zip(
            model.trainable_variables, before, strict=True)]))
    for plain, compiled in zip(*values, strict=True):
        assert set(plain) == set(compiled) >= {'loss'}
        for name in plain:
            np.testing.assert_allclose(compiled[name], plain[name], rtol=1e-3, err_msg=name)
    assert all(np.linalg.norm(change) > 0 for change in changed)
    assert np.linalg.norm(changed[1] - changed[0]) < .02 * np.linalg.norm(changed[0])


def _without_noise(draw, seeds, use, *inputs):
    """Takes the place of `noise.map_with_seeds`: uniform numbers of one half, and relaxed choices without noise."""
    if inputs:
        return tf.nn.softmax(inputs[0])
    return tf.fill(tf.concat([tf.shape(seeds)[:1], tf.shape(draw(tf.constant([0, 0])))], axis=0), .5)

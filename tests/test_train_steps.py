"""What accelerators need of every training step."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import background_detector, low_res_colorizer, pix2pix, polishing_network, presets, two_step_cgan, weights

SMALL = dataclasses.replace(presets.PRESETS['tiny'], image_size=32, low_res_size=4)  # compiled sooner
DROPOUT = dataclasses.replace(SMALL, dropout=.5)
LOW_RES = dataclasses.replace(SMALL, foreground='low_res', background_model='plane')
REGIONS = dataclasses.replace(SMALL, background_model='regions')


@pytest.mark.parametrize(('network', 'preset', 'options'), [
    (low_res_colorizer.LowResColorizer, DROPOUT, {}),
    (background_detector.BackgroundDetector, LOW_RES, {}),
    (background_detector.BackgroundDetector, REGIONS, {'straight_through': True}),
    (polishing_network.PolishingNetwork, SMALL,
     {'adversarial_weight': 0., 'detect_background': lambda outline: tf.cast(outline < .5, tf.float32)}),
    (pix2pix.Pix2Pix, SMALL, {'adversarial_weight': .01}),
    (two_step_cgan.LowResPix2Pix, SMALL, {'adversarial_weight': .01}),
    (two_step_cgan.PolishingPix2Pix, SMALL, {'adversarial_weight': .01})])
def test_compiles_with_xla_and_takes_the_same_step_but_for_other_noise(network, preset, options, batch):
    data = {name: batch[name][:, 100:132, 100:132] for name in ('outline', 'colour')} | {'seeds': batch['seeds']}
    data['foreground'] = data['colour'] / 2
    values = []
    for compiled in (False, True):
        keras.utils.set_random_seed(0)
        model = weights.build(network, preset)
        model.compile(keras.optimizers.Adam(1e-3), **options)
        step = tf.function(model.train_step, jit_compile=compiled)
        values.append([step(data), step(data)])
    for plain, compiled in zip(*values, strict=True):
        assert {name for name in plain} == {name for name in compiled} >= {'loss'}
        for name in plain:
            np.testing.assert_allclose(compiled[name], plain[name], rtol=.1, err_msg=name)

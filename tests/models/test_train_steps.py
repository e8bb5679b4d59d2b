"""What accelerators need of every training step."""


import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import background_detector, low_res_colorizer, polishing_network
from models.baselines import pix2pix, two_step_cgan

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
def test_compiles_with_xla_and_takes_the_same_step_but_for_other_noise(network, changes, options, batch):
    data = {name: batch[name][:, 100:132, 100:132] for name in ('outline', 'color')} | {'seeds': batch['seeds']}
    data['foreground'] = data['color'] / 2
    values = []
    for compiled in (False, True):
        keras.utils.set_random_seed(0)
        model = network.from_preset('tiny', **changes)
        model.compile(keras.optimizers.Adam(1e-3), **options)
        step = tf.function(model.train_step, jit_compile=compiled)
        values.append([step(data), step(data)])
    for plain, compiled in zip(*values, strict=True):
        assert {name for name in plain} == {name for name in compiled} >= {'loss'}
        for name in plain:
            np.testing.assert_allclose(compiled[name], plain[name], rtol=.1, err_msg=name)

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models.baselines import pix2pix, two_step_cgan
from models.ops import resize
from tests.models import steps

NETWORKS = [pix2pix.Pix2Pix, two_step_cgan.LowResPix2Pix, two_step_cgan.PolishingPix2Pix]


@pytest.mark.parametrize('network, sizes', zip(NETWORKS, (
    {'image_size': 64}, {'image_size': 128, 'low_res_size': 32}, {'image_size': 64, 'low_res_size': 8}), strict=True))
def test_overfits_one_batch_against_an_adversary_that_is_not_saved(network, sizes, batch):
    keras.utils.set_random_seed(0)
    model = network.from_preset('tiny', **sizes)
    side = model.config.image_size
    batch = steps.crop(batch, (256 - side) // 2, side)
    names = [v.name for v in model.weights]
    model.compile(keras.optimizers.Adam(5e-3, beta_1=.5), adversarial_weight=.01)
    history = steps.on_one_batch(model, {key: value[:2] for key, value in batch.items()}, 40)
    assert history['l1'][-1] < .6 * history['l1'][0]
    assert all(np.isfinite(history[name]).all() for name in ('adversarial', 'discriminator'))
    assert [v.name for v in model.weights] == names


def test_the_two_step_cgan_returns_both_pictures(batch, tmp_path):
    for network in NETWORKS[1:]:
        network.from_preset('tiny').save_pretrained(tmp_path)
    colorizer = two_step_cgan.TwoStepCGAN.from_pretrained([tmp_path])
    result = colorizer.colorize(batch['outline'])
    assert result['image'].shape == (4, 256, 256, 3) and result['low_res'].shape == (4, 32, 32, 3)


def test_baselines_color_without_dropout_and_each_picture_by_itself(batch, rng):
    one_step, low_res, polishing = networks = [network.from_preset('tiny') for network in NETWORKS]
    for variable in [variable for network in networks for variable in network.trainable_variables]:
        if 'kernel' in variable.name:  # as small as they begin, the layers with dropout hardly count
            variable.assign(rng.normal(0, .12, variable.shape))
    small = low_res(batch['outline'])
    second_input = two_step_cgan.masked_low_res(batch['outline'], small, tf.ones_like(small[..., :1]))
    for colorizer, expected in ((one_step, one_step(batch['outline'])),
                                (two_step_cgan.TwoStepCGAN(low_res, polishing), polishing(second_input))):
        np.testing.assert_allclose(colorizer.colorize(batch['outline'])['image'], expected, atol=1e-5)
        np.testing.assert_allclose(colorizer.colorize(batch['outline'][1:2])['image'], expected[1:2], atol=1e-5)


def test_the_second_step_sees_the_outline_masked_colors_and_the_mask(batch):
    low_res = resize.low_resolution(batch['color'], 32)
    kept = tf.cast(tf.random.stateless_uniform([4, 32, 32, 1], [0, 0]) < .5, tf.float32)
    seen = two_step_cgan.masked_low_res(batch['outline'], low_res, kept).numpy()
    np.testing.assert_array_equal(seen[..., :1], batch['outline'])
    np.testing.assert_array_equal(seen[:, ::8, ::8, 1:4], kept * low_res)
    np.testing.assert_array_equal(seen[:, ::8, ::8, 4:], kept)


def test_the_second_step_trains_on_a_random_half_of_the_pixels_and_colors_from_all(batch):
    model = two_step_cgan.PolishingPix2Pix.from_preset('tiny')
    shown = model.example(batch, training=True)[0][..., 4]
    assert .45 < tf.reduce_mean(shown) < .55
    assert tf.reduce_mean(model.example(batch, training=False)[0][..., 4]) == 1

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models.baselines import pix2pix, two_step_cgan
from models.layers import patch_gan
from models.ops import resize
from tests.models import steps

NETWORKS = [pix2pix.Pix2Pix, two_step_cgan.LowResPix2Pix, two_step_cgan.PolishingPix2Pix]


def test_a_patch_sees_70_pixels():
    network = patch_gan.PatchGAN(4, 16)
    picture = tf.random.stateless_normal([1, 256, 256, 3], [0, 0])
    with tf.GradientTape() as tape:
        tape.watch(picture)
        logits = network((tf.zeros([1, 256, 256, 1]), picture))
        one = logits[0, 16, 16, 0]
    assert logits.shape == (1, 32, 32, 1)
    seen = np.abs(tape.gradient(one, picture)[0]).max(axis=-1) > 0
    assert np.ptp(np.flatnonzero(seen.any(0))) + 1 == np.ptp(np.flatnonzero(seen.any(1))) + 1 == 70


def test_each_side_of_the_game_wants_the_opposite(batch):
    adversary = patch_gan.Adversary(pix2pix.Pix2PixConfig.from_preset('tiny'), channels=1)
    generated = tf.Variable(tf.zeros_like(batch['color']))
    optimizer, history = keras.optimizers.Adam(2e-3), []
    for _ in range(20):  # the discriminator alone
        with tf.GradientTape() as tape:
            deceive, detect = adversary.losses(batch['outline'], batch['color'], generated)
        history.append((deceive, detect))
        optimizer.minimize(detect, adversary.network.trainable_variables, tape=tape)
    (deceive_first, detect_first), *_, (deceive_last, detect_last) = history
    assert detect_last < detect_first and deceive_last > deceive_first
    with tf.GradientTape() as tape:
        deceive, _ = adversary.losses(batch['outline'], batch['color'], generated)
    assert np.abs(tape.gradient(deceive, generated)).max() > 0


@pytest.mark.parametrize('network', NETWORKS)
def test_overfits_one_batch_against_an_adversary_that_is_not_saved(network, batch, tmp_path):
    keras.utils.set_random_seed(0)
    model = network.from_preset('tiny')
    names = [v.name for v in model.weights]
    model.compile(keras.optimizers.Adam(5e-3, beta_1=.5), adversarial_weight=.01)
    history = steps.on_one_batch(model, {key: value[:2] for key, value in batch.items()}, 40)
    assert history['l1'][-1] < .6 * history['l1'][0]
    assert all(np.isfinite(history[name]).all() for name in ('adversarial', 'discriminator'))
    assert [v.name for v in model.weights] == names


def test_two_steps_in_a_row(batch, tmp_path):
    for network in NETWORKS[1:]:
        network.from_preset('tiny').save_pretrained(tmp_path)
    colorizer = two_step_cgan.TwoStepCGAN.from_pretrained([tmp_path])
    result = colorizer.colorize(batch['outline'])
    assert result['image'].shape == (4, 256, 256, 3) and result['low_res'].shape == (4, 32, 32, 3)


def test_what_the_second_step_sees(batch):
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

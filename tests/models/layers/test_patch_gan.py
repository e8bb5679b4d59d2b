import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models.baselines.pix2pix import Pix2PixConfig
from models.layers import patch_gan
from models.ops import resize


@pytest.fixture
def adversary():
    return patch_gan.Adversary(Pix2PixConfig.from_preset('tiny'), channels=1)


def test_the_losses_are_cross_entropies_and_the_discriminators_is_halved(adversary, batch):
    """pix2pix, sections 3.1 and 3.3."""
    condition, real = batch['outline'][:2], batch['color'][:2]
    generated = tf.reverse(real, axis=[2])
    of_real, of_generated = (adversary.network((condition, x), training=True).numpy() for x in (real, generated))
    deceive, detect = adversary.losses(condition, real, generated)
    np.testing.assert_allclose(deceive, np.log1p(np.exp(-of_generated)).mean(), rtol=1e-5)
    expected = (np.log1p(np.exp(-of_real)).mean() + np.log1p(np.exp(of_generated)).mean()) / 2
    np.testing.assert_allclose(detect, expected, rtol=1e-5)


def test_the_condition_is_shrunk_to_the_size_of_small_pictures(adversary, batch):
    condition, low_res = batch['outline'][:1], resize.shrink(batch['color'][:1], 32)
    _, one = adversary.losses(condition, low_res, low_res)
    _, other = adversary.losses(resize.shrink(condition, 32), low_res, low_res)
    np.testing.assert_allclose(one, other, rtol=1e-5)


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


def test_generator_and_discriminator_want_the_opposite(adversary, batch):
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

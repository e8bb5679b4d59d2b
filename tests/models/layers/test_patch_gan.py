import numpy as np
import tensorflow as tf

from models.baselines.pix2pix import Pix2PixConfig
from models.layers import patch_gan
from models.ops import resize


def test_the_losses_are_cross_entropies_and_the_discriminators_is_halved(batch):
    """pix2pix, sections 3.1 and 3.3."""
    adversary = patch_gan.Adversary(Pix2PixConfig.from_preset('tiny'), channels=1)
    condition, real = batch['outline'][:2], batch['color'][:2]
    generated = tf.reverse(real, axis=[2])
    of_real, of_generated = (adversary.network((condition, x), training=True).numpy() for x in (real, generated))
    deceive, detect = adversary.losses(condition, real, generated)
    np.testing.assert_allclose(deceive, np.log1p(np.exp(-of_generated)).mean(), rtol=1e-3)
    expected = (np.log1p(np.exp(-of_real)).mean() + np.log1p(np.exp(of_generated)).mean()) / 2
    np.testing.assert_allclose(detect, expected, rtol=1e-3)


def test_the_condition_is_shrunk_to_the_size_of_small_pictures(batch):
    adversary = patch_gan.Adversary(Pix2PixConfig.from_preset('tiny'), channels=1)
    condition, low_res = batch['outline'][:1], resize.shrink(batch['color'][:1], 32)
    _, one = adversary.losses(condition, low_res, low_res)
    _, other = adversary.losses(resize.shrink(condition, 32), low_res, low_res)
    np.testing.assert_allclose(one, other, rtol=1e-5)

import cv2
import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from data_pipeline.pictures import colors
from models import polishing_network
from models.ops import guided_upsampling, resize
from tests.models import steps


@pytest.fixture
def parts(rng):
    outline = tf.constant(rng.random((2, 256, 256, 1)) < .1, tf.float32)
    low_res = colors.quantize(tf.constant(rng.uniform(-1, 1, (2, 32, 32, 3)), tf.float32))
    mask = np.zeros((2, 256, 256, 1), np.float32)
    mask[:, :128] = 1
    return outline, low_res, tf.constant(mask)


def test_ten_channels_in_the_studys_order(parts):
    outline, low_res, mask = parts
    hidden = mask * tf.constant(np.arange(256)[None, None, :, None] < 64, tf.float32)
    channels = polishing_network.polishing_input(outline, low_res, mask, hidden, 'mean').numpy()
    assert channels.shape == (2, 256, 256, 10)
    median = np.quantile(low_res.numpy()[:, :16], .5, axis=(1, 2), method='inverted_cdf')[:, None, None]
    shown = tf.where(hidden > 0, median, resize.enlarge(low_res, 256))
    np.testing.assert_array_equal(channels[..., 0], outline[..., 0])
    np.testing.assert_allclose(
        channels[..., 1:4], guided_upsampling.upsample(shown, hidden, outline, 32), atol=1e-5)
    np.testing.assert_array_equal(channels[..., 4], 1 - mask[..., 0])
    np.testing.assert_array_equal(channels[..., 5], mask[..., 0])
    np.testing.assert_array_equal(channels[..., 6], hidden[..., 0])
    np.testing.assert_allclose(channels[..., 7:], np.where(mask, median, 0), atol=1e-6)


def test_random_masks_differ_by_step_and_hide_whole_low_resolution_pixels():
    one, two = (polishing_network.random_mask(tf.constant([[step, k] for k in range(40)]), 32, 256) for step in (1, 2))
    assert set(np.unique(one)) == {0, 1} and np.any(one != two)
    np.testing.assert_array_equal(resize.enlarge(one[:, ::8, ::8], 256), one)
    shares = one.numpy().mean(axis=(1, 2, 3))
    assert (shares == 1).sum() >= 8 and (shares < .95).sum() >= 8


def test_displaced_colors_come_from_nearby_and_their_share_differs_between_pictures():
    here = np.stack(np.meshgrid(np.arange(32), np.arange(32), [0], indexing='ij'), axis=-1)[:, :, 0]
    pictures = tf.constant(np.tile(here, (40, 1, 1, 1)), tf.float32)
    seeds, behind = tf.constant([[1, k] for k in range(40)]), np.zeros((40, 32, 32, 1), np.float32)
    distance = np.abs(polishing_network.displace_colors(pictures, behind, seeds) - pictures).max(axis=-1)
    assert distance.max() == 4
    behind[:, :16] = 1
    of_foreground = np.abs(polishing_network.displace_colors(pictures, behind, seeds) - pictures).max(axis=-1)
    assert (of_foreground[:, :16] == 0).all()
    np.testing.assert_array_equal(of_foreground[:, 16:], distance[:, 16:])
    shares = (distance > 0).mean(axis=(1, 2))
    assert shares.min() < .1 and .35 < shares.max() < .6


def test_only_the_median_of_hidden_background_colors_counts(parts):
    outline, low_res, mask = parts
    model = polishing_network.PolishingNetwork.from_preset('tiny')
    shuffled = tf.concat([tf.reverse(low_res[:, :16], axis=[1]), low_res[:, 16:]], axis=1)
    np.testing.assert_allclose(model.polish(outline, shuffled, mask), model.polish(outline, low_res, mask), atol=1e-5)


def test_an_untrained_network_returns_the_colors_it_sees(parts):
    outline, low_res, mask = parts
    model = polishing_network.PolishingNetwork.from_preset('tiny')
    shown = polishing_network.polishing_input(outline, low_res, mask, mask, 'mean', rounds=3)[..., 1:4]
    np.testing.assert_allclose(model.polish(outline, low_res, mask), shown, atol=.1)


def test_corrections_and_loss_count_only_where_no_line_is_near(parts, rng):
    outline, low_res, mask = parts
    model = polishing_network.PolishingNetwork.from_preset('tiny')
    model.set_weights([rng.uniform(.1, .3, w.shape) for w in model.get_weights()])
    seen = polishing_network.polishing_input(outline, low_res, mask, mask, 'mean')
    near = cv2.dilate(outline[0, ..., 0].numpy(), np.ones((3, 3))) > 0
    generated = model(seen)
    corrected = np.abs(generated - seen[..., 1:4])[0].max(axis=-1)
    assert corrected[near].max() < 1e-6 and corrected[~near].min() > .01
    truth = -generated
    judged = model.loss_input(seen, generated, truth)[0].numpy()
    np.testing.assert_allclose(judged, np.where(near[..., None], truth[0], generated[0]), atol=1e-6)


def test_the_ablation_sees_no_background(parts):
    outline, low_res, mask = parts
    model = polishing_network.PolishingNetwork.from_preset('tiny', sees_background=False)
    np.testing.assert_array_equal(model.polish(outline, low_res, mask), model.polish(outline, low_res, 0 * mask))


def test_overfits_one_batch_and_leaves_the_detector_alone(batch, panels):
    keras.utils.set_random_seed(0)
    model = polishing_network.PolishingNetwork.from_preset('tiny', image_size=128, low_res_size=16)
    background = tf.constant(np.stack([p.background[:128, :128] for p in panels[:2]])[..., None], tf.float32)
    count = len(model.weights)
    model.compile(keras.optimizers.Adam(5e-3, beta_1=.5), detect_background=lambda _: background,
                  adversarial_weight=0.)
    two = {name: value[:2] for name, value in steps.crop(batch, 0, 128).items()}
    first, *_, last = steps.on_one_batch(model, two, 120)['l1']
    assert last < .5 * first
    assert len(model.weights) == count


def test_training_hides_and_displaces_colors_at_random_and_validation_hides_all(batch):
    model = polishing_network.PolishingNetwork.from_preset('tiny')
    everywhere = tf.ones_like(batch['outline'])
    model.compile(keras.optimizers.Adam(), detect_background=lambda _: everywhere, adversarial_weight=0.)
    seeds = tf.constant([[5, k] for k in range(4)])
    training, validation = (model.example(batch | {'seeds': seeds}, training)[0] for training in (True, False))
    assert (validation[..., 6] == 1).numpy().all()
    expected = polishing_network.random_mask(seeds, 32, 256)
    np.testing.assert_array_equal(training[..., 6:7], expected)
    assert 0 < tf.reduce_mean(expected) < 1

    model.compile(keras.optimizers.Adam(), detect_background=lambda _: 0 * everywhere, adversarial_weight=0.)
    training, validation = (model.example(batch | {'seeds': seeds}, training)[0] for training in (True, False))
    low_res = resize.low_resolution(batch['color'], 32)
    displaced = polishing_network.displace_colors(low_res, tf.zeros([4, 32, 32, 1]), seeds)
    expected = polishing_network.polishing_input(batch['outline'], displaced, 0 * everywhere, 0 * everywhere, 'mean')
    np.testing.assert_allclose(training[..., 1:4], expected[..., 1:4], atol=1e-5)
    assert np.abs(training - validation)[..., 1:4].max() > .1

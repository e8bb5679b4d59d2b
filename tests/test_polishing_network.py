import dataclasses

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import polishing_network, presets, resolution, weights
from tests import steps


@pytest.fixture
def parts(rng):
    outline = tf.constant(rng.random((2, 256, 256, 1)) < .1, tf.float32)
    low_res = resolution.quantize(tf.constant(rng.uniform(-1, 1, (2, 32, 32, 3)), tf.float32))
    mask = np.zeros((2, 256, 256, 1), np.float32)
    mask[:, :128] = 1
    return outline, low_res, tf.constant(mask)


def test_ten_channels_in_the_studys_order(parts):
    outline, low_res, mask = parts
    hidden = mask * tf.constant(np.arange(256)[None, None, :, None] < 64, tf.float32)
    channels = polishing_network.polishing_input(outline, low_res, mask, hidden, 'mean').numpy()
    assert channels.shape == (2, 256, 256, 10)
    colours = resolution.enlarge(low_res, 256).numpy()
    mean = low_res.numpy()[:, :16].mean(axis=(1, 2))[:, None, None]
    np.testing.assert_array_equal(channels[..., 0], outline[..., 0])
    np.testing.assert_allclose(channels[..., 1:4], np.where(hidden, mean, colours), atol=1e-5)
    np.testing.assert_array_equal(channels[..., 4], 1 - mask[..., 0])
    np.testing.assert_array_equal(channels[..., 5], mask[..., 0])
    np.testing.assert_array_equal(channels[..., 6], hidden[..., 0])
    np.testing.assert_allclose(channels[..., 7:], np.where(mask, mean, 0), atol=1e-5)


def test_random_masks_differ_by_step_and_are_square_pixels():
    one, two = (polishing_network.random_mask(tf.constant([[step, k] for k in range(40)]), 32, 256) for step in (1, 2))
    assert set(np.unique(one)) == {0, 1} and np.any(one != two)
    np.testing.assert_array_equal(resolution.enlarge(one[:, ::8, ::8], 256), one)
    shares = one.numpy().mean(axis=(1, 2, 3))
    assert (shares == 1).sum() >= 8 and (shares < .95).sum() >= 8


def test_strays_are_colours_from_nearby_in_a_share_that_differs():
    here = np.stack(np.meshgrid(np.arange(32), np.arange(32), [0], indexing='ij'), axis=-1)[:, :, 0]
    pictures = tf.constant(np.tile(here, (40, 1, 1, 1)), tf.float32)
    strayed = polishing_network.with_strays(pictures, tf.constant([[1, k] for k in range(40)]))
    distance = np.abs(strayed - pictures).max(axis=-1)
    assert distance.max() == 4
    shares = (distance > 0).mean(axis=(1, 2))
    assert shares.min() < .1 and .35 < shares.max() < .6


def test_background_colours_do_not_stray(batch, panels):
    model = weights.build(polishing_network.PolishingNetwork, presets.PRESETS['tiny'])
    background = np.float32([panel.background for panel in panels[:4]])[..., None]
    model.compile(keras.optimizers.Adam(), detect_background=lambda _: tf.constant(background), adversarial_weight=0.)
    seeds = {'seeds': tf.constant([[1, k] for k in range(4)])}
    channels, _ = model.example(batch | seeds, training=True)
    clean, _ = model.example(batch | seeds, training=False)
    behind = resolution.enlarge(tf.floor(resolution.shrink(tf.constant(background), 32)), 256).numpy()[..., 0] == 1
    shown = behind & (channels[..., 6] == 0)  # neither hidden nor partly foreground
    true = resolution.enlarge(resolution.low_resolution(batch['colour'], 32), 256).numpy()
    np.testing.assert_allclose(channels.numpy()[shown][:, 1:4], true[shown], atol=1e-6)
    assert np.abs(channels[..., 1:4] - clean[..., 1:4])[background[..., 0] == 0].max() > .1


def test_hidden_background_colours_make_no_difference_but_by_their_mean(parts):
    outline, low_res, mask = parts
    model = weights.build(polishing_network.PolishingNetwork, presets.PRESETS['tiny'])
    shuffled = tf.concat([tf.reverse(low_res[:, :16], axis=[1]), low_res[:, 16:]], axis=1)
    np.testing.assert_allclose(model.polish(outline, shuffled, mask), model.polish(outline, low_res, mask), atol=1e-5)


def test_untrained_it_gives_the_colours_it_sees(parts):
    outline, low_res, mask = parts
    model = weights.build(polishing_network.PolishingNetwork, presets.PRESETS['tiny'])
    shown = polishing_network.polishing_input(outline, low_res, mask, mask, 'mean')[..., 1:4]
    np.testing.assert_allclose(model.polish(outline, low_res, mask), shown, atol=.1)


def test_the_ablation_sees_no_background(parts):
    outline, low_res, mask = parts
    preset = dataclasses.replace(presets.PRESETS['tiny'], polishing_background=False)
    model = weights.build(polishing_network.PolishingNetwork, preset)
    np.testing.assert_array_equal(model.polish(outline, low_res, mask), model.polish(outline, low_res, 0 * mask))


def test_overfits_one_batch_and_leaves_the_detector_alone(batch, panels):
    keras.utils.set_random_seed(0)
    model = weights.build(polishing_network.PolishingNetwork, presets.PRESETS['tiny'])
    background = tf.constant(np.stack([p.background for p in panels[:2]])[..., None], tf.float32)
    count = len(model.weights)
    model.compile(keras.optimizers.Adam(5e-3, beta_1=.5), detect_background=lambda _: background,
                  adversarial_weight=0.)
    first, *_, last = steps.on_one_batch(model, {key: value[:2] for key, value in batch.items()}, 120)['l1']
    assert last < .5 * first
    assert len(model.weights) == count

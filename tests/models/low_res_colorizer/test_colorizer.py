import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from data_pipeline.pictures import colors
from eval.benchmarks import networks
from models import low_res_colorizer
from models.low_res_colorizer import likelihoods
from tests.models import steps


@pytest.fixture(scope='module')
def colorizer():
    keras.utils.set_random_seed(0)
    return low_res_colorizer.LowResColorizer.from_preset('tiny')


@pytest.fixture
def outlines(rng):
    return tf.constant(rng.random((2, 256, 256, 1)) < .1, tf.float32)


def test_sample_depends_on_outline_and_seed_only(colorizer, outlines):
    sample = tf.function(colorizer.sample, reduce_retracing=True, autograph=False)
    both, likelihood = sample(outlines, tf.constant([3, 4], tf.int64))
    assert both.shape == (2, 32, 32, 3)
    for k in range(2):
        alone, its_likelihood = sample(outlines[k:k + 1], tf.constant([3 + k], tf.int64))
        np.testing.assert_array_equal(alone[0], both[k])
        np.testing.assert_allclose(its_likelihood[0], likelihood[k], rtol=1e-5)
    other, _ = sample(outlines, tf.constant([5, 4], tf.int64))
    assert np.any(other[0] != both[0]) and np.all(other[1] == both[1])


@pytest.mark.parametrize('variant', [
    *({'likelihood': likelihood, 'context': context} for likelihood, context in zip(
        likelihoods.LIKELIHOODS, ('full', 'row_lstm', 'diagonal_bilstm'), strict=True)),
    {'context': 'none'}, {'sees_outline': False}], ids=str)
def test_samples_are_on_the_grid_and_as_likely_as_log_prob_says(outlines, variant):
    keras.utils.set_random_seed(0)
    model = low_res_colorizer.LowResColorizer.from_preset('tiny', **variant)
    seeds = tf.constant([1, 2], tf.int64)
    sample, log_prob = tf.function(model.sample, autograph=False)(outlines, seeds)
    np.testing.assert_allclose(model.log_prob(outlines, sample), log_prob, rtol=1e-3)
    np.testing.assert_allclose(sample, colors.quantize(sample), atol=1e-6)


def test_samples_in_half_precision(outlines):
    with steps.half_precision():
        model = low_res_colorizer.LowResColorizer.from_preset('tiny')
        sample, log_prob = tf.function(model.sample, autograph=False)(outlines[:1], tf.constant([1], tf.int64))
        np.testing.assert_allclose(model.log_prob(outlines[:1], sample), log_prob, rtol=.02)


def test_sample_equals_that_of_whole_forward_passes(outlines):
    keras.utils.set_random_seed(0)
    colorizer = low_res_colorizer.LowResColorizer.from_preset('tiny', image_size=128, low_res_size=16)
    inputs = outlines[:, :128, :128], tf.constant([1, 2], tf.int64)
    naive = tf.function(networks.naive_sample, autograph=False)(colorizer, *inputs)
    np.testing.assert_allclose(tf.function(colorizer.sample, autograph=False)(*inputs)[0], naive, atol=1e-6)


def test_variants_ignore_the_picture_or_the_outline(outlines, rng):
    pictures = tf.constant(rng.uniform(-1, 1, (2, 32, 32, 3)), tf.float32)
    for variant, value, other in (('context', 'none', (outlines, -pictures)),
                                  ('sees_outline', False, (1 - outlines, pictures))):
        model = low_res_colorizer.LowResColorizer.from_preset('tiny', **{variant: value})
        np.testing.assert_array_equal(model((outlines, pictures)), model(other))


def test_overfits_one_batch_and_averages_its_weights(batch):
    keras.utils.set_random_seed(0)
    model = low_res_colorizer.LowResColorizer.from_preset('tiny', image_size=64, low_res_size=8, sees_hints=False,
                                                          sees_references=False)
    batch = steps.crop(batch, 96, 64)
    model.compile(keras.optimizers.Adam(5e-3))
    first, *_, last = steps.on_one_batch(model, batch, 90)['bits_per_dim']
    assert last < .75 * first
    ahead = [v.numpy() for v in model.trainable_variables]
    model.average.swap()
    averaged = tf.reduce_mean(model.bits_per_dim(batch))
    assert averaged < .8 * first
    assert any((v.numpy() != a).any() for v, a in zip(model.trainable_variables, ahead, strict=True))
    model.average.swap()
    for v, a in zip(model.trainable_variables, ahead, strict=True):
        np.testing.assert_array_equal(v, a)


def test_the_loss_counts_the_prior_beside_the_pixelcnn(batch):
    model = low_res_colorizer.LowResColorizer.from_preset('tiny', prior='l1', sees_hints=False, sees_references=False)
    model.compile(keras.optimizers.SGD(0.))
    values = model.train_step(batch)
    np.testing.assert_allclose(values['loss'], values['bits_per_dim'] + 10 * values['prior_l1'], rtol=1e-5)
    assert values['prior_l1'] > 0


def test_the_likelihood_does_not_change_the_prior(batch):
    """Only its own loss teaches the prior's color, which the PixelCNN sees."""
    model = low_res_colorizer.LowResColorizer.from_preset('tiny')
    with tf.GradientTape() as tape:
        bits = model.bits_per_dim(batch)
    gradients = tape.gradient(bits, model._prior_head.trainable_variables)
    assert all(gradient is None or not np.any(gradient) for gradient in gradients)


def test_hints_change_what_the_network_expects_and_are_laid_over(outlines):
    keras.utils.set_random_seed(0)
    colorizer, seeds = low_res_colorizer.LowResColorizer.from_preset('tiny'), tf.constant([3, 4], tf.int64)
    hints = np.zeros((2, 32, 32, 4), np.float32)
    hints[0, 8:12, 8:12] = [.5, -.5, .25, 1]
    consensus = tf.function(colorizer.consensus, autograph=False)
    plain, hinted, empty = (consensus(outlines, seeds, **given)['low_res'] for given in (
        {}, {'hints': tf.constant(hints)}, {'hints': tf.zeros([2, 32, 32, 4])}))
    np.testing.assert_array_equal(empty, plain)
    np.testing.assert_array_equal(hinted[1], plain[1])
    np.testing.assert_allclose(hinted[0, 8:12, 8:12], np.broadcast_to([.5, -.5, .25], (4, 4, 3)), atol=.51 / 127.5)
    assert np.any(hinted[0, 12:] != plain[0, 12:])  # elsewhere by the network alone
    unseeing = low_res_colorizer.LowResColorizer.from_preset('tiny', sees_hints=False)
    features = unseeing.see(outlines)
    np.testing.assert_array_equal(unseeing.condition(features, tf.constant(hints)), unseeing.condition(features))


@pytest.mark.parametrize('sees_hints', [True, False])
def test_training_shows_hints_if_the_network_sees_them(batch, sees_hints, monkeypatch):
    model = low_res_colorizer.LowResColorizer.from_preset('tiny', sees_hints=sees_hints)
    model.compile(keras.optimizers.SGD(0.))
    seen = []
    condition = model._condition_and_prior
    monkeypatch.setattr(model, '_condition_and_prior',
                        lambda features, hints, *more: seen.append(hints) or condition(features, hints, *more))
    model.train_step(batch)
    model.test_step(batch)
    assert [hints is not None for hints in seen] == [sees_hints, False]
    if sees_hints:
        assert seen[0].shape == (4, 32, 32, 4) and np.any(seen[0])

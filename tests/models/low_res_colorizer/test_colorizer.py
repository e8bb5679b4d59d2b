
import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from data_pipeline.pictures import colors
from eval import benchmark
from models import low_res_colorizer
from models.low_res_colorizer import conditioning, gated_pixelcnn, likelihoods
from models.ops import resize
from tests.models import steps


@pytest.fixture(scope='module')
def colorizer():
    keras.utils.set_random_seed(0)
    return low_res_colorizer.LowResColorizer.from_preset('tiny')


@pytest.fixture
def outlines(rng):
    return tf.constant(rng.random((2, 256, 256, 1)) < .1, tf.float32)


def test_low_resolution_is_the_rounded_mean_of_squares(rng):
    levels = rng.integers(0, 256, (1, 256, 256, 3))
    low_res = resize.low_resolution(tf.constant(levels / 127.5 - 1, tf.float32), 32)
    means = levels.reshape(1, 32, 8, 32, 8, 3).mean(axis=(2, 4))
    got = (low_res.numpy() + 1) * 127.5
    np.testing.assert_allclose(got, np.round(got), atol=1e-4)
    assert np.abs(got - means).max() <= .501
    np.testing.assert_array_equal(resize.enlarge(low_res, 256)[:, ::8, ::8], low_res)


def test_preset_paper_has_the_published_conditioning_network():
    """PixColor, appendix: ResNet-101 up to its fourth stage, without the last stage's stride."""
    network = conditioning.conditioning_network(low_res_colorizer.LowResColorizerConfig())
    assert network.compute_output_shape((1, 256, 256, 1)) == (1, 32, 32, 64)
    network.build((None, 64, 64, 1))
    blocks = [layer for layer in network.layers if isinstance(layer, conditioning.ResidualBlock)]
    widths = [[weight.shape[-1] for weight in block.weights if weight.shape.rank == 4] for block in blocks]
    stages = ((3, 64), (4, 128), (23, 256))
    assert [w[:3] for w in widths] == [[f, f, 4 * f] for count, f in stages for _ in range(count)]
    assert network.layers[0].kernel.shape == (7, 7, 1, 64)


def test_preset_paper_has_the_published_pixelcnn():
    """PixColor, appendix; mixture and dropout of PixelCNN++, section 2."""
    config = low_res_colorizer.LowResColorizerConfig()
    network = gated_pixelcnn.GatedPixelCNN(config.pixelcnn_blocks, config.pixelcnn_filters, config.pixelcnn_hidden, 120)
    network(tf.zeros([1, 8, 8, 3]), tf.zeros([1, 8, 8, 4]))
    kernels = [weight.shape.as_list() for weight in network.weights if 'vertical/kernel' in weight.name]
    assert kernels == [[4, 7, 3, 128]] + 10 * [[3, 5, 64, 128]]
    assert [1024, 120] in [weight.shape.as_list() for weight in network.weights]
    assert (config.mixtures, config.dropout) == (10, .5)


def test_sample_depends_on_outline_and_seed_only(colorizer, outlines):
    sample = tf.function(colorizer.sample)
    both, likelihood = sample(outlines, tf.constant([3, 4], tf.int64))
    assert both.shape == (2, 32, 32, 3)
    for k in range(2):
        alone, its_likelihood = sample(outlines[k:k + 1], tf.constant([3 + k], tf.int64))
        np.testing.assert_array_equal(alone[0], both[k])
        np.testing.assert_allclose(its_likelihood[0], likelihood[k], rtol=1e-5)
    other, _ = sample(outlines, tf.constant([5, 4], tf.int64))
    assert np.any(other[0] != both[0]) and np.all(other[1] == both[1])


@pytest.mark.parametrize('variant', [{'likelihood': name} for name in likelihoods.LIKELIHOODS]
                         + [{'autoregressive': False}, {'sees_outline': False}], ids=str)
def test_samples_of_every_variant(outlines, variant):
    """On the grid, and as likely as `log_prob` says."""
    keras.utils.set_random_seed(0)
    model = low_res_colorizer.LowResColorizer.from_preset('tiny', **variant)
    seeds = tf.constant([1, 2], tf.int64)
    sample, log_prob = tf.function(model.sample)(outlines, seeds)
    np.testing.assert_allclose(model.log_prob(outlines, sample), log_prob, rtol=1e-3)
    np.testing.assert_allclose(sample, colors.quantize(sample), atol=1e-6)


def test_sample_equals_that_of_whole_forward_passes(colorizer, outlines):
    seeds = tf.constant([1, 2], tf.int64)
    naive = tf.function(benchmark.naive_sample)(colorizer, outlines, seeds)
    np.testing.assert_allclose(tf.function(colorizer.sample)(outlines, seeds)[0], naive, atol=1e-6)


def test_variants_ignore_what_they_are_to_ignore(outlines, rng):
    pictures = tf.constant(rng.uniform(-1, 1, (2, 32, 32, 3)), tf.float32)
    for variant, value, other in (('autoregressive', False, (outlines, -pictures)),
                                  ('sees_outline', False, (1 - outlines, pictures))):
        model = low_res_colorizer.LowResColorizer.from_preset('tiny', **{variant: value})
        np.testing.assert_array_equal(model((outlines, pictures)), model(other))


def test_overfits_one_batch_and_averages_its_weights(batch):
    keras.utils.set_random_seed(0)
    model = low_res_colorizer.LowResColorizer.from_preset('tiny')
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


def test_the_loss_counts_the_prior_as_much_as_the_pixelcnn(batch):
    model = low_res_colorizer.LowResColorizer.from_preset('tiny')
    model.compile(keras.optimizers.SGD(0.))
    values = model.train_step(batch)
    np.testing.assert_allclose(values['loss'], values['bits_per_dim'] + values['prior_bits_per_dim'], rtol=1e-5)
    assert values['prior_bits_per_dim'] > 0


def test_the_stages_of_the_conditioning_network_have_their_strides():
    """The first stage halves the picture after the first layer did, the second halves it again, the last does not."""
    network = conditioning.conditioning_network(low_res_colorizer.LowResColorizerConfig.from_preset('tiny'))
    sizes, x = [], tf.zeros([1, 64, 64, 1])
    for layer in network.layers:
        x = layer(x)
        if isinstance(layer, conditioning.ResidualBlock):
            sizes.append(x.shape[1])
    assert sizes == [16, 8, 8]

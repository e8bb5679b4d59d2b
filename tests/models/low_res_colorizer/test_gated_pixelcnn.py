import numpy as np
import pytest
import tensorflow as tf

from models.low_res_colorizer import LowResColorizerConfig, gated_pixelcnn
from models.low_res_colorizer.gated_pixelcnn import GatedBlock, GatedPixelCNN, gate
from models.low_res_colorizer.logistic_mixture import LogisticMixture

SIZE = 12


@pytest.fixture(scope='module')
def network():
    tf.random.set_seed(0)
    return GatedPixelCNN(blocks=2, filters=8, hidden=16, outputs=5)


@pytest.fixture(scope='module')
def blind_network():
    tf.random.set_seed(0)
    return GatedPixelCNN(blocks=2, filters=8, hidden=16, outputs=5, sees_picture=False)


def _inputs(rng, batch):
    return (tf.constant(rng.uniform(-1, 1, (batch, SIZE, SIZE, 3)), tf.float32),
            tf.constant(rng.normal(0, 1, (batch, SIZE, SIZE, 4)), tf.float32))


def test_a_gate_is_tanh_of_one_half_times_sigmoid_of_the_other(rng):
    value, opening = rng.normal(0, 2, (2, 3, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(gate(np.concatenate([value, opening], axis=-1)),
                               np.tanh(value) / (1 + np.exp(-opening)), atol=1e-5)


def test_only_later_blocks_have_a_residual_connection_and_on_the_horizontal_stack_alone(rng):
    """1606.05328, section 2.3: with all weights 0 only the residual connection is left."""
    x, condition = tf.constant(rng.normal(size=(1, 6, 6, 4)), tf.float32), tf.zeros([1, 6, 6, 2])
    for mask, left in (('A', 0 * x), ('B', x)):
        block = GatedBlock(filters=4, kernel=5, mask=mask)
        block(x, x, condition)
        block.set_weights([0 * weight for weight in block.get_weights()])
        vertical, horizontal = block(x, x, condition)
        np.testing.assert_array_equal(vertical, 0 * x)
        np.testing.assert_array_equal(horizontal, left)


@pytest.mark.parametrize('at', [(0, 0), (0, 5), (4, 0), (5, 6), (11, 11)])
def test_sees_all_earlier_pixels_and_no_other(network, rng, at):
    """Pitfall of many public PixelCNNs: a look ahead, or a blind spot to the right above."""
    picture, condition = _inputs(rng, 1)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        output = tf.reduce_sum(network(picture, condition)[0, at[0], at[1]] ** 2)
    gradient = tape.gradient(output, picture)
    seen = np.zeros((SIZE, SIZE), bool) if gradient is None else np.abs(gradient[0]).max(axis=-1) > 0
    row, column = np.mgrid[0:SIZE, 0:SIZE]
    earlier = (row < at[0]) | ((row == at[0]) & (column < at[1]))
    # A 7x7 and two 5x5 layers: seven pixels up and to the left; to the right above, seven and no blind spot either.
    reach = (row >= at[0] - 7) & (np.abs(column - at[1]) <= 7)
    assert not seen[~earlier].any()
    assert seen[earlier & reach].all()


def test_without_sight_of_the_picture_it_does_not_matter(blind_network, rng):
    picture, condition = _inputs(rng, 1)
    np.testing.assert_array_equal(blind_network(picture, condition), blind_network(tf.zeros_like(picture), condition))


def test_the_condition_reaches_every_pixel(network, rng):
    picture, condition = _inputs(rng, 1)
    with tf.GradientTape() as tape:
        tape.watch(condition)
        output = tf.reduce_sum(network(picture, condition)[0, 0, 0])
    assert np.abs(tape.gradient(output, condition)[0, 0, 0]).min() > 0


def test_dropout_is_on_the_inputs_of_both_stacks_with_seeds_of_each_block(monkeypatch):
    calls = []
    monkeypatch.setattr(gated_pixelcnn.noise, 'dropout', lambda x, rate, seeds, use: calls.append(
        (seeds.numpy().tolist(), use, rate)) or x)
    network = GatedPixelCNN(blocks=2, filters=8, hidden=16, outputs=5, dropout=.5)
    network(tf.zeros([1, SIZE, SIZE, 3]), tf.zeros([1, SIZE, SIZE, 4]), tf.constant([[5, 7]]))
    assert calls == [([[5 + block, 7]], stack, .5) for block in (1, 2) for stack in (0, 1)]


def _draw(noise):
    """Some function of parameters, neighbors and noise, as a distribution's sample is."""
    return lambda parameters, neighbors, row, column: tf.round(
        tf.tanh(parameters[:, :3] + neighbors[:, 0] - 2 * neighbors[:, 1]) * 8 + noise[:, row, column]) / 8


@pytest.mark.parametrize('jit_compile', [False, True])
@pytest.mark.parametrize('name', ['network', 'blind_network'])
def test_cached_sampler_equals_the_naive_one(name, rng, jit_compile, request):
    network = request.getfixturevalue(name)
    _, condition = _inputs(rng, 2)
    noise = tf.constant(rng.normal(0, 3, (2, SIZE, SIZE, 3)), tf.float32)
    naive = np.zeros((2, SIZE, SIZE, 3), np.float32)
    for row in range(SIZE):
        for column in range(SIZE):
            parameters = network(tf.constant(naive), condition)[:, row, column]
            neighbors = network.neighbors(tf.constant(naive))[:, row, column]
            naive[:, row, column] = _draw(noise)(parameters, neighbors, row, column)
    sample = tf.function(lambda c: network.sample(c, _draw(noise)), jit_compile=jit_compile)
    picture, parameters = sample(condition)
    np.testing.assert_array_equal(picture, naive)
    np.testing.assert_allclose(parameters, network(tf.constant(naive), condition), atol=1e-4)


def test_preset_paper_has_the_published_layers():
    """PixColor, appendix; mixture and dropout of PixelCNN++, section 2."""
    config = LowResColorizerConfig()
    assert (config.mixtures, config.dropout) == (10, .5)
    network = GatedPixelCNN(config.pixelcnn_blocks, config.pixelcnn_filters, config.pixelcnn_hidden,
                            LogisticMixture.sizes(config.mixtures)[0])
    network(tf.zeros([1, 8, 8, 3]), tf.zeros([1, 8, 8, 4]))

    def kernels(layer):
        return [weight.shape.as_list() for weight in network.weights if f'{layer}/kernel' in weight.name]

    # The upper half of each kernel; each stack has twice as many channels before its gate as after it.
    assert kernels('vertical') == [[4, 7, 3, 128]] + 10 * [[3, 5, 64, 128]]
    assert kernels('hidden') + kernels('outputs') == [[64, 1024], [1024, 140]]

"""What every context network must do."""

import numpy as np
import pytest
import tensorflow as tf

from models.low_res_colorizer import LowResColorizerConfig, contexts

SIZE = 12
LAYERS = LowResColorizerConfig.from_preset('tiny').lstm_layers


@pytest.fixture(scope='module', params=contexts.CONTEXTS)
def name(request):
    return request.param


@pytest.fixture(scope='module')
def network(name):
    tf.random.set_seed(0)
    return contexts.CONTEXTS[name](LowResColorizerConfig.from_preset('tiny'), 5)


def _inputs(rng, batch):
    return (tf.constant(rng.uniform(-1, 1, (batch, SIZE, SIZE, 3)), tf.float32),
            tf.constant(rng.normal(0, 1, (batch, SIZE, SIZE, 4)), tf.float32))


def _seen(name, row, column):
    """Which pixels the pixel at (row, column) sees: bool [SIZE, SIZE]."""
    up, right = row - np.arange(SIZE)[:, None], np.arange(SIZE)[None] - column
    earlier = (up > 0) | ((up == 0) & (right < 0))
    return earlier & {
        # A 7x7 and two 5x5 layers: seven pixels to each side. The vertical stack is a row above.
        'full': (up <= 8) & (np.abs(right) <= 7),
        # The first layer reaches three pixels to each side, each layer one to the left, each row one to each side.
        'row_lstm': (right >= -3 - LAYERS - up) & (right <= 3 + up - 1),
        # The last pixel of the row above is seen by the first layer only.
        'diagonal_bilstm': (up != 1) | (right < SIZE - 1 - column) | (right <= 3),
        'none': np.zeros_like(earlier)}[name]


def test_sees_exactly_the_pixels_of_its_context(name, network, rng):
    """Pitfall of many public PixelCNNs and PixelRNNs: a look ahead, or a blind spot to the right above."""
    picture, condition = _inputs(rng, 1)

    @tf.function(autograph=False)
    def sensitivity(row, column):
        with tf.GradientTape() as tape:
            tape.watch(picture)
            output = tf.reduce_sum(network(picture, condition)[0, row, column] ** 2)
        return tape.gradient(output, picture, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    for at in ((0, 0), (0, 5), (4, 0), (5, 6), (2, 8), (11, 11)):
        gradient = np.abs(sensitivity(*map(tf.constant, at))[0]).max(axis=-1)
        np.testing.assert_array_equal(gradient > 0, _seen(name, *at), err_msg=str(at))


def test_the_condition_reaches_every_pixel(network, rng):
    picture, condition = _inputs(rng, 1)
    with tf.GradientTape() as tape:
        tape.watch(condition)
        output = tf.reduce_sum(network(picture, condition)[0, 0, 0])
    assert np.abs(tape.gradient(output, condition)[0, 0, 0]).min() > 0


def _draw(noise):
    """Some function of parameters, neighbors and noise, as a distribution's sample is."""
    return lambda parameters, neighbors, row, column: tf.round(
        tf.tanh(parameters[:, :3] + neighbors[:, 0] - 2 * neighbors[:, 1]) * 8 + noise[:, row, column]) / 8


def test_cached_sampler_equals_the_naive_one(network, rng):
    _, condition = _inputs(rng, 2)
    noise = tf.constant(rng.normal(0, 3, (2, SIZE, SIZE, 3)), tf.float32)
    forward = tf.function(lambda picture: (network(picture, condition), network.neighbors(picture)), autograph=False)
    naive = np.zeros((2, SIZE, SIZE, 3), np.float32)
    for row in range(SIZE):
        for column in range(SIZE):
            parameters, neighbors = (x[:, row, column] for x in forward(tf.constant(naive)))
            naive[:, row, column] = _draw(noise)(parameters, neighbors, row, column)
    for jit_compile in (False, True):
        sample = tf.function(lambda c, n: network.sample(c, _draw(n)), jit_compile=jit_compile, autograph=False)
        picture, parameters = sample(condition, noise)
        np.testing.assert_array_equal(picture, naive)
        np.testing.assert_allclose(parameters, forward(tf.constant(naive))[0], atol=1e-4)


def test_each_draft_of_each_condition_is_as_if_alone(network, rng):
    """A batch of two, with three drafts each."""
    _, condition = _inputs(rng, 2)
    noise = tf.constant(rng.normal(0, 3, (6, SIZE, SIZE, 3)), tf.float32)
    sample = tf.function(lambda c, n, drafts=1: network.sample(c, _draw(n), drafts), reduce_retracing=True,
                         autograph=False)
    pictures, parameters = sample(condition, noise, drafts=3)
    for k in range(6):
        alone = sample(condition[k // 3:k // 3 + 1], noise[k:k + 1])
        np.testing.assert_array_equal(alone[0][0], pictures[k])
        np.testing.assert_allclose(alone[1][0], parameters[k], atol=1e-5)


def test_the_contexts_of_preset_small_have_about_as_many_weights():
    config = LowResColorizerConfig.from_preset('small')
    counts = []
    for make in contexts.CONTEXTS.values():
        network = make(config, 70)
        network(tf.zeros([1, 4, 4, 3]), tf.zeros([1, 4, 4, config.adaptation_filters + 6 + 70]))
        counts.append(network.count_params())
    np.testing.assert_allclose(counts, counts[0], rtol=.1)

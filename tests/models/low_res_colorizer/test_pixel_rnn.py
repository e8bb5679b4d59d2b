import numpy as np
import pytest
import tensorflow as tf

from models.low_res_colorizer import LowResColorizerConfig, contexts, diagonal_bilstm, pixel_rnn, row_lstm
from models.ops import noise
from tests.models import steps

HEIGHT, WIDTH, UNITS = 4, 5, 3


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _lstm(gates, cell):
    """Equation 3 of 1601.06759."""
    output, forget, entry, content = np.split(gates, 4, axis=-1)
    cell = _sigmoid(forget + 1) * cell + _sigmoid(entry) * np.tanh(content)
    return _sigmoid(output) * np.tanh(cell), cell


def _layer(make, rng):
    """(a layer with random weights, its weights by name, x, condition, its output)."""
    x, condition = (rng.normal(size=(1, HEIGHT, WIDTH, n)).astype(np.float32) for n in (2 * UNITS, 2))
    layer = make(UNITS)
    layer(x, condition)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    weights = {weight.name.split('/', 1)[1].removesuffix(':0'): weight.numpy() for weight in layer.weights}
    return weights, x[0], condition[0], layer(x, condition)[0]


def test_row_lstm_is_the_published_recurrence(rng):
    """Section 3.1, pixel by pixel."""
    weights, x, condition, result = _layer(row_lstm.RowLSTMLayer, rng)
    inputs, states = weights['input_to_state/kernel'], weights['state_to_state/kernel']
    hidden, cell = np.zeros((2, HEIGHT + 1, WIDTH + 2, UNITS))  # with a row above, and columns beside
    for i, j in np.ndindex(HEIGHT, WIDTH):
        left = x[i, j - 1] if j else np.zeros(2 * UNITS)
        gates = np.concatenate([left, x[i, j]]) @ inputs + weights['input_to_state/bias']
        gates += condition[i, j] @ weights['condition/kernel'] + hidden[i, j:j + 3].ravel() @ states
        hidden[i + 1, j + 1], cell[i + 1, j + 1] = _lstm(gates, cell[i, j + 1])
    expected = x + hidden[1:, 1:-1] @ weights['out/kernel'] + weights['out/bias']
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_diagonal_bilstm_is_the_published_recurrence(rng):
    """Section 3.2, pixel by pixel. The right direction is that of the mirrored map, moved a row down."""
    weights, x, condition, result = _layer(diagonal_bilstm.DiagonalBiLSTMLayer, rng)

    def direction(name, x, condition):
        kernel = {part: weights[f'{name}/{part}/kernel'] for part in ('input_to_state', 'above', 'before', 'condition')}
        hidden, cell = np.zeros((2, HEIGHT + 1, WIDTH + 1, UNITS))  # with a row above, and a column before
        for i, j in np.ndindex(HEIGHT, WIDTH):
            gates = x[i, j] @ kernel['input_to_state'] + weights[f'{name}/input_to_state/bias'] + (
                condition[i, j] @ kernel['condition'] + hidden[i + 1, j] @ kernel['before']
                + hidden[i, j + 1] @ kernel['above'])
            hidden[i + 1, j + 1], cell[i + 1, j + 1] = _lstm(gates, cell[i + 1, j])
        return hidden[:, 1:]

    left, right = direction('left', x, condition)[1:], direction('right', x[:, ::-1], condition[:, ::-1])[:-1, ::-1]
    expected = x + (left + right) @ weights['out/kernel'] + weights['out/bias']
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_cell_states_stay_in_single_precision():
    """In half precision, 1 + 1/512 is 1, so a cell would never grow."""
    gates, cell = tf.constant([[0., 100, 0, 0]], tf.bfloat16), tf.constant([[1.]])
    content = tf.constant([[0., 0, 100, 1 / 512]], tf.bfloat16)
    hidden, cell = pixel_rnn.lstm(gates + content, cell)
    assert (hidden.dtype, cell.dtype) == (tf.bfloat16, tf.float32)
    np.testing.assert_allclose(cell, 1 + np.tanh(1 / 512), rtol=1e-6)


def _network(context, **changes):
    """A tiny network, and inputs for it: picture, condition."""
    tf.random.set_seed(0)
    inputs = (tf.random.stateless_uniform([2, HEIGHT, WIDTH, n], [0, n], -1, 1) for n in (3, 4))
    return contexts.CONTEXTS[context](LowResColorizerConfig.from_preset('tiny', **changes), 5), *inputs


@pytest.mark.parametrize('context', ['row_lstm', 'diagonal_bilstm'])
def test_gradients_are_the_same_compiled_and_half_precision_is_nearly_the_same(context):

    def gradients(network, picture, condition):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.cast(network(picture, condition), tf.float32) - picture[..., :1]) ** 2)
        return tf.concat([tf.reshape(x, [-1]) for x in tape.gradient(loss, network.trainable_variables)], axis=0)

    network, *inputs = _network(context)
    plain, compiled = gradients(network, *inputs), tf.function(
        gradients, jit_compile=True, autograph=False)(network, *inputs)
    with steps.half_precision():
        half, *_ = _network(context)
        half(*inputs)
        half.set_weights(network.get_weights())
        of_half = gradients(half, *inputs)
        picture, parameters = half.sample(tf.cast(inputs[1], tf.bfloat16), lambda parameters, *_: tf.sign(
            tf.cast(parameters[:, :3], tf.float32)))
        again = half(picture, inputs[1])
    assert tf.norm(compiled - plain) < 1e-4 * tf.norm(plain)
    assert 0 < tf.norm(of_half - plain) < .2 * tf.norm(plain)
    np.testing.assert_allclose(*(tf.cast(x, tf.float32) for x in (parameters, again)), atol=.02)
    assert parameters.dtype == again.dtype == tf.bfloat16


@pytest.mark.parametrize('context', ['row_lstm', 'diagonal_bilstm'])
def test_dropout_is_on_the_input_of_each_layer_with_its_own_seeds(context, monkeypatch):
    calls = []
    monkeypatch.setattr(noise, 'dropout', lambda x, rate, seeds, use: calls.append(
        (seeds.numpy().tolist(), use, rate)) or 0 * x)
    network, picture, condition = _network(context, dropout=.5)
    result = network(picture, tf.zeros_like(condition), tf.constant([[5, 7], [8, 9]]))
    assert calls == [([[5, 7], [8, 9]], 0, .5), ([[6, 7], [9, 9]], 0, .5)]
    assert np.abs(result[0] - result[1]).max() > 1e-3  # the residual connections go around it


@pytest.mark.parametrize(('context', 'kernels'), [
    ('row_lstm', {'input_to_state': [512, 512], 'state_to_state': [384, 512], 'out': [128, 256]}),
    ('diagonal_bilstm', {'left/input_to_state': [256, 512], 'left/above': [128, 512], 'left/before': [128, 512],
                         'right/input_to_state': [256, 512], 'out': [128, 256]})])
def test_preset_paper_has_the_published_layers(context, kernels):
    """1601.06759, table 1 and section 5: CIFAR-10 has 12 layers of 128 units, and 1,024 features in the last layers."""
    network = contexts.CONTEXTS[context](LowResColorizerConfig(), 140)
    network(tf.zeros([1, 2, 2, 3]), tf.zeros([1, 2, 2, 4]))

    def shapes(name):
        return [weight.shape.as_list() for weight in network.weights if weight.name.endswith(f'{name}/kernel:0')]

    for name, shape in kernels.items():
        assert shapes(name) == 12 * [shape], name
    # Of the 7x7 kernel, mask A leaves three rows and three pixels of the fourth.
    assert shapes('first/above') + shapes('first/left') == [[3, 7, 3, 256], [9, 256]]
    assert shapes('hidden') + shapes('outputs') == [[256, 1024], [1024, 140]]

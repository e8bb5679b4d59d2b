import numpy as np
import tensorflow as tf

from models.low_res_colorizer import LowResColorizerConfig, gated_pixelcnn
from models.low_res_colorizer.gated_pixelcnn import GatedBlock, GatedPixelCNN, gate
from models.low_res_colorizer.logistic_mixture import LogisticMixture

SIZE = 12


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


def test_dropout_is_on_the_inputs_of_both_stacks_with_seeds_of_each_block(monkeypatch):
    calls = []
    monkeypatch.setattr(gated_pixelcnn.noise, 'dropout', lambda x, rate, seeds, use: calls.append(
        (seeds.numpy().tolist(), use, rate)) or x)
    network = GatedPixelCNN(blocks=2, filters=8, hidden=16, outputs=5, dropout=.5)
    network(tf.zeros([1, SIZE, SIZE, 3]), tf.zeros([1, SIZE, SIZE, 4]), tf.constant([[5, 7]]))
    assert calls == [([[5 + block, 7]], stack, .5) for block in (1, 2) for stack in (0, 1)]


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

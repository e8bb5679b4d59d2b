import tensorflow as tf

from models.low_res_colorizer import LowResColorizerConfig, conditioning


def test_preset_paper_has_the_published_conditioning_network():
    """PixColor, appendix: ResNet-101 up to its fourth stage, without the last stage's stride."""
    network = conditioning.conditioning_network(LowResColorizerConfig())
    assert network(tf.zeros([1, 64, 64, 1])).shape == (1, 8, 8, 64)
    assert network.layers[0].kernel.shape == (7, 7, 1, 64)
    blocks = [layer for layer in network.layers if isinstance(layer, conditioning.ResidualBlock)]
    kernels = [[weight.shape.as_list() for weight in block.weights if weight.shape.rank == 4] for block in blocks]
    assert [[(size, outputs) for size, _, _, outputs in of_block[:3]] for of_block in kernels] == [
        [(1, filters), (3, filters), (1, 4 * filters)]
        for count, filters in ((3, 64), (4, 128), (23, 256)) for _ in range(count)]


def test_preset_paper_has_the_published_adaptation_network():
    network = conditioning.adaptation_network(LowResColorizerConfig())
    network.build((None, 8, 8, 65))
    assert [layer.kernel.shape for layer in network.layers] == [(3, 3, 65, 64), (3, 3, 64, 64), (3, 3, 64, 64)]


def test_the_stages_of_the_conditioning_network_have_their_strides():
    """The first stage halves the picture after the first layer did, the second halves it again, the last does not."""
    network = conditioning.conditioning_network(LowResColorizerConfig.from_preset('tiny'))
    sizes, x = [], tf.zeros([1, 64, 64, 1])
    for layer in network.layers:
        x = layer(x)
        if isinstance(layer, conditioning.ResidualBlock):
            sizes.append(x.shape[1])
    assert sizes == [16, 8, 8]

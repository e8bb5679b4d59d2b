import json

import pytest

from data_pipeline.common import errors
from models.background_detector import BackgroundDetectorConfig
from models.baselines.pix2pix import Pix2PixConfig
from models.baselines.two_step_cgan import LowResPix2PixConfig, PolishingPix2PixConfig
from models.comic_colorizer import ComicColorizer
from models.low_res_colorizer import LowResColorizerConfig
from models.polishing_network import PolishingNetworkConfig

CONFIGS = [LowResColorizerConfig, BackgroundDetectorConfig, PolishingNetworkConfig, Pix2PixConfig, LowResPix2PixConfig,
           PolishingPix2PixConfig]
# The table of a weight folder of version 0.1, the same for every network.
FORMER = {
    'name': 'small', 'image_size': 256, 'low_res_size': 32, 'conditioning_blocks': [1, 1, 4],
    'conditioning_filters': [16, 16, 48], 'conditioning_dilations': [1, 2, 4, 8], 'adaptation_filters': 48,
    'pixelcnn_blocks': 4, 'pixelcnn_filters': 48, 'pixelcnn_hidden': 128, 'mixtures': 5, 'dropout': 0.0,
    'likelihood': 'logistic_mixture', 'context': 'none', 'outline': 'blank', 'foreground': 'low_res',
    'background_model': 'plane', 'polishing_background': False, 'unet_filters': 16, 'unet_max_filters': 64}


@pytest.mark.parametrize('config', CONFIGS)
def test_every_network_has_three_presets_that_survive_json(config):
    sizes = [config.from_preset(name) for name in ('tiny', 'small', 'paper')]
    assert len(set(sizes)) == 3 and [size.preset for size in sizes] == ['tiny', 'small', 'paper']
    assert sizes[2] == config()
    for size in sizes:
        assert config.from_json(size.to_json()) == size


def test_a_preset_can_be_changed():
    config = LowResColorizerConfig.from_preset('tiny', mixtures=3)
    assert config.mixtures == 3
    assert config.first_difference(LowResColorizerConfig.from_preset('tiny')) == 'mixtures'


def test_configurations_are_compared_by_their_sizes():
    small = BackgroundDetectorConfig.from_preset('small')
    same = BackgroundDetectorConfig(preset='mine', filters=16, max_filters=64)
    assert small.first_difference(same) is None
    assert small.first_difference(BackgroundDetectorConfig.from_preset('paper')) == 'filters'


@pytest.mark.parametrize(('text', 'message'), [
    ('{"filters": 4, "depth": 8}', "no field 'depth'"), ('{"filters": "many"}', "filters is 'many'"),
    ('{"predicts_colors": "own"}', "predicts_colors is 'own'"), ('not JSON', 'not a configuration'),
    ('[1, 2]', 'not a configuration'), (json.dumps({**FORMER, 'foreground': 'both'}), 'not a configuration')])
def test_an_unusable_configuration_is_refused_with_the_reason(text, message):
    with pytest.raises(errors.UserError, match=message):
        BackgroundDetectorConfig.from_json(text)


def test_weight_folders_of_version_01_are_understood():
    text = json.dumps(FORMER)
    colorizer = LowResColorizerConfig.from_preset(
        'small', pixelcnn_filters=48, context='none', sees_outline=False)
    assert LowResColorizerConfig.from_json(text) == colorizer
    assert BackgroundDetectorConfig.from_json(text) == BackgroundDetectorConfig.from_preset(
        'small', predicts_colors=False, background_model='plane')
    assert PolishingNetworkConfig.from_json(text) == PolishingNetworkConfig.from_preset(
        'small', background_model='plane', sees_background=False)
    assert Pix2PixConfig.from_json(text) == Pix2PixConfig.from_preset('small')


@pytest.mark.parametrize('network', ComicColorizer.NETWORKS)
def test_the_shipped_weights_have_the_sizes_of_preset_small(network, pretrained):
    """So `--initial_weights models/pretrained --preset small` is accepted for every network."""
    shipped = network.CONFIG.from_json((pretrained / f'{network.NAME}.json').read_text(encoding='utf-8'))
    assert network.CONFIG.from_preset('small').first_difference(shipped) is None

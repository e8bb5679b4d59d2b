"""The optimizer and the first weights of all programs."""

import numpy as np
import pytest
import tensorflow as tf

from models import comic_colorizer, polishing_network
from tests import programs
from train import common

PROGRAMS = ('train.low_res_colorizer', 'train.background_detector', 'train.polishing_network', 'train.pix2pix',
            'train.two_step_cgan')


@pytest.mark.parametrize('program', PROGRAMS)
def test_the_learning_rate_falls_to_a_tenth_and_gradients_are_limited(program, data, tiny_weights, monkeypatch):
    optimizers = []
    monkeypatch.setattr(common, 'train', lambda network, optimizer, *_, **__: optimizers.append(optimizer))
    needed = ['--background_detector', tiny_weights] if program == 'train.polishing_network' else []
    programs.run_here(program, '--data', data, '--workdir', 'run', '--preset', 'tiny', '--steps', 100,
                      '--learning_rate', .002, *needed)
    assert len(optimizers) == (2 if program == 'train.two_step_cgan' else 1)
    for optimizer in optimizers:
        small, large = tf.Variable(0.), tf.Variable(0.)
        optimizer.build([small, large])
        for step, rate in ((0, .002), (50, .0011), (100, .0002), (101, .0002)):
            optimizer.iterations.assign(step)
            gradients = (1., 1.) if step else (1., 1000.)  # the norm is limited to 1, so both take the same steps
            optimizer.apply_gradients(zip(map(tf.constant, gradients), (small, large), strict=True))
            assert float(optimizer.learning_rate) == pytest.approx(rate, rel=1e-4)
        assert small.numpy() == pytest.approx(large.numpy(), rel=1e-4) and small.numpy() < 0


def test_a_run_begins_with_trained_weights_of_the_same_sizes(begin, data, tiny_weights, tmp_path):
    network = begin('train.polishing_network', data, tmp_path / 'run', '--initial_weights', tiny_weights,
                    '--background_detector', tiny_weights)
    trained = polishing_network.PolishingNetwork.from_pretrained(tiny_weights)
    untrained = polishing_network.PolishingNetwork.from_preset('tiny')
    assert any((one != other).any() for one, other in zip(
        untrained.get_weights(), trained.get_weights(), strict=True))
    for one, other in zip(network.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize('network', comic_colorizer.ComicColorizer.NETWORKS)
def test_the_shipped_weights_have_the_sizes_of_their_preset(network, pretrained):
    config = network.CONFIG.from_json((pretrained / f'{network.NAME}.json').read_text(encoding='utf-8'))
    assert config.first_difference(network.CONFIG.from_preset('small')) is None


def test_weights_of_other_sizes_are_refused_by_name(begin, data, pretrained, tiny_weights, tmp_path):
    for weights, arguments, difference in ((pretrained, (), 'filters is 16, not 4'),
                                           (tiny_weights, ('--background_model', 'plane'),
                                            'background_model is mean, not plane')):
        with pytest.raises(SystemExit) as failed:
            begin('train.background_detector', data, tmp_path / 'run', '--initial_weights', weights, *arguments)
        assert failed.value.code == f'error: --initial_weights={weights}: its {difference}'
    assert not (tmp_path / 'run').exists()

import json
import types

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from data_pipeline.common import errors
from models import comic_colorizer, polishing_network
from models.base import network


class TwoWeights(network.Network):
    """A network of two numbers."""

    NAME = 'two_weights'

    def __init__(self):
        super().__init__(None, ['loss'])
        self.one, self.other = tf.Variable(1.), tf.Variable(1.)


def test_each_goal_changes_its_own_variables_only():
    model = TwoWeights()
    model.compile(keras.optimizers.SGD(1.))
    with tf.GradientTape(persistent=True) as tape:
        goals = [(3 * model.one + 7 * model.other, [model.one]), (5 * model.one - 2 * model.other, [model.other])]
    model.minimize(tape, *goals)
    assert (model.one.numpy(), model.other.numpy()) == (-2, 3)


def test_a_replica_contributes_its_share_of_a_step(monkeypatch):
    """The optimizer sums over replicas, and each replica's loss is a mean over its own pictures."""
    model = TwoWeights()
    model.compile(keras.optimizers.SGD(1.))
    monkeypatch.setattr(tf.distribute, 'get_strategy', lambda: types.SimpleNamespace(num_replicas_in_sync=4))
    with tf.GradientTape() as tape:
        loss = 8 * model.one
    model.minimize(tape, (loss, [model.one]))
    assert model.one.numpy() == 1 - 8 / 4


def test_saved_and_loaded_networks_give_equal_outputs(tiny_weights, tmp_path, rng):
    one = polishing_network.PolishingNetwork.from_pretrained(tiny_weights)
    one.save_pretrained(tmp_path)
    again = polishing_network.PolishingNetwork.from_pretrained(tmp_path)
    assert again.config == one.config
    channels = rng.normal(size=(1, 256, 256, 10)).astype(np.float32)
    np.testing.assert_array_equal(again(channels), one(channels))
    assert sorted(p.name for p in tmp_path.iterdir()) == ['polishing_network.h5', 'polishing_network.json']


def test_a_network_comes_from_the_first_folder_that_holds_it(tiny_weights, tmp_path):
    other = polishing_network.PolishingNetwork.from_preset('tiny', sees_background=False)
    other.save_pretrained(tmp_path / 'other')
    folders = [tmp_path, tmp_path / 'other', tiny_weights]
    assert not polishing_network.PolishingNetwork.from_pretrained(folders).config.sees_background


def test_missing_and_damaged_weights_are_named(tiny_weights, tmp_path):
    with pytest.raises(errors.UserError, match='no weights of the low_res_colorizer'):
        comic_colorizer.ComicColorizer.from_pretrained([tmp_path])
    for file in tiny_weights.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights, config = (tmp_path / f'background_detector.{suffix}' for suffix in ('h5', 'json'))
    whole = weights.read_bytes()
    weights.write_bytes(b'damaged')
    with pytest.raises(errors.UserError, match='background_detector.h5: cannot be read'):
        comic_colorizer.ComicColorizer.from_pretrained([tmp_path])
    weights.write_bytes(whole)
    sizes = json.loads(config.read_text())
    config.write_text(json.dumps({**sizes, 'filters': 8}))
    with pytest.raises(errors.UserError, match='background_detector.h5: cannot be read'):
        comic_colorizer.ComicColorizer.from_pretrained([tmp_path])
    config.write_text('{')
    with pytest.raises(errors.UserError, match='background_detector.json: cannot be read'):
        comic_colorizer.ComicColorizer.from_pretrained([tmp_path])

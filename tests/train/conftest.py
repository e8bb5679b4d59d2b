"""What several tests of training need."""

import pytest
import tensorflow as tf
import tf_keras as keras

from data_pipeline import prepare
from tests import programs


@pytest.fixture(scope='session')
def all_for_training(made_once, comics):
    """A prepared data folder without validation, which would take as long as the training."""
    return made_once('all_for_training', lambda folder: prepare.prepare([comics], folder, validation_percent=0))


@pytest.fixture
def eager():
    """Runs graphs as plain Python, which is faster than to trace them for a few steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def begin(monkeypatch):
    """Function that begins or continues a run of a tiny network without its steps, and returns the network."""
    begun = []
    monkeypatch.setattr(keras.Model, 'fit', lambda network, *_, **__: begun.append(network))

    def begin(program, data, workdir, *arguments):
        programs.run_here(program, '--data', data, '--workdir', workdir, '--preset', 'tiny', '--batch_size', 2,
                          *arguments)
        return begun.pop()

    return begin

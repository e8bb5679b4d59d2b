"""What a run records and saves."""

import math

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from data_pipeline.common import errors
from models import background_detector, low_res_colorizer
from models.base.config import Config
from models.baselines import pix2pix
from tests.train.logs import rows, summaries
from train import callbacks, run_folder


def _of(network, callback):
    """The callback, in a training of the network."""
    callback.set_model(network)
    return callback


def _fill(variables, value):
    for variable in variables:
        variable.assign(tf.fill(variable.shape, value))


@pytest.fixture
def detector():
    return background_detector.BackgroundDetector.from_preset('tiny', image_size=32)


@pytest.fixture
def averaged():
    """A network whose weights are all 1, and the average of its weights 2."""
    network = low_res_colorizer.LowResColorizer.from_preset('tiny', image_size=32, low_res_size=4)
    network.compile(keras.optimizers.Adam())
    _fill(network.trainable_variables, 1.)
    _fill(network.average.variables, 2.)
    return network


def _saved(network, folder):
    """The value that all trainable weights in a folder have."""
    weights = type(network).from_pretrained(folder).trainable_variables
    value, = {float(number) for weight in weights for number in np.unique(weight)}
    return value


def test_the_logs_hold_every_step_means_of_twenty_and_the_learning_rate(tmp_path):
    model = keras.Sequential([keras.layers.Dense(1)])
    rate = keras.optimizers.schedules.CosineDecay(.1, 40, alpha=.1)
    model.compile(keras.optimizers.Adam(rate), 'mse')
    numbers = tf.data.Dataset.range(240).map(lambda n: (tf.cast([n], tf.float32), [1.])).batch(4)
    record = callbacks.RecordSteps(run_folder.RunFolder(tmp_path, Config(), {}), first=0, last=40, batch_size=4)
    model.fit(numbers, validation_data=numbers.take(1), steps_per_epoch=30, epochs=2, verbose=0, callbacks=[record])
    steps = rows(tmp_path)
    assert [row['step'] for row in steps] == [str(step) for step in range(1, 41)]
    trained, validated = summaries(tmp_path / 'train'), summaries(tmp_path / 'validation')
    assert {step for _, step in trained} == {20, 40} and {step for _, step in validated} == {30, 40}
    for step in (20, 40):
        values = {name: float(tf.make_ndarray(value.tensor)) for (name, at), value in trained.items() if at == step}
        losses = [float(row['loss']) for row in steps[step - 20:step]]
        assert values['loss'] == pytest.approx(np.mean(losses), rel=1e-5)
        assert values['learning_rate'] == pytest.approx(float(rate(step - 1)), rel=1e-5)
        assert values['images_per_second'] > 0


def test_best_holds_the_weights_of_the_best_validation(detector, tmp_path):
    best = tf.Variable(math.inf)
    save = _of(detector, callbacks.SaveWeights(tmp_path, best, 'composite_l1'))
    epochs = {'val_composite_l1': 3.}, {'val_composite_l1': 1.}, {'val_composite_l1': 2.}, {'loss': 0.}
    for epoch, (logs, saved_as_best) in enumerate(zip(epochs, (0, 1, 1, 1), strict=True)):
        _fill(detector.trainable_variables, float(epoch))
        save.on_epoch_end(epoch, logs)
        assert (_saved(detector, tmp_path), _saved(detector, tmp_path / 'best')) == (epoch, saved_as_best)
    assert best.numpy() == 1


def test_a_run_stops_after_some_validations_without_a_better_one():
    lowest, waited = tf.Variable(math.inf), tf.Variable(0)
    model = keras.Model()
    model.stop_training = False
    stop = _of(model, callbacks.StopEarly(lowest, waited, 2, 'l1'))
    for validated, expected in ((.6, 0), (.7, 1), (None, 1), (.4, 0), (.5, 1), (.4, 2)):
        assert not model.stop_training
        stop.on_epoch_end(0, {} if validated is None else {'val_l1': validated})
        assert waited.numpy() == expected
    assert model.stop_training


def test_the_average_is_saved_and_training_goes_on_with_the_weights(averaged, tmp_path):
    save = _of(averaged, callbacks.SaveWeights(tmp_path, tf.Variable(math.inf), 'bits_per_dim'))
    save.on_epoch_end(0, {'val_bits_per_dim': 5.})
    assert (_saved(averaged, tmp_path), _saved(averaged, tmp_path / 'best')) == (2, 2)
    assert {weight.numpy().flat[0] for weight in averaged.trainable_variables} == {1}


def test_the_average_is_validated_and_training_goes_on_with_the_weights(averaged):
    validate = _of(averaged, callbacks.ValidateAverage())
    validate.on_test_begin()
    assert {weight.numpy().flat[0] for weight in averaged.trainable_variables} == {2}
    validate.on_test_end()
    assert {weight.numpy().flat[0] for weight in averaged.trainable_variables} == {1}
    assert {weight.numpy().flat[0] for weight in averaged.average.variables} == {2}


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(batch, tmp_path):
    network = pix2pix.Pix2Pix.from_preset('tiny')
    network.compile(keras.optimizers.Adam(), adversarial_weight=0.)

    def broken_at_the_third(step):
        factor = tf.where(step == 2, math.nan, 1.)
        return batch | {'color': batch['color'] * factor}

    checkpoint = tf.train.CheckpointManager(tf.train.Checkpoint(model=network), tmp_path / 'checkpoints', 3)
    record = callbacks.RecordSteps(run_folder.RunFolder(tmp_path, network.config, {}), 0, 4, 4)
    with pytest.raises(errors.UserError, match='step 3: l1 is nan'):
        network.fit(tf.data.Dataset.range(4).map(broken_at_the_third), steps_per_epoch=2, epochs=2, verbose=0,
                    callbacks=[record, callbacks.SaveCheckpoints(checkpoint)])
    assert [row['step'] for row in rows(tmp_path)] == ['1', '2', '3']
    assert checkpoint.latest_checkpoint.endswith('-2') and len(checkpoint.checkpoints) == 1


def test_weights_that_are_not_finite_stop_the_run_before_they_are_saved(detector, tmp_path):
    detector.compile(keras.optimizers.Adam())
    detector.trainable_variables[-1].assign(tf.fill(detector.trainable_variables[-1].shape, math.inf))
    checkpoint = tf.train.CheckpointManager(tf.train.Checkpoint(model=detector), tmp_path / 'checkpoints', 3)
    with pytest.raises(errors.UserError, match='is not finite'):
        _of(detector, callbacks.SaveCheckpoints(checkpoint)).on_epoch_end(0)
    assert not checkpoint.checkpoints

"""Keras callbacks: they record the steps, save checkpoints and weights, and stop runs early or at a broken loss."""

import contextlib
import csv
import math
import time

import tensorflow as tf
import tf_keras as keras

from data_pipeline.common import errors

_STEPS_A_SUMMARY = 20  # steps whose mean is one point of the TensorBoard logs


class RecordSteps(keras.callbacks.Callback):
    """Records every step in metrics.csv, and means of steps and the validation in TensorBoard logs.

    Stops the run after the last step. If a value is not finite, stops the run with a `UserError` that names the step
    and the value.

    Args:
      folder: a `run_folder.RunFolder`.
      first: number of steps that were done before.
      last: number of the last step.
      batch_size: pictures of a step.

    Example:
      >>> from models.base.config import Config
      >>> from train.run_folder import RunFolder
      >>> record = RecordSteps(RunFolder(folder, Config(), inputs={}), first=0, last=2, batch_size=4)
      >>> model = keras.Sequential([keras.layers.Dense(1)])
      >>> model.compile(loss='mse')
      >>> history = model.fit(tf.zeros([8, 1]), tf.zeros([8, 1]), batch_size=4, verbose=0, callbacks=[record])
      >>> history.history['loss']
      [0.0]
    """

    def __init__(self, folder, first, last, batch_size):
        super().__init__()
        self._folder = folder
        self._step, self._last = first, last
        self._batch_size = batch_size
        self._recent = []

    def on_train_begin(self, logs=None):
        self._file = self._folder.metrics_file(self._step)
        self._rows = csv.writer(self._file)
        self._writers = {split: tf.summary.create_file_writer(str(self._folder.path / split))
                         for split in ('train', 'validation')}
        self._since = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if not self._file.tell():
            self._rows.writerow(['step', *logs])
        self._rows.writerow([self._step, *logs.values()])
        self._file.flush()
        broken = [name for name, value in logs.items() if not math.isfinite(value)]
        if broken:
            part = next((name for name in broken if name != 'loss'), 'loss')
            raise _diverged(self._step, f'{part} is {logs[part]}')
        self._recent.append(logs)
        if self._step % _STEPS_A_SUMMARY == 0:
            self._summarize()
        if self._step == self._last:
            self.model.stop_training = True

    def _summarize(self):
        seconds, self._since = time.monotonic() - self._since, time.monotonic()
        means = {name: sum(logs[name] for logs in self._recent) / len(self._recent) for name in self._recent[0]}
        means['learning_rate'] = self.model.optimizer.learning_rate
        means['images_per_second'] = len(self._recent) * self._batch_size / seconds
        self._recent.clear()
        self._write('train', means)

    def on_test_begin(self, logs=None):
        self._paused = time.monotonic()

    def on_test_end(self, logs=None):
        self._since += time.monotonic() - self._paused
        self._write('validation', logs)

    def _write(self, split, values):
        with errors.tensorflow_files(self._folder.path), self._writers[split].as_default(step=self._step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
            self._writers[split].flush()

    def on_train_end(self, logs=None):
        self._file.close()


def _diverged(step, what):
    return errors.UserError(f'step {step}: {what}; the last good checkpoint is kept. Try a lower --learning_rate')


class SaveCheckpoints(keras.callbacks.Callback):
    """Saves a checkpoint after every epoch. Stops the run instead if any weight is NaN or infinite.

    Args:
      manager: tf.train.CheckpointManager.

    Example:
      >>> manager = tf.train.CheckpointManager(tf.train.Checkpoint(), 'runs/bd/checkpoints', max_to_keep=3)
      >>> callback = SaveCheckpoints(manager)
    """

    def __init__(self, manager):
        super().__init__()
        self._manager = manager

    def on_epoch_end(self, epoch, logs=None):
        step = int(self.model.optimizer.iterations.numpy())
        for variable in self.model.trained_variables:
            if not tf.reduce_all(tf.math.is_finite(variable.value())):
                raise _diverged(step, f'{variable.name} is not finite')
        with errors.tensorflow_files(self._manager.directory):
            self._manager.save(checkpoint_number=step)


class StopEarly(keras.callbacks.Callback):
    """Stops the run after some validations without a better one.

    Args:
      lowest: variable that holds the lowest objective of all validations of the run.
      waited: integer variable that counts the validations since then. Both belong in the checkpoints.
      patience: the most such validations.
      objective: name of the validation value; lower is better.

    Example:
      >>> lowest, waited = tf.Variable(.5), tf.Variable(0)
      >>> callback = StopEarly(lowest, waited, patience=2, objective='l1')
      >>> callback.on_epoch_end(0, {'val_l1': .6})
      >>> int(waited.numpy())
      1
    """

    def __init__(self, lowest, waited, patience, objective):
        super().__init__()
        self._lowest, self._waited, self._patience, self._objective = lowest, waited, patience, objective

    def on_epoch_end(self, epoch, logs=None):
        validated = logs.get(f'val_{self._objective}')
        if validated is None:
            return
        self._waited.assign(0 if validated < self._lowest else self._waited + 1)
        self._lowest.assign(tf.minimum(self._lowest, validated))
        if self._waited >= self._patience:
            self.model.stop_training = True


class SaveWeights(keras.callbacks.Callback):
    """Saves the weights after every epoch. Saves those with the best validation so far to best/, too.

    If the model keeps an average of its weights, saves the average instead.

    Args:
      folder: the folder to save to.
      best: variable that holds the best objective of all validations so far.
      objective: name of the validation value; lower is better.

    Example:
      >>> import pathlib
      >>> from models.baselines.pix2pix import Pix2Pix
      >>> callback = SaveWeights(pathlib.Path(folder), best=tf.Variable(math.inf), objective='l1')
      >>> callback.set_model(Pix2Pix.from_preset('tiny'))
      >>> callback.on_epoch_end(0, {'val_l1': .25})
      >>> sorted(path.name for path in pathlib.Path(folder, 'best').iterdir())
      ['pix2pix.h5', 'pix2pix.json']
    """

    def __init__(self, folder, best, objective):
        super().__init__()
        self._folder, self._best, self._objective = folder, best, objective

    def on_epoch_end(self, epoch, logs=None):
        average = getattr(self.model, 'average', None)
        with average.applied() if average else contextlib.nullcontext():
            self.model.save_pretrained(self._folder)
            validated = logs.get(f'val_{self._objective}', math.inf)
            if validated < self._best:
                self._best.assign(validated)
                self.model.save_pretrained(self._folder / 'best')


class ValidateAverage(keras.callbacks.Callback):
    """Validates the average of the weights instead of the weights.

    Example:
      >>> from models.low_res_colorizer import LowResColorizer
      >>> colorizer = LowResColorizer.from_preset('tiny')
      >>> colorizer.compile(keras.optimizers.Adam())
      >>> callback = ValidateAverage()
      >>> callback.set_model(colorizer)
      >>> callback.on_test_begin()  # the average is in place
      >>> callback.on_test_end()  # the weights are back
    """

    def on_test_begin(self, logs=None):
        self.model.average.swap()

    def on_test_end(self, logs=None):
        self.model.average.swap()

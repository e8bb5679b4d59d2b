"""What the training programs share: flags, the run folder, and the loop around `fit`."""

import contextlib
import math
import os

import tensorflow as tf
import tf_keras as keras
from absl import app, flags

from data_pipeline import dataset
from models import presets, weights

FLAGS = flags.FLAGS
_STEPS_AN_EPOCH = 1000


def define_flags(batch_size, learning_rate):
    """Defines the flags that every training program has, with its own defaults."""
    flags.DEFINE_string('data', None, 'Folder written by data_pipeline.prepare.', required=True)
    flags.DEFINE_string('workdir', None, 'Run folder: weights, preset and TensorBoard logs.', required=True)
    flags.DEFINE_enum('preset', 'small', sorted(presets.PRESETS), 'Sizes of the network.')
    flags.DEFINE_integer('steps', 10_000, 'Training steps.', lower_bound=1)
    flags.DEFINE_integer('batch_size', batch_size, 'Pictures a step.', lower_bound=1)
    flags.DEFINE_float('learning_rate', learning_rate, 'Of Adam, at the start; falls to a tenth.', lower_bound=0)
    flags.DEFINE_integer('seed', 0, 'Weights, order, jitter and dropout follow from it.', lower_bound=0)


def define_adversarial_weight(default):
    """Defines the flag of the programs that train `pix2pix.ConditionalGAN`s."""
    flags.DEFINE_float('adversarial_weight', default, "Of the PatchGAN's verdict beside L1; 0.01 is pix2pix's lambda "
                       'of 100, 0 trains without.', lower_bound=0)


class SaveWeights(keras.callbacks.Callback):
    """Saves the weights, or the average of them where the model keeps one, after every epoch."""

    def __init__(self, directory):
        super().__init__()
        self._directory = directory

    def on_epoch_end(self, epoch, logs=None):
        average = getattr(self.model, 'average', None)
        with average.applied() if average else contextlib.nullcontext():
            weights.save(self.model, self._directory)


class ValidateAverage(keras.callbacks.Callback):
    """Validates the average of the weights in their place."""

    def on_test_begin(self, logs=None):
        self.model.average.swap()

    def on_test_end(self, logs=None):
        self.model.average.swap()


def adam(**options):
    """Adam with the flags' learning rate, which falls along a cosine to a tenth over all steps."""
    rate = keras.optimizers.schedules.CosineDecay(FLAGS.learning_rate, FLAGS.steps, alpha=.1)
    return keras.optimizers.Adam(rate, clipnorm=1., **options)


def train(model, optimizer, callbacks=(), workdir=None, logs=None, samples=None, without=None, **compile_options):
    """Trains a network as the flags say: `fit` in epochs of about 1,000 steps, each followed by validation.

    Args:
      model, optimizer, compile_options: as for `compile`.
      callbacks: of `fit`, before those that every program has.
      workdir: run folder, if not the flag's.
      logs: folder of the TensorBoard logs, if not the run folder.
      samples, without: see `dataset.load`; nothing is left out of validation.
    Raises:
      ValueError: unusable data.
    """
    workdir = workdir or FLAGS.workdir
    sizes = FLAGS.batch_size, model.preset.image_size
    training = dataset.load(FLAGS.data, 'train', *sizes, FLAGS.seed, samples=samples, without=without)
    validation = dataset.load(FLAGS.data, 'validation', *sizes, samples=samples)
    os.makedirs(workdir, exist_ok=True)
    epochs = max(1, round(FLAGS.steps / _STEPS_AN_EPOCH))
    model.compile(optimizer, **compile_options)
    board = keras.callbacks.TensorBoard(logs or workdir, profile_batch=0)
    model.fit(training, epochs=epochs, steps_per_epoch=math.ceil(FLAGS.steps / epochs), validation_data=validation,
              verbose=1 if os.isatty(1) else 2, callbacks=[*callbacks, SaveWeights(workdir), board])


def run(main):
    """Starts a program: bad input ends it with one line and a non-zero exit."""

    def guarded(argv):
        if len(argv) > 1:
            raise app.UsageError(f'unexpected argument: {argv[1]}')
        try:
            main()
        except (ValueError, OSError, tf.errors.OpError) as error:
            raise SystemExit(f'error: {error}') from error

    app.run(guarded)

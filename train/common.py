"""What the training programs share: flags, and the run around `fit`."""

import math
import os
import pathlib
import re

import tensorflow as tf
import tf_keras as keras
from absl import flags, logging

from data_pipeline import dataset, program
from models import presets, weights
from train import callbacks, run_folder, strategies

FLAGS = flags.FLAGS
_STEPS_A_VALIDATION = 1000


def define_flags(batch_size, learning_rate):
    """Defines the flags that every training program has, with its own defaults."""
    flags.DEFINE_string('data', None, 'Folder written by data_pipeline.prepare.', required=True)
    flags.DEFINE_string('workdir', None, 'Run folder: weights, preset and TensorBoard logs.', required=True)
    flags.DEFINE_enum('preset', 'small', sorted(presets.PRESETS), 'Sizes of the network.')
    flags.DEFINE_integer('steps', 10_000, 'Training steps.', lower_bound=1)
    flags.DEFINE_integer('batch_size', batch_size, 'Pictures a step, on all devices together.', lower_bound=1)
    flags.DEFINE_float('learning_rate', learning_rate, 'Of Adam, at the start; falls to a tenth.', lower_bound=0)
    flags.DEFINE_integer('seed', 0, 'Weights, order, jitter and dropout follow from it.', lower_bound=0)
    flags.DEFINE_string('initial_weights', None, 'Folder with trained weights to begin with, of the same preset: '
                        "another run's, or models/pretrained.")
    flags.DEFINE_integer('checkpoint_every', 500, 'Steps between checkpoints; there is one at the end, too.',
                         lower_bound=1)
    flags.DEFINE_bool('jit_compile', False, 'Compile the training step with XLA.')
    strategies.define_flags()


def define_adversarial_weight(default):
    """Defines the flag of the programs that train `pix2pix.ConditionalGAN`s."""
    flags.DEFINE_float('adversarial_weight', default, "Of the PatchGAN's verdict beside L1; 0.01 is pix2pix's lambda "
                       'of 100, 0 trains without.', lower_bound=0)


def adam(**options):
    """Adam with the flags' learning rate, which falls along a cosine to a tenth over all steps."""
    rate = keras.optimizers.schedules.CosineDecay(FLAGS.learning_rate, FLAGS.steps, alpha=.1)
    optimizer = keras.optimizers.Adam(rate, clipnorm=1., **options)
    if FLAGS.precision == 'mixed_float16':  # gradients underflow otherwise (1710.03740, section 3.2)
        optimizer = keras.mixed_precision.LossScaleOptimizer(optimizer)
    return optimizer


def train(model, optimizer, more_callbacks=(), workdir=None, part='', samples=None, without=None, **compile_options):
    """Trains a network as the flags say, or goes on where a run that was interrupted left its folder.

    Every --checkpoint_every steps weights and a checkpoint are saved; about every 1,000, and in the end, the network is
    validated.

    Args:
      model, optimizer, compile_options: as for `compile`.
      more_callbacks: of `fit`, before those that every program has.
      workdir: folder for the weights, if not the flag's.
      part: folder below it for all else, where several networks share one.
      samples, without: see `dataset.load`; nothing is left out of validation.
    Raises:
      ValueError: unusable data, another run's folder, or a loss that is not finite.
    """
    workdir = pathlib.Path(workdir or FLAGS.workdir)
    sizes = FLAGS.batch_size, model.preset.image_size
    validation = dataset.load(FLAGS.data, 'validation', *sizes, samples=samples)
    dataset.check(FLAGS.data, 'train', model.preset.image_size)
    if FLAGS.initial_weights:
        _begin_with(model, FLAGS.initial_weights)
    folder = run_folder.RunFolder(workdir / part, model.preset)

    model.compile(optimizer, jit_compile=FLAGS.jit_compile, **compile_options)
    optimizer.build(model.trained_variables)
    best = tf.Variable(math.inf)
    manager, first = folder.checkpoints(model.training_state() | {'best': best})
    if first:
        print(f'going on after step {first}', flush=True)

    training = tf.distribute.get_strategy().distribute_datasets_from_function(lambda context: dataset.load(
        FLAGS.data, 'train', *sizes, FLAGS.seed, samples, without, first * FLAGS.batch_size, context))
    every = min(FLAGS.checkpoint_every, FLAGS.steps)
    epochs = math.ceil(FLAGS.steps / every)
    validated = max(1, round(_STEPS_A_VALIDATION / every))
    model.fit(training, initial_epoch=first // every if first < FLAGS.steps else epochs, epochs=epochs,
              steps_per_epoch=every, validation_data=validation,
              validation_freq=[epoch for epoch in range(1, epochs + 1) if epoch % validated == 0 or epoch == epochs],
              verbose=1 if os.isatty(1) else 2,
              callbacks=[*more_callbacks, callbacks.RecordSteps(folder, first, FLAGS.steps, FLAGS.batch_size),
                         callbacks.SaveWeights(folder.path.parent if part else folder.path, best),
                         callbacks.SaveCheckpoints(manager)])


def _begin_with(model, directory):
    """Gives a network the weights saved in a folder. Raises ValueError if there are none or their preset differs."""
    trained = weights.load(type(model), [directory])
    differs = [name for name, size in vars(model.preset).items() if vars(trained.preset)[name] != size]
    if differs:
        raise ValueError(f'{directory}: of another preset (its {differs[0]} is {vars(trained.preset)[differs[0]]}, not '
                         f'{vars(model.preset)[differs[0]]})')
    model.set_weights(trained.get_weights())


def _without_graph_nodes(message):
    return re.sub(r'\{\{.*?\}\} ?| ?\[Op:.*?\]', '', message)


def run(main):
    """Starts a program: bad input ends it with one line and a non-zero exit."""

    def guarded():
        logging.set_verbosity(logging.WARNING)
        try:
            with strategies.restarted_with_its_peers(), strategies.create().scope():
                main()
        except (ValueError, tf.errors.OpError) as error:
            raise SystemExit(f'error: {_without_graph_nodes(str(error).splitlines()[0])}') from error
        except OSError as error:
            raise SystemExit(f'error: {error}' if error.filename else f'error: {FLAGS.workdir}: {error}') from error

    program.run(guarded)

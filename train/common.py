"""What all training programs share: flags, the optimizer, and the run around `fit`."""

import math
import os
import pathlib

import tensorflow as tf
import tf_keras as keras
from absl import flags, logging

from data_pipeline import dataset
from data_pipeline.common import errors, program
from models.base.config import Config
from train import callbacks, run_folder, strategies

FLAGS = flags.FLAGS


def define_flags(batch_size, learning_rate):
    """Defines the flags of every training program.

    Args:
      batch_size, learning_rate: defaults of this program.
    """
    flags.DEFINE_string('data', None, 'Folder that data_pipeline.prepare wrote.', required=True)
    flags.DEFINE_string('workdir', None, 'Run folder to write or to continue.', required=True)
    flags.DEFINE_enum('preset', 'small', list(Config.PRESETS), 'Sizes of the network.')
    flags.DEFINE_integer('steps', 10_000, 'Number of training steps.', lower_bound=1)
    flags.DEFINE_integer('batch_size', batch_size, 'Pictures of a step, on all devices together.', lower_bound=1)
    flags.DEFINE_float('learning_rate', learning_rate, 'Learning rate of Adam at the first step; it falls to a tenth.',
                       lower_bound=0)
    flags.DEFINE_integer('seed', 0, 'Seed of the first weights, the order of the pictures, jitter and dropout.',
                         lower_bound=0)
    flags.DEFINE_string('initial_weights', None, 'Folder of trained weights to begin with, of the same sizes: a run '
                        'folder, or models/pretrained.')
    flags.DEFINE_string('rehearse', None, 'Folder that data_pipeline.prepare wrote, of what the first weights know and '
                        'are not to forget. Every fourth training picture is of it.')
    flags.DEFINE_integer('checkpoint_every', 500, 'Steps between checkpoints. The last step has one, too.',
                         lower_bound=1)
    flags.DEFINE_integer('validate_every', 1000, 'Steps between validations, rounded to whole --checkpoint_every. The '
                         'last step has one, too.', lower_bound=1)
    flags.DEFINE_string('objective', None, 'Validation value that chooses the best weights, such as prior_l1; lower is '
                        "better. The network's own if it is not given.")
    flags.DEFINE_integer('patience', None, 'Validations without a better one, after which the run stops. The '
                         '--initial_weights do not count, but stay the best if no validation is better.', lower_bound=1)
    flags.DEFINE_bool('jit_compile', False, 'Compile the training step with XLA.')
    strategies.define_flags()


def define_adversarial_weight(default):
    """Defines the flag of the programs that train a `ConditionalGAN`."""
    flags.DEFINE_float('adversarial_weight', default, "Weight of the PatchGAN's loss beside L1. 0.01 is pix2pix's "
                       'lambda of 100; 0 trains without a PatchGAN.', lower_bound=0)


def adam(**options):
    """Makes Adam with the flags' learning rate, which falls along a cosine to a tenth over all steps.

    The norm of each variable's gradient is limited to 1 (our choice).

    Args:
      options: further arguments of `keras.optimizers.Adam`.
    """
    rate = keras.optimizers.schedules.CosineDecay(FLAGS.learning_rate, FLAGS.steps, alpha=.1)
    optimizer = keras.optimizers.Adam(rate, clipnorm=1., **options)
    if FLAGS.precision == 'mixed_float16':  # small gradients would become 0 otherwise (1710.03740, section 3.2)
        optimizer = keras.mixed_precision.LossScaleOptimizer(optimizer)
    return optimizer


def train(model, optimizer, more_callbacks=(), workdir=None, part='', samples=None, without=None, inputs=None,
          together=1, casts=None, **compile_options):
    """Trains a network as the flags say, or continues the run that was interrupted in its folder.

    Saves weights and a checkpoint every --checkpoint_every steps, validates every --validate_every steps, and does both
    at the end.

    Args:
      model: a `Network`.
      optimizer, compile_options: arguments of `model.compile`.
      more_callbacks: further Keras callbacks; they run before those that all programs have.
      workdir: folder of the weights; --workdir if None.
      part: name of the run folder below `workdir`, for a program that trains several networks. Empty if `workdir`
        itself is the run folder.
      samples, without, together, casts: see `dataset.load`. Validation leaves nothing out, and has no `casts`.
      inputs: {flag: file or folder}, further files that the run depends on; see `RunFolder`.
    Raises:
      UserError: the data cannot be used, the folder holds another run, or a loss is not finite.
    """
    workdir = pathlib.Path(workdir or FLAGS.workdir)
    sizes = FLAGS.batch_size, model.config.image_size
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if FLAGS.batch_size % replicas:
        raise errors.UserError(f'--batch_size={FLAGS.batch_size}: must be a multiple of the {replicas} devices')
    validation = dataset.load(FLAGS.data, 'validation', *sizes, samples=samples)
    for data in filter(None, [FLAGS.data, casts, FLAGS.rehearse]):
        dataset.check(data, 'train', model.config.image_size)
    objective = _objective(model, validation)
    if FLAGS.initial_weights:
        _begin_with(model, FLAGS.initial_weights)
    inputs = {'data': FLAGS.data, 'samples': samples, 'casts': casts, 'rehearse': FLAGS.rehearse} | (inputs or {})
    folder = run_folder.RunFolder(workdir / part, model.config, inputs)

    model.compile(optimizer, jit_compile=FLAGS.jit_compile, **compile_options)
    optimizer.build(model.trained_variables)
    best, lowest, waited = tf.Variable(math.inf), tf.Variable(math.inf), tf.Variable(0)
    patience = {'lowest': lowest, 'waited': waited} if FLAGS.patience else {}
    manager, first = folder.checkpoints(model.training_state() | {'best': best} | patience)
    if first:
        print(f'continuing after step {first}', flush=True)
    save = callbacks.SaveWeights(folder.path.parent if part else folder.path, best, objective)

    training = tf.distribute.get_strategy().distribute_datasets_from_function(lambda context: dataset.load(
        FLAGS.data, 'train', *sizes, FLAGS.seed, samples, without, first * FLAGS.batch_size, context, verify=False,
        together=together, casts=casts, rehearse=FLAGS.rehearse))
    every = min(FLAGS.checkpoint_every, FLAGS.steps)
    epochs = math.ceil(FLAGS.steps / every)
    validated = max(1, round(FLAGS.validate_every / every))
    stop = [callbacks.StopEarly(lowest, waited, FLAGS.patience, objective)] if FLAGS.patience else []
    if FLAGS.patience and FLAGS.initial_weights and not first:
        save.set_model(model)
        save.on_epoch_end(-1, {f'val_{objective}': model.evaluate(validation, verbose=0, return_dict=True)[objective]})
    is_done = first >= FLAGS.steps or FLAGS.patience and waited >= FLAGS.patience
    model.fit(training, initial_epoch=epochs if is_done else first // every, epochs=epochs,
              steps_per_epoch=every, validation_data=validation,
              validation_freq=[epoch for epoch in range(1, epochs + 1) if epoch % validated == 0 or epoch == epochs],
              verbose=1 if os.isatty(1) else 2,
              callbacks=[*more_callbacks, callbacks.RecordSteps(folder, first, FLAGS.steps, FLAGS.batch_size),
                         *stop, save, callbacks.SaveCheckpoints(manager)])


def _objective(model, validation):
    """The validation value that chooses the best weights. Raises UserError if there is no such value."""
    names = [metric.name for metric in model.metrics]
    if FLAGS.objective and FLAGS.objective not in names:
        raise errors.UserError(f'--objective={FLAGS.objective}: not one of {", ".join(names)}')
    if FLAGS.patience and validation is None:
        raise errors.UserError(f'--patience: {FLAGS.data} has no validation groups')
    return FLAGS.objective or model.OBJECTIVE


def _begin_with(model, folder):
    """Gives a network the weights in a folder. Raises UserError if there are none, or if their sizes differ."""
    trained = type(model).from_pretrained(folder)
    field = model.config.first_difference(trained.config)
    if field:
        raise errors.UserError(f'--initial_weights={folder}: its {field} is {getattr(trained.config, field)}, not '
                               f'{getattr(model.config, field)}')
    model.set_weights(trained.get_weights())


def run(main):
    """Runs a training program's main function on the devices that the flags ask for; see `program.run`."""

    def on_devices():
        logging.set_verbosity(logging.WARNING)
        with strategies.restarted_with_its_peers(), strategies.create().scope():
            main()

    program.run(on_devices)

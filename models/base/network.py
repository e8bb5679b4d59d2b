"""The base class of all networks: configuration, weights on disk, and training by `fit` on any number of devices."""

import os
import pathlib
import shutil
import tempfile

import tensorflow as tf
import tf_keras as keras

from data_pipeline.common import errors


class Network(keras.Model):
    """A network with a configuration. It has its weights as soon as it is made.

    A folder of weights holds, for each network, NAME.h5 (Keras weights) and NAME.json (its configuration).

    A subclass sets `NAME`, `CONFIG` and `OBJECTIVE`, makes its layers in `__init__`, and calls itself once at the end
    of `__init__`, which creates the weights.

    Args:
      config: an instance of `CONFIG`.
      metrics: names of the values that validation reports.

    Example:
      >>> from models.background_detector import BackgroundDetector
      >>> network = BackgroundDetector.from_pretrained('models/pretrained')
      >>> network.config.preset
      'small'
    """

    NAME = None  # name of the network and of its files
    CONFIG = None  # class of its configuration
    OBJECTIVE = None  # name of the validation metric that chooses the best weights; lower is better

    def __init__(self, config, metrics, **kwargs):
        super().__init__(name=self.NAME, **kwargs)
        self.config = config
        self._means = {name: keras.metrics.Mean(name) for name in metrics}
        # AutoGraph is not needed in the steps, and takes much of the time of their tracing.
        self.train_step, self.test_step = map(tf.autograph.experimental.do_not_convert,
                                              (self.train_step, self.test_step))
        self.distribute_reduction_method = 'first'  # all replicas return the same values

    @classmethod
    def from_preset(cls, name, **changes):
        """Makes an untrained network of a preset; see `Config.from_preset`."""
        return cls(cls.CONFIG.from_preset(name, **changes))

    @classmethod
    def from_pretrained(cls, folders):
        """Loads the network with its configuration.

        Args:
          folders: path of a folder of weights, or several: the first that holds this network is taken.
        Raises:
          UserError: no folder holds the network, or its files cannot be read.
        """
        folders = [folders] if isinstance(folders, str | os.PathLike) else list(folders)
        for folder in map(pathlib.Path, folders):
            weights, config = folder / f'{cls.NAME}.h5', folder / f'{cls.NAME}.json'
            if not weights.exists() or not config.exists():
                continue
            try:
                network = cls(cls.CONFIG.from_json(config.read_text(encoding='utf-8')))
            except (errors.UserError, UnicodeDecodeError) as error:
                raise errors.UserError(f'{config}: cannot be read ({error})') from error
            try:
                network.load_weights(str(weights))
            except (OSError, ValueError, KeyError) as error:  # what Keras and h5py raise for other or damaged files
                raise errors.UserError(f'{weights}: cannot be read ({error})') from error
            return network
        raise errors.UserError(f'no weights of the {cls.NAME} ({cls.NAME}.h5 and {cls.NAME}.json) in '
                               f'{", ".join(map(str, folders))}')

    def save_pretrained(self, folder):
        """Writes the network's two files into a folder. Each file is complete or absent.

        Raises:
          OSError: the folder cannot be written.
        """
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory(dir=folder) as part:
            self.save_weights(os.path.join(scratch, f'{self.NAME}.h5'))
            # On a full disk the copy raises OSError, where HDF5 would crash the process.
            shutil.copyfile(os.path.join(scratch, f'{self.NAME}.h5'), os.path.join(part, f'{self.NAME}.h5'))
            pathlib.Path(part, f'{self.NAME}.json').write_text(self.config.to_json(), encoding='utf-8')
            for file in os.listdir(part):
                os.replace(os.path.join(part, file), folder / file)

    def training_state(self):
        """Returns what a checkpoint must hold to continue the training: {name: trackable object}."""
        return {'model': self, 'optimizer': self.optimizer}

    @property
    def trained_variables(self):
        """All variables that the optimizer changes."""
        return self.trainable_variables

    def minimize(self, tape, *goals):
        """Takes one step of the optimizer.

        Args:
          tape: the GradientTape that recorded the losses; persistent if there are several goals.
          goals: pairs (loss, variables). The loss is a mean over the replica's pictures; the variables are those that
            lower it.
        """
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        gradients = []
        for loss, variables in goals:
            with tape:
                share = loss / replicas  # `apply_gradients` sums over the replicas
            gradients += self.optimizer.compute_gradients(share, variables, tape)
        self.optimizer.apply_gradients(gradients)

    def step_values(self, **values):
        """Averages the values of a training step over all its pictures, on all replicas: {name: scalar}."""
        means = {name: tf.reduce_mean(value) for name, value in values.items()}
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, means)

    def validation_values(self, sample_weight=None, **values):
        """Averages the values [B, ...] of validation steps over all pictures so far: {name: scalar}."""
        for name, value in values.items():
            self._means[name].update_state(value, sample_weight)
        return {name: self._means[name].result() for name in values}

    @property
    def metrics(self):
        """The Keras metrics of validation, which `fit` resets."""
        return list(self._means.values())

"""What the networks share: a name, a preset, and training by `fit` on any number of devices."""

import tensorflow as tf
import tf_keras as keras


class Network(keras.Model):
    """A network with a preset. Its training step is the same however a batch is divided over replicas.

    Args:
      preset: sizes.
      measured: names of what validation reports.
    """

    NAME = None  # of the network and its files
    OBJECTIVE = None  # the one of `measured` by which the best weights are chosen; the lower the better

    def __init__(self, preset, measured, **kwargs):
        super().__init__(name=self.NAME, **kwargs)
        self.preset = preset
        self._means = {name: keras.metrics.Mean(name) for name in measured}
        # The steps need no AutoGraph, which takes much of the time of their tracing.
        self.train_step, self.test_step = map(tf.autograph.experimental.do_not_convert,
                                              (self.train_step, self.test_step))
        self.distribute_reduction_method = 'first'  # of what the steps return, which all replicas agree on

    def training_state(self):
        """What training needs to go on where it stopped, by name: objects that `tf.train.Checkpoint` takes."""
        return {'model': self, 'optimizer': self.optimizer}

    @property
    def trained_variables(self):
        """All that the optimizer changes."""
        return self.trainable_variables

    def descend(self, tape, *goals):
        """One step of the optimizer.

        Args:
          tape: GradientTape that recorded the losses; persistent if there are several goals.
          goals: pairs of a loss (mean over the replica's pictures) and the variables that are to lower it.
        """
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        gradients = []
        for loss, variables in goals:
            with tape:
                share = loss / replicas  # `apply_gradients` sums over the replicas
            gradients += self.optimizer.compute_gradients(share, variables, tape)
        self.optimizer.apply_gradients(gradients)

    def step_values(self, **values):
        """What a training step returns: the means of its values over all pictures of the step, on all replicas."""
        means = {name: tf.reduce_mean(value) for name, value in values.items()}
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, means)

    def validation_values(self, sample_weight=None, **values):
        """What a validation step returns: the means of its values [B, ...] over all pictures so far."""
        for name, value in values.items():
            self._means[name].update_state(value, sample_weight)
        return {name: self._means[name].result() for name in values}

    @property
    def metrics(self):
        return list(self._means.values())


def batch_normalization():
    """pix2pix's batch normalization, over the whole batch where it is divided over replicas."""
    synchronized = tf.distribute.get_strategy().num_replicas_in_sync > 1  # slower, so not without need
    return keras.layers.BatchNormalization(momentum=.9, epsilon=1e-5, synchronized=synchronized)

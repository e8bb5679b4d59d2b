"""The devices that a program trains on: one, all of a machine, several machines, or a TPU (`tf.distribute`)."""

import contextlib
import os
import pathlib
import sys

import tensorflow as tf
import tf_keras as keras
from absl import flags

from data_pipeline.common import errors

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags that choose the devices and the precision."""
    flags.DEFINE_enum('strategy', 'default', ['default', 'mirrored', 'multi_worker', 'tpu'],
                      'Devices: one, all of this machine, all machines in TF_CONFIG, or a TPU.')
    flags.DEFINE_string('tpu', '', 'Name or address of the TPU, for --strategy=tpu; empty for a local one.')
    flags.DEFINE_integer('logical_cpus', 1, 'Number of devices to divide the CPU into, to try mirrored without GPUs.',
                         lower_bound=1)
    flags.DEFINE_enum('precision', 'float32', ['float32', 'mixed_bfloat16', 'mixed_float16'],
                      'Precision of the layers. Weights, losses and likelihoods are always float32.')


def create():
    """Makes the strategy that the flags ask for. Call it before TensorFlow computes anything.

    Returns:
      tf.distribute.Strategy.
    Raises:
      UserError: there are no such devices.
    """
    keras.mixed_precision.set_global_policy(FLAGS.precision)
    if FLAGS.logical_cpus > 1:
        cpu = tf.config.list_physical_devices('CPU')[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * FLAGS.logical_cpus)
    if FLAGS.strategy == 'mirrored':
        return tf.distribute.MirroredStrategy()
    if FLAGS.strategy == 'multi_worker':
        if 'TF_CONFIG' not in os.environ:
            raise errors.UserError('--strategy=multi_worker needs the cluster and this task in TF_CONFIG')
        return tf.distribute.MultiWorkerMirroredStrategy()
    if FLAGS.strategy == 'tpu':
        try:
            resolver = tf.distribute.cluster_resolver.TPUClusterResolver(FLAGS.tpu)
            tf.config.experimental_connect_to_cluster(resolver)
            tf.tpu.experimental.initialize_tpu_system(resolver)
        except (ValueError, OSError, tf.errors.OpError) as error:  # TensorFlow's, where no TPU is
            raise errors.UserError(f'--tpu={FLAGS.tpu}: no TPU there ({str(error).splitlines()[0]})') from error
        return tf.distribute.TPUStrategy(resolver)
    return tf.distribute.get_strategy()


def fast_precision():
    """The precision that training is fastest with: half on a CPU that computes with it, else single."""
    try:
        cpu = pathlib.Path('/proc/cpuinfo').read_text(encoding='utf-8')
    except OSError:
        cpu = ''
    has_half = any(f'{unit}_bf16' in cpu for unit in ('avx512', 'amx'))
    return 'mixed_bfloat16' if has_half and not tf.config.list_physical_devices('GPU') else 'float32'


def is_chief():
    """Tells whether this process is the one that writes files."""
    resolver = tf.distribute.get_strategy().cluster_resolver
    if resolver is None or resolver.task_type is None or resolver.task_type == 'chief':
        return True
    return resolver.task_type == 'worker' and resolver.task_id == 0 and 'chief' not in resolver.cluster_spec().jobs


@contextlib.contextmanager
def restarted_with_its_peers():
    """Restarts this process if another worker is lost. Then all workers continue from the last checkpoint."""
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError,
            tf.errors.DeadlineExceededError) as error:
        if FLAGS.strategy != 'multi_worker':
            raise
        print(f'lost a worker ({str(error).splitlines()[0]}); restarting', file=sys.stderr, flush=True)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

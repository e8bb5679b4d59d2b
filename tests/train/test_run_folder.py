"""Runs that are interrupted, continued, refused or broken, as processes."""

import csv
import json
import math
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from data_pipeline.common import errors
from models import low_res_colorizer
from models.baselines import pix2pix
from train import callbacks

STEPS = 7


def start(program, data, workdir, *arguments, **options):
    command = [sys.executable, '-m', program, '--data', data, '--workdir', workdir, '--preset', 'tiny', '--batch_size',
               2, '--checkpoint_every', 2, *arguments]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            **options)


def rows(workdir):
    path = workdir / 'metrics.csv'
    return list(csv.DictReader(path.open(encoding='utf-8'))) if path.exists() else []


def failure(process):
    """The one line with which a program ended."""
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1, errors
    return errors.splitlines()[-1]


@pytest.mark.parametrize('program', ['train.low_res_colorizer', 'train.pix2pix'])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(program, data, tmp_path):
    whole, killed = tmp_path / 'whole', tmp_path / 'killed'
    assert start(program, data, whole, '--steps', STEPS).communicate(timeout=300) and len(rows(whole)) == STEPS
    process = start(program, data, killed, '--steps', STEPS)
    while len(rows(killed)) < 5 and process.poll() is None:
        time.sleep(.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    again = start(program, data, killed, '--steps', STEPS)
    output, errors = again.communicate(timeout=300)
    assert again.returncode == 0, errors
    assert 'continuing after step' in output
    for one, other in zip(rows(whole), rows(killed), strict=True):
        assert list(one) == list(other)
        np.testing.assert_allclose([float(v) for v in one.values()], [float(v) for v in other.values()], atol=1e-5)
    name = program.split('.')[1]
    assert (killed / f'{name}.h5').exists() and (killed / 'best' / f'{name}.h5').exists()
    config = json.loads((killed / 'config.json').read_text(encoding='utf-8'))
    assert config['flags']['steps'] == STEPS and config['network']['preset'] == 'tiny' and config['versions']


def test_another_run_in_the_same_folder_is_refused_by_name(data, tmp_path):
    run, other = tmp_path / 'run', tmp_path / 'other'
    shutil.copytree(data, other)
    manifest = json.loads((other / 'manifest.json').read_text(encoding='utf-8'))
    (other / 'manifest.json').write_text(json.dumps(manifest | {'more': 1}), encoding='utf-8')
    start('train.pix2pix', data, run, '--steps', 1).communicate(timeout=300)
    refused = [start('train.pix2pix', *arguments) for arguments in (
        (data, run, '--steps', 1, '--preset', 'small'), (other, run, '--steps', 1), (data, run, '--steps', 2))]
    for process, message in zip(refused, ('--preset=tiny, not small', 'other data', '--steps=1, not 2'), strict=True):
        assert message in failure(process)


@pytest.mark.parametrize('damage', ['truncated', 'flipped'])
def test_a_damaged_shard_is_named(damage, data, tmp_path):
    shutil.copytree(data, tmp_path / 'data')
    shard = next((tmp_path / 'data').glob('train-*.tfrecord'))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 4
    shard.write_bytes(content[:-100] if damage == 'truncated' else content)
    assert f'{shard}: damaged' in failure(start('train.pix2pix', tmp_path / 'data', tmp_path / 'run'))
    assert not (tmp_path / 'run').exists()


def test_an_unwritable_folder_is_named(data, tmp_path):
    (tmp_path / 'file').touch()
    assert str(tmp_path / 'file') in failure(start('train.pix2pix', data, tmp_path / 'file' / 'run'))


@pytest.fixture
def small_disk(tmp_path):
    """A file system with room for one checkpoint, not for two."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], check=False).returncode:
        pytest.skip('may not mount a file system here')
    yield folder
    subprocess.run(['umount', folder], check=True)


def test_a_full_disk_is_named_and_the_last_checkpoint_is_whole(data, small_disk):
    line = failure(start('train.pix2pix', data, small_disk / 'run', '--steps', STEPS))
    assert line.startswith(f'error: {small_disk}') and 'No space left' in line
    last = tf.train.latest_checkpoint(small_disk / 'run' / 'checkpoints')
    assert last.endswith('step-2')
    model = pix2pix.Pix2Pix.from_preset('tiny')
    untrained = model.trainable_variables[0].numpy()
    tf.train.Checkpoint(model=model).restore(last).expect_partial()
    assert (model.trainable_variables[0].numpy() != untrained).any()


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(batch, tmp_path):
    model = pix2pix.Pix2Pix.from_preset('tiny')
    model.compile(keras.optimizers.Adam(), adversarial_weight=0.)

    class Folder:
        path = tmp_path

        @staticmethod
        def metrics_file(step):
            return (tmp_path / 'metrics.csv').open('w', newline='', encoding='utf-8')

    def broken_at_the_third(step):
        factor = tf.where(step == 2, math.nan, 1.)
        return batch | {'color': batch['color'] * factor}

    checkpoint = tf.train.CheckpointManager(tf.train.Checkpoint(model=model), tmp_path / 'checkpoints', 3)
    with pytest.raises(errors.UserError, match='step 3: l1 is nan'):
        model.fit(tf.data.Dataset.range(4).map(broken_at_the_third), steps_per_epoch=2, epochs=2, verbose=0, callbacks=[
            callbacks.RecordSteps(Folder, 0, 4, 4), callbacks.SaveCheckpoints(checkpoint)])
    assert [row['step'] for row in rows(tmp_path)] == ['1', '2', '3']
    assert checkpoint.latest_checkpoint.endswith('-2') and len(checkpoint.checkpoints) == 1
    model.trainable_variables[0].assign(model.trainable_variables[0] * math.nan)
    with pytest.raises(errors.UserError, match='is not finite'):
        callbacks.SaveCheckpoints.on_epoch_end(_with(callbacks.SaveCheckpoints(checkpoint), model), 2)
    assert len(checkpoint.checkpoints) == 1


def _with(callback, model):
    callback.set_model(model)
    return callback


@pytest.mark.parametrize('precision', ['mixed_bfloat16', 'mixed_float16'])
def test_trains_and_samples_in_mixed_precision(precision, data, tmp_path):
    process = start('train.low_res_colorizer', data, tmp_path / 'run', '--steps', 2, '--precision', precision)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert all(math.isfinite(float(row['loss'])) for row in rows(tmp_path / 'run'))
    loaded = low_res_colorizer.LowResColorizer.from_pretrained([tmp_path / 'run'])
    assert {v.dtype for v in loaded.variables} == {tf.float32}

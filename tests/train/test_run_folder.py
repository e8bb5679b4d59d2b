"""Runs that are interrupted, continued, refused or broken."""

import contextlib
import functools
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

from data_pipeline import records
from data_pipeline.common import errors
from models import background_detector, low_res_colorizer
from models.base.config import Config
from models.baselines import pix2pix
from tests import programs
from tests.train.logs import rows
from train import callbacks, cross_fit, run_folder

STEPS = 7


def arguments(data, workdir, steps):
    """The command line of a training of a tiny network."""
    return ('--data', data, '--workdir', workdir, '--preset', 'tiny', '--batch_size', 2, '--checkpoint_every', 2,
            '--steps', steps)


def start(program, *command_line):
    """Starts a training as a process."""
    command = [sys.executable, '-m', program, *map(str, arguments(*command_line))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def failure(begin, *arguments):
    """The line with which a program ends that cannot begin or continue a run."""
    with pytest.raises(SystemExit) as ended:
        begin(*arguments)
    assert ended.value.code.startswith('error: ') and '\n' not in ended.value.code
    return ended.value.code


def test_a_killed_run_goes_on_as_if_nothing_had_happened(data, tmp_path, capsys):
    program, whole, killed = 'train.background_detector', tmp_path / 'whole', tmp_path / 'killed'
    programs.run_here(program, *arguments(data, whole, STEPS))
    assert len(rows(whole)) == STEPS and 'continuing' not in capsys.readouterr().out
    process = start(program, data, killed, STEPS)
    while len(rows(killed)) < 3 and process.poll() is None:
        time.sleep(.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < len(rows(killed)) < STEPS
    programs.run_here(program, *arguments(data, killed, STEPS))
    assert 'continuing after step' in capsys.readouterr().out
    for one, other in zip(rows(whole), rows(killed), strict=True):
        assert list(one) == list(other)
        np.testing.assert_allclose([float(v) for v in one.values()], [float(v) for v in other.values()], atol=1e-5)
    name = program.split('.')[1]
    assert (killed / f'{name}.h5').exists() and (killed / 'best' / f'{name}.h5').exists()
    config = json.loads((killed / 'config.json').read_text(encoding='utf-8'))
    assert config['flags']['steps'] == STEPS and config['network']['preset'] == 'tiny' and config['versions']


def test_a_checkpoint_holds_the_average_of_the_weights(tmp_path):
    for average in (2., 3.):
        keras.utils.set_random_seed(1)
        network = low_res_colorizer.LowResColorizer.from_preset('tiny')
        network.compile(keras.optimizers.Adam())
        for variable in network.average.variables:
            variable.assign(tf.fill(variable.shape, average))
        manager, step = run_folder.RunFolder(tmp_path, Config(), {}).checkpoints(network.training_state())
        if not step:
            manager.save(checkpoint_number=1)
    assert step == 1 and all((variable.numpy() == 2).all() for variable in network.average.variables)


def test_a_run_with_other_flags_or_of_another_network_is_refused_by_name(begin, data, tmp_path):
    program = 'train.background_detector'
    begin(program, data, tmp_path)
    for flag, value, message in (('preset', 'small', 'preset=tiny, not small'), ('steps', 5, 'steps=10000, not 5'),
                                 ('background_weight', 2, 'background_weight=1.0, not 2.0')):
        said = failure(begin, program, data, tmp_path, f'--{flag}', value)
        assert f'{tmp_path}: was begun with --{message};' in said
    config = background_detector.BackgroundDetectorConfig.from_preset('tiny', image_size=128)
    with pytest.raises(errors.UserError, match='another network: its image_size=256, not 128'):
        run_folder.RunFolder(tmp_path, config, {})


def test_a_flag_that_is_newer_than_the_run_has_its_default(begin, data, tmp_path):
    program = 'train.background_detector'
    begin(program, data, tmp_path)
    config = json.loads((tmp_path / 'config.json').read_text(encoding='utf-8'))
    del config['flags']['background_weight'], config['flags']['patience']
    records.write_json(tmp_path / 'config.json', config)
    said = failure(begin, program, data, tmp_path, '--background_weight', 2)
    assert f'{tmp_path}: was begun with --background_weight=1.0, not 2.0;' in said
    begin(program, data, tmp_path)


def stopped_early(workdir, data, weights, monkeypatch, interrupted=None):
    """Trains without getting better, for three validations, and returns the steps. Ends after a step if asked to."""
    save = callbacks.SaveCheckpoints.on_epoch_end

    def save_and_end(callback, epoch, logs=None):
        save(callback, epoch, logs)
        if int(callback.model.optimizer.iterations) == interrupted:
            raise KeyboardInterrupt

    monkeypatch.setattr(callbacks.SaveCheckpoints, 'on_epoch_end', save_and_end)
    with contextlib.suppress(KeyboardInterrupt):
        programs.run_here('train.background_detector', *arguments(data, workdir, 20), '--validate_every', 2,
                          '--patience', 3, '--initial_weights', weights)
    return len(rows(workdir))


def test_a_run_that_waits_for_a_better_validation_stops_at_the_same_step_after_an_interruption(
        data, tiny_weights, tmp_path, monkeypatch, eager):
    monkeypatch.setattr(background_detector.BackgroundDetector, 'test_step', lambda *_: {'composite_l1': tf.ones([])})
    start = functools.partial(stopped_early, tmp_path, data, tiny_weights, monkeypatch)
    assert [start(interrupted=4), start(), start()] == [4, 8, 8]


def test_what_chooses_the_best_weights_must_be_there(begin, data, all_for_training, tmp_path):
    said = failure(begin, 'train.background_detector', data, tmp_path / 'run', '--objective', 'bits')
    assert said.startswith('error: --objective=bits: not one of composite_l1, ')
    said = failure(begin, 'train.background_detector', all_for_training, tmp_path / 'run', '--patience', 3)
    assert said == f'error: --patience: {all_for_training} has no validation groups'
    assert not (tmp_path / 'run').exists()


def samples_of(data, folder, level):
    """A folder as `train.cross_fit` writes it for some data, with samples of one gray."""
    for shards in records.read_manifest(data)['shards'].values():
        count = sum(shard['records'] for shard in shards)
        cross_fit.write_samples(np.full((count, 32, 32, 3), level, np.uint8), folder, shards)
    return folder


def test_a_run_with_other_contents_of_a_folder_is_refused_and_a_moved_folder_is_not(
        begin, data, tiny_weights, tmp_path):
    other_data, other_weights = tmp_path / 'other_data', tmp_path / 'other_weights'
    shutil.copytree(data, other_data)
    manifest = records.read_manifest(other_data)
    records.write_json(other_data / records.MANIFEST, manifest | {'more': 1})
    background_detector.BackgroundDetector.from_preset('tiny').save_pretrained(other_weights)
    samples, other_samples = (samples_of(data, tmp_path / str(level), level) for level in (0, 255))
    for program, flag, same, other, more in (
            ('train.pix2pix', 'data', data, other_data, ()),
            ('train.polishing_network', 'background_detector', tiny_weights, other_weights, ()),
            ('train.background_detector', 'samples', samples, other_samples, ('--foreground', 'low_res'))):

        def run(folder, program=program, flag=flag, more=more):
            begin(program, folder if flag == 'data' else data, tmp_path / program, f'--{flag}', folder, *more)

        run(same)
        assert f'was begun with other contents of --{flag};' in failure(run, other)
        run(shutil.copytree(same, tmp_path / 'moved' / flag))


@pytest.mark.parametrize('damage', ['truncated', 'flipped'])
def test_a_damaged_shard_is_named(damage, begin, data, tmp_path):
    shutil.copytree(data, tmp_path / 'data')
    shard = next((tmp_path / 'data').glob('train-*.tfrecord'))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 4
    shard.write_bytes(content[:-100] if damage == 'truncated' else content)
    assert f'{shard}: damaged' in failure(begin, 'train.pix2pix', tmp_path / 'data', tmp_path / 'run')
    assert not (tmp_path / 'run').exists()


def test_a_folder_without_data_is_named(begin, tmp_path):
    assert f'{tmp_path}: no prepared data' in failure(begin, 'train.pix2pix', tmp_path, tmp_path / 'run')
    assert not (tmp_path / 'run').exists()


def test_an_unwritable_folder_is_named(begin, data, tmp_path):
    (tmp_path / 'file').touch()
    assert str(tmp_path / 'file') in failure(begin, 'train.pix2pix', data, tmp_path / 'file' / 'run')


@pytest.mark.parametrize('content', ['', '{"flags":', '3'])
def test_a_damaged_description_of_the_run_is_named(content, tmp_path):
    (tmp_path / 'config.json').write_text(content)
    with pytest.raises(errors.UserError, match=f'{tmp_path}/config.json: cannot be read'):
        run_folder.RunFolder(tmp_path, Config(), {})


@pytest.mark.parametrize('file, size', [('step-2.index', 20), ('step-2.data-00000-of-00001', 20), ('checkpoint', 0)])
def test_a_damaged_checkpoint_is_named(file, size, tmp_path):
    folder = run_folder.RunFolder(tmp_path, Config(), {})
    manager, step = folder.checkpoints({'weight': tf.Variable(tf.zeros([100]))})
    assert step == 0
    manager.save(checkpoint_number=2)
    assert folder.checkpoints({'weight': tf.Variable(tf.ones([100]))})[1] == 2
    path = tmp_path / 'checkpoints' / file
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(errors.UserError, match=f'{tmp_path}/checkpoints: the last checkpoint cannot be restored'):
        folder.checkpoints({'weight': tf.Variable(tf.zeros([100]))})


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
    process = start('train.pix2pix', data, small_disk / 'run', STEPS)
    _, stderr = process.communicate(timeout=300)
    line = stderr.splitlines()[-1]
    assert process.returncode == 1 and line.startswith(f'error: {small_disk}') and 'No space left' in line
    last = tf.train.latest_checkpoint(small_disk / 'run' / 'checkpoints')
    assert last.endswith('step-2')
    model = pix2pix.Pix2Pix.from_preset('tiny')
    untrained = model.trainable_variables[0].numpy()
    tf.train.Checkpoint(model=model).restore(last).expect_partial()
    assert (model.trainable_variables[0].numpy() != untrained).any()


@pytest.mark.parametrize('network, precision', [(low_res_colorizer.LowResColorizer, 'mixed_bfloat16'),
                                                (background_detector.BackgroundDetector, 'mixed_float16')])
def test_trains_in_mixed_precision(network, precision, all_for_training, tmp_path, eager):
    tf.config.run_functions_eagerly(network is low_res_colorizer.LowResColorizer)  # it takes long to trace
    programs.run_here(f'train.{network.NAME}', '--data', all_for_training, '--workdir', tmp_path, '--preset', 'tiny',
                      '--batch_size', 2, '--steps', 2, '--precision', precision)
    losses = [float(row['loss']) for row in rows(tmp_path)]
    assert len(losses) == 2 and all(map(math.isfinite, losses))
    assert {v.dtype for v in network.from_pretrained(tmp_path).variables} == {tf.float32}


def test_the_last_three_checkpoints_are_kept(tmp_path):
    manager, _ = run_folder.RunFolder(tmp_path, Config(), {}).checkpoints({'weight': tf.Variable(0.)})
    for step in range(1, 6):
        manager.save(checkpoint_number=step)
    assert sorted(path.name for path in (tmp_path / 'checkpoints').glob('*.index')) == [
        f'step-{step}.index' for step in (3, 4, 5)]

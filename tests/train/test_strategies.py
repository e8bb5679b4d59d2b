"""A training on several devices takes the steps of one device, and survives the loss of a worker."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest

from tests import programs
from tests.train.logs import rows

COLORIZER, U_NETS = 'low_res_colorizer', 'background_detector,polishing_network'


def arguments(data, workdir, *more):
    """The command line of a training."""
    return ['--data', data, '--workdir', workdir, '--preset', 'tiny', '--batch_size', 8, '--learning_rate', 5e-4, *more]


class Program(subprocess.Popen):
    """A training program in a process of its own. A pipe that nobody reads would stop it, so stderr is a file."""

    def __init__(self, program, data, workdir, *more, task=None, cluster=None):
        environment = dict(os.environ)
        if cluster:
            me = {'type': 'worker', 'index': task}
            environment['TF_CONFIG'] = json.dumps({'cluster': {'worker': cluster}, 'task': me})
        command = [sys.executable, '-m', program, *map(str, arguments(data, workdir, *more))]
        self._errors = tempfile.TemporaryFile('w+')  # noqa: SIM115
        super().__init__(command, stdout=subprocess.DEVNULL, stderr=self._errors, env=environment)

    def ended(self):
        """Waits for its end; returns what it wrote to stderr."""
        self.wait(timeout=500)
        self._errors.seek(0)
        return self._errors.read()


def finish(*programs):
    for program in programs:
        errors = program.ended()
        assert program.returncode == 0, errors[-3000:]


def losses(workdir):
    return [float(row['loss']) for row in rows(workdir)]


def free_addresses(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(('localhost', 0))
    addresses = [f'localhost:{s.getsockname()[1]}' for s in sockets]
    for s in sockets:
        s.close()
    return addresses


def assert_takes_the_steps_of_one_device(workdir, networks, data, one_device):
    programs.run_here('tests.train.train_networks', *arguments(data, one_device, '--steps', 10, '--networks',
                                                               networks))
    for network in networks.split(','):
        expected = losses(one_device / network)
        assert len(expected) == 10 and len(set(expected)) == 10
        np.testing.assert_allclose(losses(workdir / network), expected, atol=1e-4, err_msg=network)


def test_mirrored_on_two_devices_takes_the_steps_of_one(all_for_training, tmp_path):
    finish(Program('tests.train.train_networks', all_for_training, tmp_path / 'two', '--steps', 10, '--strategy',
                   'mirrored', '--logical_cpus', 2, '--networks', U_NETS))
    assert_takes_the_steps_of_one_device(tmp_path / 'two', U_NETS, all_for_training, tmp_path / 'one')


def test_two_workers_take_the_steps_of_one(all_for_training, tmp_path):
    cluster = free_addresses(2)
    finish(*[Program('tests.train.train_networks', all_for_training, tmp_path / 'two', '--steps', 10, '--strategy',
                     'multi_worker', '--networks', COLORIZER, task=task, cluster=cluster) for task in range(2)])
    assert_takes_the_steps_of_one_device(tmp_path / 'two', COLORIZER, all_for_training, tmp_path / 'one')


def test_the_training_completes_if_a_worker_is_killed_and_restarted(all_for_training, tmp_path):
    cluster = free_addresses(2)

    def worker(task):
        return Program('train.background_detector', all_for_training, tmp_path, '--steps', 12, '--checkpoint_every', 3,
                       '--strategy', 'multi_worker', task=task, cluster=cluster)

    chief, other = worker(0), worker(1)
    while not (tmp_path / 'checkpoints' / 'checkpoint').exists() and chief.poll() is None:
        time.sleep(.05)
    other.send_signal(signal.SIGKILL)
    other.wait()
    finish(chief, worker(1))
    assert len(losses(tmp_path)) == 12


@pytest.mark.parametrize('strategy, missing', [('multi_worker', 'TF_CONFIG'), ('tpu', '--tpu=: no TPU there')])
def test_what_a_strategy_lacks_is_named(strategy, missing, begin, data, tmp_path, monkeypatch):
    monkeypatch.delenv('TF_CONFIG', raising=False)
    with pytest.raises(SystemExit, match=f'^error: .*{missing}'):
        begin('train.pix2pix', data, tmp_path / 'run', '--strategy', strategy)
    assert not (tmp_path / 'run').exists()

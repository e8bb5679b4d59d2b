"""A run's folder: what the run is, its checkpoints, and whether it may go on."""

import csv
import dataclasses
import hashlib
import importlib.metadata
import json
import pathlib
import subprocess
import sys
import tempfile

import tensorflow as tf
from absl import flags

from data_pipeline import aside, records
from train import strategies

FLAGS = flags.FLAGS
_CONFIG, _METRICS = 'config.json', 'metrics.csv'
_MODULES = ('train.common', 'train.strategies')  # whose flags are recorded, with those of the program itself
_MAY_CHANGE = {'workdir', 'data', 'samples', 'background_detector', 'strategy', 'tpu', 'logical_cpus'}
_PACKAGES = ('tensorflow', 'tensorflow-probability', 'tf-keras', 'numpy')
_KEPT = 3  # checkpoints


class RunFolder:
    """The folder of a run that begins, or goes on after an interruption.

    config.json says what the run is: flags, preset, versions, commit, and the checksum of the data's manifest.
    metrics.csv has a row for each step. checkpoints/ holds the last few. Of several workers only the chief writes here;
    what the others write is thrown away.

    Args:
      workdir: the folder.
      preset: of the network.
    Raises:
      ValueError: the folder holds another run.
      OSError: the folder cannot be written.
    """

    def __init__(self, workdir, preset):
        self.shared = pathlib.Path(workdir)
        if strategies.is_chief():
            self.path = self.shared
        else:
            self._thrown_away = tempfile.TemporaryDirectory()
            self.path = pathlib.Path(self._thrown_away.name)
        config = _config(preset)
        if (self.shared / _CONFIG).exists():
            self._refuse_another(json.loads((self.shared / _CONFIG).read_text(encoding='utf-8')), config)
        self.path.mkdir(parents=True, exist_ok=True)
        records.write_json(self.path / _CONFIG, config)

    def _refuse_another(self, begun, config):
        for name, value in config['flags'].items():
            was = begun['flags'].get(name)
            if name not in _MAY_CHANGE and was != value:
                raise ValueError(f'{self.shared}: was begun with --{name}={was}, not {value}; choose another --workdir')
        for name, value in config['preset'].items():
            was = begun['preset'].get(name)
            if was != value:
                raise ValueError(f'{self.shared}: was begun with another preset ({name} {was}, not {value}); choose '
                                 'another --workdir')
        if begun['data'] != config['data']:
            raise ValueError(f'{self.shared}: was begun with other data than {FLAGS.data}; choose another --workdir')

    def checkpoints(self, state):
        """Makes the checkpoints of `state` (see `Network.training_state`) and restores the last, if there is one.

        Returns:
          (tf.train.CheckpointManager, step of the restored checkpoint or 0).
        """
        checkpoint = tf.train.Checkpoint(**state)
        manager = tf.train.CheckpointManager(checkpoint, self.path / 'checkpoints', _KEPT, checkpoint_name='step')
        last = tf.train.latest_checkpoint(self.shared / 'checkpoints')
        if last is None:
            return manager, 0
        try:
            checkpoint.restore(last).assert_existing_objects_matched()
        except (tf.errors.OpError, ValueError, AssertionError) as error:
            raise ValueError(f'{last}: cannot be restored ({str(error).splitlines()[0]})') from error
        return manager, int(last.rsplit('-', 1)[1])

    def metrics_file(self, step):
        """Opens metrics.csv to go on after `step`; rows of later steps, lost with an interruption, are dropped."""
        path = self.path / _METRICS
        rows = []
        if step and path.exists():
            with path.open(newline='', encoding='utf-8') as file:
                rows = [row for number, row in enumerate(csv.reader(file)) if number <= step]
        with aside.written_aside(path) as part, part.open('w', newline='', encoding='utf-8') as file:
            csv.writer(file).writerows(rows)
        return path.open('a', newline='', encoding='utf-8')


def _config(preset):
    own = flags.FLAGS.flags_by_module_dict()
    return {
        'flags': {flag.name: flag.value for module in (*_MODULES, sys.argv[0]) for flag in own.get(module, [])},
        'preset': json.loads(json.dumps(dataclasses.asdict(preset))),
        'versions': {'python': sys.version.split()[0], **{p: importlib.metadata.version(p) for p in _PACKAGES}},
        'commit': _commit(),
        'data': hashlib.sha256(pathlib.Path(FLAGS.data, records.MANIFEST).read_bytes()).hexdigest()}


def _commit():
    """The commit that runs, with '-dirty' if anything differs from it; None outside a repository."""
    try:
        done = subprocess.run(['git', 'describe', '--always', '--dirty', '--abbrev=40', '--match='], cwd=pathlib.Path(
            __file__).parent, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None

"""The folder of a run: describes the run, holds its checkpoints, and refuses another run."""

import csv
import dataclasses
import importlib.metadata
import json
import pathlib
import subprocess
import sys
import tempfile

import tensorflow as tf
from absl import flags

from data_pipeline import records
from data_pipeline.common import errors, files
from train import strategies

_CONFIG, _METRICS = 'config.json', 'metrics.csv'
_MODULES = ('train.common', 'train.strategies')  # modules whose flags are recorded, beside those of the program itself
_PLACES = {'workdir', 'strategy', 'tpu', 'logical_cpus'}  # flags that may change when a run continues
_PACKAGES = ('tensorflow', 'tensorflow-probability', 'tf-keras', 'numpy')
_KEPT = 3  # checkpoints


class RunFolder:
    """The folder of a run that begins, or that continues after an interruption.

    config.json describes the run: flags, network, versions, commit, and checksums of its inputs. metrics.csv has a row
    for each step. checkpoints/ holds the last three checkpoints. If several workers train, only the chief writes here;
    the others write to a temporary folder.

    Args:
      workdir: the folder.
      config: the network's configuration.
      inputs: {flag: path of a file or folder, or None}, files that the run depends on. When the run continues, a path
        may differ, but not the contents. A folder's contents are its manifest, or all its files if it has no manifest.
    Raises:
      UserError: the folder holds another run.
      OSError: the folder cannot be written.

    Example:
      >>> from models.background_detector import BackgroundDetectorConfig
      >>> run = RunFolder(folder, BackgroundDetectorConfig.from_preset('tiny'), inputs={})
      >>> manager, step = run.checkpoints({'weight': tf.Variable(0.)})
      >>> step, [path.name for path in run.path.iterdir()]
      (0, ['config.json'])
    """

    def __init__(self, workdir, config, inputs):
        self.shared = pathlib.Path(workdir)
        if strategies.is_chief():
            self.path = self.shared
        else:
            self._temporary = tempfile.TemporaryDirectory()
            self.path = pathlib.Path(self._temporary.name)
        described = _describe(config, inputs)
        if (self.shared / _CONFIG).exists():
            self._refuse_another(described)
        self.path.mkdir(parents=True, exist_ok=True)
        records.write_json(self.path / _CONFIG, described)

    def _refuse_another(self, described):
        try:
            begun = dict(json.loads((self.shared / _CONFIG).read_text(encoding='utf-8')))
        except (ValueError, TypeError) as error:  # no JSON, or no object
            raise errors.UserError(f'{self.shared / _CONFIG}: cannot be read ({error})') from error
        defaults = {name: flags.FLAGS[name].default for name in described['flags']}
        begun['flags'] = defaults | begun.get('flags', {})  # a flag that is newer than the run
        for part, name_of in (('flags', '--{}'), ('network', 'another network: its {}')):
            for name, value in described[part].items():
                was = begun.get(part, {}).get(name)
                if was != value:
                    raise errors.UserError(f'{self.shared}: was begun with {name_of.format(name)}={was}, not {value}; '
                                           'choose another --workdir')
        for name, checksum in described['inputs'].items():
            if begun.get('inputs', {}).get(name) != checksum:
                raise errors.UserError(f'{self.shared}: was begun with other contents of --{name}; choose another '
                                       '--workdir')

    def checkpoints(self, state):
        """Makes the checkpoints of a training, and restores the last one, if there is one.

        Args:
          state: see `Network.training_state`.
        Returns:
          (tf.train.CheckpointManager, step of the restored checkpoint or 0).
        Raises:
          UserError: the last checkpoint cannot be restored.
        """
        checkpoint = tf.train.Checkpoint(**state)
        folder = self.shared / 'checkpoints'
        try:
            manager = tf.train.CheckpointManager(checkpoint, self.path / 'checkpoints', _KEPT, checkpoint_name='step')
            last = tf.train.latest_checkpoint(folder)
            if last is None:
                return manager, 0
            checkpoint.restore(last).assert_existing_objects_matched()
        except (tf.errors.OpError, ValueError, IndexError, AssertionError) as error:  # TensorFlow's, for damaged files
            raise errors.UserError(f'{folder}: the last checkpoint cannot be restored '
                                   f'({str(error).splitlines()[0]})') from error
        return manager, int(last.rsplit('-', 1)[1])

    def metrics_file(self, step):
        """Opens metrics.csv to append rows after `step`. Deletes later rows, which an interrupted run left."""
        path = self.path / _METRICS
        rows = []
        if step and path.exists():
            with path.open(newline='', encoding='utf-8') as file:
                rows = [row for number, row in enumerate(csv.reader(file)) if number <= step]
        with files.atomic_write(path) as part, part.open('w', newline='', encoding='utf-8') as file:
            csv.writer(file).writerows(rows)
        return path.open('a', newline='', encoding='utf-8')


def _describe(config, inputs):
    """What config.json holds."""
    own = flags.FLAGS.flags_by_module_dict()
    recorded = {flag.name: flag.value for module in (*_MODULES, sys.argv[0]) for flag in own.get(module, [])}
    return {
        'flags': {name: value for name, value in recorded.items() if name not in _PLACES | inputs.keys()},
        'network': json.loads(json.dumps(dataclasses.asdict(config))),
        'inputs': {name: _checksum(path) if path else None for name, path in inputs.items()},
        'versions': {'python': sys.version.split()[0], **{p: importlib.metadata.version(p) for p in _PACKAGES}},
        'commit': _commit()}


def _checksum(path):
    """Checksum of a file, of a folder's manifest, or of all files of a folder without one."""
    manifest = pathlib.Path(path, records.MANIFEST)
    return files.checksum(manifest if manifest.exists() else path)


def _commit():
    """The commit that runs, with '-dirty' if the tree differs from it; None outside a repository."""
    try:
        done = subprocess.run(['git', 'describe', '--always', '--dirty', '--abbrev=40', '--match='], cwd=pathlib.Path(
            __file__).parent, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None

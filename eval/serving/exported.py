"""Colors by an exported model in this process, without a server."""

import functools
import os
import pathlib
import tempfile

import tensorflow as tf

from data_pipeline.common import errors, files, remote
from eval.serving import client


class ExportedSystem(client.SignatureSystem):
    """The system `comic` as `eval.export` wrote it, with the interface of `systems.LocalSystem`.

    Args:
      path: folder of a version, or folder of versions, of which it takes the highest; or the address of one.

    Attributes:
      checksum: of the model's files, str.
    Raises:
      UserError: there is no exported model.

    Example:
      >>> ExportedSystem('nowhere')
      Traceback (most recent call last):
      data_pipeline.common.errors.UserError: nowhere: no exported model (saved_model.pb is missing)
    """

    def __init__(self, path):
        super().__init__()
        self._where = str(path)
        with tempfile.TemporaryDirectory(prefix='comic-colorizer-') as copies:
            if remote.is_address(path):
                _copy(self._where, copies)
            folder = _version(self._where, copies if remote.is_address(path) else self._where)
            with errors.tensorflow_files(path):
                self._model = tf.saved_model.load(str(folder))
            self.checksum = files.checksum(folder)

    def __reduce__(self):
        """Pickles the path, see `systems.LocalSystem`."""
        return ExportedSystem, (self._where,)

    @functools.cached_property
    def _inputs(self):
        return set(self._model.signatures['serving_default'].structured_input_signature[1])

    def _predict(self, signature, inputs, *names):
        outputs = self._model.signatures[signature](**{
            name: tf.constant(client.typed(name, value)) for name, value in inputs.items()})
        return [outputs[name].numpy() for name in names]


def _version(name, folder):
    """Finds the folder of a version, pathlib.Path. Raises UserError if there is none."""
    versions = sorted(filter(str.isdecimal, os.listdir(folder) if os.path.isdir(folder) else ()), key=int)
    for path in (pathlib.Path(folder), *(pathlib.Path(folder, version) for version in reversed(versions))):
        if (path / 'saved_model.pb').is_file():
            return path
    raise errors.UserError(f'{name}: no exported model (saved_model.pb is missing)')


def _copy(address, folder):
    """Copies the files at an address into a folder of this machine."""
    for path in remote.match(address):
        copy = pathlib.Path(folder, path[len(address.rstrip('/')) + 1:])
        copy.parent.mkdir(parents=True, exist_ok=True)
        with remote.open_binary(path) as stream:
            copy.write_bytes(stream.read())

"""A folder that many processes on many machines write to, on any of Beam's file systems.

A file is written aside under a name of its own, and then renamed. So a file is complete or absent, also where a process
is killed, or where Beam lets two processes do the same work.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile
import uuid

from apache_beam.io import filesystem, filesystems

from data_pipeline.common import files, remote

_PLAIN = filesystem.CompressionTypes.UNCOMPRESSED


class SharedFolder(files.Folder):
    """A folder that many processes write to.

    Args:
      path: of the folder, or its address.

    Example:
      >>> place = SharedFolder(f'{folder}/new')
      >>> with place.run():
      ...     place.write_text('a.txt', 'complete')
      >>> place.names(), place.read('a.txt')
      (['a.txt'], b'complete')
    """

    def __init__(self, path):
        super().__init__(path if remote.is_address(path) else os.path.abspath(path))  # the same for all processes

    def path_of(self, name):
        return filesystems.FileSystems.join(self.path, *name.split('/'))

    def names(self):
        if not remote.is_address(self.path):
            return super().names()
        start = len(self.path.rstrip('/')) + 1
        return sorted({path[start:].split('/')[0] for path in remote.match(self.path) if len(path) > start})

    def is_file(self, name):
        return filesystems.FileSystems.exists(self.path_of(name)) if remote.is_address(self.path) else (
            super().is_file(name))

    def read(self, name):
        try:
            with filesystems.FileSystems.open(self.path_of(name), compression_type=_PLAIN) as stream:
                return stream.read()
        except OSError:
            if filesystems.FileSystems.exists(self.path_of(name)):
                raise
            return None

    @contextlib.contextmanager
    def write(self, name):
        with tempfile.TemporaryDirectory(prefix='comic-colorizer-') as aside:
            part = pathlib.Path(aside, 'part')
            yield part
            self.place(part, name)

    def place(self, file, name):
        """Copies a finished file of this machine to a name in the folder."""
        part, path = self.path_of(f'{files.PARTS}/{uuid.uuid4().hex}'), self.path_of(name)
        with open(file, 'rb') as source, filesystems.FileSystems.create(part, compression_type=_PLAIN) as target:
            shutil.copyfileobj(source, target)
        parent = filesystems.FileSystems.split(path)[0]
        if filesystems.FileSystems.get_filesystem(path).has_dirs() and not filesystems.FileSystems.exists(parent):
            with contextlib.suppress(OSError):  # another process was faster
                filesystems.FileSystems.mkdirs(parent)
        try:
            filesystems.FileSystems.rename([part], [path])
        except filesystem.BeamIOError:  # some file systems, such as HDFS, do not replace a file
            filesystems.FileSystems.delete([path])
            filesystems.FileSystems.rename([part], [path])

    def delete(self, name):
        if remote.is_address(self.path):
            filesystems.FileSystems.delete([self.path_of(name)])
        else:
            super().delete(name)

    @contextlib.contextmanager
    def run(self):
        """Surrounds a run: makes the folder, and deletes what is not finished in it, of killed runs too."""
        self._delete_parts()
        if not remote.is_address(self.path):
            os.makedirs(self.path_of(files.PARTS))
        try:
            yield
        finally:
            self._delete_parts()

    def _delete_parts(self):
        if not remote.is_address(self.path):
            shutil.rmtree(self.path_of(files.PARTS), ignore_errors=True)
            return
        parts = self.path_of(files.PARTS)
        has_dirs = filesystems.FileSystems.get_filesystem(parts).has_dirs()
        found = ([parts] if filesystems.FileSystems.exists(parts) else []) if has_dirs else remote.match(parts)
        if found:
            filesystems.FileSystems.delete(found)

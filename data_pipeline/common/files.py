"""Writes files so that each is complete or absent, and tells whether two paths are one file."""

import contextlib
import hashlib
import os
import pathlib

PARTS = '.parts'  # in a folder that many processes write to, the folder of what is not yet finished


@contextlib.contextmanager
def atomic_write(path):
    """Gives a temporary path beside `path`, and renames it to `path` when the block ends without an exception.

    After an exception the temporary file is deleted and `path` is as it was.

    Args:
      path: the file to write.
    Yields:
      pathlib.Path to write to.
    """
    part = pathlib.Path(f'{path}.part')
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def checksum(path):
    """Computes the SHA-256 of a file, or of all files of a folder, in the order of their paths: str."""
    path, digest = pathlib.Path(path), hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob('*') if p.is_file()):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def identity(path):
    """Identifies a file or folder, by whatever path: (device, inode), or None if there is none at the path."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Folder:
    """A folder of this machine that one process writes to.

    `data_pipeline.beam.shared_folder` has one with the same functions for many machines.

    Args:
      path: of the folder; it need not exist.

    Example:
      >>> place = Folder(f'{folder}/new')
      >>> place.write_text('a.txt', 'complete')
      >>> place.names(), place.read('a.txt'), place.read('b.txt')
      (['a.txt'], b'complete', None)
    """

    def __init__(self, path):
        self.path = str(path)

    def path_of(self, name):
        """The path of a file in the folder: str."""
        return os.path.join(self.path, name)

    def names(self):
        """Lists the names of its files and folders."""
        return sorted(os.listdir(self.path)) if os.path.isdir(self.path) else []

    def is_file(self, name):
        """Tells whether there is a file of this name."""
        return os.path.isfile(self.path_of(name))

    def read(self, name):
        """Reads a file: bytes, or None if there is none."""
        try:
            return pathlib.Path(self.path_of(name)).read_bytes()
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def write(self, name):
        """Gives a path of this machine to write to. The file appears when the block ends without an exception."""
        os.makedirs(self.path, exist_ok=True)
        with atomic_write(self.path_of(name)) as part:
            yield part

    def write_text(self, name, text):
        """Writes a file of text."""
        with self.write(name) as part:
            part.write_text(text, encoding='utf-8')

    def delete(self, name):
        """Deletes a file."""
        os.unlink(self.path_of(name))

"""Writes files so that each is complete or absent, and tells whether two paths are one file."""

import contextlib
import os
import pathlib


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


def identity(path):
    """Identifies a file or folder, by whatever path: (device, inode), or None if there is none at the path."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino

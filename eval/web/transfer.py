"""The folder of files on their way between browsers and the program. What has lain there for an hour is deleted."""

import contextlib
import pathlib
import secrets
import shutil
import time

_OLD = 3600  # seconds (our choice)


def new_folder(folder):
    """Makes a folder for files that a browser may take; nobody can guess its name.

    Args:
      folder: of all files on their way.
    Returns:
      pathlib.Path.

    Example:
      >>> len(new_folder(folder).name)
      32
    """
    clean(folder)
    path = pathlib.Path(folder, secrets.token_hex(16))
    path.mkdir(parents=True)
    return path


def clean(folder):
    """Deletes what is old: files that a browser has taken, and parts of files whose browser went away."""
    for path in pathlib.Path(folder).glob('*'):
        with contextlib.suppress(OSError):  # Gradio may delete it at the same time
            if time.time() - path.stat().st_mtime > _OLD:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()

"""Files that are whole or not there."""

import contextlib
import os
import pathlib


@contextlib.contextmanager
def written_aside(path):
    """Gives a path beside `path` to write to; renames it to `path` in the end, or removes it if anything fails."""
    part = pathlib.Path(f'{path}.part')
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)

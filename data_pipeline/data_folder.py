"""Which files of an output folder data_pipeline.prepare wrote, so no other is overwritten or read as an input."""

import json
import os
import pathlib
import re

from data_pipeline import records
from data_pipeline.common import errors, files, remote

SPLITS = ('train', 'validation')
# Files that are written: shards, their entries of the manifest, and the manifest; and keys of the JSON files.
_OWN = re.compile(rf'(({"|".join(SPLITS)})-[0-9]{{5,}}\.(tfrecord|json)|{re.escape(records.MANIFEST)})(\.part)?')
_KEYS = {'sha256', 'source'}, {'counts', 'parameters', 'shards'}


def shard_name(split, number):
    """The name of the file of a shard."""
    return f'{split}-{number:05d}.tfrecord'


def note_of(shard):
    """The name of the file that holds a shard's entry of the manifest, given the shard's."""
    return f'{pathlib.PurePath(shard).stem}.json'


def own_files(folder):
    """Lists files in a folder.

    Args:
      folder: a `files.Folder`.
    Returns:
      (names of files that are named as this program names files, names of those that it wrote).
    """
    alike = [name for name in folder.names() if _OWN.fullmatch(name)]
    return alike, [name for name in alike if _is_own(folder, name)]


def _is_own(folder, name):
    """Tells whether a file was written by this program."""
    if not _OWN.fullmatch(name) or os.path.islink(folder.path_of(name)) or not folder.is_file(name):
        return False
    if '.json' not in name or name.endswith('.part'):
        return True
    try:
        content = json.loads(folder.read(name))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and any(keys <= content.keys() for keys in _KEYS)


def without(folder, own, found):
    """Removes files of earlier runs, `own` and those that are not finished, from a list of pages."""
    if not own and files.PARTS not in folder.names():
        return found
    own = {_real(folder.path_of(name)) for name in own}
    parts = os.path.join(_real(folder.path_of(files.PARTS)), '')
    return [page for page in found if not (_real(page.path) in own and not page.keys
                                           or _real(page.path).startswith(parts))]


def _real(path):
    return path if remote.is_address(path) else os.path.realpath(path)


def check_inputs_stay(folder, alike, planned, found):
    """Checks that no file that is to be written, or is named like one, is an input, by whatever path, or is foreign.

    Args:
      folder: the folder that is written to.
      alike: see `own_files`.
      planned: names of files that are to be written in it.
      found: list of `pages.Page`, the inputs.
    Raises:
      UserError: one is.
    """
    inputs = {_identity(path) for path in {page.path for page in found}} - {None}
    planned = [name for file in planned for name in (file, f'{file}.part')]
    for name in (*alike, *planned):
        if _identity(folder.path_of(name)) in inputs:
            raise errors.UserError(f'{folder.path_of(name)} is an input and would be overwritten; choose another '
                                   '--output')
    there = set(folder.names())
    for name in planned:
        if name in there and not _is_own(folder, name):
            raise errors.UserError(f'{folder.path_of(name)} is not a file of an earlier run; choose another --output')


def _identity(path):
    return path if remote.is_address(path) else files.identity(path)

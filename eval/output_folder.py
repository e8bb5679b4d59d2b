"""The folder that eval.colorize writes to: names of its files, what is done, and what must not be overwritten.

The folder holds results, contact sheets, and a record of how each result was made.
"""

import contextlib
import functools
import hashlib
import itertools
import json
import os
import pathlib
import re
import time
import unicodedata

from PIL import Image

from data_pipeline.common import errors, files
from data_pipeline.pictures import pages, pixels
from eval import contact_sheet

RECORD, SHEET = 'colorized.json', 'contact_sheet.png'
_LONGEST, _ROOM = 255, len('-999999.png.part')  # bytes of a name on most file systems, and of what follows a stem
_SAVE_AFTER = 5  # seconds between two writings of the record
_OWN = re.compile(rf'{re.escape(RECORD)}(\.part)?|.*\.png\.part', re.IGNORECASE)
_LIKE_A_FILE = re.compile(r'.*\.(png|json)(\.part)?', re.IGNORECASE)
_LIKE_A_SHEET = re.compile(rf'{pathlib.Path(SHEET).stem}(-[0-9]+)?', re.IGNORECASE)


def without_suffix(path):
    """Removes the suffix of a picture's path, if it has one: 'ch1/p1.jpg' -> 'ch1/p1', but 'Vol. 1' -> 'Vol. 1'."""
    stem, _, suffix = path.rpartition('.')
    has_suffix = re.fullmatch('[0-9]?[A-Za-z][0-9A-Za-z]{1,4}', suffix) and stem.rpartition('/')[2].strip('.')
    return stem if has_suffix else path


def result_names(pictures):
    """Names results after their pictures, without the suffix: 'ch1/p1.jpg' -> 'ch1/p1'.

    A name that is taken keeps the picture's suffix ('ch1/p1.jpg'), or gets a number. A PNG comes before other pictures,
    so that it keeps its name. Names differ also where upper and lower case, or the two ways to write an accent, are the
    same. No result is in the way of a contact sheet, of the record or of another result's folder, and no part of a path
    is too long for a file system.

    Args:
      pictures: list of different names of pictures, paths with '/' between their parts.
    Returns:
      List of strings.
    """
    taken, names = set(), {}
    for picture in sorted(pictures, key=lambda picture: not picture.lower().endswith('.png')):
        *folders, file = picture.split('/')
        folder = ''.join(_short(f'{part}_' if _LIKE_A_FILE.fullmatch(part) else part, _LONGEST) + '/'
                         for part in folders)
        candidates = itertools.chain((without_suffix(file), file), (f'{file} ({k})' for k in itertools.count(2)))
        for name in (_short(candidate, _LONGEST - _ROOM) for candidate in candidates):
            if _key(folder + name) not in taken and (folders or not _LIKE_A_SHEET.fullmatch(name)):
                break
        taken.add(_key(folder + name))
        names[picture] = folder + name
    return [names[picture] for picture in pictures]


def _short(part, most):
    """Cuts a part of a path to a number of bytes. A checksum in its end keeps it unique."""
    encoded = part.encode('utf-8', 'backslashreplace')
    if len(encoded) > most:
        end = f'-{hashlib.sha256(encoded).hexdigest()[:8]}'
        return encoded[:most - len(end)].decode('utf-8', 'ignore') + end
    return encoded.decode('utf-8')


def _key(name):
    """Makes a key that is equal for names that are the same on some file system."""
    return unicodedata.normalize('NFD', unicodedata.normalize('NFD', name).casefold())


def without_earlier_results(found, folder):
    """Removes pages that are files which an earlier run wrote to `folder`.

    Args:
      found: list of `pages.Page`.
      folder: the folder that is written to; it need not exist.
    Returns:
      List of `pages.Page`.
    """
    is_within = _within(folder)
    return [page for page in found if page.keys or not (is_within(page.path) and _is_own(page.path))]


def check_inputs_stay(inputs, found, folder, names):
    """Checks that no file that is to be written is an input, by whatever path.

    Args:
      inputs: paths of the inputs.
      found: list of `pages.Page`, the pages in them.
      folder: the folder to write to.
      names: names of the files to write in it.
    Raises:
      UserError: a file would overwrite an input, or `folder` is not a folder.
    """
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise errors.UserError(f'--output={folder}: not a folder')
    originals = {files.identity(path) for path in {page.path for page in found} | set(map(str, inputs))} - {None}
    within_input = [_within(path) for path in inputs if os.path.isdir(path)]
    for path in (folder / f'{name}{end}' for name in names for end in ('', '.part')):
        written = files.identity(path)
        if written and (written in originals or any(within(path) for within in within_input) and not _is_own(path)):
            raise errors.UserError(f'{path}: would overwrite an input; choose another --output')


def _within(folder):
    """Makes a function that tells whether the path of a file lies in a folder, through links too."""
    wanted = files.identity(folder)

    @functools.lru_cache(None)
    def is_within(path):
        return files.identity(path) == wanted or path != os.path.dirname(path) and is_within(os.path.dirname(path))

    return lambda file: wanted is not None and is_within(os.path.realpath(os.path.dirname(file)))


def _is_own(path):
    """Tells whether a file was written by this program."""
    if _OWN.fullmatch(os.path.basename(path)):
        return True
    try:
        with Image.open(path, formats=('PNG',)) as image:
            return image.info.get('Software') == contact_sheet.SOFTWARE
    except (OSError, ValueError):
        return False


def picture_checksum(page):
    """Computes a checksum of the undecoded file of a page. Raises PageError if it cannot be read."""
    try:
        with pages.open_stream(page) as stream:
            return hashlib.file_digest(stream, 'sha256').hexdigest()[:32]
    except OSError as error:
        raise pixels.PageError(str(error)) from error


class Record:
    """Knows how each result in a folder was made, also those of earlier runs. It lies in the folder, as `RECORD`.

    A result is done if it was made with the same settings from the same picture. A record that is damaged is empty.

    Args:
      folder: the folder of results; it need not exist.

    Example:
      >>> record = Record(folder)
      >>> record.add('a.png', 'settings', 'picture')
      >>> record.is_done('a.png', 'settings', 'picture')  # the file is missing
      False
    """

    def __init__(self, folder):
        self.path = pathlib.Path(folder, RECORD)
        self._made, self._changed, self._saved = {}, False, time.monotonic()
        with contextlib.suppress(OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
            stored = json.loads(self.path.read_text(encoding='utf-8'))
            self._made = {name: str(made) for name, made in stored['results'].items()}

    def is_done(self, name, settings, picture=''):
        """Tells whether a result exists and was made so; without `picture`, whether it was made with these settings."""
        made = self._made.get(name, '')
        return made.startswith(f'{settings} {picture}') and os.path.isfile(self.path.parent / name)

    def forget(self, name):
        """Forgets a result that is to be replaced. Until `add`, a run that is killed leaves it as not done."""
        if self._made.pop(name, None):
            self._changed = True
            self.save()

    def add(self, name, settings, picture):
        """Adds a result that is written. Writes the record if the last time is some seconds ago."""
        self._made[name] = f'{settings} {picture}'
        self._changed = True
        if time.monotonic() - self._saved > _SAVE_AFTER:
            self.save()

    def save(self):
        """Writes the record, if it has changed."""
        if self._changed:
            with files.atomic_write(self.path) as part:
                part.write_text(json.dumps({'results': self._made}, indent=0), encoding='utf-8')
            self._changed, self._saved = False, time.monotonic()

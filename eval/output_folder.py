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

from data_pipeline.common import errors, files, remote
from data_pipeline.pictures import pages, pixels
from eval.formats import files as formats

RECORD, SHEET = 'colorized.json', 'contact_sheet.png'
SKIPPED = 'skipped.json'  # what Beam's workers could not color
EXPLANATION = '.explain.png'  # what the name of an explanation ends with
_LONGEST, _ROOM = 255, len('-999999.cbz.pages.part')  # bytes of a name on most file systems, and of what follows a stem
_SAVE_AFTER = 5  # seconds between two writings of the record
_OWN = re.compile(rf'({re.escape(RECORD)}|{re.escape(SKIPPED)})(\.part)?|.*\.(png|jpg|jpeg|webp|psd|ora|cbz)\.part',
                  re.IGNORECASE)
_LIKE_A_FILE = re.compile(r'.*\.(png|json)(\.part)?', re.IGNORECASE)
_SHEETS = re.compile(rf'{pathlib.Path(SHEET).stem}(-[0-9]+)?\.png|.*{re.escape(EXPLANATION)}', re.IGNORECASE)
_LIKE_A_SHEET = re.compile(rf'{pathlib.Path(SHEET).stem}(-[0-9]+)?', re.IGNORECASE)


def without_suffix(path):
    """Removes the suffix of a picture's path, if it has one: 'ch1/p1.jpg' -> 'ch1/p1', but 'Vol. 1' -> 'Vol. 1'."""
    stem, _, suffix = path.rpartition('.')
    has_suffix = re.fullmatch('[0-9]?[A-Za-z][0-9A-Za-z]{1,4}', suffix) and stem.rpartition('/')[2].strip('.')
    return stem if has_suffix else path


def result_names(pictures, suffixes):
    """Names results after their pictures: 'ch1/p1.tif' -> 'ch1/p1.png'.

    A name that is taken keeps the picture's suffix ('ch1/p1.tif.png'), or gets a number. A picture with the result's
    suffix comes before others, so that it keeps its name. Names differ also where upper and lower case, or the two ways
    to write an accent, are the same. No result is in the way of a contact sheet, of the record or of another result's
    folder, and no part of a path is too long for a file system.

    Args:
      pictures: list of different names of pictures, paths with '/' between their parts.
      suffixes: for each picture the suffix of its result, such as '.png'.
    Returns:
      List of strings, the names without the suffixes.
    """
    taken, names = set(), {}
    for picture, suffix in sorted(zip(pictures, suffixes, strict=True),
                                  key=lambda pair: not pair[0].lower().endswith(pair[1])):
        *folders, file = picture.split('/')
        folder = ''.join(_short(f'{part}_' if _LIKE_A_FILE.fullmatch(part) else part, _LONGEST) + '/'
                         for part in folders)
        candidates = itertools.chain((without_suffix(file), file), (f'{file} ({k})' for k in itertools.count(2)))
        for name in (_short(candidate, _LONGEST - _ROOM) for candidate in candidates):
            if _key(folder + name + suffix) not in taken and (folders or not _LIKE_A_SHEET.fullmatch(name)):
                break
        taken.add(_key(folder + name + suffix))
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
    """Removes pages that are, or are in, files which an earlier run wrote to `folder`.

    Args:
      found: list of `pages.Page`.
      folder: the folder that is written to; it need not exist. At an address, all that lies in it counts as results.
    Returns:
      List of `pages.Page`.
    """
    if remote.is_address(folder):
        return [page for page in found if not page.path.startswith(f'{str(folder).rstrip("/")}/')]
    is_within, is_part = within(folder), within(os.path.join(folder, files.PARTS))
    return [page for page in found if not (is_within(page.path) and _is_own(page.path) or is_part(page.path))]


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
    if remote.is_address(folder):
        return  # `without_earlier_results` takes nothing from there
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise errors.UserError(f'--output={folder}: not a folder')
    originals = {files.identity(path) for path in {page.path for page in found} | set(map(str, inputs))} - {None}
    inside = [within(path) for path in inputs if os.path.isdir(path)]
    for path in (folder / f'{name}{end}' for name in names for end in ('', '.part')):
        written = files.identity(path)
        if written and (written in originals or any(is_within(path) for is_within in inside) and not _is_own(path)):
            raise errors.UserError(f'{path}: would overwrite an input; choose another --output')


def within(folder):
    """Makes a function that tells whether the path of a file lies in a folder, through links too.

    Without a folder, no file does.
    """
    wanted = files.identity(folder)

    @functools.lru_cache(None)
    def is_within(path):
        return files.identity(path) == wanted or path != os.path.dirname(path) and is_within(os.path.dirname(path))

    return lambda file: wanted is not None and is_within(os.path.realpath(os.path.dirname(file)))


def outside(folder, found, inputs):
    """Removes pages that lie in a folder, unless an input lies there.

    Args:
      folder: a folder; it need not exist.
      found: list of `pages.Page`.
      inputs: paths of the inputs.
    Returns:
      List of `pages.Page`.
    """
    is_within = within(folder)
    if any(is_within(os.path.join(path, '') if os.path.isdir(path) else path) for path in inputs):
        return found
    return [page for page in found if not is_within(page.path)]


def without_sheets(found):
    """Removes what this program writes beside results, such as contact sheets: list of `pages.Page`."""

    def is_beside_results(page):
        name = os.path.basename(page.path)
        return not page.keys and (name in (RECORD, SKIPPED) or _SHEETS.fullmatch(name) and formats.is_own(page.path))

    return [page for page in found if not is_beside_results(page)]


def without_results(pictures, folder, names):
    """Removes references that are results of earlier runs which this run is to make, too.

    So results in a folder can be references of the next ones there.

    Args:
      pictures: list of (`pages.Page`, its companions).
      folder: the folder that is written to; it need not exist.
      names: names of the results in it.
    Returns:
      List as `pictures`.
    """
    made = {files.identity(os.path.join(folder, name)) for name in names if pictures} - {None}
    return [pair for pair in pictures
            if files.identity(pair[0].path) not in made or not _is_own(pair[0].path)]


def _is_own(path):
    """Tells whether a file was written by this program."""
    if _OWN.fullmatch(os.path.basename(path)):
        return True
    return formats.is_own(path)


def picture_checksum(page, beside=()):
    """Computes a checksum of the undecoded file of a page, and of those that lie beside it.

    Args:
      page: a `pages.Page`.
      beside: the `pages.Page`s of its hints and its panels, if it has them. What cannot be read does not count.
    Returns:
      str.
    Raises:
      UserError: the page cannot be read.
    """
    try:
        with pages.open_stream(page) as stream:
            digest = hashlib.file_digest(stream, 'sha256')
    except OSError as error:
        raise pixels.PageError(str(error)) from error
    for file in beside:
        with contextlib.suppress(errors.UserError, OSError), pages.open_stream(file) as stream:
            digest.update(hashlib.file_digest(stream, 'sha256').digest())
    return digest.hexdigest()[:32]


class Record:
    """Knows how each result in a folder was made, also those of earlier runs. It lies in the folder, as `RECORD`.

    A result is done if it was made with the same settings from the same picture. A record that is damaged is empty.

    Args:
      folder: the folder of results, or a `files.Folder`; it need not exist.
      made: what is known of it, as `made` has it; None reads it from the folder.

    Attributes:
      made: {name of a result: how it was made}.

    Example:
      >>> record = Record(folder)
      >>> record.add('a.png', 'settings', 'picture')
      >>> from eval.settings import Result
      >>> record.is_done(Result('a.png', 7, 'settings', 'png'), 'picture')  # the file is missing
      False
    """

    def __init__(self, folder, made=None):
        self._folder = folder if isinstance(folder, files.Folder) else files.Folder(folder)
        self.made, self._changed, self._saved = made or {}, False, time.monotonic()
        if made is None:
            with contextlib.suppress(OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
                stored = json.loads(self._folder.read(RECORD))
                self.made = {name: str(made) for name, made in stored['results'].items()}

    def is_done(self, result, picture=''):
        """Tells whether a result is there, alone or in its archive, and was made with its settings from this picture.

        Args:
          result: a `settings.Result`.
          picture: checksum of the picture; '' stands for any.
        """
        made = self.made.get(result.name, '')
        return made.startswith(f'{result.settings} {picture}') and any(
            self._folder.is_file(file) for file in (result.name, result.archive) if file)

    def forget(self, name):
        """Forgets a result that is to be replaced. Until `add`, a run that is killed leaves it as not done."""
        if self.made.pop(name, None):
            self._changed = True
            self.save()

    def add(self, name, settings, picture):
        """Adds a result that is written. Writes the record if the last time is some seconds ago."""
        self.made[name] = f'{settings} {picture}'
        self._changed = True
        if time.monotonic() - self._saved > _SAVE_AFTER:
            self.save()

    def replace(self, names, made):
        """Forgets some results, and adds what is known of them now, as `made` has it."""
        before = {name: self.made.pop(name) for name in names if name in self.made}
        self.made |= made
        self._changed |= before != made

    def save(self):
        """Writes the record, if it has changed."""
        if self._changed:
            self._folder.write_text(RECORD, json.dumps({'results': self.made}, indent=0))
            self._changed, self._saved = False, time.monotonic()

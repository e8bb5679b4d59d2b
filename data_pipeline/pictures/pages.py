"""Lists the pictures in files, folder trees and archives, without decoding them.

`find` gives every picture a name that is unique over all inputs and safe to join to a folder. Archives are told by
their contents, not by their suffix. An archive may hold archives, one level deep.
"""

import contextlib
import dataclasses
import functools
import io
import os
import pathlib
import stat

from data_pipeline.archives import archive, name_encoding
from data_pipeline.common import errors, remote
from data_pipeline.pictures import names, pixels

MAX_BYTES_IN_ARCHIVES = 4 * 2**30  # unpacked size of the archives in one archive
_OPEN_ARCHIVES = 2  # archives that are kept open, so that they need not be opened for each of their pages
# A member of an archive with such a suffix is not unpacked to see whether it is an archive.
_NO_ARCHIVES = frozenset(('.png', '.jpg', '.jpeg', '.webp', '.gif', '.bmp', '.avif', '.jp2', '.psd', '.xml', '.txt',
                          '.json', '.nfo'))


@dataclasses.dataclass(frozen=True)
class Page:
    """Where a picture is.

    Attributes:
      name: path with '/' between its parts, unique over all inputs. It has no '..', drive or leading '/'. It begins
        with the input's name, or with as many of the input's folders as tell inputs apart.
      inside: the same path inside its input, without the input's name; an input that is one picture has its file name.
      group: the story or episode that the picture belongs to: its folder, its archive, or its file of several pages.
      path: the file, or the archive that holds it.
      keys: keys of the members that lead to it inside archives; empty for a plain file.
      frame: number of the picture in a file of several pages.
      archive: name of the archive that holds it, the outer one of two; empty for a plain file.
      member: path in this archive.

    Example:
      >>> Page('comic/ep1/p1.png', 'ep1/p1.png', 'comic/ep1', 'comic/ep1/p1.png').keys
      ()
    """

    name: str
    inside: str
    group: str
    path: str
    keys: tuple = ()
    frame: int = 0
    archive: str = ''
    member: str = ''


@dataclasses.dataclass
class Listing:
    """What `find` found.

    Attributes:
      pages: list of Page in reading order.
      failed: list of (name, reason) of archives and folders that cannot be opened.
      passed_over: number of files that systems left behind, and of files and folders that links lead to once more.

    Example:
      >>> find([]).pages
      []
    """

    pages: list
    failed: list
    passed_over: int = 0


def find(inputs, encoding=None):
    """Lists pictures in reading order: by name, with numbers in names compared as numbers.

    Lists all files except those that systems leave behind, also files that are no pictures. Follows links.
    What is given or linked to several times is listed once.

    Args:
      inputs: paths of files, archives and folders; or addresses of such, and patterns of files, see `common.remote`.
      encoding: encoding of the names in archives that do not say which they use; None detects it.
    Returns:
      A `Listing`.
    Raises:
      UserError: an input does not exist, or Python does not know the encoding.
    """
    files = find_files(inputs, encoding)
    listing = Listing([], files.failed, files.passed_over)
    for file in files.pages:
        _list_file(file, encoding, listing)
    unique = names.unique([page.name for page in listing.pages])
    listing.pages = [dataclasses.replace(page, name=name) for page, name in zip(listing.pages, unique, strict=True)]
    return listing


def find_files(inputs, encoding=None):
    """Lists files as `find` does, but does not open them.

    Args:
      inputs, encoding: see `find`; the encoding is only checked.
    Returns:
      A `Listing` of the files, each a Page; `pages_in` tells which pages a file has.
    Raises:
      UserError: see `find`.
    """
    if encoding:
        name_encoding.check(encoding)
    listing, seen = Listing([], []), set()
    places = [_Place.of(given) for given in inputs]
    folders = [place.path if place.is_folder else place.path.parent for place in places]
    for place, top, folder in zip(places, _tops([place.path for place in places]), _tops(folders), strict=True):
        files = [(names.printable(inside).replace(os.sep, '/'), file)
                 for inside, file in place.files(top, seen, listing)]
        for inside, file in sorted(files, key=lambda pair: names.natural(pair[0])):
            name = f'{top}/{inside}' if inside else top
            listing.pages.append(Page(name, inside or names.printable(place.path.name),
                                      name.rpartition('/')[0] or folder, file))
    return listing


def pages_in(file, encoding=None):
    """Lists the pages of a file.

    Args:
      file: a Page of `find_files`.
      encoding: see `find`.
    Returns:
      A `Listing`. Its names are not yet unique; see `names.unique`.
    """
    listing = Listing([], [])
    _list_file(file, encoding, listing)
    return listing


class _Place:
    """Where an input is: on this machine, or at an address or a pattern, which Beam's file systems list.

    Attributes:
      path: pathlib path, for its parts; of a pattern the part without wild cards.
      is_folder: whether it is a folder.
    """

    def __init__(self, path, is_folder, matched=None):
        self.path, self.is_folder, self._matched = path, is_folder, matched

    @classmethod
    def of(cls, given):
        if remote.is_address(given) or remote.is_pattern(given):
            given = str(given) if remote.is_address(given) else os.path.abspath(given)
            matched = remote.match(given)
            if not matched:
                raise errors.UserError(f'{given}: no such file or folder')
            fixed = remote.fixed_part(given)
            return cls(pathlib.PurePosixPath(fixed), matched != [fixed], (fixed, matched))
        path = pathlib.Path(os.path.abspath(given))
        if not path.exists():
            raise errors.UserError(f'{names.printable(given)}: no such file or folder')
        return cls(path, path.is_dir())

    def files(self, name, seen, listing):
        """Yields (path inside, path) of its files; see `_walk`."""
        if self._matched is None:
            for file in _walk(self.path, name, seen, listing):
                yield file.relative_to(self.path) if file != self.path else '', str(file)
            return
        fixed, matched = self._matched
        for path in matched:
            inside = path[len(fixed) + 1:]
            if path in seen or names.left_by_system(inside):
                listing.passed_over += 1
            else:
                seen.add(path)
                yield inside, path


def _tops(paths):
    """Names inputs by their last part, or by as many parts as tell them apart."""
    different = list(dict.fromkeys(paths))
    length = 1
    while len({path.parts[-length:] for path in different}) < len(different):
        length += 1
    tops = names.unique('/'.join(names.safe(names.printable(part)) for part in path.parts[-length:])
                        for path in different)
    return [tops[different.index(path)] for path in paths]


def _walk(path, name, seen, listing):
    """Yields the files at or below a path, each folder once, and counts what is passed over."""
    waiting = [(path, name)]
    while waiting:
        path, name = waiting.pop()
        if not _first_time(path, seen):
            listing.passed_over += 1
            continue
        if not os.path.isdir(path):
            yield path
            continue
        try:
            with os.scandir(path) as entries:
                found = sorted((entry.name for entry in entries), reverse=True)
        except OSError as error:
            listing.failed.append((name, f'folder cannot be read ({error.strerror})'))
            continue
        listing.passed_over += sum(map(names.left_by_system, found))
        waiting += [(path / entry, f'{name}/{names.printable(entry)}') for entry in found
                    if not names.left_by_system(entry)]


def _first_time(path, seen):
    """Tells whether a folder, file or link leads to something new. Hard links of a file are different files."""
    try:
        target, folder = (os.stat(part)[1:3] for part in (path, path.parent))
    except OSError:
        return True  # a broken link is listed, and reported when it is read
    entry = folder, path.name
    if os.path.isdir(path) or os.path.islink(path):
        new = not {target, ('link', target)} & seen
        seen |= {target, ('link', target)}
    else:
        new = not {entry, ('link', target)} & seen
        seen |= {target, entry}
    return new


def _list_file(page, encoding, listing):
    """Adds a file to the listing, or the pages in it if it has several."""
    try:
        if not (page.keys or remote.is_address(page.path) or stat.S_ISREG(os.stat(page.path).st_mode)):
            raise archive.ArchiveError('not a regular file')
        with open_stream(page) as stream:
            if archive.kind_of(stream) is None:
                _list_frames(page, pixels.pages_of(stream), listing)
            elif len(page.keys) > 1:
                raise archive.ArchiveError('archive in an archive in an archive')
            else:
                _list_members(page, archive.Archive(stream).members, encoding, listing)
    except archive.ArchiveError as error:
        listing.failed.append((page.name, str(error)))
    except OSError:
        listing.pages.append(page)  # reported when it is read


def _list_frames(page, frames, listing):
    """Adds the pages of a file, which is no archive, to the listing."""
    if len(frames) == 1:
        listing.pages.append(dataclasses.replace(page, frame=frames[0]))
        return
    for k, frame in enumerate(frames, 1):
        name, inside, member = (f'{path}/{k:04d}' for path in (page.name, page.inside, page.member))
        listing.pages.append(dataclasses.replace(page, name=name, inside=inside, group=page.name, frame=frame,
                                                 member=member if page.member else ''))


def _list_members(page, members, encoding, listing):
    """Adds the members of an archive to the listing."""
    if not members:
        raise archive.ArchiveError('no files in the archive')
    encoded = [member.name for member in members if isinstance(member.name, bytes)]
    decoded = iter(name_encoding.decode(encoded, encoding) if encoded else ())
    named = [(next(decoded) if isinstance(member.name, bytes) else member.name, member) for member in members]
    kept = sorted(((name, member) for name, member in named if not names.left_by_system(name)),
                  key=lambda pair: names.natural(pair[0]))
    listing.passed_over += len(named) - len(kept)
    unique = names.unique(names.safe(name) for name, _ in kept)  # here already, because archives in it give groups
    first, unpacked = len(listing.pages), 0
    for name, (_, member) in zip(unique, kept, strict=True):
        inner = Page(f'{page.name}/{name}', f'{page.inside}/{name}', page.name, page.path, (*page.keys, member.key),
                     archive=page.archive or page.name, member=f'{page.member}/{name}' if page.member else name)
        if pathlib.PurePosixPath(name).suffix.lower() in _NO_ARCHIVES:
            listing.pages.append(inner)
            continue
        unpacked += member.size or 0
        if unpacked > MAX_BYTES_IN_ARCHIVES or len(listing.pages) - first > archive.MAX_MEMBERS:
            listing.failed.append((inner.name, 'the archives in the archive hold too much'))
        else:
            _list_file(inner, encoding, listing)


@contextlib.contextmanager
def open_stream(page):
    """Opens the undecoded file of a page as a binary stream, within a `with` block.

    Raises:
      ArchiveError, OSError: the file cannot be read.
    """
    if not page.keys:
        with remote.open_binary(page.path) as stream:
            yield stream
        return
    unpack = _unpacked if page.frame else _unpacked.__wrapped__  # a file of several pages is kept for the next page
    changed = None if remote.is_address(page.path) else os.stat(page.path).st_mtime_ns
    yield io.BytesIO(unpack(page.path, page.keys, changed))


@functools.lru_cache(1)
def _unpacked(path, keys, changed):
    return _archive(path, keys[:-1], changed).read(keys[-1])


@functools.lru_cache(_OPEN_ARCHIVES)
def _archive(path, keys, _):
    """Opens an archive, or the archive in it that the keys lead to, and keeps it open."""
    stream = remote.open_binary(path)
    return archive.Archive(io.BytesIO(archive.Archive(stream).read(keys[0])) if keys else stream)


def read(page, remarks=None):
    """Decodes one picture; see `pixels.decode`.

    Args:
      page: a `Page`.
      remarks: see `pixels.decode`.
    Returns:
      uint8 [H, W, 3], RGB.
    Raises:
      PageError: the file cannot be used; the message says why.
    """
    with _reasons(), open_stream(page) as stream:
        return pixels.decode(stream, page.frame, remarks)


def read_layer(page):
    """Decodes a picture with its transparency; see `pixels.decode_layer`.

    Args:
      page: a `Page`.
    Returns:
      uint8 [H, W, 4], RGB and opacity.
    Raises:
      PageError: the file cannot be used; the message says why.
    """
    with _reasons(), open_stream(page) as stream:
        return pixels.decode_layer(stream)


@contextlib.contextmanager
def _reasons():
    """Turns what is raised for files that cannot be read into PageErrors."""
    try:
        yield
    except (archive.ArchiveError, OSError) as error:
        raise pixels.PageError(str(error)) from error

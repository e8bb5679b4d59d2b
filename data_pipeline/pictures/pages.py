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

from data_pipeline.common import errors
from data_pipeline.pictures import archives, name_encoding, names, pixels

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

    Lists all files except those that systems leave behind, also files that are no pictures. Follows links, but lists
    each file once.

    Args:
      inputs: paths of files, archives and folders.
      encoding: encoding of the names in archives that do not say which they use; None detects it.
    Returns:
      A `Listing`.
    Raises:
      UserError: an input does not exist, or Python does not know the encoding.
    """
    listing, seen = Listing([], []), set()
    paths = [pathlib.Path(os.path.abspath(given)) for given in inputs]
    for given, path in zip(inputs, paths, strict=True):
        if not path.exists():
            raise errors.UserError(f'{names.printable(given)}: no such file or folder')
    for path, top in zip(paths, _tops(paths), strict=True):
        files = []
        for file in _walk(path, top, seen, listing):
            inside = names.printable(file.relative_to(path)).replace(os.sep, '/') if file != path else ''
            files.append((inside, file))
        for inside, file in sorted(files, key=lambda pair: names.natural(pair[0])):
            name = f'{top}/{inside}' if inside else top
            group = name.rpartition('/')[0] or names.printable(path.parent.name) or top
            _list_file(Page(name, inside or path.name, group, str(file)), encoding, listing)
    unique = names.unique([page.name for page in listing.pages])
    listing.pages = [dataclasses.replace(page, name=name) for page, name in zip(listing.pages, unique, strict=True)]
    return listing


def _tops(paths):
    """Names inputs by their last part, or by as many parts as tell them apart."""
    different = list(dict.fromkeys(paths))
    length = 1
    while len({path.parts[-length:] for path in different}) < len(different):
        length += 1
    return ['/'.join(names.safe(names.printable(part)) for part in path.parts[-length:]) for path in paths]


def _walk(path, name, seen, listing):
    """Yields the files below a path, each file and folder once, and counts what is passed over."""
    if not _first_time(path, seen, listing):
        return
    if not path.is_dir():
        yield path
        return
    try:
        with os.scandir(path) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        listing.failed.append((name, f'folder cannot be read ({error.strerror})'))
        return
    for entry in entries:
        if names.left_by_system(entry.name):
            listing.passed_over += 1
        else:
            yield from _walk(path / entry.name, f'{name}/{names.printable(entry.name)}', seen, listing)


def _first_time(path, seen, listing):
    try:
        status = path.stat()
    except OSError:
        return True  # a broken link is listed, and reported when it is read
    key = status.st_dev, status.st_ino
    if key in seen:
        listing.passed_over += 1
        return False
    seen.add(key)
    return True


def _list_file(page, encoding, listing):
    """Adds a file to the listing, or the pages in it if it has several."""
    try:
        with open_stream(page) as stream:
            if archives.kind_of(stream) is None:
                frames = pixels.pages_of(stream)
                listing.pages += [page] if len(frames) < 2 else [
                    dataclasses.replace(page, name=f'{page.name}/{k:04d}', inside=f'{page.inside}/{k:04d}',
                                        group=page.name, frame=frame) for k, frame in enumerate(frames, 1)]
            elif len(page.keys) > 1:
                listing.failed.append((page.name, 'archive in an archive in an archive'))
            else:
                _list_members(page, archives.Archive(stream).members, encoding, listing)
    except archives.ArchiveError as error:
        listing.failed.append((page.name, str(error)))
    except OSError:
        listing.pages.append(page)  # reported when it is read


def _list_members(page, members, encoding, listing):
    """Adds the members of an archive to the listing."""
    encoded = [member.name for member in members if isinstance(member.name, bytes)]
    decoded = iter(name_encoding.decode(encoded, encoding))
    named = [(next(decoded) if isinstance(member.name, bytes) else member.name, member.key) for member in members]
    for name, key in sorted(named, key=lambda pair: names.natural(pair[0])):
        if names.left_by_system(name):
            listing.passed_over += 1
            continue
        name = names.safe(name)
        inner = Page(f'{page.name}/{name}', f'{page.inside}/{name}', page.name, page.path, (*page.keys, key))
        if pathlib.PurePosixPath(name).suffix.lower() in _NO_ARCHIVES:
            listing.pages.append(inner)
        else:
            _list_file(inner, encoding, listing)


@contextlib.contextmanager
def open_stream(page):
    """Opens the undecoded file of a page as a binary stream, within a `with` block.

    Raises:
      ArchiveError, OSError: the file cannot be read.
    """
    if not page.keys:
        with open(page.path, 'rb') as stream:
            yield stream
        return
    content = _archive(page.path, page.keys[:-1], os.stat(page.path).st_mtime_ns).read(page.keys[-1])
    yield io.BytesIO(content)


@functools.lru_cache(_OPEN_ARCHIVES)
def _archive(path, keys, _):
    """Opens an archive, or the archive in it that the keys lead to, and keeps it open."""
    stream = open(path, 'rb')  # noqa: SIM115
    return archives.Archive(io.BytesIO(archives.Archive(stream).read(keys[0])) if keys else stream)


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
    try:
        with open_stream(page) as stream:
            return pixels.decode(stream, page.frame, remarks)
    except (archives.ArchiveError, OSError) as error:
        raise pixels.PageError(str(error)) from error

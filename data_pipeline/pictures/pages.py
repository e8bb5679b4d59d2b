"""Reads pictures from files, folder trees and .cbz/.zip archives, in most formats and pixel types.

`find` lists the pictures without decoding them. `read` decodes one picture; for a file that cannot be used it raises
`PageError`, whose message is the reason. Archives are read in memory. The path of a member only names the picture; no
file is written there.
"""

import dataclasses
import io
import os
import pathlib
import re
import zipfile

import cv2
import numpy as np
from PIL import Image, ImageOps

from data_pipeline.common import errors

MAX_PIXELS = 100_000_000
MAX_MEMBER_BYTES = 512 * 2**20
FORMATS = ('PNG', 'JPEG', 'WEBP', 'TIFF', 'GIF', 'BMP')
ARCHIVES = ('.cbz', '.zip')

Image.MAX_IMAGE_PIXELS = None  # `read` has its own limit, which it checks before it decodes


class PageError(errors.UserError):
    """A file cannot be read as a picture. The message says why."""


@dataclasses.dataclass(frozen=True)
class Page:
    """Where a picture is.

    Attributes:
      name: path relative to the input's parent folder, with '/' between its parts. Unique within one input. Safe to
        join to a folder: it has no '..', drive or leading '/'.
      group: the story or episode that the picture belongs to, which is its folder or its archive.
      path: the file, or the archive that holds it.
      member: name inside the archive, None for a plain file.

    Example:
      >>> Image.new('RGB', (64, 48), 'red').save(f'{folder}/01.png')
      >>> read(Page(name='01.png', group='comic', path=f'{folder}/01.png')).shape
      (48, 64, 3)
    """

    name: str
    group: str
    path: str
    member: str | None = None


def find(inputs):
    """Lists pictures in reading order: by name, with numbers in names compared as numbers.

    Skips hidden files and folders. Lists all other files, also those that are no pictures.

    Args:
      inputs: paths of files, archives and folders.
    Returns:
      (list of Page, list of (name, reason) for archives that cannot be opened).
    Raises:
      PageError: an input does not exist.
    """
    found, failed = [], []
    for given in inputs:
        path = pathlib.Path(given)
        if not path.exists():
            raise PageError(f'{given}: no such file or folder')
        root = path.resolve().parent
        for file in sorted(_walk(path.resolve()), key=lambda f: _natural(f.relative_to(root).as_posix())):
            name = file.relative_to(root).as_posix()
            if file.suffix.lower() not in ARCHIVES:
                found.append(Page(name, file.parent.relative_to(root).as_posix() if file.parent != root
                                  else root.name, str(file)))
                continue
            try:
                with zipfile.ZipFile(file) as archive:
                    members = [m for m in archive.namelist() if not m.endswith('/') and not _hidden(m)]
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
                failed.append((name, f'damaged archive ({error})'))
                continue
            found += [Page(f'{name}/{_safe(m)}', name, str(file), m) for m in sorted(members, key=_natural)]
    return found, failed


def read(page):
    """Decodes one picture: the first frame, upright, 8 bits, over white where it is transparent.

    Args:
      page: a `Page`.
    Returns:
      uint8 [H, W, 3], RGB.
    Raises:
      PageError: the file cannot be used; the message says why.
    """
    try:
        with open_stream(page) as stream:
            if not stream.read(1):
                raise PageError('empty file')
            stream.seek(0)
            try:
                image = Image.open(stream, formats=FORMATS)
            except Image.UnidentifiedImageError as error:
                raise PageError('not an image, or in a format that is not supported') from error
            if image.width * image.height > MAX_PIXELS:
                raise PageError(f'too large: {image.width}x{image.height} is over {MAX_PIXELS // 1_000_000} megapixels')
            if image.format == 'PNG' and 'transparency' in image.info:
                _mend_transparency(image, stream)
            return _to_rgb(ImageOps.exif_transpose(image))
    except PageError:
        raise
    except Exception as error:  # a decoder may raise anything for damaged data
        raise PageError(f'cannot be decoded ({str(error) or type(error).__name__})') from error


def open_stream(page):
    """Opens the undecoded file as a binary stream."""
    if page.member is None:
        return open(page.path, 'rb')
    with zipfile.ZipFile(page.path) as archive:
        if archive.getinfo(page.member).file_size > MAX_MEMBER_BYTES:
            raise PageError(f'too large: over {MAX_MEMBER_BYTES // 2**20} MiB in the archive')
        return io.BytesIO(archive.read(page.member))


def _to_rgb(image):
    """Converts a PIL image of any mode: uint8 [H, W, 3], over white where it is transparent."""
    transparent = image.info.get('transparency')
    if image.mode.startswith(('I', 'F')):
        levels = np.asarray(image, np.float32)
        if image.mode == 'F' and levels.max() <= 1:
            top = 1
        else:  # integers of 32 bits may hold a picture of 16 bits, or of 8
            top = 65535 if image.mode.startswith('I;16') or levels.max() > 255 else 255
        gray = np.clip(np.round(levels * (255 / top)), 0, 255).astype(np.uint8)
        if isinstance(transparent, int):
            gray[levels == transparent] = 255
        return np.repeat(gray[..., None], 3, axis=-1)
    if 'A' in image.getbands() or transparent is not None:
        image = image.convert('RGBA')
        image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
    return np.asarray(image.convert('RGB'))


def _mend_transparency(image, stream):
    """Corrects the transparent color of a PNG that is not yet decoded.

    Pillow (12.3) gives pixels of 8 bits, but leaves their transparent color at the file's depth. So the color matches
    no pixel, or wrong ones.
    """
    rawmode = str(image.tile[0].args) if image.tile else ''
    if rawmode in ('L;2', 'L;4'):
        image.info['transparency'] *= 255 // (2 ** int(rawmode[-1]) - 1)
    elif rawmode == 'RGB;16B':  # several colors of 16 bits become one of 8 bits, so OpenCV compares all bits
        image.load()
        stream.seek(0)
        pixels = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise PageError('cannot be decoded (damaged)')
        del image.info['transparency']
        image.putalpha(Image.fromarray(np.uint8(pixels[..., 3] >> 8)))


def _walk(path):
    if path.is_file():
        return [path]
    return [pathlib.Path(folder, file) for folder, folders, files in os.walk(path)
            for file in files if not _hidden(os.path.relpath(os.path.join(folder, file), path))]


def _hidden(name):
    return any(part.startswith('.') and part not in ('.', '..') or part == '__MACOSX'
               for part in re.split(r'[/\\]', name))


def _safe(member):
    parts = [re.sub(r'[:\0]', '_', p) for p in re.split(r'[/\\]', member) if p not in ('', '.', '..')]
    return '/'.join(parts) or 'unnamed'


def _natural(name):
    return [(0, int(part), '') if part.isdigit() else (1, 0, part.lower()) for part in re.split(r'(\d+)', name)]

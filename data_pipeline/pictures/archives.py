"""Archives: zip, tar, 7z, RAR and PDF, told by their contents.

Members are unpacked one at a time into memory; only 7z, whose members depend on each other, is unpacked as a whole into
a temporary file without a name. Nothing is ever written to a member's path.
"""

import bz2
import contextlib
import dataclasses
import gzip
import io
import lzma
import math
import struct
import tarfile
import tempfile
import zipfile

import py7zr
import pypdfium2
import rarfile

from data_pipeline.common import errors

MAX_MEMBERS = 20_000
MAX_MEMBER_BYTES = 512 * 2**20
# An archive may unpack to so many times its size, and any archive to so much: deflate cannot pack pictures more.
MAX_RATIO, _ANY_ARCHIVE = 1000, 64 * 2**20
_BOMB = f'unpacks to more than {MAX_RATIO} times its size'
_PDF_RESOLUTION = 200  # dpi, at least, of pages that are not only pictures
_MAX_PDF_PIXELS = 50_000_000


class ArchiveError(errors.UserError):
    """An archive or one of its members cannot be read. The message says why."""


@dataclasses.dataclass(frozen=True)
class Member:
    """One file in an archive.

    Attributes:
      key: what `read` takes.
      name: path of the file; bytes if the archive does not say in which encoding.
      size: unpacked size in bytes, or None if the archive does not say.

    Example:
      >>> Member(0, '1.png').size is None
      True
    """

    key: object
    name: str | bytes
    size: int | None = None


class _Zip:
    def __init__(self, stream, limit):
        del limit
        self._archive = zipfile.ZipFile(stream)

    def members(self):
        return [Member(number, self._name(info), info.file_size) for number, info in enumerate(self._archive.infolist())
                if info.file_size or not info.orig_filename.endswith(('/', '\\'))]

    @staticmethod
    def _name(info):
        """The name, as bytes if its encoding is not known."""
        extra = info.extra
        while len(extra) >= 4:
            kind, length = struct.unpack('<HH', extra[:4])
            if kind == 0x7075:  # Info-ZIP's Unicode path: version, checksum, name
                return extra[9:4 + length].decode('utf-8', 'replace')
            extra = extra[4 + length:]
        return info.orig_filename if info.flag_bits & 0x800 else info.orig_filename.encode('cp437')

    def read(self, key):
        info = self._archive.infolist()[key]
        if info.flag_bits & 1:
            raise ArchiveError('encrypted')
        info.filename = info.orig_filename  # zipfile changes it on Windows, and then misses the file's header
        with self._archive.open(info) as file:
            return file.read(MAX_MEMBER_BYTES + 1)


class _Tar:
    def __init__(self, stream, limit):
        limited = _Limited(_unpacked(stream), limit)  # listing unpacks everything
        self._archive = tarfile.open(fileobj=limited, mode='r:', errors='surrogateescape')  # noqa: SIM115
        self._files = []
        for info in self._archive:
            if info.size < 0:  # Python before 3.11.14 would return to an earlier file
                raise tarfile.ReadError('negative size')
            if not info.isdir():
                self._files.append(info)
            if len(self._files) > MAX_MEMBERS:
                break

    def members(self):
        return [Member(number, info.name.encode('utf-8', 'surrogateescape'), info.size)
                for number, info in enumerate(self._files)]

    def read(self, key):
        file = self._archive.extractfile(self._files[key])
        if file is None:
            raise ArchiveError('not a file')
        return file.read(MAX_MEMBER_BYTES + 1)


class _SevenZip:
    def __init__(self, stream, limit):
        self._archive, self._limit = py7zr.SevenZipFile(stream), limit
        if self._archive.needs_password():
            raise ArchiveError('encrypted')
        self._infos = self._archive.list()
        for number, file in enumerate(self._archive.files.files_list):
            file['filename'] = str(number)  # py7zr refuses unsafe names, and changes equal ones
        self._unpacked = self._error = None

    def members(self):
        return [Member(number, info.filename, info.uncompressed) for number, info in enumerate(self._infos)
                if not info.is_directory]

    def read(self, key):
        if self._unpacked is None:
            self._unpacked = _OneFile(self._limit)
            try:
                self._archive.extractall(factory=self._unpacked)
            except Exception as error:  # the members before the damage can be read
                self._error = error
                if self._unpacked.parts:
                    self._unpacked.parts.popitem()
        if str(key) not in self._unpacked.parts:
            raise ArchiveError(f'cannot be unpacked ({self._error})')
        return self._unpacked.content(str(key))


class _OneFile(py7zr.io.WriterFactory):
    """Writes all members of a 7z archive into one temporary file, one after the other."""

    def __init__(self, limit):
        self._file, self._limit, self.parts = tempfile.TemporaryFile(), limit, {}  # noqa: SIM115

    def create(self, filename, mode='wb'):
        self.parts[filename] = _Part(self._file, self._limit)
        return self.parts[filename]

    def content(self, filename):
        part = self.parts[filename]
        self._file.seek(part.start)
        return self._file.read(min(part.size(), MAX_MEMBER_BYTES + 1))


class _Part(py7zr.io.Py7zIO):
    def __init__(self, file, limit):
        self._file, self._limit, self._size = file, limit, 0
        self.start = file.seek(0, io.SEEK_END)

    def write(self, data):
        if self.start + self._size + len(data) > self._limit:
            raise ArchiveError(_BOMB)
        self._size += self._file.write(data)

    def read(self, size=None):
        return b''

    def seek(self, offset, whence=0):
        return 0

    def flush(self):
        pass

    def size(self):
        return self._size


class _Rar:
    def __init__(self, stream, limit):
        del limit
        path = getattr(stream, 'name', None)  # with it, rarfile finds further volumes, and need not copy the archive
        self._archive = rarfile.RarFile(path if isinstance(path, str) else stream)
        if self._archive.needs_password():
            raise ArchiveError('encrypted')

    def members(self):
        return [Member(number, info.filename, info.file_size) for number, info in enumerate(self._archive.infolist())
                if not info.is_dir()]

    def read(self, key):
        info = self._archive.infolist()[key]
        if info.compress_type != rarfile.RAR_M0:
            try:
                rarfile.tool_setup(bsdtar=False)  # rarfile (4.5) does not call bsdtar rightly
            except rarfile.RarCannotExec as error:
                raise ArchiveError('RAR needs one of the programs unrar, unar and 7z') from error
        with tempfile.TemporaryDirectory() as folder:  # rarfile may leave its temporary files
            rarfile.HACK_TMP_DIR = folder
            with self._archive.open(info) as file:
                return file.read(MAX_MEMBER_BYTES + 1)


class _Pdf:
    """The members of a PDF are its pages, as PNG: the page's picture, or the page as it would be printed."""

    def __init__(self, stream, limit):
        del limit
        try:
            self._document = pypdfium2.PdfDocument(stream.read())
        except pypdfium2.PdfiumError as error:
            if 'password' in str(error):
                raise ArchiveError('encrypted') from error
            raise

    def members(self):
        return [Member(number, f'{number + 1:04d}.png') for number in range(min(len(self._document), MAX_MEMBERS + 1))]

    def read(self, key):
        page = self._document[key]
        objects = list(page.get_objects(max_depth=4))
        pictures = [o for o in objects if o.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
        if len(objects) == len(pictures) == 1 and self._is_page(pictures[0], page):
            bitmap = pictures[0].get_bitmap()
        else:
            width, height = page.get_size()
            scales = [self._pixels_per_point(picture) for picture in pictures]
            if len(objects) > len(pictures) or not pictures:
                scales.append(_PDF_RESOLUTION / 72)
            scale = min(max(scales), (_MAX_PDF_PIXELS / max(width * height, 1)) ** .5)
            bitmap = page.render(scale=scale * (1 - 1e-6))  # pdfium rounds up, so 60.0001 pixels would become 61
        stream = io.BytesIO()
        bitmap.to_pil().save(stream, 'PNG', compress_level=1)
        page.close()
        return stream.getvalue()

    @staticmethod
    def _is_page(picture, page):
        """Tells whether a picture is the whole page, upright and opaque."""
        a, b, c, d, _, _ = picture.get_matrix().get()
        width, height = picture.get_px_size()
        page_width, page_height = page.get_size()
        upright = a > 0 and d > 0 and not b and not c and not page.get_rotation()
        if not upright or max(width * height, page_width * page_height) > _MAX_PDF_PIXELS:
            return False
        if abs(width * d - height * a) > .02 * width * d:  # its pixels are not square
            return False
        distances = [abs(p - q) for p, q in zip(picture.get_bounds(), page.get_bbox(), strict=True)]
        if max(distances) > .01 * max(page_width, page_height):
            return False
        *_, alpha = picture.get_bitmap(render=True, scale_to_original=False).to_pil().convert('RGBA').getextrema()
        return alpha == (255, 255)  # else it has a mask, or is one

    @staticmethod
    def _pixels_per_point(picture):
        a, b, c, d, _, _ = picture.get_matrix().get()
        width, height = picture.get_px_size()
        return max(width / max(math.hypot(a, b), 1), height / max(math.hypot(c, d), 1))


class _Limited(io.RawIOBase):
    """A seekable stream of which at most `limit` bytes can be read."""

    def __init__(self, stream, limit):
        super().__init__()
        self._stream, self._limit = stream, limit

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        if whence == io.SEEK_SET and offset > self._limit:
            raise ArchiveError(_BOMB)
        return self._stream.seek(offset, whence)

    def tell(self):
        return self._stream.tell()

    def read(self, size=-1):
        left = self._limit - self._stream.tell()
        content = self._stream.read(left + 1 if size is None or size < 0 else min(size, left + 1))
        if len(content) > left:
            raise ArchiveError(_BOMB)
        return content


def _unpacked(stream):
    """The contents of a compressed stream, or the stream itself."""
    head = stream.read(6)
    stream.seek(0)
    for signature, module in ((b'\x1f\x8b', gzip.open), (b'BZh', bz2.BZ2File), (b'\xfd7zXZ\x00', lzma.LZMAFile)):
        if head.startswith(signature):
            return module(stream)
    return stream


_SIGNATURES = {b'PK\x03\x04': _Zip, b'PK\x05\x06': _Zip, b'Rar!\x1a\x07': _Rar, b'7z\xbc\xaf\x27\x1c': _SevenZip,
               b'%PDF-': _Pdf, b'\x1f\x8b': _Tar, b'BZh': _Tar, b'\xfd7zXZ\x00': _Tar}


def kind_of(stream):
    """Tells the kind of an archive by its first bytes: a class of this module, or None for any other file.

    Leaves the stream at its beginning.
    """
    head = stream.read(512)
    stream.seek(0)
    if head[257:262] == b'ustar':
        return _Tar
    return next((kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)), None)


class Archive:
    """An opened archive.

    Args:
      stream: seekable binary stream of a file for which `kind_of` gives a kind.
    Raises:
      ArchiveError: the archive is damaged or encrypted, has too many members, or would unpack to too much (a bomb).

    Example:
      >>> stream = io.BytesIO()
      >>> with zipfile.ZipFile(stream, 'w') as archive:
      ...     archive.writestr('1.png', b'...')
      >>> [(member.key, member.size) for member in Archive(stream).members]
      [(0, 3)]
    """

    def __init__(self, stream):
        limit = max(_ANY_ARCHIVE, MAX_RATIO * stream.seek(0, io.SEEK_END))
        stream.seek(0)
        with _reasons('damaged archive'):
            self._archive = kind_of(stream)(stream, limit)
            self.members = self._archive.members()
        if len(self.members) > MAX_MEMBERS:
            raise ArchiveError(f'more than {MAX_MEMBERS} files in the archive')
        if sum(member.size or 0 for member in self.members) > limit:
            raise ArchiveError(_BOMB)
        self._sizes = {member.key: member.size or 0 for member in self.members}

    def read(self, key):
        """Unpacks one member.

        Args:
          key: the `Member`'s key.
        Returns:
          bytes.
        Raises:
          ArchiveError: the member is damaged, encrypted or too large.
        """
        content = b''
        if self._sizes[key] <= MAX_MEMBER_BYTES:
            with _reasons('cannot be unpacked'):
                content = self._archive.read(key)
        if max(self._sizes[key], len(content)) > MAX_MEMBER_BYTES:
            raise ArchiveError(f'too large: over {MAX_MEMBER_BYTES // 2**20} MiB in the archive')
        return content


@contextlib.contextmanager
def _reasons(what):
    """Turns what the libraries raise for damaged archives into ArchiveErrors."""
    try:
        yield
    except errors.UserError:
        raise
    except (py7zr.exceptions.PasswordRequired, rarfile.PasswordRequired) as error:
        raise ArchiveError('encrypted') from error
    except Exception as error:  # a library may raise anything for damaged data
        raise ArchiveError(f'{what} ({str(error) or type(error).__name__})') from error

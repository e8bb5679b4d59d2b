"""Zip, tar, 7z and RAR archives. All kinds of archives have the same interface:

  __init__(stream, limit): opens the archive in a seekable stream. It may unpack to `limit` bytes while it is listed.
  members(): lists its files, each a `Member`.
  read(key): unpacks one member: bytes, at most one more than MAX_MEMBER_BYTES.

They may raise any exception for damaged data; `archive.Archive` turns it into an ArchiveError.
"""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import tempfile
import zipfile

import py7zr
import rarfile

from data_pipeline.archives.member import BOMB, MAX_MEMBER_BYTES, MAX_MEMBERS, ArchiveError, Member


class Zip:
    """A zip archive.

    Example:
      >>> stream = io.BytesIO()
      >>> with zipfile.ZipFile(stream, 'w') as archive:
      ...     archive.writestr('1.png', b'...')
      >>> Zip(stream, limit=2**20).members()
      [Member(key=0, name=b'1.png', size=3)]
    """

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


class Tar:
    """A tar archive, which may be compressed by gzip, bzip2 or xz.

    Example:
      >>> stream = io.BytesIO()
      >>> with tarfile.open(fileobj=stream, mode='w') as archive:
      ...     archive.addfile(tarfile.TarInfo('1.png'))
      >>> position = stream.seek(0)
      >>> Tar(stream, limit=2**20).members()
      [Member(key=0, name=b'1.png', size=0)]
    """

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


class SevenZip:
    """A 7z archive.

    Example:
      >>> stream = io.BytesIO()
      >>> with py7zr.SevenZipFile(stream, 'w') as archive:
      ...     archive.writestr(b'...', '1.png')
      >>> position = stream.seek(0)
      >>> SevenZip(stream, limit=2**20).members()
      [Member(key=0, name='1.png', size=3)]
    """

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
            raise ArchiveError(BOMB)
        self._size += self._file.write(data)

    def read(self, size=None):
        return b''

    def seek(self, offset, whence=0):
        return 0

    def flush(self):
        pass

    def size(self):
        return self._size


class Rar:
    """A RAR archive. What is compressed needs one of the programs that rarfile looks for.

    Example:
      >>> members = lambda path: Rar(open(path, 'rb'), limit=2**20).members()
    """

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
            raise ArchiveError(BOMB)
        return self._stream.seek(offset, whence)

    def tell(self):
        return self._stream.tell()

    def read(self, size=-1):
        left = self._limit - self._stream.tell()
        content = self._stream.read(left + 1 if size is None or size < 0 else min(size, left + 1))
        if len(content) > left:
            raise ArchiveError(BOMB)
        return content


def _unpacked(stream):
    """The contents of a compressed stream, or the stream itself."""
    head = stream.read(6)
    stream.seek(0)
    for signature, module in ((b'\x1f\x8b', gzip.open), (b'BZh', bz2.BZ2File), (b'\xfd7zXZ\x00', lzma.LZMAFile)):
        if head.startswith(signature):
            return module(stream)
    return stream

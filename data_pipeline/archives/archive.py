"""Opens archives of all kinds, told by their contents: zip, tar, 7z, RAR and PDF.

Members are unpacked one at a time into memory; only 7z, whose members depend on each other, is unpacked as a whole into
a temporary file without a name. Nothing is ever written to a member's path.
"""

import contextlib
import io
import tarfile
import threading

import py7zr

from data_pipeline.archives import packed, pdf
from data_pipeline.archives.member import BOMB, MAX_MEMBER_BYTES, MAX_MEMBERS, MAX_RATIO, ArchiveError
from data_pipeline.common import errors

_ANY_ARCHIVE = 64 * 2**20  # bytes that any archive may unpack to
_SIGNATURES = {
    b'PK\x03\x04': packed.Zip, b'PK\x05\x06': packed.Zip, b'Rar!\x1a\x07': packed.Rar,
    b'7z\xbc\xaf\x27\x1c': packed.SevenZip, b'%PDF-': pdf.Pdf, b'\x1f\x8b': packed.Tar, b'BZh': packed.Tar,
    b'\xfd7zXZ\x00': packed.Tar}


def _has_tar_checksum(head):
    """Tells whether a header of 512 bytes has the checksum of tar, whose first version has no signature."""
    try:
        return tarfile.nti(head[148:156]) in tarfile.calc_chksums(head)
    except tarfile.InvalidHeaderError:
        return False


def kind_of(stream):
    """Tells the kind of an archive by its first bytes: its class, or None for any other file.

    Leaves the stream at its beginning.
    """
    head = stream.read(512)
    stream.seek(0)
    if head[257:262] == b'ustar' or len(head) == 512 and _has_tar_checksum(head):
        return packed.Tar
    return next((kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)), None)


class Archive:
    """An opened archive.

    Args:
      stream: seekable binary stream of a file for which `kind_of` gives a kind.
    Raises:
      ArchiveError: the archive is damaged or encrypted, has too many members, or would unpack to too much (a bomb).

    Example:
      >>> import zipfile
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
            raise ArchiveError(BOMB)
        self._lock = threading.Lock()  # threads that work for Beam may share an archive, which has one position
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
            with self._lock, _reasons('cannot be unpacked'):
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
    except py7zr.exceptions.PasswordRequired as error:
        raise ArchiveError('encrypted') from error
    except Exception as error:  # a library may raise anything for damaged data
        raise ArchiveError(f'{what} ({str(error) or type(error).__name__})') from error

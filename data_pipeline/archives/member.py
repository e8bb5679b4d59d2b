"""What all kinds of archives share: their members, their errors, and limits."""

import dataclasses

from data_pipeline.common import errors

MAX_MEMBERS = 20_000
MAX_MEMBER_BYTES = 512 * 2**20
MAX_RATIO = 1000  # of the unpacked to the packed size; deflate cannot pack more
BOMB = f'unpacks to more than {MAX_RATIO} times its size'


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

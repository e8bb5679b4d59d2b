"""Files at addresses such as gs://, s3:// and hdfs://, and patterns of files, by the file systems of Apache Beam.

Beam is imported only when it is needed, so all else works without it.
"""

import os

from data_pipeline.common import errors

INSTALL = 'pip install -r requirements-beam.txt'  # what brings Beam
_WILD = '*?['


def filesystems(what):
    """Imports Beam's file systems.

    Args:
      what: the argument that needs them, for the message.
    Returns:
      The class `apache_beam.io.filesystems.FileSystems`.
    Raises:
      UserError: Beam is not installed.
    """
    try:
        from apache_beam.io import filesystems as module
    except ImportError as error:
        raise errors.UserError(f'{what}: needs Apache Beam; run {INSTALL}') from error
    return module.FileSystems


def is_address(path):
    """Tells whether a path is the address of a file on another machine.

    Example:
      >>> is_address('gs://library/ch1.cbz'), is_address('library/ch1.cbz')
      (True, False)
    """
    return '://' in str(path)


def is_pattern(path):
    """Tells whether a path is a pattern, such as 'library/*.cbz'. A file of this machine is none, whatever its name."""
    path = str(path)
    return any(sign in path for sign in _WILD) and (is_address(path) or not os.path.lexists(path))


def fixed_part(pattern):
    """Returns the folders of a pattern that have no wild cards.

    Example:
      >>> fixed_part('gs://library/comics/*/*.cbz'), fixed_part('gs://library/ch1.cbz')
      ('gs://library/comics', 'gs://library/ch1.cbz')
    """
    parts = str(pattern).rstrip('/').split('/')
    count = next((k for k, part in enumerate(parts) if any(sign in part for sign in _WILD)), len(parts))
    return '/'.join(parts[:count])


def match(path):
    """Lists files.

    Args:
      path: a pattern, or the address of a file or a folder. A folder stands for all files below it.
    Returns:
      List of paths, in the order of their names; empty if there are none.
    Raises:
      UserError: Beam is not installed, or has no file system for such an address.
      OSError: the files cannot be listed.
    """
    systems = filesystems(path)
    try:
        # Some file systems match a folder by its name, too, as if it were a file.
        below = [] if is_pattern(path) else _matched(systems, f'{path.rstrip("/")}/**')
        found = below or _matched(systems, path)
    except ValueError as error:  # Beam's word for an unknown kind of address, or one whose library is missing
        raise errors.UserError(f'{path}: {error}') from error
    return sorted(set(found))


def _matched(systems, pattern):
    return [file.path for matched in systems.match([pattern]) for file in matched.metadata_list]


def open_binary(path):
    """Opens a file of this machine, or at an address, as a seekable binary stream; what is read of it is fetched."""
    if not is_address(path):
        return open(path, 'rb')
    from apache_beam.io.filesystem import CompressionTypes
    return filesystems(path).open(path, compression_type=CompressionTypes.UNCOMPRESSED)

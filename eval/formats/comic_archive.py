"""Comic archives (CBZ): zip archives of pages and of whatever else a chapter has."""

import pathlib
import zipfile

from data_pipeline.common import files
from eval.formats import SOFTWARE, member


def write(path, members):
    """Writes a .cbz. The file is complete or absent.

    Args:
      path: file to write.
      members: iterable of (name, bytes), in the order of the archive.
    Raises:
      OSError: the file cannot be written.

    Example:
      >>> write(f'{folder}/a.cbz', [('1.png', b'...'), ('ComicInfo.xml', b'<ComicInfo/>')])
      >>> zipfile.ZipFile(f'{folder}/a.cbz').namelist()
      ['1.png', 'ComicInfo.xml']
    """
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_write(path) as part, zipfile.ZipFile(part, 'w') as archive:  # pages are packed already
        for name, content in members:
            archive.writestr(member(name.encode('utf-8', 'backslashreplace').decode()), content)  # no broken Unicode
        archive.comment = SOFTWARE.encode()

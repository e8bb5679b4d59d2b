"""File formats of colored pages: pictures, layers, and comic archives."""

import zipfile

SOFTWARE = 'comic-colorizer'  # what files name as the program that wrote them


def member(name, compression=zipfile.ZIP_STORED):
    """Makes the entry of a file in a zip archive. It has no time, so the same pages give the same bytes.

    Example:
      >>> member('p1.png').date_time[0]
      1980
    """
    info = zipfile.ZipInfo(name)
    info.compress_type, info.external_attr = compression, 0o644 << 16
    return info

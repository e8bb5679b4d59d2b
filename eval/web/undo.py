"""Earlier versions of a file, to take back its changes. A folder has them: 1.png, 2.png, ...; the last is the newest.

An empty file stands for a time when there was no file.
"""

import shutil

MOST = 50  # earlier versions that are kept (our choice)


def keep(folder, path):
    """Keeps a file as it is now, before it is changed. The oldest versions leave.

    Args:
      folder: pathlib.Path, of the earlier versions.
      path: pathlib.Path of the file, which may be missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier = _versions(folder)
    kept = folder / f'{earlier[-1][0] + 1 if earlier else 1}.png'
    if path.is_file():
        shutil.copyfile(path, kept)
    else:
        kept.touch()
    for _, old in earlier[:len(earlier) + 1 - MOST]:
        old.unlink()


def take_back(folder, path):
    """Makes a file what it was before its last change: whether there was one. Arguments are those of `keep`."""
    earlier = _versions(folder)
    if not earlier:
        return False
    last = earlier[-1][1]
    if last.stat().st_size:
        last.replace(path)
    else:
        path.unlink(missing_ok=True)
        last.unlink()
    return True


def _versions(folder):
    """Lists the versions: (number, path), in order."""
    return sorted((int(path.stem), path) for path in folder.glob('*.png')) if folder.is_dir() else []

"""Files that lie beside drawings and tell more of them, such as NAME.hints.png beside NAME.png."""

import os
import typing

from data_pipeline.pictures import names, pages
from eval import output_folder


class Found(typing.NamedTuple):
    """What `find` found.

    Example:
      >>> import re
      >>> find([], re.compile(r'(.+)\\.hints\\.png'), '.hints.png')
      Found(drawings=[], files={}, alone=[])
    """

    drawings: list  # of `pages.Page`
    files: dict  # for the name of each drawing that has such a file its `pages.Page`
    alone: list  # names of such files without a drawing


def find(listed, pattern, ending):
    """Tells drawings and the files beside them apart.

    Args:
      listed: list of `pages.Page`.
      pattern: regular expression of such names; its first group is that of the drawing, without the suffix.
      ending: what the name of such a file ends with.
    Returns:
      A `Found`. A file lies in the folder or archive of its drawing, also if the drawing alone was listed.
    """
    files = {(page.group, match[1]): page for page in listed if (match := pattern.fullmatch(page.name))}
    drawings = {page: (page.group, output_folder.without_suffix(page.name)) for page in listed
                if not pattern.fullmatch(page.name)}
    found = {page.name: files.get(key) or _beside_file(page, ending) for page, key in drawings.items()}
    keys = set(drawings.values())
    alone = [page.name for key, page in files.items() if key not in keys]
    return Found(list(drawings), {name: page for name, page in found.items() if page}, alone)


def _beside_file(page, ending):
    """Looks for a file beside a drawing that is an input by itself: its Page, or None."""
    folder, file = os.path.split(page.path)
    if page.keys or names.printable(file) != page.inside.rpartition('/')[2]:  # in an archive or a file of several pages
        return None
    path = os.path.join(folder, f'{output_folder.without_suffix(file)}{ending}')
    name = f'{output_folder.without_suffix(page.name)}{ending}'
    return pages.Page(name, os.path.basename(path), '', path) if os.path.isfile(path) else None

"""Files of references: colored pictures of the same comic, from which drawings take over the colors of what they show.

References are panels, pages and model sheets in color, as files, folders and archives. Pages are cut into panels, and
panels into squares, as `data_pipeline.prepare` does. A square's outline is extracted from its colors, or is that of the
line art NAME.line.* which lies beside NAME.color.* or NAME.colour.*.
"""

import hashlib
import os
import typing

import numpy as np

from data_pipeline import prepare
from data_pipeline.common import errors, files, remote
from data_pipeline.outlines import cleaning, line_art, outline
from data_pipeline.panels import cutter
from data_pipeline.pictures import companions, names, pages, pixels, square
from eval import output_folder
from models.low_res_colorizer.references import REFERENCES

PREVIOUS, NONE = 'previous', 'none'  # what stands for no file: the panels that were colored before, or nothing
_MOST_PICTURES = 32  # that are read (our choice)


class Reference(typing.NamedTuple):
    """A square of a reference.

    Example:
      >>> Reference('sheet.png', np.zeros((256, 256), np.uint8), np.zeros((256, 256, 3), np.uint8)).name
      'sheet.png'
    """

    name: str  # of the picture
    drawing: np.ndarray  # uint8 [S, S], its line art
    color: np.ndarray  # uint8 [S, S, 3], RGB


class Found(typing.NamedTuple):
    """What `find` found.

    Example:
      >>> find([], listed=[], inputs=[])
      Found(drawings=[], pictures=[], failed=[])
    """

    drawings: list  # of `pages.Page`
    pictures: list  # of (`pages.Page`, {'line': that of its line art}), the references
    failed: list  # of (name, reason): archives and folders that cannot be opened


def parse(given):
    """Tells files from words.

    Args:
      given: list of what --reference says: paths, 'previous' or 'none'.
    Returns:
      (list of paths, whether panels that were colored before are references).
    Raises:
      UserError: a path does not exist, or one word contradicts the other.

    Example:
      >>> parse([])
      ([], True)
    """
    if PREVIOUS in given and NONE in given:
        raise errors.UserError(f'--reference={PREVIOUS}: contradicts --reference={NONE}')
    paths = [path for path in given if path not in (PREVIOUS, NONE)]
    for path in paths:
        if not (remote.is_address(path) or os.path.exists(path)):
            raise errors.UserError(f'--reference={names.printable(path)}: no such file or folder')
    return paths, NONE not in given


def find(paths, listed, inputs, name_encoding=None):
    """Finds the pictures of references, and tells drawings from them.

    Args:
      paths: files, folders and archives of references.
      listed: list of `pages.Page`, the pictures in the inputs. What is a reference, lies in a folder of references, or
        is the line art of a reference, is no drawing, unless an input is or lies there.
      inputs: paths of the inputs.
      name_encoding: see `pages.find`.
    Returns:
      A `Found`.
    Raises:
      UserError: a path does not exist.
    """
    listing = pages.find(paths, name_encoding)
    pictures = [(page, _with_line_art(page, beside)) for page, beside in companions.with_companions(
        output_folder.without_sheets(listing.pages))]
    alone = {page.path for page, _ in pictures} & {os.path.abspath(path) for path in paths}
    given = {files.identity(path) for path in inputs}
    taken = {files.identity(of.path) for page, beside in pictures for of in (page, *beside.values())
             if page.path in alone and files.identity(page.path) not in given}
    for folder in filter(os.path.isdir, paths):
        listed = output_folder.outside(folder, listed, inputs)
    drawings = [page for page in listed if files.identity(page.path) not in taken] if taken else listed
    return Found(drawings, pictures, listing.failed)


def read(pictures, size):
    """Reads references, and makes squares of them: at most `REFERENCES`, evenly spaced.

    Args:
      pictures: see `Found`. Of many, `_MOST_PICTURES` are read, evenly spaced.
      size: S, side of the networks' square.
    Returns:
      (list of `Reference`, list of remarks: which pictures are left out and why, and how many squares are used).
    """
    references, remarks = [], []
    chosen = evenly(pictures, _MOST_PICTURES)
    for page, beside in chosen:
        try:
            references += evenly(_squares(page, beside, size), REFERENCES)
        except errors.UserError as error:
            remarks.append(f'left out reference {page.name}: {error}')
    used = evenly(references, REFERENCES)
    if len(used) < len(references) or len(chosen) < len(pictures):
        remarks.append(f'references: {len(used)} panels, evenly spaced in {len(pictures)} pictures')
    elif used:
        remarks.append(f'references: {len(used)} {"panel" if len(used) == 1 else "panels"}')
    elif pictures:
        remarks.append('references: none can be used; colored without them')
    return used, remarks


def checksum(references):
    """Computes a checksum of what the networks see of references: str, empty without references."""
    digest = hashlib.sha256()
    for reference in references:
        digest.update(reference.drawing.tobytes() + reference.color.tobytes())
    return digest.hexdigest()[:16] if references else ''


def evenly(items, most):
    """Takes at most so many of some items, evenly spaced."""
    if len(items) <= most:
        return items
    return [items[k] for k in np.rint(np.linspace(0, len(items) - 1, most)).astype(int)]


def _with_line_art(page, beside):
    """Finds the line art of a reference that is given by itself: its companions, see `companions.with_companions`."""
    stem = companions.stem(page)
    if 'line' in beside or page.keys or remote.is_address(page.path) or stem == page.name.rpartition('.')[0]:
        return beside
    start, folder = f'{os.path.basename(stem)}.line.', os.path.dirname(page.path)
    for name in sorted(os.listdir(folder)):
        if names.printable(name).startswith(start) and '.' not in name[len(start):]:
            line = f'{os.path.dirname(page.name)}/{name}'.lstrip('/')
            return beside | {'line': pages.Page(names.printable(line), name, page.group, os.path.join(folder, name))}
    return beside


def _squares(page, beside, size):
    """Makes squares of one reference: list of `Reference`.

    Raises:
      PageError: the picture or its line art cannot be read, or nothing of it can be used.
    """
    picture = pages.read(page)
    if not outline.has_hue(picture):
        raise pixels.PageError('not in color')
    lines = _read_line_art(beside['line'], picture) if 'line' in beside else None
    squares = []
    for panel in cutter.find(picture) or [cutter.whole(picture)]:
        color = cutter.crop(picture, panel)
        if min(color.shape[:2]) < prepare.MIN_PANEL or not outline.has_hue(color):
            continue
        drawing = outline.extract(color) if lines is None else cutter.crop(lines, panel)
        for top, left, bottom, right in square.tiles(*drawing.shape):
            here = slice(top, bottom), slice(left, right)
            if drawing[here].min() < outline.PAPER:
                squares.append(Reference(page.name, line_art.fit_array(drawing[here], size),
                                         square.fit(color[here], size)))
    if not squares:
        raise pixels.PageError(f'no panel of {prepare.MIN_PANEL} pixels with lines and colors')
    return squares


def _read_line_art(page, picture):
    """Reads the line art of a picture: uint8 [H, W], black on white."""
    try:
        lines = pages.read(page)
    except pixels.PageError as error:
        raise pixels.PageError(f'its line art {page.name}: {error}') from error
    if lines.shape != picture.shape:
        raise pixels.PageError(f'its line art {page.name} has another size')
    return outline.gray(cleaning.clean_array(lines, False)[0])

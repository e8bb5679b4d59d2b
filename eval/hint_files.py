"""Files of hints: the colors that a user gives at places of a drawing, as dots or strokes in a transparent PNG.

The hints of NAME.png (or .jpg, .tif, ...) are NAME.hints.png beside it, in its folder or archive. A folder of hints may
hold them too, as NAME.hints.png or NAME.png, below it at the drawing's path inside its input. It comes first.
"""

import os
import typing

import cv2

from data_pipeline.common import errors, files
from data_pipeline.pictures import companions, names, pages, pixels, square
from eval import beside, output_folder


class Found(typing.NamedTuple):
    """What `find` found.

    Example:
      >>> find([], inputs=[])
      Found(drawings=[], hints={}, alone=[])
    """

    drawings: list  # of `pages.Page`
    hints: dict  # for the name of each drawing that has hints their `pages.Page`
    alone: list  # names of hints without a drawing


def find(listed, inputs, folder=None):
    """Tells drawings and hints apart, and finds the hints of each drawing.

    Args:
      listed: list of `pages.Page`, the pictures in the inputs. What lies in the folder of hints is no drawing, unless
        an input lies there.
      inputs: paths of the inputs.
      folder: folder of hints, or None.
    Returns:
      A `Found`.
    Raises:
      UserError: `folder` is no folder.
    """
    if folder is not None and not os.path.isdir(folder):
        raise errors.UserError(f'--hints={names.printable(folder)}: no such folder')
    listed = output_folder.outside(folder or '', listed, inputs)
    found = beside.find(listed, companions.HINTS, '.hints.png')
    of_folder = {page.name: hints for page in found.drawings if (hints := _in_folder(page, folder))}
    return Found(found.drawings, found.files | of_folder, found.alone)


def read(page, height, width):
    """Reads the hints of a drawing.

    Args:
      page: the `pages.Page` of the hints.
      height, width: of the drawing, in pixels.
    Returns:
      uint8 [H, W, 4], RGB and 255 where there is a hint, else 0. None if there is no hint.
    Raises:
      PageError: the file cannot be used; the message says why.
    """
    layer = pages.read_layer(page)
    if layer.shape[:2] != (height, width):
        raise pixels.PageError(f'has {layer.shape[1]}x{layer.shape[0]} pixels, its drawing {width}x{height}')
    given = cv2.compare(layer[..., 3], square.GIVEN, cv2.CMP_GE)
    count = cv2.countNonZero(given)
    if count == given.size:
        raise pixels.PageError('has no transparency')
    if not count:
        return None
    hints = cv2.copyTo(layer, given)
    hints[..., 3] = given
    return hints


def _in_folder(page, folder):
    """Looks for the hints of a drawing in the folder of hints: their Page, or None."""
    stem = output_folder.without_suffix(page.inside)
    for name in (f'{stem}.hints.png', f'{stem}.png') if folder is not None else ():
        path = os.path.join(folder, name)
        if os.path.isfile(path) and files.identity(path) != files.identity(page.path):
            return pages.Page(names.printable(path), name, '', path)
    return None

"""Files of panels: how a user corrects the panels of a page, and which sample each of them takes.

NAME.panels.json lies beside the drawing NAME.*, in its folder or archive:

  {"panels": [{"corners": [[20, 20], [680, 20], [680, 300], [20, 300]], "number": 1, "sample": 1}, ...]}

Corners are (x, y) in pixels of the drawing. A panel's seed follows from its number, so a panel keeps its colors when
others are cut or joined. Sample 1 is what the program makes by itself.
"""

import json
import re
import typing

import numpy as np

from data_pipeline.common import files
from data_pipeline.panels import cutter
from data_pipeline.pictures import pages, pixels
from eval import beside, output_folder

_ENDING = '.panels.json'
_PATTERN = re.compile(r'(.+)\.panels\.json', re.IGNORECASE)
_MOST_BYTES, _MOST_PANELS, _MOST_CORNERS, _MOST_NUMBER = 1_000_000, 200, 100, 10_000  # our choice


class Given(typing.NamedTuple):
    """A panel as a user gives it.

    Example:
      >>> Given(cutter.whole(np.zeros((10, 20)))).sample
      1
    """

    panel: cutter.Panel
    number: int = 1  # from 1; decides the seed
    sample: int = 1  # from 1


def find(listed):
    """Tells drawings and files of panels apart: `beside.Found`. `listed`: list of `pages.Page`."""
    return beside.find(listed, _PATTERN, _ENDING)


def read(page, height, width):
    """Reads the panels of a drawing.

    Args:
      page: the `pages.Page` of the file.
      height, width: of the drawing, in pixels.
    Returns:
      List of `Given`; at least one.
    Raises:
      PageError: the file cannot be used; the message says why.
    """
    try:
        with pages.open_stream(page) as stream:
            stored = json.loads(stream.read(_MOST_BYTES))['panels']
        given = [_panel(one, height, width) for one in stored[:_MOST_PANELS]]
    except OSError as error:
        raise pixels.PageError(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise pixels.PageError('tells no panels of its drawing') from error
    if not given:
        raise pixels.PageError('tells no panels of its drawing')
    return given


def write(path, given):
    """Writes panels, a list of `Given`."""
    stored = [{'corners': one.panel.polygon.tolist(), 'number': one.number, 'sample': one.sample} for one in given]
    with files.atomic_write(path) as part:
        part.write_text(json.dumps({'panels': stored}) + '\n', encoding='utf-8')


def panel(polygon):
    """Makes a panel of corners, int32 [N, 2] (x, y)."""
    (left, top), (right, bottom) = polygon.min(axis=0).tolist(), polygon.max(axis=0).tolist()
    return cutter.Panel((top, left, bottom, right), polygon)


def path_of(drawing):
    """The path where the panels of a drawing belong, given that of the drawing: str."""
    return f'{output_folder.without_suffix(str(drawing))}{_ENDING}'


def _panel(stored, height, width):
    """Checks a panel as it is stored: `Given`. Raises ValueError, KeyError or TypeError if it is none."""
    corners = np.array(stored['corners'], np.float64)
    number, sample = int(stored.get('number', 1)), int(stored.get('sample', 1))
    if corners.ndim != 2 or corners.shape[1] != 2 or not 3 <= len(corners) <= _MOST_CORNERS:
        raise ValueError('corners')
    if not (np.isfinite(corners).all() and 1 <= number <= _MOST_NUMBER and 1 <= sample <= _MOST_NUMBER):
        raise ValueError('numbers')
    found = panel(np.int32(np.rint(np.clip(corners, 0, (width, height)))))
    top, left, bottom, right = found.box
    if bottom - top < 2 or right - left < 2:
        raise ValueError('size')
    return Given(found, number, sample)

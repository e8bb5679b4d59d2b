"""How the artist corrects panels: two become one, one becomes two, or the page is one."""

import cv2
import numpy as np

from data_pipeline.common import errors
from data_pipeline.panels import cutter, shapes
from eval import panel_files

_LEAST_SIDE = 16  # pixels, of a panel (our choice)


def given(drawn):
    """Lists the panels of a page: those that were found, as a file of panels has them.

    Args:
      drawn: a `page_colors.Drawn`.
    Returns:
      List of `panel_files.Given`.
    """
    return [panel_files.Given(panel, number) for number, panel in enumerate(drawn.panels, 1)]


def whole(lines):
    """Takes a page, uint8 [H, W, 3], as one panel: list of `panel_files.Given`."""
    return [panel_files.Given(cutter.whole(lines))]


def merge(panels, chosen, other):
    """Joins two panels to the box around both.

    Args:
      panels: list of `panel_files.Given`.
      chosen, other: numbers in it, from 0. The first keeps its seed.
    Returns:
      List of `panel_files.Given`. The joined one has the lower number of both.
    Raises:
      UserError: both are one panel.

    Example:
      >>> two = whole(np.zeros((10, 10, 3))) * 2
      >>> merge(two, 1, 0)[0].panel.box
      (0, 0, 10, 10)
    """
    if chosen == other:
        raise errors.UserError('this panel is chosen already; click on the one to join with it')
    boxes = np.array([panels[k].panel.box for k in (chosen, other)])
    box = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    joined = panels[chosen]._replace(panel=panel_files.panel(np.int32(shapes.corners(box))))
    place = min(chosen, other)
    rest = [one for k, one in enumerate(panels) if k not in (chosen, other)]
    return [*rest[:place], joined, *rest[place:]]


def split(panels, number, at, is_across):
    """Cuts a panel in two.

    Args:
      panels: list of `panel_files.Given`.
      number: of the panel in it, from 0.
      at: (x, y) of a place on the cut.
      is_across: whether the cut goes from side to side; else from top to bottom.
    Returns:
      List of `panel_files.Given`. The first part keeps the seed, the second has a new one.
    Raises:
      UserError: a part would be too small.

    Example:
      >>> [one.panel.box for one in split(whole(np.zeros((100, 60, 3))), 0, (20, 40), is_across=True)]
      [(0, 0, 40, 60), (40, 0, 100, 60)]
    """
    top, left, bottom, right = panels[number].panel.box
    x, y = at
    boxes = [(top, left, y, right), (y, left, bottom, right)] if is_across else [
        (top, left, bottom, x), (top, x, bottom, right)]
    if any(min(b - t, r - l) < _LEAST_SIDE for t, l, b, r in boxes):  # noqa: E741
        raise errors.UserError('this cut is too near to the edge of the panel')
    hull = np.float32(cv2.convexHull(panels[number].panel.polygon))
    parts = [cv2.intersectConvexConvex(hull, np.float32(shapes.corners(box)))[1] for box in boxes]
    if any(part is None or len(part) < 3 for part in parts):
        raise errors.UserError('this cut leaves a part empty')
    first, second = (panels[number]._replace(panel=panel_files.panel(np.int32(np.rint(part[:, 0])))) for part in parts)
    new = second._replace(number=max(one.number for one in panels) + 1, sample=1)
    return [*panels[:number], first, new, *panels[number + 1:]]

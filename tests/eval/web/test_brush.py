"""What the brush, the eraser and a click on an area make of hints."""

import numpy as np
import pytest

from data_pipeline.common import errors
from eval.web import brush

RED = [200, 30, 40, 255]


def _stroke(**changes):
    return {'points': [[5, 5], [25, 5]], 'radius': 2, 'color': '#c81e28'} | changes


def test_a_stroke_gives_hints_and_the_eraser_takes_them():
    hints = np.zeros((20, 40, 4), np.uint8)
    brush.paint(hints, [_stroke()])
    assert hints[5, 5:26].tolist() == [RED] * 21 and not hints[10:].any()
    assert set(np.unique(hints[..., 3])) == {0, 255}
    brush.paint(hints, [_stroke(points=[[25, 5]], radius=8, color=None)])
    assert hints[5, 10].tolist() == RED and not hints[5, 20:].any()


@pytest.mark.parametrize('stroke', [
    {}, None, 7, _stroke(points=[]), _stroke(points=[[1, 2, 3]]), _stroke(points=[[1e30, 0]]), _stroke(points='abc'),
    _stroke(points=[[float('nan'), 0]]), _stroke(radius=-1), _stroke(radius=1e9), _stroke(radius=float('nan')),
    _stroke(color='red'), _stroke(color=[1, 2, 3]), _stroke(points=[[0, 0]] * 30_000)])
def test_what_is_no_stroke_is_refused_and_changes_nothing(stroke):
    hints = np.zeros((20, 40, 4), np.uint8)
    with pytest.raises(errors.UserError):
        brush.paint(hints, [_stroke(), stroke])
    assert not hints.any()


def test_filling_an_area_replaces_its_hints_and_leaves_all_others():
    hints = np.zeros((40, 40, 4), np.uint8)
    hints[5, 5] = hints[5, 30] = 1, 2, 3, 255
    area = np.zeros((40, 40), bool)
    area[:, :18] = True
    brush.fill(hints, area, (19, 20), '#c81e28')  # on the line beside it
    assert not hints[5, 5].any() and hints[5, 30].tolist() == [1, 2, 3, 255]
    y, x = np.nonzero(hints[:, :20, 3])
    assert hints[20, 17].tolist() == RED and x.max() == 17 and abs(y - 20).max() <= 3
    brush.fill(hints, area, (5, 5), None)
    assert not hints[:, :20].any()


@pytest.mark.parametrize('place', [{}, {'x': 1}, {'x': 'a', 'y': 1}, {'x': -1, 'y': 0}, {'x': 10, 'y': 0},
                                   {'x': float('inf'), 'y': 0}, {'x': None, 'y': 0}])
def test_a_place_outside_of_the_page_is_refused(place):
    assert brush.position({'x': 9.7, 'y': 4}, 5, 10) == (9, 4)
    with pytest.raises(errors.UserError):
        brush.position(place, 5, 10)

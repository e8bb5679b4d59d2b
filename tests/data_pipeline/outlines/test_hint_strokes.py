import cv2
import numpy as np

from data_pipeline.outlines import hint_strokes

RED, BLUE = (200, 30, 40), (20, 60, 220)
PAPER = np.full((60, 90, 3), 255, np.uint8)


def _hints(*dots):
    """Draws hints: (color, part of the page) each."""
    hints = np.zeros((60, 90, 4), np.uint8)
    for color, part in dots:
        hints[part] = *color, 255
    return hints


def _number(color):
    return color[0] << 16 | color[1] << 8 | color[2]


def test_a_stroke_is_what_is_connected_and_of_one_color():
    hints = _hints((RED, np.s_[5:10, 5:10]), (RED, np.s_[10:12, 10:40]), (BLUE, np.s_[12:20, 20:30]),
                   (RED, np.s_[40:43, 5:8]), (RED, np.s_[50, 50]))
    found = hint_strokes.find(hints, PAPER)
    assert sorted(found.sizes.tolist()) == [1, 9, 80, 25 + 60]  # corners connect
    assert set(found.color.tolist()) == {_number(RED), _number(BLUE)} and set(found.kind.tolist()) == {1, 2}
    for color, part in ((RED, np.s_[5:10, 5:10]), (BLUE, np.s_[12:20, 20:30])):
        there = np.zeros((60, 90), bool)
        there[part] = True
        assert (found.color[there[found.y, found.x]] == _number(color)).all()


def test_colors_that_are_alike_are_one_stroke():
    near, far = (RED[0] + 2, RED[1] - 2, RED[2]), (RED[0] + 3, RED[1], RED[2])
    for other, strokes in ((near, 1), (far, 2)):
        found = hint_strokes.find(_hints((RED, np.s_[5:10, 5:10]), (other, np.s_[5:10, 10:13])), PAPER)
        assert len(found.sizes) == len(set(found.kind.tolist())) == strokes


def test_the_soft_edges_of_brushes_have_the_color_of_their_stroke():
    hints = np.zeros((60, 90, 4), np.uint8)
    for center, color in (((25, 30), RED), ((50, 30), BLUE)):  # they touch
        cv2.circle(hints, center, 13, (*color, 255), -1, cv2.LINE_AA)
    hints[hints[..., 3] < 128] = 0
    assert len(np.unique(hints.reshape(-1, 4), axis=0)) > 10
    found = hint_strokes.find(hints, PAPER)
    assert set(found.color.tolist()) == {_number(RED), _number(BLUE)} and len(found.sizes) == 2
    assert found.sizes.sum() == (hints[..., 3] > 0).sum()


def test_a_thin_stroke_and_a_dot_of_one_pixel_keep_their_colors():
    found = hint_strokes.find(_hints((RED, np.s_[5, 5:50]), (BLUE, np.s_[20, 20])), PAPER)
    assert found.sizes.tolist() == [45, 1] and found.color[-1] == _number(BLUE)


def test_pixels_on_lines_do_not_count_unless_the_whole_stroke_lies_there():
    drawing = PAPER.copy()
    drawing[:, 40:44] = 0
    found = hint_strokes.find(_hints((RED, np.s_[10:12, 30:60])), drawing)
    assert found.sizes.tolist() == [2 * 26] and not ((found.x >= 40) & (found.x < 44)).any()
    assert hint_strokes.find(_hints((RED, np.s_[10:12, 40:43])), drawing).sizes.tolist() == [6]


def test_a_part_of_the_page_has_its_own_positions_and_the_sizes_of_whole_strokes():
    found = hint_strokes.find(_hints((RED, np.s_[10:12, 30:60])), PAPER)
    inside = np.ones((20, 20), bool)
    inside[:, :5] = False
    part = found.within((5, 50, 25, 70), inside)
    assert sorted(zip(part.y.tolist(), part.x.tolist(), strict=True)) == [(y, x) for y in (5, 6) for x in range(5, 10)]
    assert part.sizes.tolist() == [60]


def test_more_colors_than_a_page_has_are_no_strokes_of_their_own(rng):
    """A picture in color was given as hints: the program ends soon."""
    hints = np.dstack([rng.integers(0, 256, (300, 300, 3), dtype=np.uint8), np.full((300, 300), 255, np.uint8)])
    hints[:40, :40] = *RED, 255
    found = hint_strokes.find(hints, np.full((300, 300, 3), 255, np.uint8))
    assert found.kind.max() <= 256 and _number(RED) in found.color

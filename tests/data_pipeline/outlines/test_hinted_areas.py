import numpy as np
import pytest

from data_pipeline.outlines import areas, hint_strokes, hinted_areas

RED, BLUE, GREEN = (200, 30, 40), (20, 60, 220), (10, 200, 90)
TABLE = [[100, 100, 100], [110, 110, 110], [120, 120, 120], [130, 130, 130]]


@pytest.fixture
def drawing():
    """Four areas side by side, of 60 x 39 pixels off lines; the last one ends at the page's edge."""
    drawing = np.full((60, 160, 3), 255, np.uint8)
    drawing[:, [39, 79, 119]] = 0
    return drawing


def _apply(drawing, dots, background=(0, 0, 0, 0)):
    """Applies hints, (color, part) each: (`Hinted`, colors [H, W, 3], background [H, W] as bool)."""
    hints = np.zeros((*drawing.shape[:2], 4), np.uint8)
    for color, part in dots:
        hints[part] = *color, 255
    table = np.uint8([[*color, level] for color, level in zip(TABLE, background, strict=True)])
    result = hinted_areas.apply(areas.find(drawing), table, hint_strokes.find(hints, drawing),
                                areas.paper_of(drawing) > 0)
    return result, result.table[result.labels, :3], result.table[result.labels, 3] > 127


def _is(colors, color):
    return (colors == color).all(axis=-1)


def test_an_area_takes_exactly_the_color_of_its_hint_and_the_others_stay(drawing):
    result, colors, background = _apply(drawing, [(RED, np.s_[30, 50])])
    assert _is(colors[:, 40:79], RED).all() and _is(colors[:, :39], TABLE[0]).all()
    assert _is(colors[:, 80:119], TABLE[2]).all() and _is(colors[:, 120:], TABLE[3]).all()
    assert (result.kinds > 0).tolist() == [False, True, False, False] and not background.any()


def test_of_colors_that_are_alike_the_most_frequent_one_counts(drawing):
    near = RED[0] - 2, RED[1], RED[2] + 1
    dots = [(near, np.s_[20:30, 10:20]), (RED, np.s_[20:30, 20:23]), (RED, np.s_[20:30, 60:63])]
    _, colors, _ = _apply(drawing, dots)
    assert _is(colors[:, :39], near).all() and _is(colors[:, 40:79], RED).all()


def test_an_area_with_hints_of_several_colors_is_divided_by_the_nearest(drawing):
    dots = [(RED, np.s_[9:11, 59]), (BLUE, np.s_[49:51, 59]), (GREEN, np.s_[30, 10])]
    result, colors, _ = _apply(drawing, dots)
    assert _is(colors[:29, 40:79], RED).all() and _is(colors[31:, 40:79], BLUE).all()
    assert _is(colors[:, :39], GREEN).all() and _is(colors[:, 80:119], TABLE[2]).all()
    assert len(result.table) == 5 and (result.kinds > 0).sum() == 3


@pytest.mark.parametrize(('beyond', 'counts'), [(4, False), (5, True)])
def test_a_stroke_that_slips_over_a_line_does_not_color_the_other_side(drawing, beyond, counts):
    """It is 41 + N pixels long and covers no area; the line has one pixel."""
    _, colors, _ = _apply(drawing, [(RED, np.s_[30, :39]), (RED, np.s_[30, 39:40 + beyond])])
    assert _is(colors[:, :39], RED).all()
    assert _is(colors[:, 40:79], RED if counts else TABLE[1]).all()


def test_a_stroke_counts_where_it_covers_a_fifth_of_the_area():
    """The small area has nine rows and columns, and the large stroke covers one column or two."""
    drawing = np.full((60, 160, 3), 255, np.uint8)
    drawing[20:31, 100:111] = 0
    drawing[21:30, 101:110] = 255
    drawing[:, 119] = 0
    drawing[30:, 130] = drawing[30, 130:] = 0  # four areas
    for width, color in ((1, TABLE[2]), (2, RED)):
        _, colors, _ = _apply(drawing, [(RED, np.s_[2:59, 30:100]), (RED, np.s_[21:30, 100:101 + width])])
        assert _is(colors[22:29, 104:109], color).all() and _is(colors[:, :99], RED).all()


def test_a_stroke_on_a_line_counts_for_the_area_next_to_it(drawing):
    drawing[:, 36:40] = 0
    _, colors, _ = _apply(drawing, [(RED, np.s_[20:40, 39])])
    assert _is(colors[:, 40:79], RED).all() and _is(colors[:, :36], TABLE[0]).all()


def test_a_hint_that_holds_a_quarter_of_the_background_colors_all_of_it(drawing):
    """Three areas are background: the first takes the hint, the second has none, the third has another color."""
    dots = [(RED, np.s_[30, 10]), (BLUE, np.s_[30, 90]), (RED, np.s_[30, 140])]
    _, colors, background = _apply(drawing, dots, background=(255, 200, 255, 0))
    assert _is(colors[:, :79], RED).all() and _is(colors[:, 80:119], BLUE).all() and _is(colors[:, 120:], RED).all()
    assert background[:, :79].all() and not background[:, 80:119].any() and background[:, 120:].all()


def test_a_hint_that_holds_less_of_the_background_makes_its_area_foreground(drawing):
    drawing[:, 9] = 0  # the first area has 9 columns of 39 + 39 + 40 + 9 + 29
    table = np.uint8([[*TABLE[0], 255]] * 5)
    hints = np.zeros((60, 160, 4), np.uint8)
    hints[30, 4] = *RED, 255
    result = hinted_areas.apply(areas.find(drawing), table, hint_strokes.find(hints, drawing),
                                areas.paper_of(drawing) > 0)
    assert result.table.tolist() == [[*RED, 0]] + [[*TABLE[0], 255]] * 4
    assert table[0].tolist() == [*TABLE[0], 255]


def test_the_color_with_most_pixels_of_the_background_decides(drawing):
    dots = [(RED, np.s_[20:40, 10:30]), (BLUE, np.s_[30, 50]), (BLUE, np.s_[30, 90])]
    _, colors, background = _apply(drawing, dots, background=(255, 255, 255, 255))
    assert _is(colors[:, 120:], BLUE).all() and not background[:, :39].any() and background[:, 40:].all()


def test_only_pixels_that_are_free_count_for_the_background(drawing):
    free = areas.paper_of(drawing) > 0
    table, hints = np.uint8([[*color, 255] for color in TABLE]), np.zeros((60, 160, 4), np.uint8)
    hints[30, 10] = *RED, 255
    strokes = hint_strokes.find(hints, drawing)
    for left, color in ((0, TABLE[3]), (80, RED)):  # a quarter is 39.25 columns of 157
        free[:, 40:left] = False
        result = hinted_areas.apply(areas.find(drawing), table, strokes, free)
        assert result.table[3, :3].tolist() == list(color)

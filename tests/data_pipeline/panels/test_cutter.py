import pathlib

import cv2
import numpy as np
import pytest

from data_pipeline import synthetic_comic, synthetic_page
from data_pipeline.panels import cutter

_GRID = [(40, 40, 480, 480), (40, 520, 480, 960), (520, 40, 1360, 960)]


def _page(boxes, height, width, gutter, rng):
    """Draws a page of noisy, painted panels in given boxes."""
    page = np.full((height, width, 3), gutter, np.uint8)
    for top, left, bottom, right in boxes:
        color = rng.integers(60, 190, 3)
        page[top:bottom, left:right] = np.clip(rng.normal(color, 12, (bottom - top, right - left, 3)), 30, 225)
    return page


def _line_art(boxes, height, width):
    """Draws a page of framed, white panels with a line across each."""
    page = np.full((height, width, 3), 255, np.uint8)
    for top, left, bottom, right in boxes:
        page[top:bottom, left:right] = 0
        page[top + 4:bottom - 4, left + 4:right - 4] = 255
        page[top + 60:top + 64, left + 40:right - 40] = 0
    return page


def _either(kind, rng):
    return _line_art(_GRID, 1400, 1000) if kind == 'lines' else _page(_GRID, 1400, 1000, 255, rng)


def _same(page, boxes, tolerance):
    found = [panel.box for panel in cutter.find(page)]
    assert len(found) == len(boxes)
    np.testing.assert_allclose(found, boxes, atol=tolerance)


@pytest.mark.parametrize('gutter', [(255, 255, 255), (0, 0, 0), (128, 128, 128), (250, 235, 205), (60, 110, 160)])
def test_nested_rows_and_columns_in_reading_order(rng, gutter):
    boxes = [(40, 40, 400, 960), (440, 40, 760, 480), (440, 520, 580, 960), (620, 520, 760, 960), (800, 40, 1360, 300),
             (800, 340, 1360, 960)]
    page = _page(boxes, 1400, 1000, gutter, rng)
    for top, left, bottom, right in boxes:  # no panel has the gutter's color
        page[top:bottom, left:right] = np.clip(rng.normal((150, 40, 90), 8, (bottom - top, right - left, 3)), 0, 255)
    _same(page, boxes, 3)


def test_a_page_without_gutters_has_no_panels(rng):
    assert cutter.find(_page([(0, 0, 900, 600)], 900, 600, 255, rng)) == []
    assert cutter.find(np.full((300, 200, 3), 255, np.uint8)) == []


def test_one_framed_picture_is_one_panel():
    _same(_line_art([(40, 40, 760, 560)], 800, 600), [(40, 40, 760, 560)], 3)


def test_figures_on_white_paper_are_not_cut_apart(rng):
    y, x = np.mgrid[0:500, 0:500]
    page = np.full((500, 500, 3), 255, np.uint8)
    for cx in (130, 370):
        page[(x - cx) ** 2 + (y - 250) ** 2 < 80 ** 2] = (180, 90, 60)
    assert cutter.find(page) == []


@pytest.mark.parametrize('number', [2, 4, 7])
def test_a_balloon_over_a_figure_is_no_panel(number):
    panel = synthetic_comic.draw_panel(0, 1, number, size=500)
    for picture in (panel.color, np.repeat(panel.line_art[..., None], 3, axis=-1)):
        assert cutter.find(picture) == []


def test_a_webtoon_strip_of_many_screens():
    pictures = [synthetic_comic.draw_panel(3, 1, k, size=300).color for k in range(30)]
    strip = synthetic_comic.draw_strip(pictures, gutter=40)
    assert strip.shape[0] > 10_000
    _same(strip, [(40 + 340 * k, 40, 340 + 340 * k, 340) for k in range(30)], 3)


@pytest.mark.parametrize('size', [256, 700, 1200])
@pytest.mark.parametrize('path', sorted(pathlib.Path('eval/examples/drawings').glob('*.png')), ids=str)
def test_single_drawings_of_any_size_are_not_cut(path, size):
    drawing = cv2.resize(cv2.imread(str(path)), (size, size), interpolation=cv2.INTER_CUBIC)
    assert not cutter.find(drawing)


def test_a_floor_line_thinner_than_a_frame_at_the_edge_of_the_page_is_no_border():
    page = np.full((640, 640, 3), 255, np.uint8)
    cv2.rectangle(page, (0, 0), (639, 639), (0, 0, 0), 9)
    cv2.circle(page, (320, 200), 90, (0, 0, 0), 4)
    page[500:502] = 0
    assert len(cutter.find(page)) <= 1


def test_panels_of_a_drawn_strip_with_wide_gutters():
    strip = synthetic_page.draw_strip(1, 1, width=400, height=6_000)
    found = cutter.find(cv2.cvtColor(strip.line_art, cv2.COLOR_GRAY2RGB))
    assert len(strip.panels) >= 5 and abs(len(found) - len(strip.panels)) <= 1


def test_line_art_panels_with_frames():
    boxes = [(30, 30, 380, 570), (420, 30, 770, 290), (420, 330, 770, 570)]
    _same(_line_art(boxes, 800, 600), boxes, 2)


def test_a_thin_white_line_across_a_picture_is_no_gutter(rng):
    page = _page([(40, 40, 460, 660), (500, 40, 960, 660)], 1000, 700, 255, rng)
    page[250:252, 40:660] = 255
    _same(page, [(40, 40, 460, 660), (500, 40, 960, 660)], 3)


@pytest.mark.parametrize('kind', ['color', 'lines'])
@pytest.mark.parametrize('angle', [-3, 3])
def test_a_page_askew_has_turned_polygons(rng, kind, angle):
    turn = cv2.getRotationMatrix2D((500, 700), angle, .9)
    page = cv2.warpAffine(_either(kind, rng), turn, (1000, 1400), flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    found = cutter.find(page)
    assert len(found) == len(_GRID)
    for panel, (top, left, bottom, right) in zip(found, _GRID, strict=True):
        corners = np.float64([[left, top], [right, top], [right, bottom], [left, bottom]]) @ turn[:, :2].T + turn[:, 2]
        away = np.linalg.norm(panel.polygon[:, None] - corners[None], axis=-1)
        assert away.min(axis=0).max() < 12


def test_a_slanted_gutter_gives_polygons(rng):
    page = np.full((800, 1000, 3), 255, np.uint8)
    for corners in ([[40, 40], [600, 40], [420, 760], [40, 760]], [[640, 40], [960, 40], [960, 760], [460, 760]]):
        cv2.fillPoly(page, [np.int32(corners)], rng.integers(60, 190, 3).tolist())
    left, right = cutter.find(page)
    np.testing.assert_allclose([left.box, right.box], [(40, 40, 760, 600), (40, 460, 760, 960)], atol=8)
    assert cv2.contourArea(left.polygon) == pytest.approx(720 * 470, rel=.03)


@pytest.mark.parametrize('kind', ['color', 'lines'])
@pytest.mark.parametrize('center, half, color', [((500, 200), (90, 50), (255, 255, 255)),
                                                 ((690, 500), (260, 90), (200, 120, 90))], ids=['balloon', 'figure'])
def test_a_balloon_or_a_figure_over_more_than_half_of_a_gutter_does_not_join_panels(rng, kind, center, half, color):
    page = _either(kind, rng)
    cv2.ellipse(page, center, half, 0, 0, 360, color, -1)
    cv2.ellipse(page, center, half, 0, 0, 360, (0, 0, 0), 4)
    _same(page, _GRID, 12)


def test_panels_that_share_a_border_line(rng):
    page = _line_art([(40, 40, 760, 560)], 800, 600)
    page[398:402, 40:560] = 0
    _same(page, [(40, 40, 400, 560), (400, 40, 760, 560)], 4)


def test_panels_of_a_page_askew_that_share_a_border_line():
    page = _line_art([(40, 40, 760, 560)], 800, 600)
    page[398:402, 40:560] = 0
    turn = cv2.getRotationMatrix2D((300, 400), 2, .9)
    page = cv2.warpAffine(page, turn, (600, 800), flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    assert len(cutter.find(page)) == 2


def test_a_floor_line_with_a_figure_is_no_border():
    page = _line_art([(40, 40, 760, 560)], 800, 600)
    page[398:400, 40:560] = 0
    cv2.circle(page, (300, 400), 70, (0, 0, 0), 4)
    cv2.circle(page, (300, 400), 67, (255, 255, 255), -1)
    _same(page, [(40, 40, 760, 560)], 3)


def test_a_framed_inset_is_a_panel_after_the_one_around_it():
    page = _line_art([(40, 40, 760, 560)], 800, 600)
    page[300:600, 150:450] = 0
    page[304:596, 154:446] = 255
    _same(page, [(40, 40, 760, 560), (300, 150, 600, 450)], 5)


def test_a_frameless_drawing_beside_framed_ones_is_a_panel():
    page = _line_art([(40, 40, 380, 560)], 800, 600)
    cv2.circle(page, (300, 580), 160, (0, 0, 0), 4)
    _same(page, [(40, 40, 380, 560), (418, 138, 743, 463)], 8)


def test_a_balloon_alone_in_a_gutter_is_no_panel():
    boxes = [(40, 40, 340, 560), (460, 40, 760, 560)]
    page = _line_art(boxes, 800, 600)
    cv2.ellipse(page, (300, 400), (60, 25), 0, 0, 360, (0, 0, 0), 3)
    _same(page, boxes, 3)


def test_a_double_page_is_read_in_rows(rng):
    boxes = [(40, 40, 660, 480), (40, 520, 660, 960)]
    _same(_page(boxes, 700, 1000, 255, rng), boxes, 3)


def test_what_lies_outside_of_a_polygon_is_white_in_a_crop():
    panel = cutter.Panel((10, 10, 30, 30), np.int32([[10, 10], [30, 10], [10, 30]]))
    crop = cutter.crop(np.zeros((40, 40, 3), np.uint8), panel)
    assert crop.shape == (20, 20, 3) and not crop[2, 2].any() and (crop[18, 18] == 255).all()


@pytest.mark.parametrize('askew', [0., 2.5])
def test_panels_that_run_off_a_page_with_colored_gutters(askew):
    page = synthetic_page.draw_page(501, 9, width=700, layout='bleed', askew=askew, gutter='cream')
    assert len(cutter.find(page.color)) == len(page.panels)


@pytest.mark.parametrize('boxes', [
    [(40, 40, 260, 290), (40, 310, 260, 560), (290, -20, 510, 620), (540, 40, 760, 560)],
    [(-20, -20, 380, 290), (-20, 310, 380, 620), (400, 40, 760, 290), (400, 310, 760, 560)]], ids=['band', 'top'])
def test_panels_of_line_art_that_run_off_a_page(boxes):
    page = np.full((800, 600, 3), 255, np.uint8)
    for top, left, bottom, right in boxes:
        cv2.rectangle(page, (left, top), (right, bottom), (0, 0, 0), 3)
        cv2.circle(page, ((left + right) // 2, (top + bottom) // 2), 70, (0, 0, 0), 3)
    _same(page, np.clip(boxes, 0, (800, 600, 800, 600)), 5)


def test_a_gradient_is_no_gutter():
    panel = synthetic_comic.draw_panel(0, 1, 13, background='gradient', size=512)
    assert cutter.find(panel.color) == []


def test_an_inset_on_a_dark_panel():
    boxes = [(40, 40, 760, 560), (300, 150, 600, 450)]
    page = np.full((800, 600, 3), 255, np.uint8)
    for (top, left, bottom, right), color in zip(boxes, ((110, 20, 30), (20, 30, 120)), strict=True):
        page[top:bottom, left:right] = (38, 32, 44)
        page[top + 3:bottom - 3, left + 3:right - 3] = color
    _same(page, boxes, 5)


def test_a_striped_shirt_is_no_inset():
    page = _line_art([(40, 40, 760, 560)], 800, 600)
    page[300:600, 150:450] = 0
    page[304:596, 154:446] = 255
    for top in range(350, 600, 50):
        page[top:top + 4, 150:450] = 0
    _same(page, [(40, 40, 760, 560)], 5)


def test_drawings_without_frames_between_straight_gutters_are_panels():
    boxes = [(30, 40, 310, 560), (330, 40, 770, 290), (330, 310, 770, 560)]
    page = np.full((800, 600, 3), 255, np.uint8)
    for top, left, bottom, right in boxes:
        middle, axes = ((left + right) // 2, (top + bottom) // 2), ((right - left) // 2, (bottom - top) // 2)
        cv2.ellipse(page, middle, axes, 0, 0, 360, (0, 0, 0), 3)
    _same(page, boxes, 3)


def test_panels_with_rounded_corners(rng):
    page = _page([(40, 40, 380, 960)], 800, 1000, 255, rng)
    outlines = ([[40, 420], [400, 420], [420, 460], [300, 700], [160, 700], [80, 670], [40, 600]],
                [[440, 470], [500, 490], [700, 490], [740, 720], [320, 710]],
                [[720, 490], [840, 490], [920, 520], [960, 590], [960, 760], [780, 760], [760, 720]])
    for outline in outlines:
        cv2.fillPoly(page, [np.int32(outline)], rng.integers(60, 190, 3).tolist())
    boxes = [(40, 40, 380, 960)] + [(y0, x0, y1, x1) for (x0, y0), (x1, y1) in (
        (np.min(outline, axis=0), np.max(outline, axis=0)) for outline in outlines)]
    _same(page, boxes, 5)


def test_a_drawing_without_a_frame_that_sticks_out_of_a_panel_is_another_one(rng):
    page = _page([(40, 40, 480, 560)], 800, 600, 255, rng)
    cv2.ellipse(page, (300, 600), (90, 160), 0, 0, 360, (120, 60, 30), -1)
    _same(page, [(40, 40, 480, 560), (480, 210, 760, 390)], 16)


def test_few_things_on_white_paper_are_no_panel_where_a_frame_has_gaps():
    boxes = [(40, 40, 380, 560), (420, 40, 760, 560)]
    page = _line_art(boxes, 800, 600)
    page[480:484, 80:520] = 255
    page[580:760, 40:560] = 120
    page[440:520, 40:44] = page[560:576, 556:560] = 255
    cv2.line(page, (60, 450), (530, 560), (0, 0, 0), 3)
    _same(page, boxes, 3)


def test_an_inset_over_the_edge_of_its_panel():
    boxes = [(40, 40, 480, 560), (370, 150, 492, 290), (490, 40, 760, 560)]
    page = _line_art(boxes, 800, 600)
    page[370:492, 150:290] = 0
    page[374:488, 154:286] = 255
    _same(page, boxes, 4)


def test_panels_of_a_strip_whose_colored_gutters_are_wide_and_cut_by_panels_that_run_off_it(rng):
    boxes = [(200 + 700 * k, 0 if k % 2 else 40, 420 + 700 * k, 400 if k % 2 else 360) for k in range(5)]
    _same(_page(boxes, 3_600, 400, (160, 220, 120), rng), boxes, 3)


def test_panels_with_white_skies_end_in_straight_edges_beside_thin_gutters(rng):
    boxes = [(40, 40, 480, 960), (500, 40, 900, 300), (500, 320, 900, 640), (500, 660, 900, 960)]
    page = _page(boxes, 940, 1000, 255, rng)
    page[500:700, 170:550] = page[500:840, 550:790] = page[500:700, 790:880] = 255  # only a part is left at gutters
    _same(page, boxes, 3)


def test_a_panel_of_which_one_side_is_white_goes_on_to_the_margin():
    boxes = [(40, 40, 380, 560), (420, 40, 760, 560)]
    page = _line_art(boxes, 800, 600)
    page[420:760, 400:560] = 255
    _same(page, boxes, 3)


def test_thin_lines_that_stick_out_of_a_drawing_without_a_frame_belong_to_it():
    page = _line_art([(40, 40, 380, 560)], 800, 600)
    cv2.circle(page, (300, 620), 120, (0, 0, 0), 4)
    page[430:510, 299:301] = 0
    _same(page, [(40, 40, 380, 560), (430, 178, 743, 423)], 3)


def test_an_inset_with_something_dark_beside_its_frame():
    boxes = [(40, 40, 760, 560), (300, 150, 600, 450)]
    page = np.full((800, 600, 3), 255, np.uint8)
    for top, left, bottom, right in boxes:
        page[top:bottom, left:right] = 70
        page[top + 4:bottom - 4, left + 4:right - 4] = 255
    page[580:596, 154:446] = page[600:620, 150:450] = 102
    _same(page, boxes, 5)


def test_a_window_whose_frame_is_thicker_than_that_of_the_panel_is_no_inset():
    page = np.full((800, 600, 3), 255, np.uint8)
    cv2.rectangle(page, (40, 40), (559, 759), (0, 0, 0), 1)
    page[300:500, 150:350] = 0
    page[304:496, 154:346] = 255
    _same(page, [(40, 40, 760, 560)], 5)


def test_a_panel_cut_out_along_its_frame_is_not_cut_at_a_horizon_under_which_nothing_is():
    page = np.full((600, 800, 3), 255, np.uint8)
    page[:6] = page[-6:] = page[:, :6] = page[:, -6:] = page[300:306] = 0
    cv2.circle(page, (400, 160), 80, (0, 0, 0), 4)
    assert len(cutter.find(page)) <= 1


def test_panels_with_torn_edges_are_found_beside_others(rng):
    page = _page(_GRID, 1400, 1000, 255, rng)
    for sign, (x, y) in ((1, (40, 520)), (-1, (960, 1360))):  # they cut off two corners of the last panel
        torn = [(x + sign * (420 - 40 * k + 50 * (k % 2)), y + sign * 40 * (k - 1)) for k in range(14)]
        cv2.polylines(page, [np.int32(torn)], False, (255, 255, 255), 14)
    boxes = [panel.box for panel in cutter.find(page)]
    assert len(boxes) == 5
    corners = [(520, 40, 925, 450), (955, 550, 1360, 960)]
    for box in (*_GRID, *corners):
        assert min(np.abs(np.subtract(box, other)).max() for other in boxes) <= 8

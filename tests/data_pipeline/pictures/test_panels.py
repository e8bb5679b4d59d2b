import numpy as np
import pytest

from data_pipeline import synthetic_comic
from data_pipeline.pictures import panels


def _page(boxes, height, width, gutter, rng):
    """Draws a page of noisy, painted panels in given boxes."""
    page = np.full((height, width, 3), gutter, np.uint8)
    for top, left, bottom, right in boxes:
        color = rng.integers(60, 190, 3)
        page[top:bottom, left:right] = np.clip(rng.normal(color, 12, (bottom - top, right - left, 3)), 30, 225)
    return page


def _same(found, boxes, tolerance):
    assert len(found) == len(boxes)
    np.testing.assert_allclose(found, boxes, atol=tolerance)


@pytest.mark.parametrize('gutter', [255, 0])
def test_nested_rows_and_columns_in_reading_order(rng, gutter):
    boxes = [(40, 40, 400, 960), (440, 40, 760, 480), (440, 520, 580, 960), (620, 520, 760, 960), (800, 40, 1360, 300),
             (800, 340, 1360, 960)]
    _same(panels.find(_page(boxes, 1400, 1000, gutter, rng)), boxes, 3)


def test_a_grid_is_read_row_by_row(rng):
    boxes = [(40, 40, 480, 480), (40, 520, 480, 960), (520, 40, 960, 480), (520, 520, 960, 960)]
    _same(panels.find(_page(boxes, 1000, 1000, 255, rng)), boxes, 3)


def test_a_page_without_gutters_is_one_panel(rng):
    assert panels.find(_page([(0, 0, 900, 600)], 900, 600, 255, rng)) == [(0, 0, 900, 600)]
    assert panels.find(np.full((300, 200, 3), 255, np.uint8)) == [(0, 0, 300, 200)]


def test_figures_on_white_paper_are_not_cut_apart(rng):
    y, x = np.mgrid[0:500, 0:500]
    page = np.full((500, 500, 3), 255, np.uint8)
    for cx in (130, 370):
        page[(x - cx) ** 2 + (y - 250) ** 2 < 80 ** 2] = (180, 90, 60)
    assert panels.find(page) == [(0, 0, 500, 500)]


def test_a_webtoon_strip_of_many_screens(rng):
    pictures = [synthetic_comic.draw_panel(3, 1, k, size=300).color for k in range(30)]
    strip = synthetic_comic.draw_strip(pictures, gutter=40)
    assert strip.shape[0] > 10_000
    _same(panels.find(strip), [(40 + 340 * k, 40, 340 + 340 * k, 340) for k in range(30)], 3)


def test_line_art_panels_with_frames():
    page = np.full((800, 600, 3), 255, np.uint8)
    boxes = [(30, 30, 380, 570), (420, 30, 770, 290), (420, 330, 770, 570)]
    for top, left, bottom, right in boxes:
        page[top:bottom, left:right] = 0
        page[top + 4:bottom - 4, left + 4:right - 4] = 255
        page[top + 60:top + 64, left + 40:right - 40] = 0
    _same(panels.find(page), boxes, 2)


def test_a_thin_white_line_across_a_picture_is_no_gutter(rng):
    page = _page([(40, 40, 460, 660), (500, 40, 960, 660)], 1000, 700, 255, rng)
    page[250:252, 40:660] = 255
    _same(panels.find(page), [(40, 40, 460, 660), (500, 40, 960, 660)], 3)

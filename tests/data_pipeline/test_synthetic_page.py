"""Drawn pages and strips are what their maps and polygons say."""

import dataclasses
import functools
import tracemalloc

import cv2
import numpy as np
import pytest

from data_pipeline import synthetic_page
from data_pipeline.drawn import canvas

KINDS = [(layout, askew) for layout in synthetic_page.LAYOUTS for askew in (0., 2.)] + [('strip', 0.)]
APART = [kind for kind in KINDS if kind[0] not in ('overlap', 'strip')]  # nothing overlaps their gutters
FRAMED = [kind for kind in APART if kind[0] not in ('frameless', 'bleed')]
_UPRIGHT = 3  # pixels that the corners of an upright side may differ


@functools.lru_cache
def drawn(layout, askew=0., number=4, **options):
    """A page (or a strip) without tints, so that each area has one color."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canvas.Canvas, 'tint', lambda self, points, color: None)
        if layout == 'strip':
            return synthetic_page.draw_strip(3, number, width=240, height=2_000)
        return synthetic_page.draw_page(3, number, layout=layout, askew=askew, **{'width': 512, **options})


@pytest.mark.parametrize('draw', [
    lambda number: synthetic_page.draw_page(1, number, width=300, askew=1.),
    lambda number: synthetic_page.draw_strip(1, number, width=200, height=900)], ids=['page', 'strip'])
def test_a_page_depends_on_its_arguments_only(draw):
    one, other, two = draw(5), draw(6), draw(5)
    for a, b in zip(dataclasses.astuple(one), dataclasses.astuple(two), strict=True):
        np.testing.assert_equal(a, b)
    assert (one.color != other.color).any()


@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_a_region_has_one_color_and_no_ink(kind):
    page = drawn(*kind)
    inside = page.regions > 0
    order = np.argsort(page.regions[inside], kind='stable')
    numbers, colors = page.regions[inside][order], page.color[inside][order].astype(int)
    first = np.flatnonzero(np.diff(numbers, prepend=0))
    assert len(first) > 10
    assert (np.maximum.reduceat(colors, first) - np.minimum.reduceat(colors, first)).max() <= 2
    assert (page.line_art[inside] == 255).all()


@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_a_region_is_one_piece_and_touches_no_other(kind):
    regions = drawn(*kind).regions
    count, pieces = cv2.connectedComponents(np.uint8(regions > 0), connectivity=4)
    assert count - 1 == len(np.unique(np.stack([pieces, regions], -1)[regions > 0], axis=0)) == regions.max()


@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_balloons_are_white_with_letters_up_to_their_outlines(kind):
    page = drawn(*kind)
    assert page.balloons.max() >= 1
    for number in range(1, page.balloons.max() + 1):
        balloon = page.balloons == number
        paper = balloon & (page.line_art == 255)
        assert cv2.connectedComponents(np.uint8(balloon))[0] == 2  # one piece
        assert (page.color[paper] == 255).all()
        assert .02 < (balloon & (page.line_art < 128)).sum() / balloon.sum() < .4
        around = (cv2.dilate(np.uint8(balloon), np.uint8([[0, 1, 0], [1, 1, 1], [0, 1, 0]])) > 0) & ~balloon
        assert (page.line_art[around] < 255).all()
        assert (page.line_art[balloon & (cv2.erode(np.uint8(balloon), np.ones((3, 3), np.uint8)) == 0)] == 255).all()


@pytest.mark.parametrize('kind', APART, ids=str)
def test_panels_enclose_their_art_and_gutters_have_one_color(kind):
    page = drawn(*kind)
    outside = ~_inside(page.panels, page)
    for picture in (page.color, page.line_art[..., None]):
        assert outside.sum() < 100 or np.ptp(picture[outside], axis=0).max() == 0
    assert not page.background[outside].any() and not page.regions[outside].any()


@pytest.mark.parametrize('kind', FRAMED, ids=str)
def test_panels_end_at_their_frames(kind):
    page = drawn(*kind)
    for polygon in page.panels:
        assert _rim_ink(page, polygon) > .2  # a frame of 1.5 pixels in a rim of 5


@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_the_background_is_part_of_the_panels_and_no_balloon(kind):
    page = drawn(*kind)
    assert not page.background[page.balloons > 0].any()
    for polygon in page.panels:
        assert .04 < page.background[_inside([polygon], page)].mean() < .98


@pytest.mark.parametrize('number', [1, 2, 3, 4])
@pytest.mark.parametrize('layout', [*synthetic_page.LAYOUTS, 'strip'])
def test_panels_are_in_reading_order(layout, number):
    polygons = drawn(layout, number=number).panels
    for k, polygon in enumerate(polygons):
        left, top, right, bottom = core = _core(polygon)
        for earlier in polygons[:k]:
            earlier_left, earlier_top, earlier_right, earlier_bottom = _core(earlier)
            if _within(core, _box(earlier)) > .3:  # an inset comes after the panel it lies on
                continue
            assert _within(_core(earlier), _box(polygon)) < .3
            beside, below = top < earlier_bottom and earlier_top < bottom, left < earlier_right and earlier_left < right
            assert not beside or below or earlier_right <= left
            assert not below or beside or earlier_bottom <= top


@pytest.mark.parametrize('layout', ['grid', 'rows', 'abutting', 'floor', 'overlap'])
def test_rows_are_read_from_the_top_and_each_from_the_left(layout):
    corners = [tuple(polygon.min(axis=0)[::-1]) for polygon in drawn(layout).panels]
    assert corners == sorted(corners)


def test_layouts_show_what_they_are_named_after():
    pages = {layout: drawn(layout) for layout in synthetic_page.LAYOUTS}
    boxes = {name: [_box(polygon) for polygon in page.panels] for name, page in pages.items()}
    assert len({tuple(np.round(np.ptp(polygon, axis=0) / 4)) for polygon in pages['grid'].panels}) == 1
    assert len({bottom - top for _, top, _, bottom in boxes['rows']}) > 1
    assert any(sum(abs(high[1] - low[1]) + abs(high[3] - low[3]) > 50 and high[1] <= low[1] and low[3] <= high[3]
                   for low in boxes['columns']) >= 2 for high in boxes['columns'])
    assert any(_slant(polygon) > _UPRIGHT for polygon in pages['slanted'].panels)
    assert all(_slant(polygon) == 0 for name, page in pages.items() if name != 'slanted' for polygon in page.panels)
    assert _covered(pages['abutting']) > _box_share(pages['abutting']) - .01
    assert _covered(pages['grid']) < _box_share(pages['grid']) - .02
    assert min(_rim_ink(pages['frameless'], polygon) for polygon in pages['frameless'].panels) < .15
    assert any(_within(small, large) > .5 for small in boxes['inset'] for large in boxes['inset'] if small != large)
    page = pages['overlap']
    assert (page.regions[~_inside(page.panels, page)] > 0).sum() > 50
    assert all(_lines_across(pages['floor'], polygon) for polygon in pages['floor'].panels)
    assert any(left == 0 and right == 512 for left, _, right, _ in boxes['bleed'])
    assert pages['spread'].color.shape[1] > pages['spread'].color.shape[0]


def test_a_page_askew_turns_clockwise_with_its_panels():
    straight, askew = drawn('grid'), drawn('grid', askew=2.)
    turn = cv2.getRotationMatrix2D((256, straight.line_art.shape[0] / 2), -2, 1.)
    assert len(straight.panels) == len(askew.panels)
    for before, after in zip(straight.panels, askew.panels, strict=True):
        assert np.abs(before @ turn[:, :2].T + turn[:, 2] - after).max() < 4
        assert after[1, 1] > after[0, 1] and after[3, 0] < after[0, 0]


@pytest.mark.parametrize('gutter', synthetic_page.GUTTERS)
def test_gutters_have_the_color_that_is_asked_for(gutter):
    page = drawn('grid', gutter=gutter, width=300)
    color, line = page.color[0, 0].astype(int), page.line_art[0, 0]
    assert line == (0 if gutter == 'inked' else 255)
    assert (color.min() == 255) == (gutter == 'white')
    assert (color.max() < 60) == (gutter in ('black', 'inked'))
    assert (np.ptp(color) < 15) == (gutter in ('white', 'gray', 'black', 'inked'))


@pytest.mark.parametrize('width, thinnest, thickest', [(256, 1.4, 2.2), (512, 1.4, 2.2), (1600, 3., 4.5)])
def test_lines_follow_the_size_of_the_page(width, thinnest, thickest):
    page = drawn('floor', width=width, gutter='white')
    left, top, _, bottom = _box(page.panels[0])
    middle = (top + bottom) // 2
    ink = 1 - page.line_art[top + 20:middle, max(0, left - 6):left + 7] / 255
    assert thinnest < np.median(ink.sum(axis=1)) < thickest


def test_double_pages_come_by_chance_only_where_they_fit():
    for number in range(6):
        page = synthetic_page.draw_page(0, number, width=256, height=180)
        assert page.color.shape == (180, 256, 3)
        spread = synthetic_page.draw_page(0, number, width=256, height=180, layout='spread')
        np.testing.assert_array_equal(page.color, spread.color)
        assert synthetic_page.draw_page(0, number, width=128).color.shape == (183, 128, 3)


@pytest.mark.parametrize('background, even', [('flat', True), ('gradient', False), ('patterned', False)])
def test_grounds_are_of_the_kind_that_is_asked_for(background, even):
    page = drawn('grid', background=background, width=300)
    largest = np.bincount(page.regions[page.background & (page.regions > 0)]).argmax()
    assert (np.ptp(page.color[page.regions == largest].astype(int), axis=0).max() <= 2) == even


def test_a_strip_needs_little_memory_beyond_its_result():
    synthetic_page.draw_strip(0, 1, width=100, height=300)  # what is kept between calls
    tracemalloc.start()
    strip = synthetic_page.draw_strip(0, 1, width=200, height=6_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    result = sum(getattr(strip, name).nbytes for name in ('color', 'line_art', 'background', 'regions', 'balloons'))
    assert strip.color.shape == (6_000, 200, 3)
    assert len(strip.panels) > 15
    assert peak < 1.4 * result


def test_panels_of_a_strip_have_different_heights():
    heights = [bottom - top for _, top, _, bottom in map(_box, drawn('strip').panels)]
    assert max(heights) > 1.3 * min(heights)


def _box(polygon):
    return (*map(int, polygon.min(axis=0)), *map(int, polygon.max(axis=0)))


def _core(polygon):
    """The middle of a polygon's box, which slanted neighbors do not reach."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return (*(low + .25 * (high - low)), *(high - .25 * (high - low)))


def _inside(polygons, page):
    """The pixels whose centers lie in the polygons, or on their edges: bool [H, W]."""
    mask = np.zeros(page.line_art.shape, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [polygon * 16 - 8], 1, shift=4)
    return mask > 0


def _rim_ink(page, polygon):
    """The share of ink in the outer 5 pixels of a panel."""
    panel = np.uint8(_inside([polygon], page))
    rim = panel - cv2.erode(panel, np.ones((11, 11), np.uint8), borderValue=0)
    return (page.line_art[rim > 0] < 128).mean()


def _slant(polygon):
    return max(min(abs(a - b)) for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True))


def _covered(page):
    return _inside(page.panels, page).mean()


def _box_share(page):
    low, high = (getattr(np.concatenate(page.panels), name)(axis=0) for name in ('min', 'max'))
    return np.prod(high - low) / page.line_art.size


def _within(small, large):
    """The share of a box that lies within another."""
    low, high = np.maximum(small[:2], large[:2]), np.minimum(small[2:], large[2:])
    return np.prod(np.maximum(0, high - low)) / np.prod(np.subtract(small[2:], small[:2]))


def _lines_across(page, polygon):
    """Whether the ground of a panel has two parts, one above the other, on both sides of the panel."""
    left, top, right, bottom = _box(polygon)
    columns = [page.line_art[top + 8:bottom - 8, x] < 128 for x in (left + 6, right - 7)]
    return all(column[len(column) // 3:].any() for column in columns)

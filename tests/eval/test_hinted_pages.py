"""Hints lie where the drawing lies, in the networks' squares as in the page, and color areas exactly."""

import cv2
import numpy as np
import pytest

from data_pipeline import synthetic_page
from data_pipeline.outlines.outline import PAPER
from data_pipeline.panels import cutter
from eval import page_colors

WHITE = [255.] * 3
RED, BLUE = (200, 30, 41), (20, 61, 220)


def _rgb(lines):
    return np.repeat(lines[..., None], 3, axis=-1)


def _hints(shape, *dots):
    """Draws hints, (color, part of the page) each."""
    hints = np.zeros((*shape[:2], 4), np.uint8)
    for color, part in dots:
        hints[part] = *color, 255
    return hints


def _together(drawn, background=0, size=256):
    """Puts a page together that a system colored with one green, as background or not."""
    results = [{'image': np.full((size, size, 3), (90, 150, 90 + k), np.uint8),
                'background_mask': np.full((size, size), background, np.uint8)} for k in range(len(drawn.squares))]
    return page_colors.put_together(drawn, results)


def _is(colors, color):
    return (colors == color).all(axis=-1)


@pytest.fixture(scope='module')
def page():
    return synthetic_page.draw_page(3, 2, width=600, layout='grid', gutter='white')


@pytest.fixture(scope='module')
def drawing(page):
    return _rgb(page.line_art)


@pytest.fixture(scope='module')
def plain(drawing):
    return _together(page_colors.take_apart(drawing, WHITE, 256))


def _regions(page):
    """The areas of a page without its balloons, by size: list of masks."""
    numbers = np.where(page.balloons > 0, 0, page.regions)
    sizes = np.bincount(numbers.ravel())
    sizes[0] = 0
    return [numbers == k for k in np.argsort(-sizes)[:int((sizes > 150).sum())]]


def _middle(mask):
    """The pixel of an area that is farthest from its lines: (row, column)."""
    away = cv2.distanceTransform(np.pad(np.uint8(mask), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return np.unravel_index(away.argmax(), away.shape)


def test_squares_see_hints_where_they_see_the_drawing(drawing):
    """Strokes of the drawing are hints as well: they must cover each other in every square."""
    hints = np.dstack([np.full(drawing.shape, RED, np.uint8), np.uint8(drawing[..., 0] < 128) * 255])
    drawn = page_colors.take_apart(drawing, WHITE, 256, hints=hints)
    for part in drawn.squares:
        given = part.hints[..., 3] > 0
        assert (part.hints[given] == (*RED, 255)).all()
        assert (part.fitted[given] < 255).mean() > .98 and given[part.fitted < 60].mean() > .95


def test_a_dot_of_one_pixel_reaches_its_square_alone(page, drawing):
    y, x = _middle(_regions(page)[3])
    drawn = page_colors.take_apart(drawing, WHITE, 256, hints=_hints(drawing.shape, (RED, (y, x))))
    hinted = [part for part in drawn.squares if part.hints is not None]
    assert 0 < len(hinted) < len(drawn.squares)
    for part in hinted:
        top, left, bottom, right = part.box
        assert top <= y < bottom and left <= x < right
        assert part.hints[part.hints[..., 3] > 0].max(axis=0).tolist() == [*RED, 255]


def test_every_area_takes_exactly_its_hint_and_nothing_else_changes(page, drawing, plain):
    regions = _regions(page)
    assert len(regions) > 24
    for mask in regions[:25:6]:
        colored = _together(page_colors.take_apart(
            drawing, WHITE, 256, hints=_hints(drawing.shape, (RED, _middle(mask)))))
        inner = mask & (drawing[..., 0] == PAPER)
        assert _is(colored.colors[inner], RED).mean() > .995
        changed = (colored.colors != plain.colors).any(axis=-1)
        assert changed[inner].mean() > .995
        # Faint lines bound no area, so crumbs beside it may be one with it.
        assert (changed & (page.regions > 0) & ~mask).sum() < .01 * mask.sum()
        np.testing.assert_array_equal(colored.background, plain.background)
        np.testing.assert_array_equal(colored.paper, plain.paper)


def test_hints_outside_of_panels_do_nothing(page, drawing, plain):
    outside = np.ones(page.line_art.shape, np.uint8)
    for polygon in page.panels:
        outside[cv2.fillPoly(np.zeros_like(outside), [np.int32(polygon)], 1) > 0] = 0
    hints = _hints(drawing.shape, (RED, cv2.erode(outside, np.ones((7, 7), np.uint8)) > 0))
    drawn = page_colors.take_apart(drawing, WHITE, 256, hints=hints)
    assert all(part.hints is None for part in drawn.squares)
    np.testing.assert_array_equal(_together(drawn).colors, plain.colors)


def test_what_lies_in_the_box_of_a_panel_but_not_in_its_polygon_has_no_hints(monkeypatch):
    corners = np.int32([[0, 0], [300, 0], [0, 300]])
    monkeypatch.setattr(cutter, 'find', lambda _: [cutter.Panel((0, 0, 300, 300), corners)])
    lines = np.full((300, 300, 3), 255, np.uint8)
    lines[100, 40:120] = 0
    drawn = page_colors.take_apart(lines, WHITE, 256, hints=_hints(lines.shape, (RED, np.s_[250:260, 250:260])))
    assert drawn.squares[0].hints is None
    assert not _is(_together(drawn).colors, RED).any()


def test_a_balloon_stays_white_unless_a_hint_lies_in_it(page, drawing, plain):
    balloons = [page.balloons == k for k in range(1, page.balloons.max() + 1)]
    balloon = max(balloons, key=np.count_nonzero)
    dot = _middle(balloon & (cv2.erode(drawing, np.ones((5, 5), np.uint8))[..., 0] == PAPER))
    colored = _together(page_colors.take_apart(drawing, WHITE, 256, hints=_hints(drawing.shape, (RED, dot))))
    assert _is(colored.colors[balloon], RED).mean() > .99 and not colored.paper[balloon].all()
    assert not colored.background[balloon].any()
    others = (page.balloons > 0) & ~balloon
    assert others.any() and _is(colored.colors[others], PAPER).mean() > .99
    assert not (_is(colored.colors, RED) & (page.regions > 0) & ~balloon).any()


def test_a_hint_in_a_balloon_says_nothing_of_the_background(monkeypatch):
    """The balloon is the left half, and the networks take all for background."""
    lines = np.full((300, 300, 3), 255, np.uint8)
    lines[:, 149:151] = 0
    left = np.zeros((300, 300), bool)
    left[:, :149] = True
    monkeypatch.setattr('data_pipeline.outlines.balloons.find', lambda _: left)
    drawn = page_colors.take_apart(lines, WHITE, 256, whole=True, hints=_hints(lines.shape, (RED, np.s_[50, 50])))
    colored = _together(drawn, background=PAPER)
    assert _is(colored.colors[left], RED).all() and not _is(colored.colors[~left], RED).any()
    assert not colored.background[left].any() and (colored.background[:, 151:] == PAPER).all()
    assert not colored.paper.any()


def test_a_stroke_that_slips_out_of_a_balloon_colors_the_balloon_alone(page, drawing):
    balloon = max((page.balloons == k for k in range(1, page.balloons.max() + 1)), key=np.count_nonzero)
    near = cv2.dilate(np.uint8(balloon), np.ones((9, 9), np.uint8)) > 0
    rows = np.flatnonzero(balloon.any(axis=1))
    beyond = near & ~balloon & (np.arange(len(near))[:, None] < rows[0])  # above it
    assert beyond.any() and beyond.sum() < .05 * balloon.sum()
    colored = _together(page_colors.take_apart(
        drawing, WHITE, 256, hints=_hints(drawing.shape, (RED, balloon | beyond))))
    assert _is(colored.colors[balloon], RED).mean() > .99
    assert not (_is(colored.colors, RED) & (page.regions > 0) & ~near).any()


def test_a_stroke_that_slips_into_the_next_panel_does_not_color_it():
    lines = np.full((400, 600, 3), 255, np.uint8)
    for left in (20, 310):
        cv2.rectangle(lines, (left, 20), (left + 270, 380), (0, 0, 0), 3)
        cv2.circle(lines, (left + 135, 320), 30, (0, 0, 0), 3)
    drawn = page_colors.take_apart(lines, WHITE, 256, hints=_hints(lines.shape, (RED, np.s_[100:106, 40:325])))
    assert len(drawn.panels) == 2
    colors = _together(drawn).colors
    assert _is(colors[30:250, 30:280], RED).all() and not _is(colors[:, 310:], RED).any()


def test_a_long_panel_has_one_background_also_if_one_square_alone_has_the_hint():
    """The background is four areas above the line; the hint lies in the first of them."""
    lines = np.full((200, 800, 3), 255, np.uint8)
    lines[150:153] = 0
    lines[:150, [260, 500, 600]] = 0
    drawn = page_colors.take_apart(lines, WHITE, 256, whole=True, hints=_hints(lines.shape, (RED, np.s_[50:53, 50:53])))
    assert [part.hints is None for part in drawn.squares] == [False] + [True] * (len(drawn.squares) - 1)
    assert len(drawn.squares) > 2
    results = []
    for part in drawn.squares:
        mask = np.zeros((256, 256), np.uint8)
        mask[:round(256 * .5 + (150 / 200 - .5) * 200 * 256 / (part.box[3] - part.box[1]))] = PAPER
        results.append({'image': np.full((256, 256, 3), BLUE, np.uint8), 'background_mask': mask})
    colored = page_colors.put_together(drawn, results)
    assert _is(colored.colors[:149], RED).mean() > .99 and _is(colored.colors[155:], BLUE).all()
    assert colored.background[:149].mean() > 250 and not colored.background[155:].any()

import cv2
import numpy as np
import pytest

from data_pipeline import synthetic_page
from data_pipeline.outlines.outline import PAPER
from eval import page_colors

WHITE = [255.] * 3


def _gray_to_rgb(lines):
    return np.repeat(lines[..., None], 3, axis=-1)


def _results(drawn, colors, size=256):
    """What a system returns that colors every square with one color of its panel, and its left half as background."""
    mask = np.zeros((size, size), np.uint8)
    mask[:, :size // 2] = 255
    return [{'image': np.full((size, size, 3), colors[part.panel], np.uint8), 'background_mask': mask,
             'low_res': np.full((32, 32, 3), colors[part.panel], np.uint8)} for part in drawn.squares]


@pytest.fixture(scope='module')
def page():
    return synthetic_page.draw_page(3, 2, width=600, layout='grid', gutter='white')


@pytest.fixture(scope='module')
def drawn(page):
    return page_colors.take_apart(_gray_to_rgb(page.line_art), WHITE, 256)


def test_each_panel_is_colored_by_itself_and_what_lies_outside_stays_paper(page, drawn):
    assert len(drawn.panels) == len(page.panels) and drawn.is_cut
    colors = [(40 + 20 * k, 100, 200 - 10 * k) for k in range(len(drawn.panels))]
    colored = page_colors.put_together(drawn, _results(drawn, colors))
    outside = np.ones(page.line_art.shape, np.uint8)
    for polygon, color in zip(page.panels, colors, strict=True):
        inside = cv2.fillPoly(np.zeros_like(outside), [np.int32(polygon)], 1)
        outside &= 1 - cv2.dilate(inside, np.ones((7, 7), np.uint8))
        painted = (cv2.erode(inside, np.ones((9, 9), np.uint8)) > 0) & (page.balloons == 0)
        share = (colored.colors[painted] == color).all(axis=-1).mean()
        assert share > .97
    assert (colored.colors[outside > 0] == PAPER).all() and colored.paper[outside > 0].all()
    assert not colored.background[outside > 0].any()
    assert len(colored.panels) == len(page.panels)
    assert set(np.unique(colored.background)) == {0, PAPER}


def test_balloons_are_white_and_foreground(page, drawn):
    colored = page_colors.put_together(drawn, _results(drawn, [(10, 20, 30)] * len(drawn.panels)))
    balloons = page.balloons > 0
    assert balloons.any() and (colored.colors[balloons] == PAPER).mean() > .99
    assert not colored.background[balloons].any() and colored.paper[balloons].mean() > .99


def test_a_page_is_one_panel_if_asked_or_if_it_cannot_be_cut(page):
    drawing = _gray_to_rgb(page.line_art)
    whole = page_colors.take_apart(drawing, WHITE, 256, whole=True)
    assert len(whole.panels) == 1 and not whole.is_cut and whole.panels[0].box == (0, 0, *page.line_art.shape)
    alone = np.full((300, 300, 3), 255, np.uint8)
    cv2.circle(alone, (150, 150), 80, (0, 0, 0), 3)
    assert not page_colors.take_apart(alone, WHITE, 256).is_cut


def test_a_blank_page_needs_no_networks_and_stays_white():
    blank = page_colors.take_apart(np.full((300, 200, 3), 255, np.uint8), WHITE, 256)
    assert not blank.squares
    colored = page_colors.put_together(blank, [])
    assert (colored.image == PAPER).all() and colored.paper.all()


def test_squares_of_a_long_panel_overlap_and_show_no_seam():
    """The squares have different colors, the background of the panel has one."""
    lines = np.full((200, 900, 3), 255, np.uint8)
    lines[60:63, 50:850] = 0
    long = page_colors.take_apart(lines, WHITE, 256, whole=True)
    boxes = [part.box for part in long.squares]
    assert len(boxes) > 2 and all(one[3] > other[1] + 20 for one, other in zip(boxes, boxes[1:], strict=False))
    assert boxes[0][1] == 0 and boxes[-1][3] == 900
    results = []
    for k in range(len(boxes)):
        image = np.full((256, 256, 3), (60 + 30 * k, 90, 200), np.uint8)
        results.append({'image': image, 'background_mask': np.full((256, 256), 255, np.uint8)})
    colors = page_colors.put_together(long, results).colors
    assert np.abs(np.diff(colors[100].astype(int), axis=0)).max() <= 1


def test_the_low_resolution_picture_lies_where_the_panels_are(page, drawn):
    colors = [(40 + 20 * k, 100, 200) for k in range(len(drawn.panels))]
    shown = page_colors.low_resolution(drawn, _results(drawn, colors), 300)
    scale = 300 / max(page.line_art.shape)
    for polygon, color in zip(page.panels, colors, strict=True):
        x, y = (polygon.mean(axis=0) * scale).astype(int)
        assert tuple(shown[y, x]) == color
    assert (shown[0] == PAPER).all()

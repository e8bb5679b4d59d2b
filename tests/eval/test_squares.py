"""Squares of a panel fade into each other, a panel ends at its polygon, and an area is background or not."""

import numpy as np
import pytest

from data_pipeline.outlines.outline import PAPER
from data_pipeline.panels import cutter
from eval import page_colors

WHITE = [255.] * 3


def _results(drawn, background):
    """What a system returns that colors each square in another red, as background or not."""
    return [{'image': np.full((256, 256, 3), (60 + 60 * k, 90, 200), np.uint8),
             'background_mask': np.full((256, 256), background, np.uint8)} for k in range(len(drawn.squares))]


@pytest.mark.parametrize('is_tall', [False, True])
def test_foregrounds_of_squares_fade_and_backgrounds_are_one(is_tall):
    """Lines divide the panel into narrow areas, whose colors show the fading."""
    lines = np.full((200, 800, 3), 255, np.uint8)
    lines[:, ::8] = 0
    lines = np.ascontiguousarray(lines.swapaxes(0, 1)) if is_tall else lines
    drawn = page_colors.take_apart(lines, WHITE, 256, whole=True)
    assert len(drawn.squares) > 2
    reds = []
    for background in (0, PAPER):
        colors = page_colors.put_together(drawn, _results(drawn, background)).colors
        reds.append((colors.swapaxes(0, 1) if is_tall else colors)[100, 4::8, 0].astype(int))
    steps = np.diff(reds[0])
    assert reds[0][0] == 60 and reds[0][-1] == 60 * len(drawn.squares)
    assert steps.min() >= 0 and steps.max() <= 20
    assert np.ptp(reds[1]) <= 1


def test_what_lies_in_the_box_of_a_panel_but_not_in_its_polygon_stays_paper(monkeypatch):
    corners = np.int32([[0, 0], [300, 0], [0, 300]])
    monkeypatch.setattr(cutter, 'find', lambda _: [cutter.Panel((0, 0, 300, 300), corners)])
    lines = np.full((300, 300, 3), 255, np.uint8)
    lines[100, 40:120] = 0
    drawn = page_colors.take_apart(lines, WHITE, 256)
    colored = page_colors.put_together(drawn, _results(drawn, PAPER))
    at = np.add.outer(np.arange(300), np.arange(300))
    outside, inside = at > 303, at < 297
    assert (colored.colors[outside] == PAPER).all() and (colored.colors[inside] == (60, 90, 200)).all()
    assert colored.paper[outside].all() and not colored.paper[inside].any()
    assert not colored.background[outside].any() and (colored.background[inside] == PAPER).all()


@pytest.mark.parametrize(('share', 'level'), [(.3, 0), (.7, PAPER)])
def test_an_area_is_background_if_most_of_it_is(share, level):
    lines = np.full((256, 256, 3), 255, np.uint8)
    lines[100, 40:120] = 0
    drawn = page_colors.take_apart(lines, WHITE, 256, whole=True)
    result, = _results(drawn, 0)
    result['background_mask'][:, :round(share * 256)] = PAPER
    assert (page_colors.put_together(drawn, [result]).background == level).all()

import cv2
import numpy as np
import pytest

from data_pipeline.outlines import outline


def test_extract_unites_edges_and_black():
    picture = np.full((80, 80, 3), 255, np.uint8)
    picture[20:60, 20:40] = (200, 40, 40)  # an edge, no black
    picture[20:60, 60:70] = 0
    lines = outline.extract(picture)
    assert set(np.unique(lines)) == {0, 255}
    assert (lines[20:60, 61:69] == 0).all()
    assert (lines[30:50, 18:22] == 0).any(axis=1).all()
    assert (lines[30:50, 24:36] == 255).all()


def _drawn(*steps):
    """Extracts an edge whose step changes every 20 rows: for each step, whether it is drawn."""
    picture = np.full((20 * len(steps), 40, 3), 120, np.uint8)
    picture[:, 20:] += np.repeat(np.uint8(steps), 20)[:, None, None]
    ink = (outline.extract(picture)[:, 15:25] == 0).any(axis=1)
    rows = [ink[top + 5:top + 15] for top in range(0, len(ink), 20)]  # the middle of each step
    assert all((step == step[0]).all() for step in rows)
    return [bool(step[0]) for step in rows]


def test_edges_are_drawn_from_the_upper_threshold_on():
    """The gradient of Canny's filter is four times the step: the upper threshold of 180 is a step of 45."""
    assert _drawn(44) == [False] and _drawn(46) == [True]


def test_weaker_edges_are_drawn_where_they_continue_a_strong_one():
    """The lower threshold of 100 is a step of 25."""
    assert _drawn(46, 26) == [True, True] and _drawn(46, 24) == [True, False]
    assert _drawn(26, 26) == [False, False]


def test_black_level_is_the_mean_of_the_channels():
    picture = np.full((40, 40, 3), (237, 0, 0), np.uint8)
    assert (outline.extract(picture)[5:-5, 5:-5] == 0).all()
    picture[:] = (240, 0, 0)
    assert (outline.extract(picture)[5:-5, 5:-5] == 255).all()


def test_ink_is_one_in_the_networks():
    line_art = np.arange(256, dtype=np.uint8).reshape(16, 16)
    ink = outline.to_ink(line_art.astype(np.float32))
    assert ink[0, 0] == 1 and ink[-1, -1] == 0
    np.testing.assert_array_equal(np.round((1 - ink) * 255), line_art)


@pytest.mark.parametrize('paper', [(255, 255, 255), (250, 240, 205), (200, 200, 200), (120, 190, 120)])
@pytest.mark.parametrize('ink', [(0, 0, 0), (60, 110, 220), (150, 190, 250), (200, 60, 50), (110, 70, 30)])
def test_ink_of_one_hue_on_paper_of_one_hue_is_line_art(panels, paper, ink):
    for panel in panels:
        coverage = 1 - cv2.GaussianBlur(panel.line_art, (3, 3), 0)[..., None] / 255
        coverage[100:180, 60:200] = np.maximum(coverage[100:180, 60:200], .3)  # a tone
        picture = np.array(paper) * (1 - coverage * (1 - np.array(ink) / 255))
        assert not outline.is_colored(np.uint8(np.round(picture)))


@pytest.mark.parametrize('strength', [1, .5, .35])
def test_several_hues_over_areas_are_colors_also_pale_ones(panels, strength):
    for panel in panels:
        assert outline.is_colored(np.uint8(255 - (255 - panel.color.astype(float)) * strength))


def test_lines_of_several_hues_are_line_art(panels):
    picture = np.repeat(panels[0].line_art[..., None], 3, axis=-1).astype(float)
    picture[:, :128] = 255 - (255 - picture[:, :128]) * np.array([.2, .6, 1])
    picture[:, 128:] = 255 - (255 - picture[:, 128:]) * np.array([1, .6, .2])
    thin = cv2.resize(np.uint8(picture), (1500, 1500))
    thin = np.where(cv2.Canny(thin, 100, 180)[..., None] > 0, thin, 255).astype(np.uint8)
    assert not outline.is_colored(thin)


def test_areas_of_one_hue_are_a_hue_but_gray_areas_and_tinted_paper_are_not(panels):
    ball = np.full((300, 300, 3), 255, np.uint8)
    cv2.circle(ball, (150, 150), 60, (200, 60, 60), -1)
    assert outline.has_hue(ball) and not outline.is_colored(ball)
    assert not outline.has_hue(np.repeat(ball.mean(axis=-1, keepdims=True), 3, axis=-1).astype(np.uint8))
    for panel in panels:
        assert outline.has_hue(panel.color)
        assert not outline.has_hue(np.uint8(panel.line_art[..., None] * np.array([.98, .92, .75])))
        gray = cv2.cvtColor(panel.color, cv2.COLOR_RGB2GRAY)
        assert not outline.has_hue(np.repeat(gray[..., None], 3, axis=-1))

import cv2
import numpy as np

from data_pipeline.outlines import drawn_outline, outline


def _figure():
    """Draws a black figure and a thin line on a colored ground: uint8 [200, 200, 3]."""
    picture = np.full((200, 200, 3), (240, 200, 160), np.uint8)
    picture[50:150, 50:150] = 10
    cv2.line(picture, (20, 10), (180, 30), (60, 30, 30), 2, cv2.LINE_AA)
    return picture


def test_what_is_black_is_left_open_and_lines_stay():
    for seed in range(8):
        drawn = drawn_outline.imitate(_figure(), np.random.default_rng(seed))
        assert drawn.dtype == np.uint8 and drawn.shape == (200, 200)
        assert drawn[80:120, 80:120].mean() > 240
        assert drawn[5:35, 60:140].min(axis=0).mean() < 200
    assert outline.extract(_figure())[80:120, 80:120].mean() == 0


def test_dark_lines_are_strokes_and_light_ones_are_not():
    """Some imitations draw strokes only. The others draw edges, which lines of both kinds have."""
    picture = np.full((400, 400, 3), 140, np.uint8)
    for top in range(10, 400, 20):
        cv2.line(picture, (10, top), (190, top), (20, 20, 20), 1, cv2.LINE_AA)
        cv2.line(picture, (210, top), (390, top), (250, 250, 250), 1, cv2.LINE_AA)
    ink = 255. - np.stack([drawn_outline.imitate(picture, np.random.default_rng(seed)) for seed in range(16)])
    dark, light = (half.mean(axis=(1, 2)) for half in np.split(ink, 2, axis=2))
    assert (dark > 5).all()
    assert 3 <= (light < dark / 4).sum() <= 12


def test_imitations_follow_from_the_generator_and_differ():
    one, two, other = (drawn_outline.imitate(_figure(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert np.any(one != other)


def test_pictures_without_strokes_show_their_edges(panels):
    for panel in panels[:2]:
        flat = cv2.GaussianBlur(panel.color, (0, 0), 6)
        for seed in range(4):
            assert (255 - drawn_outline.imitate(flat, np.random.default_rng(seed))).mean() < 60
    steps = np.repeat(np.uint8([40, 120, 200]), 70)[None, :, None].repeat(200, 0).repeat(3, -1)
    for seed in range(8):
        drawn = drawn_outline.imitate(steps, np.random.default_rng(seed))
        assert (drawn[:, 60:80].min(axis=1) < 200).mean() > .5

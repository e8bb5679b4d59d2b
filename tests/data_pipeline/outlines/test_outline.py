import cv2
import numpy as np

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


def test_tells_color_from_line_art(panels):
    for panel in panels:
        drawing = np.repeat(panel.line_art[..., None], 3, -1)
        assert outline.is_colored(panel.color)
        assert not outline.is_colored(drawing)
        yellowed = (drawing * np.array([1, .95, .8])).astype(np.uint8)
        assert not outline.is_colored(yellowed)
        assert not outline.is_colored(cv2.GaussianBlur(drawing, (5, 5), 0))

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from data_pipeline.outlines import cleaning


@pytest.fixture(scope='module')
def drawing():
    """A figure of black lines on white paper: uint8 [600, 500, 3]."""
    page = np.full((600, 500, 3), 255, np.uint8)
    cv2.circle(page, (250, 200), 90, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.polylines(page, [np.array([[250, 290], [120, 520], [380, 520]])], True, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.ellipse(page, (220, 190), (10, 14), 0, 0, 360, (0, 0, 0), -1)
    cv2.rectangle(page, (20, 20), (480, 580), (0, 0, 0), 5)
    return page


def _clean(picture, inverted=False):
    """Cleans a picture, and its paper's grain."""
    drawing, white = cleaning.clean(np.uint8(np.clip(np.round(picture), 0, 255)), inverted)
    return np.uint8(np.minimum(np.round(drawing.numpy() * (255 / white)), 255))


def _on_paper(drawing, paper, ink=(0, 0, 0)):
    """Draws with ink on paper, both RGB."""
    coverage = 1 - drawing / 255
    return np.array(paper) * (1 - coverage) + np.array(ink) * coverage


def test_black_on_white_stays_as_it_is(drawing, panels):
    np.testing.assert_array_equal(_clean(drawing), drawing)
    for panel in panels:
        line = np.repeat(panel.line_art[..., None], 3, axis=-1)
        np.testing.assert_array_equal(_clean(line), line)


@pytest.mark.parametrize('paper', [(240, 220, 180), (150, 150, 150), (120, 190, 120), (200, 160, 110), (225, 235, 255)])
def test_paper_of_any_light_color_becomes_white_and_ink_stays(drawing, paper):
    cleaned = _clean(_on_paper(drawing, paper))
    assert (cleaned[drawing == 255] == 255).all()
    assert np.abs(cleaned.astype(int) - drawing).max() <= 2


def test_scanned_paper_with_noise_becomes_white(drawing, rng):
    scanned = _on_paper(drawing, (228, 222, 205), (50, 50, 50)) + rng.normal(0, 4, drawing.shape)
    stream = io.BytesIO()
    Image.fromarray(np.uint8(np.clip(scanned, 0, 255))).save(stream, 'JPEG', quality=85)
    cleaned = _clean(np.asarray(Image.open(stream)))
    far = cv2.erode(drawing, np.ones((15, 15))) == 255
    assert cleaned[far].mean() > 253.5 and np.percentile(cleaned[far], 1) > 245
    assert cleaned[drawing == 0].mean() < 70


@pytest.mark.parametrize('ink', [(60, 110, 220), (220, 60, 50), (110, 70, 30), (170, 170, 170)])
def test_ink_keeps_its_hue_and_its_strength(drawing, ink):
    cleaned = _clean(_on_paper(drawing, (255, 255, 255), ink))
    assert np.abs(cleaned[300, 20:24].mean(axis=0) - ink).max() < 3


@pytest.mark.parametrize('black, white', [(0, 255), (25, 235)])
def test_white_lines_on_black_become_black_lines_on_white(drawing, black, white):
    cleaned = _clean(black + (255 - drawing.astype(float)) * (white - black) / 255)
    assert np.abs(cleaned.astype(int) - drawing)[drawing == 255].max() <= 2
    assert cleaned[drawing == 0].max() < 60


def test_a_night_scene_with_white_areas_stays_as_it_is(drawing):
    """Most of the picture is black, but what is white are areas and not lines."""
    night = np.zeros_like(drawing)
    night[100:320, 60:300] = drawing[100:320, 60:300]
    cv2.circle(night, (400, 100), 50, (255, 255, 255), -1)
    assert (night.mean() < 100) and (_clean(night) == night).all()


def test_the_user_decides_whether_a_drawing_is_inverted(drawing):
    night = np.zeros_like(drawing)
    night[100:320, 60:300] = 255
    assert (_clean(night, inverted=True) == 255 - night).all()


@pytest.mark.parametrize('paper, noise', [((255, 255, 255), 0), ((235, 225, 200), 0), ((238, 238, 235), 4)])
def test_blank_paper_is_white(paper, noise, rng):
    page = np.array(paper) + rng.normal(0, noise, (700, 500, 3)) + np.linspace(-4, 4, 700)[:, None, None]
    page[300, 200:203] -= 60  # a speck of dust
    assert (_clean(page) == 255).all()


def test_a_page_with_one_line_is_not_blank():
    page = np.full((3000, 2000, 3), 240, np.uint8)
    cv2.line(page, (500, 700), (900, 1500), (190, 190, 190), 3, cv2.LINE_AA)
    assert (_clean(page) < 230).any()


def test_gray_tones_stay(drawing):
    """Gray areas are part of the drawing, also where they are larger than the white ones."""
    toned = drawing.copy()
    toned[200:580][toned[200:580] == 255] = 190
    np.testing.assert_array_equal(_clean(toned), toned)


@pytest.mark.parametrize('shape', [(300, 40), (1300, 700), (700, 1300)])
@pytest.mark.parametrize('page', ['white', 'tinted', 'night', 'blank'])
def test_an_array_is_cleaned_strip_by_strip_as_in_the_graph(page, shape, drawing, rng, monkeypatch):
    picture = cv2.resize(drawing, shape[::-1])
    if page == 'tinted':
        picture = _on_paper(picture, (240, 225, 190)) + rng.normal(0, 3, picture.shape)
    elif page == 'night':
        picture = 255 - picture
    elif page == 'blank':
        picture = np.full_like(picture, 230)
    picture = np.uint8(np.clip(np.round(picture), 0, 255))
    expected = cleaning.clean(picture, False)
    monkeypatch.setattr(cleaning, '_STRIP', 50_000)
    cleaned, white = cleaning.clean_array(picture, False)
    np.testing.assert_array_equal(cleaned, expected[0])
    np.testing.assert_allclose(white, expected[1], rtol=1e-6)
    assert (cleaned is picture) == (page == 'white')

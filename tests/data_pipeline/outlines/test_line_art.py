import cv2
import numpy as np
import pytest

from data_pipeline.outlines import line_art
from data_pipeline.pictures import square


@pytest.fixture
def drawing(panels):
    return panels[0].line_art


@pytest.mark.parametrize('shape', [(512, 512), (300, 400), (1000, 777), (640, 256), (256, 256), (100, 100), (17, 200)])
def test_scales_as_the_data_pipeline_does_and_brings_colors_back(shape, drawing, rng):
    """Pixels whose exact value is close to the middle between two levels may have either level."""
    resized = cv2.resize(drawing, shape[::-1], interpolation=cv2.INTER_AREA)
    noise = rng.integers(0, 256, shape, np.uint8)
    for picture in (resized, noise):
        picture = np.where(rng.random(shape) < .2, 255, np.where(rng.random(shape) < .1, 0, picture)).astype(np.uint8)
        expected = square.unfit(square.fit(picture, 256), *shape).astype(float)
        ink, paper = np.percentile(expected, [1, 80], method='higher')
        expected = np.clip(np.round((expected - ink) * 255 / (paper - ink)), 0, 255)
        difference = square.unfit(line_art.scale(picture, 256).numpy(), *shape) - expected
        assert np.abs(difference).max() <= np.ceil(255 / (paper - ink)) and (difference != 0).mean() < .01
    back = line_art.put_back(np.full((256, 256, 3), (200, 100, 0), np.uint8), resized).numpy()
    assert back.shape == (*shape, 3)
    assert (back[resized == 255] == (200, 100, 0)).all() and (back[resized == 0] == 0).all()


def test_pencil_on_gray_paper_becomes_ink_on_white_and_blank_paper_stays_blank(drawing, rng):
    clean = line_art.fit(drawing, 256).numpy().astype(float)
    faint = line_art.fit(np.uint8(110 + drawing / 255 * 110), 256).numpy().astype(float)
    assert np.abs(faint - clean).mean() < 2
    blank = np.uint8(rng.integers(225, 235, (300, 200)))
    assert (square.unfit(line_art.fit(blank, 256).numpy(), 300, 200) >= 220).all()


def test_thin_strokes_gain_weight_and_others_stay(drawing):
    thin, bold = (np.full((512, 512), 255, np.uint8) for _ in range(2))
    for k in range(40, 512, 80):
        cv2.line(thin, (k, 20), (k + 30, 490), 60, 1, cv2.LINE_AA)
        cv2.line(bold, (k, 20), (k + 30, 490), 0, 9, cv2.LINE_AA)
    before, after = (1 - line(thin, 256).numpy() / 255 for line in (line_art.scale, line_art.fit))
    assert after.sum() > 1.5 * before.sum() and (after >= before - .01).all()
    assert (after[before > .5] > .7).all()
    np.testing.assert_array_equal(line_art.fit(bold, 256), line_art.scale(bold, 256))
    np.testing.assert_array_equal(line_art.fit(drawing, 256), line_art.scale(drawing, 256))


def test_colors_come_back_where_they_belong(drawing):
    tall = np.full((800, 300), 255, np.uint8)
    top, left, bottom, right = square.inner_box(800, 300, 256)
    colors = np.full((256, 256, 3), 255, np.uint8)
    colors[top:bottom, left:(left + right) // 2] = (0, 0, 255)
    back = line_art.put_back(colors, tall).numpy()
    assert (back[:, :140] == (0, 0, 255)).all() and (back[:, 160:] == 255).all()

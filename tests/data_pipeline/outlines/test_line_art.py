import cv2
import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.outlines import cleaning, line_art
from data_pipeline.pictures import square

WHITE = np.full(3, 255, np.float32)


@pytest.fixture
def drawing(panels):
    return _rgb(panels[0].line_art)


def _rgb(gray):
    return np.repeat(gray[..., None], 3, axis=-1)


def _ink(fitted):
    return 1 - fitted.numpy() / 255


@pytest.mark.parametrize('shape', [(512, 512), (300, 400), (1000, 777), (640, 256), (256, 256), (100, 100), (17, 200)])
def test_scales_as_the_data_pipeline_does(shape, drawing):
    """A drawing with full ink is only scaled."""
    resized = cv2.resize(drawing, shape[::-1], interpolation=cv2.INTER_AREA)
    resized[:shape[0] // 3] = 0
    expected = square.fit(resized[..., 0], 256).astype(float)
    assert np.abs(line_art.scale(resized, 256).numpy() - expected).max() <= 1


@pytest.mark.parametrize('shape', [(512, 512), (300, 400), (1000, 777), (17, 200)])
def test_lays_the_drawing_over_colors_of_its_own_size(shape, drawing):
    resized = cv2.resize(drawing, shape[::-1], interpolation=cv2.INTER_AREA)
    back = line_art.put_back(np.full((256, 256, 3), (200, 100, 0), np.uint8), resized, WHITE).numpy()
    assert back.shape == (*shape, 3)
    assert (back[resized[..., 0] == 255] == (200, 100, 0)).all() and (back[resized[..., 0] == 0] == 0).all()


@pytest.mark.parametrize('side, width, level', [(1200, 3, 160), (2400, 2, 0), (2400, 4, 200), (256, 2, 225)])
def test_faint_and_thin_lines_look_as_if_drawn_in_black(side, width, level):
    """A drawing is about as dark in the square as the same drawing with a thin black pen."""

    def draw(side, width, level):
        page = np.full((side, side, 3), 255, np.uint8)
        scale = side / 256
        for x in (60, 128, 200):
            cv2.line(page, (round(x * scale), round(30 * scale)), (round((x + 20) * scale), round(220 * scale)),
                     (level,) * 3, width, cv2.LINE_AA)
        return page

    black, faint = (_ink(line_art.fit(draw(*how), 256)) for how in ((256, 1, 0), (side, width, level)))
    assert faint.max() > .9
    assert .7 * black.sum() < faint.sum() < 1.5 * black.sum()
    assert (cv2.dilate(black, np.ones((3, 3)))[faint > .3] > .3).all()


def test_a_blank_page_stays_blank_and_white():
    blank = np.full((300, 200, 3), 255, np.uint8)
    assert (line_art.fit(blank, 256).numpy() == 255).all()
    assert (line_art.put_back(np.zeros((256, 256, 3), np.uint8), blank, WHITE).numpy() == 255).all()


def test_thin_strokes_gain_weight_and_others_stay(drawing):
    thin, bold = (np.full((512, 512, 3), 255, np.uint8) for _ in range(2))
    for k in range(40, 512, 80):
        cv2.line(thin, (k, 20), (k + 30, 490), (60,) * 3, 1, cv2.LINE_AA)
        cv2.line(bold, (k, 20), (k + 30, 490), (0,) * 3, 9, cv2.LINE_AA)
    before, after = (_ink(line(thin, 256)) for line in (line_art.scale, line_art.fit))
    assert after.sum() > 1.5 * before.sum() and (after >= before - .01).all()
    assert (after[before > .5] > .7).all()
    np.testing.assert_array_equal(line_art.fit(bold, 256), line_art.scale(bold, 256))
    np.testing.assert_array_equal(line_art.fit(drawing, 256), line_art.scale(drawing, 256))


def test_colors_come_back_where_they_belong():
    tall = np.full((800, 300, 3), 255, np.uint8)
    tall[0] = 0
    top, left, bottom, right = square.inner_box(800, 300, 256)
    colors = np.full((256, 256, 3), 255, np.uint8)
    colors[top:bottom, left:(left + right) // 2] = (0, 0, 255)
    back = line_art.put_back(colors, tall, WHITE).numpy()
    assert (back[1:, :140] == (0, 0, 255)).all() and (back[1:, 160:] == 255).all()


@pytest.mark.parametrize('shape', [(700, 300), (100, 60)])
def test_strips_give_the_picture_that_the_whole_gives(shape, rng, monkeypatch):
    monkeypatch.setattr(cleaning, '_STRIP', 7000)
    colors, drawing = (rng.integers(0, 256, (*size, 3), np.uint8) for size in ((256, 256), shape))
    top, left, bottom, right = square.inner_box(*shape, 256)
    whole = tf.image.resize(colors[top:bottom, left:right], shape, antialias=True)
    back = line_art.put_back.python_function(tf.constant(colors), tf.constant(drawing), tf.constant(WHITE))
    np.testing.assert_allclose(tf.cast(back, tf.float32), line_art.lay_over(whole, drawing), atol=1)


def test_ink_keeps_its_hue(drawing):
    brown = np.uint8(255 - (255 - drawing) * np.array([.4, .7, .9]))
    back = line_art.put_back(np.full((256, 256, 3), 255, np.uint8), brown, WHITE).numpy()
    np.testing.assert_array_equal(back, brown)
    np.testing.assert_allclose(_ink(line_art.fit(brown, 256)), _ink(line_art.fit(drawing, 256)), atol=.03)


def test_the_grain_of_the_paper_does_not_lie_over_the_colors(rng):
    grain = rng.integers(240, 256, (100, 80, 3), np.uint8)
    grain[50] = 100
    back = line_art.put_back(np.full((256, 256, 3), 200, np.uint8), grain, np.full(3, 240, np.float32)).numpy()
    assert (back[:50] == 200).all() and (np.abs(back[50].astype(int) - 200 * 100 / 240) <= 1).all()


@pytest.mark.parametrize('shape', [(300, 200), (150, 256), (700, 1300), (2000, 500), (256, 256), (90, 200)])
def test_hints_lie_where_the_drawing_below_them_does(shape, rng, monkeypatch):
    monkeypatch.setattr(cleaning, '_STRIP', 7000)  # several strips
    hints, drawing = np.zeros((*shape, 4), np.uint8), np.full((*shape, 3), 255, np.uint8)
    for row, column in rng.integers(20, np.array(shape) - 20, (8, 2)):
        hints[row, column] = *rng.integers(0, 256, 3), 128
        drawing[row - 1:row + 2, column - 1:column + 2] = 0
        hints[row, column + 1] = 255, 255, 255, 127  # none
    fitted = line_art.fit_hints.python_function(tf.constant(hints), 256).numpy()
    where = fitted[..., 3] == 255
    assert where.any() and (fitted[~where] == 0).all()
    assert (_ink(line_art.fit(drawing, 256))[where] > .1).all()
    if max(shape) < 700:  # each dot is there with its color
        given, found = ({tuple(color) for color in dots[..., :3].tolist()}
                        for dots in (hints[hints[..., 3] == 128], fitted[where]))
        assert found == given


def test_hints_in_one_pixel_of_the_square_have_their_mean_color():
    hints = np.zeros((1024, 768, 4), np.uint8)
    hints[400, 200], hints[402, 203] = (10, 20, 200, 255), (30, 20, 100, 255)
    hints[401, 201] = 255, 255, 255, 0  # none
    fitted = line_art.fit_hints(hints, 256).numpy()
    assert fitted[100, 32 + 50].tolist() == [20, 20, 150, 255] and (fitted[..., 3] > 0).sum() == 1


@pytest.mark.parametrize('shape', [(300, 200), (150, 256), (700, 1300), (2000, 500)])
@pytest.mark.parametrize('level, width', [(0, 7), (90, 2), (160, 5), (255, 1)])
def test_fits_an_array_as_the_graph_does(shape, level, width):
    lines = np.full(shape, 255, np.uint8)
    for k in range(1, 6):
        cv2.ellipse(lines, (shape[1] // 2, shape[0] // 2), (shape[1] * k // 12, shape[0] * k // 13), 20 * k, 0, 300,
                    level, width, cv2.LINE_AA)
    expected = line_art.fit(lines[..., None], 256).numpy()
    away = np.abs(np.float32(line_art.fit_array(lines, 256)) - expected)
    assert away.max() <= 6 and away.mean() < .1

import cv2
import numpy as np
import pytest

from data_pipeline.outlines import areas, gaps

SKY, SKIN = (90, 140, 220), (230, 180, 150)
BLANK = np.full((64, 64, 3), 255, np.uint8)


def _ring(size, gap=0., width=2):
    """Draws a ring with a gap on its right, as a share of `size`, and small blurred colors of both sides."""
    drawing, radius = np.full((size, size, 3), 255, np.uint8), round(.28 * size)
    cv2.circle(drawing, (size // 2, size // 2), radius, (0, 0, 0), width, cv2.LINE_AA)
    half = round(gap * size / 2)
    if half:
        drawing[size // 2 - half:size // 2 + half, size // 2 + radius - width - 3:size // 2 + radius + width + 3] = 255
    colors = np.full((128, 128, 3), SKY, np.uint8)
    cv2.circle(colors, (64, 64), round(.28 * 128), SKIN, -1)
    return drawing, cv2.GaussianBlur(colors, (0, 0), 2)


def _filled(drawing, colors):
    labels, out = areas.find(drawing, colors), np.empty_like(drawing)
    areas.paint(labels, areas.colors_of(labels, colors, drawing), np.ones(labels.shape, np.uint8), out)
    return out


@pytest.mark.parametrize('size', [100, 512, 900])
def test_colors_end_at_lines(size):
    drawing, colors = _ring(size)
    filled = _filled(drawing, colors)
    y, x = np.mgrid[:size, :size] - size // 2
    away = np.hypot(y, x) - round(.28 * size)
    for side, color in ((away < -3, SKIN), (away > 3, SKY)):
        assert (filled[side] == filled[side][0]).all()
        assert np.abs(filled[side][0].astype(int) - color).max() <= 2


@pytest.mark.parametrize('width', [1, 5])
@pytest.mark.parametrize('gap', [.003, .012, .02, .03])
@pytest.mark.parametrize('size', [256, 512, 900])
def test_colors_do_not_leak_through_a_gap(size, gap, width):
    drawing, colors = _ring(size, gap, width)
    filled = _filled(drawing, colors).astype(int)
    for x, color in ((.5, SKIN), (.72, SKIN), (.84, SKY), (.99, SKY)):
        assert np.abs(filled[size // 2, int(x * size)] - color).max() <= 5


def test_the_border_in_a_gap_continues_the_line():
    drawing = np.full((1600, 1600, 3), 255, np.uint8)
    first, last = np.float64([0, 500]), np.float64([1599, 1100])
    for start, end in ((0, .49), (.51, 1)):
        cv2.line(drawing, *(tuple(np.int64(first + t * (last - first)).tolist()) for t in (start, end)), (0, 0, 0), 5)
    colors = np.full((128, 128, 3), SKY, np.uint8)
    cv2.fillPoly(colors, [np.int32([[0, 40], [127, 88], [127, 127], [0, 127]])], SKIN)
    labels = areas.find(drawing, colors)
    assert labels[0, 0] != labels[1599, 0]
    for x in range(788, 812):
        y = first[1] + x * (last - first)[1] / 1599
        assert labels[int(y - 3), x] == labels[0, 0] and labels[int(y + 4), x] == labels[1599, 0]


def test_an_area_with_a_gap_stays_one_where_colors_are_alike():
    drawing, _ = _ring(400, gap=.02)
    colors = np.full((128, 128, 3), SKIN, np.uint8)
    cv2.circle(colors, (64, 64), round(.28 * 128), tuple(level - 20 for level in SKIN), -1)
    labels = areas.find(drawing, colors)
    assert labels[200, 200] == labels[5, 5]


@pytest.mark.parametrize('size, width, dot', [(400, 8, 0), (400, 14, 0), (1200, 4, 0), (400, 20, 3)])
def test_a_narrow_place_between_outlines_is_no_gap(size, width, dot):
    drawing, middle = np.full((size, size, 3), 255, np.uint8), size // 2
    for side in (-1, 1):  # two bodies, with narrow ground between them
        center = middle + side * (round(.3 * size) + width // 2)
        cv2.ellipse(drawing, (center, middle), (round(.3 * size) - 1, round(.2 * size)), 0, 0, 360, (0, 0, 0), 3)
    if dot:
        cv2.circle(drawing, (middle, middle), dot, (0, 0, 0), -1)
    colors = np.full((128, 128, 3), SKY, np.uint8)
    colors[64:] = SKY[0] + 60, SKY[1] - 40, SKY[2]  # the networks color its lower half in another way
    labels = areas.find(drawing, colors)
    assert labels[size // 20, middle] == labels[-size // 20, middle]
    assert labels[middle, size // 4] != labels[0, middle]


@pytest.mark.parametrize('size', [900, 1200])
def test_a_line_of_one_pixel_does_not_vanish_where_gaps_are_looked_for(size):
    drawing, middle = np.full((size, size, 3), 255, np.uint8), size // 2
    drawing[middle + 1] = 0  # a small map that takes each third or fourth pixel does not see it
    drawing[middle + 1, middle - 10:middle + 10] = 255
    colors = np.full((128, 128, 3), SKY, np.uint8)
    colors[64:] = SKIN
    labels = areas.find(drawing, colors)
    assert labels[0, 0] != labels[-1, 0]


@pytest.mark.parametrize('radius, opening', [(15, 6), (20, 10), (24, 10)])
def test_a_small_part_that_is_open_to_two_large_ones_does_not_join_them(radius, opening):
    drawing = np.full((400, 400, 3), 255, np.uint8)
    cv2.line(drawing, (0, 200), (400, 200), (0, 0, 0), 2)
    drawing[197:204, 95:105] = 255  # a gap
    cv2.circle(drawing, (200, 200), radius, (0, 0, 0), 2)
    cv2.circle(drawing, (200, 200), radius - 1, (255, 255, 255), -1)
    for y in (200 - radius, 200 + radius):
        drawing[y - 3:y + 4, 200 - opening // 2:200 + opening // 2] = 255
    colors = np.full((128, 128, 3), SKY, np.uint8)
    colors[64:] = SKIN
    labels = areas.find(drawing, colors)
    assert labels[0, 0] != labels[-1, 0]
    assert labels[200, 200] in (labels[0, 0], labels[-1, 0])


def test_letters_do_not_divide_a_balloon():
    drawing = np.full((400, 400, 3), 255, np.uint8)
    cv2.ellipse(drawing, (200, 200), (50, 28), 0, 0, 360, (0, 0, 0), 2)
    for x in range(158, 246, 8):
        cv2.line(drawing, (x, 191), (x, 209), (0, 0, 0), 2)
    colors = np.full((200, 200, 3), SKIN, np.uint8)
    colors[100:] = SKY
    labels = areas.find(drawing, colors)
    assert labels[178, 200] == labels[222, 200] != labels[0, 0]


def test_soft_ground_becomes_flat():
    colors = np.repeat(np.linspace(60, 200, 128, dtype=np.uint8)[:, None], 128, axis=1)[..., None].repeat(3, axis=2)
    filled = _filled(np.full((300, 300, 3), 255, np.uint8), colors)
    assert np.unique(filled).tolist() == [130]


def test_lines_take_the_nearest_area():
    drawing = BLANK.copy()
    drawing[:, 26:38] = 0
    labels = areas.find(drawing)
    assert (labels[:, :32] == labels[0, 0]).all()
    assert (labels[:, 33:] == labels[0, 63]).all()
    assert labels[0, 0] != labels[0, 63]


@pytest.mark.parametrize('width', [1, 2, 5])
def test_corners_have_no_crumbs(width):
    size = 300
    drawing = np.full((size, size, 3), 255, np.uint8)
    corners = np.int32([[20, 270], [150, 20], [160, 270], [290, 40]])
    cv2.polylines(drawing, [corners], True, (0, 0, 0), width, cv2.LINE_AA)
    colors = np.full((150, 150, 3), SKIN, np.uint8)
    cv2.polylines(colors, [corners // 2], True, (255, 255, 255), 1)  # mixed colors below lines
    assert np.abs(_filled(drawing, colors).astype(int) - SKIN).max() <= 3


def test_colors_below_lines_do_not_count():
    drawing, colors = _ring(512, width=9)
    cv2.circle(colors, (64, 64), round(.28 * 128), (0, 0, 0), 3)
    filled = _filled(drawing, colors).astype(int)
    assert np.abs(filled[256, 256] - SKIN).max() <= 3
    assert np.abs(filled[5, 5] - SKY).max() <= 3


def test_outliers_do_not_tint_an_area():
    colors = np.full((100, 100, 1), 50, np.uint8)
    colors[:8] = 250
    assert areas.colors_of(np.zeros((200, 200), np.int32), colors).tolist() == [[50]]


@pytest.mark.parametrize('width', [1, 2])
def test_thin_strokes_bound_areas(width):
    drawing = np.full((800, 800, 3), 255, np.uint8)
    cv2.line(drawing, (0, 300), (799, 431), (0, 0, 0), width)
    labels = areas.find(drawing)
    assert labels[0, 0] != labels[799, 0]
    assert labels.max() == 1


def test_tiny_areas_take_the_color_around_them():
    drawing, small = np.full((512, 512, 3), 255, np.uint8), np.full((64, 64, 3), SKIN, np.uint8)
    cv2.rectangle(drawing, (240, 240), (246, 246), (0, 0, 0), 1)
    small[30] -= 20  # mixed
    filled = _filled(drawing, small)
    assert (filled[243, 243] == filled[0, 0]).all()


def test_a_small_area_keeps_a_color_that_clearly_differs():
    drawing, small = np.full((512, 512, 3), 255, np.uint8), np.full((64, 64, 3), SKIN, np.uint8)
    cv2.rectangle(drawing, (100, 240), (300, 247), (0, 0, 0), 1)
    small[30, 12:38] = 255
    assert (_filled(drawing, small)[243, 200] == 255).all()


def test_every_area_is_filled():
    size = 230
    drawing = np.full((size, size, 3), 255, np.uint8)
    drawing[::3] = drawing[:, ::3] = 0  # areas of 2x2 pixels, below the colors' resolution
    filled = _filled(drawing, np.full((50, 50, 3), SKY, np.uint8))
    assert (filled == np.uint8(SKY)).all()


@pytest.mark.parametrize('shape', [(1, 1), (1, 7), (7, 1), (3, 500), (500, 2)])
@pytest.mark.parametrize('level', [0, 255])
def test_small_and_blank_pictures_have_one_color(shape, level):
    filled = _filled(np.full((*shape, 3), level, np.uint8), np.full((64, 64, 3), SKY, np.uint8))
    assert filled.shape == (*shape, 3)
    assert (filled == np.uint8(SKY)).all()


def test_masks_are_painted_where_they_are_asked_for():
    drawing, colors = _ring(200)
    labels, out = areas.find(drawing), np.full((200, 200), 7, np.uint8)
    inside = np.zeros_like(out)
    inside[:, :150] = 1
    areas.paint(labels, areas.colors_of(labels, 255 * np.uint8(colors[..., 2:] > 190))[:, 0], inside, out)
    assert out[100, 100] == 0 and out[5, 5] == 255 and (out[:, 150:] == 7).all()


@pytest.mark.parametrize('gap', [0, .02])
def test_large_drawings_have_nearly_the_same_areas(gap, monkeypatch):
    drawing, colors = _ring(600, gap, width=6)
    direct = _filled(drawing, colors)
    monkeypatch.setattr(areas, '_MOST_PIXELS', 100_000)
    monkeypatch.setattr(areas, '_STRIP', 10_000)
    reduced = _filled(drawing, colors)
    same = np.abs(reduced.astype(int) - direct).max(axis=-1) <= 2
    assert same.mean() > .99
    assert same[(drawing == 255).all(axis=-1)].mean() > .997


def test_areas_of_large_drawings_are_found_at_a_bounded_size(monkeypatch):
    shapes = []
    monkeypatch.setattr(areas, '_MOST_PIXELS', 10_000)
    monkeypatch.setattr(gaps, 'divide', lambda paper, labels, colors: shapes.append(paper.shape) or labels)
    labels = areas.find(np.full((300, 500, 3), 255, np.uint8), np.zeros((8, 8, 3), np.uint8))
    assert labels.shape == (300, 500)
    (height, width), = shapes
    assert 9_500 < height * width <= 10_000
    assert width / height == pytest.approx(5 / 3, rel=.02)


def test_paper_is_where_no_line_is():
    drawing = BLANK.copy()
    drawing[10:20], drawing[30:40], drawing[50:60] = 0, 250, (250, 120, 120)  # ink, grain, colored ink
    paper = areas.paper_of(drawing)
    assert not paper[10:20].any() and not paper[50:60].any()
    assert paper[30:40].all() and paper[:10].all()


def test_pale_pencil_bounds_areas():
    drawing = np.full((200, 200, 3), 250, np.uint8)
    drawing[98:102] = 200
    labels = areas.find(drawing)
    assert labels[0, 0] != labels[199, 0]

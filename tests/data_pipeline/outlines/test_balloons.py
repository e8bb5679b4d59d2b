import cv2
import numpy as np
import pytest

from data_pipeline.outlines import balloons

MIDDLE = np.array([300, 250])


def _page(height=500, width=600):
    page = np.full((height, width), 255, np.uint8)
    cv2.rectangle(page, (20, 20), (width - 21, height - 21), 0, 4)
    return page


def _outline(kind, half):
    """The outline of a balloon that fills the box around (0, 0) of half the size `half`, (x, y): float [N, 2]."""
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    if kind == 'caption':
        return half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    if kind == 'jagged':
        return half * circle * np.where(np.arange(120) % 10 == 0, 1.35, 1.)[:, None]
    if kind == 'cloud':
        return half * circle * (1 + .1 * np.abs(np.sin(5 * turn)))[:, None]
    if kind == 'tail':
        return half * np.concatenate([circle[:26], [[.2, 1.9]], circle[34:]])
    return half * circle


def _draw(page, points, width=3):
    """Draws a white shape with a black outline.

    Returns:
      (inside, outside): bool [H, W], the pixels that the outline does not touch.
    """
    points = [np.int32(np.rint(points))]
    line, shape = np.zeros_like(page), np.zeros_like(page)
    cv2.polylines(line, points, True, 255, width, cv2.LINE_AA)
    cv2.fillPoly(shape, points, 1)
    page[shape > 0] = 255
    np.minimum(page, 255 - line, out=page)
    return (shape > 0) & (line == 0), (shape == 0) & (line == 0)


def _write(page, text, center=MIDDLE, scale=.7, font=cv2.FONT_HERSHEY_SIMPLEX):
    lines = text.split('\n')
    for number, line in enumerate(lines):
        (width, height), _ = cv2.getTextSize(line, font, scale, 2)
        down = (number - (len(lines) - 1) / 2) * 2 * height + height / 2
        at = (int(center[0] - width / 2), int(center[1] + down))
        cv2.putText(page, line, at, font, scale, 0, 2, cv2.LINE_AA)


def _write_blocks(page, columns, size):
    """Writes columns of square characters of several strokes, as in Chinese and Japanese."""
    for column, count in enumerate(columns):
        for row in range(count):
            x, y = np.int32(MIDDLE + size * np.array([1.4 * (len(columns) / 2 - column) - 1.2, 1.2 * row - 2.4]))
            kind = (2 * column + row) % 4
            for share in ((.1, .5, .9), (.3, .9), (.5,), (.1, .9))[kind]:
                cv2.line(page, (x, int(y + share * size)), (x + size, int(y + share * size)), 0, 2, cv2.LINE_AA)
            cv2.line(page, (x + size * (kind + 1) // 5, y), (x + size * (kind + 1) // 5, y + size), 0, 2, cv2.LINE_AA)


def _check(page, *sides):
    """Checks that exactly the insides of the balloons are found; `sides`: of each (inside, outside)."""
    found = balloons.find(page)
    for inside, _ in sides:
        assert found[inside].all()
    assert not found[np.all([outside for _, outside in sides], axis=0)].any()


@pytest.mark.parametrize('kind', ['round', 'caption', 'jagged', 'cloud', 'tail'])
@pytest.mark.parametrize('text', ['WAIT, WHAT?\nSAY IT AGAIN', 'Not now', 'Ha!'])
def test_balloons_are_found_exactly_up_to_their_outlines(kind, text):
    page = _page()
    sides = _draw(page, MIDDLE + _outline(kind, (130, 60)))
    _write(page, text)
    _check(page, sides)


@pytest.mark.parametrize('scale', [.35, 1.6])
@pytest.mark.parametrize('font', [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX])
def test_small_and_large_lettering_is_read(scale, font):
    page = _page(900, 800)
    sides = _draw(page, MIDDLE + _outline('round', np.array([140, 80]) * scale))
    _write(page, 'Good\nmorning!', scale=scale, font=font)
    _check(page, sides)


@pytest.mark.parametrize('size', [14, 30])
def test_columns_of_block_characters_are_read(size):
    page = _page()
    sides = _draw(page, MIDDLE + _outline('round', np.array([3.5, 4.5]) * size))
    _write_blocks(page, [4, 4, 3], size)
    _check(page, sides)


def test_a_short_line_in_a_roomy_balloon_is_read():
    page = _page()
    sides = _draw(page, MIDDLE + _outline('round', (170, 100)))
    _write(page, 'Wait, what?')
    _check(page, sides)


def _level_lines(page, rows, length=90, shift=0):
    for k, y in enumerate(rows):
        middle = MIDDLE[0] + round((k - len(rows) / 2 + .5) * shift)
        cv2.line(page, (middle - length // 2, y), (middle + length // 2, y), 0, 2, cv2.LINE_AA)


@pytest.mark.parametrize('kind', ['round', 'caption'])
@pytest.mark.parametrize('rows', [(240, 260), (225, 242, 259, 276)])
def test_level_lines_stand_for_lettering(kind, rows):
    page = _page()
    inside, _ = _draw(page, MIDDLE + _outline(kind, (100, 60)))
    _level_lines(page, rows)
    assert balloons.find(page)[inside].all()


@pytest.mark.parametrize('rows, length, shift', [((215, 225, 275), 90, 0), ((240, 260), 18, 0),
                                                 ((244, 250, 256), 90, 0), ((240, 260), 60, 70)])
def test_lines_that_are_uneven_or_short_or_close_or_side_by_side_do_not(rows, length, shift):
    page = _page()
    _draw(page, MIDDLE + _outline('round', (100, 60)))
    _level_lines(page, rows, length, shift)
    assert not balloons.find(page).any()


def test_a_balloon_that_a_frame_cuts_is_found():
    page = _page()
    inside, outside = _draw(page, (50, 250) + _outline('round', (130, 60)))
    page[:, :19] = 255
    cv2.line(page, (20, 20), (20, 480), 0, 4)
    _write(page, 'Not\nagain!', (95, 250))
    found = balloons.find(page)
    assert found[:, 24:][inside[:, 24:]].all() and not found[outside].any() and not found[:, :18].any()


def test_a_balloon_that_the_edge_of_the_page_cuts_is_found():
    page = np.full((500, 600), 255, np.uint8)
    sides = _draw(page, (70, 250) + _outline('round', (130, 60)))
    _write(page, 'Not\nagain!', (95, 250))
    _check(page, sides)


def test_balloons_that_touch_are_both_found():
    page = _page()
    back = _draw(page, (240, 200) + _outline('round', (130, 60)))
    front = _draw(page, (360, 290) + _outline('round', (130, 60)))
    _write(page, 'Not again!', (225, 190))
    _write(page, 'Why not?', (360, 290))
    _check(page, (back[0] & front[1], back[1]), front)


def test_a_balloon_over_two_panels_is_found_and_the_gutter_is_not():
    page = _page()
    cv2.rectangle(page, (280, 18), (320, 481), 255, -1)
    for x in (278, 322):
        cv2.line(page, (x, 20), (x, 480), 0, 4)
    sides = _draw(page, MIDDLE + _outline('round', (130, 60)))
    _write(page, 'Over here!')
    _check(page, sides)


@pytest.mark.parametrize('blur', [1, 2])
def test_no_rim_of_a_blurred_outline_is_left(blur):
    page = _page()
    _draw(page, MIDDLE + _outline('round', (150, 80)), width=5)
    _write(page, 'WAIT, WHAT?', scale=1)
    page = cv2.GaussianBlur(page, (0, 0), blur)
    within = cv2.ellipse(np.zeros_like(page), MIDDLE.tolist(), (150, 80), 0, 0, 360, 1, -1) > 0
    assert balloons.find(page)[within & (page > 80)].all()


@pytest.mark.parametrize('kind', ['round', 'caption', 'jagged'])
def test_the_ground_beside_a_thin_outline_is_not_taken(kind):
    page = _page()
    sides = _draw(page, MIDDLE + _outline(kind, (130, 60)), width=1)
    _write(page, 'Not again!')
    _check(page, sides)


def test_pale_ink_and_color_are_the_same_as_black_on_gray():
    page = _page()
    sides = _draw(page, MIDDLE + _outline('round', (130, 60)))
    _write(page, 'Not again!')
    _check(np.uint8(255 - .2 * (255. - page)), sides)
    _check(np.stack([page, page, np.full_like(page, 255)], axis=-1), sides)


@pytest.mark.parametrize('kind', ['round', 'jagged', 'tail'])
def test_pages_that_are_too_large_are_exact_at_their_own_resolution(kind, monkeypatch):
    page = _page(900, 800)
    sides = _draw(page, (400, 400) + _outline(kind, (250, 120)))
    _write(page, 'WAIT, WHAT?', (400, 400), scale=1.5)
    monkeypatch.setattr(balloons, '_MOST_PIXELS', 150_000)
    _check(page, sides)


def _face(page):
    for x in (262, 338):
        cv2.ellipse(page, (x, 235), (8, 13), 0, 0, 360, 0, -1, cv2.LINE_AA)
        cv2.ellipse(page, (x, 215), (18, 8), 0, 190, 350, 0, 4, cv2.LINE_AA)
    cv2.line(page, (300, 255), (307, 272), 0, 3, cv2.LINE_AA)
    cv2.ellipse(page, (300, 290), (28, 10), 0, 10, 170, 0, 3, cv2.LINE_AA)


def _dots(page):
    for y in range(200, 320, 24):
        for x in range(200 + y % 5 * 3, 410, 24):
            cv2.circle(page, (x, y), 7, 0, -1, cv2.LINE_AA)


def _flowers(page):
    turn = np.linspace(0, 2 * np.pi, 40)
    petals = (11 + 4 * np.cos(5 * turn))[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    for y in (210, 250, 290):
        for x in range(220, 400, 40):
            cv2.polylines(page, [np.int32(petals + (x, y))], True, 0, 2, cv2.LINE_AA)


def _stripes(page):
    for x in range(150, 450, 14):
        cv2.line(page, (x, 150), (x + 40, 350), 0, 3, cv2.LINE_AA)


def _hatching(page):
    for k in range(14):
        cv2.line(page, (220 + 10 * k, 230 + k % 3), (250 + 10 * k, 270 + k * 5 % 7), 0, 2, cv2.LINE_AA)


def _leaves(page):
    rng = np.random.default_rng(1)
    for _ in range(16):
        at = np.int32(MIDDLE + rng.uniform(-1, 1, 2) * (80, 40))
        cv2.ellipse(page, at.tolist(), (11, 5), int(rng.integers(360)), 0, 360, 0, 2, cv2.LINE_AA)


def _windows(page):
    for x in (225, 275, 325, 375):
        cv2.rectangle(page, (x - 15, 225), (x + 15, 275), 0, 3)
        cv2.line(page, (x, 225), (x, 275), 0, 3)


def _fence(page):
    for k in range(14):
        cv2.line(page, (222 + 12 * k, 222 + 5 * (k * 5 % 7)), (222 + 12 * k, 270), 0, 3, cv2.LINE_AA)


def _heads(page):
    for k, radius in enumerate((12, 16, 9, 15, 11, 14)):
        cv2.circle(page, (210 + 36 * k, 270 - radius), radius, 0, 2, cv2.LINE_AA)
        for eye in (-4, 4):
            cv2.circle(page, (210 + 36 * k + eye, 268 - radius), 2, 0, 2, cv2.LINE_AA)


def _figures(page):
    for x in (255, 345):
        _draw(page, (x, 265) + _outline('caption', (16, 24)))
        _draw(page, (x, 225) + _outline('round', (14, 16)))
        for eye in (-6, 6):
            cv2.circle(page, (x + eye, 222), 2, 0, -1, cv2.LINE_AA)


@pytest.mark.parametrize('kind', ['round', 'caption'])
@pytest.mark.parametrize('picture', [_face, _dots, _flowers, _stripes, _hatching, _leaves, _windows, _fence,
                                     _heads, _figures])
def test_other_areas_are_no_balloons(kind, picture):
    page, art = _page(), _page()
    inside, _ = _draw(page, MIDDLE + _outline(kind, (150, 100)))
    picture(art)
    page[inside] = art[inside]
    assert not balloons.find(page).any()


@pytest.mark.parametrize('at, scale, panels', [((300, 250), 3, 1), ((180, 120), 2, 4)])
def test_lettering_on_the_ground_of_a_panel_is_no_balloon(at, scale, panels):
    page = _page()
    _write(page, 'CRASH', at, scale)
    assert not balloons.find(np.tile(page, (panels, 1))).any()


def test_lettering_on_the_ground_between_figures_is_no_balloon():
    page = _page()
    for left, right in ((20, 200), (400, 579)):
        cv2.rectangle(page, (left, 200), (right, 479), 0, 4)
    _write(page, 'CRASH', (300, 260), scale=1.5)
    assert not balloons.find(np.tile(page, (4, 1))).any()


def test_balloons_on_a_panel_with_figures_do_not_take_its_ground():
    page = _page()
    sides = _draw(page, (200, 120) + _outline('round', (120, 60)))
    _write(page, 'WAIT, WHAT?', (200, 120))
    _draw(page, (400, 330) + _outline('round', (60, 100)))
    _check(page, sides)


def test_an_open_or_an_empty_balloon_is_left():
    page = _page()
    _draw(page, MIDDLE + _outline('round', (130, 60)))
    assert not balloons.find(page).any()
    _write(page, 'Not again!')
    page[185:200, 290:310] = 255
    assert not balloons.find(page).any()


@pytest.mark.parametrize('shape', [(1, 1), (1, 1, 3), (1, 70), (80, 60, 3)])
@pytest.mark.parametrize('level', [255, 0])
def test_blank_and_black_pages_have_no_balloons(shape, level):
    found = balloons.find(np.full(shape, level, np.uint8))
    assert found.shape == shape[:2] and found.dtype == bool and not found.any()

import hashlib
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from data_pipeline import synthetic_comic, synthetic_page
from data_pipeline.pictures import companions, pages


@pytest.mark.parametrize('background', synthetic_comic.BACKGROUNDS)
def test_deterministic_by_seed(background):
    one, two, other = (synthetic_comic.draw_panel(seed, 1, 2, background, size=128) for seed in (5, 5, 6))
    assert hashlib.sha256(one.color).digest() == hashlib.sha256(two.color).digest()
    np.testing.assert_array_equal(one.line_art, two.line_art)
    assert (one.color != other.color).any()


def test_panels_of_the_fixed_cast_stay_as_they_were():
    panels = [synthetic_comic.draw_panel(0, 1, number, size=128) for number in range(1, 25)]
    pictures = [picture.tobytes() for panel in panels for picture in (panel.color, panel.line_art, panel.background)]
    assert hashlib.sha256(b''.join(pictures)).hexdigest().startswith('e4b966a115086dfe')


def test_flat_backgrounds_are_one_color_that_varies(panels):
    means = []
    for panel in panels:
        inside = panel.background & ~_near(~panel.background)
        assert .1 < panel.background.mean() < .95
        assert panel.color[inside].std(axis=0).max() == 0
        means.append(panel.color[inside].mean(axis=0))
    assert np.std(means, axis=0).mean() > 20


def test_gradients_vary_smoothly_and_patterns_do_not():
    for background, smooth in (('gradient', True), ('patterned', False)):
        panel = synthetic_comic.draw_panel(0, 1, 1, background, size=256)
        color = panel.color.astype(int)
        inside = panel.background & ~_near(~panel.background)
        both = inside[:, 1:] & inside[:, :-1]
        steps = np.abs(np.diff(color, axis=1)).max(axis=-1)[both]
        assert color[panel.background].std(axis=0).max() > 3
        assert (np.percentile(steps, 99) <= 4) == smooth


def test_line_art_is_where_the_foreground_is(panels):
    for panel in panels:
        assert panel.line_art.max() == 255 and panel.line_art.min() < 40
        assert (panel.line_art[panel.background & ~_near(~panel.background)] == 255).all()


def test_pages_are_written_with_their_companions_and_panels(tmp_path):
    synthetic_comic.draw_pages(tmp_path, 2, 2, seed=1, width=256, layout='rows', askew=1.)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob('*.*')}
    assert written == {f'ep00{episode}/0{number}.{kind}' for episode in (1, 2) for number in (1, 2)
                       for kind in ('colour.png', 'line.png', 'mask.png', 'panels.json')}
    page = synthetic_page.draw_page(1, 2001, width=256, layout='rows', askew=1.)
    for kind, picture in (('colour', page.color), ('line', page.line_art), ('mask', page.background * 255)):
        np.testing.assert_array_equal(np.array(Image.open(tmp_path / f'ep002/01.{kind}.png')), picture)
    truth = json.loads((tmp_path / 'ep002/01.panels.json').read_text())
    assert (truth['width'], truth['height']) == (256, 366)
    np.testing.assert_equal(truth['panels'], [polygon.tolist() for polygon in page.panels])
    pairs = companions.with_companions(pages.find([tmp_path / 'ep001'], None).pages)
    assert [sorted(beside) for page, beside in pairs if page.name.endswith('.png')] == [['line', 'mask']] * 2


def _near(mask):
    """Finds the pixels that are at most three away from the mask: bool."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0

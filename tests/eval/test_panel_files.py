"""Files of panels: what a user corrects beside a drawing, and what eval.colorize makes of it."""

import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline.pictures import pages, pixels
from eval import colorize, panel_files
from tests import files
from tests.eval import stand_in
from tests.pictures import encode

LEFT, RIGHT = [[0, 0], [150, 0], [150, 200], [0, 200]], [[150, 0], [300, 0], [300, 200], [150, 200]]


def _page():
    lines = np.full((200, 300), 255, np.uint8)
    lines[60:64, 20:280] = 0
    return lines


def _text(*panels):
    return json.dumps({'panels': [{'corners': corners, **more} for corners, more in panels]}).encode()


def _read(tmp_path, content):
    (tmp_path / 'a.panels.json').write_bytes(content)
    return panel_files.read(pages.Page('a', 'a', '', str(tmp_path / 'a.panels.json')), 200, 300)


@pytest.fixture
def folder(tmp_path):
    """A drawing and its two panels."""
    (tmp_path / 'in').mkdir()
    Image.fromarray(_page()).save(tmp_path / 'in/a.png')
    (tmp_path / 'in/a.panels.json').write_bytes(_text((LEFT, {'number': 3}), (RIGHT, {'number': 1, 'sample': 4})))
    return tmp_path / 'in'


def test_panels_beside_a_drawing_are_taken_in_place_of_those_found_with_their_seeds(tmp_path, folder, stand_in, capsys):
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (1, 0)
    assert '(panels)' in capsys.readouterr().out
    whole = stand_in.__class__()
    (folder / 'a.panels.json').unlink()
    colorize.colorize([folder], tmp_path / 'whole', whole)
    seed, = whole.seeds
    assert sorted(stand_in.seeds) == sorted([seed + 2 * 2**32, seed + 3])


def test_a_page_is_colored_again_when_its_panels_change(tmp_path, folder, stand_in):
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (1, 0)
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (0, 1)
    (folder / 'a.panels.json').write_bytes(_text((LEFT, {})))
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (1, 0)


def test_panels_that_cannot_be_used_are_named_and_the_page_is_colored_without_them(tmp_path, folder, stand_in, capsys):
    (folder / 'a.panels.json').write_text('{}')
    (folder / 'b.panels.json').write_text('{}')
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (1, 0)
    said = capsys.readouterr().out
    assert 'in/a.panels.json: tells no panels of its drawing; colored without panels' in said
    assert 'left out in/b.panels.json: panels without a drawing of this name' in said


def test_panels_lie_in_an_archive_and_are_copied_with_it(tmp_path, stand_in):
    (tmp_path / 'a.cbz').write_bytes(files.zip_file([('1.png', encode(_page())), ('1.panels.json', _text((LEFT, {})))]))
    assert colorize.colorize([tmp_path / 'a.cbz'], tmp_path / 'out', stand_in) == (1, 0)
    drawing, = stand_in.received[0][0]
    assert drawing.shape == (stand_in.size, stand_in.size) and (drawing[:, :8] == 255).all()  # padded: it is upright


@pytest.mark.parametrize('content', [
    b'', b'[]', b'{"panels": 7}', b'{"panels": []}', b'\xff\xfe', b'[' * 50_000, _text(([[0, 0], [9, 9]], {})),
    _text(([[0, 0], [1, 0], [1, 200], [0, 200]], {})), _text((LEFT, {'number': 0})), _text((LEFT, {'sample': 10**9})),
    b'{"panels": [{"corners": [[NaN, 0], [100, 0], [100, 100]]}]}', _text(([[0] * 2] * 1000, {}))])
def test_a_file_that_tells_no_panels_is_refused(tmp_path, content):
    with pytest.raises(pixels.PageError, match='tells no panels'):
        _read(tmp_path, content)


def test_what_is_written_is_read_again_and_corners_are_kept_within_the_page(tmp_path):
    given = _read(tmp_path, _text((LEFT, {'number': 2, 'sample': 3}), ([[250, -9], [999, 0], [300, 999]], {})))
    assert [one.panel.box for one in given] == [(0, 0, 200, 150), (0, 250, 200, 300)]
    panel_files.write(tmp_path / 'b.panels.json', given)
    again = panel_files.read(pages.Page('b', 'b', '', str(tmp_path / 'b.panels.json')), 200, 300)
    assert [(one.panel.box, one.number, one.sample) for one in again] == [
        ((0, 0, 200, 150), 2, 3), ((0, 250, 200, 300), 1, 1)]
    assert stand_in.files(tmp_path) == {'a.panels.json', 'b.panels.json'}

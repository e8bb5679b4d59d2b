"""Which hints belong to which drawing, and which files of hints can be used."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.common import errors
from data_pipeline.pictures import pages, pixels
from eval import hint_files
from tests import files
from tests.pictures import encode

DOT = np.zeros((20, 30, 4), np.uint8)
DOT[5, 5] = 200, 30, 40, 255
HINTS, LINES = encode(DOT), encode(np.full((20, 30), 255, np.uint8))


def _write(folder, *names):
    """Writes drawings and hints, told by their names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(HINTS if '.hints.' in name or name.startswith('hints/') else LINES)


def _find(*inputs, folder=None):
    """Finds hints: (names of drawings, {name: path of its hints or its name in an archive}, names of hints alone)."""
    found = hint_files.find(pages.find(inputs).pages, inputs, folder)
    return [page.name for page in found.drawings], {name: page.member or page.path
                                                    for name, page in found.hints.items()}, found.alone


@pytest.mark.parametrize('name', ['a.png', 'a.jpg', 'b.c.TIF', 'Vol. 1'])
def test_hints_beside_a_drawing_are_its_own_whatever_its_suffix(tmp_path, name):
    stem = name.rpartition('.')[0] if name != 'Vol. 1' else name
    _write(tmp_path, f'in/ch/{name}', f'in/ch/{stem}.hints.png', f'in/{stem}.hints.png', 'in/z.png')
    expected = {f'in/ch/{name}': str(tmp_path / f'in/ch/{stem}.hints.png')}
    assert _find(tmp_path / 'in') == ([f'in/ch/{name}', 'in/z.png'], expected, [f'in/{stem}.hints.png'])
    single = _find(tmp_path / 'in/ch' / name)
    assert single == ([name], {name: str(tmp_path / f'in/ch/{stem}.hints.png')}, [])


def test_hints_that_are_an_input_themselves_are_no_drawings(tmp_path):
    _write(tmp_path, 'a.png', 'a.hints.png', 'b.HINTS.PNG')
    given = [tmp_path / name for name in ('a.png', 'a.hints.png', 'b.HINTS.PNG')]
    assert _find(*given) == (['a.png'], {'a.png': str(tmp_path / 'a.hints.png')}, ['b.HINTS.PNG'])


def test_hints_in_an_archive_belong_to_its_pages(tmp_path):
    for inner in ('', 'ch1/'):
        (tmp_path / 'a.cbz').write_bytes(files.zip_file([(f'{inner}1.jpg', LINES), (f'{inner}1.hints.png', HINTS),
                                                         (f'{inner}2.png', LINES), ('3.hints.png', HINTS)]))
        assert _find(tmp_path / 'a.cbz') == (
            [f'a.cbz/{inner}1.jpg', f'a.cbz/{inner}2.png'], {f'a.cbz/{inner}1.jpg': f'{inner}1.hints.png'},
            ['a.cbz/3.hints.png'])


def test_two_drawings_of_one_name_share_their_hints(tmp_path):
    (tmp_path / 'a.cbz').write_bytes(files.zip_file([('1.jpg', LINES), ('1.png', LINES), ('1.hints.png', HINTS)]))
    assert _find(tmp_path / 'a.cbz')[1] == {'a.cbz/1.jpg': '1.hints.png', 'a.cbz/1.png': '1.hints.png'}


def test_a_folder_of_hints_has_them_at_the_path_inside_the_input_and_comes_first(tmp_path):
    _write(tmp_path, 'in/1.png', 'in/ch/2.jpg', 'in/3.png', 'in/3.hints.png', 'in/4.png', 'in/4.hints.png',
           'hints/1.hints.png', 'hints/1.png', 'hints/ch/2.png', 'hints/3.png')
    folder = tmp_path / 'hints'
    _, hints, alone = _find(tmp_path / 'in', folder=folder)
    assert hints == {'in/1.png': str(folder / '1.hints.png'), 'in/ch/2.jpg': str(folder / 'ch/2.png'),
                     'in/3.png': str(folder / '3.png'), 'in/4.png': str(tmp_path / 'in/4.hints.png')}
    assert not alone
    with pytest.raises(errors.UserError, match='--hints=nowhere: no such folder'):
        _find(tmp_path / 'in', folder='nowhere')


def test_pages_of_archives_and_of_files_of_several_pages_have_hints_below_the_name_of_the_file(tmp_path):
    _write(tmp_path, 'hints/a.cbz/ch/1.png', 'hints/scan.tif/0002.png', '0002.hints.png', 'scan.hints.png')
    (tmp_path / 'a.cbz').write_bytes(files.zip_file([('ch/1.jpg', LINES), ('ch/2.jpg', LINES)]))
    frames = [Image.fromarray(np.full((20, 30), level, np.uint8)) for level in (255, 250)]
    frames[0].save(tmp_path / 'scan.tif', save_all=True, append_images=frames[1:])
    _, hints, _ = _find(tmp_path / 'a.cbz', tmp_path / 'scan.tif', folder=tmp_path / 'hints')
    assert hints == {'a.cbz/ch/1.jpg': str(tmp_path / 'hints/a.cbz/ch/1.png'),
                     'scan.tif/0002': str(tmp_path / 'hints/scan.tif/0002.png')}


def test_what_lies_in_the_folder_of_hints_is_no_drawing_unless_the_input_lies_there(tmp_path):
    _write(tmp_path, 'in/1.png', 'in/hints/1.png', 'in/hints/other.png', 'in/1.hints.png')
    drawings, hints, _ = _find(tmp_path / 'in', folder=tmp_path / 'in/hints')
    assert drawings == ['in/1.png'] and hints == {'in/1.png': str(tmp_path / 'in/hints/1.png')}
    for given in (tmp_path / 'in/hints', tmp_path / 'in/hints/1.png'):
        drawings, hints, _ = _find(given, folder=tmp_path / 'in/hints')
        assert drawings[0].endswith('1.png') and not hints  # a drawing is not its own hints


def _read(tmp_path, encoded):
    (tmp_path / 'a.hints.png').write_bytes(encoded)
    return hint_files.read(pages.Page('a.hints.png', 'a.hints.png', '', str(tmp_path / 'a.hints.png')), 20, 30)


def test_a_hint_is_what_is_at_least_half_opaque(tmp_path):
    layer = np.zeros((20, 30, 4), np.uint8)
    layer[3, 4:8] = [(9, 8, 7, alpha) for alpha in (255, 128, 127, 0)]
    read = _read(tmp_path, encode(layer))
    layer[3, 4:6, 3], layer[3, 6:8] = 255, 0
    np.testing.assert_array_equal(read, layer)
    layer[..., 3] = 127
    assert _read(tmp_path, encode(layer)) is None


@pytest.mark.parametrize(('encoded', 'reason'), [
    (encode(np.ascontiguousarray(DOT[:, :20])), 'has 20x20 pixels, its drawing 30x20'),
    (encode(np.ascontiguousarray(DOT[..., :3])), 'has no transparency'),
    (encode(np.full((20, 30, 4), 200, np.uint8)), 'has no transparency'),
    (HINTS[:60], 'cannot be decoded'), (b'', 'empty file'), (b'text', 'not an image')],
    ids=['size', 'no opacity', 'no transparency', 'damaged', 'empty', 'text'])
def test_hints_that_cannot_be_used_are_refused_with_the_reason(tmp_path, encoded, reason):
    with pytest.raises(pixels.PageError, match=reason):
        _read(tmp_path, encoded)

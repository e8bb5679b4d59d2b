import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from data_pipeline import synthetic_comic
from eval import colorize, contact_sheet
from eval.systems import LocalSystem


@pytest.fixture(scope='module')
def drawing():
    return synthetic_comic.draw_panel(9, 1, 1, size=200)


def _png(picture):
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, 'PNG')
    return stream.getvalue()


def _files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob('*') if p.is_file()}


def test_colors_what_is_good_and_names_the_rest(tmp_path, drawing, tiny_weights, capsys):
    folder = tmp_path / 'in'
    folder.mkdir()
    line, color = drawing.line_art, drawing.color
    Image.fromarray(line).save(folder / 'gray.jpg')
    Image.fromarray(line).convert('CMYK').save(folder / 'cmyk.jpg')
    Image.fromarray(line.astype(np.uint16) * 257).save(folder / 'sixteen.png')
    transparent = Image.fromarray(line).convert('P')
    transparent.save(folder / 'palette.png', transparency=255)
    Image.fromarray(line[:100]).save(folder / 'gray.png')  # a second one called gray
    Image.fromarray(color).save(folder / 'colored.png')
    (folder / 'truncated.jpg').write_bytes((folder / 'gray.jpg').read_bytes()[:2000])
    (folder / 'empty.png').write_bytes(b'')
    (folder / 'text.png').write_text('text')
    Image.new('1', (30000, 30000)).save(folder / 'large.png')
    with zipfile.ZipFile(folder / 'chapter.cbz', 'w') as archive:
        archive.writestr('../../evil.png', _png(line))
    (folder / 'damaged.zip').write_bytes((folder / 'chapter.cbz').read_bytes()[:100])
    before = _files(tmp_path)
    assert colorize.colorize([folder], tmp_path / 'out', LocalSystem('comic', [tiny_weights])) == 6
    assert _files(tmp_path) - before == {'out/' + n for n in (
        'contact_sheet.png', 'in/gray.png', 'in/gray.png.png', 'in/cmyk.png', 'in/sixteen.png', 'in/palette.png',
        'in/chapter.cbz/evil.png')}
    assert Image.open(tmp_path / 'out/in/cmyk.png').size == (200, 200)
    assert {Image.open(tmp_path / 'out/in' / n).size for n in ('gray.png', 'gray.png.png')} == {(200, 200), (200, 100)}
    said = capsys.readouterr().out
    for name, reason in (('colored.png', 'in color already'), ('truncated.jpg', 'cannot be decoded'),
                         ('empty.png', 'empty'), ('text.png', 'not an image'), ('large.png', '100 megapixels'),
                         ('damaged.zip', 'damaged')):
        assert any(name in line and reason in line for line in said.splitlines()), name


def test_samples_differ_and_follow_from_the_seed(tmp_path, drawing, tiny_weights):
    Image.fromarray(drawing.line_art).save(tmp_path / 'a.png')
    for name, options in (('one', {'seed': 3, 'samples': 2}), ('two', {'seed': 4})):
        colorize.colorize([tmp_path / 'a.png'], tmp_path / name, LocalSystem('comic', [tiny_weights]), **options)
    assert _files(tmp_path / 'one') == {'a-1.png', 'a-2.png', 'contact_sheet.png'}
    first, second, again = (np.asarray(Image.open(tmp_path / p)) for p in ('one/a-1.png', 'one/a-2.png', 'two/a.png'))
    assert np.any(first != second)
    assert np.abs(second.astype(int) - again).max() <= 1


def test_the_drawing_lies_over_its_colors_in_its_own_size(tmp_path, tiny_weights):
    drawing = np.full((600, 900), 255, np.uint8)
    drawing[100:103, ::2] = 0  # finer than the networks see
    Image.fromarray(drawing).save(tmp_path / 'a.png')
    colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', LocalSystem('comic', [tiny_weights]))
    result = np.asarray(Image.open(tmp_path / 'out/a.png'))
    assert result.shape == (600, 900, 3)
    assert (result[100:103, ::2] == 0).all() and (result[100:103, 1::2] > 0).any(axis=-1).all()


def test_colors_the_outline_of_a_colored_picture_if_asked(tmp_path, drawing, tiny_weights):
    Image.fromarray(drawing.color).save(tmp_path / 'a.png')
    colorizer = LocalSystem('comic', [tiny_weights])
    assert colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', colorizer) == 0
    assert colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', colorizer, extract_outline=True) == 1


def test_contact_sheets_show_every_picture(tmp_path, rng):
    sheet = contact_sheet.ContactSheet(tmp_path / 'sheet.png', ('a', 'b'), rows=3)
    colors = rng.integers(40, 200, (7, 3), np.uint8)
    for k, color in enumerate(colors):
        sheet.add(str(k), (np.full((50, 80), 128, np.uint8), np.broadcast_to(color, (90, 60, 3))))
    sheet.flush()
    assert [p.name for p in sheet.written] == ['sheet.png', 'sheet-2.png', 'sheet-3.png']
    shown = [np.asarray(Image.open(path)).reshape(-1, 3) for path in sheet.written]
    for k, color in enumerate(colors):
        assert (shown[k // 3] == color).all(axis=1).sum() > 5000


def test_the_program_fails_with_one_line(tmp_path, tiny_weights):
    def run(*arguments):
        return subprocess.run([sys.executable, '-m', 'eval.colorize', *map(str, arguments)], capture_output=True,
                              text=True, check=False)

    missing = run('--input', tmp_path / 'nowhere', '--output', tmp_path / 'out', '--weights', tiny_weights)
    assert missing.returncode == 1 and missing.stderr.splitlines()[-1].startswith('error: ')
    assert 'nowhere' in missing.stderr.splitlines()[-1] and 'Traceback' not in missing.stderr
    (tmp_path / 'text.png').write_text('text')
    nothing = run('--input', tmp_path / 'text.png', '--output', tmp_path / 'out', '--weights', tiny_weights)
    assert nothing.returncode == 1 and 'not an image' in nothing.stdout and 'Traceback' not in nothing.stderr

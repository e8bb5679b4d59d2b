import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline import synthetic_comic
from data_pipeline.common import errors
from data_pipeline.outlines import line_art
from eval import colorize, contact_sheet
from tests.pictures import encode
from tests.programs import run_here


class StandIn:
    """A system that colors a drawing with one color, which follows from the drawing and the seed.

    Attributes:
      received: arguments of every call.
    """

    size = 64

    def __init__(self):
        self.received = []

    def colorize(self, drawings, seeds, temperature, background=None):
        self.received.append((drawings, seeds, temperature, background))
        colors = np.uint8([self.color(drawing, seed) for drawing, seed in zip(drawings, seeds, strict=True)])
        return {'image': np.broadcast_to(colors[:, None, None], (len(drawings), self.size, self.size, 3)),
                'low_res': np.broadcast_to(colors[:, None, None], (len(drawings), 8, 8, 3)),
                'background_mask': 255 - drawings}

    @staticmethod
    def color(drawing, seed):
        return [zlib.crc32(drawing) % 256, seed % 251, 40]


@pytest.fixture
def stand_in():
    return StandIn()


@pytest.fixture(scope='module')
def drawing():
    return synthetic_comic.draw_panel(9, 1, 1, size=200)


def _files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob('*') if p.is_file()}


def _pixels(path):
    return np.asarray(Image.open(path))


def test_colors_what_is_good_and_names_the_rest(tmp_path, drawing, stand_in, capsys):
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
        archive.writestr('../../evil.png', encode(line))
    (folder / 'damaged.zip').write_bytes((folder / 'chapter.cbz').read_bytes()[:100])
    before = _files(tmp_path)
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == 6
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


def test_each_of_many_pictures_gets_its_own_result(tmp_path, stand_in):
    drawings = np.full((10, 64, 64), 255, np.uint8)
    for number, drawing in enumerate(drawings):
        drawing[10:12] = drawing[:20 + 4 * number, 30:32] = 0
        Image.fromarray(drawing).save(tmp_path / f'{number}.png')
    assert colorize.colorize([tmp_path], tmp_path / 'out', stand_in) == 10
    colors = [StandIn.color(line_art.fit(drawing, 64).numpy(), seed=0)[0] for drawing in drawings]
    assert len(set(colors)) == 10
    for number, color in enumerate(colors):
        result = _pixels(tmp_path / 'out' / tmp_path.name / f'{number}.png')
        assert result[-1, 0, 0] == color and (result[drawings[number] == 0] == 0).all()


def test_sample_k_of_a_seed_is_the_first_sample_of_the_seed_k_minus_1_higher(tmp_path, drawing, stand_in):
    Image.fromarray(drawing.line_art).save(tmp_path / 'a.png')
    colorize.colorize([tmp_path / 'a.png'], tmp_path / 'three', stand_in, seed=5, samples=3)
    assert _files(tmp_path / 'three') == {'a-1.png', 'a-2.png', 'a-3.png', 'contact_sheet.png'}
    samples = [_pixels(tmp_path / 'three' / f'a-{k}.png') for k in (1, 2, 3)]
    assert len({sample.tobytes() for sample in samples}) == 3
    for seed, sample in zip((5, 6, 7), samples, strict=True):
        colorize.colorize([tmp_path / 'a.png'], tmp_path / str(seed), stand_in, seed=seed)
        np.testing.assert_array_equal(_pixels(tmp_path / str(seed) / 'a.png'), sample)


def test_the_same_picture_and_seed_give_the_same_colors_and_another_seed_does_not(tmp_path, drawing, system):
    Image.fromarray(drawing.line_art).save(tmp_path / 'a.png')
    for folder, options in (('one', {'seed': 3}), ('again', {'seed': 3}), ('other', {'seed': 4})):
        colorize.colorize([tmp_path / 'a.png'], tmp_path / folder, system, **options)
    one, again, other = (_pixels(tmp_path / folder / 'a.png') for folder in ('one', 'again', 'other'))
    np.testing.assert_array_equal(one, again)
    assert np.any(one != other)


def test_the_drawing_lies_over_its_colors_in_its_own_size(tmp_path, stand_in):
    drawing = np.full((600, 900), 255, np.uint8)
    drawing[100:103, ::2] = 0  # finer than the networks see
    Image.fromarray(drawing).save(tmp_path / 'a.png')
    colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in)
    result = _pixels(tmp_path / 'out/a.png')
    assert result.shape == (600, 900, 3)
    assert (result[100:103, ::2] == 0).all() and (result[100:103, 1::2] > 0).any(axis=-1).all()


def test_colors_the_outline_of_a_colored_picture_if_asked(tmp_path, drawing, stand_in):
    Image.fromarray(drawing.color).save(tmp_path / 'a.png')
    assert colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in) == 0
    assert colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in, extract_outline=True) == 1


def test_a_background_is_auto_or_six_hexadecimal_digits():
    assert colorize.parse_color('auto') is None
    for text in ('#0a80ff', '#0A80FF'):
        assert colorize.parse_color(text).tolist() == [10, 128, 255]
    for text in ('', 'blue', '0a80ff', '#0a8', '#0a80f', '#0a80fff', '#0a80fg', '#0a80ff\n'):
        with pytest.raises(errors.UserError, match="not a color; write '#rrggbb', or auto"):
            colorize.parse_color(text)


def test_the_background_is_painted_in_the_color_that_is_asked_for(drawing, system):
    fitted = line_art.fit(drawing.line_art, 256).numpy()[None]
    for asked in ([10, 128, 255], [0, 0, 0]):
        result = system.colorize(fitted, [1], 1., np.uint8(asked))
        background = result['background_mask'] == 255
        assert background.any() and (result['image'][background] == asked).all()


def test_the_flags_reach_the_system(tmp_path, drawing, stand_in, monkeypatch):
    Image.fromarray(drawing.line_art).save(tmp_path / 'a.png')
    made = []
    monkeypatch.setattr('eval.systems.LocalSystem', lambda *given: made.append(given) or stand_in)
    run_here('eval.colorize', '--input', tmp_path / 'a.png', '--output', tmp_path / 'out', '--weights', 'w1',
             '--weights', 'w2', '--drafts', 2, '--temperature', .5, '--background', '#0a80ff', '--samples', 2)
    assert made == [('comic', ['w1', 'w2'], 2)]
    (_, seeds, temperature, background), = stand_in.received
    assert seeds[1] == seeds[0] + 1 and temperature == .5 and background.tolist() == [10, 128, 255]


def test_contact_sheets_show_every_picture(tmp_path, rng):
    sheet = contact_sheet.ContactSheet(tmp_path / 'sheet.png', ('a', 'b'), rows=3)
    colors = rng.integers(40, 200, (7, 3), np.uint8)
    for k, color in enumerate(colors):
        sheet.add(str(k), (np.full((50, 80), 128, np.uint8), np.broadcast_to(color, (90, 60, 3))))
    sheet.flush()
    assert [p.name for p in sheet.written] == ['sheet.png', 'sheet-2.png', 'sheet-3.png']
    shown = [_pixels(path).reshape(-1, 3) for path in sheet.written]
    for k, color in enumerate(colors):
        assert (shown[k // 3] == color).all(axis=1).sum() > 5000


def test_what_cannot_be_colored_is_said_in_one_line(tmp_path, tiny_weights, capsys):
    given = tmp_path / 'text.png'
    given.write_text('text')
    baseline = '--model', 'pix2pix'
    for arguments, message in (
            (('--input', tmp_path / 'nowhere'), f'{tmp_path}/nowhere: no such file or folder'),
            (('--background', 'blue'), "--background=blue: not a color; write '#rrggbb', or auto"),
            (('--background', '#000000', *baseline), '--background: pix2pix has no background'),
            (('--server', 'localhost:1', *baseline), '--server: pix2pix is not served'),
            ((), 'nothing was colored')):
        with pytest.raises(SystemExit) as ended:
            run_here('eval.colorize', '--input', given, '--output', tmp_path / 'out', '--weights', tiny_weights,
                     *arguments)
        assert ended.value.code == f'error: {message}'
    assert 'skipped text.png: not an image' in capsys.readouterr().out
    assert not (tmp_path / 'out').exists()

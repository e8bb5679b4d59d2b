import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline.pictures import square
from eval import colorize
from eval.settings import Settings
from tests.eval.stand_in import files, pixels
from tests.pictures import encode
from tests.programs import run_here

EXTRA = {'contact_sheet.png', 'colorized.json'}


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
    bitmap = bytearray(encode(line, 'BMP'))
    bitmap[18:26] = struct.pack('<2i', 30_000, 30_000)  # its size, as its header tells it
    (folder / 'large.bmp').write_bytes(bitmap)
    with zipfile.ZipFile(folder / 'chapter.cbz', 'w') as archive:
        archive.writestr('../../evil.png', encode(line))
    (folder / 'damaged.zip').write_bytes((folder / 'chapter.cbz').read_bytes()[:100])
    before = files(tmp_path)
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (6, 0)
    assert files(tmp_path) - before == {'out/' + n for n in (
        *EXTRA, 'in/gray.png', 'in/gray.jpg', 'in/cmyk.jpg', 'in/sixteen.png', 'in/palette.png', 'in/chapter.cbz')}
    assert Image.open(tmp_path / 'out/in/cmyk.jpg').size == (200, 200)
    assert {Image.open(tmp_path / 'out/in' / n).size for n in ('gray.jpg', 'gray.png')} == {(200, 200), (200, 100)}
    said = capsys.readouterr().out
    for name, reason in (('colored.png', 'in color already'), ('truncated.jpg', 'cannot be decoded'),
                         ('empty.png', 'empty'), ('text.png', 'not an image'), ('large.bmp', '100 megapixels'),
                         ('damaged.zip', 'damaged')):
        assert any(name in line and reason in line for line in said.splitlines()), name


def test_each_of_many_pictures_gets_its_own_result(tmp_path, drawings, stand_in):
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in) == (10, 0)
    fitted = np.concatenate([batch for batch, *_ in stand_in.received])
    fitted = fitted[np.argsort((fitted < 128).sum(axis=(1, 2)))]  # the lines of the drawings grow
    for number, path in enumerate(sorted(drawings.iterdir())):
        result = pixels(tmp_path / 'out/comics' / path.name)
        assert result[-1, 0, 0] == stand_in.color(fitted[number], seed=0)[0] and (result[pixels(path) == 0] == 0).all()


def test_a_batch_holds_a_limited_number_of_pixels(tmp_path, drawings, stand_in, monkeypatch):
    def sizes(folder, **settings):
        stand_in.received.clear()
        colorize.colorize([drawings], tmp_path / f'{folder} {len(settings)}', stand_in, Settings(**settings))
        return sorted(len(batch) for batch, *_ in stand_in.received)

    assert sizes('many', previous=False) == sizes('many') == [2, 4, 4]
    assert sizes('samples', samples=4, previous=False) == [4] * 10  # the samples of a picture share its line art
    assert sizes('samples', samples=4) == [2] * 4 + [4] * 8
    monkeypatch.setattr('eval.coloring._MOST_PIXELS', 3 * 64 * 64)
    assert max(sizes('few', previous=False)) == max(sizes('few')) == 3
    monkeypatch.setattr('eval.coloring._MOST_PIXELS', 1)
    assert sizes('one', previous=False) == sizes('one') == [1] * 10


def test_sample_k_of_a_seed_is_the_first_sample_of_the_seed_k_minus_1_higher(tmp_path, drawing, stand_in):
    Image.fromarray(drawing.line_art).save(tmp_path / 'a.png')
    colorize.colorize([tmp_path / 'a.png'], tmp_path / 'three', stand_in, Settings(seed=5, samples=3))
    assert files(tmp_path / 'three') == {'a-1.png', 'a-2.png', 'a-3.png', *EXTRA}
    samples = [pixels(tmp_path / 'three' / f'a-{k}.png') for k in (1, 2, 3)]
    assert len({sample.tobytes() for sample in samples}) == 3
    for seed, sample in zip((5, 6, 7), samples, strict=True):
        colorize.colorize([tmp_path / 'a.png'], tmp_path / str(seed), stand_in, Settings(seed=seed))
        np.testing.assert_array_equal(pixels(tmp_path / str(seed) / 'a.png'), sample)


def test_the_seed_follows_from_the_name_in_the_input_and_the_seed_that_is_asked_for(tmp_path, drawing, stand_in):
    """Another folder, other bytes, another format or the other way to write é changes nothing."""
    folders = [tmp_path / name / 'ch' for name in ('one', 'two')]
    for folder in folders:
        folder.mkdir(parents=True)
    Image.fromarray(drawing.line_art).save(folders[0] / 'caf\u00e9.png')
    Image.fromarray(drawing.line_art[:150]).save(folders[1] / 'cafe\u0301.jpg')
    Image.fromarray(drawing.line_art).save(folders[1] / 'tea.png')
    for number, folder in enumerate(folders):
        colorize.colorize([folder], tmp_path / f'out{number}', stand_in)
    one, two, other = stand_in.seeds
    assert one == two == zlib.crc32('caf\u00e9'.encode()) != other
    colorize.colorize([tmp_path / 'one'], tmp_path / 'inner', stand_in, Settings(seed=7))
    assert stand_in.seeds[-1] == zlib.crc32('ch/caf\u00e9'.encode()) + 7


def test_the_same_picture_and_seed_give_the_same_colors_and_another_seed_does_not(tmp_path, drawing, system):
    Image.fromarray(drawing.line_art).save(tmp_path / 'a.png')
    for folder, seed in (('one', 3), ('again', 3), ('other', 4)):
        colorize.colorize([tmp_path / 'a.png'], tmp_path / folder, system, Settings(seed=seed))
    one, again, other = (pixels(tmp_path / folder / 'a.png') for folder in ('one', 'again', 'other'))
    np.testing.assert_array_equal(one, again)
    assert np.any(one != other)


def test_the_drawing_lies_over_its_colors_in_its_own_size(tmp_path, stand_in):
    drawing = np.full((600, 900), 255, np.uint8)
    drawing[100:103, ::2] = 0  # finer than the networks see
    Image.fromarray(drawing).save(tmp_path / 'a.png')
    colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in)
    result = pixels(tmp_path / 'out/a.png')
    assert result.shape == (600, 900, 3)
    assert (result[100:103, ::2] == 0).all() and (result[100:103, 1::2] > 0).any(axis=-1).all()


def test_colors_the_outline_of_a_colored_picture_if_asked(tmp_path, drawing, stand_in):
    Image.fromarray(drawing.color).save(tmp_path / 'a.png')
    assert colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in) == (0, 0)
    assert colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in, Settings(extract_outline=True)) == (1, 0)


def test_the_background_is_painted_in_the_color_that_is_asked_for(drawing, system):
    fitted = square.fit(drawing.line_art, 256)[None]
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
    assert made == [('comic', ['w1', 'w2'], 2, 4, None)]
    (_, seeds, temperature, background), = stand_in.received
    assert seeds[1] == seeds[0] + 1 and temperature == .5 and background.tolist() == [10, 128, 255]


def test_white_lines_on_black_are_colored_if_asked(tmp_path, drawing, stand_in, program):
    for lines, arguments in ((drawing.line_art, ()), (255 - drawing.line_art, ('--inverted',))):
        Image.fromarray(lines).save(tmp_path / 'a.png')
        program(tmp_path / 'a.png', tmp_path / 'out', *arguments)
    (as_drawn, *_), (inverted, *_) = stand_in.received
    np.testing.assert_array_equal(inverted, as_drawn)


def test_remarks_stand_beside_the_picture_and_the_files_of_systems_are_counted(tmp_path, drawing, program, capsys):
    folder = tmp_path / 'in'
    folder.mkdir()
    frames = [Image.fromarray(lines) for lines in (drawing.line_art, 255 - drawing.line_art)]
    frames[0].save(folder / 'moving.gif', save_all=True, append_images=frames[1:])
    frames[0].save(folder / 'still.gif')
    (folder / '.DS_Store').write_bytes(b'1')
    (folder / 'Thumbs.db').write_bytes(b'2')
    program(folder, tmp_path / 'out')
    passed_over, moving, still, *_ = capsys.readouterr().out.splitlines()
    assert passed_over == 'passed over: 2 of the operating system, or listed already'
    assert moving.startswith('[1/2] in/moving.gif (') and '2 frames' in moving
    assert still == '[2/2] in/still.gif (no panels found: colored whole)'


def test_names_in_archives_have_the_encoding_that_is_asked_for(tmp_path, drawing, program):
    """The same bytes, which a zip without a mark of their encoding holds, are different names in two encodings."""
    name = '\u3042.png'.encode('cp932')
    with zipfile.ZipFile(tmp_path / 'a.cbz', 'w') as archive:
        archive.writestr('NN.png', encode(drawing.line_art))
    (tmp_path / 'a.cbz').write_bytes((tmp_path / 'a.cbz').read_bytes().replace(b'NN.png', name))
    for encoding in ('cp932', 'cp437'):
        program(tmp_path / 'a.cbz', tmp_path / encoding, '--name_encoding', encoding)
        assert zipfile.ZipFile(tmp_path / encoding / 'a.cbz').namelist() == [name.decode(encoding)]


def test_names_that_the_terminal_cannot_show_do_not_end_the_run(tmp_path, drawing, program, monkeypatch):
    Image.fromarray(drawing.line_art).save(tmp_path / '\u8868.png')
    written = io.BytesIO()
    monkeypatch.setattr('sys.stdout', io.TextIOWrapper(written, 'ascii', write_through=True))
    program(tmp_path / '\u8868.png', tmp_path / 'out')
    assert b'[1/1] \\u8868.png (' in written.getvalue()


def test_what_cannot_be_colored_is_said_in_one_line(tmp_path, tiny_weights, capsys):
    given = tmp_path / 'text.png'
    given.write_text('text')
    baseline = '--model', 'pix2pix'
    for arguments, message in (
            (('--input', tmp_path / 'nowhere'), f'{tmp_path}/nowhere: no such file or folder'),
            (('--background', 'blue'), "--background=blue: not a color; write '#rrggbb', or auto"),
            (('--background', '#000000', *baseline), '--background: pix2pix has no background'),
            (('--transparent', '--format', 'jpeg'), '--transparent: JPEG has no transparency'),
            (('--server', 'localhost:1', *baseline), '--server: pix2pix is not served'),
            ((), 'nothing was colored')):
        with pytest.raises(SystemExit) as ended:
            run_here('eval.colorize', '--input', given, '--output', tmp_path / 'out', '--weights', tiny_weights,
                     *arguments)
        assert ended.value.code == f'error: {message}'
    assert 'skipped text.png: not an image' in capsys.readouterr().out
    assert not (tmp_path / 'out').exists()

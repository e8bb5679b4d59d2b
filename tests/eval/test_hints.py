"""eval.colorize with hints: from the file to the result."""

import zipfile

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from eval import colorize, systems
from eval.settings import Settings
from tests.eval.stand_in import StandIn, files, pixels
from tests.pictures import encode
from tests.programs import run_here

RED, BLUE = (200, 30, 41), (20, 61, 220)


def _lines(size=64):
    """A drawing of two areas, left and right of a line in the middle."""
    lines = np.full((size, size), 255, np.uint8)
    lines[:, size // 2 - 1:size // 2 + 1] = 0
    return lines


def _hints(color=RED, size=64):
    """A dot at the left."""
    hints = np.zeros((size, size, 4), np.uint8)
    hints[10:14, 8:12] = *color, 255
    return hints


def _save(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def _is(colors, color):
    return (colors == color).all(axis=-1)


@pytest.fixture
def folder(tmp_path):
    """Two drawings, of which the first has hints."""
    _save(tmp_path / 'in/a.png', _lines())
    _save(tmp_path / 'in/b.png', np.roll(_lines(), 5, axis=1))
    _save(tmp_path / 'in/a.hints.png', _hints())
    return tmp_path / 'in'


def test_a_hint_colors_its_area_and_hints_are_no_drawings(tmp_path, folder, stand_in, capsys):
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (2, 0)
    assert files(tmp_path / 'out') == {'in/a.png', 'in/b.png', 'contact_sheet.png', 'colorized.json'}
    result = pixels(tmp_path / 'out/in/a.png')
    assert _is(result[:, :31], RED).all() and not _is(result[:, 33:], RED).any()
    said = capsys.readouterr().out
    assert '[1/2] in/a.png (hints) (' in said and '[2/2] in/b.png (no panels' in said
    batch, = stand_in.hints
    assert batch.shape == (2, 64, 64, 4) and not batch[1].any()
    np.testing.assert_array_equal(batch[0], _hints())


def test_without_hints_the_system_gets_none_and_nothing_changes(tmp_path, folder, stand_in):
    colorize.colorize([folder], tmp_path / 'with', stand_in)
    _save(folder / 'a.hints.png', np.zeros((64, 64, 4), np.uint8))
    colorize.colorize([folder], tmp_path / 'empty', StandIn())
    (folder / 'a.hints.png').unlink()
    plain = StandIn()
    colorize.colorize([folder], tmp_path / 'without', plain)
    assert plain.hints == [None]
    b, a = ([(tmp_path / run / 'in' / name).read_bytes() for run in ('without', 'empty', 'with')]
            for name in ('b.png', 'a.png'))
    assert len(set(b)) == 1 and a[0] == a[1] != a[2]


def test_the_folder_of_hints_is_found_by_its_flag(tmp_path, folder, program, capsys):
    _save(tmp_path / 'hints/b.png', _hints(BLUE))
    program(folder, tmp_path / 'out', '--hints', tmp_path / 'hints')
    assert 'hints: of 2 drawings\n' in capsys.readouterr().out
    for name, color in (('a', RED), ('b', BLUE)):
        assert _is(pixels(tmp_path / f'out/in/{name}.png')[:, :31], color).all()


def test_hints_in_an_archive_are_no_pages_of_the_result(tmp_path, stand_in, capsys):
    with zipfile.ZipFile(tmp_path / 'ch.cbz', 'w') as archive:
        for name, picture in (('1.png', _lines()), ('1.hints.png', _hints()), ('2.png', _lines().T),
                              ('9.hints.png', _hints())):
            archive.writestr(name, encode(np.ascontiguousarray(picture)))
        archive.writestr('ComicInfo.xml', '<ComicInfo/>')
    assert colorize.colorize([tmp_path / 'ch.cbz'], tmp_path / 'out', stand_in) == (2, 0)
    with zipfile.ZipFile(tmp_path / 'out/ch.cbz') as made:
        assert made.namelist() == ['1.png', '2.png', 'ComicInfo.xml']
        with made.open('1.png') as page:
            assert _is(np.asarray(Image.open(page))[:, :31], RED).all()
    said = capsys.readouterr().out
    assert 'left out ch.cbz/9.hints.png: hints without a drawing of this name\n' in said
    assert '[1/3] ch.cbz/1.png (hints) (' in said


@pytest.mark.parametrize(('encoded', 'reason'), [
    (encode(_hints(size=50)), 'has 50x50 pixels, its drawing 64x64'), (encode(_lines()), 'has no transparency'),
    (encode(_hints())[:60], 'cannot be decoded'), (None, 'Permission denied')],
    ids=['size', 'no opacity', 'damaged', 'unreadable'])
def test_bad_hints_are_named_with_the_reason_and_the_drawing_is_colored_without(
        tmp_path, folder, stand_in, capsys, monkeypatch, encoded, reason):
    def refuse(path, *given, open=open):
        if encoded is None and str(path).endswith('.hints.png'):
            raise PermissionError(13, reason)
        return open(path, *given)

    monkeypatch.setattr('data_pipeline.common.remote.open', refuse, raising=False)
    (folder / 'a.hints.png').write_bytes(encoded or b'')
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (2, 0)
    said, = [line for line in capsys.readouterr().out.splitlines() if 'colored without hints' in line]
    assert said.startswith('in/a.hints.png: ') and reason in said and said.endswith('; colored without hints')
    assert stand_in.hints == [None]
    assert colorize.colorize([folder], tmp_path / 'out', stand_in) == (0, 2)


def test_changed_added_and_removed_hints_make_the_result_again(tmp_path, folder, stand_in):
    def colored():
        return colorize.colorize([folder], tmp_path / 'out', stand_in, Settings(previous=False))

    assert colored() == (2, 0) and colored() == (0, 2)
    _save(folder / 'a.hints.png', _hints(BLUE))
    assert colored() == (1, 1) and _is(pixels(tmp_path / 'out/in/a.png')[:, :31], BLUE).all()
    (folder / 'a.hints.png').unlink()
    assert colored() == (1, 1) and not _is(pixels(tmp_path / 'out/in/a.png')[:, :31], BLUE).any()
    _save(folder / 'b.hints.png', _hints(RED))
    assert colored() == (1, 1) and _is(pixels(tmp_path / 'out/in/b.png')[:, :31], RED).all()
    assert colored() == (0, 2)


def test_layers_and_flats_have_the_colors_of_hints(tmp_path, folder, stand_in):
    for name, settings in (('flats', Settings(flats=True)), ('layers', Settings(format='psd'))):
        colorize.colorize([folder / 'a.png'], tmp_path / name, stand_in, settings)
    assert _is(pixels(tmp_path / 'flats/a.png')[:, :31], RED).all()
    colors, = [layer for layer in PSDImage.open(tmp_path / 'layers/a.psd') if layer.name == 'colors']
    assert _is(np.asarray(colors.topil())[:, :31, :3], RED).all()


def test_hints_are_never_overwritten(tmp_path, folder, program):
    _save(tmp_path / 'hints/a.png', _hints())
    with pytest.raises(SystemExit, match='would overwrite an input'):
        program(folder / 'a.png', tmp_path / 'hints', '--hints', tmp_path / 'hints')
    assert files(tmp_path / 'hints') == {'a.png'}


def test_a_baseline_takes_no_hints_and_it_is_said(tmp_path, folder, program, stand_in, capsys):
    program(folder, tmp_path / 'out', '--model', 'pix2pix')
    assert 'hints: left out; only --model=comic takes them\n' in capsys.readouterr().out
    assert stand_in.hints == [None]
    for arguments, message in ((('--hints', folder, '--model', 'pix2pix'), '--hints: pix2pix takes no hints'),
                               (('--hints', 'nowhere'), '--hints=nowhere: no such folder')):
        with pytest.raises(SystemExit) as ended:
            run_here('eval.colorize', '--input', folder, '--output', tmp_path / 'none', *arguments)
        assert ended.value.code == f'error: {message}'


def test_the_networks_get_hints_for_each_square_of_a_batch_that_is_filled_up(tiny_weights, panels, monkeypatch):
    system, received = systems.LocalSystem('comic', [tiny_weights], drafts=1), []

    def colorize(ink, seeds, temperature, background, hints, *_):
        received.append(hints)
        return {'image': np.tile(1 - 2 * ink, 3)}

    monkeypatch.setattr(system.colorizer, 'colorize', colorize)
    drawings, hints = np.stack([panel.line_art for panel in panels[:3]]), np.zeros((3, 256, 256, 4), np.uint8)
    hints[:, 100:110, 100:110] = *RED, 255
    for count in (3, 2):
        system.colorize(drawings[:count], range(count), 1., hints=hints[:count])
    system.colorize(drawings, range(3), 1.)
    whole, filled, none = received
    np.testing.assert_array_equal(whole, hints)
    np.testing.assert_array_equal(filled[:2], hints[:2])
    assert filled.shape == whole.shape and not filled[2].any() and none is None

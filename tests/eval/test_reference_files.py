"""Which pictures are references, which of them can be used, and what the networks see of them."""

import cv2
import numpy as np
import pytest

from data_pipeline import synthetic_comic, synthetic_page
from data_pipeline.common import errors
from data_pipeline.outlines import outline
from data_pipeline.pictures import pages, square
from eval import reference_files
from eval.formats import files as formats
from tests import files
from tests.pictures import encode

PANEL = synthetic_comic.draw_panel(9, 1, 1, size=200)
COLOR, LINES = encode(PANEL.color), encode(PANEL.line_art)


def _write(folder, **contents):
    """Writes files, whose names have __ for / and _ for a dot."""
    for name, content in contents.items():
        path = folder / name.replace('__', '/').replace('_', '.')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _find(paths, inputs):
    """Finds references: (names of drawings, {name: name of its line art or None})."""
    found = reference_files.find(paths, pages.find(inputs).pages, inputs)
    return [page.name for page in found.drawings], {
        page.name: beside['line'].name if 'line' in beside else None for page, beside in found.pictures}


def _read(*paths, size=64):
    """Reads references: (squares, remarks)."""
    return reference_files.read(reference_files.find(paths, [], []).pictures, size)


def test_words_stand_for_earlier_panels_and_none_of_them_and_all_else_is_a_path(tmp_path):
    path = str(tmp_path)
    for given, expected in (([], ([], True)), (['previous'], ([], True)), (['none'], ([], False)),
                            ([path], ([path], True)), ([path, 'none'], ([path], False)),
                            (['previous', path], ([path], True))):
        assert reference_files.parse(given) == expected
    with pytest.raises(errors.UserError, match=f'^--reference={path}/nowhere: no such file or folder$'):
        reference_files.parse([path, f'{path}/nowhere'])
    with pytest.raises(errors.UserError, match='contradicts --reference=none'):
        reference_files.parse(['none', 'previous'])


def test_references_are_no_drawings_unless_an_input_lies_there(tmp_path):
    _write(tmp_path, in__1_png=LINES, in__refs__a_png=COLOR, in__b_png=COLOR, in__c_color_png=COLOR,
           in__c_line_png=LINES)
    folder, refs = tmp_path / 'in', tmp_path / 'in/refs'
    assert _find([refs], [folder])[0] == ['in/1.png', 'in/b.png', 'in/c.color.png', 'in/c.line.png']
    assert _find([folder / 'b.png', refs], [folder])[0] == ['in/1.png', 'in/c.color.png', 'in/c.line.png']
    drawings, references = _find([folder / 'c.color.png'], [folder])
    assert drawings == ['in/1.png', 'in/b.png', 'in/refs/a.png'] and references == {'c.color.png': 'c.line.png'}
    assert _find([folder], [folder / '1.png'])[0] == ['1.png']
    assert _find([folder / 'b.png'], [folder / 'b.png'])[0] == ['b.png']


def test_an_archive_of_references_in_an_input_folder_is_no_drawing(tmp_path):
    _write(tmp_path, in__1_png=LINES, in__a_cbz=files.zip_file([('p/2.png', COLOR), ('p/10.png', COLOR)]))
    assert _find([tmp_path / 'in/a.cbz'], [tmp_path / 'in']) == (
        ['in/1.png'], {'a.cbz/p/2.png': None, 'a.cbz/p/10.png': None})


def test_sheets_and_records_of_results_are_no_references(tmp_path):
    for name in ('1.png', '1.explain.png', 'contact_sheet.png', 'contact_sheet-2.png'):
        formats.save_png(tmp_path / 'out' / name, PANEL.color)
    _write(tmp_path, out__colorized_json=b'{}', out__mine_explain_png=COLOR)
    assert list(_find([tmp_path / 'out'], [])[1]) == ['out/1.png', 'out/mine.explain.png']


@pytest.mark.parametrize('name', ['a.color.png', 'a.colour.png'])
@pytest.mark.parametrize('given', ['a folder', 'a file', 'an archive'])
def test_the_line_art_beside_a_picture_is_its_outline(tmp_path, name, given):
    lines = encode(np.roll(PANEL.line_art, 20, axis=1))
    if given == 'an archive':
        (tmp_path / 'ref.zip').write_bytes(files.zip_file([(f'x/{name}', COLOR), ('x/a.line.webp', lines)]))
    else:
        _write(tmp_path, **{f'ref__{name.replace(".", "_")}': COLOR, 'ref__a_line_webp': lines, 'ref__a_png': LINES})
        (tmp_path / 'ref/a.png').unlink()
    path = {'a folder': tmp_path / 'ref', 'a file': tmp_path / 'ref' / name, 'an archive': tmp_path / 'ref.zip'}[given]
    squares, remarks = _read(path, size=200)
    assert len(squares) == 1 and remarks == ['references: 1 panel']
    drawn = squares[0].drawing < 128
    assert (drawn & (np.roll(PANEL.line_art, 20, axis=1) < 128)).sum() > .9 * drawn.sum()
    np.testing.assert_array_equal(squares[0].color, PANEL.color)


def test_without_line_art_the_outline_is_extracted_from_the_colors(tmp_path):
    _write(tmp_path, a_png=COLOR)
    (one,), _ = _read(tmp_path / 'a.png', size=200)
    extracted = outline.extract(PANEL.color) < 128
    assert one.name == 'a.png' and ((one.drawing < 128) & extracted).sum() > .9 * extracted.sum()


def test_pages_become_panels_and_panels_squares(tmp_path):
    page = synthetic_page.draw_page(3, 2, width=600, layout='rows', gutter='white')
    _write(tmp_path, a_png=encode(page.color))
    squares, _ = _read(tmp_path / 'a.png')
    boxes = [(p[:, 1].max() - p[:, 1].min(), p[:, 0].max() - p[:, 0].min()) for p in page.panels]
    assert len(squares) == sum(len(square.tiles(*map(int, box))) for box in boxes) > len(boxes) > 1
    for one in squares:
        assert one.drawing.shape == (64, 64) and one.color.shape == (64, 64, 3)
        assert one.drawing.min() < 64 < 200 < one.drawing.max()


def test_a_panel_in_gray_is_no_reference(tmp_path):
    page = np.full((260, 500, 3), 255, np.uint8)
    page[30:230, 30:230], page[30:230, 270:470] = PANEL.color.mean(axis=-1, keepdims=True), PANEL.color
    for left in (30, 270):
        cv2.rectangle(page, (left, 30), (left + 200, 230), (0, 0, 0), 3)
    _write(tmp_path, a_png=encode(page))
    (one,), _ = _read(tmp_path / 'a.png', size=200)
    assert outline.has_hue(one.color)


@pytest.mark.parametrize(('content', 'reason'), [
    (COLOR[:500], 'cannot be decoded'), (b'', 'empty file'), (b'text', 'not an image'), (LINES, 'not in color'),
    (encode(np.full((200, 200, 3), 255, np.uint8)), 'not in color'),
    (encode(np.full((200, 200, 3), (200, 30, 40), np.uint8)), 'no panel of 48 pixels with lines and colors'),
    (encode(np.ascontiguousarray(PANEL.color[:40])), 'no panel of 48 pixels with lines and colors')],
    ids=['damaged', 'empty', 'text', 'gray', 'white', 'one color', 'small'])
def test_what_cannot_be_used_is_left_out_and_named_with_the_reason(tmp_path, content, reason):
    _write(tmp_path, in__a_png=content)
    squares, (said, last) = _read(tmp_path / 'in')
    assert squares == [] and said.startswith('left out reference in/a.png: ') and reason in said and '\n' not in said
    assert last == 'references: none can be used; colored without them'
    _write(tmp_path, in__b_png=COLOR)
    squares, remarks = _read(tmp_path / 'in')
    assert [one.name for one in squares] == ['in/b.png'] and remarks == [said, 'references: 1 panel']


@pytest.mark.parametrize(('line', 'reason'), [(LINES[:99], 'its line art in/a.line.png: '), (
    encode(np.ascontiguousarray(PANEL.line_art[:100])), 'its line art in/a.line.png has another size')])
def test_a_reference_with_bad_line_art_is_left_out(tmp_path, line, reason):
    _write(tmp_path, in__a_color_png=COLOR, in__a_line_png=line)
    squares, (said, _) = _read(tmp_path / 'in')
    assert not squares and f'left out reference in/a.color.png: {reason}' in said


def test_of_many_squares_sixteen_are_used_evenly_spaced(tmp_path):
    for number in range(20):
        _write(tmp_path, **{f'in__{number:02}_png': COLOR})
    squares, remarks = _read(tmp_path / 'in')
    used = [int(one.name[3:5]) for one in squares]
    assert len(used) == 16 and used[0] == 0 and used[-1] == 19 and set(np.diff(used)) == {1, 2}
    assert remarks == ['references: 16 panels, evenly spaced in 20 pictures']


def test_of_very_many_pictures_some_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reference_files, '_MOST_PICTURES', 3)
    for number in range(7):
        _write(tmp_path, **{f'in__{number}_png': COLOR})
    squares, remarks = _read(tmp_path / 'in')
    assert [one.name for one in squares] == ['in/0.png', 'in/3.png', 'in/6.png']
    assert remarks == ['references: 3 panels, evenly spaced in 7 pictures']


def test_the_checksum_follows_from_colors_and_lines(tmp_path):
    _write(tmp_path, a_png=COLOR)
    squares, _ = _read(tmp_path / 'a.png')
    one = squares[0]
    changed = [[one._replace(color=255 - one.color)], [one._replace(drawing=255 - one.drawing)], [one, one]]
    checksums = [reference_files.checksum(of) for of in ([one], *changed)]
    assert len(set(checksums)) == 4 and checksums[0] == reference_files.checksum([one._replace(name='other')])
    assert reference_files.checksum([]) == ''

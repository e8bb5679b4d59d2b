"""The folder of a chapter: what is kept, what is refused, and that it is as before after a restart."""

import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline.common import errors
from eval.web import chapter, undo
from tests import files
from tests.eval.stand_in import files as files_in
from tests.eval.stand_in import pixels
from tests.eval.web.conftest import draw
from tests.pictures import encode


def _hints(color, shape=(140, 200)):
    hints = np.zeros((*shape, 4), np.uint8)
    hints[10:14, 8:12] = *color, 255
    return hints


def _colorful():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:50], picture[50:] = (200, 40, 30), (30, 60, 200)
    return picture


def test_drawings_of_an_archive_come_with_their_hints_and_panels_and_names_stay_apart(tmp_path, work, drawing):
    lines = encode(np.asarray(Image.open(drawing)), 'JPEG')
    panels = json.dumps({'panels': [{'corners': [[0, 0], [150, 0], [150, 140]]}]}).encode()
    (tmp_path / 'ch.cbz').write_bytes(files.zip_file([
        ('a.jpg', lines), ('../../evil.jpg', lines), ('a.hints.png', encode(_hints((9, 9, 9)))),
        ('a.panels.json', panels), ('notes.txt', b'no picture'), ('color.png', encode(_colorful()))]))
    added, remarks = work.add([str(tmp_path / 'ch.cbz'), drawing])
    assert sorted(added) == ['a.png', 'ch.cbz/a.png', 'ch.cbz/evil.png']
    assert len(remarks) == 2 and any('in color already' in one for one in remarks)
    assert work.hints('ch.cbz/a.png', 140, 200)[10, 8].tolist() == [9, 9, 9, 255]
    assert work.panels('ch.cbz/a.png', 140, 200)[0].panel.box == (0, 0, 140, 150)
    assert work.add([drawing])[0] != ['a.png'] and len(work.pages) == 4
    assert not [path for path in files_in(tmp_path) if 'evil' in path and '/drawings/ch.cbz/' not in path]


@pytest.mark.parametrize('content', [
    b'', b'<svg xmlns="http://www.w3.org/2000/svg"/>', b'\x89PNG\r\n\x1a\nbroken', b'PK\x03\x04 broken',
    encode(np.zeros((1, 1), np.uint8))[:40],
    b'\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x00\x00\x00\x00'])
def test_what_is_no_drawing_is_named_with_the_reason(tmp_path, work, content):
    (tmp_path / 'x<b>.png').write_bytes(content)
    added, remark = work.add([str(tmp_path / 'x<b>.png')])
    assert added == [] and remark[0].startswith('left out x<b>.png: ') and work.pages == {}


def test_a_chapter_has_a_limited_number_of_pages_and_references(tmp_path, work, drawing, monkeypatch):
    monkeypatch.setattr(chapter, 'MOST_PAGES', 2)
    monkeypatch.setattr(chapter, 'MOST_REFERENCES', 1)
    added, remarks = work.add([drawing, draw(tmp_path / 'b.png', 60), draw(tmp_path / 'c.png', 40)])
    assert len(added) == 2 and 'at most 2 pages' in remarks[0]
    paths = []
    for name in 'xy':
        paths.append(str(tmp_path / f'{name}.png'))
        Image.fromarray(_colorful()).save(paths[-1])
    remarks = work.add_references([drawing, *paths])
    assert 'not in color' in remarks[0] and 'at most 1 references' in remarks[1]
    assert [page.inside for page, _ in work.reference_pages()] == ['x.png']
    work.remove_reference(0)
    assert work.reference_pages() == [] and '--reference=/' not in (work.folder / 'colorize.flags').read_text()


def test_hints_can_be_taken_back_also_after_a_restart(tmp_path, work, drawing):
    work.add([drawing])
    for color in ((1, 2, 3), (4, 5, 6)):
        work.change_hints('a.png', _hints(color))
    work.change(palette=['#c81e28', '#c81e28', '#000000'], background='#cfe8ff', temperature=.9)
    again = chapter.Chapter(tmp_path / 'work', work.folder.name)
    assert again.state == work.state and again.state.palette == ['#c81e28', '#000000']
    assert list(again.pages) == ['a.png'] and again.shown == 'a.png'
    for expected in ([4, 5, 6, 255], [1, 2, 3, 255]):
        assert again.hints('a.png', 140, 200)[10, 8].tolist() == expected
        assert again.undo('a.png')
    assert again.hints('a.png', 140, 200) is None and not again.undo('a.png')
    again.remove('a.png')
    assert again.pages == {} and files_in(again.folder) == {'chapter.json', 'colorize.flags'}


def test_only_the_last_changes_of_hints_are_kept(work, drawing, monkeypatch):
    monkeypatch.setattr(undo, 'MOST', 3)
    work.add([drawing])
    for level in range(7):
        work.change_hints('a.png', _hints((level, 0, 0)))
    assert [work.undo('a.png') for _ in range(4)] == [True, True, True, False]
    assert work.hints('a.png', 140, 200)[10, 8, 0] == 3


def test_a_drawing_is_never_taken_for_the_hints_of_another(tmp_path, work, drawing):
    paths = [drawing, draw(tmp_path / 'given/a.hints.jpg'), draw(tmp_path / 'given/a_hints.png')]
    names, remarks = work.add(paths)
    assert remarks == [] and len(set(names)) == 3 and set(work.pages) == set(names)
    assert work.hints('a.png', 140, 200) is None


def test_what_cannot_be_used_is_named_and_the_rest_is_added(tmp_path, work, drawing):
    lines, deep = encode(np.asarray(Image.open(drawing))), 30 * f'{"d" * 200}/'
    (tmp_path / 'ch.cbz').write_bytes(files.zip_file([
        ('a.png', lines), ('a.hints.png', encode(_hints((9, 9, 9), (20, 20)))), (f'{deep}b.png', lines),
        ('c.panels.json', b'[]'), ('c.png', lines)]))
    added, remarks = work.add([str(tmp_path / 'ch.cbz')])
    assert added == ['ch.cbz/a.png', 'ch.cbz/c.png'] == list(work.pages)
    assert [one.rpartition(': ')[2] for one in remarks] == [
        'has 20x20 pixels, its drawing 200x140', 'tells no panels of its drawing', 'File name too long']
    assert remarks[0].startswith('left out ch.cbz/a.hints.png: ') and str(tmp_path) not in ''.join(remarks)


def test_a_chapter_that_is_deleted_leaves_nothing_also_of_a_page_that_is_just_colored(work, drawing):
    work.add([drawing])
    work.change(palette=['#c81e28'])
    work.delete()
    work.keep_thumbnail('a.png', b'late')
    assert not work.folder.exists() and work.pages == {} and work.state == chapter.State()
    work.delete()
    assert work.add([drawing])[0] == ['a.png']


@pytest.mark.parametrize('key', ['', '..', '../' + 'a' * 32, 'A' * 32, 'a' * 31, 'a' * 32 + '/../b', None, 7])
def test_what_is_no_key_opens_nothing(tmp_path, key):
    with pytest.raises(errors.UserError):
        chapter.Chapter(tmp_path, key)
    assert len({chapter.new_key() for _ in range(9)}) == 9


@pytest.mark.parametrize('text', ['', '[]', '{"shown": 1, "other": 2}', '\0'])
def test_a_damaged_state_is_a_new_one(tmp_path, work, drawing, text):
    work.add([drawing])
    (work.folder / 'chapter.json').write_text(text)
    again = chapter.Chapter(tmp_path / 'work', work.folder.name)
    assert again.state == chapter.State() and again.shown == 'a.png'


@pytest.mark.parametrize('changes', [{'background': 'red'}, {'background': '#12345'}, {'temperature': 0},
                                     {'temperature': 3.}, {'palette': ['x']}, {'palette': [7]}])
def test_settings_that_cannot_be_used_change_nothing(work, changes):
    with pytest.raises(errors.UserError):
        work.change(**changes)
    assert work.state == chapter.State()


def test_a_pinned_panel_has_its_own_line_art(work):
    work.pin('ch1/a panel 2', _colorful(), np.full((100, 100, 3), 255, np.uint8))
    (page, beside), = work.reference_pages()
    assert page.inside == 'ch1 a panel 2.color.png' and pixels(beside['line'].path).min() == 255

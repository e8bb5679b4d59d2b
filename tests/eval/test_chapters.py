"""Comic archives go in, comic archives come out."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from eval import colorize
from eval.settings import Settings
from tests.eval.stand_in import files
from tests.pictures import encode

NAMES = ['p10.png', 'p2.jpg', 'extra/p1.tif', 'cover.png', 'ComicInfo.xml', 'notes.txt']


@pytest.fixture
def chapter(tmp_path, drawing):
    """An archive of three drawings in an order of its own, a cover in color, and other files."""
    path = tmp_path / 'ch.cbz'
    lines = [Image.fromarray(np.roll(drawing.line_art, 10 * k, axis=1)) for k in range(3)]
    with zipfile.ZipFile(path, 'w') as archive:
        for name, picture in zip(NAMES, (*lines, Image.fromarray(drawing.color)), strict=False):
            stream = io.BytesIO()
            picture.save(stream, {'png': 'PNG', 'jpg': 'JPEG', 'tif': 'TIFF'}[name[-3:]])
            archive.writestr(name, stream.getvalue())
        archive.writestr('ComicInfo.xml', '<ComicInfo/>')
        archive.writestr('notes.txt', 'notes')
        archive.writestr('__MACOSX/._p2.jpg', 'of the system')
    return path


def _members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_archive_keeps_its_names_order_and_other_members(tmp_path, chapter, stand_in, capsys):
    assert colorize.colorize([chapter], tmp_path / 'out', stand_in) == (3, 0)
    assert files(tmp_path / 'out') == {'ch.cbz', 'contact_sheet.png', 'colorized.json'}
    given, made = _members(chapter), _members(tmp_path / 'out/ch.cbz')
    assert list(made) == [name.replace('.tif', '.png') for name in NAMES]
    said = capsys.readouterr().out
    for name in ('cover.png', 'ComicInfo.xml', 'notes.txt'):
        assert made[name] == given[name] and f'kept as it is ch.cbz/{name}: ' in said
    for name, kind in (('p10.png', 'PNG'), ('p2.jpg', 'JPEG'), ('extra/p1.png', 'PNG')):
        image = Image.open(io.BytesIO(made[name]))
        assert image.format == kind and np.ptp(np.asarray(image.convert('RGB')).astype(int), axis=-1).max() > 20


def test_samples_have_archives_of_their_own(tmp_path, chapter, stand_in):
    assert colorize.colorize([chapter], tmp_path / 'out', stand_in, Settings(samples=2)) == (6, 0)
    one, two = (_members(tmp_path / f'out/ch-{k}.cbz') for k in (1, 2))
    assert list(one) == list(two) and one['p10.png'] != two['p10.png']


def test_a_second_run_leaves_an_archive_and_a_changed_page_is_made_again(tmp_path, chapter, stand_in, drawing):
    out = tmp_path / 'out'
    colorize.colorize([chapter], out, stand_in)
    before, changed = _members(out / 'ch.cbz'), (out / 'ch.cbz').stat().st_mtime_ns
    stand_in.received.clear()
    assert colorize.colorize([chapter], out, stand_in) == (0, 3)
    assert not stand_in.received and (out / 'ch.cbz').stat().st_mtime_ns == changed
    members = _members(chapter) | {'p10.png': encode(drawing.line_art[:150])}
    with zipfile.ZipFile(chapter, 'w') as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert colorize.colorize([chapter], out, stand_in) == (1, 2)
    after = _members(out / 'ch.cbz')
    assert {name for name in after if after[name] != before[name]} == {'p10.png'} and list(after) == list(before)
    assert files(out) == {'ch.cbz', 'contact_sheet.png', 'contact_sheet-2.png', 'colorized.json'}


def test_a_run_that_failed_is_continued_from_its_pages(tmp_path, chapter, stand_in, monkeypatch):
    out = tmp_path / 'out'

    def fail(*_):
        raise OSError(28, 'No space left on device')

    with monkeypatch.context() as patch:
        patch.setattr('eval.formats.comic_archive.write', fail)
        with pytest.raises(OSError, match='No space'):
            colorize.colorize([chapter], out, stand_in)
    assert 'ch.cbz.pages/p10.png' in files(out) and 'ch.cbz' not in files(out)
    assert colorize.colorize([chapter], out, stand_in) == (0, 3)
    assert files(out) == {'ch.cbz', 'contact_sheet.png', 'colorized.json'}
    assert list(_members(out / 'ch.cbz')) == [name.replace('.tif', '.png') for name in NAMES]


def test_a_folder_becomes_an_archive_if_asked(tmp_path, drawings, stand_in):
    (drawings / 'notes.txt').write_text('notes')
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in, Settings(format='cbz')) == (10, 0)
    assert list(_members(tmp_path / 'out/comics.cbz')) == [f'{k}.png' for k in range(10)]


def test_pages_of_an_archive_are_files_in_a_folder_if_a_format_is_asked_for(tmp_path, chapter, stand_in):
    colorize.colorize([chapter], tmp_path / 'out', stand_in, Settings(format='webp'))
    assert files(tmp_path / 'out') >= {f'ch.cbz/{name}.webp' for name in ('p10', 'p2', 'extra/p1')}

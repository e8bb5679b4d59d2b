import pathlib
import re
import unicodedata
import zipfile

import numpy as np
import pytest
from PIL import Image

from data_pipeline.common import errors
from eval import colorize, output_folder
from eval.formats import files as formats
from eval.settings import Settings
from tests.eval.stand_in import files


def result_names(pictures):
    """Names the results of pictures, all of them PNG."""
    return output_folder.result_names(pictures, ['.png'] * len(pictures))


def test_a_result_is_named_after_its_picture_without_the_suffix():
    assert result_names(['in/a.png', 'in/b.c.JPG', 'x/in/a.webp', 'd.jp2', 'scan.tif/0001']) == [
        'in/a', 'in/b.c', 'x/in/a', 'd', 'scan.tif/0001']
    assert result_names(['Vol. 1/p.png', 'Vol. 2', 'Dr. No', '.hack', '...So', 'v1.2']) == [
        'Vol. 1/p', 'Vol. 2', 'Dr. No', '.hack', '...So', 'v1.2']


def test_a_png_keeps_its_name_and_another_picture_of_this_name_keeps_its_suffix():
    assert result_names(['in/1.jpg', 'in/1.png', 'in/1.webp']) == ['in/1.jpg', 'in/1', 'in/1.webp']
    assert result_names(['in/1.png.jpg', 'in/1.png']) == ['in/1.png', 'in/1']


def test_names_differ_where_case_and_the_way_to_write_accents_are_ignored():
    composed, decomposed = 'caf\u00e9', 'cafe\u0301'
    given = ['in/Page.png', 'in/page.jpg', 'IN/PAGE.webp', f'{composed}.png', f'{decomposed}.png', 'STRASSE.png',
             'straße.png', f'{decomposed.upper()}.jpg', 'page.png', 'page.png.jpg', 'page.jpg']
    names = result_names(given)
    assert len({unicodedata.normalize('NFC', name).casefold() for name in names}) == len(given)


@pytest.mark.parametrize('name', ['contact_sheet', 'contact_sheet.png', 'contact_sheet-7.jpg', 'Contact_Sheet-12.PNG'])
def test_no_result_is_named_like_a_contact_sheet(name):
    result, = result_names([name])
    assert not re.fullmatch('contact_sheet(-[0-9]+)?', result.lower())
    assert result_names([f'in/{name}'])[0].lower() == f'in/{name.lower().partition(".")[0]}'


def test_no_folder_has_the_name_of_a_file():
    """Archives are told by their contents, so one may be named like a picture, a sheet or the record."""
    archives = 'a.png', 'contact_sheet.png', 'colorized.json', 'A.PNG.part'
    names = result_names(['a.jpg', *(f'{archive}/1.png' for archive in archives)])
    folders = {name.partition('/')[0].lower() for name in names if '/' in name}
    assert len(folders) == 4 and 'a' in names and not folders & {archive.lower() for archive in archives}


@pytest.mark.parametrize('part', ['a', 'あ', 'é', '😀'])
def test_names_that_are_too_long_become_short_and_stay_unique(tmp_path, part):
    long = part * (260 // len(part.encode()))
    given = [f'{long}{folder}/{long}{end}.jpg' for folder in 'xy' for end in '12']
    names = result_names(given)
    assert names == result_names(given)
    assert len(set(names)) == 4 and len({name.partition('/')[0] for name in names}) == 2
    for name in names:
        path = tmp_path / f'{name}-1000.cbz.pages.part'
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b'')


def test_names_with_broken_unicode_can_be_written(tmp_path):
    for name in result_names(['\ud800.png', '\udcff/\udcfe.png']):
        pathlib.Path(tmp_path, name).parent.mkdir(exist_ok=True)
        pathlib.Path(tmp_path, name).write_bytes(b'')


def _link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def _hard_link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.hardlink_to(target)


def _archive(folder, name):
    folder.mkdir()
    with zipfile.ZipFile(folder / name, 'w') as archive:
        archive.write(folder.parent / 'comics/0.png', '0.png')


def _damage(folder):
    """Leaves a damaged archive 0.png, which is no picture, and 0.jpg, a picture whose result is 0.png."""
    for number in range(1, 10):
        (folder / f'comics/{number}.png').unlink()
    (folder / 'comics/0.png').rename(folder / 'comics/0.jpg')
    (folder / 'comics/0.png').write_bytes(b'PK\3\4 damaged')


# Input, output, and what is made before: comics holds 0.png to 9.png.
OVERWRITES = {
    'the folder of the input': ('comics/0.png', 'comics', None),
    'the folder that holds the input': ('comics', '', None),
    'through ..': ('comics/0.png', 'comics/../comics', None),
    'through a link to the folder': ('comics/0.png', 'link', lambda at: _link(at / 'link', at / 'comics')),
    'through a link to the folder of the input': ('link/0.png', 'comics', lambda at: _link(at / 'link', at / 'comics')),
    'through a link': ('comics', 'out', lambda at: _link(at / 'out/comics/3.png', at / 'comics/4.png')),
    'through a hard link': ('comics', 'out', lambda at: _hard_link(at / 'out/comics/3.png', at / 'comics/4.png')),
    'with a temporary file': ('comics', 'out', lambda at: _link(at / 'out/comics/3.png.part', at / 'comics/4.png')),
    'with a contact sheet': ('comics', 'out', lambda at: _link(at / 'out/contact_sheet.png', at / 'comics/4.png')),
    'with the record': ('comics', 'out', lambda at: _link(at / 'out/colorized.json', at / 'comics/4.png')),
    'an archive': ('in/contact_sheet.png', 'in', lambda at: _archive(at / 'in', 'contact_sheet.png')),
    'a damaged archive': (('comics/0.jpg', 'comics/0.png'), 'comics', _damage),
    'a damaged archive in a folder': ('comics', '', _damage),
}


@pytest.mark.parametrize('case', OVERWRITES)
def test_an_input_is_not_overwritten(tmp_path, drawings, stand_in, case):
    given, output, prepare = OVERWRITES[case]
    if prepare:
        prepare(tmp_path)
    before = {path: (tmp_path / path).read_bytes() for path in files(tmp_path)}
    with pytest.raises(errors.UserError, match='would overwrite an input; choose another --output'):
        colorize.colorize([tmp_path / path for path in np.atleast_1d(given)], tmp_path / output, stand_in)
    assert {path: (tmp_path / path).read_bytes() for path in files(tmp_path)} == before


def test_the_output_must_be_a_folder(drawings, stand_in):
    with pytest.raises(errors.UserError, match='1.png: not a folder'):
        colorize.colorize([drawings], drawings / '1.png', stand_in)


@pytest.mark.parametrize('output', ['comics/colored', 'comics'])
def test_results_in_an_input_folder_are_no_inputs(tmp_path, drawings, stand_in, capsys, output):
    for number in range(2, 10):
        (drawings / f'{number}.png').unlink()
    output = tmp_path / output
    assert colorize.colorize([drawings], output, stand_in) == (2, 0)
    (drawings / 'alias').symlink_to(output / 'comics')  # is found before the results
    written = files(tmp_path)
    assert colorize.colorize([drawings], output, stand_in) == (0, 2)
    assert 'left out: 4 of earlier runs' in capsys.readouterr().out  # also the contact sheet and the record
    (output / 'colorized.json').write_text('damaged')
    (output / 'comics/0.png.part').write_bytes((output / 'comics/0.png').read_bytes()[:100])
    assert colorize.colorize([drawings], output, stand_in) == (2, 0)
    assert files(tmp_path) == written
    Image.open(drawings / '0.png').rotate(90).save(output / 'mine.png')
    assert colorize.colorize([drawings], output, stand_in) == (1, 2)


@pytest.mark.parametrize('kind', [*sorted(formats.SUFFIXES), 'cbz'])
def test_results_of_every_format_in_an_input_folder_are_no_inputs(tmp_path, drawings, stand_in, kind):
    for number in range(2, 10):
        (drawings / f'{number}.png').unlink()
    for made in ((2, 0), (0, 2)):
        assert colorize.colorize([drawings], drawings / 'colored', stand_in, Settings(format=kind)) == made


def test_results_are_inputs_of_a_run_with_another_output(tmp_path, drawings, stand_in):
    colorize.colorize([drawings / '0.png'], tmp_path / 'out', stand_in)
    result, other = tmp_path / 'out/0.png', tmp_path / 'other'
    assert colorize.colorize([result], other, stand_in, Settings(extract_outline=True)) == (1, 0)

import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from data_pipeline.archives import archive as archives
from data_pipeline.common import errors
from data_pipeline.pictures import pages, pixels
from tests.pictures import encode


def _write(folder, *names, content=b'x'):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _zip(*names, content=b'x'):
    """Makes a zip archive: bytes. Names are strings, or bytes that the archive does not say the encoding of."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        for number, name in enumerate(names):
            archive.writestr(name if isinstance(name, str) else f'{number:0{len(name)}d}', content)
    result = stream.getvalue()
    for number, name in enumerate(names):
        if isinstance(name, bytes):
            result = result.replace(b'%0*d' % (len(name), number), name)
    return result


def _names(listing):
    return [page.name for page in listing.pages]


def test_finds_in_reading_order_and_by_group(tmp_path):
    _write(tmp_path / 'comic', 'ep2/p10.png', 'ep2/p9.png', 'ep10/p1.png')
    listing = pages.find([tmp_path / 'comic'])
    assert [(p.name, p.inside, p.group) for p in listing.pages] == [
        ('comic/ep2/p9.png', 'ep2/p9.png', 'comic/ep2'), ('comic/ep2/p10.png', 'ep2/p10.png', 'comic/ep2'),
        ('comic/ep10/p1.png', 'ep10/p1.png', 'comic/ep10')]
    assert not listing.failed
    with pytest.raises(errors.UserError, match='nowhere'):
        pages.find([tmp_path / 'nowhere'])


def test_only_what_systems_leave_is_passed_over_and_it_is_counted(tmp_path):
    _write(tmp_path / 'in', '.hack/1.png', '...So/1.png', '1²3.png', '__MACOSX/1.png', '._1.png', '.DS_Store',
           'Thumbs.db')
    (tmp_path / 'a.zip').write_bytes(_zip('.hack 1/1.png', '...So/1.png', '__MACOSX/._1.png', 'x/.DS_Store'))
    listing = pages.find([tmp_path / 'in', tmp_path / 'a.zip'])
    assert set(_names(listing)) == {'in/.hack/1.png', 'in/...So/1.png', 'in/1²3.png', 'a.zip/.hack 1/1.png',
                                    'a.zip/...So/1.png'}
    assert listing.passed_over == 6


def test_a_name_that_is_not_utf_8_is_listed_and_can_be_written(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b'\xe9t\xe9.png')
    try:
        with open(path, 'wb') as file:
            file.write(b'x')
    except OSError:
        pytest.skip('the file system takes only UTF-8')
    page, = pages.find([tmp_path]).pages
    assert page.name.encode() and os.path.exists(page.path)


def test_names_tell_inputs_apart(tmp_path):
    _write(tmp_path, 'a/ch1/1.png', 'b/ch1/1.png', 'c/1.png')
    listing = pages.find([tmp_path / 'a/ch1', tmp_path / 'b/ch1'])
    assert [(p.name, p.inside, p.group) for p in listing.pages] == [
        ('a/ch1/1.png', '1.png', 'a/ch1'), ('b/ch1/1.png', '1.png', 'b/ch1')]
    assert _names(pages.find([tmp_path / 'a/ch1', tmp_path / 'c'])) == ['ch1/1.png', 'c/1.png']
    assert _names(pages.find([tmp_path / 'c/1.png'])) == ['1.png']


def test_each_file_is_listed_once_and_links_in_a_circle_end(tmp_path):
    _write(tmp_path / 'in', 'ep1/1.png')
    _write(tmp_path, 'elsewhere/2.png')
    (tmp_path / 'in/ep1/up').symlink_to(tmp_path / 'in')
    (tmp_path / 'in/link').symlink_to(tmp_path / 'elsewhere')
    (tmp_path / 'in/same.png').symlink_to(tmp_path / 'in/ep1/1.png')
    (tmp_path / 'in/broken.png').symlink_to(tmp_path / 'nowhere.png')
    listing = pages.find([tmp_path / 'in', tmp_path / 'in/ep1'])
    assert _names(listing) == ['in/broken.png', 'in/ep1/1.png', 'in/link/2.png']
    assert listing.passed_over == 3
    with pytest.raises(pixels.PageError, match='No such file'):
        pages.read(listing.pages[0])


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    _write(tmp_path / 'in', 'shut/1.png', '2.png')
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith('shut'):
            raise PermissionError(13, 'Permission denied')
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', refuse)
    listing = pages.find([tmp_path / 'in'])
    assert _names(listing) == ['in/2.png']
    assert listing.failed == [('in/shut', 'folder cannot be read (Permission denied)')]


def test_archives_are_read_in_memory_under_safe_names(tmp_path, panels):
    picture = panels[0].color
    (tmp_path / 'chapter.cbz').write_bytes(_zip('p2.png', 'p1.png', '../../evil.png', '/abs.png', 'C:\\win.png',
                                                content=encode(picture)))
    (tmp_path / 'damaged.zip').write_bytes((tmp_path / 'chapter.cbz').read_bytes()[:200])
    before = set(tmp_path.parent.rglob('*'))
    listing = pages.find([tmp_path])
    assert [name for name, _ in listing.failed] == [f'{tmp_path.name}/damaged.zip']
    prefix = f'{tmp_path.name}/chapter.cbz/'
    assert set(_names(listing)) == {prefix + n for n in ('p1.png', 'p2.png', 'evil.png', 'abs.png', 'C_/win.png')}
    assert {p.group for p in listing.pages} == {prefix[:-1]}
    for page in listing.pages:
        np.testing.assert_array_equal(pages.read(page), picture)
    assert set(tmp_path.parent.rglob('*')) == before


def test_members_of_one_name_and_of_names_that_differ_in_case_are_all_listed(tmp_path):
    (tmp_path / 'a.zip').write_bytes(_zip('x/1.png', '/x/1.png', 'X/1.PNG'))
    assert len({name.casefold() for name in _names(pages.find([tmp_path / 'a.zip']))}) == 3


def test_a_damaged_member_of_an_archive_does_not_affect_the_others(tmp_path, panels):
    data = encode(panels[0].color)
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive:
        archive.writestr('good.png', data)
        archive.writestr('bad.png', data[:len(data) // 2])
    bad, good = pages.find([tmp_path / 'a.zip']).pages
    assert pages.read(good).shape == panels[0].color.shape
    with pytest.raises(pixels.PageError):
        pages.read(bad)


def test_archives_are_told_by_their_contents_and_may_hold_archives(tmp_path, panels):
    picture = encode(panels[0].color)
    inner = _zip('1.png', content=picture)
    with tarfile.open(tmp_path / 'a.cbr', 'w:gz') as archive:
        for name, content in (('ch1.cbr', inner), ('ch2/1.png', picture),
                              ('deep.zip', _zip('inner.zip', content=inner))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    listing = pages.find([tmp_path / 'a.cbr'])
    assert [(p.name, p.group) for p in listing.pages] == [
        ('a.cbr/ch1.cbr/1.png', 'a.cbr/ch1.cbr'), ('a.cbr/ch2/1.png', 'a.cbr')]
    assert listing.failed == [('a.cbr/deep.zip/inner.zip', 'archive in an archive in an archive')]
    for page in listing.pages:
        np.testing.assert_array_equal(pages.read(page), panels[0].color)


@pytest.mark.parametrize('encoding', ['cp932', 'cp949', 'gb18030'])
def test_names_in_an_archive_of_another_system_are_right_and_none_is_lost(tmp_path, encoding):
    names = {'cp932': ['ソード/表1.png', 'ソード/ソ2.png'], 'cp949': ['만화 1화/표지.png', '만화 1화/01.png'],
             'gb18030': ['第01话/封面.png', '图片/01.png']}[encoding]
    (tmp_path / 'a.zip').write_bytes(_zip(*(name.encode(encoding) for name in names)))
    assert set(_names(pages.find([tmp_path / 'a.zip']))) == {f'a.zip/{name}' for name in names}
    assert set(_names(pages.find([tmp_path / 'a.zip'], encoding))) == {f'a.zip/{name}' for name in names}
    with pytest.raises(errors.UserError, match='no such encoding'):
        pages.find([tmp_path / 'a.zip'], 'klingon')


def test_all_pages_of_a_tiff_file_are_listed_but_not_its_thumbnails(tmp_path, panels):
    thumbnail = TiffImagePlugin.ImageFileDirectory_v2()
    thumbnail[254] = 1
    with TiffImagePlugin.AppendingTiffWriter(str(tmp_path / 'scan.tif'), True) as file:
        for picture, tags in ((panels[0].color, None), (panels[0].color[::8, ::8], thumbnail), (panels[1].color, None)):
            Image.fromarray(picture).save(file, 'TIFF', **({'tiffinfo': tags} if tags else {}))
            file.newFrame()
    listing = pages.find([tmp_path / 'scan.tif'])
    assert [(p.name, p.group) for p in listing.pages] == [('scan.tif/0001', 'scan.tif'), ('scan.tif/0002', 'scan.tif')]
    for page, panel in zip(listing.pages, panels, strict=False):
        np.testing.assert_array_equal(pages.read(page), panel.color)


def test_an_archive_that_is_a_bomb_is_refused_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, '_ANY_ARCHIVE', 2**20)
    monkeypatch.setattr(archives, 'MAX_RATIO', 50)
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('1.png', bytes(2**21))
    with tarfile.open(tmp_path / 'b.tar', 'w:gz') as archive:
        info = tarfile.TarInfo('1.png')
        info.size = 2**21
        archive.addfile(info, io.BytesIO(bytes(2**21)))
    listing = pages.find([tmp_path])
    assert not listing.pages
    assert [reason for _, reason in listing.failed] == ['unpacks to more than 1000 times its size'] * 2
    monkeypatch.setattr(archives, 'MAX_MEMBERS', 2)
    (tmp_path / 'many.zip').write_bytes(_zip('1', '2', '3'))
    assert 'more than 2 files' in pages.find([tmp_path / 'many.zip']).failed[0][1]


def test_pictures_of_folders_of_one_name_are_different_groups(tmp_path):
    _write(tmp_path, 'a/ch1/1.png', 'b/ch1/2.png')
    groups = [page.group for page in pages.find([tmp_path / 'a/ch1/1.png', tmp_path / 'b/ch1/2.png']).pages]
    assert groups == ['a/ch1', 'b/ch1']
    page, = pages.find([tmp_path / 'a/ch1/1.png']).pages
    assert (page.name, page.inside, page.group) == ('1.png', '1.png', 'ch1')


def test_archives_of_one_name_in_an_archive_are_different_groups(tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive, pytest.warns(UserWarning, match='Duplicate'):
        for _ in range(2):
            archive.writestr('1.cbz', _zip('1.png'))
    assert len({page.group for page in pages.find([tmp_path / 'a.zip']).pages}) == 2


def test_hard_links_are_pages_of_their_own(tmp_path):
    _write(tmp_path / 'in', 'ep1/blank.png')
    (tmp_path / 'in/ep2').mkdir()
    os.link(tmp_path / 'in/ep1/blank.png', tmp_path / 'in/ep2/blank.png')
    assert _names(pages.find([tmp_path / 'in'])) == ['in/ep1/blank.png', 'in/ep2/blank.png']


def test_numbers_are_in_order_in_full_width_digits_and_of_any_length(tmp_path):
    names = [f'第{number}話.png' for number in ('９', '１０', '1' * 5000)]
    (tmp_path / 'a.zip').write_bytes(_zip(*names[::-1]))
    assert _names(pages.find([tmp_path / 'a.zip'])) == [f'a.zip/{name}' for name in names]


def test_what_is_no_regular_file_is_named(tmp_path):
    os.mkfifo(tmp_path / 'queue.png')
    queue = os.open(tmp_path / 'queue.png', os.O_RDWR)
    os.write(queue, bytes(512))  # a program that reads it does not wait for ever
    listing = pages.find([tmp_path])
    os.close(queue)
    assert listing.failed == [(f'{tmp_path.name}/queue.png', 'not a regular file')] and not listing.pages


def test_an_archive_without_files_is_named(tmp_path):
    (tmp_path / 'a.zip').write_bytes(_zip())
    assert pages.find([tmp_path / 'a.zip']).failed == [('a.zip', 'no files in the archive')]


def test_archives_in_an_archive_hold_together_no_more_than_an_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, 'MAX_MEMBERS', 5)
    (tmp_path / 'a.zip').write_bytes(_zip(*'abcd', content=_zip(*'1234')))
    listing = pages.find([tmp_path / 'a.zip'])
    assert len(listing.pages) == 8
    assert listing.failed == [(f'a.zip/{name}', 'the archives in the archive hold too much') for name in 'cd']


def test_the_picture_after_a_thumbnail_is_read(tmp_path, panels):
    picture = Image.fromarray(panels[0].color)
    picture.encoderinfo = {'tiffinfo': {254: 0}}
    picture.resize((32, 32)).save(tmp_path / 'a.tif', save_all=True, append_images=[picture], tiffinfo={254: 1})
    page, = pages.find([tmp_path / 'a.tif']).pages
    assert page.name == 'a.tif'
    np.testing.assert_array_equal(pages.read(page), panels[0].color)


def test_a_file_of_several_pages_in_an_archive_is_not_unpacked_for_each_page(tmp_path, monkeypatch):
    first, *others = [Image.new('L', (8, 8), level) for level in range(6)]
    stream = io.BytesIO()
    first.save(stream, 'TIFF', save_all=True, append_images=others)
    (tmp_path / 'a.zip').write_bytes(_zip('a.tif', content=stream.getvalue()))
    found = pages.find([tmp_path / 'a.zip']).pages
    unpacked, unpack = [], archives.Archive.read
    monkeypatch.setattr(archives.Archive, 'read', lambda archive, key: unpacked.append(key) or unpack(archive, key))
    assert [pages.read(page)[0, 0, 0] for page in found] == [0, 1, 2, 3, 4, 5]
    assert len(unpacked) <= 2


def test_an_unknown_encoding_is_refused_also_if_no_archive_needs_it(tmp_path):
    for encoding in ('nonsense', 'idna'):
        with pytest.raises(errors.UserError, match='no such encoding'):
            pages.find([tmp_path], encoding)

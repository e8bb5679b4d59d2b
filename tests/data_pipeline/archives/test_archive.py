import gzip
import io
import os
import sys
import tarfile
import tempfile
import time
import zipfile
from concurrent import futures

import numpy as np
import py7zr
import pytest
import rarfile
from PIL import Image

from data_pipeline.archives import archive as archives
from data_pipeline.pictures import pages, pixels
from tests import files
from tests.pictures import encode

FILES = [('b/2.png', b'two'), ('empty.png', b''), ('a/1.png', b'one' * 1000)]
MAKERS = {
    'zip': files.zip_file, 'stored zip': lambda given: files.zip_file(given, zipfile.ZIP_STORED), 'tar': files.tar,
    **{f'tar.{packed}': lambda given, packed=packed: files.tar(given, packed) for packed in ('gz', 'bz2', 'xz')},
    '7z': files.seven_zip, 'rar': files.rar, 'rar5': files.rar5}


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files, in which no test leaves one."""
    folder = tmp_path / 'temporary'
    folder.mkdir()
    monkeypatch.setattr(tempfile, 'tempdir', str(folder))
    yield folder
    assert not list(folder.iterdir())


def _open(content):
    return archives.Archive(io.BytesIO(content))


def _contents(content):
    """Unpacks an archive: list of (name, content)."""
    archive = _open(content)
    return [(member.name.decode() if isinstance(member.name, bytes) else member.name, archive.read(member.key))
            for member in archive.members]


def _only_page(content):
    """Reads the only page of a PDF: uint8 [H, W]."""
    (_, page), = _contents(content)
    return np.asarray(Image.open(io.BytesIO(page)).convert('L'))


@pytest.mark.parametrize('kind', MAKERS)
def test_members_of_each_kind_of_archive_can_be_read_in_any_order(kind):
    archive = _open(MAKERS[kind](FILES))
    keys = {(member.name if isinstance(member.name, str) else member.name.decode()): member.key
            for member in archive.members}
    assert sorted(keys) == sorted(name for name, _ in FILES)
    for name, content in [*FILES, *FILES[::-1]]:
        assert archive.read(keys[name]) == content
    assert [member.size for member in archive.members] == [3, 0, 3000]


@pytest.mark.parametrize('kind', ['zip', 'tar', '7z'])
@pytest.mark.filterwarnings('ignore:Duplicate name')
def test_members_of_the_same_name_and_of_unsafe_names_can_be_read(kind):
    given = [('1.png', b'first'), ('1.png', b'second'), ('../1.png', b'third'), ('/1.png', b'fourth')]
    assert _contents(MAKERS[kind](given)) == given


@pytest.mark.parametrize('kind', ['zip', 'tar', '7z'])
def test_folders_are_no_members(kind, tmp_path):
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'folder/1.png').write_bytes(b'x')
    opened = {'zip': zipfile.ZipFile, 'tar': tarfile.open, '7z': py7zr.SevenZipFile}[kind](tmp_path / 'archive', 'w')
    with opened as archive:
        for name in ('folder', 'folder/1.png'):
            (archive.add if kind == 'tar' else archive.write)(tmp_path / name, name, **(
                {'recursive': False} if kind == 'tar' else {}))
    assert _contents((tmp_path / 'archive').read_bytes()) == [('folder/1.png', b'x')]


@pytest.mark.parametrize('kind', ['zip', 'tar.gz', '7z', 'rar', 'rar5'])
def test_an_empty_archive_has_no_members(kind):
    assert not _open(MAKERS[kind]([])).members


@pytest.mark.parametrize('kind', MAKERS)
def test_any_other_file_is_no_archive(kind):
    assert archives.kind_of(io.BytesIO(MAKERS[kind](FILES))) is not None
    for content in (b'', b'PK', b'text', encode(np.zeros((9, 9), np.uint8)), bytes(600)):
        assert archives.kind_of(io.BytesIO(content)) is None


@pytest.mark.parametrize('kind', MAKERS)
def test_a_damaged_archive_is_an_error_with_a_reason(kind, rng):
    given = [(f'{number}.png', rng.bytes(1000)) for number in range(5)]
    whole, damaged_somewhere = MAKERS[kind](given), 0
    for position in range(0, len(whole), max(1, len(whole) // 60)):
        for damaged in (whole[:position], whole[:position] + bytes([whole[position] ^ 0xff]) + whole[position + 1:]):
            if archives.kind_of(io.BytesIO(damaged)) is None:
                continue
            try:
                damaged_somewhere += _contents(damaged) != given
            except archives.ArchiveError as error:
                assert len(str(error)) > 5 and '\n' not in str(error)
                damaged_somewhere += 1
    assert damaged_somewhere > 30


def test_members_before_the_damage_of_a_solid_archive_can_be_read(rng):
    given = [(f'{number}.png', rng.bytes(5000)) for number in range(5)]
    whole = files.seven_zip(given)
    archive = _open(whole[:14000] + b'damage' + whole[14006:])
    for key in (0, 4, 2, 1, 3):
        if key < 2:
            assert archive.read(key) == given[key][1]
        else:
            with pytest.raises(archives.ArchiveError, match='cannot be unpacked'):
                archive.read(key)


def test_encrypted_archives_are_named():
    stored = files.zip_file(FILES[:1], zipfile.ZIP_STORED)
    local, central = stored.index(b'PK\3\4') + 6, stored.index(b'PK\1\2') + 8
    encrypted_zip = bytearray(stored)
    encrypted_zip[local] |= 1
    encrypted_zip[central] |= 1
    with pytest.raises(archives.ArchiveError, match='^encrypted$'):
        _contents(bytes(encrypted_zip))
    for content in (files.seven_zip(FILES, password='secret'), files.rar(FILES, encrypted=True),
                    files.seven_zip(FILES, password='secret', header_encryption=True),
                    files.pdf(np.zeros((9, 9), np.uint8), encrypted=True)):
        with pytest.raises(archives.ArchiveError, match='^encrypted$'):
            _open(content)


def test_a_packed_rar_archive_needs_a_program(monkeypatch):
    def missing(*_, **__):
        raise rarfile.RarCannotExec('Cannot find working tool')

    monkeypatch.setattr(rarfile, 'tool_setup', missing)
    archive = _open(files.rar(FILES, method=0x33))
    assert [member.name for member in archive.members] == [name for name, _ in FILES]
    with pytest.raises(archives.ArchiveError, match='^RAR needs one of the programs unrar, unar and 7z$'):
        archive.read(0)


def test_a_packed_rar_archive_is_read_through_a_program_and_leaves_no_file(monkeypatch):
    class Program:
        def open_cmdline(self, password, path, name=None):
            if not os.path.exists(path):
                raise AssertionError('the program has no archive to read')
            if self.fails:
                raise OSError('no memory')
            return [sys.executable, '-c', 'print("two", end="")']

        def get_errmap(self):
            return [None]

    program = Program()
    monkeypatch.setattr(rarfile, 'tool_setup', lambda **_: program)
    archive = _open(files.rar(FILES, method=0x33))
    program.fails = False
    assert archive.read(0) == b'two'
    with pytest.raises(archives.ArchiveError, match='cannot be unpacked'):
        archive.read(2)  # not what the program gives
    program.fails = True
    with pytest.raises(archives.ArchiveError, match='no memory'):
        archive.read(0)


def test_the_size_of_a_member_and_the_number_of_members_have_limits(monkeypatch):
    monkeypatch.setattr(archives, 'MAX_MEMBER_BYTES', 2**20)
    for make in MAKERS.values():
        archive = _open(make([('large.png', bytes(2**20 + 1)), ('small.png', b'x')]))
        with pytest.raises(archives.ArchiveError, match='too large: over 1 MiB in the archive'):
            archive.read(archive.members[0].key)
        assert archive.read(archive.members[1].key) == b'x'
    monkeypatch.setattr(archives, 'MAX_MEMBERS', 2)
    for make in MAKERS.values():
        assert len(_open(make(FILES[:2])).members) == 2
        with pytest.raises(archives.ArchiveError, match='more than 2 files'):
            _open(make(FILES))


@pytest.mark.parametrize('kind', ['zip', 'tar.gz', 'tar.bz2', 'tar.xz', '7z'])
def test_an_archive_that_is_a_bomb_is_refused(kind, monkeypatch):
    monkeypatch.setattr(archives, '_ANY_ARCHIVE', 2**20)
    monkeypatch.setattr(archives, 'MAX_RATIO', 20)
    with pytest.raises(archives.ArchiveError, match='unpacks to more'):
        _open(MAKERS[kind]([('1.png', bytes(2**20)), ('2.png', b'x')]))


@pytest.mark.parametrize('kind', [tarfile.REGTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_tar_archive_with_a_negative_size_is_refused(kind, monkeypatch):
    monkeypatch.setattr(archives, '_ANY_ARCHIVE', 2**20)
    monkeypatch.setattr(archives, 'MAX_RATIO', 20)
    header = bytearray(files.tar([('1.png', b'x')])[:512])
    header[124:136], header[156:157] = (256**12 - 512).to_bytes(12, 'big'), kind
    header[148:156] = b'%06o\0 ' % (sum(header[:148]) + 8 * ord(' ') + sum(header[156:]))
    reason = 'negative size' if kind == tarfile.REGTYPE else 'unpacks to more'
    with pytest.raises(archives.ArchiveError, match=reason):
        _open(gzip.compress(bytes(header) + bytes(2**22)))


@pytest.mark.parametrize('mode, tolerance', [('1', 0), ('L', .7), ('P', 0), ('RGB', .7)])
def test_a_pdf_of_scans_gives_their_pixels(tmp_path, panels, mode, tolerance):
    scans = [Image.fromarray(np.tile(panel.color, (4, 2, 1))[:777 + number, :333]).convert('L')
             for number, panel in enumerate(panels[:2])]
    scans = [scan.quantize(256) if mode == 'P' else scan.convert(mode) for scan in scans]
    (tmp_path / 'a.pdf').write_bytes(encode(scans[0], 'PDF', save_all=True, append_images=scans[1:], resolution=600,
                                            **({'quality': 95} if mode in ('L', 'RGB') else {})))
    listing = pages.find([tmp_path / 'a.pdf'])
    assert [page.name for page in listing.pages] == ['a.pdf/0001.png', 'a.pdf/0002.png']
    for page, scan in zip(listing.pages, scans, strict=True):
        assert np.abs(pages.read(page).astype(int) - np.asarray(scan.convert('RGB'))).mean() <= tolerance


def test_a_page_of_a_pdf_comes_as_it_would_be_printed(panels):
    gray = panels[0].line_art[:200]
    white = np.full_like(gray, 255)
    np.testing.assert_array_equal(_only_page(files.pdf(gray)), gray)
    np.testing.assert_array_equal(_only_page(files.pdf(gray, page='/Rotate 90')), np.rot90(gray, -1))
    np.testing.assert_array_equal(_only_page(files.pdf(gray, page='/CropBox[20 50 120 150]')), gray[50:150, 20:120])
    np.testing.assert_array_equal(_only_page(files.pdf(gray, content='q 256 0 0 -200 0 200 cm /I Do Q')), gray[::-1])
    np.testing.assert_array_equal(_only_page(files.pdf(0 * gray, mask=255 - gray)), gray)
    bits = np.where(gray > 127, 255, 0)
    np.testing.assert_array_equal(_only_page(files.pdf(np.packbits(bits > 0, axis=1), bits=1, tags='/ImageMask true')),
                                  bits)
    assert _only_page(files.pdf(gray, size=(256, 400))).shape == (400, 256)  # its pixels are not square
    halves = 'q 256 0 0 100 0 100 cm /I Do Q q 256 0 0 100 0 0 cm /I Do Q'
    assert _only_page(files.pdf(gray, content=halves)).shape == (400, 512)
    text = _only_page(files.pdf(white, content='0 g 64 50 128 100 re f'))
    assert text.shape == (round(200 * 200 / 72 + .5), round(256 * 200 / 72 + .5))
    assert text[len(text) // 2, text.shape[1] // 2] == 0 and (text[:20] == 255).all()


def test_a_very_large_page_of_a_pdf_has_a_bounded_size():
    large = files.pdf(np.zeros((9, 9), np.uint8), content='0 g 0 0 14000 14000 re f', size=(28346, 28346))
    page = _only_page(large)
    assert 49_000_000 < page.size < 50_100_000
    assert page[-100, 100] == 0 and page[100, -100] == 255


def test_a_damaged_pdf_is_an_error_with_a_reason(panels):
    whole = files.pdf(panels[0].line_art)
    with pytest.raises(archives.ArchiveError, match='damaged archive'):
        _open(whole[:20])


def test_pages_that_cannot_be_unpacked_are_errors_of_the_page(tmp_path):
    (tmp_path / 'a.cbr').write_bytes(files.rar([('1.png', b'x')], method=0x33))
    page, = pages.find([tmp_path / 'a.cbr']).pages
    with pytest.raises(pixels.PageError):
        pages.read(page)


@pytest.mark.parametrize('kind', ['tar', '7z'])
def test_threads_may_share_an_archive(kind):
    class Slow(io.BytesIO):
        def seek(self, *given):
            position = super().seek(*given)
            time.sleep(.002)  # time for another thread to seek, too
            return position

    contents = [bytes([k]) * 1000 for k in range(16)]
    archive = archives.Archive(Slow(MAKERS[kind]([(f'{k:02}.png', content) for k, content in enumerate(contents)])))
    keys = [member.key for member in archive.members]
    with futures.ThreadPoolExecutor(4) as threads:
        assert list(threads.map(archive.read, keys)) == contents

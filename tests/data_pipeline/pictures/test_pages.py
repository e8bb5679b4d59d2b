import zipfile

import numpy as np
import pytest
from PIL import Image

from data_pipeline.pictures import pages
from tests.pictures import encode, read


@pytest.fixture
def picture():
    ramp = np.linspace(0, 255, 64 * 48).reshape(48, 64)
    return np.stack([ramp, ramp[::-1], np.full_like(ramp, 90)], -1).astype(np.uint8)


@pytest.mark.parametrize('name, mode', [
    ('a.png', 'RGB'), ('a.jpg', 'RGB'), ('a.webp', 'RGB'), ('a.tif', 'RGB'), ('a.gif', 'P'), ('a.bmp', 'RGB'),
    ('b.jpg', 'CMYK'), ('b.tif', 'CMYK'), ('c.png', 'P'), ('d.png', 'RGBA')])
def test_formats_and_modes_give_the_same_picture(tmp_path, picture, name, mode):
    image = Image.fromarray(picture)
    image = image.quantize() if mode == 'P' else image.convert(mode)
    image.save(tmp_path / name, **({'quality': 95} if 'jpg' in name else {}))
    got = read(tmp_path / name)
    assert got.shape == picture.shape and got.dtype == np.uint8
    assert np.abs(got.astype(int) - picture).mean() < (14 if mode == 'P' else 5)


@pytest.mark.parametrize('name', ['a.png', 'a.tif'])
def test_sixteen_bit_gray_keeps_its_range(tmp_path, picture, name):
    gray = picture[..., 0]
    Image.fromarray(gray.astype(np.uint16) * 257).save(tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name), np.repeat(gray[..., None], 3, -1))


def test_transparency_is_over_white(tmp_path):
    Image.new('RGBA', (8, 8), (0, 0, 0, 0)).save(tmp_path / 'rgba.png')
    Image.new('LA', (8, 8), (0, 0)).save(tmp_path / 'la.png')
    palette = Image.new('P', (8, 8), 3)
    palette.putpalette([0] * 768)
    palette.save(tmp_path / 'palette.png', transparency=3)
    for name in ('rgba.png', 'la.png', 'palette.png'):
        assert (read(tmp_path / name) == 255).all()


def test_follows_exif_rotation(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture).save(tmp_path / 'turned.png', exif=exif)
    np.testing.assert_array_equal(read(tmp_path / 'turned.png'), np.rot90(picture, -1))


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.new('RGB', (8, 8), color) for color in ('red', 'blue')]
    frames[0].save(tmp_path / 'a.gif', save_all=True, append_images=frames[1:])
    assert (read(tmp_path / 'a.gif') == (255, 0, 0)).all()


def test_says_why_a_file_cannot_be_used(tmp_path, picture):
    Image.fromarray(picture).save(tmp_path / 'whole.jpg')
    whole = (tmp_path / 'whole.jpg').read_bytes()
    (tmp_path / 'truncated.jpg').write_bytes(whole[:len(whole) // 2])
    (tmp_path / 'empty.png').write_bytes(b'')
    (tmp_path / 'text.png').write_text('hello')
    Image.new('1', (30000, 30000)).save(tmp_path / 'large.png')
    for name, reason in (('truncated.jpg', '(?i)truncated'), ('empty.png', 'empty'), ('text.png', 'not an image'),
                         ('large.png', '100 megapixels'), ('missing.png', 'No such file')):
        with pytest.raises(pages.PageError, match=reason):
            read(tmp_path / name)


def test_finds_in_reading_order_and_by_group(tmp_path, picture):
    for name in ('ep2/p10.png', 'ep2/p9.png', 'ep10/p1.png', '.hidden/p.png', 'ep2/.DS_Store'):
        path = tmp_path / 'comic' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(picture))
    found, failed = pages.find([tmp_path / 'comic'])
    assert [(p.name, p.group) for p in found] == [
        ('comic/ep2/p9.png', 'comic/ep2'), ('comic/ep2/p10.png', 'comic/ep2'), ('comic/ep10/p1.png', 'comic/ep10')]
    assert not failed
    with pytest.raises(pages.PageError, match='nowhere'):
        pages.find([tmp_path / 'nowhere'])


def test_archives_are_read_in_memory_under_safe_names(tmp_path, picture):
    with zipfile.ZipFile(tmp_path / 'chapter.cbz', 'w') as archive:
        for name in ('p2.png', 'p1.png', '../../evil.png', '/abs.png', 'C:\\win.png', '__MACOSX/p1.png'):
            archive.writestr(name, encode(picture))
    (tmp_path / 'damaged.zip').write_bytes((tmp_path / 'chapter.cbz').read_bytes()[:200])
    before = set(tmp_path.parent.rglob('*'))
    found, failed = pages.find([tmp_path])
    assert [name for name, _ in failed] == [f'{tmp_path.name}/damaged.zip']
    prefix = f'{tmp_path.name}/chapter.cbz/'
    assert {p.name for p in found} == {prefix + n for n in ('p1.png', 'p2.png', 'evil.png', 'abs.png', 'C_/win.png')}
    assert {p.group for p in found} == {prefix[:-1]}
    for page in found:
        np.testing.assert_array_equal(pages.read(page), picture)
    assert set(tmp_path.parent.rglob('*')) == before


def test_a_damaged_member_of_an_archive_does_not_affect_the_others(tmp_path, picture):
    data = encode(picture)
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as archive:
        archive.writestr('good.png', data)
        archive.writestr('bad.png', data[:len(data) // 2])
    good, bad = sorted(pages.find([tmp_path / 'a.zip'])[0], key=lambda p: p.name, reverse=True)
    assert pages.read(good).shape == picture.shape
    with pytest.raises(pages.PageError):
        pages.read(bad)

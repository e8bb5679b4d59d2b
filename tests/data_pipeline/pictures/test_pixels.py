import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from data_pipeline.pictures import pixels
from tests import files
from tests.pictures import encode, read

ORIENTATION = 0x0112


@pytest.fixture
def picture():
    ramp = np.linspace(0, 255, 64 * 48).reshape(48, 64)
    return np.stack([ramp, ramp[::-1], np.full_like(ramp, 90)], -1).astype(np.uint8)


@pytest.fixture
def gray(picture):
    return picture[..., 0]


def _decode(encoded, **options):
    return pixels.decode(io.BytesIO(encoded), **options)


def _rgb(gray):
    return np.repeat(gray[..., None], 3, axis=-1)


def _chunk(kind, content):
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))


def _xyz(*values):
    return b'XYZ \0\0\0\0' + struct.pack('>3i', *(round(value * 65536) for value in values))


_RED, _GREEN, _BLUE, _WHITE = (_xyz(.4361, .2225, .0139), _xyz(.3851, .7169, .0971), _xyz(.1431, .0606, .7141),
                               _xyz(.9642, 1, .8249))
_LINEAR = b'curv' + bytes(8)
_LINEAR_RGB = {b'rXYZ': _RED, b'gXYZ': _GREEN, b'bXYZ': _BLUE, b'rTRC': _LINEAR, b'gTRC': _LINEAR, b'bTRC': _LINEAR}
_SWAPPED = _LINEAR_RGB | {b'rXYZ': _GREEN, b'gXYZ': _RED}
_LINEAR_GRAY = {b'kTRC': _LINEAR}
_RAMP = bytes(range(256))
_ONLY_CYAN = {b'A2B0': b'mft1' + struct.pack('>4x4B', 4, 3, 2, 0) + _xyz(1, 0, 0)[8:] + _xyz(0, 1, 0)[8:] + _xyz(
    0, 0, 1)[8:] + 4 * _RAMP + 8 * b'\xff\x80\x80' + 8 * b'\0\x80\x80' + 3 * _RAMP}  # white, black if there is cyan


def _profile(tags, kind=b'RGB ', space=b'XYZ '):
    """Makes a color profile (ICC.1:2001-04)."""
    tags = {b'desc': b'desc\0\0\0\0\0\0\0\2a' + bytes(80), b'cprt': b'text\0\0\0\0a\0\0\0', b'wtpt': _WHITE, **tags}
    table, content = struct.pack('>I', len(tags)), b''
    for name, tag in tags.items():
        table += name + struct.pack('>II', 132 + 12 * len(tags) + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    device = b'prtr' if kind == b'CMYK' else b'mntr'
    return struct.pack('>I4xI4s4s4s12x4s28x12s48x', 128 + len(table) + len(content), 0x02100000, device, kind, space,
                       b'acsp', _WHITE[8:]) + table + content


def _linear_to_srgb(levels):
    share = levels / 255
    return 255 * np.where(share <= .0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - .055)


@pytest.mark.parametrize('name, mode, tolerance', [
    ('a.png', 'RGB', 0), ('a.jpg', 'RGB', 2), ('a.webp', 'RGB', 3), ('a.tif', 'RGB', 0), ('a.gif', 'P', 14),
    ('a.bmp', 'RGB', 0), ('a.avif', 'RGB', 2), ('a.jp2', 'RGB', 0), ('b.jpg', 'CMYK', 2), ('b.tif', 'CMYK', 0),
    ('c.png', 'P', 14), ('d.png', 'RGBA', 0)])
def test_formats_and_modes_give_the_same_picture(tmp_path, picture, name, mode, tolerance):
    image = Image.fromarray(picture)
    image = image.quantize() if mode == 'P' else image.convert(mode)
    image.save(tmp_path / name, **({'quality': 95} if name.endswith(('.jpg', '.webp', '.avif')) else {}))
    got = read(tmp_path / name)
    assert got.shape == picture.shape and got.dtype == np.uint8
    assert np.abs(got.astype(int) - picture).mean() <= tolerance


def test_a_photoshop_file_gives_its_flat_picture(picture, gray):
    np.testing.assert_array_equal(_decode(files.psd(picture)), picture)
    four = np.dstack([picture, np.where(gray > 100, 255, 0)]).astype(np.uint8)
    np.testing.assert_array_equal(_decode(files.psd(four, layers=-1)), np.where(four[..., 3:], picture, 255))
    for layers in (None, 1):  # the fourth channel is one that the artist added
        np.testing.assert_array_equal(_decode(files.psd(four, layers)), picture)


@pytest.mark.parametrize('kind', ['PNG', 'TIFF'])
@pytest.mark.parametrize('bits', [8, 10, 12, 16])
def test_sixteen_bit_gray_keeps_its_range_whatever_the_number_of_bits_in_use(gray, kind, bits):
    levels = np.round(gray * ((2 ** bits - 1) / 255)).astype(np.uint16)
    np.testing.assert_array_equal(_decode(encode(levels, kind)), _rgb(gray))


def test_sixteen_bit_black_and_white_are_not_mixed_up(gray):
    drawing = np.where(gray > 100, 65535, 0).astype(np.uint16)
    np.testing.assert_array_equal(_decode(encode(drawing)), _rgb(np.where(gray > 100, 255, 0)))
    dim = np.where(gray > 100, 255, 0).astype(np.uint16)  # white is 255 in a file of 16 bits
    np.testing.assert_array_equal(_decode(encode(dim)), _rgb(dim))
    assert (_decode(encode(np.zeros_like(dim))) == 0).all()


def test_tiff_files_whose_white_is_zero_are_not_inverted(gray):
    image = Image.fromarray(gray.astype(np.uint16) * 257)
    white_is_one = encode(image, 'TIFF')
    entry = struct.pack('<HHI', 262, 3, 1)
    assert entry + b'\1' in white_is_one
    np.testing.assert_array_equal(_decode(white_is_one.replace(entry + b'\1', entry + b'\0')), _rgb(255 - gray))
    turned = encode(image, 'TIFF', tiffinfo={ORIENTATION: 6}).replace(entry + b'\1', entry + b'\0')
    np.testing.assert_array_equal(_decode(turned), np.rot90(_rgb(255 - gray), -1))


def test_gray_of_floating_point_keeps_its_range(gray):
    for levels in (gray / 255, gray):
        np.testing.assert_array_equal(_decode(encode(np.float32(levels), 'TIFF')), _rgb(gray))
    levels = np.float32(gray / 255)
    levels[0, 0] = np.nan
    np.testing.assert_array_equal(_decode(encode(levels, 'TIFF')), _rgb(gray))


def test_transparency_is_over_white(gray):
    palette = Image.new('P', (8, 8), 3)
    palette.putpalette([0] * 768)
    for encoded in (encode(Image.new('RGBA', (8, 8))), encode(Image.new('LA', (8, 8))),
                    encode(palette, transparency=3)):
        assert (_decode(encoded) == 255).all()
    levels = gray.astype(np.uint16) * 257
    expected = np.where(gray == gray[20, 20], 255, gray)
    png, chunk = encode(levels), _chunk(b'tRNS', struct.pack('>H', levels[20, 20]))
    np.testing.assert_array_equal(_decode(png[:33] + chunk + png[33:]), _rgb(expected))  # behind the header


@pytest.mark.parametrize('alpha', [0, 255])
def test_an_empty_fourth_byte_of_a_bmp_is_no_transparency(picture, alpha):
    height, width, _ = picture.shape
    header = struct.pack('<2sIHHI', b'BM', 70 + 4 * height * width, 0, 0, 70) + struct.pack(
        '<IiiHH6I4I', 56, width, height, 1, 32, 3, 0, 0, 0, 0, 0, 0xff0000, 0xff00, 0xff, 0xff000000)
    rows = np.dstack([picture[..., ::-1], np.full((height, width), alpha, np.uint8)])[::-1]
    np.testing.assert_array_equal(_decode(header + rows.tobytes()), picture)


@pytest.mark.parametrize('kind', ['PNG', 'TIFF'])
def test_pictures_are_upright(picture, kind):
    turns = {1: picture, 2: picture[:, ::-1], 3: np.rot90(picture, 2), 4: picture[::-1], 6: np.rot90(picture, -1),
             5: np.rot90(picture, -1)[:, ::-1], 7: np.rot90(picture)[:, ::-1], 8: np.rot90(picture)}
    for number, turned in turns.items():
        exif = Image.Exif()
        exif[ORIENTATION] = number
        np.testing.assert_array_equal(_decode(encode(picture, kind, exif=exif)), turned)


@pytest.mark.filterwarnings('ignore:Corrupt EXIF data')
def test_damaged_exif_data_are_no_reason_to_refuse_a_picture(picture):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    whole = exif.tobytes()
    for damaged in (whole[6:8], b'MM\0\1' + whole[10:], whole[:-7], b'garbage'):
        assert _decode(encode(picture, exif=damaged)).size == picture.size


@pytest.mark.parametrize('kind', ['GIF', 'PNG', 'WEBP', 'AVIF'])
def test_first_frame_of_an_animation(kind):
    frames = [Image.new('RGB', (16, 16), color) for color in ('red', 'blue', 'lime')]
    encoded, remarks = encode(frames[0], kind, save_all=True, append_images=frames[1:]), []
    assert np.abs(_decode(encoded, remarks=remarks).astype(int) - (255, 0, 0)).max() <= 4
    assert remarks == ['the first of 3 frames']
    _decode(encoded)
    _decode(encode(frames[0], kind), remarks=remarks)
    assert len(remarks) == 1


def test_large_color_profiles_and_texts_are_no_reason_to_refuse_a_picture(picture):
    text = PngImagePlugin.PngInfo()
    text.add_text('settings', 'x' * 10_000_000, zip=True)
    text.add_text('more settings', 'x' * 10_000_000)
    np.testing.assert_array_equal(_decode(encode(picture, pnginfo=text)), picture)
    profile = _profile(_LINEAR_RGB | {b'junk': np.random.default_rng(0).bytes(5_000_000)})
    assert np.abs(_decode(encode(picture, icc_profile=profile)) - _linear_to_srgb(picture)).max() < 2


def test_color_profiles_are_followed(picture):
    image, swapped = Image.fromarray(picture), _profile(_SWAPPED)
    linear = _linear_to_srgb(picture)
    assert np.abs(_decode(encode(picture, icc_profile=_profile(_LINEAR_RGB))) - linear).max() < 2
    alpha = Image.merge('RGBA', [*image.split(), Image.new('L', image.size, 255)])
    for encoded in (encode(picture, icc_profile=swapped), encode(alpha, icc_profile=swapped)):
        assert np.abs(_decode(encoded) - linear[..., [1, 0, 2]]).max() < 2
    colors = image.quantize(16)
    linear = _linear_to_srgb(np.asarray(colors.convert('RGB')))
    assert np.abs(_decode(encode(colors, icc_profile=swapped)) - linear[..., [1, 0, 2]]).max() < 2


def test_color_profiles_of_gray_and_of_ink_are_followed(gray):
    profile = _profile(_LINEAR_GRAY, b'GRAY')
    assert np.abs(_decode(encode(gray, icc_profile=profile)) - _rgb(_linear_to_srgb(gray)))[gray > 50].max() < 2
    inks = np.dstack([np.where(gray > 100, 255, 0), *[np.full_like(gray, 255)] * 3]).astype(np.uint8)
    profile = _profile(_ONLY_CYAN, b'CMYK', b'Lab ')
    expected = _rgb(np.where(gray > 100, 0, 255))
    assert np.abs(_decode(encode(Image.fromarray(inks, 'CMYK'), 'TIFF', icc_profile=profile)) - expected).max() < 8


def test_a_color_profile_of_another_kind_or_a_damaged_one_is_ignored(picture, gray):
    whole = _profile(_LINEAR_RGB)
    for image, profile in ((picture, _profile(_LINEAR_GRAY, b'GRAY')), (_rgb(gray), b'x' * 500), (picture, whole[:200]),
                           (picture, whole.replace(b'acsp', b'acsq'))):
        np.testing.assert_array_equal(_decode(encode(image, icc_profile=profile)), image)
    np.testing.assert_array_equal(_decode(encode(gray, icc_profile=whole)), _rgb(gray))


def test_says_why_a_file_cannot_be_used(tmp_path, picture):
    whole = encode(picture, 'JPEG')
    (tmp_path / 'truncated.jpg').write_bytes(whole[:len(whole) // 2])
    (tmp_path / 'empty.png').write_bytes(b'')
    (tmp_path / 'text.png').write_text('hello')
    (tmp_path / 'vector.png').write_bytes(b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n')
    for name, reason in (('truncated.jpg', '(?i)truncated'), ('empty.png', 'empty'), ('text.png', 'not an image'),
                         ('vector.png', 'not supported'), ('missing.png', 'No such file')):
        with pytest.raises(pixels.PageError, match=reason):
            read(tmp_path / name)


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(monkeypatch):
    def fail(*_):
        raise AssertionError('decoded')

    monkeypatch.setattr(PngImagePlugin.PngImageFile, 'load', fail)
    header = struct.pack('>IIBBBBB', 30000, 30000, 8, 2, 0, 0, 0)
    with pytest.raises(pixels.PageError, match='30000x30000 is over 100 megapixels'):
        _decode(b'\x89PNG\r\n\x1a\n' + _chunk(b'IHDR', header) + _chunk(b'IDAT', b''))


@pytest.mark.parametrize('kind', ['png', 'tif'])
@pytest.mark.parametrize('bits', [8, 10, 12, 16])
def test_sixteen_bit_colors_keep_their_range_whatever_the_number_of_bits_in_use(picture, kind, bits):
    picture[0, 0] = 255
    levels = np.round(picture * ((2 ** bits - 1) / 255)).astype(np.uint16)
    assert np.abs(_decode(cv2.imencode(f'.{kind}', levels[..., ::-1])[1].tobytes()).astype(int) - picture).max() < 2


def test_gray_profiles_are_followed_with_transparency_and_at_sixteen_bits(gray):
    profile = _profile(_LINEAR_GRAY, b'GRAY')
    expected = _rgb(_linear_to_srgb(gray))[gray > 50]
    image = Image.fromarray(gray)
    for picture in (Image.merge('LA', [image, Image.new('L', image.size, 255)]), gray.astype(np.uint16) * 257):
        assert np.abs(_decode(encode(picture, icc_profile=profile))[gray > 50] - expected).max() < 2


def test_a_tile_that_is_much_larger_than_the_picture_is_refused():
    content = zlib.compress(bytes(10_000))
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 322: 2 ** 14, 323: 2 ** 14, 324: 8, 325: len(content)}
    file = b'II*\0' + struct.pack('<I', 8 + len(content)) + content + struct.pack('<H', len(tags))
    file += b''.join(struct.pack('<HHII', tag, 4, 1, value) for tag, value in tags.items()) + bytes(4)
    with pytest.raises(pixels.PageError, match='too large: 16384x16384'):
        _decode(file)


def test_whatever_a_decoder_raises_is_an_error_of_the_page(monkeypatch, picture):
    def fail(*_):
        raise RuntimeError('no more bits')

    monkeypatch.setattr(PngImagePlugin.PngImageFile, 'load', fail)
    with pytest.raises(pixels.PageError, match='cannot be decoded .no more bits.'):
        _decode(encode(picture))

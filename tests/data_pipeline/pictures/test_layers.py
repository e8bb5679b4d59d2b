"""Layers of paint programs keep their transparency, in all kinds of PNG."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from data_pipeline.pictures import pages, pixels
from tests import files
from tests.pictures import encode

RED, BLUE = (200, 30, 40), (20, 60, 220)


@pytest.fixture
def layer():
    """Red at the left, blue at the right, nothing between."""
    layer = np.zeros((20, 30, 4), np.uint8)
    layer[:, :8], layer[:, 22:] = (*RED, 255), (*BLUE, 128)
    return layer


def _decode(encoded):
    return pixels.decode_layer(io.BytesIO(encoded))


def _png(layer, depth, kind):
    """Makes a PNG of 16 bits: kind 4 is gray, 6 is RGB, both with opacity."""
    def chunk(name, content):
        return struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))

    rows = b''.join(b'\0' + (row.astype('>u2') * 257).tobytes() for row in layer)
    header = struct.pack('>IIBBBBB', layer.shape[1], layer.shape[0], depth, kind, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def test_colors_are_not_mixed_with_paper_and_opacity_is_kept(layer):
    np.testing.assert_array_equal(_decode(encode(layer)), layer)


def test_layers_of_16_bits_and_dark_ones_keep_their_levels(layer):
    np.testing.assert_array_equal(_decode(_png(layer, 16, 6)), layer)
    layer[..., :3] //= 20  # as dark as a picture of fewer bits
    np.testing.assert_array_equal(_decode(_png(layer, 16, 6)), layer)


def test_gray_with_opacity(layer):
    gray = layer[..., [0, 3]]
    for encoded in (encode(Image.fromarray(gray, 'LA')), _png(gray, 16, 4)):
        np.testing.assert_array_equal(_decode(encoded), layer[..., [0, 0, 0, 3]])


def test_a_palette_with_a_transparent_color(layer):
    image = Image.new('P', (30, 20))
    image.putpalette([0, 0, 0, *RED, *BLUE])
    image.paste(1, (0, 0, 8, 20))
    image.paste(2, (22, 0, 30, 20))
    decoded = _decode(encode(image, transparency=0))
    np.testing.assert_array_equal(decoded[..., 3] > 0, layer[..., 3] > 0)
    np.testing.assert_array_equal(decoded[:, [0, 29], :3], layer[:, [0, 29], :3])


def test_a_color_profile_counts_as_in_pictures(layer):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
    assert np.abs(_decode(encode(layer, icc_profile=profile)).astype(int) - layer)[layer[..., 3] > 0].max() <= 1


def test_a_layer_is_turned_like_its_picture(layer):
    exif = Image.Exif()
    exif[0x0112] = 3
    np.testing.assert_array_equal(_decode(encode(layer, exif=exif)), layer[::-1, ::-1])


@pytest.mark.parametrize('kind', ['no opacity', 'damaged', 'empty', 'text'])
def test_what_is_no_layer_is_refused_with_the_reason(layer, kind):
    encoded, reason = {
        'no opacity': (encode(np.ascontiguousarray(layer[..., :3])), 'has no transparency'),
        'damaged': (encode(layer)[:70], 'cannot be decoded'), 'empty': (b'', 'empty file'),
        'text': (b'text', 'not an image')}[kind]
    with pytest.raises(pixels.PageError, match=reason):
        _decode(encoded)


def test_a_layer_is_read_from_an_archive(tmp_path, layer):
    (tmp_path / 'a.zip').write_bytes(files.zip_file([('a.png', encode(layer))]))
    page, = pages.find([tmp_path / 'a.zip']).pages
    np.testing.assert_array_equal(pages.read_layer(page), layer)
    (tmp_path / 'a.zip').unlink()
    with pytest.raises(pixels.PageError, match='No such file'):
        pages.read_layer(page)

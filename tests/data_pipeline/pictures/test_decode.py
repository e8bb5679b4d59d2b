import struct
import zlib

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline.pictures import decode
from tests.pictures import encode, read

GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6  # color types of PNG


@pytest.fixture(scope='module')
def graph():
    return tf.function(decode.decode, input_signature=[tf.TensorSpec([], tf.string)])


def _chunk(kind, content):
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))


def _png(samples, depth, color_type, transparent=None, palette=b''):
    """Writes a PNG of any depth and color type by hand: samples [H, W] or [H, W, C], content of tRNS and of PLTE."""
    bits = samples.reshape(len(samples), -1, 1) >> np.arange(depth)[::-1] & 1
    rows = np.packbits(bits.astype(np.uint8).reshape(len(samples), -1), axis=1)
    header = struct.pack('>IIBBBBB', samples.shape[1], len(samples), depth, color_type, 0, 0, 0)
    chunks = [(b'IHDR', header), (b'PLTE', palette), (b'tRNS', transparent or b''),
              (b'IDAT', zlib.compress(b''.join(b'\0' + row.tobytes() for row in rows))), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        _chunk(kind, content) for kind, content in chunks if content or kind == b'IEND')


def _gray_pngs(rng):
    """Yields gray PNGs, opaque and with a transparent level, and the RGBA that they stand for."""
    for depth in (1, 2, 4, 8, 16):
        top = 2 ** depth - 1
        for transparent in (None, 0, 1, top - 1, top, 0x1234 & top):
            one_bit_off = [] if transparent is None else [transparent, transparent ^ 1, transparent ^ 1 << depth - 1]
            samples = rng.choice([0, 1, top, *rng.integers(0, top + 1, 8), *one_bit_off], (16, 20))
            gray = np.round(samples * (255 / top))
            yield (f'gray of {depth} bits, {transparent} is transparent',
                   _png(samples, depth, GRAY, None if transparent is None else struct.pack('>H', transparent)),
                   np.dstack([gray, gray, gray, np.where(samples == transparent, 0, 255)]))


def _palette_pngs(rng):
    """Yields PNGs with a palette, opaque and with alpha, and the RGBA that they stand for."""
    for depth in (1, 2, 4, 8):
        count, top = 2 ** depth, 2 ** depth - 1
        for alphas in ([], [0], [255, 0], [top] * count, [top, 0], [0, top, 128, 255], [0] * count):
            alphas = alphas[:count]  # colors without an alpha are opaque
            palette = np.hstack([rng.integers(0, 256, (count, 3)), np.full((count, 1), 255)])
            palette[:len(alphas), 3] = alphas
            samples = rng.integers(0, count, (16, 20))
            yield (f'palette of {depth} bits, alphas {alphas[:4]}',
                   _png(samples, depth, PALETTE, bytes(alphas), np.uint8(palette[:, :3]).tobytes()), palette[samples])


def _color_pngs(rng):
    """Yields RGB PNGs, opaque and with a transparent color, and PNGs with alpha, and the RGBA that they stand for."""
    for depth in (8, 16):
        top = 2 ** depth - 1
        for transparent in (None, (10, 20, 30), (top, top, top), (0x1234 & top, 0x3456 & top, 7)):
            color = np.array(transparent or (1, 2, 3))
            one_bit_off = [color ^ [1, 0, 0], color ^ [0, 2, 0], color ^ [0, 0, 1 << depth - 1]]
            samples = rng.choice([color, *one_bit_off, *rng.integers(0, top + 1, (3, 3))], (16, 20))
            alpha = np.where((samples == color).all(axis=-1) & (transparent is not None), 0, 255)
            yield (f'RGB of {depth} bits, {transparent} is transparent',
                   _png(samples, depth, RGB, transparent and struct.pack('>HHH', *transparent)),
                   np.dstack([samples >> depth - 8, alpha]))
        for name, color_type, channels in (('gray', GRAY_ALPHA, [0, 0, 0, 1]), ('RGB', RGB_ALPHA, [0, 1, 2, 3])):
            samples = rng.integers(0, top + 1, (16, 20, max(channels) + 1))
            samples[:4, :, -1], samples[4:8, :, -1] = 0, top
            yield (f'{name} and alpha of {depth} bits', _png(samples, depth, color_type),
                   samples[..., channels] >> depth - 8)


@pytest.mark.parametrize('pngs', [_gray_pngs, _palette_pngs, _color_pngs])
def test_every_depth_and_color_type_of_png_is_over_white_in_the_graph_as_in_the_reader(pngs, graph, rng, tmp_path):
    for name, encoded, rgba in pngs(rng):
        color, alpha = rgba[..., :3].astype(int), rgba[..., 3:].astype(int)
        over_white = np.uint8(np.round((color * alpha + 255 * (255 - alpha)) / 255))
        (tmp_path / 'a.png').write_bytes(encoded)
        np.testing.assert_array_equal(read(tmp_path / 'a.png'), over_white, name)
        np.testing.assert_array_equal(graph(encoded), over_white, name)


def test_the_graph_decodes_what_programs_write_as_the_reader_does(graph, panels, rng, tmp_path):
    gray, noise = Image.fromarray(panels[0].line_art), rng.integers(0, 256, (40, 60, 3), np.uint8)
    for name, encoded in {
            'gray.jpg': encode(gray, 'JPEG'), 'color.jpg': encode(noise, 'JPEG'),
            'cmyk.jpg': encode(gray.convert('CMYK'), 'JPEG', progressive=True),
            'one bit.png': encode(gray.convert('1')), 'palette.png': encode(Image.fromarray(noise).quantize(16)),
            'alpha.png': encode(Image.merge('LA', [gray, gray.rotate(90)])),
            'sixteen.png': cv2.imencode('.png', noise.astype(np.uint16) * 257)[1].tobytes()}.items():
        (tmp_path / name).write_bytes(encoded)
        np.testing.assert_array_equal(graph(encoded), read(tmp_path / name), name)


def test_hints_of_every_kind_of_png_with_alpha_are_decoded(rng):
    size = tf.constant([16, 20])
    for name, encoded, rgba in (*_gray_pngs(rng), *_palette_pngs(rng), *_color_pngs(rng)):
        if b'tRNS' in encoded or encoded[25] >= GRAY_ALPHA:
            decoded = decode.decode_hints(encoded, size)
            np.testing.assert_allclose(decoded.numpy().astype(int), rgba, atol=1, err_msg=name)
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match='alpha'):
                decode.decode_hints(encoded, size)
    for wrong, size, reason in ((encoded, (20, 16), 'size'), (b'', (16, 20), 'PNG'), (encoded[:-40], (16, 20), 'PNG')):
        with pytest.raises(tf.errors.InvalidArgumentError, match=reason):
            decode.decode_hints(wrong, tf.constant(size))


def test_refuses_what_cannot_be_colored(graph, panels):
    drawing = panels[0].line_art
    for encoded in (b'', b'text', b'GIF89a' + bytes(100), encode(drawing)[:30], encode(drawing)[:-200],
                    encode(drawing, 'JPEG')[:2000], *(encode(Image.new('1', size)) for size in (
                        (1, 1), (8000, 10), (15, 15), (30000, 30000)))):
        with pytest.raises(tf.errors.InvalidArgumentError):
            graph(encoded)

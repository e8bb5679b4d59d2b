"""Decodes PNG and JPEG in the graph, for the exported model. Gives the pixels that `pages.read` gives.

Hints come as PNG with alpha.
"""

import tensorflow as tf

# Limits of a request: pixels of an A4 page at 500 dpi, and shapes that do not vanish in the networks' square.
MAX_PIXELS, MIN_SIDE, MAX_ASPECT = 25_000_000, 16, 16
_PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
_PNG_HEADER = 33  # bytes: signature and first chunk


def decode(encoded):
    """Decodes a picture, over white where it is transparent.

    Equals `pages.read`, but ignores the EXIF orientation and the color profile.

    Args:
      encoded: string scalar, PNG or JPEG, gray or in color.
    Returns:
      uint8 [H, W, 3], RGB.
    Raises:
      InvalidArgumentError: the file cannot be decoded, or its size is outside the limits, which is checked first.
    """
    is_png, whole = _is_png(encoded), _has_header(encoded)
    known = tf.debugging.Assert((is_png | tf.io.is_jpeg(encoded)) & whole, ['neither PNG nor JPEG'])
    with tf.control_dependencies([known]):
        encoded = tf.identity(encoded)
    size = tf.cond(is_png, lambda: _png_size(encoded), lambda: tf.image.extract_jpeg_shape(encoded)[:2])
    size = tf.cast(size, tf.int64)
    short, long = tf.reduce_min(size), tf.reduce_max(size)
    fits = tf.debugging.Assert(
        (short >= MIN_SIDE) & (long <= MAX_ASPECT * short) & (short * long <= MAX_PIXELS),
        [f'line art must have at least {MIN_SIDE} pixels a side and at most {MAX_PIXELS} pixels, and be at most '
         f'{MAX_ASPECT} times as long as wide; its height and width are', size])
    with tf.control_dependencies([fits]):
        encoded = tf.identity(encoded)
    return tf.cond(is_png, lambda: _png(encoded), lambda: tf.io.decode_jpeg(
        encoded, channels=3, dct_method='INTEGER_ACCURATE'))


def decode_hints(encoded, size):
    """Decodes hints.

    Args:
      encoded: string scalar, PNG with alpha.
      size: int32 [2], the height and width that it must have, those of its picture.
    Returns:
      uint8 [H, W, 4], RGBA.
    Raises:
      InvalidArgumentError: it is no such PNG, which is checked first, or cannot be decoded.
    """
    known = tf.debugging.Assert(_is_png(encoded) & _has_header(encoded), ['hints must be PNG'])
    with tf.control_dependencies([known]):
        encoded = tf.identity(encoded)
    its_size, (_, kind) = _png_size(encoded), _png_kind(encoded)
    checks = [
        tf.debugging.Assert(tf.reduce_all(its_size == size), [
            'hints must have the size of their picture; heights and widths are', its_size, size]),
        tf.debugging.Assert((kind >= 4) | _has_transparency_chunk(encoded), ['hints must have alpha'])]
    with tf.control_dependencies(checks):
        return tf.io.decode_png(tf.identity(encoded), channels=4)


def _is_png(encoded):
    return tf.strings.substr(encoded, 0, len(_PNG_SIGNATURE)) == _PNG_SIGNATURE


def _has_header(encoded):
    """Tells whether a file is longer than the header of a PNG."""
    return tf.strings.length(encoded) > _PNG_HEADER


def _png_size(encoded):
    """Height and width from the header, int32 [2]."""
    return tf.io.decode_raw(tf.strings.substr(encoded, 16, 8), tf.int32, little_endian=False)[::-1]


def _png_kind(encoded):
    """Depth in bits and color type from the header, two uint8."""
    return tf.unstack(tf.io.decode_raw(tf.strings.substr(encoded, 24, 2), tf.uint8), num=2)


def _png(encoded):
    """Decodes a PNG over white: uint8 [H, W, 3]."""
    depth, kind = _png_kind(encoded)
    rgba = tf.cond((depth == 16) & (kind == 0),  # 16-bit gray is rounded; of 16-bit colors the lower byte is dropped
                   lambda: tf.round(tf.cast(tf.io.decode_png(encoded, channels=4, dtype=tf.uint16), tf.float32) / 257),
                   lambda: tf.cast(tf.io.decode_png(encoded, channels=4), tf.float32))
    # TensorFlow's alpha of an opaque picture of fewer than eight bits is wrong.
    alpha = tf.where((kind >= 4) | _has_transparency_chunk(encoded), rgba[..., 3:], 255.)
    return tf.cast(tf.round((rgba[..., :3] * alpha + 255 * (255 - alpha)) / 255), tf.uint8)


def _has_transparency_chunk(encoded):
    """Tells whether a PNG has a tRNS chunk, which stands before its pixels (PNG, section 5.6)."""

    size = tf.strings.length(encoded)  # a damaged file may name chunks outside it

    def kind_at(position):
        return tf.strings.substr(encoded, tf.minimum(position + 4, size), 4)

    def next_chunk(position):
        length = tf.io.decode_raw(tf.strings.substr(encoded, position, 4), tf.int32, little_endian=False)[0]
        return position + 12 + tf.clip_by_value(length, 0, size)

    def searching(position):
        kind = kind_at(position)
        return (kind != b'tRNS') & (kind != b'IDAT') & (tf.strings.length(kind) == 4)

    first = tf.constant(len(_PNG_SIGNATURE))
    return kind_at(tf.while_loop(searching, lambda position: (next_chunk(position),), (first,))[0]) == b'tRNS'

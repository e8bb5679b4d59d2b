"""Line art of any size, in the graph: decoded, fitted to the networks' square, and laid over its colours.

Both the command line and the exported model fit pictures and put their colours back with these functions, so that they
give the same files.
"""

import tensorflow as tf

PAPER = 255
# What a request may ask for: the pixels of an A4 page at 500 dpi, and shapes of which something is left in the square.
MAX_PIXELS, MIN_SIDE, MAX_ASPECT = 25_000_000, 16, 16
# Our choice: levels that this share of a drawing's pixels does not exceed are its ink and its paper, if they are so far
# apart.
_INK_SHARE, _PAPER_SHARE, _MIN_CONTRAST = .01, .8, 64
# Our choice: strokes thinner than this, pixels of the square, are made wider, and darker by an exponent.
_STROKE, _DARKENING = 2.4, .8
_PNG_HEADER = 33  # bytes
_LUMINANCE = (9798., 19235., 3735.)  # of RGB in 32768ths, as OpenCV rounds it
_CUBIC = -.75  # of the cubic kernel, as in OpenCV


def decode(encoded):
    """Outline of encoded line art: its luminance, over white where it is transparent.

    Equals what `data_pipeline` reads, but that a JPEG's EXIF orientation is passed over.

    Args:
      encoded: string scalar, PNG or JPEG, grey or in colour.
    Returns:
      uint8 [H, W].
    Raises:
      InvalidArgumentError: it cannot be decoded or its size is beyond the limits above, which is seen before decoding.
    """
    is_png = tf.strings.substr(encoded, 0, 8) == b'\x89PNG\r\n\x1a\n'
    whole = tf.strings.length(encoded) > _PNG_HEADER
    known = tf.debugging.Assert((is_png | tf.io.is_jpeg(encoded)) & whole, ['neither PNG nor JPEG'])
    with tf.control_dependencies([known]):
        encoded = tf.identity(encoded)
    size = tf.cond(is_png, lambda: _png_size(encoded), lambda: tf.image.extract_jpeg_shape(encoded)[:2])
    size = tf.cast(size, tf.int64)
    short, long = tf.reduce_min(size), tf.reduce_max(size)
    fits = tf.debugging.Assert(
        (short >= MIN_SIDE) & (long <= MAX_ASPECT * short) & (short * long <= MAX_PIXELS),
        [f'line art must have {MIN_SIDE} pixels a side or more, {MAX_PIXELS} pixels or fewer, and be at most '
         f'{MAX_ASPECT} times as long as wide; its height and width:', size])
    with tf.control_dependencies([fits]):
        encoded = tf.identity(encoded)
    rgb = tf.cond(is_png, lambda: _png(encoded), lambda: tf.cast(
        tf.io.decode_jpeg(encoded, channels=3, dct_method='INTEGER_ACCURATE'), tf.float32))
    return tf.cast(tf.floor((tf.tensordot(rgb, _LUMINANCE, 1) + 16384) / 32768), tf.uint8)


def _png_size(encoded):
    """Height and width from the header, int32 [2]."""
    return tf.io.decode_raw(tf.strings.substr(encoded, 16, 8), tf.int32, little_endian=False)[::-1]


def _png(encoded):
    """float [H, W, 3], whole numbers 0..255."""
    depth, kind = tf.unstack(tf.io.decode_raw(tf.strings.substr(encoded, 24, 2), tf.uint8), num=2)
    rgba = tf.cond((depth == 16) & (kind == 0),  # grey: rounded; else the lower eight bits are dropped
                   lambda: tf.round(tf.cast(tf.io.decode_png(encoded, channels=4, dtype=tf.uint16), tf.float32) / 257),
                   lambda: tf.cast(tf.io.decode_png(encoded, channels=4), tf.float32))
    # To opaque pictures of fewer than eight bits TensorFlow adds an alpha of that many bits.
    opaque = tf.cast(tf.bitwise.left_shift(1, tf.minimum(tf.cast(depth, tf.int32), 8)) - 1, tf.float32)
    alpha = tf.where(rgba[..., 3:] == opaque, 255., rgba[..., 3:])
    return tf.round((rgba[..., :3] * alpha + PAPER * (255 - alpha)) / 255)


@tf.function(reduce_retracing=True)
def fit(lines, size):
    """Line art as the networks are to see it: scaled into a square, with strokes of the weight they have learnt from.

    Args, returns: as of `scale`.
    """
    ink = 1 - tf.cast(scale(lines, size), tf.float32) / PAPER
    slope = tf.sqrt(tf.square(ink[1:, :-1] - ink[:-1, :-1]) + tf.square(ink[:-1, 1:] - ink[:-1, :-1]))
    width = 2 * tf.reduce_sum(ink) / tf.maximum(tf.reduce_sum(slope), 1e-6)  # a stroke has two slopes
    thin = tf.clip_by_value((_STROKE - width) / 2, 0., 1.) * tf.cast(
        tf.reduce_max(ink) >= _MIN_CONTRAST / PAPER, tf.float32)
    around = tf.nn.max_pool2d(ink[None, ..., None], 3, 1, 'SAME')[0, ..., 0]
    ink = (ink + thin * (around - ink)) ** (1 - _DARKENING * thin)
    return tf.cast(tf.round(PAPER * (1 - ink)), tf.uint8)


@tf.function(reduce_retracing=True)
def scale(lines, size):
    """Scales line art into a square, the rest of which is paper, and spreads its levels from full ink to white paper.

    Scales as `data_pipeline.square.fit` does, but for a few pixels where the exact value lies between two levels. Grey
    or yellowed paper, pencil, and thin strokes that grew pale by shrinking come to what the networks have learnt from.

    Args:
      lines: uint8 [H, W].
      size: int, the square's side.
    Returns:
      uint8 [size, size].
    """
    height, width = tf.unstack(tf.shape(lines))
    top, left, h, w = _inner_box(height, width, size)
    shrinks = (h < height) | (w < width)
    rows, columns = (tf.cond(shrinks, lambda n=n, m=m: _area_weights(n, m), lambda n=n, m=m: _cubic_weights(n, m))
                     for n, m in ((height, h), (width, w)))
    scaled = tf.matmul(tf.matmul(rows, tf.cast(lines, tf.float64)), columns, transpose_b=True)
    halved = (height == 2 * h) & (width == 2 * w)  # here OpenCV rounds halves up, else to even
    scaled = tf.where(halved, tf.floor(scaled + .5), tf.round(scaled))
    scaled = tf.cast(_spread(tf.clip_by_value(scaled, 0, 255)), tf.uint8)
    square = tf.pad(scaled, [[top, size - h - top], [left, size - w - left]], constant_values=PAPER)
    return tf.ensure_shape(square, [size, size])


@tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8), tf.TensorSpec([None, None], tf.uint8)])
def put_back(colours, lines):
    """Brings a square's colours to the size of the line art that was fitted to it, and lays the line art over them.

    Args:
      colours: uint8 [S, S, 3].
      lines: uint8 [H, W].
    Returns:
      uint8 [H, W, 3].
    """
    height, width = tf.unstack(tf.shape(lines))
    top, left, h, w = _inner_box(height, width, tf.shape(colours)[0])
    return lay_over(tf.image.resize(colours[top:top + h, left:left + w], [height, width], antialias=True), lines)


def lay_over(colours, lines):
    """Lays line art over colours as artists do, by multiplication: lines and lettering stay sharp.

    Args:
      colours: uint8 or float [..., H, W, 3], 0..255.
      lines: uint8 [..., H, W].
    Returns:
      uint8 [..., H, W, 3].
    """
    return tf.cast(tf.round(tf.cast(colours, tf.float32) * (tf.cast(lines, tf.float32) / PAPER)[..., None]), tf.uint8)


def _spread(lines):
    """Levels [H, W], so that the drawing's paper becomes white and its ink black, unless they hardly differ."""
    counts = tf.math.bincount(tf.cast(tf.reshape(lines, [-1]), tf.int32), minlength=256, dtype=tf.float64)
    not_above = tf.cumsum(counts) / tf.reduce_sum(counts)
    ink, paper = (tf.reduce_sum(tf.cast(not_above <= share, tf.float64)) for share in (_INK_SHARE, _PAPER_SHARE))
    spread = tf.clip_by_value(tf.round((lines - ink) * (PAPER / tf.maximum(paper - ink, 1))), 0, PAPER)
    return tf.where(paper - ink >= _MIN_CONTRAST, spread, lines)


def _inner_box(height, width, size):
    """(top, left, height, width) of the scaled picture in the square; see `data_pipeline.square.inner_box`."""
    sides = tf.cast(tf.stack([height, width]), tf.float64)
    scaled = tf.round(sides * (tf.cast(size, tf.float64) / tf.reduce_max(sides)))
    h, w = tf.unstack(tf.maximum(1, tf.cast(scaled, tf.int32)))
    return (size - h) // 2, (size - w) // 2, h, w


def _area_weights(length, scaled):
    """[scaled, length]: the share that each pixel of a line has in each pixel of the shrunken line."""
    factor = tf.cast(length / scaled, tf.float64)
    out, pixel = (tf.cast(tf.range(n), tf.float64) for n in (scaled, length))
    ends = tf.minimum(((out + 1) * factor)[:, None], pixel + 1)
    return tf.maximum(ends - tf.maximum((out * factor)[:, None], pixel), 0) / factor


def _cubic_weights(length, scaled):
    """[scaled, length]: weights of cubic interpolation, the line continued by its outermost pixels."""
    at = (tf.cast(tf.range(scaled), tf.float64) + .5) * tf.cast(length / scaled, tf.float64) - .5
    taps = tf.floor(at)[:, None] + tf.range(-1, 3, dtype=tf.float64)  # [scaled, 4]
    x = tf.abs(at[:, None] - taps)
    near = ((_CUBIC + 2) * x - (_CUBIC + 3)) * x * x + 1
    far = ((_CUBIC * x - 5 * _CUBIC) * x + 8 * _CUBIC) * x - 4 * _CUBIC
    weights = tf.where(x <= 1, near, far)
    pixels = tf.clip_by_value(tf.cast(taps, tf.int32), 0, length - 1)
    return tf.reduce_sum(weights[..., None] * tf.one_hot(pixels, length, dtype=tf.float64), axis=1)

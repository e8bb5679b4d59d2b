"""Decodes pictures of any format and pixel type to RGB: upright, 8 bits, sRGB, over white where transparent.

Layers, such as hints, keep their transparency.
"""

import contextlib
import io

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from data_pipeline.common import errors

MAX_PIXELS = 100_000_000
MAX_PAGES = 20_000  # of a TIFF file
FORMATS = ('PNG', 'JPEG', 'WEBP', 'TIFF', 'GIF', 'BMP', 'AVIF', 'JPEG2000', 'PSD')
_ANIMATED = ('PNG', 'WEBP', 'GIF', 'AVIF')
_TIFF = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
_SUBFILE_TYPE, _PHOTOMETRIC = 254, 262  # tags; bit 0 of the first is a thumbnail's
_TURNS = dict(enumerate((
    Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90), 2))
_TILE_WIDTH, _TILE_HEIGHT = 322, 323  # more tags
_BIT_DEPTHS = (8, 10, 12, 16)  # of the levels that a 16-bit file may hold

Image.MAX_IMAGE_PIXELS = None  # `decode` has its own limit, which it checks before it decodes
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = 2**28  # color profiles and texts may be large


class PageError(errors.UserError):
    """A file cannot be read as a picture. The message says why."""


def decode(stream, frame=0, remarks=None):
    """Decodes one picture, or the first frame of an animation.

    Args:
      stream: seekable binary stream.
      frame: number of the picture in a TIFF file of several pages; see `pages_of`.
      remarks: list to which remarks are added, such as that other frames are left out; or None.
    Returns:
      uint8 [H, W, 3], RGB.
    Raises:
      PageError: the picture cannot be used; the message says why.
    """
    with _reasons():
        image = _open(stream, frame)
        frames = getattr(image, 'n_frames', 1) if image.format in _ANIMATED else 1
        if frames > 1 and remarks is not None:
            remarks.append(f'the first of {frames} frames')
        # Pillow (12.3) turns such files of 8 bits around, but not those of 16 and 32 bits.
        white_is_zero = image.format == 'TIFF' and image.mode[0] in 'IF' and image.tag_v2.get(_PHOTOMETRIC) == 0
        if len(image.getbands()) > 1 and not frame and any(';16' in str(part.args) for part in image.tile):
            image = _with_levels(image, stream)
        if image.format == 'PSD' and image.mode == 'RGBA' and not _has_transparency(stream):
            image = image.convert('RGB')
        picture = _to_rgb(_upright(image))
        return 255 - picture if white_is_zero else picture


def decode_layer(stream):
    """Decodes a picture that lies over another one, such as a layer that a paint program exported.

    Args:
      stream: seekable binary stream.
    Returns:
      uint8 [H, W, 4], RGB, not multiplied by the opacity; and opacity. Of 16 bits the higher 8 count.
    Raises:
      PageError: the picture cannot be used, or has no transparency; the message says why.
    """
    with _reasons():
        color, alpha = _color_and_alpha(_upright(_open(stream)))
        if alpha is None:
            raise PageError('has no transparency')
        return np.dstack([color, alpha])


@contextlib.contextmanager
def _reasons():
    """Turns what Pillow raises into PageErrors that say why a picture cannot be used."""
    try:
        yield
    except PageError:
        raise
    except Image.UnidentifiedImageError as error:
        raise PageError('not an image, or in a format that is not supported') from error
    except Exception as error:  # a decoder may raise anything for damaged data
        raise PageError(f'cannot be decoded ({str(error) or type(error).__name__})') from error


def _open(stream, frame=0):
    """Opens a picture, which is not yet decoded: a PIL image. Checks its size."""
    if not stream.read(1):
        raise PageError('empty file')
    stream.seek(0)
    image = Image.open(stream, formats=FORMATS)
    if frame:
        image.seek(frame)
    tags = getattr(image, 'tag_v2', {})
    for width, height in (image.size, (tags.get(_TILE_WIDTH, 0), tags.get(_TILE_HEIGHT, 0))):
        if width * height > MAX_PIXELS:
            raise PageError(f'too large: {width}x{height} is over {MAX_PIXELS // 1_000_000} megapixels')
    if image.format == 'PNG' and 'transparency' in image.info:
        _mend_transparency(image, stream)
    return image


def pages_of(stream):
    """Lists the pages of a TIFF file: numbers of frames for `decode`, without thumbnails.

    Args:
      stream: seekable binary stream of any file. It is left at its beginning.
    Returns:
      List of int; [0] if the file is no TIFF file or is damaged.
    """
    head = stream.read(4)
    stream.seek(0)
    if head not in _TIFF:
        return [0]
    try:
        image = Image.open(stream, formats=('TIFF',))
        found = []
        for frame in range(min(image.n_frames, MAX_PAGES)):
            image.seek(frame)
            if not image.tag_v2.get(_SUBFILE_TYPE, 0) & 1:
                found.append(frame)
        return found or [0]
    except Exception:  # a damaged file is reported when it is decoded
        return [0]
    finally:
        stream.seek(0)


def _has_transparency(stream):
    """Tells whether the fourth channel of a Photoshop file is its transparency, or one that the artist added.

    It is if the number of layers is negative (Adobe Photoshop File Formats Specification, Layer info).
    """
    position = stream.tell()
    stream.seek(26)
    for _ in range(2):  # color table and resources
        stream.seek(int.from_bytes(stream.read(4), 'big'), io.SEEK_CUR)
    lengths_and_layers = stream.read(10)
    stream.seek(position)
    return any(lengths_and_layers[:4]) and lengths_and_layers[8:] >= b'\x80'


def _upright(image):
    """Turns an image as its EXIF data say. Damaged EXIF data are no reason to refuse a picture."""
    image.load()
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # a reader may raise anything for damaged data
        turn = None
    return image if turn is None else image.transpose(turn)


def _to_rgb(image):
    """Converts a PIL image of any mode: uint8 [H, W, 3]."""
    color, alpha = _color_and_alpha(image)
    return np.asarray(color if alpha is None else Image.composite(color, Image.new('RGB', image.size, 'white'), alpha))


def _color_and_alpha(image):
    """Converts a PIL image of any mode: (RGB image, L image of its opacity, or None if all is opaque)."""
    if image.mode.startswith(('I', 'F')):
        return _to_srgb(Image.fromarray(_to_gray(image)), image.info.get('icc_profile')), None
    if 'A' not in image.getbands() and 'transparency' not in image.info:
        return _to_srgb(image, image.info.get('icc_profile')), None
    transparent = image.convert('RGBA')
    alpha = transparent.getchannel('A')
    if image.format == 'BMP' and alpha.getextrema()[1] == 0:  # many programs leave the fourth byte empty
        alpha = Image.new('L', image.size, 255)
    mode = 'L' if image.mode in ('L', 'LA') else 'RGB'  # the kind of its color profile
    return _to_srgb(transparent.convert(mode), image.info.get('icc_profile')), alpha


def _to_gray(image):
    """Converts an image of 16 or 32 bits: uint8 [H, W]."""
    levels = np.nan_to_num(np.asarray(image, np.float32))
    top = 1 if image.mode == 'F' and levels.max() <= 1 else _top(levels)
    gray = np.clip(np.round(levels * (255 / top)), 0, 255).astype(np.uint8)
    if isinstance(image.info.get('transparency'), int):
        gray[levels == image.info['transparency']] = 255
    return gray


def _top(levels):
    """The level of white in a file of 16 bits whose levels may have fewer."""
    return next((2 ** depth - 1 for depth in _BIT_DEPTHS if levels.max() < 2 ** depth), 65535)


def _with_levels(image, stream):
    """Corrects an image of several channels of 16 bits whose levels have fewer. Pillow keeps the higher bytes only."""
    image.load()
    if np.asarray(image)[..., :3].max() >= 16:  # more than 12 bits
        return image
    stream.seek(0)
    levels = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if levels is None or levels.dtype != np.uint16 or levels.ndim != 3:
        return image
    color = np.clip(np.round(levels[..., 2::-1] * (255 / _top(levels[..., :3]))), 0, 255).astype(np.uint8)
    mended = Image.fromarray(color)
    mended.info = {key: image.info[key] for key in ('icc_profile', 'exif') if key in image.info}
    if 'A' in image.getbands():
        mended.putalpha(image.getchannel('A'))
    return mended


def _to_srgb(image, profile):
    """Converts an image with a color profile to sRGB, and any other to RGB as it is."""
    if image.mode == 'P':
        image = image.convert('RGB')
    if profile and image.mode in ('RGB', 'CMYK', 'L'):
        try:
            return ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                                             ImageCms.createProfile('sRGB'), outputMode='RGB')
        except (ImageCms.PyCMSError, OSError):  # damaged, or not of this kind of image: readers ignore it, too
            pass
    return image if image.mode == 'RGB' else image.convert('RGB')


def _mend_transparency(image, stream):
    """Corrects the transparent color of a PNG that is not yet decoded.

    Pillow (12.3) gives pixels of 8 bits, but leaves their transparent color at the file's depth. So the color matches
    no pixel, or wrong ones.
    """
    rawmode = str(image.tile[0].args) if image.tile else ''
    if rawmode in ('L;2', 'L;4'):
        image.info['transparency'] *= 255 // (2 ** int(rawmode[-1]) - 1)
    elif rawmode == 'RGB;16B':  # several colors of 16 bits become one of 8 bits, so OpenCV compares all bits
        image.load()
        stream.seek(0)
        pixels = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise PageError('cannot be decoded (damaged)')
        del image.info['transparency']
        image.putalpha(Image.fromarray(np.uint8(pixels[..., 3] >> 8)))

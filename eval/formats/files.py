"""Writes colored pages to files of all formats, and knows such files again."""

import pathlib
import zipfile

import cv2
from PIL import Image, PngImagePlugin

from data_pipeline.common import files
from eval.formats import SOFTWARE, ora, psd

SUFFIXES = {'png': '.png', 'jpeg': '.jpg', 'webp': '.webp', 'psd': '.psd', 'ora': '.ora'}
_FORMATS = {'.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp'}
_EXIF_SOFTWARE = 0x0131
_OWN_FORMATS = ('PNG', 'JPEG', 'WEBP', 'PSD')
# Our choice. Flat colors pack well at a low level, which takes two thirds of the time of the usual one.
_PNG_LEVEL, _JPEG_QUALITY = 3, 95


def format_of(name):
    """Tells by its suffix the format of a picture: 'png', 'jpeg' or 'webp', or None for all others."""
    return _FORMATS.get(pathlib.PurePosixPath(name.lower()).suffix)


def save(path, page, format, transparent=False, flats=False):
    """Writes a page, and makes its folder. The file is complete or absent.

    Args:
      path: file to write.
      page: a `layered.ColoredPage`.
      format: one of `SUFFIXES`.
      transparent: whether paper is transparent; not for 'jpeg'.
      flats: whether the lines are left out; not for 'psd' and 'ora', which have them as a layer.
    Raises:
      OSError: the file cannot be written.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_write(path) as part:
        if format == 'psd':
            psd.write(part, page, transparent)
        elif format == 'ora':
            ora.write(part, page, transparent)
        else:
            _save_image(part, page.to_image(transparent, flats), format)


def save_png(path, picture):
    """Writes a PIL image or a uint8 array as PNG, and makes its folder."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_write(path) as part:
        _save_image(part, picture if isinstance(picture, Image.Image) else Image.fromarray(picture), 'png')


def encode_png(picture):
    """Encodes a picture, uint8 [H, W], [H, W, 3] RGB or [H, W, 4] RGBA, as PNG for a short use: fast, bytes.

    Example:
      >>> encode_png(np.zeros((2, 3, 4), np.uint8))[:4]
      b'\\x89PNG'
    """
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    return cv2.imencode('.png', picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def is_own(path):
    """Tells whether a file was written by this program."""
    if not pathlib.Path(path).is_file():
        return False
    try:
        with open(path, 'rb') as stream:
            if stream.read(4) == b'PK\x03\x04':
                with zipfile.ZipFile(stream) as archive:
                    return archive.comment == SOFTWARE.encode()
        with Image.open(path, formats=_OWN_FORMATS) as image:
            if image.format == 'PSD':
                return psd.writer_of(image) == SOFTWARE
            return SOFTWARE in (image.info.get('Software'), image.getexif().get(_EXIF_SOFTWARE))
    except Exception:  # a damaged file of somebody else may raise anything
        return False


def _save_image(path, image, format):
    """Writes a PIL image to a path of any suffix."""
    exif = Image.Exif()
    exif[_EXIF_SOFTWARE] = SOFTWARE
    if format == 'png':
        texts = PngImagePlugin.PngInfo()
        texts.add_text('Software', SOFTWARE)
        image.save(path, 'PNG', pnginfo=texts, compress_level=_PNG_LEVEL)
    elif format == 'jpeg':
        image.save(path, 'JPEG', quality=_JPEG_QUALITY, subsampling=0, exif=exif)
    else:
        image.save(path, 'WEBP', lossless=True, quality=0, method=0, exif=exif)  # the fastest of the lossless methods

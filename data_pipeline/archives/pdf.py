"""PDF files as archives of pages."""

import io
import math
import threading

import pypdfium2

from data_pipeline.archives.member import MAX_MEMBERS, ArchiveError, Member

_RESOLUTION = 200  # dpi, at least, of pages that are not only pictures
_MAX_PIXELS = 50_000_000
_PDFIUM = threading.RLock()  # it is not made for several threads


class Pdf:
    """A PDF file. Its members are its pages, as PNG: the page's picture, or the page as it would be printed.

    Example:
      >>> from PIL import Image
      >>> stream = io.BytesIO()
      >>> Image.new('RGB', (64, 48)).save(stream, 'PDF')
      >>> position = stream.seek(0)
      >>> Pdf(stream, limit=2**20).members()
      [Member(key=0, name='0001.png', size=None)]
    """

    def __init__(self, stream, limit):
        del limit
        try:
            with _PDFIUM:
                self._document = pypdfium2.PdfDocument(stream.read())
        except pypdfium2.PdfiumError as error:
            if 'password' in str(error):
                raise ArchiveError('encrypted') from error
            raise

    def members(self):
        with _PDFIUM:
            count = min(len(self._document), MAX_MEMBERS + 1)
        return [Member(number, f'{number + 1:04d}.png') for number in range(count)]

    def read(self, key):
        with _PDFIUM:
            return self._read(key)

    def _read(self, key):
        page = self._document[key]
        objects = list(page.get_objects(max_depth=4))
        pictures = [o for o in objects if o.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
        if len(objects) == len(pictures) == 1 and self._is_page(pictures[0], page):
            bitmap = pictures[0].get_bitmap()
        else:
            width, height = page.get_size()
            scales = [self._pixels_per_point(picture) for picture in pictures]
            if len(objects) > len(pictures) or not pictures:
                scales.append(_RESOLUTION / 72)
            scale = min(max(scales), (_MAX_PIXELS / max(width * height, 1)) ** .5)
            bitmap = page.render(scale=scale * (1 - 1e-6))  # pdfium rounds up, so 60.0001 pixels would become 61
        stream = io.BytesIO()
        bitmap.to_pil().save(stream, 'PNG', compress_level=1)
        page.close()
        return stream.getvalue()

    @staticmethod
    def _is_page(picture, page):
        """Tells whether a picture is the whole page, upright and opaque."""
        a, b, c, d, _, _ = picture.get_matrix().get()
        width, height = picture.get_px_size()
        page_width, page_height = page.get_size()
        upright = a > 0 and d > 0 and not b and not c and not page.get_rotation()
        if not upright or max(width * height, page_width * page_height) > _MAX_PIXELS:
            return False
        if abs(width * d - height * a) > .02 * width * d:  # its pixels are not square
            return False
        distances = [abs(p - q) for p, q in zip(picture.get_bounds(), page.get_bbox(), strict=True)]
        if max(distances) > .01 * max(page_width, page_height):
            return False
        *_, alpha = picture.get_bitmap(render=True, scale_to_original=False).to_pil().convert('RGBA').getextrema()
        return alpha == (255, 255)  # else it has a mask, or is one

    @staticmethod
    def _pixels_per_point(picture):
        a, b, c, d, _, _ = picture.get_matrix().get()
        width, height = picture.get_px_size()
        return max(width / max(math.hypot(a, b), 1), height / max(math.hypot(c, d), 1))

"""OpenRaster files (ORA), which GIMP, Krita and MyPaint read: a zip archive of PNG layers."""

import io
import zipfile
from xml.sax import saxutils

from PIL import Image

from eval.formats import SOFTWARE, member
from eval.formats.layered import ColoredPage

_THUMBNAIL = 256  # pixels, the most that the specification allows


def write(file, page: ColoredPage, transparent=False):
    """Writes a page with the layers 'panels', 'lines' (multiply), 'colors' and 'background mask', from the top.

    The first and the last are hidden. See https://www.freedesktop.org/wiki/Specifications/OpenRaster.

    Args:
      file: path or binary file to write to.
      page: a `ColoredPage`.
      transparent: whether paper is transparent in the layer 'colors'.

    Example:
      >>> page = ColoredPage(np.full((4, 5, 3), 9, np.uint8), np.full((4, 5, 3), 200, np.uint8),
      ...                    np.zeros((4, 5), np.uint8), np.zeros((4, 5), bool), [])
      >>> write(f'{folder}/page.ora', page)
      >>> zipfile.ZipFile(f'{folder}/page.ora').namelist()[0]
      'mimetype'
    """
    height, width = page.paper.shape
    layers = [('panels', page.panel_outlines()), ('lines', page.ink() if transparent else page.lines),
              ('colors', page.flattened(transparent, True)), ('background mask', page.background)]
    merged = page.to_image(transparent)
    stack = [f"<?xml version='1.0' encoding='UTF-8'?>\n<image version='0.0.3' w='{width}' h='{height}'>\n<stack>\n"]
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr(member('mimetype'), 'image/openraster')  # first and not compressed, to tell it by
        for number, (name, picture) in enumerate(layers):
            blend = 'multiply' if name == 'lines' else 'src-over'
            visibility = 'visible' if name in ('lines', 'colors') else 'hidden'
            stack.append(f"<layer name={saxutils.quoteattr(name)} src='data/layer{number}.png' x='0' y='0'"
                         f" opacity='1.0' visibility='{visibility}' composite-op='svg:{blend}'/>\n")
            archive.writestr(member(f'data/layer{number}.png'), _png(Image.fromarray(picture)))
        archive.writestr(member('stack.xml', zipfile.ZIP_DEFLATED), ''.join([*stack, '</stack>\n</image>\n']))
        archive.writestr(member('mergedimage.png'), _png(merged))
        merged.thumbnail((_THUMBNAIL, _THUMBNAIL))
        archive.writestr(member('Thumbnails/thumbnail.png'), _png(merged))
        archive.comment = SOFTWARE.encode()


def _png(image):
    stream = io.BytesIO()
    image.save(stream, 'PNG', compress_level=1)
    return stream.getvalue()

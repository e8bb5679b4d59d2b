"""Photoshop files (PSD) with layers, by psd-tools."""

import numpy as np
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, Resource
from psd_tools.psd.image_resources import ImageResource, VersionInfo

from eval.formats import SOFTWARE
from eval.formats.layered import ColoredPage

_MOST_PIXELS = 30_000  # a side


class _Document(PSDImage):
    """A file whose flat picture is given. psd-tools would make another one from the layers, which takes seconds."""

    def is_updated(self):
        return False


def write(file, page: ColoredPage, transparent=False):
    """Writes a page with the layers 'lines' (multiply), 'colors', 'background mask' and 'panels'; the last two hidden.

    Programs that do not read layers see the flat picture, whose paper is white.

    Args:
      file: path or binary file to write to.
      page: a `ColoredPage`.
      transparent: whether paper is transparent in the layers 'colors' and 'lines'.
    Raises:
      OSError: the page is too large, or the file cannot be written.

    Example:
      >>> one = np.zeros((1, 1), np.uint8)
      >>> page = ColoredPage(np.full((4, 5, 3), 9, np.uint8), np.full((4, 5, 3), 200, np.uint8),
      ...                    np.zeros((4, 5), np.uint8), np.zeros((4, 5), bool), [])
      >>> write(f'{folder}/page.psd', page)
      >>> [layer.name for layer in PSDImage.open(f'{folder}/page.psd')]
      ['background mask', 'colors', 'lines', 'panels']
    """
    if max(page.paper.shape) > _MOST_PIXELS:
        raise OSError(f'PSD takes no page of more than {_MOST_PIXELS} pixels a side; --format=ora does')
    document = _Document.frompil(page.to_image().convert('RGBA'))  # the mode of all layers
    layers = {'background mask': np.dstack([page.background] * 3),
              'colors': page.flattened(transparent, flats=True),
              'lines': page.ink() if transparent else page.lines, 'panels': page.panel_outlines()}
    for name, picture in layers.items():
        layer = document.create_pixel_layer(
            Image.fromarray(picture), name, blend_mode=BlendMode.MULTIPLY if name == 'lines' else BlendMode.NORMAL)
        layer.visible = name in ('colors', 'lines')
    version = VersionInfo(has_composite=True, writer=SOFTWARE, reader=SOFTWARE)
    document.image_resources[Resource.VERSION_INFO] = ImageResource(key=Resource.VERSION_INFO, data=version.tobytes())
    document.save(file)


def writer_of(image):
    """Reads the name of the program that wrote a file.

    Args:
      image: a PIL image of a PSD file.
    Returns:
      String; empty if the file does not tell.

    Example:
      >>> PSDImage.new('RGB', (2, 2)).save(f'{folder}/other.psd')
      >>> writer_of(Image.open(f'{folder}/other.psd')).split(' ')[0]
      'psd-tools'
    """
    for key, _, content in image.resources:
        if key == Resource.VERSION_INFO:
            return VersionInfo.frombytes(content).writer.rstrip('\0')
    return ''

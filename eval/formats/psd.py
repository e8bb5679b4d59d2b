"""Photoshop files (PSD) with layers, by psd-tools."""

import numpy as np
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import BlendMode

from eval.formats.layered import ColoredPage

_MOST_PIXELS = 30_000  # a side


def write(file, page: ColoredPage, transparent=False):
    """Writes a page with the layers 'lines' (multiply), 'colors', 'background mask' and 'panels'; the last two hidden.

    Programs that do not read layers see the flat picture.

    Args:
      file: path or binary file to write to.
      page: a `ColoredPage`.
      transparent: whether paper is transparent in the layer 'colors'. The layer 'lines' is white there, and so
        multiplies what lies below by 1.
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
    document = PSDImage.frompil(page.to_image(transparent).convert('RGBA'))
    layers = {'background mask': np.dstack([page.background] * 3),
              'colors': page.flattened(transparent, flats=True),
              'lines': page.lines, 'panels': page.panel_outlines()}
    for name, picture in layers.items():
        layer = document.create_pixel_layer(
            Image.fromarray(picture), name, blend_mode=BlendMode.MULTIPLY if name == 'lines' else BlendMode.NORMAL)
        layer.visible = name in ('colors', 'lines')
    document.save(file)

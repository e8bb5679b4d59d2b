"""A colored page in layers, before it becomes a file."""

import dataclasses

import cv2
import numpy as np
from PIL import Image

_STRIP = 2**20  # pixels


@dataclasses.dataclass(frozen=True)
class ColoredPage:
    """A colored page.

    Attributes:
      lines: uint8 [H, W, 3], the drawing, black on pure white.
      colors: uint8 [H, W, 3], the colors without the lines; paper is white.
      background: uint8 [H, W], 255 on the background, else 0.
      paper: bool [H, W], True where nothing is colored: gutters, margins, balloons.
      panels: list of int32 [N, 2], polygons (x, y) in pixels.

    Example:
      >>> lines, colors = np.full((1, 1, 3), 128, np.uint8), np.full((1, 1, 3), 100, np.uint8)
      >>> page = ColoredPage(lines, colors, np.zeros((1, 1), np.uint8), np.zeros((1, 1), bool), [])
      >>> page.image[0, 0].tolist()
      [50, 50, 50]
    """

    lines: np.ndarray
    colors: np.ndarray
    background: np.ndarray
    paper: np.ndarray
    panels: list

    @property
    def image(self):
        """uint8 [H, W, 3], the lines multiplied over the colors."""
        return cv2.multiply(self.lines, self.colors, scale=1 / 255)

    def ink(self):
        """The lines on nothing: uint8 [H, W, 4], RGBA. Over white they look as `lines`."""
        alpha = 255 - self.lines.min(axis=-1)
        share = np.float32(alpha)[..., None] / 255
        color = 255 - (255 - np.float32(self.lines)) / np.maximum(share, 1 / 255)
        return np.dstack([np.uint8(np.rint(np.clip(color, 0, 255))), alpha])

    def panel_outlines(self):
        """The polygons of the panels, as red outlines on nothing: uint8 [H, W, 4], RGBA."""
        picture = np.zeros((*self.paper.shape, 4), np.uint8)
        width = max(1, round(min(self.paper.shape) / 300))
        cv2.polylines(picture, [np.int32(polygon) for polygon in self.panels], True, (230, 40, 40, 255), width)
        return picture

    def flattened(self, transparent=False, flats=False):
        """The page as one picture.

        Args:
          transparent: whether paper is transparent.
          flats: whether the lines are left out.
        Returns:
          uint8 [H, W, 3], or with transparent paper [H, W, 4].
        """
        if not transparent:
            return self.colors if flats else self.image
        if flats:
            return np.dstack([self.colors, np.uint8(~self.paper) * 255])
        opaque = np.dstack([self.image, np.full(self.paper.shape, 255, np.uint8)])
        return np.where(self.paper[..., None], self.ink(), opaque)

    def to_image(self, transparent=False, flats=False):
        """Does what `flattened` does, strip by strip, since large pages are large: a PIL image."""
        height, width = self.paper.shape
        image = Image.new('RGBA' if transparent else 'RGB', (width, height))
        rows = max(1, _STRIP // width)
        for top in range(0, height, rows):
            layers = (layer[top:top + rows] for layer in (self.lines, self.colors, self.background, self.paper))
            image.paste(Image.fromarray(ColoredPage(*layers, self.panels).flattened(transparent, flats)), (0, top))
        return image

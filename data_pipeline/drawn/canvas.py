"""Draws shapes on several layers at once: colors, line art, foreground, numbers of balloons and of figures' parts."""

import dataclasses
import functools

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK = (38, 32, 44)
SUPERSAMPLING = 2  # pixels of the layers to one pixel of the result, in each direction
_WIDTH = 0.0075  # width of lines in units, unless a pen is given
_THICKEST = 1.6  # pens; our choice, so that large figures on a page have lines like the others
_SPACING = .1  # between lines of lettering, as a fraction of its size; 4 pixels without a pen
THINNEST = 1.5  # pixels of the result; thinner lines would not separate colors


@dataclasses.dataclass(frozen=True)
class Layers:
    """The layers of a drawing, `SUPERSAMPLING` times as large as the result.

    Attributes:
      color: uint8 [H, W, 3], RGB.
      line: uint8 [H, W], white paper, black ink.
      front: uint8 [H, W], 255 on what is drawn, 0 on ground and paper.
      inside: uint8 [H, W], 1 in panels, 2 around frameless drawings, 0 on the page's paper.
      balloon: uint8 [H, W], number of the balloon, letters included; 0 elsewhere.
      part: uint8 [H, W], number of the part of a figure, such as its hair; 0 on lines and elsewhere.

    Example:
      >>> layers = Layers.blank(height=8, width=6, color=(255, 250, 240))
      >>> layers.color.shape, layers.view(0, 2, 4, 6).line.shape
      ((16, 12, 3), (4, 4))
    """

    color: np.ndarray
    line: np.ndarray
    front: np.ndarray
    inside: np.ndarray
    balloon: np.ndarray
    part: np.ndarray

    @classmethod
    def blank(cls, height, width, color, line=255):
        """Makes the layers of an empty page of `height` x `width` pixels: RGB, and level of the line art."""
        height, width = height * SUPERSAMPLING, width * SUPERSAMPLING
        paper = np.empty((height, width, 3), np.uint8)
        paper[:] = color
        return cls(paper, np.full((height, width), line, np.uint8),
                   *(np.zeros((height, width), np.uint8) for _ in range(4)))

    def arrays(self):
        """Returns the layers in the order of the attributes."""
        return self.color, self.line, self.front, self.inside, self.balloon, self.part

    def map(self, function):
        """Applies a function to each layer: new `Layers`."""
        return Layers(*map(function, self.arrays()))

    def view(self, top, left, bottom, right):
        """Returns a part in pixels of the layers, which shares memory: drawing on it is clipped to it."""
        return self.map(lambda layer: layer[top:bottom, left:right])

    def lay(self, ground):
        """Covers what was drawn with the ground of a panel, RGB or uint8 [H, W, 3]."""
        for layer, value in zip(self.arrays(), (ground, 255, 0, 1, 0, 0), strict=True):
            layer[:] = value

    def reduced(self):
        """Returns the layers in the size of the result. `inside`, `balloon` and `part` are exact, the others smooth."""
        height, width = (side // SUPERSAMPLING for side in self.line.shape)
        smooth = (cv2.resize(layer, (width, height), interpolation=cv2.INTER_AREA)
                  for layer in (self.color, self.line, self.front))
        return Layers(*smooth, *(layer[::SUPERSAMPLING, ::SUPERSAMPLING] for layer in self.arrays()[3:]))


class Canvas:
    """Draws every shape on all layers.

    Coordinates are (x, y) in units. So are line widths.

    Args:
      layers: `Layers`, for example a view of a page.
      unit: a unit in pixels of the layers. A panel's unit is its shorter side.
      origin: (x, y) in pixels of the layers, where coordinates start.
      pen: width of lines in pixels of the layers; then all lines are about as wide, and at least 1.5 pixels of the
        result. Without a pen, lines are as wide as asked for, and 0.0075 units by default.

    Example:
      >>> canvas = Canvas(Layers.blank(64, 64, (200, 200, 200)), unit=128)
      >>> canvas.fill([(.25, .25), (.75, .25), (.75, .75), (.25, .75)], (255, 0, 0))
      >>> canvas.layers.reduced().color[32, 32].tolist()
      [255, 0, 0]
    """

    INK = INK

    def __init__(self, layers, unit, origin=(0, 0), pen=None):
        self.layers = layers
        self.unit = unit
        self._origin = np.asarray(origin)
        self._pen = pen
        self._width = pen / unit if pen else _WIDTH

    def fill(self, points, color, width=None, part=0):
        """Draws a closed shape with an ink outline. A shape in the color of ink is black in the line art, too.

        Args:
          points: [N, 2].
          color: RGB.
          width: width of the outline; 0 for none, None for the usual one.
          part: number of the part of a figure, 1 to 255, or 0 for none.
        """
        at = self._at(points)
        line = 0 if color == INK else 255
        for image, paint in zip(self._painted(), (color, line, 255), strict=True):
            cv2.fillPoly(image, [at], paint, cv2.LINE_AA, shift=4)
        self.number(points, 0)
        cv2.fillPoly(self.layers.part, [self._at(points)], part, cv2.LINE_8, shift=4)
        if width != 0:
            self.stroke(np.concatenate([points, points[:2]]), width)

    def number(self, points, number):
        """Gives the inside of a shape the number of a balloon, 1 to 255, or 0 for none. Later lines cut it."""
        cv2.fillPoly(self.layers.balloon, [self._at(points)], number, cv2.LINE_8, shift=4)

    def tint(self, points, color):
        """Draws a patch of color without a line inside a shape, such as shade or blush."""
        cv2.fillPoly(self.layers.color, [self._at(points)], color, cv2.LINE_AA, shift=4)

    def stroke(self, points, width=None, color=INK):
        """Draws an open line of ink."""
        self._lines(points, self._thickness(self._width if width is None else width), color, 0)

    def tube(self, points, width, color, part=0):
        """Draws a thick line of color with an ink outline on both sides, such as an arm. `part`: see `fill`."""
        if self._pen:
            inner = _as_drawn(width * self.unit)
            outer = inner + 2 * round(self._pen)
        else:
            inner, outer = (max(1, round(w * self.unit)) for w in (width, width + 2 * self._width))
        self._lines(points, outer, INK, 0)
        self._lines(points, inner, color, 255, part)

    def horizon(self, points, color=None):
        """Draws an open line of ink that belongs to the ground, and fills what is below it with a color, if given."""
        if color is not None:
            bottom = (self.layers.line.shape[0] - self._origin[1]) / self.unit + 1
            below = np.concatenate([points, [(points[-1][0], bottom), (points[0][0], bottom)]])
            cv2.fillPoly(self.layers.color, [self._at(below)], color, cv2.LINE_AA, shift=4)
        for image, paint in ((self.layers.color, INK), (self.layers.line, 0)):
            cv2.polylines(image, [self._at(points)], False, paint, self._thickness(self._width), cv2.LINE_AA, shift=4)

    def letter(self, center, text, height):
        """Draws lines of lettering, centered. `height` is the font's size."""
        font, spacing = font_of(height * self.unit), height * self.unit * _SPACING if self._pen else 4
        x, y = np.asarray(center) * self.unit + self._origin
        rows, columns = self.layers.line.shape
        half = np.array(text_size(text, height)) * self.unit / 2 + height * self.unit
        left, right = (int(np.clip(x + side * half[0], 0, columns)) for side in (-1, 1))
        top, bottom = (int(np.clip(y + side * half[1], 0, rows)) for side in (-1, 1))
        for layer, paint in ((self.layers.color, INK), (self.layers.line, 0)):
            picture = Image.fromarray(layer[top:bottom, left:right])
            ImageDraw.Draw(picture).multiline_text((x - left, y - top), text, paint, font, 'mm', spacing, 'center')
            layer[top:bottom, left:right] = picture

    def _thickness(self, width):
        """Converts a width in units to OpenCV's thickness of a line."""
        if self._pen:
            thinnest = THINNEST * SUPERSAMPLING
            return _as_drawn(np.clip(width * self.unit, thinnest, max(self._pen * _THICKEST, thinnest)))
        return max(1, round(width * self.unit))

    def _painted(self):
        return self.layers.color, self.layers.line, self.layers.front

    def _lines(self, points, thickness, color, line, part=0):
        at = self._at(points)
        for image, paint in zip(self._painted(), (color, line, 255), strict=True):
            cv2.polylines(image, [at], False, paint, thickness, cv2.LINE_AA, shift=4)
        for image, number in ((self.layers.balloon, 0), (self.layers.part, part)):
            cv2.polylines(image, [at], False, number, thickness, cv2.LINE_8, shift=4)

    def _at(self, points):
        return np.round((np.asarray(points) * self.unit + self._origin) * 16).astype(np.int32)


def _as_drawn(width):
    """Returns the thickness for which OpenCV draws a smooth line of a width in pixels: it adds 1.45 to even numbers."""
    return 2 * max(1, round((width - 1.45) / 2))


@functools.lru_cache(maxsize=64)
def font_of(size):
    """Returns the font for lettering in a size in pixels."""
    return ImageFont.load_default(size=size)


@functools.lru_cache(maxsize=1024)
def text_size(text, height):
    """Measures lettering, in the unit of `height`: (width, height) of a box around its center."""
    draw = ImageDraw.Draw(Image.new('L', (1, 1)))
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font_of(100), 'mm', 100 * _SPACING, 'center')
    return 2 * max(-left, right) * height / 100, 2 * max(-top, bottom) * height / 100

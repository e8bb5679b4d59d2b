"""Shapes that figures are made of.

A figure is drawn around its head: the head's center is the origin, its radius is the unit, and y points down.
"""

import dataclasses

import numpy as np

PARTS = ('hair', 'top')  # what `Panel.mask` finds; see `part_number`


@dataclasses.dataclass(frozen=True)
class Shape:
    """A shape of a figure.

    Attributes:
      kind: 'area', 'tube' (a thick line with an outline) or 'line' (of ink).
      points: float [N, 2].
      paint: name of a color of the character (hair, skin, top, trim or legs), or RGB.
      width: of a tube or a line, in radii of the head; None for the usual line.

    Example:
      >>> [shape.kind for shape in (area('hair', oval(0, 0, 1, 1)), line([(0, 0), (1, 1)]))]
      ['area', 'line']
    """

    kind: str
    points: np.ndarray
    paint: str | tuple = 'hair'
    width: float | None = None


def area(paint, points):
    """Makes a closed `Shape` with an outline."""
    return Shape('area', np.asarray(points, np.float64), paint)


def tube(paint, points, width):
    """Makes a `Shape`: a thick line with an outline."""
    return Shape('tube', np.asarray(points, np.float64), paint, width)


def line(points, width=None):
    """Makes a `Shape`: a line of ink."""
    return Shape('line', np.asarray(points, np.float64), width=width)


def both(*shapes):
    """Adds the mirror image to shapes of the right side: list of `Shape`, the left side first."""
    return [dataclasses.replace(shape, points=shape.points * (x, 1)) for x in (-1, 1) for shape in shapes]


def draw(canvas, shapes, place, radius, who, index):
    """Draws shapes of a character.

    Args:
      canvas: `Canvas`.
      shapes: iterable of `Shape`.
      place: function from points of the figure to points in units of the canvas.
      radius: radius of the head in units.
      who: the character, which has an attribute for each name of a color.
      index: its index in the cast.
    """
    for shape in shapes:
        points, width = place(shape.points), shape.width and shape.width * radius
        if shape.kind == 'line':
            canvas.stroke(points, width)
            continue
        named = isinstance(shape.paint, str)
        color, number = (getattr(who, shape.paint), part_number(index, shape.paint)) if named else (shape.paint, 0)
        if shape.kind == 'tube':
            canvas.tube(points, width, color, number)
        else:
            canvas.fill(points, color, part=number)


def part_number(index, paint):
    """Numbers the hair and the top of the character of an index in the cast, from 1; 0 for other paints."""
    return 1 + len(PARTS) * index + PARTS.index(paint) if paint in PARTS else 0


def smooth(points, closed=True, steps=8):
    """Draws a Catmull-Rom curve through points [N, 2]: [N * steps, 2]."""
    p = np.asarray(points, np.float64)
    if not closed:
        p = np.concatenate([p[:1] * 2 - p[1:2], p, p[-1:] * 2 - p[-2:-1]])
    before, here, after, beyond = ((np.roll(p, k, axis=0) for k in (1, 0, -1, -2)) if closed
                                   else (p[:-3], p[1:-2], p[2:-1], p[3:]))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = .5 * (2 * here + (after - before) * t + (2 * before - 5 * here + 4 * after - beyond) * t ** 2
                  + (3 * here - before - 3 * after + beyond) * t ** 3)
    curve = curve.transpose(1, 0, 2).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, p[-2:-1]])


def open_curve(points):
    """Draws a Catmull-Rom curve with two ends."""
    return smooth(points, closed=False)


def oval(x, y, rx, ry, start=0., end=2 * np.pi):
    """Draws an ellipse, or its arc from `start` to `end` in radians, clockwise from the right: [40, 2]."""
    turn = np.linspace(start, end, 40, endpoint=end - start < 6)
    return np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], -1)


def bumpy(x, y, rx, ry, bumps, depth=.06):
    """Draws an ellipse with round bumps: [120, 2]."""
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    reach = 1 - depth + 2 * depth * np.abs(np.sin(bumps * turn / 2))
    return np.stack([x + rx * reach * np.cos(turn), y + ry * reach * np.sin(turn)], -1)


def mirrored(points):
    """Adds the mirror image to the right half of a symmetric shape, whose points go from top to bottom."""
    p = np.asarray(points, np.float64)
    left = p[::-1] * (-1, 1)
    return np.concatenate([p, left[left[:, 0] < 0]])


def even(points):
    """Draws a smooth symmetric shape from its right half."""
    return smooth(mirrored(points))

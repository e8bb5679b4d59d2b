"""Draws the panels of a page into their frames, and what overlaps the gutters."""

import dataclasses
import itertools

import cv2
import numpy as np

from data_pipeline.drawn import balloons, canvas, grounds, scenes
from data_pipeline.drawn.canvas import SUPERSAMPLING
from data_pipeline.drawn.episode import Episode

# Colors of gutters and margins. The line art shows them white, but those of `inked` pages black.
GUTTERS = ('white', 'cream', 'gray', 'colored', 'black', 'inked')
_SHARES = (.55, .1, .1, .1, .1, .05)  # of the pages with each of them, our choice
_PEN = .0022  # width of lines, as a fraction of the page's width, our choice: 3 pixels on a page of 1,400
_SMALLEST = 9  # pixels; size of the smallest lettering that shows letters
_GROUND = 256  # pixels of the shorter side of a ground that is not flat, before it is enlarged


@dataclasses.dataclass(frozen=True)
class Look:
    """What all panels of a page share.

    Attributes:
      paper: RGB of gutters and margins.
      inked: whether the paper is black in the line art, too.
      pen: width of lines in pixels of the page.
      lettering: size of the lettering in pixels of the page.
      background: kind of the grounds, one of `grounds.BACKGROUNDS`.
      episode: `Episode`, the characters and scenes.

    Example:
      >>> Look.draw(np.random.default_rng(0), scale=1400, background='flat', gutter='cream', episode=Episode()).paper
      (250, 243, 224)
    """

    paper: tuple
    inked: bool
    pen: float
    lettering: float
    background: str
    episode: Episode

    @classmethod
    def draw(cls, rng, scale, background, gutter, episode):
        """Draws a look for a page `scale` pixels wide. `gutter` is one of GUTTERS, or None for any."""
        any_gutter = str(rng.choice(GUTTERS, p=_SHARES))
        gray, color = int(rng.integers(60, 200)), grounds.any_color(rng)
        lettering = scale * rng.uniform(.015, .019)
        gutter = gutter or any_gutter
        paper = {'white': (255, 255, 255), 'cream': (250, 243, 224), 'gray': (gray,) * 3, 'colored': color,
                 'black': (gray // 10,) * 3, 'inked': canvas.INK}[gutter]
        return cls(tuple(int(level) for level in paper), gutter == 'inked', max(canvas.THINNEST, _PEN * scale),
                   max(_SMALLEST, lettering), background, episode)


def draw(layers, rng, frames, look):
    """Draws panels, then the figures and balloons that overlap gutters.

    Args:
      layers: `Layers` of the page.
      rng: `np.random.Generator`.
      frames: list of `layouts.Frame`.
      look: `Look`.
    Returns:
      List of float64 [N, 2], the polygons that enclose the panels with their frames, in pixels of the page.
    """
    style = scenes.Style(look.lettering * SUPERSAMPLING, itertools.count(1), look.background == 'flat',
                         look.episode.cast)
    polygons = [_framed(layers, rng, frame, look, style) if frame.framed
                else _frameless(layers, rng, frame, look, style) for frame in frames]
    for kind, draw_over in (('figure', _figure_over), ('balloon', _balloon_over)):
        for frame in frames:
            if frame.over == kind:
                draw_over(layers, rng, frame, look, style)
    return polygons


def _framed(layers, rng, frame, look, style):
    view, start = _view(layers, frame.box)
    corners = frame.corners * SUPERSAMPLING - start
    outside = np.ones(view.line.shape, np.uint8)
    cv2.fillPoly(outside, [np.round(corners * 16).astype(np.int32)], 0, cv2.LINE_8, shift=4)
    slanted = outside.any()
    before = view.map(np.copy) if slanted else None
    view.lay(_ground(look.episode.ground_rng(rng), look.background, *view.line.shape))
    panel, size = _canvas(layers, view, start, frame.content(), look)
    covered = []
    if frame.inset:
        left, top = frame.content()[:2]
        covered = [(np.array(frame.inset) - (left, top, left, top)) * SUPERSAMPLING / panel.unit]
    scenes.draw(panel, size, style, rng, frame.floor, frame.over == 'figure', covered)
    if slanted:
        for layer, old in zip(view.arrays(), before.arrays(), strict=True):
            layer[outside > 0] = old[outside > 0]
    _stroke(layers, frame.corners[[0, 1, 2, 3, 0]], look)
    return widened(frame.corners, look.pen / 2 + (1.5 if slanted else .5))  # smooth edges and rounding


def _frameless(layers, rng, frame, look, style):
    """Draws on the page's paper. Returns the box of the drawing."""
    view, start = _view(layers, frame.box)
    scenes.draw_frameless(*_canvas(layers, view, start, frame.box, look), style, rng)
    left, top, width, height = cv2.boundingRect(view.front)
    view.inside[top:top + height, left:left + width] = 2
    box = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * (width, height) + start + (left, top)
    return box / SUPERSAMPLING


def _figure_over(layers, rng, frame, look, style):
    """Draws a figure into a panel, whose head rises over the panel's upper edge where no balloon is."""
    left, top, right, bottom = frame.box
    radius = min((bottom - top) / rng.uniform(4, 5), (right - left) / (2 * scenes.SIDE + .4))
    for _ in range(12):
        x = rng.uniform(left + scenes.SIDE * radius, right - scenes.SIDE * radius)
        y = rng.uniform(.1, .5) * radius
        head, _ = _view(layers, (x - scenes.SIDE * radius, top - scenes.ABOVE * radius, x + scenes.SIDE * radius, top))
        if not head.balloon.any():
            break
    else:
        y = scenes.ABOVE * radius
    view, start = _view(layers, (left, top - scenes.ABOVE * radius, right, bottom))
    figure, _ = _canvas(layers, view, start, (left, top, right, bottom), look)
    unit = figure.unit / SUPERSAMPLING
    scenes.draw_figure(figure, style, rng, ((x - left) / unit, y / unit), radius / unit)
    _stroke(layers, frame.corners[2:], look)  # the lower edge, which cuts the figure


def _balloon_over(layers, rng, frame, look, style):
    """Draws a balloon over the gutter above a panel or to the right of it, where no other balloon is."""
    left, top, right, bottom = frame.box
    page_height, page_width = (side / SUPERSAMPLING for side in layers.line.shape)
    height = look.lettering
    kind = str(rng.choice(['round', 'oval', 'shout']))
    text = balloons.say(rng, kind, min(.45 * page_width, 22 * height), height)
    if text is None:
        return
    half = np.array(balloons.half_size(text, height, kind))
    spare = 1.35 * half
    for attempt in range(12):
        if attempt < 8 or right > page_width - 2 * half[0]:
            at = rng.uniform(left, right), top + rng.uniform(-.5, .3) * half[1]
        else:
            at = right + rng.uniform(-.4, .4) * half[0], rng.uniform(top, (top + bottom) / 2)
        at = np.clip(at, spare, (page_width, page_height) - spare)
        place, _ = _view(layers, (*(at - spare), *(at + spare + (0, balloons.TAIL * height))))
        if not place.balloon.any():
            page, _ = _canvas(layers, layers, np.zeros(2), (0, 0, 1, 1), look)
            mouth = at + (rng.uniform(-.5, .5) * half[0], 2.5 * half[1])
            balloons.draw(page, rng, next(style.numbers), kind, at, text, height, mouth)
            return


def _view(layers, box):
    """Returns the view of a box (left, top, right, bottom) in pixels of the page, and the (x, y) where it starts."""
    left, top, right, bottom = (max(0, round(side * SUPERSAMPLING)) for side in box)
    return layers.view(top, left, bottom, right), np.array([left, top])


def _canvas(layers, view, start, box, look):
    """Makes a canvas for what `box`, in pixels of the page, shows of the page.

    Args:
      layers: `Layers` of the page.
      view, start: see `_view`; the canvas draws on them.
      box: (left, top, right, bottom); its shorter side is the unit, and coordinates start there.
      look: `Look`.
    Returns:
      `Canvas`, and the size of the box (width, height) in units.
    """
    height, width = layers.line.shape
    left, top, right, bottom = np.clip(np.array(box) * SUPERSAMPLING, 0, (width, height, width, height))
    unit = min(right - left, bottom - top)
    result = canvas.Canvas(view, unit, (left, top) - start, look.pen * SUPERSAMPLING)
    return result, ((right - left) / unit, (bottom - top) / unit)


def _ground(rng, background, height, width):
    """Draws a ground for a part of the layers: RGB, or uint8 [height, width, 3]."""
    if background == 'flat':
        return np.round(grounds.any_color(rng))
    reduced = (max(1, round(side * _GROUND / min(height, width))) for side in (height, width))
    return cv2.resize(grounds.ground(rng, background, *reduced), (width, height), interpolation=cv2.INTER_LINEAR)


def _stroke(layers, points, look):
    """Draws a line of a frame through points in pixels of the page."""
    page = canvas.Canvas(layers, SUPERSAMPLING, (-.5, -.5), look.pen * SUPERSAMPLING)  # pixels' centers
    page.stroke(points)


def widened(corners, by):
    """Moves the sides of a convex polygon [N, 2] outwards, `by` pixels. Corners are clockwise on the page."""
    along = np.roll(corners, -1, axis=0) - corners
    out = np.stack([along[:, 1], -along[:, 0]], -1) / np.hypot(*along.T)[:, None]
    before = np.roll(out, 1, axis=0)
    return corners + by * (out + before) / (1 + np.sum(out * before, axis=-1, keepdims=True))

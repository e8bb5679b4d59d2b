"""Draws whole pages of comics and webtoon strips, free of rights, whose panels, areas and balloons are known.

They test and measure what cuts pages into panels, fills areas and finds balloons. The cast is that of
`synthetic_comic`. A page depends on its arguments only. `python -m data_pipeline.synthetic_comic --pages=24 ...` writes
pages to files.
"""

import dataclasses

import cv2
import numpy as np

from data_pipeline.drawn import canvas, layouts, panels
from data_pipeline.drawn.canvas import SUPERSAMPLING
from data_pipeline.drawn.episode import Episode

LAYOUTS = tuple(layouts.LAYOUTS)
GUTTERS = panels.GUTTERS
_FIXED = Episode()  # the characters of `synthetic_cast.CAST`
_PAGE = 2_000 / 1_400  # height of a page for its width
_STRIP = 1.4  # pens and lettering of a strip to those of a page of its width, our choice: phones are small


@dataclasses.dataclass(frozen=True)
class Page:
    """One drawn page or strip.

    Attributes:
      color: uint8 [H, W, 3], RGB.
      line_art: uint8 [H, W], white paper, black ink.
      background: bool [H, W], the background of the panels: False on figures, balloons, frames and outside of panels.
        The paper around a frameless drawing, within its polygon, is background.
      regions: int32 [H, W], the number of the area, from 1; 0 on ink and on the page's paper. Ink bounds the areas: two
        pixels of one number are joined without crossing a line, and have one color, apart from tints (blush) and from
        grounds that are not flat. Pixels that ink touches are ink. Balloons are areas, too.
      balloons: int32 [H, W], the number of the balloon or caption, from 1, on its inside with its letters; 0 elsewhere,
        so on its outline.
      panels: list of int32 [N, 2], polygons (x, y) in pixels, in reading order (see `data_pipeline.drawn.layouts`).
        They enclose the frame's line, and end at the page's edge. Coordinates are of the pixels' corners: the upright
        box of a polygon is `page[y.min():y.max(), x.min():x.max()]`. A frameless panel's polygon is the box of its
        drawing.

    Example:
      >>> page = draw_page(seed=0, number=1, width=210, layout='grid')
      >>> page.color.shape, page.line_art.shape, page.panels[0].shape
      ((300, 210, 3), (300, 210), (4, 2))
    """

    color: np.ndarray
    line_art: np.ndarray
    background: np.ndarray
    regions: np.ndarray
    balloons: np.ndarray
    panels: list


def draw_page(seed, number, width=1400, height=None, background='flat', layout=None, askew=0., gutter=None,
              episode=_FIXED):
    """Draws one page.

    Args:
      seed, number: non-negative ints, which determine the page, with the other arguments.
      width, height: in pixels. The default height is 10/7 of the width, or 5/7 for a double page (layout 'spread').
      background: kind of the grounds, one of `synthetic_comic.BACKGROUNDS`.
      layout: one of LAYOUTS; None for any. Double pages come by chance only if the page is wider than high.
      askew: degrees by which the page is turned clockwise, as on a scanner; from -3 to 3 are usual.
      gutter: color of gutters and margins, one of GUTTERS; None for any. The line art shows them white, but those of
        'inked' pages black.
      episode: `data_pipeline.drawn.episode.Episode`, the characters and scenes.
    Returns:
      A `Page`.

    Example:
      >>> page = draw_page(seed=0, number=1, width=280, layout='columns', askew=2.)
      >>> bool(page.regions.max() > 10), bool(page.balloons.max() > 0)
      (True, True)
    """
    rng = np.random.default_rng((seed, number))
    any_layout = str(rng.choice([name for name in LAYOUTS if name != 'spread']))
    if layout is None:
        layout = 'spread' if height is not None and width > height else any_layout
    if height is None:
        height = round(width * _PAGE / (2 if layout == 'spread' else 1))
    sheet = layouts.sheet(rng, width, height)
    look = panels.Look.draw(rng, sheet.scale, background, gutter, episode)
    return _draw(rng, layouts.LAYOUTS[layout](rng, sheet), width, height, look, askew)


def draw_strip(seed, number, width=800, height=20_000, background='flat', gutter=None):
    """Draws a webtoon strip: panels of different heights, one below the other. Needs little memory beyond its result.

    Args:
      seed, number, width, height, background, gutter: see `draw_page`.
    Returns:
      A `Page`.

    Example:
      >>> strip = draw_strip(seed=0, number=1, width=160, height=1_000)
      >>> strip.color.shape, len(strip.panels) > 2
      ((1000, 160, 3), True)
    """
    rng = np.random.default_rng((seed, number, 1))
    look = panels.Look.draw(rng, _STRIP * width, background, gutter, _FIXED)
    strip = Page(np.empty((height, width, 3), np.uint8), *(np.empty((height, width), kind)
                                                           for kind in (np.uint8, bool, np.int32, np.int32)), [])
    top, regions, numbers = 0, 0, 0
    while top < height:
        bottom = top + round(width * rng.uniform(.7, 1.9))
        if height - bottom < .7 * width:
            bottom = height
        band = _draw(rng, layouts.band(rng, width, bottom - top), width, bottom - top, look)
        strip.color[top:bottom], strip.line_art[top:bottom] = band.color, band.line_art
        strip.background[top:bottom] = band.background
        strip.regions[top:bottom] = band.regions + regions * (band.regions > 0)
        strip.balloons[top:bottom] = band.balloons + numbers * (band.balloons > 0)
        strip.panels.extend(polygon + np.int32([0, top]) for polygon in band.panels)
        regions, numbers = regions + band.regions.max(), numbers + band.balloons.max()
        top = bottom
    return strip


def _draw(rng, frames, width, height, look, askew=0.):
    """Draws a page with the panels of `frames`: a `Page`."""
    layers = canvas.Layers.blank(height, width, look.paper, 0 if look.inked else 255)
    polygons = [_on_page(polygon, width, height) for polygon in panels.draw(layers, rng, frames, look)]
    if askew:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), -askew, 1.)
        layers = _turned(layers, turn, look)
        polygons = [_on_page(panels.widened(polygon @ turn[:, :2].T + turn[:, 2], 1.25), width, height)
                    for polygon in polygons]
    return _finished(layers, polygons)


def _on_page(polygon, width, height):
    """Cuts a convex polygon at the page's edges: float32 [N, 2], clockwise from the corner nearest to the top left."""
    page = np.float32([(0, 0), (width, 0), (width, height), (0, height)])
    _, cut = cv2.intersectConvexConvex(np.float32(polygon), page)
    cut = np.clip(cut[:, 0], 0, page[2])
    if cv2.contourArea(cut, oriented=True) < 0:
        cut = cut[::-1]
    return np.roll(cut, -int(cut.sum(axis=-1).argmin()), axis=0)


def _turned(layers, turn, look):
    """Turns the layers by a matrix [2, 3] for pixels of the page. Paper comes in where the page ends."""
    matrix = turn * (1, 1, SUPERSAMPLING)
    matrix[:, 2] += turn[:, :2].sum(axis=-1) / 2 - .5  # pixels' centers
    size = layers.line.shape[::-1]
    smooth, exact = cv2.INTER_LINEAR, cv2.INTER_NEAREST
    ways = ((smooth, look.paper), (smooth, 0 if look.inked else 255), (smooth, 0), *[(exact, 0)] * 3)
    turned = canvas.Layers(*(cv2.warpAffine(layer, matrix, size, flags=how, borderValue=paper)
                             for layer, (how, paper) in zip(layers.arrays(), ways, strict=True)))
    # Where a panel was bled off, the edge of the page has no line, so the panel ends before colors mix.
    inside = cv2.erode(turned.inside, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return dataclasses.replace(turned, inside=inside)


def _finished(layers, polygons):
    """Reduces the layers to the page's size and numbers what ink bounds."""
    result = layers.reduced()
    area = (result.line == 255) & ((result.inside == 1) | (result.front == 255))
    _, regions = cv2.connectedComponents(np.uint8(area), connectivity=4)
    background = (result.inside > 0) & (result.front < 128)
    return Page(result.color, result.line, background, regions, _balloons(result.balloon, regions),
                [_rounded(polygon) for polygon in polygons])


def _balloons(shapes, regions):
    """Numbers the insides of balloons without gaps, given their numbered shapes: int32 [H, W]."""
    number_of = np.zeros(regions.max() + 1, np.int32)
    number_of[regions[shapes > 0]] = shapes[shapes > 0]
    number_of[0] = 0
    away = cv2.erode(np.uint8(shapes > 0), np.ones((5, 5), np.uint8))  # ink there is lettering, else an outline
    balloons = np.where(regions > 0, number_of[regions], away * shapes)
    # The tips of tails and spikes may be thinner than a pixel; what is cut off there belongs to no balloon.
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(np.uint8(balloons > 0), connectivity=8)
    number_of = np.zeros(count, np.int32)
    number_of[pieces] = balloons
    largest = {number_of[k]: k for k in np.argsort(stats[:, cv2.CC_STAT_AREA]) if k}
    kept = np.zeros(count, np.int32)
    kept[[largest[number] for number in sorted(largest)]] = np.arange(1, len(largest) + 1)
    return kept[pieces]


def _rounded(polygon):
    """Rounds the corners of a polygon outwards, to whole pixels: int32 [N, 2]."""
    middle = (polygon.min(axis=0) + polygon.max(axis=0)) / 2
    return np.where(polygon < middle, np.floor(polygon), np.ceil(polygon)).astype(np.int32)

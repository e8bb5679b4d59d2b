"""A page on its way through the networks: its panels become squares, and the squares' colors come back into the page.

Panels longer than 3:2 become several squares, which overlap. Where squares overlap, their colors fade into each other,
and all backgrounds of a panel have one color. At the end every area that lines bound gets one color at the page's own
resolution, and an area in which the user gives hints exactly theirs. What lies outside the panels stays paper, and so
do balloons and captions without hints.
"""

import dataclasses
import typing

import cv2
import numpy as np

from data_pipeline.outlines import areas, balloons, hint_strokes, hinted_areas, line_art, outline
from data_pipeline.outlines.outline import PAPER
from data_pipeline.panels import cutter
from data_pipeline.pictures import square
from eval import panel_files
from eval.formats import layered

_LEAST_PAGE = 160  # pixels (our choice); smaller pictures are no pages
_PANEL_SEEDS = 2**32  # what a panel adds to the seed of its page is a multiple of this number, above all such seeds


class Square(typing.NamedTuple):
    """A part of a panel that the networks color at a time.

    Example:
      >>> Square(panel=0, box=(0, 0, 64, 64), fitted=np.zeros((256, 256), np.uint8)).panel
      0
    """

    panel: int  # number of the panel in the page
    box: tuple  # (top, left, bottom, right) in pixels of the page
    fitted: np.ndarray  # uint8 [S, S], see `line_art.fit`
    hints: np.ndarray | None = None  # uint8 [S, S, 4], see `square.fit_hints`, or None without hints
    seed: int = 0  # what it adds to the seed of its page

    def with_sample(self, sample):
        """The same square, for sample 1, 2, ... of its panel."""
        return self._replace(seed=self.seed // _PANEL_SEEDS * _PANEL_SEEDS + sample - 1)


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A drawing that is ready for the networks.

    Attributes:
      lines: uint8 [H, W, 3], black on pure white: what is laid over the colors.
      panels: list of `cutter.Panel`, in reading order; one for the whole page if it cannot be cut.
      balloons: bool [H, W], True in balloons and captions.
      squares: list of `Square`, panel by panel; empty if the page is blank.
      is_cut: whether panels were found.
      strokes: `hint_strokes.Strokes` of the page's hints, or None without hints.

    Example:
      >>> page = np.full((300, 200, 3), 255, np.uint8)
      >>> take_apart(page, white=[255] * 3, size=256).squares
      []
    """

    lines: np.ndarray
    panels: list
    balloons: np.ndarray
    squares: list
    is_cut: bool
    strokes: hint_strokes.Strokes | None = None

    def panel_at(self, x, y):
        """Finds the panel that a pixel lies in, or the nearest one: its number. Of several, the last lies on top."""
        away = [-cv2.pointPolygonTest(np.float32(panel.polygon), (x, y), True) for panel in self.panels]
        return len(away) - 1 - int(np.argmin(np.maximum(away[::-1], 0)))


def take_apart(drawing, white, size, whole=False, hints=None, given=None):
    """Cuts a drawing into panels, and panels into squares.

    Args:
      drawing: uint8 [H, W, 3], black on white; see `cleaning.clean_array`.
      white: float [3], see `cleaning.clean_array`.
      size: S, side of the networks' square.
      whole: whether the page is one panel.
      hints: see `with_hints`.
      given: list of `panel_files.Given`, the panels that the user gives; or None.
    Returns:
      A `Drawn`.
    """
    lines = drawing
    if np.min(white) < PAPER:  # without the paper's grain
        levels = np.arange(PAPER + 1) * (PAPER / np.reshape(white, [3, 1]))
        lines = cv2.LUT(drawing, np.uint8(np.rint(np.minimum(levels, PAPER))).T[None])
    if given:
        found = [one.panel for one in given]
    else:
        found = [] if whole or min(lines.shape[:2]) < _LEAST_PAGE else cutter.find(lines)
    panels = found or [cutter.whole(lines)]
    given = given or [panel_files.Given(panel, number) for number, panel in enumerate(panels, 1)]
    squares, gray = [], outline.gray(drawing)
    for number, panel in enumerate(panels if gray.min() < PAPER else []):
        crop, (y, x) = cutter.crop(gray, panel), panel.box[:2]
        for top, left, bottom, right in square.overlapping(*crop.shape[:2]):
            squares.append(Square(number, (y + top, x + left, y + bottom, x + right),
                                  line_art.fit_array(crop[_part((top, left, bottom, right))], size),
                                  seed=(given[number].number - 1) * _PANEL_SEEDS + given[number].sample - 1))
    return with_hints(Drawn(lines, panels, balloons.find(lines), squares, bool(found)), hints)


def with_hints(drawn, hints):
    """Gives a drawing other hints. It is fast: all else stays as it is.

    Args:
      drawn: a `Drawn`.
      hints: uint8 [H, W, 4], RGB and 255 where the user gives a color, else 0; or None.
    Returns:
      A `Drawn`.
    """
    if hints is None:
        return dataclasses.replace(drawn, strokes=None, squares=[one._replace(hints=None) for one in drawn.squares])
    squares = []
    for one in drawn.squares:
        panel = drawn.panels[one.panel]
        (top, left), (bottom, right) = (np.subtract(corner, panel.box[:2]) for corner in (one.box[:2], one.box[2:]))
        given = cv2.copyTo(hints[_part(one.box)], cutter.inside(panel)[top:bottom, left:right])
        squares.append(one._replace(hints=square.fit_hints(given, one.fitted.shape[0]) if given.any() else None))
    return dataclasses.replace(drawn, strokes=hint_strokes.find(hints, drawn.lines), squares=squares)


def put_together(drawn, results):
    """Brings the colors of a page's squares back into the page.

    Args:
      drawn: a `Drawn`.
      results: for each of its squares what `systems.LocalSystem.colorize` returns for one picture, a dict of
        'image' uint8 [S, S, 3], and 'background_mask' uint8 [S, S] if the system has it.
    Returns:
      A `layered.ColoredPage`.
    """
    colors = np.full(drawn.lines.shape, PAPER, np.uint8)
    background, paper = np.zeros(colors.shape[:2], np.uint8), np.ones(colors.shape[:2], bool)
    for number, panel in enumerate(drawn.panels if drawn.squares else []):
        labels, small, mask = _areas(drawn, results, number)
        part, inside = _part(panel.box), cutter.inside(panel)
        table = areas.colors_of(labels, np.dstack([small, mask]), drawn.lines[part])
        if drawn.strokes is not None:
            # Hints in balloons are the balloons' own.
            free = (inside > 0) & ~drawn.balloons[part]
            strokes, paper_here = drawn.strokes.within(panel.box, free), areas.paper_of(drawn.lines[part]) > 0
            labels, table, _ = hinted_areas.apply(labels, table, strokes, free & paper_here)
        areas.paint(labels, table[:, :3], inside, colors[part])
        majority = np.where(table[:, 3] > PAPER // 2, PAPER, 0).astype(np.uint8)
        areas.paint(labels, majority, inside, background[part])
        paper[part][inside > 0] = False
    for layer, level in ((colors, PAPER), (background, 0), (paper, True)):
        layer[drawn.balloons] = level
    if drawn.strokes is not None:
        _color_balloons(drawn, colors, paper)
    return layered.ColoredPage(drawn.lines, colors, background, paper,
                               [panel.polygon for panel in drawn.panels] if drawn.is_cut else [])


def area_at(drawn, results, x, y):
    """Finds the area that a pixel of a page belongs to: an area of a panel, or a balloon.

    Args:
      drawn, results: see `put_together`.
      x, y: the pixel. A pixel of a line belongs to the nearest area of its panel.
    Returns:
      bool [H, W], the area without its lines; all False outside of panels and balloons.
    """
    area = np.zeros(drawn.balloons.shape, bool)
    if drawn.balloons[y, x]:
        labels = cv2.connectedComponents(np.uint8(drawn.balloons))[1]
        return (labels == labels[y, x]) & (areas.paper_of(drawn.lines) > 0)
    number = drawn.panel_at(x, y)
    panel = drawn.panels[number]
    part, inside, (top, left, bottom, right) = _part(panel.box), cutter.inside(panel), panel.box
    if drawn.squares and top <= y < bottom and left <= x < right and inside[y - top, x - left]:
        labels = _areas(drawn, results, number)[0]
        area[part] = ((labels == labels[y - top, x - left]) & (inside > 0) & ~drawn.balloons[part]
                      & (areas.paper_of(drawn.lines[part]) > 0))
    return area


def _color_balloons(drawn, colors, paper):
    """Colors balloons that have hints, also where they lie outside of panels. Changes `colors` and `paper`."""
    strokes = drawn.strokes.within((0, 0, *paper.shape), drawn.balloons)
    if not len(strokes.y):
        return
    count, labels = cv2.connectedComponents(np.uint8(drawn.balloons))
    free = drawn.balloons & (areas.paper_of(drawn.lines) > 0)
    labels, table, kinds = hinted_areas.apply(labels, np.zeros((count, 4), np.uint8), strokes, free)
    hinted = drawn.balloons & (kinds[labels] > 0)
    areas.paint(labels, table[:, :3], np.uint8(hinted), colors)
    paper[hinted] = False


def _part(box):
    """The slices of a box."""
    return slice(box[0], box[2]), slice(box[1], box[3])


def low_resolution(drawn, results, longest):
    """Shows the low-resolution pictures of a page's squares at their places.

    Args:
      drawn, results: see `put_together`; each result may have 'low_res' uint8 [L, L, 3].
      longest: longer side of the page in pixels.
    Returns:
      uint8 [h, w, 3], or None if the system has no low-resolution pictures.
    """
    if any('low_res' not in result for result in results):
        return None
    height, width = drawn.lines.shape[:2]
    scale = min(1, longest / max(height, width))
    page = np.full((max(1, round(height * scale)), max(1, round(width * scale)), 3), PAPER, np.uint8)
    for part, result in zip(drawn.squares, results, strict=True):
        top, left, bottom, right = (round(side * scale) for side in part.box)
        low_res = square.unfit(result['low_res'], part.box[2] - part.box[0], part.box[3] - part.box[1])
        here = page[top:bottom, left:right]
        if here.size:
            here[:] = cv2.resize(low_res, here.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return page


def _areas(drawn, results, number):
    """Finds the areas of a panel: (their labels, see `areas.find`; and what `_small_colors` returns)."""
    box = drawn.panels[number].box
    parts = [(one, result) for one, result in zip(drawn.squares, results, strict=True) if one.panel == number]
    small, mask = _small_colors(box, parts)
    # The colors of two squares may differ by chance, so they do not tell where an area ends.
    return areas.find(drawn.lines[_part(box)], small if len(parts) == 1 else None), small, mask


def _small_colors(box, parts):
    """Joins the colors of a panel's squares.

    Args:
      box: the panel's box.
      parts: list of (`Square`, its result).
    Returns:
      (colors uint8 [h, w, 3], background uint8 [h, w], 0 or 255), of the panel at the networks' resolution.
    """
    height, width = box[2] - box[0], box[3] - box[1]
    unfitted = [{key: square.unfit(picture, part.box[2] - part.box[0], part.box[3] - part.box[1])
                 for key, picture in result.items()} for part, result in parts]
    images = [of['image'] for of in unfitted]
    masks = [of.get('background_mask', np.zeros(of['image'].shape[:2], np.uint8)) for of in unfitted]
    if len(parts) == 1:
        return images[0], masks[0]
    top, left, bottom, right = parts[0][0].box
    scale = max(masks[0].shape) / max(bottom - top, right - left)
    shape = round(height * scale), round(width * scale)
    joined, total = np.zeros((*shape, 4), np.float32), np.zeros((*shape, 1), np.float32)
    for (part, _), image, mask in zip(parts, _of_one_background(images, masks), masks, strict=True):
        h, w = mask.shape
        ramp = [np.float32(np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1))) for side in (h, w)]
        weight = (ramp[0][:, None] if height > width else ramp[1][None])[..., None] + np.zeros((h, w, 1), np.float32)
        top, left = (min(round((part.box[k] - box[k]) * scale), shape[k] - mask.shape[k]) for k in (0, 1))
        here = _part((top, left, top + h, left + w))
        joined[here] += weight * np.dstack([image, mask])
        total[here] += weight
    joined = np.uint8(np.rint(joined / total))
    return joined[..., :3], PAPER * np.uint8(joined[..., 3] > PAPER // 2)


def _of_one_background(images, masks):
    """Shifts the backgrounds of a panel's squares to their common median color.

    Args:
      images: list of uint8 [S, S, 3].
      masks: list of uint8 [S, S], 255 on the background, else 0.
    Returns:
      List of float [S, S, 3].
    """
    backgrounds = [image[mask > 0] for image, mask in zip(images, masks, strict=True)]
    if not sum(map(len, backgrounds)):
        return images
    common = np.median(np.concatenate(backgrounds), axis=0)
    shifts = [common - np.median(background, axis=0) if len(background) else 0 * common for background in backgrounds]
    return [np.clip(image + (mask > 0)[..., None] * shift, 0, PAPER)
            for image, mask, shift in zip(images, masks, shifts, strict=True)]

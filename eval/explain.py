"""Explanations: sheets that show what the panels of a page took over from which places of their references.

Each row is a panel. Over its line art lie the colors of the places that it looked at most, as strong as it recognized
them. Numbered dots are its surest places, and the places beside it that they took their colors from.
"""

import typing

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_pipeline.pictures import colors, square
from eval import output_folder, reference_files, sheet_labels

_ROWS, _DOTS = 8, 8  # the most panels of a sheet, and the most dots of a panel
_APART = .17  # least distance of dots, as a share of the panel's side (our choice)
_LEAST = .25  # least confidence of a dot (our choice)
_PANEL, _CELL, _COLUMNS, _GAP, _LABEL, _MARGIN = 280, 128, 4, 12, 20, 24  # pixels
_RADIUS = 8  # pixels
_PAPER, _TEXT, _FRAME = (250, 249, 246), (60, 58, 64), (214, 212, 206)
_INKS = ((214, 39, 40), (31, 119, 180), (44, 160, 44), (148, 103, 189), (255, 127, 14), (140, 86, 75),
         (227, 119, 194), (23, 150, 160))  # of dots


class Taken(typing.NamedTuple):
    """What a square took over from its references.

    Example:
      >>> Taken(np.full((32, 32), -1), np.zeros((32, 32)), members=[]).members
      []
    """

    match: np.ndarray  # int [L, L], places in `members`, see `reference_bank.Bank.add`; -1 for none
    confidence: np.ndarray  # float [L, L] in [0, 1]
    members: list  # of `reference_bank.Member`

    @classmethod
    def nothing(cls):
        """What a square took over that had no references."""
        return cls(np.full((1, 1), -1), np.zeros((1, 1)), [])

    @property
    def sure(self):
        """The confidence of places that recognized something, else 0: float [L, L]."""
        return np.where(self.match < 0, 0, self.confidence)

    def within(self, box):
        """The same without the square's padding; box is the square's part of the page."""
        top, left, bottom, right = square.inner_box(box[2] - box[0], box[3] - box[1], len(self.match))
        match = np.full_like(self.match, -1)
        match[top:bottom, left:right] = self.match[top:bottom, left:right]
        return self._replace(match=match)


def names(results):
    """Names explanations after their results: 'ch1/p1.png' -> 'ch1/p1.explain.png'.

    Those of an archive lie in a folder beside it: p1.png of 'ch1.cbz' has 'ch1.explain/p1.explain.png'.

    Args:
      results: list of `settings.Result`.
    Returns:
      {name of the result: name of its explanation}. No two names are the same, nor is one a result's.
    """
    paths = [result.name for result in results]
    for k, result in enumerate(results):
        if result.archive:
            folder = output_folder.without_suffix(result.archive)
            paths[k] = f'{folder}.explain/{result.name.removeprefix(result.archive).partition("/")[2]}'
    stems = output_folder.result_names(paths, [output_folder.EXPLANATION] * len(paths))
    taken, named = {result.name.casefold() for result in results}, {}
    for result, stem in zip(results, stems, strict=True):
        while f'{stem}{output_folder.EXPLANATION}'.casefold() in taken:
            stem += '_'
        named[result.name] = f'{stem}{output_folder.EXPLANATION}'
        taken.add(named[result.name].casefold())
    return named


def dots(taken):
    """Chooses the surest places of a square that are apart from each other.

    Args:
      taken: a `Taken`.
    Returns:
      List of ((row, column), (number of the member, row, column there)), the surest first; at most `_DOTS`.

    Example:
      >>> confidence = np.eye(8) * [0, .9, 0, 0, 0, 0, 0, .5]
      >>> dots(Taken(np.full((8, 8), 64 + 10), confidence, members=[None, None]))
      [((1, 1), (1, 1, 2)), ((7, 7), (1, 1, 2))]
    """
    side = len(taken.match)
    sure = taken.sure
    rows, columns = np.indices(sure.shape)
    found = []
    while len(found) < _DOTS and sure.max() >= _LEAST:
        row, column = (int(k) for k in np.unravel_index(sure.argmax(), sure.shape))
        number, place = divmod(int(taken.match[row, column]), side * side)
        found.append(((row, column), (number, *divmod(place, side))))
        sure[np.hypot(rows - row, columns - column) < _APART * side] = 0
    return found


def draw(drawn, taken):
    """Draws the explanation of a page.

    Args:
      drawn: a `page_colors.Drawn`.
      taken: for each of its squares a `Taken`.
    Returns:
      A PIL image, with a row for each panel: of more than `_ROWS` panels, some evenly spaced. Of a panel of several
      squares, it shows the one that took over most.
    """
    pairs = [(part, of.within(part.box)) for part, of in zip(drawn.squares, taken, strict=True)]
    best = {part.panel: (part, of) for part, of in sorted(pairs, key=lambda pair: pair[1].sure.sum())}
    chosen = reference_files.evenly(sorted(best), _ROWS)
    right = _MARGIN + _PANEL + 4 * _GAP  # where references begin
    row = _PANEL + 2 * _LABEL
    sheet = Image.new('RGB', (right + _COLUMNS * (_CELL + _GAP) - _GAP + _MARGIN, 2 * _MARGIN + row * len(chosen)),
                      _PAPER)
    for k, number in enumerate(chosen):
        _draw_panel(sheet, _MARGIN + k * row, right, *best[number])
    return sheet


def _draw_panel(sheet, top, right, part, taken):
    """Draws a panel and its references: one row of a sheet."""
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    found = dots(taken)
    used = list(dict.fromkeys(there[0] for _, there in found))
    remark = '' if used else ': recognized nothing'
    pen.text((_MARGIN, top + _LABEL / 2), f'panel {part.panel + 1}{remark}', _TEXT, font, anchor='lm')
    top += _LABEL
    _paste(sheet, matched_colors(part.fitted, taken), (_MARGIN, top), _PANEL)
    corners = {}
    for k, number in enumerate(used):
        line, column = divmod(k, _COLUMNS)
        corner = corners[number] = right + column * (_CELL + _GAP), top + line * (_CELL + _LABEL)
        _paste(sheet, taken.members[number].thumbnail, corner, _CELL)
        label, label_font = sheet_labels.fit(taken.members[number].name, number, _CELL)
        pen.text((corner[0], corner[1] + _CELL + _LABEL / 2), label, _TEXT, label_font, anchor='lm')
    side = len(taken.match)
    ends = [[(corner[0] + (column + .5) * length / side, corner[1] + (row + .5) * length / side)
             for corner, (row, column), length in (((_MARGIN, top), here, _PANEL),
                                                   (corners[there[0]], there[1:], _CELL))]
            for here, there in found]
    for k, pair in enumerate(ends):
        pen.line(pair, _INKS[k], 1)
    for k, pair in enumerate(ends):
        for x, y in pair:
            pen.ellipse((x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), _INKS[k], 'white')
            pen.text((x, y), str(k + 1), 'white', font, anchor='mm')


def matched_colors(drawing, taken):
    """Lays the matched colors over a drawing.

    Args:
      drawing: uint8 [S, S], line art.
      taken: a `Taken`.
    Returns:
      uint8 [S, S, 3]: the paler, the less is recognized.

    Example:
      >>> matched_colors(np.full((64, 64), 255, np.uint8), Taken.nothing()).shape
      (64, 64, 3)
    """
    given = np.zeros((*taken.match.shape, 3), np.float32)
    if taken.members:
        palette = np.stack([member.encoded[..., -4:-1] for member in taken.members]).reshape(-1, 3)
        given = palette[np.maximum(taken.match, 0)]
    share = taken.sure[..., None]
    levels = np.uint8(colors.to_levels(np.float32(share * given + (1 - share))))
    enlarged = cv2.resize(levels, drawing.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return cv2.multiply(enlarged, cv2.cvtColor(drawing, cv2.COLOR_GRAY2RGB), scale=1 / 255)


def _paste(sheet, picture, corner, side):
    """Pastes a square picture, uint8 [S, S, 3], into a sheet, with a frame."""
    way = Image.Resampling.LANCZOS if len(picture) > side else Image.Resampling.BICUBIC
    sheet.paste(Image.fromarray(picture).resize((side, side), way), corner)
    x, y = corner
    ImageDraw.Draw(sheet).rectangle((x - 1, y - 1, x + side, y + side), outline=_FRAME)

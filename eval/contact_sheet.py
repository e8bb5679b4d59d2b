"""Contact sheets: a picture's outline, the networks' intermediate results and the result, side by side."""

import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from eval import sheet_labels
from eval.formats import files

ROWS = 24  # the most rows of a sheet, unless told otherwise
_CELL, _GAP, _MARGIN, _HEADER = 176, 8, 28, 30  # pixels
_PAPER, _TEXT, _FRAME = (250, 249, 246), (60, 58, 64), (214, 212, 206)


class ContactSheet:
    """Collects rows of pictures and writes them as PNG sheets, in two columns if there are many rows.

    Args:
      path: file of the first sheet; the others are named by `path_of`.
      titles: titles of the pictures in a row.
      rows: the most rows of one sheet.
      replace: whether sheets replace earlier sheets; if not, they get the next numbers that are free.

    Example:
      >>> sheet = ContactSheet(f'{folder}/sheet.png', ('outline', 'result'))
      >>> sheet.add('panel 1', [np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.uint8)])
      >>> sheet.flush()
      >>> sheet.written[0].name
      'sheet.png'
    """

    def __init__(self, path, titles, rows=ROWS, replace=True):
        self._path, self._titles, self._most, self._replace = path, titles, rows, replace
        self._rows, self._number, self._added = [], 0, 0
        self.written = []

    def add(self, label, pictures, number=None):
        """Adds a row.

        Args:
          label: text below the row.
          pictures: for each title a picture uint8 [H, W] or [H, W, 3], or None for a gap.
          number: what stands for characters of the label that no font has; None takes the row's number.
        Raises:
          OSError: a sheet is full and cannot be written. The next row begins another sheet.
        """
        self._added += 1
        self._rows.append((label, self._added if number is None else number,
                           [None if p is None else _thumbnail(p) for p in pictures]))
        if len(self._rows) == self._most:
            self.flush()

    def flush(self):
        """Writes the rows that were added since the last sheet. `written` lists the sheets' paths."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        self._number += 1
        while not self._replace and path_of(self._path, self._number).exists():
            self._number += 1
        path = path_of(self._path, self._number)
        files.save_png(path, self._draw(rows))
        self.written.append(path)

    def _draw(self, rows):
        columns = 2 if len(rows) > 8 else 1
        lines = -(-len(rows) // columns)
        wide = len(self._titles) * (_CELL + _GAP) - _GAP
        sheet = Image.new('RGB', (2 * _MARGIN + columns * wide + (columns - 1) * _MARGIN,
                                  _MARGIN + _HEADER + lines * (_CELL + 26) + _MARGIN // 2), _PAPER)
        draw = ImageDraw.Draw(sheet)
        title_font = ImageFont.load_default(15)
        for k, (label, number, pictures) in enumerate(rows):
            x0 = _MARGIN + (k // lines) * (wide + _MARGIN)
            y = _MARGIN + _HEADER + (k % lines) * (_CELL + 26)
            for c, picture in enumerate(pictures):
                x = x0 + c * (_CELL + _GAP)
                if k % lines == 0:
                    draw.text((x + _CELL / 2, _MARGIN + 6), self._titles[c], _TEXT, title_font, anchor='mm')
                if picture is not None:
                    left, top = x + (_CELL - picture.width) // 2, y + (_CELL - picture.height) // 2
                    sheet.paste(picture, (left, top))
                    draw.rectangle((left - 1, top - 1, left + picture.width, top + picture.height), outline=_FRAME)
            text, font = sheet_labels.fit(label, number, wide)
            draw.text((x0, y + _CELL + 10), text, _TEXT, font, anchor='lm')
        return sheet


def path_of(path, number):
    """Names the sheets: number 1 has the path itself, the next ones get -2, -3 and so on before the suffix."""
    path = pathlib.Path(path)
    return path if number == 1 else path.with_stem(f'{path.stem}-{number}')


def _thumbnail(picture):
    image = Image.fromarray(np.asarray(picture))
    scale = _CELL / max(image.size)
    size = [max(1, round(side * scale)) for side in image.size]
    return image.resize(size, Image.Resampling.NEAREST if scale > 2 else Image.Resampling.LANCZOS).convert('RGB')

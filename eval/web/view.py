"""What the page shows of a chapter, as values of its components. Pictures are in the values, so no file has a URL."""

import base64
import itertools
import time

import cv2
import numpy as np

from data_pipeline.outlines import outline
from data_pipeline.pictures import pages as reader
from eval.formats import files

_LONGEST = 2400  # pixels; the longer side of a shown page (our choice); larger ones are shown smaller
_THUMBNAIL, _ALTERNATIVE = 160, 480  # pixels; the longer sides of small pictures
_SERIAL = itertools.count(time.time_ns() // 1000)  # above those of an earlier run of the program


def board(chapter, name, drawn, colors, note=''):
    """Shows a page.

    Args:
      chapter: a `chapter.Chapter`.
      name: of the page.
      drawn: its `page_colors.Drawn`.
      colors: uint8 [H, W, 3], its colors without lines.
      note: a line of text for the artist.
    Returns:
      dict of what board.js shows:
        page, width, height, panels (polygons): of the drawing, in its pixels.
        lines, colors, hints: pictures as data URLs, `scale` times as large as the drawing.
        panel: number of the panel that is chosen.
        palette, note: see `chapter.State`, and above.
        serial: number of this value; later values have greater ones.
    """
    height, width = drawn.lines.shape[:2]
    scale = min(1, _LONGEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    hints = chapter.hints(name, height, width)
    if hints is None:
        hints = np.zeros((1, 1, 4), np.uint8)
    lines = outline.gray(drawn.lines) if outline.is_gray(drawn.lines) else drawn.lines
    return {'page': name, 'width': width, 'height': height, 'scale': size[0] / width,
            'panels': [panel.polygon.tolist() for panel in drawn.panels], 'panel': chapter.state.panel,
            'lines': _png(cv2.resize(lines, size, interpolation=cv2.INTER_AREA)),
            'colors': _png(cv2.resize(colors, size, interpolation=cv2.INTER_NEAREST)),
            'hints': _png(cv2.resize(hints, size, interpolation=cv2.INTER_NEAREST)),
            'palette': chapter.state.palette, 'note': note, 'serial': next(_SERIAL)}


def nothing(note='Drop a drawing to begin.'):
    """Shows that there is no page to be seen: a value of the board. `note`: see `board`."""
    return {'page': '', 'note': note, 'serial': next(_SERIAL)}


def pages(chapter):
    """Shows the pages of a chapter: list of dicts for strip.js."""
    return [_item(name, name, chapter.thumbnail(name), name == chapter.shown) for name in chapter.pages]


def references(chapter):
    """Shows the references of a chapter, by their numbers: list of dicts for strip.js."""
    return [_item(number, f'Remove {page.inside}', thumbnail(reader.read(page)), False)
            for number, (page, _) in enumerate(chapter.reference_pages())]


def alternatives(page, number, chosen, found):
    """Shows alternatives of a panel: list of dicts for strip.js.

    Args:
      page, number: name of the page, and number of the panel in it, from 0.
      chosen: the sample that the panel takes.
      found: what `Colorist.alternatives` returns.
    """
    names = ['Likeliest', *(f'Alternative {place}' for place in range(2, len(found) + 1))]
    return [_item([page, number, sample], name, thumbnail(picture, _ALTERNATIVE), sample == chosen)
            for name, (sample, picture) in zip(names, found, strict=True)]


def _item(key, name, picture, is_shown):
    """What strip.js shows as a button: `key` is what comes back when it is clicked; `picture` has bytes of a JPEG."""
    return {'key': key, 'name': name, 'shown': is_shown, 'picture': _url(picture, 'jpeg')}


def thumbnail(picture, longest=_THUMBNAIL):
    """Makes a thumbnail of a page, uint8 [H, W, 3]: bytes of a JPEG file. `longest`: its longer side in pixels."""
    scale = min(1, longest / max(picture.shape[:2]))
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode('.jpg', cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1].tobytes()


def _png(picture):
    return _url(files.encode_png(picture), 'png')


def _url(content, kind):
    return f'data:image/{kind};base64,{base64.b64encode(content).decode()}'

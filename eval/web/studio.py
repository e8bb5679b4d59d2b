"""What the artist can do with a chapter: each function changes the work folder and tells what is to be shown then."""

import pathlib
import tempfile

import numpy as np

from data_pipeline.common import errors
from eval.formats import comic_archive, files
from eval.web import brush, view

CBZ = 'cbz'  # the whole chapter; the other formats save the page that is shown


class Studio:
    """Colors and saves the chapters of all browsers.

    Args:
      colorist: a `colorist.Colorist`.
      saved: folder for files that are saved for a browser to take.
    """

    def __init__(self, colorist, saved):
        self._colorist, self._saved = colorist, pathlib.Path(saved)

    def show(self, chapter, note=''):
        """Colors the page that is shown: a value of the board."""
        name = chapter.shown
        return view.nothing() if name is None else self._board(chapter, name, note)[0]

    def outline(self, chapter, note=''):
        """Shows the line art of the page that is shown, until it is colored: a value of the board."""
        name = chapter.shown
        if name is None:
            return view.nothing()
        drawn = self._colorist.drawn(chapter, name)
        return view.board(chapter, name, drawn, np.full_like(drawn.lines, 255), note)

    def color(self, chapter, name):
        """Colors a page, and keeps its thumbnail."""
        self._board(chapter, name, '')

    def act(self, chapter, name, actions):
        """Does what the artist did on the board.

        Args:
          chapter: a `chapter.Chapter`.
          name: of the page on the board.
          actions: list of dicts that board.js makes.
        Returns:
          A value of the board.
        Raises:
          UserError: the page or an action is none.
        """
        if name not in chapter.pages:
            raise errors.UserError('this page is no longer in the chapter')
        note = ''
        for action in actions:
            note = self._do(chapter, name, action) or note
        return self._board(chapter, name, note)[0]

    def save(self, chapter, kind):
        """Saves the page that is shown, or the chapter.

        Args:
          chapter: a `chapter.Chapter`.
          kind: one of `files.SUFFIXES`, or `CBZ`.
        Returns:
          Path of the file.
        """
        if chapter.shown is None:
            raise errors.UserError('there is no page to save')
        self._saved.mkdir(parents=True, exist_ok=True)
        folder = pathlib.Path(tempfile.mkdtemp(dir=self._saved))
        if kind == CBZ:
            path = folder / 'chapter.cbz'
            comic_archive.write(path, self._members(chapter, folder))
            return path
        path = folder / f'{pathlib.PurePosixPath(chapter.shown).stem}{files.SUFFIXES[kind]}'
        files.save(path, self._colorist.color(chapter, chapter.shown).page, kind)
        return path

    def _members(self, chapter, folder):
        """Yields the pages of an archive, with their hints beside them."""
        for name in chapter.pages:
            page = self._colorist.color(chapter, name).page
            files.save(folder / 'page.png', page, 'png')
            yield name, (folder / 'page.png').read_bytes()
        (folder / 'page.png').unlink()

    def _do(self, chapter, name, action):
        """Does one action: a note on it, or None."""
        kind = action.get('kind') if isinstance(action, dict) else None
        color = action.get('color') if kind else None
        if kind in ('keep', 'drop'):
            rest = [one for one in chapter.state.palette if one != color]
            chapter.change(palette=[*rest, color] if kind == 'keep' else rest)
        elif kind == 'undo':
            return None if chapter.undo(name) else 'There is nothing to undo.'
        elif kind == 'stroke':
            drawn = self._colorist.drawn(chapter, name)
            hints = _hints(chapter, name, drawn)
            brush.paint(hints, [action])
            chapter.change_hints(name, hints)
        elif kind in ('fill', 'choose'):
            colored = self._colorist.color(chapter, name)
            at = brush.position(action, *colored.drawn.lines.shape[:2])
            if kind == 'choose':
                chapter.change(panel=colored.drawn.panel_at(*at))
            else:
                area = colored.area_at(*at)
                if not area.any():
                    return 'There is no area: this place lies outside of the panels.'
                hints = _hints(chapter, name, colored.drawn)
                brush.fill(hints, area, at, color)
                chapter.change_hints(name, hints)
        else:
            raise errors.UserError('the page in the browser is of another version; reload it')
        return None

    def _board(self, chapter, name, note):
        """Colors a page and keeps its thumbnail: (a value of the board, `colorist.Colored`)."""
        colored = self._colorist.color(chapter, name)
        chapter.keep_thumbnail(name, view.thumbnail(colored.page.image))
        return view.board(chapter, name, colored.drawn, colored.page.colors, note), colored


def _hints(chapter, name, drawn):
    """The hints of a page, or empty ones: uint8 [H, W, 4]."""
    shape = drawn.lines.shape[:2]
    hints = chapter.hints(name, *shape)
    return np.zeros((*shape, 4), np.uint8) if hints is None else hints

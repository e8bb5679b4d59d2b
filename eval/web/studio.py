"""What the artist can do with a chapter: each function changes the work folder and tells what is to be shown then."""

import contextlib
import pathlib

import numpy as np

from data_pipeline.common import errors
from data_pipeline.panels import cutter
from eval.formats import comic_archive, files
from eval.web import brush, colorist, cuts, transfer, view

CBZ, DRAWINGS = 'cbz', 'drawings'  # the whole chapter in color, or its drawings with all that the artist gave for them


class Studio:
    """Colors and saves the chapters of all browsers.

    Args:
      colors: a `colorist.Colorist`.
      saved: folder for files that are saved for a browser to take, see `transfer`.

    Example:
      >>> from eval.web import chapter
      >>> artist = Studio(colorist.Colorist(system=None), folder)
      >>> artist.show(chapter.Chapter(folder, chapter.new_key()))['page']
      ''
    """

    def __init__(self, colors, saved):
        self._colorist, self._saved = colors, saved

    def show(self, chapter, note=''):
        """Colors the page that is shown: a value of the board."""
        name = chapter.shown
        return view.nothing() if name is None else self._board(chapter, name, note)[0]

    def show_after(self, error, chapter):
        """Shows the page and what went wrong: a value of the board. If it cannot be colored, only its line art."""
        note = str(getattr(error, 'strerror', None) or error)
        for show in (self.outline,) if isinstance(error, OSError) else (self.show, self.outline):
            with contextlib.suppress(errors.UserError, OSError):
                return show(chapter, note)
        return view.nothing(note)

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
        note = ''
        for action in actions:
            note = self._do(chapter, name, action) or note
        return self._board(chapter, name, note)[0]

    def save(self, chapter, kind):
        """Saves the page that is shown, or the chapter.

        Args:
          chapter: a `chapter.Chapter`.
          kind: one of `files.SUFFIXES` for the page, or `CBZ` or `DRAWINGS`.
        Returns:
          Path of the file.
        Raises:
          UserError: there is no page.
        """
        shown = _shown(chapter)
        folder = transfer.new_folder(self._saved)
        if kind in (CBZ, DRAWINGS):
            path = folder / ('chapter.cbz' if kind == CBZ else 'drawings.cbz')
            comic_archive.write(path, self._pages(chapter, folder) if kind == CBZ else _drawings(chapter))
            return path
        path = folder / f'{pathlib.PurePosixPath(shown).stem}{files.SUFFIXES[kind]}'
        files.save(path, self._colorist.color(chapter, shown).page, kind)
        return path

    def _pages(self, chapter, folder):
        """Yields the colored pages of an archive: (name, bytes)."""
        for name in chapter.pages:
            files.save(folder / 'page.png', self._colorist.color(chapter, name).page, 'png')
            yield name, (folder / 'page.png').read_bytes()
        (folder / 'page.png').unlink()

    def alternatives(self, chapter):
        """Colors the chosen panel in several ways: the arguments of `view.alternatives`, as a dict."""
        name = _shown(chapter)
        drawn = self._colorist.drawn(chapter, name)
        number = self._chosen(chapter, drawn)
        return {'page': name, 'number': number, 'chosen': self._panels(chapter, name, drawn)[number].sample,
                'found': self._colorist.alternatives(chapter, name, number)}

    def choose(self, chapter, name, number, sample):
        """Lets a panel of a page, by its number from 0, take one of its samples, from 1.

        Raises:
          UserError: there is no such page, panel or sample.
        """
        panels = self._panels(chapter, name, self._colorist.drawn(chapter, name))
        if number not in range(len(panels)) or sample not in range(1, colorist.ALTERNATIVES + 1):
            raise errors.UserError('this panel is no longer on the page; ask for its alternatives again')
        panels[number] = panels[number]._replace(sample=sample)
        chapter.change_panels(name, panels)

    def pin(self, chapter):
        """Makes the chosen panel a reference."""
        name = _shown(chapter)
        colored = self._colorist.color(chapter, name)
        number = self._chosen(chapter, colored.drawn)
        panel = colored.drawn.panels[number]
        stem = pathlib.PurePosixPath(name).with_suffix('')
        chapter.pin(f'{stem} panel {number + 1}', cutter.crop(colored.page.image, panel),
                    cutter.crop(colored.drawn.lines, panel))

    def _do(self, chapter, name, action):
        """Does one action: a note on it, or None."""
        kind = action.get('kind') if isinstance(action, dict) else None
        if kind in ('keep', 'drop'):
            color = action.get('color')
            rest = [one for one in chapter.state.palette if one != color]
            chapter.change(palette=[*rest, color] if kind == 'keep' else rest)
        elif kind == 'undo':
            return None if chapter.undo(name) else 'There is nothing to undo.'
        elif kind == 'stroke':
            hints = self._hints(chapter, name)
            brush.paint(hints, [action])
            chapter.change_hints(name, hints)
        elif kind == 'fill':
            return self._fill(chapter, name, action)
        elif kind in ('whole', 'find'):
            chapter.change(panel=0)
            drawn = self._colorist.drawn(chapter, name)
            chapter.change_panels(name, cuts.whole(drawn.lines) if kind == 'whole' else None)
        elif kind in ('choose', 'merge', 'across', 'down'):
            self._change_panels(chapter, name, kind, action)
        else:
            raise errors.UserError('the page in the browser is of another version; reload it')
        return None

    def _fill(self, chapter, name, action):
        """Gives an area a color: a note, or None."""
        colored = self._colorist.color(chapter, name)
        at = brush.position(action, *colored.drawn.lines.shape[:2])
        area = colored.area_at(*at)
        if not area.any():
            return 'There is no area: this place lies outside of the panels.'
        hints = self._hints(chapter, name)
        brush.fill(hints, area, at, action.get('color'))
        chapter.change_hints(name, hints)
        return None

    def _change_panels(self, chapter, name, kind, action):
        """Chooses, joins or cuts panels where the artist clicked."""
        drawn = self._colorist.drawn(chapter, name)
        at = brush.position(action, *drawn.lines.shape[:2])
        panels, chosen, number = self._panels(chapter, name, drawn), self._chosen(chapter, drawn), drawn.panel_at(*at)
        if kind == 'merge':
            chapter.change_panels(name, cuts.merge(panels, chosen, number))
            number = min(chosen, number)
        elif kind != 'choose':
            chapter.change_panels(name, cuts.split(panels, number, at, kind == 'across'))
        chapter.change(panel=number)

    @staticmethod
    def _panels(chapter, name, drawn):
        """The panels of a page, as the artist corrected them or as they were found: list of `panel_files.Given`."""
        return chapter.panels(name, *drawn.lines.shape[:2]) or cuts.given(drawn)

    def _hints(self, chapter, name):
        """The hints of a page, or empty ones: uint8 [H, W, 4]."""
        shape = self._colorist.drawn(chapter, name).lines.shape[:2]
        hints = chapter.hints(name, *shape)
        return np.zeros((*shape, 4), np.uint8) if hints is None else hints

    @staticmethod
    def _chosen(chapter, drawn):
        """The number of the panel that is chosen; the page may have fewer panels by now."""
        return min(chapter.state.panel, len(drawn.panels) - 1)

    def _board(self, chapter, name, note):
        """Colors a page and keeps its thumbnail: (a value of the board, `colorist.Colored`)."""
        colored = self._colorist.color(chapter, name)
        chapter.keep_thumbnail(name, view.thumbnail(colored.page.image))
        return view.board(chapter, name, colored.drawn, colored.page.colors, note), colored


def _shown(chapter):
    """The name of the page that is shown. Raises UserError if there is none."""
    if chapter.shown is None:
        raise errors.UserError('there is no page; add a drawing first')
    return chapter.shown


def _drawings(chapter):
    """Yields the drawings of an archive, with the hints and the panels beside them: (name, bytes)."""
    for name, page in chapter.pages.items():
        for path in (pathlib.Path(page.path), chapter.hints_path(name), chapter.panels_path(name)):
            if path.is_file():
                yield path.relative_to(chapter.drawings).as_posix(), path.read_bytes()

"""The work of one browser on a chapter, in a folder that `eval.colorize` understands. Nothing of it is kept elsewhere.

  KEY/drawings/        the pages as PNG, and NAME.hints.png and NAME.panels.json beside them
  KEY/references/      colored pictures of the same comic
  KEY/undo/            earlier hints of the pages
  KEY/thumbnails/      what the pages looked like when they were colored last
  KEY/chapter.json     the settings, the palette, and what is shown
  KEY/colorize.flags   what `python -m eval.colorize --flagfile=KEY/colorize.flags` needs for the same pictures
"""

import contextlib
import dataclasses
import json
import pathlib
import re
import secrets
import shutil
import threading

from data_pipeline.common import errors, files
from data_pipeline.outlines import outline
from data_pipeline.pictures import names, pages
from eval import hint_files, output_folder, panel_files, reference_files, settings
from eval.formats import files as formats
from eval.web import undo
from models import comic_colorizer

MOST_PAGES, MOST_REFERENCES = 300, 32  # of a chapter (our choice)
_KEY = re.compile('[0-9a-f]{32}')
_OF_HINTS = re.compile(r'\.(?=hints\.png$)', re.IGNORECASE)  # what makes a file the hints of another
_MOST_COLORS = 48  # of a palette


@dataclasses.dataclass
class State:
    """What the artist chose, as it is kept in chapter.json.

    Attributes:
      shown: name of the page that is shown; '' for the first.
      panel: number of the panel that is chosen in it.
      palette: list of colors '#rrggbb'.
      background: '#rrggbb', or 'auto'.
      temperature: of the sampling.

    Example:
      >>> State().background
      'auto'
    """

    shown: str = ''
    panel: int = 0
    palette: list = dataclasses.field(default_factory=list)
    background: str = 'auto'
    temperature: float = comic_colorizer.TEMPERATURE


def new_key():
    """Makes the key of a new chapter, which nobody can guess: str."""
    return secrets.token_hex(16)


class Chapter:
    """A chapter on disk.

    Args:
      root: folder of all work.
      key: 32 hexadecimal digits, see `new_key`. Who knows it sees the chapter.
      flags: lines for colorize.flags that name the system, such as '--weights=runs/lrc'.
    Raises:
      UserError: this is no key.

    Example:
      >>> Chapter(folder, new_key()).pages
      {}
    """

    def __init__(self, root, key, flags=()):
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise errors.UserError('this is no key of a chapter')
        self.folder = pathlib.Path(root, key).absolute()
        self.drawings, self.references = self.folder / 'drawings', self.folder / 'references'
        self.lock = threading.RLock()
        self._flags, self._pages = flags, None
        self.state = State()
        try:
            stored = json.loads((self.folder / 'chapter.json').read_text(encoding='utf-8'))
            self.state = State(**stored)
        except (OSError, ValueError, TypeError):  # a new chapter, or a damaged file
            pass

    @property
    def pages(self):
        """The pages in order: {name: `pages.Page`}. A name is the path below `drawings`."""
        with self.lock:
            if self._pages is None:
                listed = pages.find([self.drawings]).pages if self.drawings.is_dir() else []
                drawings = hint_files.find(panel_files.find(listed).drawings, [self.drawings]).drawings
                self._pages = {page.inside: page for page in drawings}
            return self._pages

    @property
    def shown(self):
        """Name of the page that is shown; None without pages."""
        return self.state.shown if self.state.shown in self.pages else next(iter(self.pages), None)

    @property
    def settings(self):
        """The `settings.Settings` that `eval.colorize` has with colorize.flags."""
        return settings.Settings(temperature=self.state.temperature, background=settings.parse_background(
            self.state.background), previous=False)

    def seed(self, name):
        """The seed that `eval.colorize` gives a page."""
        return self.settings.plans([self.pages[name]])[0][0].seed

    def change(self, **changes):
        """Changes attributes of the state, and keeps it on disk.

        Raises:
          UserError: a value cannot be used.
        """
        with self.lock:
            changed = dataclasses.replace(self.state, **changes)
            if not isinstance(changed.shown, str):
                raise errors.UserError('this is no page')
            settings.parse_background(changed.background)
            for color in changed.palette:
                settings.parse_color(color)
            if not 0 < changed.temperature <= 2:
                raise errors.UserError('the temperature is above 0 and at most 2')
            changed.palette = list(dict.fromkeys(changed.palette))[:_MOST_COLORS]
            self.state = changed
            self.save()

    def save(self):
        """Writes chapter.json and colorize.flags."""
        self.folder.mkdir(parents=True, exist_ok=True)
        flags = [f'--input={self.drawings}', '--reference=none', f'--temperature={self.state.temperature}',
                 f'--background={self.state.background}', *self._flags]
        if self.reference_pages():
            flags.append(f'--reference={self.references}')
        for name, text in (('chapter.json', json.dumps(dataclasses.asdict(self.state))),
                           ('colorize.flags', '\n'.join(flags))):
            with files.atomic_write(self.folder / name) as part:
                part.write_text(f'{text}\n', encoding='utf-8')

    def add(self, paths):
        """Adds the drawings in files and archives, with their hints.

        Args:
          paths: files, as they were uploaded.
        Returns:
          (names of the pages that are new, list of remarks on what is left out).
        """
        listing = pages.find(paths)
        cut = panel_files.find(listing.pages)
        found = hint_files.find(cut.drawings, paths)
        remarks = [f'left out {name}: {reason}' for name, reason in listing.failed]
        with self.lock:
            new, added = _new_names([*self.pages], [page.name for page in found.drawings]), []
            for name, page in zip(new, found.drawings, strict=True):
                if len(self.pages) + len(added) >= MOST_PAGES:
                    remarks.append(f'left out what follows {page.name}: a chapter has at most {MOST_PAGES} pages')
                    break
                with _remarked(page, remarks):
                    picture = pages.read(page)
                    if outline.is_colored(picture):
                        raise errors.UserError('in color already; it can be a reference')
                    _write(self.drawings / name, picture)
                    added.append(name)
                    size = picture.shape[:2]
                    with _remarked(cut.files.get(page.name), remarks) as panels:
                        self.change_panels(name, panels and panel_files.read(panels, *size))
                    with _remarked(found.hints.get(page.name), remarks) as hints:
                        if hints and (layer := hint_files.read(hints, *size)) is not None:
                            _write(self.hints_path(name), layer)
            self._pages = None
            if added:
                self.change(shown=added[0], panel=0)
        return added, remarks

    def remove(self, name):
        """Removes a page with its hints."""
        with self.lock:
            if name in self.pages:
                pathlib.Path(self.pages[name].path).unlink(missing_ok=True)
                for path in (self.hints_path(name), self.panels_path(name), self._thumbnail_path(name)):
                    path.unlink(missing_ok=True)
                shutil.rmtree(self._undo_folder(name), ignore_errors=True)
                self._pages = None

    def delete(self):
        """Deletes the chapter from the disk."""
        with self.lock:
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self._pages, self.state = None, State()

    def thumbnail(self, name):
        """The thumbnail that was kept last: bytes, empty if there is none."""
        path = self._thumbnail_path(name)
        return path.read_bytes() if path.is_file() else b''

    def keep_thumbnail(self, name, content):
        """Keeps a thumbnail of a page, bytes of a JPEG file."""
        path = self._thumbnail_path(name)
        with self.lock:
            if name in self.pages:  # it may have been removed while it was colored
                path.parent.mkdir(parents=True, exist_ok=True)
                with files.atomic_write(path) as part:
                    part.write_bytes(content)

    def hints(self, name, height, width):
        """Reads the hints of a page: uint8 [H, W, 4], see `hint_files.read`, or None."""
        path = self.hints_path(name)
        return hint_files.read(_page_of(path), height, width) if path.is_file() else None

    def change_hints(self, name, hints):
        """Replaces the hints of a page, and keeps the earlier ones for `undo`.

        Args:
          name: of the page.
          hints: uint8 [H, W, 4], RGB and 255 where there is a hint, else 0.
        """
        with self.lock:
            undo.keep(self._undo_folder(name), self.hints_path(name))
            _write(self.hints_path(name), hints)

    def panels(self, name, height, width):
        """Reads the panels that the artist corrected: list of `panel_files.Given`, or None."""
        path = self.panels_path(name)
        return panel_files.read(_page_of(path), height, width) if path.is_file() else None

    def change_panels(self, name, given):
        """Keeps the panels of a page, a list of `panel_files.Given`; None lets them be found again."""
        with self.lock:
            if given is None:
                self.panels_path(name).unlink(missing_ok=True)
            else:
                panel_files.write(self.panels_path(name), given)

    def hints_path(self, name):
        """The path of the hints of a page, whether there are any or not."""
        return self.drawings / f'{output_folder.without_suffix(name)}.hints.png'

    def panels_path(self, name):
        """The path of the panels of a page, whether there are any or not."""
        return pathlib.Path(panel_files.path_of(self.drawings / name))

    def undo(self, name):
        """Takes back the last change of a page's hints: whether there was one."""
        with self.lock:
            return undo.take_back(self._undo_folder(name), self.hints_path(name))

    def reference_pages(self):
        """The references, as `eval.colorize` finds them: list of (`pages.Page`, its companions)."""
        return reference_files.find([self.references], [], []).pictures if self.references.is_dir() else []

    def add_references(self, paths):
        """Adds colored pictures as references: list of remarks on what is left out."""
        listing = pages.find(paths)
        remarks = [f'left out {name}: {reason}' for name, reason in listing.failed]
        with self.lock:
            taken = [page.inside for page, _ in self.reference_pages()]
            new = _new_names(taken, [page.name for page in listing.pages])
            for name, page in zip(new, listing.pages, strict=True):
                if len(self.reference_pages()) >= MOST_REFERENCES:
                    remarks.append(f'left out {page.name}: a chapter has at most {MOST_REFERENCES} references')
                    break
                with _remarked(page, remarks):
                    picture = pages.read(page)
                    if not outline.has_hue(picture):
                        raise errors.UserError('not in color')
                    _write(self.references / name, picture)
            self.save()
        return remarks

    def pin(self, name, colors, lines):
        """Makes a colored panel a reference, with its own line art.

        Args:
          name: of the reference.
          colors, lines: uint8 [h, w, 3].
        """
        with self.lock:
            name = name.replace('/', ' ')
            _write(self.references / f'{name}.line.png', lines)
            _write(self.references / f'{name}.color.png', colors)
            self.save()

    def remove_reference(self, number):
        """Removes a reference, by its number in `reference_pages`. Raises UserError if there is none."""
        with self.lock:
            found = self.reference_pages()
            if number not in range(len(found)):
                raise errors.UserError('this reference is no longer there')
            page, beside = found[number]
            for of in (page, *beside.values()):
                pathlib.Path(of.path).unlink(missing_ok=True)
            self.save()

    def _thumbnail_path(self, name):
        return self.folder / 'thumbnails' / f'{name}.jpg'

    def _undo_folder(self, name):
        return self.folder / 'undo' / name


def _new_names(taken, given):
    """Names files after pictures that are given, so that none is taken, or that of hints: list of str."""
    new = [_OF_HINTS.sub('_', f'{stem}.png') for stem in output_folder.result_names(given, ['.png'] * len(given))]
    return names.unique([*taken, *new])[len(taken):]


@contextlib.contextmanager
def _remarked(page, remarks):
    """Lets a `pages.Page` be used. If it cannot be used, a remark says so, and the others go on."""
    try:
        yield page
    except (errors.UserError, OSError) as error:
        remarks.append(f'left out {page.name}: {getattr(error, "strerror", None) or error}')


def _page_of(path):
    """The `pages.Page` of a file."""
    return pages.Page(path.name, path.name, '', str(path))


def _write(path, picture):
    """Writes a picture, uint8 [H, W, 3] or [H, W, 4], as PNG, and makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_write(path) as part:
        part.write_bytes(formats.encode_png(picture))

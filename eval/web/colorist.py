"""Colors the pages of chapters as `eval.colorize` does. What a change leaves as it was is not computed again.

A page is read and cut once. A square is colored anew if its hints, its seed, the settings or the references change. So
a hint costs the networks one square, and the page's own areas.
"""

import dataclasses
import hashlib
import os
import threading
import typing

import numpy as np

from data_pipeline.common import errors
from eval import page_colors, reading, reference_bank, reference_files
from eval.formats import layered
from eval.settings import Settings
from eval.web.cache import Cache

ALTERNATIVES = 4
_MOST_PIXELS, _MOST_COLORED = 12_000_000, 6_000_000  # of pages that are kept cut, and colored
_MOST_SQUARES, _MOST_BANKS = 400, 16  # colored squares and encoded references that are kept; a square has 0.3 MB


class Colored(typing.NamedTuple):
    """A page with its colors.

    Example:
      >>> Colored(drawn=None, results=[], page=None).results
      []
    """

    drawn: page_colors.Drawn
    results: list  # for each square what the networks made of it, see `page_colors.put_together`
    page: layered.ColoredPage

    def area_at(self, x, y):
        """Finds the area of a pixel, see `page_colors.area_at`."""
        return page_colors.area_at(self.drawn, self.results, x, y)


class Colorist:
    """Colors pages for all browsers. One square passes the networks at a time.

    Args:
      system: a `systems.LocalSystem` or a `client.RemoteSystem`.

    Example:
      >>> colorist = Colorist(system=None)
    """

    def __init__(self, system):
        self.system = system
        self._networks = threading.Lock()
        self._drawn = Cache(_MOST_PIXELS, lambda drawn: drawn.lines.size // 3)
        self._colored = Cache(_MOST_COLORED, lambda colored: colored.page.paper.size)
        self._squares, self._banks = Cache(_MOST_SQUARES), Cache(_MOST_BANKS)

    def warm_up(self):
        """Colors a blank square, since the first one takes seconds. Raises OSError if a server does not answer."""
        size = self.system.size
        square = page_colors.Square(0, (0, 0, size, size), np.full((size, size), 255, np.uint8),
                                    np.zeros((size, size, 4), np.uint8))
        self._ask_networks(square, 0, Settings(), [])

    def forget(self):
        """Empties the caches: whether there was anything in them."""
        return any([cache.clear() for cache in (self._drawn, self._colored, self._squares, self._banks)])

    def drawn(self, chapter, name):
        """Reads a page and takes it apart, with its hints.

        Args:
          chapter: a `chapter.Chapter`.
          name: of one of its pages.
        Returns:
          A `page_colors.Drawn`.
        Raises:
          UserError: the page or its hints cannot be read.
        """
        page = self._page(chapter, name)

        def make():
            drawing, white = reading.line_art_of(page, extract_outline=False)
            return page_colors.take_apart(drawing, white, self.system.size,
                                          given=chapter.panels(name, *drawing.shape[:2]))

        drawn = self._drawn.get(_versions(page.path, chapter.panels_path(name)), make)
        return page_colors.with_hints(drawn, chapter.hints(name, *drawn.lines.shape[:2]))

    def color(self, chapter, name):
        """Colors a page: `Colored`. Arguments and errors are those of `drawn`."""
        settings, (_, references) = chapter.settings, self._bank(chapter)
        files = self._page(chapter, name).path, chapter.panels_path(name), chapter.hints_path(name)

        def make():
            drawn, seed = self.drawn(chapter, name), chapter.seed(name)
            results = [self._color_square(square, seed, chapter) for square in drawn.squares]
            return Colored(drawn, results, page_colors.put_together(drawn, results))

        return self._colored.get((_versions(*files), _decisive(settings), references), make)

    def alternatives(self, chapter, name, number):
        """Colors a panel in several ways.

        Args:
          chapter, name: see `drawn`.
          number: of the panel, from 0.
        Returns:
          List of (sample, from 1; uint8 [h, w, 3]), the one that the networks find likeliest first. A server does not
          tell how likely its pictures are; then they are in order.
        """
        drawn, seed = self.drawn(chapter, name), chapter.seed(name)
        panel, own = drawn.panels[number], [one for one in drawn.squares if one.panel == number]
        alone = dataclasses.replace(drawn, panels=[panel], squares=[one._replace(panel=0) for one in own])
        top, left, bottom, right = panel.box
        likely = getattr(self.system, 'log_likelihood', lambda drawings, low_res: np.zeros(len(drawings)))
        found = []
        for sample in range(1, ALTERNATIVES + 1):
            results = [self._color_square(one.with_sample(sample), seed, chapter) for one in own]
            picture = page_colors.put_together(alone, results).image[top:bottom, left:right]
            with self._networks:
                score = sum(likely(one.fitted[None], result['low_res'][None])[0]
                            for one, result in zip(own, results, strict=True))
            found.append((-score, sample, picture))
        return [one[1:] for one in sorted(found, key=lambda one: one[:2])]

    @staticmethod
    def _page(chapter, name):
        """Finds a page, a `pages.Page`. Raises UserError if it is no longer there."""
        if not isinstance(name, str) or name not in chapter.pages:
            raise errors.UserError('this page is no longer in the chapter')
        return chapter.pages[name]

    def _color_square(self, square, seed, chapter):
        """Lets the networks color a square, if they have not done so: what they make of one picture."""
        settings, (members, references) = chapter.settings, self._bank(chapter)
        if square.hints is None:  # empty hints change nothing, but one graph then serves all squares
            square = square._replace(hints=np.zeros((*square.fitted.shape, 4), np.uint8))
        content = hashlib.sha256(square.fitted.tobytes() + square.hints.tobytes()).digest()
        key = seed, square.seed, content, _decisive(settings), references
        return self._squares.get(key, lambda: self._ask_networks(square, seed, settings, members))

    def _ask_networks(self, square, seed, settings, members):
        references = np.stack([one.encoded for one in members])[None] if members else None
        with self._networks:
            pictures = self.system.colorize(square.fitted[None], [seed + square.seed], settings.temperature,
                                            settings.background, square.hints[None], references)
        return {name: pictures[name][0] for name in ('image', 'low_res', 'background_mask')}

    def _bank(self, chapter):
        """Reads and encodes the references of a chapter: (list of `reference_bank.Member`, their checksum)."""
        pictures = chapter.reference_pages()
        changed = _versions(*(of.path for page, beside in pictures for of in (page, *beside.values())))

        def make():
            references, _ = reference_files.read(pictures, self.system.size)
            with self._networks:
                return reference_bank.encode(references, self.system), reference_files.checksum(references)

        return self._banks.get(changed, make) if changed else ([], '')


def _versions(*paths):
    """Tells versions of files apart: a tuple of each path with its identity, time and size; None for a missing one."""
    return tuple((str(path), _version(path)) for path in paths)


def _version(path):
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _decisive(settings):
    """What of the settings decides the colors: a tuple."""
    return settings.temperature, None if settings.background is None else tuple(settings.background.tolist())

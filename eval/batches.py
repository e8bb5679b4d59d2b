"""Pages on their way through a run, and the batches of their squares.

Squares of a chapter are colored in order: a batch waits for the one before it, whose pictures are references for it.
So that results do not depend on how fast pages are read, the batches of a chapter follow from its pages alone: each has
as many squares as the networks take, across pages, but ends at the end of a page if its pages together are large. Other
squares take over nothing from each other, so they are colored with whatever is there.
"""

import collections
import dataclasses
import functools
import typing

import numpy as np

from data_pipeline.pictures import pages
from eval import continuation, explain, page_colors, reference_bank


@dataclasses.dataclass
class Sheet:
    """A page on its way: what was read, and what became of it.

    Attributes:
      number: of the page in the run, from 1.
      page: a `pages.Page`.
      steps: list of the `continuation.Step`s of its results.
      drawn: a `page_colors.Drawn`, or None if there is nothing to color.
      error: why the page cannot be colored, or None.
      complaint: why its hints or its panels cannot be used, or None.
      remarks: what is said beside its name.
      left: number of its results that are being colored.

    Example:
      >>> Sheet(1, page=None).pixels
      0
    """

    number: int
    page: pages.Page
    steps: list = dataclasses.field(default_factory=list)
    drawn: page_colors.Drawn | None = None
    error: str | None = None
    complaint: str | None = None
    remarks: list = dataclasses.field(default_factory=list)
    left: int = 0

    @property
    def pixels(self):
        return self.drawn.lines.size // 3 if self.drawn else 0


class Job(typing.NamedTuple):
    """One result of a page on its way.

    Example:
      >>> Job(Sheet(1, page=None), step=None, colored=[], taken=[]).colored
      []
    """

    sheet: Sheet
    step: continuation.Step
    colored: list  # what the networks made of each of its squares so far; see `systems.LocalSystem.colorize`
    taken: list  # for each of them the `explain.Taken`, if that is asked for


class Batch(typing.NamedTuple):
    """Squares that are colored together.

    Example:
      >>> Batch([], chapter=None, members=[], references=None).squares
      []
    """

    squares: list  # of (`Job`, `page_colors.Square`)
    chapter: object  # the `_Chapter` that they belong to, or None
    members: list  # of `reference_bank.Member`, their references
    references: np.ndarray | None  # float32 [R, L, L, K + 4], the same for the networks

    def colorize(self, system, settings):
        """Lets a system color the squares with the settings of a run: what `systems.LocalSystem.colorize` returns."""
        given = {}
        if self.references is not None or self.chapter:
            given = {'chapter': np.ones(len(self.squares), np.int64) if self.chapter else None, 'references': None}
        if self.references is not None:
            given['references'] = np.broadcast_to(self.references, [len(self.squares), *self.references.shape])
        return system.colorize(
            np.stack([part.fitted for _, part in self.squares]),
            [job.step.result.seed + part.seed for job, part in self.squares],
            settings.temperature, settings.background, _stacked([part.hints for _, part in self.squares]), **given)


class _Chapter:
    """The squares of a chapter that wait, in order, and its bank."""

    def __init__(self, bank):
        self.bank = bank
        self.open = []  # (job, square) that do not fill a batch yet
        self.full = collections.deque()  # batches, lists of (job, square)
        self.is_busy = self.is_complete = False

    def fill(self):
        """Makes a batch of the squares that are there."""
        if self.open:
            self.full.append(self.open)
            self.open = []


class Batches:
    """Makes batches of the squares of pages, and gives each page the colors of its squares.

    Args:
      run: a `coloring.Run`.
      size: the most squares of a batch.
      most_pixels: a batch of a chapter ends with the page with which its pages have so many pixels.

    Example:
      >>> Batches(run=None, size=4, most_pixels=50_000_000).is_empty
      True
    """

    def __init__(self, run, size, most_pixels):
        self._run, self._size, self._most_pixels = run, size, most_pixels
        self._alone = collections.deque()  # (job, square) of no chapter
        self._chapters = {}

    @property
    def is_empty(self):
        """Whether no squares wait and no chapter is on its way."""
        return not (self._alone or self._chapters)

    @functools.cached_property
    def _given(self):
        """The references that the user gives: list of `reference_bank.Member`."""
        return reference_bank.encode(self._run.references, self._run.system)

    def add(self, job):
        """Adds the squares of a page for one of its results, a `Job`."""
        squares = [(job, part) for part in job.sheet.drawn.squares]
        key = job.step.chapter
        if key is None or job.step.is_alone and len(squares) < 2:
            self._alone += squares
            return
        if key not in self._chapters:
            self._chapters[key] = _Chapter(reference_bank.Bank(self._given, grows=True))
        chapter = self._chapters[key]
        for one in squares:
            chapter.open.append(one)
            if len(chapter.open) == self._size:
                chapter.fill()
        if sum({of.sheet.number: of.sheet.pixels for of, _ in chapter.open}.values()) >= self._most_pixels:
            chapter.fill()

    def close(self, key):
        """Notes that all squares of a chapter are there."""
        if key in self._chapters:
            self._chapters[key].is_complete = True
            self._chapters[key].fill()
            self._drop_complete()

    def is_ready(self, partly=False):
        """Tells whether there is a batch, or squares for a part of one, that need not wait."""
        return len(self._alone) >= (1 if partly else self._size) or self._ready() is not None

    def next(self):
        """Takes the next `Batch`, of a chapter that waits for none, or of squares of no chapter."""
        chapter = self._ready()
        if chapter is None:
            squares = [self._alone.popleft() for _ in range(min(self._size, len(self._alone)))]
            bank = reference_bank.Bank(self._given, grows=False)
        else:
            chapter.is_busy = True
            squares, bank = chapter.full.popleft(), chapter.bank
        return Batch(squares, chapter, bank.members, bank.references())

    def end(self, batch, pictures):
        """Gives the colors of a batch to the jobs, and to its chapter as references.

        Args:
          batch: a `Batch`.
          pictures: what its `colorize` returned.
        Returns:
          List of `Job`s that have the colors of all their squares now.
        """
        pictures = dict(pictures)
        encoded, match, confidence = (pictures.pop(name, None) for name in ('reference', 'match', 'match_confidence'))
        panels = []
        if encoded is not None and batch.chapter:
            panels = [reference_bank.member(encoded[k], part.fitted, pictures['image'][k],
                                            f'{job.sheet.page.name}, panel {part.panel + 1}')
                      for k, (job, part) in enumerate(batch.squares)]
        complete = []
        for k, (job, _) in enumerate(batch.squares):
            job.colored.append({key: of[k] for key, of in pictures.items()} if job.step.is_made else None)
            if self._run.explanations:
                job.taken.append(explain.Taken.nothing() if match is None else explain.Taken(
                    match[k], confidence[k], [*batch.members, *panels]))
            if len(job.colored) == len(job.sheet.drawn.squares):
                complete.append(job)
        if batch.chapter:
            if match is not None:
                batch.chapter.bank.add(panels, match, confidence)
            batch.chapter.is_busy = False
            self._drop_complete()
        return complete

    def _ready(self):
        """Finds the first chapter with a batch that waits for none: a `_Chapter`, or None."""
        return next((chapter for chapter in self._chapters.values() if chapter.full and not chapter.is_busy), None)

    def _drop_complete(self):
        self._chapters = {key: chapter for key, chapter in self._chapters.items()
                          if not chapter.is_complete or chapter.full or chapter.is_busy}


def _stacked(hints):
    """Makes a batch of the hints of squares, each [S, S, 4] or None: [B, S, S, 4], or None if there are none."""
    given = [one for one in hints if one is not None]
    return np.stack([np.zeros_like(given[0]) if one is None else one for one in hints]) if given else None

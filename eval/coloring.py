"""Colors the pictures of one run of eval.colorize, and writes the results.

A run is one stream. While the networks color batches of squares, one thread reads the next pages and cuts them into
squares, and another one puts colors back into pages that are complete, and writes them:

    read, clean, cut  ->  batches of squares, across pages  ->  put back, write
"""

import collections
import contextlib
import dataclasses
import errno
import pathlib
import typing
from concurrent import futures

import cv2
import numpy as np

from data_pipeline.common import errors
from data_pipeline.outlines import cleaning, outline
from data_pipeline.pictures import pages, pixels
from eval import chapters, contact_sheet, hint_files, output_folder, page_colors, progress
from eval.formats import files as formats
from eval.settings import Settings

BATCH_SIZE = 4  # the most squares that the networks color at a time (our choice)
_BATCHES = 3  # batches that are colored at the same time (our choice); one alone leaves cores idle
_MOST_PIXELS = 50_000_000  # of the pages that wait for their colors
_READ_AHEAD, _UNWRITTEN = 2, 3  # the most pages that are read ahead, and that wait to be written
_PANEL_SEEDS = 2**32  # what panel k of a page adds to its seed is k times this number, above all seeds of pages
_THUMBNAIL = 400  # pixels; the longer side of a picture for the contact sheet
_TITLES = {'outline': 'outline', 'low_res': 'low resolution', 'background_mask': 'background', 'image': 'result'}


@dataclasses.dataclass
class _Sheet:
    """A page on its way: what was read, and what became of it.

    Attributes:
      number: of the page in the run, from 1.
      page: a `pages.Page`.
      plan: list of its `Result`s.
      left: list of those that are to be made.
      picture: checksum of the picture and its hints.
      drawn: a `page_colors.Drawn`, or None if there is nothing to color.
      error: why the page cannot be colored, or None.
      complaint: why its hints cannot be used, or None.
      remarks: what is said beside its name.
    """

    number: int
    page: pages.Page
    plan: list
    left: list = dataclasses.field(default_factory=list)
    picture: str = ''
    drawn: page_colors.Drawn | None = None
    error: str | None = None
    complaint: str | None = None
    remarks: list = dataclasses.field(default_factory=list)

    @property
    def pixels(self):
        return self.drawn.lines.size // 3 if self.drawn else 0


class _Job(typing.NamedTuple):
    """One result of a page, and the colors of its squares so far."""

    sheet: _Sheet
    result: object
    colored: list


def line_art_of(page, extract_outline, inverted=False, remarks=None):
    """Reads a drawing at its own size.

    Args:
      page: a `pages.Page`.
      extract_outline: whether to extract the outline of a picture in color.
      inverted: see `cleaning.clean_array`.
      remarks: see `pages.read`.
    Returns:
      (drawing uint8 [H, W, 3], black on white, and white float [3]); see `cleaning.clean_array`.
    Raises:
      PageError: the picture cannot be read, or is in color and its outline is not asked for.
    """
    picture = pages.read(page, remarks)
    if not outline.is_colored(picture):
        return cleaning.clean_array(picture, inverted)
    if not extract_outline:
        raise pixels.PageError('in color already (--extract_outline would color its outline)')
    return np.repeat(outline.extract(picture)[..., None], 3, axis=-1), np.float32([outline.PAPER] * 3)


@contextlib.contextmanager
def reported(name):
    """Reports a file that cannot be written, and lets the run go on, except where the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f'skipped {name}: cannot be written ({error.strerror or error})', flush=True)


@dataclasses.dataclass
class Run:
    """Colors pictures and writes the results. Counts those that it made (`colored`) and those of earlier runs (`done`).

    Args:
      system: a `systems.LocalSystem` or a `client.RemoteSystem`.
      settings: a `Settings`.
      output: folder to write to.
      overwrite: whether results that are done are made again.
      hints: for the names of pages that have hints the `pages.Page` of these; see `hint_files.find`.

    Example:
      >>> Run(system=None, settings=Settings(), output=folder).colored
      0
    """

    system: object
    settings: Settings
    output: pathlib.Path
    overwrite: bool = False
    hints: dict = dataclasses.field(default_factory=dict)
    colored: int = 0
    done: int = 0

    def color(self, found, plans):
        """Colors pictures, and prints progress.

        Args:
          found: list of `pages.Page`.
          plans: for each page its list of `Result`.
        Returns:
          Paths of contact sheets that were written.
        Raises:
          OSError: the disk is full, or a server does not answer.
        """
        self._record = output_folder.Record(self.output)
        # Earlier sheets stay if some of their pictures may be done.
        continues = not self.overwrite and any(self._record.is_done(r) for plan in plans for r in plan)
        self._contact_sheet = contact_sheet.ContactSheet(
            pathlib.Path(self.output, output_folder.SHEET), tuple(_TITLES.values()), replace=not continues)
        self._chapters = chapters.Chapters(self.output, found, plans)
        self._progress = progress.Progress(len(found))
        self._waiting = collections.deque()  # (job, square) without colors
        self._coloring = collections.deque()  # (list of (job, square), future)
        self._writing = collections.deque()  # (job, future)
        try:
            with (futures.ThreadPoolExecutor(1) as reader, futures.ThreadPoolExecutor(1) as self._writer,
                  futures.ThreadPoolExecutor(_BATCHES) as self._networks):
                try:
                    self._stream(reader, found, plans)
                finally:
                    for threads in (reader, self._networks):
                        threads.shutdown(cancel_futures=True)
                    self._finish_the_rest()
        finally:
            with reported(output_folder.RECORD):
                self._record.save()
            with reported(output_folder.SHEET):
                self._contact_sheet.flush()
        return self._contact_sheet.written

    def _stream(self, reader, found, plans):
        """Leads all pages through the stages. Only this thread counts, prints and knows what is done."""
        todo = collections.deque(enumerate(zip(found, plans, strict=True), 1))
        reading, self._pixels, last = collections.deque(), 0, 0
        while todo or reading or self._waiting or self._coloring or self._writing:
            while todo and len(reading) < _READ_AHEAD and self._pixels + last * len(reading) < _MOST_PIXELS:
                number, (page, plan) = todo.popleft()
                reading.append(reader.submit(self._read, number, page, plan))
            if reading and self._pixels < _MOST_PIXELS:
                sheet = reading.popleft().result()
                last = sheet.pixels
                self._begin(sheet)
            elif self._waiting:
                self._color_batch()  # not full, since no page is ready or memory has no room
            elif self._coloring:
                self._end_batch()
            elif self._writing:
                self._finish_one()
            while len(self._waiting) >= BATCH_SIZE:
                self._color_batch()
            while self._writing and (self._writing[0][1].done() or len(self._writing) > _UNWRITTEN):
                self._finish_one()

    def _read(self, number, page, plan):
        """Reads a page and takes it apart: a `_Sheet`. Runs in the reader's thread."""
        sheet = _Sheet(number, page, plan)
        try:
            sheet.picture = output_folder.picture_checksum(page, self.hints.get(page.name))
            sheet.left = [result for result in plan
                          if self.overwrite or not self._record.is_done(result, sheet.picture)]
            if sheet.left:
                drawing, white = line_art_of(page, self.settings.extract_outline, self.settings.inverted, sheet.remarks)
                hints = self._read_hints(sheet, *drawing.shape[:2])
                sheet.drawn = page_colors.take_apart(drawing, white, self.system.size, self.settings.panels == 'whole',
                                                     hints)
                if not sheet.drawn.is_cut and self.settings.panels == 'auto':
                    sheet.remarks.append('no panels found: colored whole')
        except errors.UserError as error:
            sheet.error = str(error)
        return sheet

    def _read_hints(self, sheet, height, width):
        """Reads the hints of a page, see `hint_files.read`. If they cannot be used, notes why, and gives None."""
        source = self.hints.get(sheet.page.name)
        if source is None:
            return None
        try:
            hints = hint_files.read(source, height, width)
        except errors.UserError as error:
            sheet.complaint = f'{source.name}: {error}; colored without hints'
            return None
        if hints is not None:
            sheet.remarks.append('hints')
        return hints

    def _begin(self, sheet):
        """Lets the squares of a page wait for the networks."""
        if sheet.error:
            self._progress.page(sheet)
            self._complete(sheet.plan)
            return
        done = [result for result in sheet.plan if result not in sheet.left]
        self.done += len(done)
        self._complete(done)
        refused = [result for result in sheet.left if not self._make_room(result.name)]
        sheet.left = [result for result in sheet.left if result not in refused]
        self._complete(refused)
        self._pixels += sheet.pixels if sheet.left else 0
        for job in [_Job(sheet, result, []) for result in sheet.left]:
            self._waiting += [(job, part) for part in sheet.drawn.squares]
            if not sheet.drawn.squares:
                self._write(job)

    def _make_room(self, name):
        """Makes a result's folder, before time is spent on its colors: True if that is possible."""
        with reported(name):
            pathlib.Path(self.output, name).parent.mkdir(parents=True, exist_ok=True)
            return True
        return False

    def _color_batch(self):
        """Lets the networks color up to a batch of the squares that wait. The first batch, which compiles, is alone."""
        while len(self._coloring) > (_BATCHES if self._progress.has_begun else 0):
            self._end_batch()
        batch = [self._waiting.popleft() for _ in range(min(BATCH_SIZE, len(self._waiting)))]
        seeds = [job.result.seed + part.panel * _PANEL_SEEDS for job, part in batch]
        self._coloring.append((batch, self._networks.submit(
            self.system.colorize, np.stack([part.fitted for _, part in batch]), seeds, self.settings.temperature,
            self.settings.background, _stacked([part.hints for _, part in batch]))))

    def _end_batch(self):
        """Waits for the colors of the batch that is first."""
        batch, future = self._coloring.popleft()
        with self._progress.batch():
            pictures = future.result()
        for k, (job, _) in enumerate(batch):
            job.colored.append({key: of[k] for key, of in pictures.items()})
            if len(job.colored) == len(job.sheet.drawn.squares):
                self._write(job)

    def _write(self, job):
        """Lets a result that has all its colors be written."""
        self._record.forget(job.result.name)
        self._writing.append((job, self._writer.submit(self._save, job)))

    def _save(self, job):
        """Puts the colors back into the page and writes it: its pictures for the sheet. Runs in the writer's thread."""
        drawn, result = job.sheet.drawn, job.result
        page = page_colors.put_together(drawn, job.colored)
        low_res = page_colors.low_resolution(drawn, job.colored, _THUMBNAIL)
        lines, colors = _small(drawn.lines), _small(page.colors)
        shown = [lines, low_res, _small(page.background), cv2.multiply(lines, colors, scale=1 / 255)]
        formats.save(pathlib.Path(self.output, result.name), page, result.format, self.settings.transparent,
                     self.settings.flats)
        return shown

    def _finish_one(self):
        """Waits for the result that is written first, and notes that it is done."""
        job, future = self._writing.popleft()
        sheet, result = job.sheet, job.result
        with reported(result.name):
            pictures = future.result()
            self.colored += 1
            with reported(output_folder.SHEET):
                self._contact_sheet.add(result.name, pictures, sheet.number)
            with reported(output_folder.RECORD):
                self._record.add(result.name, result.settings, sheet.picture)
        sheet.left.remove(result)
        if not sheet.left:
            self._pixels -= sheet.pixels
            self._progress.page(sheet)
        self._complete([result], is_new=True)

    def _finish_the_rest(self):
        """Notes what is written after an error ended the run."""
        while self._writing:
            with contextlib.suppress(OSError):  # the first error counts
                self._finish_one()

    def _complete(self, results, is_new=False):
        """Notes that there is nothing more to do for results, and writes the archives that are complete now."""
        for result in results:
            if self._chapters.complete(result, is_new):
                with reported(result.archive):
                    self._chapters.write(result.archive, self._record)


def _stacked(hints):
    """Makes a batch of the hints of squares, each [S, S, 4] or None: [B, S, S, 4], or None if there are none."""
    given = [one for one in hints if one is not None]
    return np.stack([np.zeros_like(given[0]) if one is None else one for one in hints]) if given else None


def _small(picture):
    """Shrinks a picture for the contact sheet."""
    scale = _THUMBNAIL / max(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

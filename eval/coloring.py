"""Colors the pictures of one run of eval.colorize, and writes the results.

A run is one stream. While the networks color batches of squares, one thread reads the next pages and cuts them into
squares, and another one puts colors back into pages that are complete, and writes them:

    read, clean, cut  ->  batches of squares, across pages  ->  put back, write

What was colored before in a chapter is reference for what comes next; see `batches`.
"""

import collections
import contextlib
import dataclasses
import pathlib
from concurrent import futures

import cv2

from eval import batches, chapters, contact_sheet, explain, output_folder, page_colors, progress, reading
from eval.formats import files as formats
from eval.settings import Settings

BATCH_SIZE = 4  # the most squares that the networks color at a time (our choice)
_BATCHES = 3  # batches that are colored at the same time (our choice); one alone leaves cores idle
_MOST_PIXELS = 50_000_000  # of the pages that wait for their colors
_READ_AHEAD, _UNFINISHED, _UNWRITTEN = 2, 32, 3  # the most pages that are read ahead, on their way, and to be written
_THUMBNAIL = 400  # pixels; the longer side of a picture for the contact sheet
_TITLES = {'outline': 'outline', 'low_res': 'low resolution', 'background_mask': 'background', 'image': 'result'}


@dataclasses.dataclass
class Run:
    """Colors pictures and writes the results. Counts those that it made (`colored`) and those of earlier runs (`done`).

    Args:
      system: a `systems.LocalSystem` or a `client.RemoteSystem`.
      settings: a `Settings`.
      output: folder to write to.
      overwrite: whether results that are done are made again.
      hints, panels: for the names of pages that have hints or files of panels the `pages.Page` of these; see
        `hint_files.find` and `panel_files.find`.
      references: list of `reference_files.Reference` that the user gives, at most `references.REFERENCES`.
      explanations: for the names of results those of their explanations, if they are asked for; see `explain.names`.
      has_sheets: whether contact sheets are made.
      reporter: a `progress.Progress`, which is told what happens; None prints it.

    Example:
      >>> Run(system=None, settings=Settings(), output=folder).colored
      0
    """

    system: object
    settings: Settings
    output: pathlib.Path
    overwrite: bool = False
    hints: dict = dataclasses.field(default_factory=dict)
    panels: dict = dataclasses.field(default_factory=dict)
    references: list = dataclasses.field(default_factory=list)
    explanations: dict = dataclasses.field(default_factory=dict)
    has_sheets: bool = True
    reporter: progress.Progress | None = None
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
        self._progress = self.reporter or progress.Progress(len(found))
        self._batches = batches.Batches(self, BATCH_SIZE, _MOST_PIXELS)
        self._torn = set()  # chapters without a page that cannot be written
        self._coloring = collections.deque()  # (batch, future)
        self._writing = collections.deque()  # (job, future, future of its explanation)
        try:
            with (futures.ThreadPoolExecutor(1) as reader, futures.ThreadPoolExecutor(1) as self._writer,
                  futures.ThreadPoolExecutor(_BATCHES) as self._networks):
                try:
                    self._stream(reader, reading.Reader(self, self._record, found, plans).read, len(found))
                finally:
                    for threads in (reader, self._networks):
                        threads.shutdown(cancel_futures=True)
                    self._finish_the_rest()
        finally:
            with self._progress.written(output_folder.RECORD):
                self._record.save()
            with self._progress.written(output_folder.SHEET):
                self._contact_sheet.flush()
        return self._contact_sheet.written

    def _stream(self, reader, read, count):
        """Leads all pages through the stages. Only this thread counts, prints and knows what is done."""
        todo, sheets = collections.deque(range(count)), collections.deque()
        self._pixels, self._unfinished, last = 0, 0, 0
        while todo or sheets or not self._batches.is_empty or self._coloring or self._writing:
            # A batch of a chapter may need more pages than there is room for.
            idle = not (self._coloring or self._writing or self._batches.is_ready(partly=True))
            while todo and len(sheets) < _READ_AHEAD and (
                    self._pixels + last * len(sheets) < _MOST_PIXELS or idle and not sheets):
                sheets.append(reader.submit(read, todo.popleft()))
            if sheets and (self._pixels < _MOST_PIXELS and self._unfinished < _UNFINISHED or idle):
                first = [future for _, future in [*self._coloring][:1]]
                futures.wait([sheets[0], *first], return_when=futures.FIRST_COMPLETED)
                if sheets[0].done():
                    sheet = sheets.popleft().result()
                    last = sheet.pixels
                    self._begin(sheet)
            elif self._batches.is_ready(partly=True):
                self._color_batch()  # not full, since no page is ready or memory has no room
            elif self._coloring:
                self._end_batch()
            elif self._writing:
                self._finish_one()
            while self._coloring and self._coloring[0][1].done():
                self._end_batch()
            while self._batches.is_ready():
                self._color_batch()
            while self._writing and (self._writing[0][1].done() or len(self._writing) > _UNWRITTEN):
                self._finish_one()

    def _begin(self, sheet):
        """Lets the squares of a page wait for the networks."""
        if sheet.error:
            self._progress.page(sheet)
            self._complete([step.result for step in sheet.steps])
        else:
            self._begin_jobs(sheet)
        for step in sheet.steps:
            if step.is_last:
                self._batches.close(step.chapter)

    def _begin_jobs(self, sheet):
        """Lets the squares of a page wait for each of its results."""
        jobs = []
        for step in sheet.steps:
            self.done += not step.is_made
            if step.chapter and step.chapter in self._torn:
                step = step._replace(picture='')  # so that it is made again when the page before it can be colored
            if step.is_made and not self._make_room(step.result.name):
                self._torn.add(step.chapter)
                step = step._replace(is_made=False, is_colored=False)
            if not step.is_made:
                self._complete([step.result])
            if step.is_colored:
                jobs.append(batches.Job(sheet, step, [], []))
        sheet.left = len(jobs)
        if not jobs:
            return
        if not any(job.step.is_made for job in jobs):
            sheet.remarks.append('done before: colored for those after it')
        self._pixels += sheet.pixels
        self._unfinished += 1
        for job in jobs:
            self._batches.add(job)
            if not sheet.drawn.squares:
                self._end_job(job)

    def _make_room(self, name):
        """Makes a result's folder, before time is spent on its colors: True if that is possible."""
        with self._progress.written(name):
            pathlib.Path(self.output, name).parent.mkdir(parents=True, exist_ok=True)
            return True
        return False

    def _color_batch(self):
        """Lets the networks color a batch of squares that wait. The first batch, which compiles, is alone."""
        while len(self._coloring) > (_BATCHES if self._progress.has_begun else 0):
            self._end_batch()
        batch = self._batches.next()
        self._coloring.append((batch, self._networks.submit(batch.colorize, self.system, self.settings)))

    def _end_batch(self):
        """Waits for the colors of the batch that is first."""
        batch, future = self._coloring.popleft()
        with self._progress.batch():
            pictures = future.result()
        for job in self._batches.end(batch, pictures):
            self._end_job(job)

    def _end_job(self, job):
        """Lets a result that has all its colors be written, if it is to be."""
        if not job.step.is_made:
            self._leave(job.sheet)
            return
        name = job.step.result.name
        self._record.forget(name)
        explained = None
        if name in self.explanations:
            self._record.forget(self.explanations[name])
            explained = self._writer.submit(self._explain, job)
        self._writing.append((job, self._writer.submit(self._save, job), explained))

    def _save(self, job):
        """Puts the colors back into the page and writes it: its pictures for the sheet. Runs in the writer's thread."""
        drawn, result = job.sheet.drawn, job.step.result
        page = page_colors.put_together(drawn, job.colored)
        formats.save(pathlib.Path(self.output, result.name), page, result.format, self.settings.transparent,
                     self.settings.flats)
        if not self.has_sheets:
            return None
        low_res = page_colors.low_resolution(drawn, job.colored, _THUMBNAIL)
        lines, colors = _small(drawn.lines), _small(page.colors)
        return [lines, low_res, _small(page.background), cv2.multiply(lines, colors, scale=1 / 255)]

    def _explain(self, job):
        """Writes the explanation of a result. Runs in the writer's thread."""
        formats.save_png(pathlib.Path(self.output, self.explanations[job.step.result.name]),
                         explain.draw(job.sheet.drawn, job.taken))

    def _finish_one(self):
        """Waits for the result that is written first, and notes that it is done."""
        job, future, explained = self._writing.popleft()
        sheet, result = job.sheet, job.step.result
        with self._progress.written(result.name):
            pictures = future.result()
            self.colored += 1
            with self._progress.written(output_folder.SHEET):
                if pictures:
                    self._contact_sheet.add(result.name, pictures, sheet.number)
            with self._progress.written(output_folder.RECORD):
                self._record.add(result.name, result.settings, job.step.picture)
        if explained:
            name = self.explanations[result.name]
            with self._progress.written(name):
                explained.result()
                with self._progress.written(output_folder.RECORD):
                    self._record.add(name, result.settings, job.step.picture)
        self._leave(sheet)
        self._complete([result], is_new=True)

    def _leave(self, sheet):
        """Notes that one of the results of a page needs the page no more."""
        sheet.left -= 1
        if not sheet.left:
            self._pixels -= sheet.pixels
            self._unfinished -= 1
            self._progress.page(sheet)

    def _finish_the_rest(self):
        """Notes what is written after an error ended the run."""
        while self._writing:
            with contextlib.suppress(OSError):  # the first error counts
                self._finish_one()

    def _complete(self, results, is_new=False):
        """Notes that there is nothing more to do for results, and writes the archives that are complete now."""
        for result in results:
            if self._chapters.complete(result, is_new):
                with self._progress.written(result.archive):
                    self._chapters.write(result.archive, self._record)


def _small(picture):
    """Shrinks a picture for the contact sheet."""
    scale = _THUMBNAIL / max(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

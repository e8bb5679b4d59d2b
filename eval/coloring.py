"""Colors the pictures of one run of eval.colorize, batch by batch, and writes the results."""

import contextlib
import dataclasses
import errno
import pathlib
import typing

import numpy as np

from data_pipeline.common import errors
from data_pipeline.outlines import cleaning, line_art, outline
from data_pipeline.pictures import pages, pixels, square
from eval import contact_sheet, output_folder
from eval.settings import Result, Settings

_BATCH_SIZE, _BATCH_PIXELS = 8, 50_000_000  # the most results of a batch, and pixels of their line art
_TITLES = {'outline': 'outline', 'low_res': 'low resolution', 'background_mask': 'background', 'image': 'result'}


class _Job(typing.NamedTuple):
    result: Result
    number: int  # of the picture
    picture: str  # checksum
    lines: np.ndarray  # uint8 [H, W, 3]
    white: np.ndarray  # float [3]
    fitted: np.ndarray  # uint8 [S, S]


def line_art_of(page, extract_outline, inverted=False, remarks=None):
    """Reads a drawing at its own size.

    Args:
      page: a `pages.Page`.
      extract_outline: whether to extract the outline of a picture in color.
      inverted: see `cleaning.clean`.
      remarks: see `pages.read`.
    Returns:
      (drawing uint8 [H, W, 3], black on white, and white float [3]); see `cleaning.clean`.
    Raises:
      PageError: the picture cannot be read, or is in color and its outline is not asked for.
    """
    picture = pages.read(page, remarks)
    if not outline.is_colored(picture):
        return tuple(result.numpy() for result in cleaning.clean(picture, inverted))
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


def _batches(jobs):
    """Groups jobs into lists that memory has room for."""
    batch = []
    for job in jobs:
        pixels_of = {id(other.lines): other.lines.size // 3 for other in (*batch, job)}  # samples share their line art
        if batch and sum(pixels_of.values()) > _BATCH_PIXELS:
            yield batch
            batch = []
        batch.append(job)
        if len(batch) == _BATCH_SIZE or job.lines.size // 3 >= _BATCH_PIXELS:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclasses.dataclass
class Run:
    """Colors pictures and writes the results. Counts those that it made (`colored`) and those of earlier runs (`done`).

    Args:
      system: a `systems.LocalSystem` or a `client.RemoteSystem`.
      settings: a `Settings`.
      output: folder to write to.
      overwrite: whether results that are done are made again.

    Example:
      >>> Run(system=None, settings=Settings(), output=folder).colored
      0
    """

    system: object
    settings: Settings
    output: pathlib.Path
    overwrite: bool = False
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
        record = output_folder.Record(self.output)
        # Earlier sheets stay if some of their pictures may be done.
        continues = not self.overwrite and any(record.is_done(r.name, r.settings) for plan in plans for r in plan)
        sheet = contact_sheet.ContactSheet(pathlib.Path(self.output, output_folder.SHEET), tuple(_TITLES.values()),
                                           replace=not continues)
        try:
            for jobs in _batches(self._jobs(found, plans, record)):
                self._color_batch(jobs, record, sheet)
                del jobs  # frees their line art before more is read
        finally:
            with reported(output_folder.RECORD):
                record.save()
            with reported(output_folder.SHEET):
                sheet.flush()
        return sheet.written

    def _jobs(self, found, plans, record):
        """Yields a `_Job` for each result that is not done."""
        for number, (page, plan) in enumerate(zip(found, plans, strict=True), 1):
            where, remarks = f'[{number}/{len(found)}]', []
            try:
                picture = output_folder.picture_checksum(page)
                left = [result for result in plan
                        if self.overwrite or not record.is_done(result.name, result.settings, picture)]
                self.done += len(plan) - len(left)
                if not left:
                    continue
                lines, white = line_art_of(page, self.settings.extract_outline, self.settings.inverted, remarks)
            except errors.UserError as error:
                print(f'{where} skipped {page.name}: {error}', flush=True)
                continue
            print(f'{where} {page.name}{"".join(f" ({remark})" for remark in remarks)}', flush=True)
            fitted = line_art.fit(lines, self.system.size).numpy()
            yield from (_Job(result, number, picture, lines, white, fitted) for result in left
                        if self._make_room(result.name))

    def _make_room(self, name):
        """Makes a result's folder, before time is spent on its colors: True if that is possible."""
        with reported(name):
            pathlib.Path(self.output, name).parent.mkdir(parents=True, exist_ok=True)
            return True
        return False

    def _color_batch(self, jobs, record, sheet):
        """Colors a list of `_Job`, and writes their results."""
        results = self.system.colorize(np.stack([job.fitted for job in jobs]), [job.result.seed for job in jobs],
                                       self.settings.temperature, self.settings.background)
        for k, job in enumerate(jobs):
            name, lines = job.result.name, job.lines
            colored = line_art.put_back(results['image'][k], lines, job.white).numpy()
            with reported(name):
                record.forget(name)
                contact_sheet.save_png(pathlib.Path(self.output, name), colored)
                self.colored += 1
                squares = {'outline': job.fitted} | {key: pictures[k] for key, pictures in results.items()}
                shown = {key: square.unfit(picture, *lines.shape[:2]) for key, picture in squares.items()}
                shown['image'] = colored
                with reported(output_folder.SHEET):
                    sheet.add(name, [shown.get(key) for key in _TITLES], job.number)
                with reported(output_folder.RECORD):
                    record.add(name, job.result.settings, job.picture)

"""What a run of eval.colorize says of its pages, and how fast it is."""

import contextlib
import errno
import time

_LONG = 2  # seconds; of less, nothing is said


class Progress:
    """Says which pages are done, and how fast the run is.

    Args:
      count: number of pages.

    Example:
      >>> Progress(3).has_begun
      False
    """

    def __init__(self, count):
        self._count, self._begun, self._panels, self._pages = count, None, 0, 0

    @property
    def has_begun(self):
        return self._begun is not None

    @contextlib.contextmanager
    def batch(self):
        """Surrounds the coloring of a batch. The first one does not count for the speed: it holds the compilation."""
        start = time.monotonic()
        yield
        if self._begun is None:
            self._begun = time.monotonic()
            self.begin(self._begun - start)

    def begin(self, seconds):
        """Says how long the first batch took."""
        if seconds > _LONG:
            print(f'the networks are ready: {seconds:.0f} s for the first batch, with compilation')

    @contextlib.contextmanager
    def written(self, name):
        """Surrounds the writing of a file. If it cannot be written, the run goes on, except where the disk is full."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            self.failed(name, f'cannot be written ({error.strerror or error})')

    def failed(self, name, reason):
        """Says why a file is not written."""
        print(f'skipped {name}: {reason}', flush=True)

    def page(self, sheet):
        """Prints a page that is done, or why it is not.

        Args:
          sheet: the page, a `batches.Sheet`.
        """
        where, remarks = f'[{sheet.number}/{self._count}]', list(sheet.remarks)
        if sheet.error:
            is_kept = sheet.page.keys and any(step.result.archive for step in sheet.steps)
            print(f'{where} {"kept as it is" if is_kept else "skipped"} {sheet.page.name}: {sheet.error}', flush=True)
            return
        if sheet.complaint:
            print(sheet.complaint, flush=True)
        self._pages += 1
        self._panels += len(sheet.drawn.panels)
        if sheet.drawn.is_cut:
            count = len(sheet.drawn.panels)
            remarks.append(f'{count} {"panel" if count == 1 else "panels"}')
        seconds = time.monotonic() - (self._begun or time.monotonic())
        if seconds > _LONG:
            left = seconds / self._pages * (self._count - sheet.number)
            remarks.append(f'{self._panels / seconds:.1f} panels a second, {left:.0f} s left')
        print(f'{where} {sheet.page.name}{"".join(f" ({remark})" for remark in remarks)}', flush=True)

"""Reads the pages of a run: cleans them, cuts them into squares, and finds their hints and panels."""

import numpy as np

from data_pipeline.common import errors
from data_pipeline.outlines import cleaning, outline
from data_pipeline.pictures import pages, pixels
from eval import batches, continuation, hint_files, page_colors, panel_files


class Reader:
    """Reads pages, in order.

    Args:
      run: a `coloring.Run`.
      record: an `output_folder.Record`.
      found, plans: see `coloring.Run.color`.

    Example:
      >>> from eval import coloring, output_folder
      >>> run = coloring.Run(system=None, settings=coloring.Settings(), output=folder)
      >>> reader = Reader(run, output_folder.Record(folder), found=[], plans=[])
    """

    def __init__(self, run, record, found, plans):
        self._run, self._record, self._found = run, record, found
        beside = {page.name: [of[page.name] for of in (run.hints, run.panels) if page.name in of] for page in found}
        self._continuation = continuation.Continuation(
            found, plans, beside, run.settings.previous, self._is_done, self._can_be_colored)

    def read(self, number):
        """Reads a page and takes it apart.

        Args:
          number: of the page, from 0.
        Returns:
          A `batches.Sheet`.
        """
        sheet = batches.Sheet(number + 1, self._found[number], self._continuation.steps(number))
        settings = self._run.settings
        try:
            if any(step.is_colored for step in sheet.steps):
                drawing, white = self._line_art(sheet.page, sheet.remarks)
                hints = self._read_beside(sheet, 'hints', hint_files, *drawing.shape[:2])
                panels = self._read_beside(sheet, 'panels', panel_files, *drawing.shape[:2])
                sheet.drawn = page_colors.take_apart(drawing, white, self._run.system.size,
                                                     settings.panels == 'whole', hints, panels)
                if not sheet.drawn.is_cut and settings.panels == 'auto':
                    sheet.remarks.append('no panels found: colored whole')
        except errors.UserError as error:
            sheet.error = str(error)
        return sheet

    def _line_art(self, page, remarks=None):
        """Reads a drawing at its own size, see `line_art_of`."""
        return line_art_of(page, self._run.settings.extract_outline, self._run.settings.inverted, remarks)

    def _is_done(self, result, picture=''):
        """Tells whether a result was made in an earlier run, with its explanation, if one is asked for."""
        explanation = self._run.explanations.get(result.name)
        wanted = [result, result._replace(name=explanation, archive='')] if explanation else [result]
        return not self._run.overwrite and all(self._record.is_done(one, picture) for one in wanted)

    def _can_be_colored(self, page):
        try:
            self._line_art(page)
            return True
        except errors.UserError:
            return False

    def _read_beside(self, sheet, kind, reader, height, width):
        """Reads the 'hints' or 'panels' of a page with `reader.read`. If they cannot be used, notes why: None."""
        source = getattr(self._run, kind).get(sheet.page.name)
        if source is None:
            return None
        try:
            found = reader.read(source, height, width)
        except errors.UserError as error:
            complaint = f'{source.name}: {error}; colored without {kind}'
            sheet.complaint = f'{sheet.complaint}; {complaint}' if sheet.complaint else complaint
            return None
        if found is not None:
            sheet.remarks.append(kind)
        return found


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

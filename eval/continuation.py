"""What a run has to do after earlier runs: which results are to be made, and which pages are colored for them.

The colors of a page follow from the pages before it in its chapter, too. So a result is done if it was made with the
same settings from the same page after the same pages. Pages before one that is to be made are colored again, to know
what it takes over from them; but their results stay as they are.

A chapter is the pages of a group in the order of the run. Each sample is a chapter of its own. If panels do not take
over colors from earlier ones, each page is by itself.
"""

import functools
import hashlib
import typing

from data_pipeline.common import errors
from eval import output_folder
from eval.settings import Result

_UNREADABLE = 'unreadable'  # in place of a checksum


class Step(typing.NamedTuple):
    """What is to be done for a result.

    Example:
      >>> Step(Result('a.png', 7, '', 'png'), picture='5d41', is_made=True, is_colored=True).chapter is None
      True
    """

    result: Result
    picture: str  # checksum of the picture, its hints and panels, and all before it in its chapter
    is_made: bool  # whether the result is to be written
    is_colored: bool  # whether its page is to be colored, for itself or for later pages
    chapter: tuple | None = None  # tells its chapter from others; None if panels take over nothing
    is_alone: bool = True  # whether its page is the only one of its chapter
    is_last: bool = True  # whether its page is the last of its chapter


class Continuation:
    """Tells what is to be done for the pages of a run. Ask for the pages in order.

    Args:
      found: list of `pages.Page`.
      plans: for each page its list of `settings.Result`, equally many for each.
      beside: for the names of pages the list of the `pages.Page`s that lie beside them: their hints and panels.
      in_chapters: whether panels take over colors from earlier ones.
      is_done: function of a `Result` and a checksum of its picture ('' for any), see `output_folder.Record.is_done`.
      can_be_colored: function of a page, which tells whether it is a drawing.

    Example:
      >>> from data_pipeline.pictures import pages
      >>> found, plans = [pages.Page('a.png', 'a.png', '', 'a.png')], [[Result('a.png', 7, '', 'png')]]
      >>> Continuation(found, plans, {}, True, lambda *_: False, lambda _: True).steps(0)[0].is_made
      True
    """

    def __init__(self, found, plans, beside, in_chapters, is_done, can_be_colored):
        self._beside, self._in_chapters, self._is_done = beside, in_chapters, is_done
        self._can_be_colored = functools.lru_cache(None)(can_be_colored)
        chapters = {}
        for page, plan in zip(found, plans, strict=True):
            chapters.setdefault(page.group if in_chapters else page.name, []).append((page, plan))
        self._chapters = list(chapters.values())
        places = {page.name: (number, index) for number, chapter in enumerate(self._chapters)
                  for index, (page, _) in enumerate(chapter)}
        self._places = [places[page.name] for page in found]
        self._pictures, self._checksums, self._last = {}, {}, {}

    def steps(self, number):
        """Lists what is to be done for a page.

        Args:
          number: of the page, from 0.
        Returns:
          List of `Step`, one for each result.
        """
        chapter, index = self._places[number]
        steps = []
        for sample, result in enumerate(self._chapters[chapter][index][1]):
            key = chapter, sample
            if key not in self._last:
                self._last[key] = self._find_last(key)
            picture = self._checksum(key, index)
            is_made = not self._is_done(result, picture)
            count = len(self._chapters[chapter])
            steps.append(Step(result, picture, is_made, is_made or index <= self._last[key],
                              key if self._in_chapters else None, count == 1, index == count - 1))
        return steps

    def _find_last(self, key):
        """Finds the last page of a chapter that is to be colored: its index; -1 for none.

        A picture that is no drawing is never done. It must not let all before it be colored in each run.
        """
        chapter, sample = self._chapters[key[0]], key[1]
        for index in reversed(range(len(chapter))):
            page, plan = chapter[index]
            if self._is_done(plan[sample]) and self._is_done(plan[sample], self._checksum(key, index)):
                continue
            continues = any(self._is_done(earlier[sample]) for _, earlier in chapter[:index])
            if not continues or self._can_be_colored(page):
                return index
        return -1

    def _checksum(self, key, index):
        """Computes the checksum of a page after all before it in its chapter."""
        checksums = self._checksums.setdefault(key, [])
        for page, _ in self._chapters[key[0]][len(checksums):index + 1]:
            checksum = self._picture(page)
            if checksums:
                before = self._chapters[key[0]][len(checksums) - 1][1][key[1]].settings
                joined = f'{checksums[-1]} {before} {checksum}'.encode()
                checksum = hashlib.sha256(joined).hexdigest()[:len(checksums[0])]
            checksums.append(checksum)
        return checksums[index]

    def _picture(self, page):
        """Computes the checksum of a page, its hints and its panels alone. One that cannot be read has none."""
        if page.name not in self._pictures:
            try:
                self._pictures[page.name] = output_folder.picture_checksum(page, self._beside.get(page.name, ()))
            except errors.UserError:
                self._pictures[page.name] = _UNREADABLE
        return self._pictures[page.name]

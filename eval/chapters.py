"""Comic archives of results: a chapter is colored page by page, and becomes one .cbz when its last page is done.

Until then its pages lie in a folder beside it, so that a run that is killed can be continued. All other members of the
input's archive, and pages that cannot be colored, are copied as they are.
"""

import contextlib
import pathlib
import zipfile

from data_pipeline.archives import member
from data_pipeline.pictures import pages
from eval.formats import comic_archive


class Chapters:
    """The archives that a run makes.

    Args:
      output: folder of the results.
      found: list of `pages.Page`.
      plans: for each page its list of `settings.Result`.

    Example:
      >>> Chapters(folder, [], []).complete(result=None, is_new=True)
      False
    """

    def __init__(self, output, found, plans):
        self._output = pathlib.Path(output)
        self._members, self._open, self._new = {}, {}, set()
        for page, plan in zip(found, plans, strict=True):
            for result in plan:
                if result.archive:
                    self._members.setdefault(result.archive, []).append((page, result))
                    self._open[result.archive] = self._open.get(result.archive, 0) + 1

    def complete(self, result, is_new):
        """Notes that there is nothing more to do for a result.

        Args:
          result: a `settings.Result`, or None.
          is_new: whether it was colored in this run.
        Returns:
          Whether its archive is to be written now.
        """
        if result is None or not result.archive:
            return False
        if is_new:
            self._new.add(result.archive)
        self._open[result.archive] -= 1
        if self._open[result.archive]:
            return False
        return result.archive in self._new or not (self._output / result.archive).is_file()

    def write(self, archive, record):
        """Writes an archive, and deletes the folder of its pages.

        Args:
          archive: its name.
          record: the `output_folder.Record`.
        Raises:
          OSError: it cannot be written.
        """
        path = self._output / archive
        with contextlib.ExitStack() as stack:
            earlier = None
            if path.is_file():
                with contextlib.suppress(OSError, zipfile.BadZipFile):
                    earlier = stack.enter_context(zipfile.ZipFile(path))
            members = sorted(self._members[archive], key=lambda pair: (pair[0].keys, pair[0].frame))
            comic_archive.write(path, self._contents(members, record, earlier))
        for _, result in self._members[archive]:
            (self._output / result.name).unlink(missing_ok=True)
            for folder in pathlib.PurePosixPath(result.name).parents:
                with contextlib.suppress(OSError):  # not empty yet, or gone
                    if str(folder).startswith(archive):
                        (self._output / folder).rmdir()

    def _contents(self, members, record, earlier):
        """Yields (name, bytes) of an archive's members."""
        for page, result in members:
            path = self._output / result.name
            if path.is_file() and record.is_done(result):
                yield result.member, path.read_bytes()
            elif earlier and record.is_done(result) and result.member in earlier.namelist():
                yield result.member, earlier.read(result.member)
            elif page.keys:
                # What cannot be unpacked is left out.
                with contextlib.suppress(member.ArchiveError, OSError), pages.open_stream(page) as stream:
                    yield result.original, stream.read()

"""eval.colorize as a pipeline of Apache Beam: the same functions, the same results, any number of workers.

    chapters -> coloring.Run in a worker, which keeps the networks -> results, and a note of what became of the chapter

The unit of work is a chapter, since its panels take over colors from earlier ones; short chapters go together, so that
batches are full. A worker colors it in a folder of its own, and then places its files, each written aside and renamed,
and at last its note. So work that is done twice leaves one result, and what has a note is not done again. From the
notes follow colorized.json, and skipped.json: the pages that cannot be colored, with the reasons.
"""

import dataclasses
import json
import pathlib
import pickle
import tempfile
import threading
import time
import typing
from concurrent import futures

import apache_beam as beam
from apache_beam.utils import shared

from data_pipeline.beam import running, shared_folder
from data_pipeline.common import files
from eval import output_folder, progress, reading

_PAGES = 16  # of short chapters that go together (our choice)
_NOTES = f'{files.PARTS}/notes'
_NAMED = 100  # skipped pages that are printed (our choice)
_READERS = 16  # notes that are read at a time (our choice)


class Unit(typing.NamedTuple):
    """What a worker colors at a time: one or several chapters.

    Example:
      >>> Unit(3, found=[], plans=[], hints={}, panels={}, explanations={}, made={}).number
      3
    """

    number: int
    found: list  # of `pages.Page`
    plans: list  # for each page its list of `settings.Result`
    hints: dict  # see `coloring.Run`
    panels: dict
    explanations: dict
    made: dict  # see `output_folder.Record`


def color(run, found, plans, options):
    """Does what `run.color` does, by Beam, and without contact sheets.

    Args:
      run: a `coloring.Run`. All workers must reach its output, and the pages, by their paths. Its system is pickled.
      found, plans: see `coloring.Run.color`.
      options: list of Beam's options.
    Raises:
      UserError, RuntimeError: see `running.run`.
    """
    folder = shared_folder.SharedFolder(run.output)
    record = output_folder.Record(folder)
    _collect(folder, record)  # of a run that was killed
    units = list(_units(run, found, plans, record.made))
    template = dataclasses.replace(run, system=None, hints={}, panels={}, explanations={}, has_sheets=False)
    print(f'{len(found)} pages, {len(units)} units of work, on {options[0]}', flush=True)  # the runner tells more
    with folder.run():
        skipped = []
        try:
            counted = running.run(options, lambda pipeline: (
                pipeline | running.Elements(folder, units)
                | beam.ParDo(_ColorUnit(folder, template, pickle.dumps(run.system), len(found)))))
        finally:
            for note in _collect(folder, record):
                run.colored += note['colored']
                run.done += note['done']
                skipped += note['skipped']
        folder.write_text(output_folder.SKIPPED, json.dumps(
            [{'name': name, 'reason': reason} for name, reason in skipped], indent=1, ensure_ascii=False) + '\n')
    for name, reason in skipped[:_NAMED]:
        print(f'skipped {name}: {reason}')
    if len(skipped) > _NAMED:
        print(f'skipped {len(skipped) - _NAMED} more, see {folder.path_of(output_folder.SKIPPED)}')
    running.print_counters(counted)


def _units(run, found, plans, made):
    """Yields a `Unit` for each long chapter, and for short ones together."""
    chapters = {}
    for page, plan in zip(found, plans, strict=True):
        # An archive of results is written as a whole.
        key = plan[0].archive or (page.group if run.settings.previous else page.name)
        chapters.setdefault(key, []).append((page, plan))
    number, waiting = 0, []
    for k, chapter in enumerate(chapters.values(), 1):
        waiting += chapter
        if len(waiting) >= _PAGES or k == len(chapters):
            pages = {page.name for page, _ in waiting}
            results = [result.name for _, plan in waiting for result in plan]
            explanations = {name: run.explanations[name] for name in results if name in run.explanations}
            yield Unit(number, [page for page, _ in waiting], [plan for _, plan in waiting],
                       *({name: of[name] for name in pages & of.keys()} for of in (run.hints, run.panels)),
                       explanations, {name: made[name] for name in (*results, *explanations.values()) if name in made})
            number, waiting = number + 1, []


def _collect(folder, record):
    """Adds the notes of workers to the record: list of them, in the order of the units."""
    notes = shared_folder.SharedFolder(folder.path_of(_NOTES))
    with futures.ThreadPoolExecutor(_READERS) as readers:
        found = [json.loads(note) for note in readers.map(notes.read, notes.names())]
    for note in found:
        record.replace(note['results'], note['made'])
    record.save()
    return found


class _ColorUnit(beam.DoFn):
    """Colors a `Unit`, and writes its note."""

    def __init__(self, folder, run, system, count):
        self._folder, self._run, self._pickled, self._count = folder, run, system, count
        self._handle = shared.Shared()

    def setup(self):
        # All threads of a process share the networks.
        self._system = self._handle.acquire(lambda: pickle.loads(self._pickled))
        self._system.expect(self._count)

    def process(self, unit):
        name = f'{_NOTES}/{unit.number:06d}.json'
        if self._folder.is_file(name):  # of an attempt whose word got lost
            return
        tally, system = _Tally(), _Timed(self._system)
        run = dataclasses.replace(self._run, system=system, hints=unit.hints, panels=unit.panels,
                                  explanations=unit.explanations, reporter=tally)
        if not self._is_done(run, unit, tally):
            with tempfile.TemporaryDirectory(prefix='comic-colorizer-') as aside:
                run.output = pathlib.Path(aside)
                run.color(unit.found, unit.plans)
                for file in filter(pathlib.Path.is_file, sorted(run.output.rglob('*'))):
                    if file != run.output / output_folder.RECORD:
                        self._folder.place(file, file.relative_to(run.output).as_posix())
                made = output_folder.Record(aside).made
        else:
            made = unit.made
        results = [result.name for plan in unit.plans for result in plan]
        self._folder.write_text(name, json.dumps({
            'results': [*results, *unit.explanations.values()], 'made': made, 'colored': run.colored, 'done': run.done,
            'skipped': tally.skipped}))
        counted = {'pages': tally.pages, 'panels': tally.panels, 'results': run.colored,
                   'results done before': run.done, 'milliseconds in the model': round(1000 * system.seconds)}
        for kind, number in counted.items():
            running.count(kind, number)
        for _, reason in tally.skipped:
            running.count_skipped(reason)

    def _is_done(self, run, unit, tally):
        """Tells whether all of a unit is done that can be; counts it then, and what cannot be done."""
        archives = {result.archive for plan in unit.plans for result in plan} - {''}
        if not all(map(self._folder.is_file, archives)):
            return False
        reader = reading.Reader(run, output_folder.Record(self._folder, unit.made), unit.found, unit.plans)
        skipped, done = [], 0
        for number in range(len(unit.found)):
            sheet = reader.read(number)
            if sheet.error:
                skipped.append(sheet)
            elif any(step.is_made for step in sheet.steps):
                return False
            else:
                done += len(sheet.steps)
        for sheet in skipped:
            tally.page(sheet)
        run.done = done
        return True


class _Tally(progress.Progress):
    """Counts pages instead of printing them, and keeps why some are skipped."""

    def __init__(self):
        super().__init__(count=0)
        self.pages = self.panels = 0
        self.skipped = []

    def begin(self, seconds):
        pass

    def failed(self, name, reason):
        self.skipped.append([name, reason])

    def page(self, sheet):
        if sheet.error:
            self.failed(sheet.page.name, sheet.error)
            return
        if sheet.complaint:
            self.failed(sheet.page.name, sheet.complaint)
        self.pages += 1
        self.panels += len(sheet.drawn.panels)


class _Timed:
    """A system that adds up the seconds of its networks, of all threads."""

    def __init__(self, system):
        self._system, self._lock = system, threading.Lock()
        self.size, self.seconds = system.size, 0.

    def encode_references(self, *given, **named):
        return self._time(self._system.encode_references, given, named)

    def colorize(self, *given, **named):
        return self._time(self._system.colorize, given, named)

    def _time(self, function, given, named):
        start = time.monotonic()
        result = function(*given, **named)
        with self._lock:
            self.seconds += time.monotonic() - start
        return result

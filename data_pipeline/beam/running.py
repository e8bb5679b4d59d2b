"""Runs a pipeline of Apache Beam, and moves what is too large for a job's description between its start and end.

A runner sends the description of a job to its machines, and limits its size. So the elements that a pipeline begins
with lie in files, and so do those that it ends with.
"""

import pickle
import re

import apache_beam as beam
from apache_beam.options import pipeline_options
from apache_beam.runners import runner

from data_pipeline.common import errors, files

_LISTS = 200  # the most files of elements (our choice)
_OURS = re.compile(r'(?:\w*(?:User|Page|Archive|IO|NotFound)Error|OSError): (.*)')  # in the traceback of a worker
_KILLED = 'Channel closed prematurely'  # Beam's local runner, of a worker that is gone


def run(options, build):
    """Runs a pipeline to its end.

    Args:
      options: list of Beam's options, such as ['--runner=DirectRunner'].
      build: function that adds the transforms to a `beam.Pipeline`.
    Returns:
      {name: number} of what the workers counted; empty if the runner does not tell.
    Raises:
      UserError: there is no such runner, an option is wrong, or the job failed for a reason that the user can correct.
      RuntimeError: the job failed for another reason.
    """
    try:
        pipeline = beam.Pipeline(options=pipeline_options.PipelineOptions(options))
    except (ValueError, ImportError) as error:  # Beam's words for an unknown runner, or a wrong or missing option
        raise errors.UserError(f'{options[0]}: {error}') from error
    build(pipeline)
    try:
        result = pipeline.run()
        state = result.wait_until_finish()
    except RuntimeError as error:
        if _KILLED in str(error):
            raise errors.UserError(f'{options[0]}: a worker process was ended, perhaps for lack of memory; '
                                   'start again to continue') from error
        reasons = _OURS.findall(str(error))
        if not reasons:
            raise
        raise errors.UserError(f'{options[0]}: {reasons[-1]}') from error
    if state not in (None, runner.PipelineState.DONE):
        raise errors.UserError(f'{options[0]}: the job ended as {state}')
    return _counters(result)


def _counters(result):
    try:
        found = result.metrics().query()['counters']
    except NotImplementedError:  # such as Dask's runner
        return {}
    return {counter.key.metric.name: counter.result for counter in found}


def print_counters(counted):
    """Prints what `run` returns, in one line."""
    if counted:
        print('counted: ' + ', '.join(f'{name} {counted[name]}' for name in sorted(counted)))


def count(name, number=1):
    """Adds to a counter, in a worker."""
    beam.metrics.Metrics.counter('comic_colorizer', name).inc(number)


def count_skipped(reason):
    """Counts a skip by its kind: what its reason begins with, without names and numbers.

    Example:
      >>> kind_of('cannot be decoded (broken data stream)'), kind_of('its companion ch/1.line.png has another size')
      ('cannot be decoded', 'its companion')
    """
    count(f'skipped: {kind_of(reason)}')


def kind_of(reason):
    """The kind of a reason for a skip; see `count_skipped`."""
    return re.sub(r'^(its (?:companion|line art)).*', r'\1', re.split(r' ?[:(,]', reason)[0])


class Elements(beam.PTransform):
    """Begins a pipeline with elements, which may be many.

    Args:
      folder: a `shared_folder.SharedFolder`, during a run.
      elements: list of anything that can be pickled. They are written at once.

    Example:
      >>> from data_pipeline.beam import shared_folder
      >>> place = shared_folder.SharedFolder(folder)
      >>> with place.run():
      ...     counted = run(['--runner=DirectRunner'], lambda pipeline: pipeline | Elements(place, [1, 2])
      ...                   | beam.Map(lambda number: 10 * number) | Collected(place))
      ...     sorted(collected(place))
      [10, 20]
    """

    def __init__(self, folder, elements):
        super().__init__()
        self._folder = folder
        length = -(-len(elements) // _LISTS) or 1
        self._names = [_write(folder, f'elements-{k:04d}', elements[at:at + length])
                       for k, at in enumerate(range(0, len(elements), length))]

    def expand(self, pipeline):
        return pipeline | beam.Create(self._names) | beam.FlatMap(_read, folder=self._folder) | beam.Reshuffle()


class Collected(beam.PTransform):
    """Ends a pipeline: writes its elements into one file, for `collected`.

    Args:
      folder: a `shared_folder.SharedFolder`, during a run.

    Example:
      >>> Collected(folder=None).label
      'Collected'
    """

    def __init__(self, folder):
        super().__init__()
        self._folder = folder

    def expand(self, elements):
        return (elements | 'To one' >> beam.Map(lambda element: (0, element)) | beam.GroupByKey()
                | 'Write' >> beam.Map(lambda group, folder: _write(folder, 'collected', list(group[1])), self._folder))


def collected(folder):
    """Reads what a pipeline ended with: a list, in any order."""
    return list(_read('collected', folder)) if folder.is_file(_path('collected')) else []


def _write(folder, name, elements):
    with folder.write(_path(name)) as part:
        part.write_bytes(pickle.dumps(elements))
    return name


def _read(name, folder):
    yield from pickle.loads(folder.read(_path(name)))


def _path(name):
    return f'{files.PARTS}/{name}'

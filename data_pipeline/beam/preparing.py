"""data_pipeline.prepare as a pipeline of Apache Beam: the same functions, the same bytes, any number of workers.

    files -> pages in them -> unique names -> companions -> place in the split -> shards -> manifest

The unit of work is a shard. Where a page goes follows from the hash of its name among those of all pages of its split.
No worker needs all of them: they are sorted within buckets of hashes, and a bucket begins where those before it end.
A shard is written aside and renamed, so work that Beam does twice leaves one shard.

Transforms have one output and no side inputs, which all runners can do.
"""

import dataclasses

import apache_beam as beam
import cv2

from data_pipeline import data_folder, records
from data_pipeline import prepare as on_one_machine
from data_pipeline.beam import running, shared_folder
from data_pipeline.pictures import companions, names, pages

_PAGE, _FAILED, _PASSED_OVER, _SHARD = 'page', 'failed', 'passed over', 'shard'  # kinds of elements
_BUCKETS = 4096  # of hashes (our choice): 2,500 pages in each of 10 million


def prepare(inputs, output, validation_percent, name_encoding, held_out, options):
    """Does what `data_pipeline.prepare.prepare` does, by Beam.

    Args:
      inputs, output, validation_percent, name_encoding, held_out: see there. All workers must reach the files by these
        paths.
      options: list of Beam's options.
    Returns:
      The manifest.
    Raises:
      UserError, OSError: see there.
      RuntimeError: see `running.run`.
    """
    folder = shared_folder.SharedFolder(output)
    alike, own = data_folder.own_files(folder)
    listing = pages.find_files(inputs, name_encoding)
    found = data_folder.without(folder, own, listing.pages)
    # Which shards there will be is not known yet.
    data_folder.check_inputs_stay(folder, alike, alike, found)
    if records.MANIFEST in own:  # it is written last
        folder.delete(records.MANIFEST)
    print(f'{len(found)} files, on {options[0]}', flush=True)  # the runner tells how far it is
    with folder.run():
        counted = running.run(options, lambda pipeline: (
            pipeline | running.Elements(folder, list(enumerate(found)))
            | Prepared(folder, validation_percent, name_encoding, held_out) | running.Collected(folder)))
        outcomes, failed, passed_over = [], listing.failed, listing.passed_over
        for kind, what in running.collected(folder):
            if kind == _SHARD:
                outcomes.append(what)
            elif kind == _FAILED:
                failed.append(what)
            else:
                passed_over += what
        on_one_machine.check_held_out(held_out, {group for one in outcomes for group in one['groups']})
        outcomes.sort(key=lambda one: (len(one['entry']['file']), one['entry']['file']))
        shards = {one['entry']['file'] for one in outcomes}
        written = {name for shard in shards for name in (shard, data_folder.note_of(shard))}
        for stale in set(own) - written - {records.MANIFEST}:
            folder.delete(stale)
        manifest = on_one_machine.finish(folder, outcomes, failed, passed_over, validation_percent)
    running.print_counters(counted)
    return manifest


class Prepared(beam.PTransform):
    """From files, elements (number, `pages.Page`), to what became of them: (kind, what) for each shard and failed file.

    Args:
      folder: the `shared_folder.SharedFolder` of the shards.
      validation_percent, name_encoding, held_out: see `prepare`.

    Example:
      >>> Prepared(shared_folder.SharedFolder(folder), 10, None, ()).label
      'Prepared'
    """

    def __init__(self, folder, validation_percent, name_encoding, held_out):
        super().__init__()
        self._folder, self._encoding, self._split = folder, name_encoding, (validation_percent, held_out)

    def expand(self, files):
        listed = files | 'List' >> beam.FlatMap(_list, self._encoding)
        pairs = (listed | 'Pages' >> beam.FlatMap(lambda one: [one[1]] if one[0] == _PAGE else [])
                 | 'By name' >> beam.Map(lambda one: (names.family(one[1].name), one))
                 | 'Same names' >> beam.GroupByKey() | 'Rename' >> beam.FlatMap(_rename)
                 | 'By companions' >> beam.Map(lambda one: (companions.family(one[1]), one))
                 | 'Companions' >> beam.GroupByKey() | 'Pair' >> beam.FlatMap(_pair)
                 | 'By bucket' >> beam.Map(_with_bucket, self._split))
        firsts = (pairs | 'Count' >> beam.combiners.Count.PerKey()
                  | 'By split' >> beam.Map(lambda one: (one[0][0], (one[0][1], one[1])))
                  | 'Counts' >> beam.GroupByKey() | 'Firsts' >> beam.FlatMap(_firsts))
        shards = ({'pairs': pairs, 'firsts': firsts} | 'Bucket' >> beam.CoGroupByKey()
                  | 'Place' >> beam.FlatMap(_with_shard, on_one_machine.PAGES_A_SHARD)
                  | 'Shard' >> beam.GroupByKey() | 'Write' >> beam.ParDo(_WriteShard(self._folder)))
        others = listed | 'Others' >> beam.Filter(lambda one: one[0] != _PAGE)
        return (shards, others) | beam.Flatten()


def _list(numbered, encoding):
    """Lists what is in a file.

    Yields:
      ('page', (its place in the listing, Page)), ('failed', (name, reason)) and ('passed over', number).
    """
    number, file = numbered
    listing = pages.pages_in(file, encoding)
    for k, page in enumerate(listing.pages):
        yield _PAGE, ((number, k), page)
    for name, reason in listing.failed:
        running.count_skipped(reason)
        yield _FAILED, (name, reason)
    if listing.passed_over:
        yield _PASSED_OVER, listing.passed_over


def _rename(group):
    """Makes the names of pages unique, which may be the same: yields (place, Page)."""
    placed = sorted(group[1], key=lambda one: one[0])
    unique = names.unique(page.name for _, page in placed)
    for (place, page), name in zip(placed, unique, strict=True):
        yield place, dataclasses.replace(page, name=name)


def _pair(group):
    """Finds companions: yields (page, its companions)."""
    placed = sorted(group[1], key=lambda one: one[0])
    yield from companions.with_companions([page for _, page in placed])


def _with_bucket(pair, split):
    """Returns ((split, bucket of its hash), pair)."""
    bucket = int.from_bytes(on_one_machine.place_of(pair)[:4], 'big') * _BUCKETS >> 32
    return (on_one_machine.split_of(pair[0].group, *split), bucket), pair


def _firsts(group):
    """Yields ((split, bucket), number of the first page of the bucket in its split)."""
    split, counts = group
    first = 0
    for bucket, count in sorted(counts):
        yield (split, bucket), first
        first += count


def _with_shard(group, length):
    """Yields ((split, number of the shard), (place in the split, pair)) of the pages of a bucket."""
    (split, _), of = group
    first, = of['firsts']
    for place, pair in enumerate(sorted(of['pairs'], key=on_one_machine.place_of), first):
        yield (split, place // length), (place, pair)


class _WriteShard(beam.DoFn):
    """Writes a shard: yields ('shard', its `outcome`)."""

    def __init__(self, folder):
        self._folder = folder

    def setup(self):
        cv2.setNumThreads(1)  # every core has a worker of its own

    def process(self, group):
        (split, number), placed = group
        pairs = [pair for _, pair in sorted(placed, key=lambda one: one[0])]
        entry = on_one_machine.write_shard(self._folder, data_folder.shard_name(split, number), pairs)
        outcome = on_one_machine.outcome(pairs, entry)
        running.count('pages', outcome['pages'])
        running.count('pictures', entry['records'])
        for _, reason in entry['skipped']:
            running.count_skipped(reason)
        yield _SHARD, outcome

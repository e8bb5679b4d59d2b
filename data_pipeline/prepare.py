r"""Prepares comics for training: reads pages, writes sharded TFRecords of outlines and colors.

  python -m data_pipeline.prepare --input comics/ --input chapter.cbz --output data/comics

Cuts pages into panels, and fits panels to squares of 286 pixels (256 and a margin for jitter); wide and tall panels
become several squares. Extracts the outlines at full resolution.

A group is a story or an episode: the folder or archive of a page. Each group goes to training or to validation as a
whole, by a hash of its name, so adding a group moves no other group; --held_out names the groups for validation
instead. Skips files that cannot be used, and names each with the reason in manifest.json; here many files with one
reason are counted.

A `NAME.line.png` or `NAME.mask.png` beside a `NAME.color.png` or `NAME.colour.png` (any format) belongs to that
picture. The line art is a second outline to train with; without it, one is imitated from the colors. The mask (white on
the background) serves to measure the background detector; nothing is trained on it.

Pages in black and white are skipped, because they tell no colors. Archives are told by their contents; an archive may
hold archives. --name_encoding=cp932 says in which encoding an archive has its names, if they come out wrong.

Uses all cores. If a run is interrupted, the same command continues it. The same input gives the same bytes. Files of
earlier runs with other inputs are deleted; an input is never overwritten. --output may lie in an input folder: files
that this program wrote there are no inputs. manifest.json, which is written last, holds counts, parameters, groups and
a SHA-256 checksum of each shard.

--runner lets Apache Beam prepare on many machines, or on this one, with the same bytes as result. It takes all further
flags as its options. Inputs and output may then be addresses, and inputs patterns:

  python -m data_pipeline.prepare --input 'gs://library/comics/*/*.cbz' --output gs://library/data \
      --runner=DataflowRunner --project=... --region=... --temp_location=gs://library/temp
"""

import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import sys

import cv2
import numpy as np
import tensorflow as tf
from absl import flags

from data_pipeline import data_folder, records
from data_pipeline.common import errors, files, program, remote
from data_pipeline.outlines import cleaning, drawn_outline, outline
from data_pipeline.panels import cutter
from data_pipeline.pictures import companions, pages, pixels, square

FLAGS = flags.FLAGS
FORMAT = 5  # version of the records' format
SIZE = 286  # side of the squares in pixels, as pix2pix: 256 and a margin for jitter
MIN_PANEL = 48  # pixels; smaller panels show nothing to learn from
PAGES_A_SHARD = 48
_NAMED = 3  # files with one reason that are named when they are skipped; more of them are counted (our choice)
_FEW_JOBS = 2  # one process writes so few shards before others have started


def split_of(group, validation_percent, held_out=()):
    """Returns 'train' or 'validation' for a group, from its name alone; with `held_out`, these are for validation."""
    if held_out:
        return 'validation' if group in held_out else 'train'
    number = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], 'big')
    return 'validation' if number % 10_000 < 100 * validation_percent else 'train'


def examples_of(page, beside_pages):
    """Yields the encoded examples of one page, with its line art and background mask if it has them.

    Args:
      page: a `pages.Page`.
      beside_pages: {'line' or 'mask': its companion's page}.
    Raises:
      PageError: the page or a companion cannot be read, the page is not in color or too small, or a companion has
        another size.
    """
    picture = pages.read(page)
    if not outline.has_hue(picture):
        raise pixels.PageError('not in color')
    beside = {}
    for kind, companion in beside_pages.items():
        try:
            beside[kind] = pages.read(companion)
        except pixels.PageError as error:
            raise pixels.PageError(f'its companion {companion.name}: {error}') from error
        if beside[kind].shape != picture.shape:
            raise pixels.PageError(f'its companion {companion.name} has another size')
    if 'line' in beside:
        beside['line'] = outline.gray(cleaning.clean_array(beside['line'], False)[0])
    rng = np.random.default_rng(list(hashlib.sha256(page.name.encode()).digest()))
    count = 0
    for found in cutter.find(picture) or [cutter.whole(picture)]:
        top, left, bottom, right = found.box
        if min(bottom - top, right - left) < MIN_PANEL:
            continue
        panel = cutter.crop(picture, found)
        lines = outline.extract(panel)
        drawn = cutter.crop(beside['line'], found) if 'line' in beside else drawn_outline.imitate(panel, rng)
        mask = cutter.crop(beside['mask'][..., 0], found) if 'mask' in beside else None
        for t, le, b, r in square.tiles(*panel.shape[:2]):
            count += 1
            squares = [None if layer is None else square.fit(layer[t:b, le:r], SIZE)
                       for layer in (lines, drawn, panel, mask)]
            yield records.encode(*squares, page.group, page.name, (top + t, left + le, top + b, left + r))
    if not count:
        raise pixels.PageError(f'too small: no panel of {MIN_PANEL} pixels')


def write_shard(folder, name, shard_pages):
    """Writes one shard, and beside it its entry of the manifest, unless both exist and fit the input.

    Args:
      folder: a `files.Folder`.
      name: of the shard's file in it.
      shard_pages: list of (page, its companions), see `examples_of`.
    Returns:
      {'file', 'records', 'sha256', 'source' (checksum of the input), 'skipped': [[name, reason], ...]}.
    Raises:
      UserError, OSError: the shard cannot be written.
    """
    source = _source_checksum(shard_pages)
    stored, shard = folder.read(data_folder.note_of(name)), folder.read(name)
    if stored is not None and shard is not None:
        entry = json.loads(stored)
        if entry['source'] == source and entry['sha256'] == hashlib.sha256(shard).hexdigest():
            return entry
    count, skipped = 0, []
    with errors.tensorflow_files(folder.path_of(name)), folder.write(name) as part:
        with tf.io.TFRecordWriter(str(part)) as writer:
            for page, beside in shard_pages:
                try:
                    for example in examples_of(page, beside):
                        writer.write(example)
                        count += 1
                except pixels.PageError as error:
                    skipped.append([page.name, str(error)])
        checksum = hashlib.sha256(part.read_bytes()).hexdigest()
    entry = {'file': name, 'records': count, 'sha256': checksum, 'source': source, 'skipped': skipped}
    folder.write_text(data_folder.note_of(name), records.to_json(entry))
    return entry


def _source_checksum(shard_pages):
    """Checksum of everything that a shard is made from: parameters, names and contents."""
    sources = [source for page, beside in shard_pages for source in (page, *beside.values())]
    digest = hashlib.sha256(json.dumps([FORMAT, SIZE, MIN_PANEL, [[p.name, p.group] for p in sources]]).encode())
    for page in sources:
        try:
            with pages.open_stream(page) as stream:
                digest.update(stream.read())
        except Exception as error:  # an unreadable file is reported when it is decoded
            digest.update(type(error).__name__.encode())
    return digest.hexdigest()


def prepare(inputs, output, validation_percent=0, name_encoding=None, held_out=(), beam_options=None):
    """Prepares pictures for training.

    Args:
      inputs: paths of files, folders and archives.
      output: folder to write to.
      validation_percent: percentage of the groups to hold out for validation.
      name_encoding: see `pages.find`.
      held_out: names of the groups to hold out, instead of a percentage.
      beam_options: list of Apache Beam's options, such as ['--runner=DirectRunner'], to let Beam prepare; or None.
    Returns:
      The manifest.
    Raises:
      UserError: an input is missing or would be overwritten, a group does not exist, no picture can be used, or a
        worker process ended.
      OSError: the output cannot be written.
    """
    if beam_options is not None:
        remote.filesystems('--runner')
        from data_pipeline.beam import preparing
        return preparing.prepare(inputs, output, validation_percent, name_encoding, held_out, beam_options)
    folder = files.Folder(output)
    alike, own = data_folder.own_files(folder)
    listing = pages.find(inputs, name_encoding)
    found = data_folder.without(folder, own, listing.pages)
    pairs = companions.with_companions(found)
    splits = {page.group: split_of(page.group, validation_percent, held_out) for page, _ in pairs}
    check_held_out(held_out, splits)

    jobs = []
    for split in data_folder.SPLITS:
        mine = sorted((pair for pair in pairs if splits[pair[0].group] == split), key=place_of)
        jobs += [(folder, data_folder.shard_name(split, k), mine[at:at + PAGES_A_SHARD])
                 for k, at in enumerate(range(0, len(mine), PAGES_A_SHARD))]
    planned = [name for _, shard, _ in jobs for name in (shard, data_folder.note_of(shard))]
    data_folder.check_inputs_stay(folder, alike, [records.MANIFEST, *planned], found)
    for stale in set(own) - set(planned):  # the manifest, too, which is written last
        folder.delete(stale)

    entries = _write_all(jobs) if jobs else []
    outcomes = [outcome(job[-1], entry) for job, entry in zip(jobs, entries, strict=True)]
    return finish(folder, outcomes, listing.failed, listing.passed_over, validation_percent)


def check_held_out(held_out, groups):
    """Raises UserError if a group that is to be held out is not among all groups."""
    for group in set(held_out) - set(groups):
        raise errors.UserError(f'--held_out={group}: no such group; there are {", ".join(sorted(groups)) or "none"}')


def place_of(pair):
    """Makes a sort key for (page, its companions): a hash, so every shard is a fair sample of all groups; bytes."""
    return hashlib.sha256(pair[0].name.encode()).digest()


def outcome(shard_pages, entry):
    """Tells what became of the pages of a shard.

    Args:
      shard_pages, entry: see `write_shard`.
    Returns:
      {'entry', 'pages': number of those that could be used, 'groups': theirs}.
    """
    unusable = {name for name, _ in entry['skipped']}
    used = [page for page, _ in shard_pages if page.name not in unusable]
    return {'entry': entry, 'pages': len(used), 'groups': sorted({page.group for page in used})}


def finish(folder, outcomes, failed, passed_over, validation_percent):
    """Writes the manifest, and returns it.

    Args:
      folder: the folder of the shards.
      outcomes: list of what `outcome` returns, in the order of the shards.
      failed, passed_over: see `pages.Listing`.
      validation_percent: see `prepare`.
    Raises:
      UserError: no picture can be used.
    """
    skipped = sorted([tuple(one) for of in (failed, *(o['entry'].pop('skipped') for o in outcomes)) for one in of])
    of_split = {split: [o for o in outcomes if o['entry']['file'].startswith(split)] for split in data_folder.SPLITS}
    manifest = {
        'parameters': {'format': FORMAT, 'size': SIZE, 'min_panel': MIN_PANEL, 'validation_percent': validation_percent,
                       'canny_thresholds': outline.CANNY_THRESHOLDS, 'black_level': outline.BLACK_LEVEL},
        'shards': {split: [o['entry'] for o in of] for split, of in of_split.items()},
        'groups': {split: sorted({group for o in of for group in o['groups']}) for split, of in of_split.items()},
        'skipped': [{'name': name, 'reason': reason} for name, reason in skipped],
        'counts': {'pages': sum(o['pages'] for o in outcomes), 'skipped': len(skipped), 'passed_over': passed_over,
                   **{split: sum(o['entry']['records'] for o in of) for split, of in of_split.items()}}}
    if not manifest['counts']['pages']:
        raise errors.UserError('no picture could be used'
                               + ''.join(f'\n  {name}: {reason}' for name, reason in skipped))
    folder.write_text(records.MANIFEST, records.to_json(manifest))
    return manifest


def _write_all(jobs):
    """Writes the shards on all cores and prints progress. Returns their entries, in the order of `jobs`."""
    if len(jobs) <= _FEW_JOBS:
        return [write_shard(*job) for job in jobs]
    context = multiprocessing.get_context('spawn')  # TensorFlow's threads do not survive a fork
    workers = min(len(os.sched_getaffinity(0)), len(jobs))
    with concurrent.futures.ProcessPoolExecutor(workers, context, cv2.setNumThreads, (1,)) as pool:
        futures = [pool.submit(write_shard, *job) for job in jobs]
        for done, _ in enumerate(concurrent.futures.as_completed(futures), 1):
            print(f'\rshard {done} of {len(jobs)}', end='', file=sys.stderr, flush=True)
        print(file=sys.stderr)
        try:
            return [future.result() for future in futures]
        except concurrent.futures.BrokenExecutor as error:
            raise errors.UserError('a worker process was ended, perhaps for lack of memory; start again to continue'
                                   ) from error


def _skipped_lines(skipped):
    """Says which files were skipped and why, in few lines."""
    names = {}
    for entry in skipped:
        names.setdefault(entry['reason'], []).append(entry['name'])
    for reason, alike in names.items():
        if len(alike) <= _NAMED:
            yield from (f'skipped {name}: {reason}' for name in alike)
        else:
            yield f'skipped {len(alike)} files, such as {alike[0]}: {reason}'


def main(beam_options):
    manifest = prepare(FLAGS.input, FLAGS.output, FLAGS.validation_percent, FLAGS.name_encoding, FLAGS.held_out,
                       beam_options)
    for line in _skipped_lines(manifest['skipped']):
        print(line)
    counts, groups = manifest['counts'], manifest['groups']
    print(f'{counts["pages"]} pages in, {counts["train"]} pictures of {len(groups["train"])} groups for training, '
          f'{counts["validation"]} of {len(groups["validation"])} for validation, {counts["skipped"]} files skipped, '
          f'{counts["passed_over"]} of systems passed over')


if __name__ == '__main__':
    flags.DEFINE_multi_string('input', None, 'File, folder or archive of pages. May be repeated.', required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_float('validation_percent', 10, 'Percentage of the groups to hold out for validation.',
                       lower_bound=0, upper_bound=100)
    flags.DEFINE_multi_string('held_out', [], 'Group to hold out for validation, such as comics/ep07, in place of a '
                              'percentage. May be repeated.')
    flags.DEFINE_string('name_encoding', None, 'Encoding of the names in archives that do not say which they use, such '
                        'as cp932. It is detected if it is not given.')
    program.run_also_on_beam(main)

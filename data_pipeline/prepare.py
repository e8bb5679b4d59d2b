r"""Prepares comics for training: pages in, sharded TFRecords of outlines and colours out.

  python -m data_pipeline.prepare --input comics/ --input chapter.cbz --output data/comics

Pages are cut into panels, panels fitted to squares of 286 pixels (256 and a margin for jitter), wide and tall ones as
several squares; the outline is extracted at full resolution. A group (a story or an episode: the folder or the archive
a page lies in) goes to validation or to training as a whole, by a hash of its name, so that adding a group moves no
other. Files that cannot be used are named with the reason, here and in manifest.json, and skipped. A `NAME.line.png`
or `NAME.mask.png` beside a `NAME.colour.png` (any format) belongs to that picture. Line art is a second outline to
train with; where there is none, one is made from the colours as somebody might have drawn it. A mask (white =
background) is kept to measure the background detector with; nothing is ever trained on it.

Uses all cores. A run that was interrupted goes on where it stopped when started again; the same input gives the same
bytes; what an earlier run with other inputs left in the output folder is replaced. manifest.json, written last, holds
counts, parameters, groups and a SHA-256 checksum for each shard.
"""

import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import pathlib
import re
import sys

import cv2
import numpy as np
import tensorflow as tf
from absl import flags

from data_pipeline import aside, drawn_outline, outline, pages, panels, program, records, square

FLAGS = flags.FLAGS
FORMAT = 2  # of the records
SIZE = 286  # pix2pix: 256 and a margin for jitter
MIN_PANEL = 48  # pixels: below, there is nothing to learn from
PAGES_A_SHARD = 48
SPLITS = ('train', 'validation')
_FEW_JOBS = 2  # done sooner than processes start
_COMPANION = re.compile(r'(.*)\.(line|mask)\.[^./]+$')
_COLOUR = re.compile(r'(.*)\.colour\.[^./]+$')


def split_of(group, validation_percent):
    """'train' or 'validation', from the group's name alone."""
    number = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], 'big')
    return 'validation' if number % 10_000 < 100 * validation_percent else 'train'


def examples_of(page, companions):
    """Yields the encoded examples of one page, with parts of its line art and background mask where there are such.

    Args:
      page: a `pages.Page`.
      companions: {'line' or 'mask': its page}.
    Raises:
      pages.PageError: a file cannot be read, the page is too small, or a companion has another size.
    """
    picture = pages.read(page)
    beside = {kind: pages.read(companion) for kind, companion in companions.items()}
    for kind, other in beside.items():
        if other.shape != picture.shape:
            raise pages.PageError(f'its companion {companions[kind].name} has another size')
    rng = np.random.default_rng(list(hashlib.sha256(page.name.encode()).digest()))
    count = 0
    for top, left, bottom, right in panels.find(picture):
        if min(bottom - top, right - left) < MIN_PANEL:
            continue
        panel = picture[top:bottom, left:right]
        lines = outline.extract(panel)
        if 'line' in beside:
            drawn = outline.from_line_art(beside['line'][top:bottom, left:right])
        else:
            drawn = drawn_outline.imitate(panel, rng)
        mask = beside['mask'][top:bottom, left:right, 0] if 'mask' in beside else None
        for t, le, b, r in square.tiles(*panel.shape[:2]):
            count += 1
            squares = [None if layer is None else square.fit(layer[t:b, le:r], SIZE)
                       for layer in (lines, drawn, panel, mask)]
            yield records.encode(*squares, page.group, page.name, (top + t, left + le, top + b, left + r))
    if not count:
        raise pages.PageError(f'too small: no panel of {MIN_PANEL} pixels')


def write_shard(path, shard_pages):
    """Writes one shard and, beside it, what the manifest will say of it, unless both are there and hold.

    Args:
      path: of the shard.
      shard_pages: list of (page, its companions), see `examples_of`.

    Returns:
      {'file', 'records', 'sha256', 'source' (checksum of the input), 'skipped': [[name, reason], ...]}
    """
    note = path.with_suffix('.json')
    source = _source_checksum(shard_pages)
    if note.exists() and path.exists():
        entry = json.loads(note.read_text(encoding='utf-8'))
        if entry['source'] == source and entry['sha256'] == hashlib.sha256(path.read_bytes()).hexdigest():
            return entry
    count, skipped = 0, []
    with aside.written_aside(path) as part:
        with tf.io.TFRecordWriter(str(part)) as writer:
            for page, companions in shard_pages:
                try:
                    for example in examples_of(page, companions):
                        writer.write(example)
                        count += 1
                except pages.PageError as error:
                    skipped.append([page.name, str(error)])
        checksum = hashlib.sha256(part.read_bytes()).hexdigest()
    entry = {'file': path.name, 'records': count, 'sha256': checksum, 'source': source, 'skipped': skipped}
    records.write_json(note, entry)
    return entry


def _source_checksum(shard_pages):
    """Checksum of all that a shard is made from: parameters, names and contents."""
    files = [file for page, companions in shard_pages for file in (page, *companions.values())]
    digest = hashlib.sha256(json.dumps([FORMAT, SIZE, MIN_PANEL, [[p.name, p.group] for p in files]]).encode())
    for page in files:
        try:
            with pages.open_stream(page) as stream:
                digest.update(stream.read())
        except Exception as error:  # unreadable input is reported when it is decoded
            digest.update(type(error).__name__.encode())
    return digest.hexdigest()


def _with_companions(found):
    """Pages that are no companions of others, each with its own: [(page, {'line' or 'mask': page})]."""
    coloured = {match[1]: page for page in found if (match := _COLOUR.match(page.name))}
    companions, others = {}, []
    for page in found:
        match = _COMPANION.match(page.name)
        if match and match[1] in coloured:
            companions.setdefault(coloured[match[1]].name, {})[match[2]] = page
        else:
            others.append(page)
    return [(page, companions.get(page.name, {})) for page in others]


def prepare(inputs, output, validation_percent):
    """Prepares `inputs` (paths) into the folder `output`. Returns the manifest.

    Raises:
      ValueError: an input is missing, or no picture could be used.
    """
    try:
        found, failed = pages.find(inputs)
    except pages.PageError as error:
        raise ValueError(str(error)) from error
    pairs = _with_companions(found)
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    (output / records.MANIFEST).unlink(missing_ok=True)

    jobs = []
    for split in SPLITS:
        # In the order of a hash, every shard is a fair sample of all groups.
        mine = sorted((pair for pair in pairs if split_of(pair[0].group, validation_percent) == split),
                      key=lambda pair: hashlib.sha256(pair[0].name.encode()).digest())
        jobs += [(output / f'{split}-{k:05d}.tfrecord', mine[at:at + PAGES_A_SHARD])
                 for k, at in enumerate(range(0, len(mine), PAGES_A_SHARD))]
    planned = {path.stem for path, _ in jobs}
    for stale in [f for split in SPLITS for f in output.glob(f'{split}-?????.*') if f.stem not in planned]:
        stale.unlink()

    entries = _write_all(jobs) if jobs else []
    skipped = sorted(failed + [tuple(s) for e in entries for s in e.pop('skipped')])
    unusable = {name for name, _ in skipped}
    manifest = {
        'parameters': {'format': FORMAT, 'size': SIZE, 'min_panel': MIN_PANEL, 'validation_percent': validation_percent,
                       'canny_thresholds': outline.CANNY_THRESHOLDS, 'black_level': outline.BLACK_LEVEL},
        'shards': {split: [e for e in entries if e['file'].startswith(split)] for split in SPLITS},
        'groups': {split: sorted({p.group for p, _ in pairs if p.name not in unusable
                                  and split_of(p.group, validation_percent) == split}) for split in SPLITS},
        'skipped': [{'name': name, 'reason': reason} for name, reason in skipped]}
    manifest['counts'] = {'pages': len(pairs) - len(unusable & {p.name for p, _ in pairs}), 'skipped': len(skipped),
                          **{split: sum(e['records'] for e in manifest['shards'][split]) for split in SPLITS}}
    if not manifest['counts']['pages']:
        raise ValueError('no picture could be used' + ''.join(f'\n  {name}: {reason}' for name, reason in skipped))
    records.write_json(output / records.MANIFEST, manifest)
    return manifest


def _write_all(jobs):
    """Writes the shards on all cores, with progress. Returns their entries, in the order of `jobs`."""
    if len(jobs) <= _FEW_JOBS:
        return [write_shard(*job) for job in jobs]
    context = multiprocessing.get_context('spawn')  # a fork of a process with TensorFlow's threads could deadlock
    workers = min(len(os.sched_getaffinity(0)), len(jobs))
    with concurrent.futures.ProcessPoolExecutor(workers, context, cv2.setNumThreads, (1,)) as pool:
        futures = [pool.submit(write_shard, *job) for job in jobs]
        for done, _ in enumerate(concurrent.futures.as_completed(futures), 1):
            print(f'\rshard {done} of {len(jobs)}', end='', file=sys.stderr, flush=True)
        print(file=sys.stderr)
        return [future.result() for future in futures]


def main():
    manifest = prepare(FLAGS.input, FLAGS.output, FLAGS.validation_percent)
    for entry in manifest['skipped']:
        print(f'skipped {entry["name"]}: {entry["reason"]}')
    counts, groups = manifest['counts'], manifest['groups']
    print(f'{counts["pages"]} pages in, {counts["train"]} pictures of {len(groups["train"])} groups for training, '
          f'{counts["validation"]} of {len(groups["validation"])} for validation, {counts["skipped"]} files skipped')


if __name__ == '__main__':
    flags.DEFINE_multi_string('input', None, 'File, folder or archive of pages; may be repeated.', required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_float('validation_percent', 10, 'Share of the groups to hold out.', lower_bound=0, upper_bound=100)
    program.run(main, tf.errors.OpError, concurrent.futures.BrokenExecutor)

r"""Measures how time and memory of data_pipeline.prepare grow with the number of pages.

  python -m data_pipeline.beam.measure --pages 1000 --pages 10000 --runner=DirectRunner --direct_num_workers=2 \
      --direct_running_mode=multi_processing

Draws pages in a temporary folder, in chapters of 100; after --drawn different ones, files are links to earlier ones.
Then prepares them, by Beam if there is a --runner, and prints one line of JSON for each number of pages: seconds,
without those of drawing; the most memory of this process and its workers together; and the bytes of inputs and shards.
"""

import json
import os
import pathlib
import tempfile
import threading
import time

from absl import flags
from PIL import Image

from data_pipeline import prepare, synthetic_page
from data_pipeline.common import program

FLAGS = flags.FLAGS
_CHAPTER = 100  # pages
_PAUSE = 1  # seconds between two looks at the memory


class Memory(threading.Thread):
    """Watches the memory of this process and of those that it started, on Linux.

    Attributes:
      most: MB that they had in memory together, at the most.

    Example:
      >>> with Memory() as memory:
      ...     pass
      >>> memory.most > 10
      True
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self._ended = 0, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self.join()

    def run(self):
        while True:
            self.most = max(self.most, sum(map(_megabytes, _family(os.getpid()))))
            if self._ended.wait(_PAUSE):
                return


def _family(process):
    """Lists a process and all below it, by number."""
    found = [process]
    for tasks in pathlib.Path(f'/proc/{process}/task').glob('*/children'):
        for child in _read(tasks).split():
            found += _family(int(child))
    return found


def _megabytes(process):
    """Memory of a process without what it shares with others, plus its share of that; 0 if it has ended."""
    lines = dict(line.split(':', 1) for line in _read(f'/proc/{process}/smaps_rollup').splitlines() if ':' in line)
    return int(lines.get('Pss', '0 kB').split()[0]) / 1000


def _read(path):
    try:
        return pathlib.Path(path).read_text(encoding='utf-8')
    except OSError:  # the process has ended
        return ''


def draw(folder, pages, drawn, width):
    """Draws pages into a folder, in chapters; after `drawn` of them, files are links to earlier ones."""
    for number in range(pages):
        path = pathlib.Path(folder, f'chapter{number // _CHAPTER:05d}', f'{number % _CHAPTER:03d}.png')
        path.parent.mkdir(exist_ok=True)
        if number < drawn:
            Image.fromarray(synthetic_page.draw_page(seed=number, number=1, width=width).color).save(path)
        else:
            earlier = number % drawn
            os.link(pathlib.Path(folder, f'chapter{earlier // _CHAPTER:05d}', f'{earlier % _CHAPTER:03d}.png'), path)


def main(beam_options):
    for pages in FLAGS.pages:
        with tempfile.TemporaryDirectory(prefix='comic-colorizer-') as folder:
            library, output = pathlib.Path(folder, 'library'), pathlib.Path(folder, 'data')
            library.mkdir()
            draw(library, pages, FLAGS.drawn, FLAGS.width)
            start = time.monotonic()
            with Memory() as memory:
                manifest = prepare.prepare([library], output, 10, beam_options=beam_options)
            seconds = time.monotonic() - start
            print(json.dumps({
                'pages': manifest['counts']['pages'], 'seconds': round(seconds, 1),
                'seconds_a_page': round(seconds / pages, 4), 'megabytes_in_memory': round(memory.most),
                'input_bytes': sum(path.stat().st_size for path in library.rglob('*.png')),
                'shard_bytes': sum(path.stat().st_size for path in output.glob('*.tfrecord'))}), flush=True)


if __name__ == '__main__':
    flags.DEFINE_multi_integer('pages', [1000, 10_000], 'Number of pages. May be repeated.', lower_bound=1)
    flags.DEFINE_integer('drawn', 200, 'Number of different pages.', lower_bound=1)
    flags.DEFINE_integer('width', 700, 'Width of the pages in pixels.', lower_bound=100)
    program.run_also_on_beam(main)

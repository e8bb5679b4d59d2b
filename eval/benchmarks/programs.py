"""Times of programs: the input pipeline, a chapter, the page in the browser, and the exported model."""

import contextlib
import itertools
import pathlib
import resource
import statistics
import sys
import tempfile
import time

import numpy as np
import tensorflow as tf
from PIL import Image

from data_pipeline import dataset, prepare, synthetic_comic, synthetic_page
from eval import coloring, colorize, systems
from eval.benchmarks import timing
from eval.benchmarks.networks import BATCH_SIZE
from eval.serving import saved_model
from eval.web import chapter as web_chapter
from eval.web import colorist, studio
from models import comic_colorizer
from models.base.config import Config

_EPISODES, _PANELS = 8, 12  # size of the comic that the input pipeline is measured with
_INPUT_BATCHES = 100
_CHAPTER_PAGES, _PAGE_PANELS = 24, 6
_PANEL_SIZE = 1000  # pixels; side of the panel of the page in the browser


def input_pipeline(data, fastest):
    """Prints the entry of --what=input.

    Args:
      data: folder that `data_pipeline.prepare` wrote; None for comics that are drawn.
      fastest: what `networks.training` returned.
    """
    with contextlib.ExitStack() as stack:
        if not data:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            synthetic_comic.draw(folder / 'comics', _EPISODES, _PANELS)
            prepare.prepare([folder / 'comics'], folder / 'data', validation_percent=0)
            data = folder / 'data'
        batches = iter(dataset.load(data, 'train', BATCH_SIZE, Config.image_size, seed=0))

        def consume():
            start = time.perf_counter()
            for _ in range(_INPUT_BATCHES):
                next(batches)
            return (time.perf_counter() - start) / (_INPUT_BATCHES * BATCH_SIZE)

        consume()
        timing.report('input.pipeline', statistics.median(consume() for _ in range(5)), fastest[1], fastest[0])


def chapter():
    """Prints the entry of --what=chapter."""
    system = systems.LocalSystem('comic', [str(comic_colorizer.PRETRAINED)], batch_size=coloring.BATCH_SIZE)
    square = np.full((coloring.BATCH_SIZE, system.size, system.size), 255, np.uint8)
    inputs, numbers = (square, range(coloring.BATCH_SIZE), comic_colorizer.TEMPERATURE), [1] * coloring.BATCH_SIZE
    cases = {'networks': (system.colorize, *inputs),
             'of a chapter': (lambda: system.colorize(*inputs, chapter=numbers),)}  # compiles it
    with tempfile.TemporaryDirectory() as folder:
        folder, number, count = pathlib.Path(folder), 0, 0
        (folder / 'chapter').mkdir()
        while count < _CHAPTER_PAGES:
            number += 1
            page = synthetic_page.draw_page(0, number, layout='grid')
            sides = [np.ptp(polygon, axis=0) for polygon in page.panels]
            if len(sides) == _PAGE_PANELS and all(max(side) <= 1.5 * min(side) for side in sides):
                count += 1
                Image.fromarray(page.line_art).save(folder / f'chapter/{count:02d}.png')
        networks = timing.measure(cases)['networks'] / coloring.BATCH_SIZE
        start = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            colorize.colorize([folder / 'chapter'], folder / 'colored', system)
        seconds = (time.perf_counter() - start) / (_CHAPTER_PAGES * _PAGE_PANELS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    timing.report('chapter.panels', seconds, 'chapter.networks', networks, panels_per_second=round(1 / seconds, 2),
           peak_gigabytes=round(memory, 2))


def web():
    """Prints the entry of --what=web."""
    system, colors = systems.LocalSystem('comic', [str(comic_colorizer.PRETRAINED)]), itertools.count()
    with tempfile.TemporaryDirectory() as folder:
        Image.fromarray(synthetic_comic.draw_panel(0, 1, 1, size=_PANEL_SIZE).line_art).save(f'{folder}/panel.png')
        chapter = web_chapter.Chapter(folder, web_chapter.new_key())
        chapter.add([f'{folder}/panel.png'])
        artist = studio.Studio(colorist.Colorist(system), folder)

        def paint():
            artist.act(chapter, 'panel.png', [{'kind': 'stroke', 'points': [[400, 500], [420, 510]], 'radius': 6,
                                               'color': f'#8040{next(colors):02x}'}])

        square = np.full((1, system.size, system.size), 255, np.uint8)
        inputs = square, [0], comic_colorizer.TEMPERATURE, None, np.zeros((*square.shape, 4), np.uint8)
        seconds = timing.measure({'networks': (system.colorize, *inputs), 'hint': (paint,)})
    timing.report('web.hint', seconds['hint'], 'web.networks', seconds['networks'])


def serving(preset):
    """Prints the entries of --what=serving."""
    colorizer = comic_colorizer.ComicColorizer(
        *(network.from_preset(preset) for network in comic_colorizer.ComicColorizer.NETWORKS))
    with tempfile.TemporaryDirectory() as folder:
        exported = tf.saved_model.load(str(saved_model.export(colorizer, folder)))
    signature = exported.signatures['serving_default']
    serving_default = tf.function(lambda *inputs: signature(**dict(zip(
        ('outline', 'hints', 'seed', 'temperature', 'background', 'references', 'chapter'), inputs, strict=True))))
    for batch in (1, 16):
        size = colorizer.image_size
        outline = np.random.default_rng(0).integers(0, 256, [batch, size, size, 1], np.uint8)
        seeds, temperature = tf.range(batch, dtype=tf.int64), tf.fill([batch], comic_colorizer.TEMPERATURE)
        automatic, no_hints = tf.fill([batch, 3], comic_colorizer.AUTOMATIC), np.zeros([0, size, size, 4], np.uint8)
        timing.compare('serving', batch, {
            'in_process': (colorizer.colorize, 1 - outline / np.float32(255), seeds, temperature, automatic),
            'serving_default': (serving_default, outline, no_hints, seeds, temperature, automatic,
                                tf.zeros([0], tf.string), tf.zeros([0], tf.int64)),
        })

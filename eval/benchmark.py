r"""Measures speed, as ratios within one run. Prints one JSON object on each line.

  python -m eval.benchmark --what=sampling,serving

  {"name": "sampling.cached_xla.batch1", "seconds": 0.081, "per": "sampling.forward.batch1", "ratio": 4.0}

`seconds` is the median of several runs after a warm-up, or one run if it takes longer than half a minute. `ratio` is
the time divided by that of the entry `per`. Progress goes to standard error.

sampling, for batches of 1 and 16:
  forward: one teacher-forced pass of the low-resolution colorizer, which gives the likelihood of a known picture.
  cached_xla, cached: its sampler, with and without XLA.
  naive: the same samples by a whole forward pass for each of the 1,024 pixels.
  tfp: tfp.distributions.PixelCNN.sample of the same width, depth and mixture, which has no outline.

contexts, for each network that `train.low_res_colorizer --context` chooses from:
  CONTEXT: `cached_xla`, as above, for batches of 1 and 16.
  training.CONTEXT.float32, training.CONTEXT.mixed_bfloat16: a training step of the low-resolution colorizer, as below.

training:
  NETWORK.float32, NETWORK.mixed_bfloat16: a training step of each network in batches of 8; seconds for each picture.

input:
  pipeline: the input pipeline alone, from TFRecords (--data, or comics that are drawn for it); seconds for each
    picture. `per` is the fastest training step, which is measured first. A ratio of 0.1 is ten times as fast.

chapter:
  panels: eval.colorize on 24 drawn pages of 6 panels, 1,400 pixels wide, none longer than 3:2: line art in, PNG out.
    Seconds for each panel, after start-up and compilation. `per` is the networks alone, in full batches. The entry also
    has the panels of a second and the peak memory of the process, in gigabytes.

hints, in batches of 4 as eval.colorize has them, with XLA:
  without, empty, given: ComicColorizer.colorize without hints, with hints that are empty, and with ten dots in each
    picture.

references, in the same batches:
  without, four, sixteen: ComicColorizer.colorize without references, and with four and sixteen that are encoded.
  previous: the same with sixteen, where each picture also takes over colors of those before it.

web:
  hint: from a stroke of the brush to all that the page of eval.web shows then, for a drawn panel of 1,000 pixels; each
    stroke has another color. Without the browser. `per` is the networks alone, for one square.

serving, for batches of 1 and 16, without XLA:
  in_process: ComicColorizer.colorize.
  serving_default: the same by the signature of the exported model.
"""

import contextlib
import itertools
import json
import pathlib
import resource
import statistics
import sys
import tempfile
import time

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras
from absl import flags
from PIL import Image

from data_pipeline import dataset, prepare, synthetic_comic, synthetic_page
from data_pipeline.common import program
from eval import coloring, colorize, systems
from eval.serving import saved_model
from eval.web import chapter as web_chapter
from eval.web import colorist, studio
from models import background_detector, comic_colorizer, low_res_colorizer, polishing_network
from models.base.config import Config
from models.baselines import pix2pix, two_step_cgan
from models.low_res_colorizer import references as references_of
from models.low_res_colorizer.contexts import CONTEXTS

FLAGS = flags.FLAGS
_LONG, _ENOUGH, _MOST_RUNS = 30., 10., 15  # seconds, seconds, runs
_BATCH_SIZE = 8  # batch size of the training steps
_DOTS = 10  # hints of a picture
_EPISODES, _PANELS = 8, 12  # size of the comic that the input pipeline is measured with
_INPUT_BATCHES = 100
_CHAPTER_PAGES, _PAGE_PANELS = 24, 6
_PANEL_SIZE = 1000  # pixels; side of the panel of the page in the browser
_WHAT = ('sampling', 'contexts', 'training', 'input', 'chapter', 'hints', 'references', 'web', 'serving')


def measure(cases):
    """Measures the median seconds of a call of each case. The cases take turns, so that other load slows all alike.

    Args:
      cases: {name: (tf.function, *arguments)}.
    Returns:
      {name: seconds}.
    """

    def timed(function, *arguments):
        start = time.perf_counter()
        tf.nest.map_structure(np.asarray, function(*arguments))
        return time.perf_counter() - start

    runs = {}
    for name, case in cases.items():
        print(f'measuring {name}', file=sys.stderr, flush=True)
        if hasattr(case[0], 'get_concrete_function'):
            case[0].get_concrete_function(*case[1:])
        warm_up = timed(*case)
        runs[name] = [warm_up if warm_up > _LONG else timed(*case)]
    for turn in range(_MOST_RUNS):
        for name, seconds in runs.items():
            if turn < int(_ENOUGH / seconds[0]):
                seconds.append(timed(*cases[name]))
    return {name: statistics.median(seconds) for name, seconds in runs.items()}


def report(name, seconds, per, base, **more):
    """Prints one entry, with its ratio to the entry `per`, which took `base` seconds."""
    print(json.dumps({'name': name, 'seconds': float(f'{seconds:.4g}'), 'per': per,
                      'ratio': float(f'{seconds / base:.4g}')} | more), flush=True)


def naive_sample(colorizer, outline, seeds, temperature=1.):
    """Samples as `LowResColorizer.sample` does, by whole forward passes for each pixel: low_res [B, L, L, 3]."""
    noise, size = colorizer.noise(seeds), colorizer.config.low_res_size
    condition = colorizer.condition(colorizer.see(outline))

    def paint(number, picture):
        row, column = number // size, number % size
        parameters, known = (x[:, row, column] for x in (
            colorizer((outline, picture)), colorizer.known_colors(condition, picture)))
        pixel = colorizer.likelihood(parameters, known).sample(noise[:, row, column], temperature)
        here = tf.one_hot(number, size * size, dtype=tf.float32)
        return number + 1, picture + tf.reshape(here, [1, size, size, 1]) * pixel[:, None, None]

    blank = tf.zeros([tf.shape(outline)[0], size, size, 3])
    return tf.while_loop(lambda number, _: number < size * size, paint, (0, blank))[1]


def sampling(preset):
    """Prints the entries of --what=sampling."""
    colorizer = low_res_colorizer.LowResColorizer.from_preset(preset)
    config = colorizer.config
    size, low = config.image_size, config.low_res_size
    peer = tfp.distributions.PixelCNN(
        image_shape=(low, low, 3), num_resnet=config.pixelcnn_blocks // 2, num_hierarchies=1,
        num_filters=config.pixelcnn_filters, num_logistic_mix=config.mixtures, dropout_p=0.)
    for batch in (1, 16):
        outline = tf.random.stateless_uniform([batch, size, size, 1], [0, 0])
        low_res, seeds = tf.zeros([batch, low, low, 3]), tf.range(batch, dtype=tf.int64)
        cases = {
            'forward': (tf.function(colorizer.log_prob), outline, low_res),
            'cached_xla': (tf.function(lambda *inputs: colorizer.sample(*inputs, xla=True)), outline, seeds),
            'cached': (tf.function(colorizer.sample), outline, seeds),
            'naive': (tf.function(lambda *inputs: naive_sample(colorizer, *inputs)), outline, seeds),
            'tfp': (tf.function(peer.sample), batch),
        }
        compare('sampling', batch, cases)


def contexts(preset):
    """Prints the entries of --what=contexts."""
    size = Config.image_size
    for batch in (1, 16):
        outline, seeds = tf.random.stateless_uniform([batch, size, size, 1], [0, 0]), tf.range(batch, dtype=tf.int64)
        compare('contexts', batch, {context: (_sampler(preset, context), outline, seeds) for context in CONTEXTS})
    for context in CONTEXTS:
        training_step(f'contexts.training.{context}', low_res_colorizer.LowResColorizer, preset, context=context)


def _sampler(preset, context):
    """The sampler of a low-resolution colorizer, with XLA."""
    colorizer = low_res_colorizer.LowResColorizer.from_preset(preset, context=context)
    return tf.function(lambda *inputs: colorizer.sample(*inputs, xla=True))


def training(preset):
    """Prints the entries of --what=training. Returns (seconds for each picture, name) of the fastest step."""
    gan = {'adversarial_weight': .01}
    cases = [(low_res_colorizer.LowResColorizer, {}), (background_detector.BackgroundDetector, {}),
             (polishing_network.PolishingNetwork,
              {'adversarial_weight': 0., 'detect_background': lambda outline: tf.round(outline)}),
             (pix2pix.Pix2Pix, gan), (two_step_cgan.LowResPix2Pix, gan), (two_step_cgan.PolishingPix2Pix, gan)]
    return min(step for network, options in cases
               for step in training_step(f'training.{network.NAME}', network, preset, options))


def training_step(name, network, preset, options=None, **changes):
    """Prints the entries of a network's training step. Returns (seconds for each picture, entry's name) of each.

    Args:
      name: what the entries' names begin with.
      network, preset, changes: class of the network; see `Network.from_preset`.
      options: arguments of `compile`.
    """
    size, numbers = Config.image_size, tf.range(_BATCH_SIZE, dtype=tf.int64)
    data = {'outline': tf.random.stateless_uniform([_BATCH_SIZE, size, size, 1], [0, 0]),
            'color': tf.random.stateless_uniform([_BATCH_SIZE, size, size, 3], [0, 1], -1, 1),
            'seeds': tf.random.stateless_uniform([_BATCH_SIZE, 2], [0, 2], maxval=1000, dtype=tf.int32),
            'group': numbers // references_of.RUN, 'known': tf.ones([_BATCH_SIZE], tf.bool)}
    steps = {}
    for precision in ('float32', 'mixed_bfloat16'):
        keras.mixed_precision.set_global_policy(precision)
        model = network.from_preset(preset, **changes)
        model.compile(keras.optimizers.Adam(), **(options or {}))
        steps[f'{name}.{precision}'] = (tf.function(model.train_step), data)
    keras.mixed_precision.set_global_policy('float32')
    seconds = {name: batch / _BATCH_SIZE for name, batch in measure(steps).items()}
    first = next(iter(seconds))
    for name in seconds:
        report(name, seconds[name], first, seconds[first])
    return [(seconds[name], name) for name in seconds]


def input_pipeline(fastest):
    """Prints the entry of --what=input. `fastest` is what `training` returned."""
    with contextlib.ExitStack() as stack:
        data = FLAGS.data
        if not data:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            synthetic_comic.draw(folder / 'comics', _EPISODES, _PANELS)
            prepare.prepare([folder / 'comics'], folder / 'data', validation_percent=0)
            data = folder / 'data'
        batches = iter(dataset.load(data, 'train', _BATCH_SIZE, Config.image_size, seed=0))

        def consume():
            start = time.perf_counter()
            for _ in range(_INPUT_BATCHES):
                next(batches)
            return (time.perf_counter() - start) / (_INPUT_BATCHES * _BATCH_SIZE)

        consume()
        report('input.pipeline', statistics.median(consume() for _ in range(5)), fastest[1], fastest[0])


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
        networks = measure(cases)['networks'] / coloring.BATCH_SIZE
        start = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            colorize.colorize([folder / 'chapter'], folder / 'colored', system)
        seconds = (time.perf_counter() - start) / (_CHAPTER_PAGES * _PAGE_PANELS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    report('chapter.panels', seconds, 'chapter.networks', networks, panels_per_second=round(1 / seconds, 2),
           peak_gigabytes=round(memory, 2))


def _system(preset):
    """Makes a `ComicColorizer` with XLA, and what it colors a batch of drawings from."""
    colorizer = comic_colorizer.ComicColorizer(
        *(network.from_preset(preset) for network in comic_colorizer.ComicColorizer.NETWORKS), xla=True)
    batch, size = coloring.BATCH_SIZE, colorizer.image_size
    outline = np.float32(np.random.default_rng(0).random([batch, size, size, 1]) < .1)
    return colorizer, (outline, tf.range(batch, dtype=tf.int64), comic_colorizer.TEMPERATURE,
                       tf.fill([batch, 3], comic_colorizer.AUTOMATIC))


def hints(preset):
    """Prints the entries of --what=hints."""
    colorizer, inputs = _system(preset)
    batch, size, random = coloring.BATCH_SIZE, colorizer.image_size, np.random.default_rng(0)
    empty = np.zeros([batch, size, size, 4], np.uint8)
    given = empty.copy()
    for picture in given:
        picture[tuple(random.integers(0, size, [2, _DOTS]))] = [*random.integers(0, 256, 3), 255]
    compare('hints', batch, {'without': (colorizer.colorize, *inputs), 'empty': (colorizer.colorize, *inputs, empty),
                             'given': (colorizer.colorize, *inputs, given)})


def references(preset):
    """Prints the entries of --what=references."""
    colorizer, inputs = _system(preset)
    sheets = np.random.default_rng(1).random([16, colorizer.image_size, colorizer.image_size, 1], np.float32)
    encoded = colorizer.encode_references(sheets, np.repeat(2 * sheets - 1, 3, axis=-1))
    sixteen = tf.repeat(encoded[None], coloring.BATCH_SIZE, axis=0)
    compare('references', coloring.BATCH_SIZE, {
        'without': (colorizer.colorize, *inputs), 'four': (colorizer.colorize, *inputs, None, sixteen[:, :4]),
        'sixteen': (colorizer.colorize, *inputs, None, sixteen),
        'previous': (colorizer.colorize, *inputs, None, sixteen, tf.ones([coloring.BATCH_SIZE], tf.int64))})


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
        seconds = measure({'networks': (system.colorize, *inputs), 'hint': (paint,)})
    report('web.hint', seconds['hint'], 'web.networks', seconds['networks'])


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
        compare('serving', batch, {
            'in_process': (colorizer.colorize, 1 - outline / np.float32(255), seeds, temperature, automatic),
            'serving_default': (serving_default, outline, no_hints, seeds, temperature, automatic,
                                tf.zeros([0], tf.string), tf.zeros([0], tf.int64)),
        })


def compare(what, batch, cases):
    """Measures cases and reports each with its ratio to the first."""
    seconds = measure(cases)
    first = next(iter(cases))
    for name in cases:
        report(f'{what}.{name}.batch{batch}', seconds[name], f'{what}.{first}.batch{batch}', seconds[first])


def benchmarks(names, preset):
    """Runs the benchmarks in `names`. `input` needs the figures of `training`, so it runs that, too."""
    if 'sampling' in names:
        sampling(preset)
    if 'contexts' in names:
        contexts(preset)
    if {'training', 'input'} & names:
        fastest = training(preset)
        if 'input' in names:
            input_pipeline(fastest)
    if 'chapter' in names:
        chapter()
    if 'hints' in names:
        hints(preset)
    if 'references' in names:
        references(preset)
    if 'web' in names:
        web()
    if 'serving' in names:
        serving(preset)


def main():
    keras.utils.set_random_seed(0)
    benchmarks(set(FLAGS.what), FLAGS.preset)


if __name__ == '__main__':
    flags.DEFINE_list('what', None, f'Measurements, joined by commas: {", ".join(_WHAT)}.', required=True)
    flags.register_validator('what', set(_WHAT).issuperset, f'takes {", ".join(_WHAT)}')
    flags.DEFINE_string('data', None, 'Folder that data_pipeline.prepare wrote, to measure the input pipeline with.')
    flags.DEFINE_enum('preset', 'small', list(Config.PRESETS), 'Sizes of the networks.')
    program.run(main)

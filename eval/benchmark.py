r"""Measures speed, as ratios within one run: one JSON object a line.

  python -m eval.benchmark --what=sampling,serving

  {"name": "sampling.cached_xla.batch1", "seconds": 0.081, "per": "sampling.forward.batch1", "ratio": 4.0}

`seconds` is the median of several runs after a warm-up, of one run where that takes longer than half a minute;
`ratio` is against the entry named by `per`. Progress goes to standard error.

sampling: for batches of 1 and 16,
  forward: one teacher-forced pass of the low-resolution colorizer, which gives the likelihood of a known picture
  cached_xla, cached: its sampler, with and without XLA
  naive: the same samples by a whole forward pass for each of the 1,024 pixels
  tfp: tfp.distributions.PixelCNN.sample, of the same width, depth and mixture, which knows no outline

serving: for batches of 1 and 16, without XLA,
  in_process: ComicColorizer.colorize
  serving_default: the same by the signature of the exported and loaded model
"""

import json
import statistics
import sys
import tempfile
import time

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras
from absl import app, flags

from eval import export
from models import comic_colorizer, low_res_colorizer, presets, weights

FLAGS = flags.FLAGS
_LONG, _ENOUGH, _MOST_RUNS = 30., 10., 15  # seconds, seconds, runs


def measure(cases):
    """Median seconds of a call of each case; they take turns, so that what else the machine does slows all alike.

    Args:
      cases: {name: (tf.function, *arguments)}
    Returns:
      {name: seconds}
    """

    def timed(function, *arguments):
        start = time.perf_counter()
        tf.nest.map_structure(lambda tensor: tensor.numpy(), function(*arguments))
        return time.perf_counter() - start

    runs = {}
    for name, case in cases.items():
        print(f'measuring {name}', file=sys.stderr, flush=True)
        case[0].get_concrete_function(*case[1:])
        warm_up = timed(*case)
        runs[name] = [warm_up if warm_up > _LONG else timed(*case)]
    for turn in range(_MOST_RUNS):
        for name, seconds in runs.items():
            if turn < int(_ENOUGH / seconds[0]):
                seconds.append(timed(*cases[name]))
    return {name: statistics.median(seconds) for name, seconds in runs.items()}


def report(name, seconds, per, base):
    """Prints one entry, against the one named `per` that took `base` seconds."""
    print(json.dumps({'name': name, 'seconds': float(f'{seconds:.4g}'), 'per': per,
                      'ratio': float(f'{seconds / base:.4g}')}), flush=True)


def naive_sample(colorizer, outline, seeds, temperature=1.):
    """What `LowResColorizer.sample` gives, pixel by pixel from whole forward passes: low_res [B, L, L, 3]."""
    noise, size = colorizer.noise(seeds), colorizer.preset.low_res_size

    def paint(number, picture):
        row, column = number // size, number % size
        parameters = colorizer((outline, picture))[:, row, column]
        pixel = colorizer.likelihood(parameters).sample(noise[:, row, column], temperature)
        here = tf.one_hot(number, size * size, dtype=tf.float32)
        return number + 1, picture + tf.reshape(here, [1, size, size, 1]) * pixel[:, None, None]

    blank = tf.zeros([tf.shape(outline)[0], size, size, 3])
    return tf.while_loop(lambda number, _: number < size * size, paint, (0, blank))[1]


def sampling(preset):
    """Prints the entries of --what=sampling."""
    colorizer = weights.build(low_res_colorizer.LowResColorizer, preset)
    size, low = preset.image_size, preset.low_res_size
    peer = tfp.distributions.PixelCNN(
        image_shape=(low, low, 3), num_resnet=preset.pixelcnn_blocks // 2, num_hierarchies=1,
        num_filters=preset.pixelcnn_filters, num_logistic_mix=preset.mixtures, dropout_p=0.)
    for batch in (1, 16):
        outline = tf.random.stateless_uniform([batch, size, size, 1], [0, 0])
        low_res, seeds = tf.zeros([batch, low, low, 3]), tf.range(batch, dtype=tf.int64)
        cases = {
            'forward': (tf.function(colorizer.log_prob), outline, low_res),
            'cached_xla': (tf.function(colorizer.sample, jit_compile=True), outline, seeds),
            'cached': (tf.function(colorizer.sample), outline, seeds),
            'naive': (tf.function(lambda *inputs: naive_sample(colorizer, *inputs)), outline, seeds),
            'tfp': (tf.function(peer.sample), batch),
        }
        compare('sampling', batch, cases)


def serving(preset):
    """Prints the entries of --what=serving."""
    colorizer = comic_colorizer.ComicColorizer(
        *(weights.build(network, preset) for network in comic_colorizer.ComicColorizer.NETWORKS))
    with tempfile.TemporaryDirectory() as folder:
        exported = tf.saved_model.load(str(export.export(colorizer, folder)))
    signature = exported.signatures['serving_default']
    serving_default = tf.function(lambda *inputs: signature(**dict(zip(
        ('outline', 'seed', 'temperature', 'background'), inputs, strict=True))))
    for batch in (1, 16):
        outline = np.random.default_rng(0).integers(0, 256, [batch, preset.image_size, preset.image_size, 1], np.uint8)
        seeds, temperature = tf.range(batch, dtype=tf.int64), tf.fill([batch], .8)
        automatic = tf.fill([batch, 3], comic_colorizer.AUTOMATIC)
        compare('serving', batch, {
            'in_process': (colorizer.colorize, 1 - outline / np.float32(255), seeds, temperature, automatic),
            'serving_default': (serving_default, outline, seeds, temperature, automatic),
        })


def compare(what, batch, cases):
    """Measures cases and reports them against the first."""
    seconds = measure(cases)
    first = next(iter(cases))
    for name in cases:
        report(f'{what}.{name}.batch{batch}', seconds[name], f'{what}.{first}.batch{batch}', seconds[first])


BENCHMARKS = {'sampling': sampling, 'serving': serving}


def main(argv):
    if len(argv) > 1:
        raise app.UsageError(f'unexpected argument: {argv[1]}')
    keras.utils.set_random_seed(0)
    for what in FLAGS.what:
        BENCHMARKS[what](presets.PRESETS[FLAGS.preset])


if __name__ == '__main__':
    flags.DEFINE_list('what', None, f'What to measure, of {", ".join(BENCHMARKS)}; joined by commas.', required=True)
    flags.register_validator('what', set(BENCHMARKS).issuperset, f'takes {", ".join(BENCHMARKS)}')
    flags.DEFINE_enum('preset', 'small', sorted(presets.PRESETS), 'Sizes of the networks.')
    app.run(main)

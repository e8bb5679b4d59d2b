"""Times of the networks: sampling, a training step, and coloring with hints and references."""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

from eval import coloring
from eval.benchmarks import timing
from models import background_detector, comic_colorizer, low_res_colorizer, polishing_network
from models.base.config import Config
from models.baselines import pix2pix, two_step_cgan
from models.low_res_colorizer import references as references_of
from models.low_res_colorizer.contexts import CONTEXTS

BATCH_SIZE = 8  # batch size of the training steps
_DOTS = 10  # hints of a picture


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
        timing.compare('sampling', batch, cases)


def contexts(preset):
    """Prints the entries of --what=contexts."""
    size = Config.image_size
    for batch in (1, 16):
        outline, seeds = tf.random.stateless_uniform([batch, size, size, 1], [0, 0]), tf.range(batch, dtype=tf.int64)
        timing.compare('contexts', batch, {
            context: (_sampler(preset, context), outline, seeds) for context in CONTEXTS})
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
    size, numbers = Config.image_size, tf.range(BATCH_SIZE, dtype=tf.int64)
    data = {'outline': tf.random.stateless_uniform([BATCH_SIZE, size, size, 1], [0, 0]),
            'color': tf.random.stateless_uniform([BATCH_SIZE, size, size, 3], [0, 1], -1, 1),
            'seeds': tf.random.stateless_uniform([BATCH_SIZE, 2], [0, 2], maxval=1000, dtype=tf.int32),
            'group': numbers // references_of.RUN, 'known': tf.ones([BATCH_SIZE], tf.bool)}
    steps = {}
    for precision in ('float32', 'mixed_bfloat16'):
        keras.mixed_precision.set_global_policy(precision)
        model = network.from_preset(preset, **changes)
        model.compile(keras.optimizers.Adam(), **(options or {}))
        steps[f'{name}.{precision}'] = (tf.function(model.train_step), data)
    keras.mixed_precision.set_global_policy('float32')
    seconds = {name: batch / BATCH_SIZE for name, batch in timing.measure(steps).items()}
    first = next(iter(seconds))
    for name in seconds:
        timing.report(name, seconds[name], first, seconds[first])
    return [(seconds[name], name) for name in seconds]


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
    timing.compare('hints', batch, {
        'without': (colorizer.colorize, *inputs), 'empty': (colorizer.colorize, *inputs, empty),
        'given': (colorizer.colorize, *inputs, given)})


def references(preset):
    """Prints the entries of --what=references."""
    colorizer, inputs = _system(preset)
    sheets = np.random.default_rng(1).random([16, colorizer.image_size, colorizer.image_size, 1], np.float32)
    encoded = colorizer.encode_references(sheets, np.repeat(2 * sheets - 1, 3, axis=-1))
    sixteen = tf.repeat(encoded[None], coloring.BATCH_SIZE, axis=0)
    timing.compare('references', coloring.BATCH_SIZE, {
        'without': (colorizer.colorize, *inputs), 'four': (colorizer.colorize, *inputs, None, sixteen[:, :4]),
        'sixteen': (colorizer.colorize, *inputs, None, sixteen),
        'previous': (colorizer.colorize, *inputs, None, sixteen, tf.ones([coloring.BATCH_SIZE], tf.int64))})

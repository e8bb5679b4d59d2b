"""The signatures that TensorFlow Serving offers: what the server accepts and what it returns.

Everything from line art to colors is in the graph. The first axis of every input and output is the batch. A picture's
result depends on its own inputs only, so the server may join requests to batches. Beside the pictures, all signatures
take

  seed: int64 [B]. Another seed gives other colors.
  temperature: float [B], of the sampling, finite and at least 0. 1 is what was learned, 1.1 the command line's default.
  background: float [B, 3], the color to paint the background with, RGB in 0..255; negative for the picture's own.

and hints, colors that the user gives at places (see `models.ops.hints`). They cost time only where
there are some. If no picture has hints, the input may have the shape [0, ...], with the same results to the last bit;
but not where TensorFlow Serving joins requests: there all inputs must have the same first axis.

serving_default
  outline: uint8 [B, S, S, 1], line art fitted to the networks' square, black on white.
  hints: uint8 [B, S, S, 4] or [0, S, S, 4], RGB, and alpha: at least 128 where there is a hint. A picture without hints
    has alpha 0 everywhere.
  -> image: uint8 [B, S, S, 3], the colors, which the line art is to be laid over.
     low_res: uint8 [B, L, L, 3], the consensus of samples.
     background_mask: float [B, S, S, 1], 1 on the background, else 0.
     background_color: uint8 [B, 3].
     log_likelihood: float [B], of low_res given the hints, in nats.

encoded
  image_bytes: string [B], PNG or JPEG of line art of any size within the limits of `decode`.
  hints: string [B] or [0], PNG with alpha in the size of its line art; '' for a picture without hints.
  -> image_bytes: string [B], PNG, RGB, in the line art's size, with the line art laid over the colors.

The server answers any other request with INVALID_ARGUMENT. The names of binary outputs end in _bytes because TensorFlow
Serving's REST API requires it.
"""

import numpy as np
import tensorflow as tf

from data_pipeline.outlines import cleaning, line_art, outline
from data_pipeline.pictures import colors, decode

_CONTROLS = (tf.TensorSpec([None], tf.int64, 'seed'), tf.TensorSpec([None], tf.float32, 'temperature'),
             tf.TensorSpec([None, 3], tf.float32, 'background'))
# Ink coverage of each level, as a table: TensorFlow turns a division into a product, which rounds differently.
_INK = outline.to_ink(np.arange(256, dtype=np.float32))


def signatures(colorizer):
    """Makes the signatures of a `ComicColorizer`: {name: tf.function}."""
    size = colorizer.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 1], tf.uint8, 'outline'),
                                  tf.TensorSpec([None, size, size, 4], tf.uint8, 'hints'), *_CONTROLS],
                 autograph=False)
    def serving_default(outline, hints, seed, temperature, background):
        with tf.control_dependencies(_checks(outline, hints, seed, temperature, background)):
            ink = tf.gather(_INK, tf.cast(outline, tf.int32))
            hints = _filled(hints, outline)
            result = _colorize(colorizer, ink, hints, seed, temperature, background)
            low_res = colors.from_levels(tf.cast(result['low_res'], tf.float32))
            likelihood = colorizer.log_likelihood(ink, low_res, colorizer.spread(hints, ink))
            return result | {'log_likelihood': likelihood}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'image_bytes'),
                                  tf.TensorSpec([None], tf.string, 'hints'), *_CONTROLS], autograph=False)
    def encoded(image_bytes, hints, seed, temperature, background):
        with tf.control_dependencies(_checks(image_bytes, hints, seed, temperature, background)):
            image_bytes, hints = tf.identity(image_bytes), _filled(hints, image_bytes)

        def drawing(picture):
            return cleaning.clean(decode.decode(picture), False)

        def fit(pair):
            lines = drawing(pair[0])[0]
            return line_art.fit(lines, size), tf.cond(
                pair[1] == b'', lambda: tf.zeros([size, size, 4], tf.uint8),
                lambda: line_art.fit_hints(decode.decode_hints(pair[1], tf.shape(lines)[:2]), size))

        # Each picture is decoded twice, so that a batch of whole pages need not fit into memory.
        fitted, hints = tf.map_fn(fit, (image_bytes, hints), parallel_iterations=1, fn_output_signature=(
            tf.TensorSpec([size, size], tf.uint8), tf.TensorSpec([size, size, 4], tf.uint8)))
        ink = tf.gather(_INK, tf.cast(fitted[..., None], tf.int32))
        image = _colorize(colorizer, ink, hints, seed, temperature, background)['image']
        return {'image_bytes': tf.map_fn(
            lambda pair: tf.io.encode_png(line_art.put_back(pair[1], *drawing(pair[0]))), (image_bytes, image),
            parallel_iterations=1, fn_output_signature=tf.TensorSpec([], tf.string))}

    return {'serving_default': serving_default, 'encoded': encoded}


def _filled(hints, pictures):
    """Fills up hints, if there are none, with zeros or '' for each picture."""
    missing = tf.shape(pictures)[0] - tf.shape(hints)[0]
    return tf.concat([tf.ensure_shape(hints, hints.shape), tf.zeros([missing, *hints.shape[1:]], hints.dtype)], axis=0)


def _colorize(colorizer, ink, hints, seed, temperature, background):
    """Computes the outputs of `serving_default`, without the likelihood."""
    background = colors.from_levels(tf.ensure_shape(background, [None, 3]))
    result = colorizer.colorize(ink, seed, temperature, background, hints)
    image, low_res, background_color = (tf.cast(colors.to_levels(result[name]), tf.uint8)
                                        for name in ('image', 'low_res', 'background_color'))
    return {'image': image, 'low_res': low_res, 'background_mask': result['background_mask'],
            'background_color': background_color}


def _checks(pictures, hints, seed, temperature, background):
    """Makes assertions on what the signatures' types cannot say."""
    count, hint_count = tf.shape(pictures)[0], tf.shape(hints)[0]
    counts = tf.stack([count] + [tf.shape(control)[0] for control in (seed, temperature, background)])
    return [
        tf.debugging.Assert((count > 0) & tf.reduce_all(counts == count), [
            'a batch must have at least one picture, and as many seeds, temperatures and backgrounds; they are',
            counts]),
        tf.debugging.Assert((hint_count == 0) | (hint_count == count), [
            'there must be hints for every picture, or none at all; they are', hint_count]),
        tf.debugging.Assert(tf.reduce_all((temperature >= 0) & (temperature < float('inf'))), [
            'temperatures must be finite and at least 0; they are', temperature]),
        tf.debugging.Assert(tf.reduce_all(background <= 255), [
            'backgrounds must be RGB in 0..255, or negative; they are', background])]

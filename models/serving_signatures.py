"""What TensorFlow Serving offers of the system: its signatures, the whole way in the graph.

Every input and output has the batch first and every picture's result is its own, so that the server may join requests
to batches. All signatures take, beside the pictures,

  seed: int64 [B]; another seed, other colours.
  temperature: float [B], of the sampling, 0 or more; 1 is what was learnt, 1.1 the command line's.
  background: float [B, 3], RGB in 0..255, to paint backgrounds with; negative numbers: automatic.

serving_default
  outline: uint8 [B, S, S, 1], line art fitted to the networks' square, black on white.
  -> image: uint8 [B, S, S, 3], the colours as the networks give them; to lay the line art over.
     low_res: uint8 [B, L, L, 3], the consensus of samples.
     background_mask: float [B, S, S, 1], 1 on the background.
     background_color: uint8 [B, 3].
     log_likelihood: float [B], of low_res, nats.

encoded
  image_bytes: string [B], PNG or JPEG of line art of any size within the limits of `line_art`.
  -> image_bytes: string [B], PNG, RGB, in the line art's own size, which lies over its colours.

A request that is not of this form is answered with INVALID_ARGUMENT. TensorFlow Serving's REST API wants the names of
binary outputs to end in _bytes.
"""

import numpy as np
import tensorflow as tf

from models import line_art, resolution

_CONTROLS = (tf.TensorSpec([None], tf.int64, 'seed'), tf.TensorSpec([None], tf.float32, 'temperature'),
             tf.TensorSpec([None, 3], tf.float32, 'background'))
# Ink coverage of each level. Looked up, since TensorFlow turns divisions into products, which round otherwise.
_INK = 1 - np.arange(256, dtype=np.float32) / line_art.PAPER


def signatures(colorizer):
    """The signatures of a `comic_colorizer.ComicColorizer`: {name: tf.function}."""
    size = colorizer.preset.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 1], tf.uint8, 'outline'), *_CONTROLS],
                 autograph=False)
    def serving_default(outline, seed, temperature, background):
        with tf.control_dependencies(_checks(outline, seed, temperature, background)):
            return _colorize(colorizer, outline, seed, temperature, background)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'image_bytes'), *_CONTROLS], autograph=False)
    def encoded(image_bytes, seed, temperature, background):
        with tf.control_dependencies(_checks(image_bytes, seed, temperature, background)):
            image_bytes = tf.identity(image_bytes)
        # Decoded twice rather than kept: a batch of whole pages need not fit into memory.
        fitted = tf.map_fn(lambda picture: line_art.fit(line_art.decode(picture), size), image_bytes,
                           parallel_iterations=1, fn_output_signature=tf.TensorSpec([size, size], tf.uint8))
        image = _colorize(colorizer, fitted[..., None], seed, temperature, background)['image']
        return {'image_bytes': tf.map_fn(
            lambda pair: tf.io.encode_png(line_art.put_back(pair[1], line_art.decode(pair[0]))), (image_bytes, image),
            parallel_iterations=1, fn_output_signature=tf.TensorSpec([], tf.string))}

    return {'serving_default': serving_default, 'encoded': encoded}


def _colorize(colorizer, outline, seed, temperature, background):
    """What `serving_default` gives."""
    ink = tf.gather(_INK, tf.cast(outline, tf.int32))
    result = colorizer.colorize(ink, seed, temperature, resolution.from_levels(tf.ensure_shape(background, [None, 3])))
    image, low_res, background_color = (tf.cast(resolution.levels(result[name]), tf.uint8)
                                        for name in ('image', 'low_res', 'background_colour'))
    return {'image': image, 'low_res': low_res, 'background_mask': result['background_mask'],
            'background_color': background_color, 'log_likelihood': result['log_likelihood']}


def _checks(pictures, seed, temperature, background):
    """Assertions on what the signatures' types cannot say."""
    count = tf.shape(pictures)[0]
    counts = tf.stack([count] + [tf.shape(control)[0] for control in (seed, temperature, background)])
    return [
        tf.debugging.Assert((count > 0) & tf.reduce_all(counts == count), [
            'a batch must have a picture or more, and as many seeds, temperatures and backgrounds; they are', counts]),
        tf.debugging.Assert(tf.reduce_all((temperature >= 0) & (temperature < float('inf'))), [
            'temperatures must be 0 or more; they are', temperature]),
        tf.debugging.Assert(tf.reduce_all(background <= 255), [
            'backgrounds must be RGB in 0..255, or negative; they are', background])]

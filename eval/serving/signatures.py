"""The signatures that TensorFlow Serving offers: what the server accepts and what it returns.

Everything from line art to colors is in the graph. The first axis of every input and output is the batch. A picture's
result depends on its own inputs only, and on its chapter, so the server may join requests to batches. Beside the
pictures, the signatures that color take

  seed: int64 [B]. Another seed gives other colors.
  temperature: float [B], of the sampling, finite and at least 0. 1 is what was learned, 1.1 the command line's default.
  background: float [B, 3], the color to paint the background with, RGB in 0..255; negative for the picture's own.

and what costs time only where some is given:

  hints, colors that the user gives at places (see `models.ops.hints`).
  references: string [B] or [0]. Of each picture at most 16 encoded references (see `encoded_references`), one after the
    other; '' for none.
  chapter: int64 [B] or [0]. A picture also takes over colors of those before it in the batch that have the same number.
    0 is no chapter. A number must be in no other request, with which the server may join this one.

If no picture has any, each of these inputs may have the shape [0, ...], with the same results to the last bit; but not
where TensorFlow Serving joins requests: there all inputs must have the same first axis.

serving_default
  outline: uint8 [B, S, S, 1], line art fitted to the networks' square, black on white.
  hints: uint8 [B, S, S, 4] or [0, S, S, 4], RGB, and alpha: at least 128 where there is a hint. A picture without hints
    has alpha 0 everywhere.
  -> image: uint8 [B, S, S, 3], the colors, which the line art is to be laid over.
     low_res: uint8 [B, L, L, 3], the consensus of samples.
     background_mask: float [B, S, S, 1], 1 on the background, else 0.
     background_color: uint8 [B, 3].
     log_likelihood: float [B], of low_res given the hints, in nats. References do not count in it.
     reference_bytes: string [B], the picture as a reference for others, if it has references or a chapter; else ''.
     match: int32 [B, L, L], which place of its references each place took most from; -1 where it took nothing. Place
       (y, x) of reference r has the number (r * L + y) * L + x. From r = 16 on these are pictures of the batch: 16 is
       the one before it, 17 the one before that.
     match_confidence: float [B, L, L] in [0, 1].

encoded
  image_bytes: string [B], PNG or JPEG of line art of any size within the limits of `decode`.
  hints: string [B] or [0], PNG with alpha in the size of its line art; '' for a picture without hints.
  -> image_bytes: string [B], PNG, RGB, in the line art's size, with the line art laid over the colors.
     reference_bytes: as above.

references, which encodes colored pictures, once for all pictures that take colors from them
  line_art: uint8 [R, S, S, 1], fitted to the networks' square, black on white.
  color: uint8 [R, S, S, 3], RGB.
  -> reference_bytes: string [R].

The server answers any other request with INVALID_ARGUMENT. The names of binary outputs end in _bytes because TensorFlow
Serving's REST API requires it.
"""

import numpy as np
import tensorflow as tf

from data_pipeline.outlines import cleaning, line_art, outline
from data_pipeline.pictures import colors, decode
from eval.serving import encoded_references
from models.low_res_colorizer.references import REFERENCES

_CONTROLS = (tf.TensorSpec([None], tf.int64, 'seed'), tf.TensorSpec([None], tf.float32, 'temperature'),
             tf.TensorSpec([None, 3], tf.float32, 'background'), tf.TensorSpec([None], tf.string, 'references'),
             tf.TensorSpec([None], tf.int64, 'chapter'))
# Ink coverage and color of each level, as tables: TensorFlow turns a division into a product, which rounds differently.
_INK, _COLOR = (of(np.arange(256, dtype=np.float32)) for of in (outline.to_ink, colors.from_levels))


def signatures(colorizer):
    """Makes the signatures of a `ComicColorizer`: {name: tf.function}."""
    size = colorizer.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 1], tf.uint8, 'outline'),
                                  tf.TensorSpec([None, size, size, 4], tf.uint8, 'hints'), *_CONTROLS],
                 autograph=False)
    def serving_default(outline, hints, seed, temperature, background, references, chapter):
        with tf.control_dependencies(_checks(outline, hints, seed, temperature, background, references, chapter)):
            ink = tf.gather(_INK, tf.cast(outline, tf.int32))
            hints, references, chapter = (_filled(given, outline) for given in (hints, references, chapter))
            result = _colorize(colorizer, ink, hints, seed, temperature, background, references, chapter)
            low_res = colors.from_levels(tf.cast(result['low_res'], tf.float32))
            likelihood = colorizer.log_likelihood(ink, low_res, colorizer.spread(hints, ink))
            return result | {'log_likelihood': likelihood}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'image_bytes'),
                                  tf.TensorSpec([None], tf.string, 'hints'), *_CONTROLS], autograph=False)
    def encoded(image_bytes, hints, seed, temperature, background, references, chapter):
        with tf.control_dependencies(_checks(image_bytes, hints, seed, temperature, background, references, chapter)):
            image_bytes = tf.identity(image_bytes)
            hints, references, chapter = (_filled(given, image_bytes) for given in (hints, references, chapter))

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
        result = _colorize(colorizer, ink, hints, seed, temperature, background, references, chapter)
        return {'reference_bytes': result['reference_bytes'], 'image_bytes': tf.map_fn(
            lambda pair: tf.io.encode_png(line_art.put_back(pair[1], *drawing(pair[0]))),
            (image_bytes, result['image']), parallel_iterations=1, fn_output_signature=tf.TensorSpec([], tf.string))}

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 1], tf.uint8, 'line_art'),
                                  tf.TensorSpec([None, size, size, 3], tf.uint8, 'color')], autograph=False)
    def references(line_art, color):
        counts = tf.stack([tf.shape(line_art)[0], tf.shape(color)[0]])
        checks = [tf.debugging.Assert((counts[0] > 0) & (counts[0] == counts[1]), [
            'there must be at least one reference, and as much line art as colors; they are', counts])]
        with tf.control_dependencies(checks):
            ink, color = (tf.gather(table, tf.cast(levels, tf.int32)) for table, levels in (
                (_INK, line_art), (_COLOR, color)))
        reference = colorizer.encode_references(ink, color)
        return {'reference_bytes': encoded_references.encode(reference, tf.fill(counts[:1], True))}

    return {'serving_default': serving_default, 'encoded': encoded, 'references': references}


def _filled(given, pictures):
    """Fills up hints, references or chapters, if there are none, with zeros or '' for each picture."""
    missing = tf.shape(pictures)[0] - tf.shape(given)[0]
    return tf.concat([tf.ensure_shape(given, given.shape), tf.zeros([missing, *given.shape[1:]], given.dtype)], axis=0)


def _colorize(colorizer, ink, hints, seed, temperature, background, references, chapter):
    """Computes the outputs of `serving_default`, without the likelihood."""
    background = colors.from_levels(tf.ensure_shape(background, [None, 3]))
    side = colorizer.low_res_size
    places = encoded_references.decode(references, [side, side, colorizer.reference_channels])
    result = colorizer.colorize(ink, seed, temperature, background, hints, places, chapter)
    image, low_res, background_color = (tf.cast(colors.to_levels(result[name]), tf.uint8)
                                        for name in ('image', 'low_res', 'background_color'))
    is_reference = (references != b'') | (chapter > 0)
    return {'image': image, 'low_res': low_res, 'background_mask': result['background_mask'],
            'background_color': background_color,
            'reference_bytes': encoded_references.encode(result['reference'], is_reference),
            'match': encoded_references.turn(result['match'], tf.shape(places)[1], REFERENCES),
            'match_confidence': result['match_confidence']}


def _checks(pictures, hints, seed, temperature, background, references, chapter):
    """Makes assertions on what the signatures' types cannot say, but for the references."""
    count = tf.shape(pictures)[0]
    given = {'hints': tf.shape(hints)[0], 'references': tf.shape(references)[0], 'a chapter': tf.shape(chapter)[0]}
    counts = tf.stack([count] + [tf.shape(control)[0] for control in (seed, temperature, background)])
    return [
        tf.debugging.Assert((count > 0) & tf.reduce_all(counts == count), [
            'a batch must have at least one picture, and as many seeds, temperatures and backgrounds; they are',
            counts]),
        *(tf.debugging.Assert((its_count == 0) | (its_count == count), [
            f'there must be {name} for every picture, or none at all; they are', its_count])
          for name, its_count in given.items()),
        tf.debugging.Assert(tf.reduce_all((temperature >= 0) & (temperature < float('inf'))), [
            'temperatures must be finite and at least 0; they are', temperature]),
        tf.debugging.Assert(tf.reduce_all(background <= 255), [
            'backgrounds must be RGB in 0..255, or negative; they are', background])]

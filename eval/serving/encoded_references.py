"""Encoded references at the server: of each picture one string, its references one after the other.

A reference [L, L, K + 4] is its float32 in a row, the lowest byte first. Strings may be longer for some pictures than
for others; of arrays TensorFlow Serving joins only those of one shape, so requests with unlike numbers of references
would fail.
"""

import math

import numpy as np
import tensorflow as tf

from models.low_res_colorizer import references

_STRONGEST = 16.  # log weight; the networks give far less (our choice)
_ROUNDING = 1.01  # what keys and colors may reach instead of 1


def decode(strings, shape):
    """Decodes the references of pictures.

    Args:
      strings: string [B], '' for none.
      shape: [L, L, K + 4].
    Returns:
      float32 [B, R, L, L, K + 4], see `ComicColorizer.colorize`. R is the most that a picture has.
    Raises:
      InvalidArgumentError: they have another length, are more than 16, or are not what the networks give.
    """
    size = 4 * math.prod(shape)
    lengths = tf.strings.length(strings)
    whole = tf.debugging.Assert(tf.reduce_all((lengths % size == 0) & (lengths <= references.REFERENCES * size)), [
        f'a picture must have at most {references.REFERENCES} references, each of {size} bytes; they have', lengths],
        summarize=-1)
    with tf.control_dependencies([whole]):
        most = tf.reduce_max(lengths) // size
    absent = tf.one_hot(shape[-1] - 1, shape[-1], on_value=references.ABSENT, off_value=0.)

    def one(string):
        given = tf.reshape(tf.io.decode_raw(string, tf.float32), [-1, *shape])
        missing = tf.broadcast_to(absent, [most - tf.shape(given)[0], *shape])
        return tf.ensure_shape(tf.concat([given, missing], axis=0), [None, *shape])

    places = tf.map_fn(one, strings, fn_output_signature=tf.TensorSpec([None, *shape], tf.float32))
    key, color, weight = tf.split(places, [shape[-1] - 4, 3, 1], axis=-1)
    known = (tf.reduce_all(tf.reduce_sum(tf.square(key), axis=-1) <= _ROUNDING)  # false for numbers that are none
             & tf.reduce_all(tf.abs(color) <= _ROUNDING)
             & tf.reduce_all((weight <= _STRONGEST) & (weight > -float('inf'))))
    good = tf.debugging.Assert(known, [
        'references must be what this model gives: finite, keys of length 1, colors in -1..1, log weights of at most '
        f'{_STRONGEST:g}'])
    with tf.control_dependencies([good]):
        return tf.identity(places)


def encode(pictures, wanted):
    """Encodes references, as `decode` takes them: float32 [B, L, L, K + 4] -> string [B], '' where not `wanted` [B]."""
    size = 4 * math.prod(pictures.shape[1:])

    def one(pair):  # in a serialized tensor the numbers come last
        return tf.cond(pair[1], lambda: tf.strings.substr(tf.io.serialize_tensor(pair[0]), -size, size), lambda: '')

    return tf.map_fn(one, (pictures, wanted), fn_output_signature=tf.TensorSpec([], tf.string))


def to_strings(given):
    """Does what `encode` does, for arrays: [B, R, L, L, K + 4] -> list of B bytes."""
    return [np.asarray(one, '<f4').tobytes() for one in given]


def to_arrays(strings, side):
    """Reads one reference from each of some strings: float32 [B, L, L, K + 4]; L is `side`."""
    return np.stack([np.frombuffer(one, '<f4').reshape(side, side, -1) for one in strings])


def turn(match, first, to):
    """Counts the pictures of the batch backwards instead of forwards, or the other way around.

    Counted backwards, 0 is the picture before, 1 the one before that. This stays true where requests are joined.

    Args:
      match: int [B, L, L], numbers of places; see `ComicColorizer.colorize`. Those of references do not change.
      first: how many pictures are references, or count as such.
      to: the same in the result.
    Returns:
      int32 tensor [B, L, L].

    Example:
      >>> turn(np.int32([[[-1]], [[2]], [[2]]]), first=2, to=16).numpy().ravel().tolist()
      [-1, 16, 17]
    """
    places = match.shape[1] * match.shape[2]
    number = tf.range(tf.shape(match)[0])[:, None, None]
    turned = (to + number - 1 - (match // places - first)) * places + match % places
    return tf.where(match >= first * places, turned, match)

"""What prepared data looks like on disk: TFRecords of examples, and a manifest that describes them.

One example is one square picture of the manifest's `size`, with margin for jitter:
  outline, drawn: two outlines, extracted as the paper says and as somebody drew it or might have (line art: white
    paper, black ink); grey levels compressed with zlib, which decodes in half the time of a PNG;
  colour: JPEG, RGB;
  background: PNG, grey (white = background), empty where nobody knows; for validation only;
  group: story or episode; name: source picture; box: (top, left, bottom, right) in pixels of the source.
"""

import hashlib
import json
import pathlib
import zlib

import cv2
import tensorflow as tf

from data_pipeline import aside

MANIFEST = 'manifest.json'
UNKNOWN = -1.  # in a background mask
_JPEG_QUALITY = 95
_PICTURES = ('outline', 'drawn', 'colour', 'background')


def encode(outline, drawn, colour, background, group, name, box):
    """One example as bytes. uint8: outline, drawn [S, S], colour [S, S, 3], background [S, S] or None."""
    mask = b'' if background is None else cv2.imencode('.png', background)[1].tobytes()
    jpeg = cv2.imencode('.jpg', cv2.cvtColor(colour, cv2.COLOR_RGB2BGR), [
        cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ])[1].tobytes()
    lines = [zlib.compress(picture.tobytes()) for picture in (outline, drawn)]
    values = [*zip(_PICTURES, (*lines, jpeg, mask), strict=True), ('group', group.encode()), ('name', name.encode())]
    feature = {key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for key, value in values}
    feature['box'] = tf.train.Feature(int64_list=tf.train.Int64List(value=box))
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True)


def parse(serialized):
    """Examples, as `encode` gave them, [B]: {name: string [B]} of their encoded pictures, in a tf.data pipeline."""
    return tf.io.parse_example(serialized, {key: tf.io.FixedLenFeature([], tf.string) for key in _PICTURES})


def decode_outline(encoded, size):
    """One of the two outlines of an example of `size`: uint8 [S, S, 1]."""
    return tf.reshape(tf.io.decode_raw(tf.io.decode_compressed(encoded, 'ZLIB'), tf.uint8), [size, size, 1])


def decode_colour(encoded, window):
    """A window (top, left, height, width; the last two static) of an example's colours: uint8 [h, w, 3]."""
    return tf.ensure_shape(tf.io.decode_and_crop_jpeg(encoded, window, 3), [*window[2:], 3])


def decode_background(encoded, size):
    """The true background of an example of `size`: float32 [S, S, 1], 1 = background, or UNKNOWN everywhere."""
    return tf.cond(tf.strings.length(encoded) > 0,
                   lambda: tf.cast(tf.ensure_shape(tf.io.decode_png(encoded, 1), [size, size, 1]) > 127, tf.float32),
                   lambda: tf.fill([size, size, 1], UNKNOWN))


def decode_group(serialized):
    """The group of one example."""
    return tf.io.parse_single_example(serialized, {'group': tf.io.FixedLenFeature([], tf.string)})['group']


def existing(folder, shards):
    """Yields (path, entry) of shards, given as entries of the manifest. Raises ValueError if one is missing."""
    for shard in shards:
        path = pathlib.Path(folder, shard['file'])
        if not path.exists():
            raise ValueError(f'{path}: missing, though {MANIFEST} lists it')
        yield path, shard


def verify(folder, shards):
    """Checks that shards (entries of the manifest) are as they were written.

    Raises:
      ValueError: one is missing or damaged.
    """
    for path, shard in existing(folder, shards):
        if hashlib.sha256(path.read_bytes()).hexdigest() != shard['sha256']:
            raise ValueError(f'{path}: damaged (not what {MANIFEST} says was written); prepare the data again')


def write_json(path, content):
    with aside.written_aside(path) as part:
        part.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + '\n', encoding='utf-8')


def read_manifest(data):
    """The manifest of a prepared data folder.

    Raises:
      ValueError: there is none, or it cannot be read.
    """
    path = pathlib.Path(data, MANIFEST)
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError as error:
        raise ValueError(f'{data}: no prepared data here ({MANIFEST} is missing); run data_pipeline.prepare') from error
    except (OSError, ValueError) as error:
        raise ValueError(f'{path}: cannot be read ({error})') from error

"""What prepared data looks like on disk: TFRecords of examples, and a manifest that describes them.

One example is one square picture of the manifest's `size`, with margin for jitter:
  outline: PNG, grey (line art: white paper, black ink); colour: JPEG, RGB;
  background: PNG, grey (white = background), empty where nobody knows; for validation only;
  group: story or episode; name: source picture; box: (top, left, bottom, right) in pixels of the source.
"""

import hashlib
import json
import pathlib

import cv2
import tensorflow as tf

from data_pipeline import aside

MANIFEST = 'manifest.json'
UNKNOWN = -1.  # in a background mask
_JPEG_QUALITY = 95


def encode(outline, colour, background, group, name, box):
    """One example as bytes. outline uint8 [S, S], colour uint8 [S, S, 3], background uint8 [S, S] or None."""
    png = cv2.imencode('.png', outline)[1].tobytes()
    mask = b'' if background is None else cv2.imencode('.png', background)[1].tobytes()
    jpeg = cv2.imencode('.jpg', cv2.cvtColor(colour, cv2.COLOR_RGB2BGR), [
        cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ])[1].tobytes()
    feature = {key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for key, value in
               (('outline', png), ('colour', jpeg), ('background', mask), ('group', group.encode()),
                ('name', name.encode()))}
    feature['box'] = tf.train.Feature(int64_list=tf.train.Int64List(value=box))
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True)


def decode(serialized, size, window):
    """Decodes a window of one example, in a tf.data pipeline.

    Args:
      serialized: what `encode` gave.
      size: of its picture.
      window: top, left, height, width; the last two static.
    Returns:
      {'outline': uint8 [h, w, 1], 'colour': uint8 [h, w, 3], 'background': float [h, w, 1], 1 = background, or UNKNOWN
      everywhere}.
    """
    example = tf.io.parse_single_example(
        serialized, {key: tf.io.FixedLenFeature([], tf.string) for key in ('outline', 'colour', 'background')})
    top, left, height, width = window

    def cut(encoded):
        picture = tf.ensure_shape(tf.io.decode_png(encoded, channels=1), [size, size, 1])
        return tf.slice(picture, [top, left, 0], [height, width, 1])

    return {
        'outline': cut(example['outline']),
        'colour': tf.ensure_shape(tf.io.decode_and_crop_jpeg(example['colour'], window, 3), [height, width, 3]),
        'background': tf.cond(tf.strings.length(example['background']) > 0,
                              lambda: tf.cast(cut(example['background']) > 127, tf.float32),
                              lambda: tf.fill([height, width, 1], UNKNOWN))}


def decode_group(serialized):
    """The group of one example."""
    return tf.io.parse_single_example(serialized, {'group': tf.io.FixedLenFeature([], tf.string)})['group']


def verify(folder, shards):
    """Checks that shards (entries of the manifest) are as they were written.

    Raises:
      ValueError: one is damaged.
    """
    for shard in shards:
        path = pathlib.Path(folder, shard['file'])
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

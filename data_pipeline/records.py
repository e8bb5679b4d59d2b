"""The format of prepared data: TFRecords of examples, and a manifest that describes them.

One example is one square picture of the manifest's `size`, which has a margin for jitter:
  outline: the outline extracted from the colors. White paper, black ink.
  drawn: the outline as a person drew it, or an imitation of such a drawing. Both outlines are compressed with zlib,
    which decodes in half the time of a PNG.
  colour: JPEG, RGB. (The format keeps this spelling, so that data prepared before can be read.)
  background: PNG, white on the background; empty if the true background is not known. For validation only.
  group: story or episode. name: source picture. box: (top, left, bottom, right) in pixels of the source.
"""

import hashlib
import json
import pathlib
import zlib

import cv2
import tensorflow as tf

from data_pipeline.common import errors, files

MANIFEST = 'manifest.json'
UNKNOWN = -1.  # value of a background mask that is not known
_JPEG_QUALITY = 95
_FEATURES = {'outline': 'outline', 'drawn': 'drawn', 'color': 'colour', 'background': 'background'}  # on disk


def encode(outline, drawn, color, background, group, name, box):
    """Encodes one example.

    Args:
      outline, drawn: uint8 [S, S].
      color: uint8 [S, S, 3].
      background: uint8 [S, S], or None if it is not known.
      group, name: strings.
      box: (top, left, bottom, right).
    Returns:
      bytes.
    """
    mask = b'' if background is None else cv2.imencode('.png', background)[1].tobytes()
    jpeg = cv2.imencode('.jpg', cv2.cvtColor(color, cv2.COLOR_RGB2BGR), [
        cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ])[1].tobytes()
    lines = [zlib.compress(picture.tobytes()) for picture in (outline, drawn)]
    values = [*zip(_FEATURES.values(), (*lines, jpeg, mask), strict=True), ('group', group.encode()),
              ('name', name.encode())]
    feature = {key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for key, value in values}
    feature['box'] = tf.train.Feature(int64_list=tf.train.Int64List(value=box))
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True)


def parse(serialized):
    """Parses examples in the graph: string [B] -> {name: string [B]}.

    The names are 'outline', 'drawn', 'color' and 'background', which are encoded, and 'group'.
    """
    features = _FEATURES | {'group': 'group'}
    parsed = tf.io.parse_example(serialized, {key: tf.io.FixedLenFeature([], tf.string) for key in features.values()})
    return {name: parsed[key] for name, key in features.items()}


def decode_outline(encoded, size):
    """Decodes one of the two outlines of an example of side `size`: uint8 [S, S, 1]."""
    return tf.reshape(tf.io.decode_raw(tf.io.decode_compressed(encoded, 'ZLIB'), tf.uint8), [size, size, 1])


def decode_color(encoded, window):
    """Decodes a window (top, left, height, width) of an example's colors: uint8 [h, w, 3]. h and w are static."""
    return tf.ensure_shape(tf.io.decode_and_crop_jpeg(encoded, window, 3), [*window[2:], 3])


def decode_background(encoded, size):
    """Decodes the true background of an example of side `size`: float32 [S, S, 1], 1, 0, or UNKNOWN everywhere."""
    return tf.cond(tf.strings.length(encoded) > 0,
                   lambda: tf.cast(tf.ensure_shape(tf.io.decode_png(encoded, 1), [size, size, 1]) > 127, tf.float32),
                   lambda: tf.fill([size, size, 1], UNKNOWN))


def decode_group(serialized):
    """Parses the group of one example: string scalar."""
    return tf.io.parse_single_example(serialized, {'group': tf.io.FixedLenFeature([], tf.string)})['group']


def existing(folder, shards):
    """Yields the path of each shard and its entry of the manifest. Raises UserError if a shard is missing."""
    for shard in shards:
        path = pathlib.Path(folder, shard['file'])
        if not path.exists():
            raise errors.UserError(f'{path}: missing, though {MANIFEST} lists it')
        yield path, shard


def verify(folder, shards):
    """Compares shards with their checksums in the manifest.

    Args:
      folder: folder of prepared data.
      shards: entries of the manifest.
    Raises:
      UserError: a shard is missing or damaged.
    """
    for path, shard in existing(folder, shards):
        if hashlib.sha256(path.read_bytes()).hexdigest() != shard['sha256']:
            raise errors.UserError(f'{path}: damaged (its checksum is not that in {MANIFEST}); prepare the data again')


def to_json(content):
    """Converts an object to JSON as files of prepared data have it: str."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + '\n'


def write_json(path, content):
    """Writes an object as JSON, completely or not at all."""
    with files.atomic_write(path) as part:
        part.write_text(to_json(content), encoding='utf-8')


def read_manifest(data):
    """Reads the manifest of a folder of prepared data.

    Raises:
      UserError: there is no manifest, or it cannot be read.
    """
    path = pathlib.Path(data, MANIFEST)
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError as error:
        raise errors.UserError(f'{data}: no prepared data here ({MANIFEST} is missing); '
                               'run data_pipeline.prepare') from error
    except (OSError, ValueError) as error:
        raise errors.UserError(f'{path}: cannot be read ({error})') from error

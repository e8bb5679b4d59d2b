"""The input pipeline: prepared records to batches."""

import pathlib

import tensorflow as tf

from data_pipeline import outline, records

_SHUFFLE_BUFFER = 2048  # encoded examples, about 40 kB each


def load(data, split, batch_size, image_size, seed=0):
    """Batches of (outline, colour) pairs.

    For training: endless, shuffled anew in every pass, with random crop and mirroring (pix2pix, section 6.2). For
    validation: one pass in a fixed order, centre crop, the last batch may be smaller.

    Args:
      data: folder written by `data_pipeline.prepare`.
      split: 'train' or 'validation'.
      batch_size: examples a batch.
      image_size: side of the pictures; at most what was prepared.
      seed: all that is random follows from it.
    Returns:
      tf.data.Dataset of {'outline': [B, S, S, 1], ink coverage in [0, 1]; 'colour': [B, S, S, 3] in [-1, 1]}, float32.
      None for a validation split without examples.
    Raises:
      ValueError: no prepared data, no training examples, or a missing shard.
    """
    training = split == 'train'
    manifest = records.read_manifest(data)
    size = manifest['parameters']['size']
    if image_size > size:
        raise ValueError(f'{data}: pictures of {size} pixels are too small for a model of {image_size}')
    files = [str(pathlib.Path(data, shard['file'])) for shard in manifest['shards'][split]]
    for file in files:
        if not pathlib.Path(file).exists():
            raise ValueError(f'{file}: missing, though {records.MANIFEST} lists it')
    if not manifest['counts'][split]:
        if training:
            raise ValueError(f'{data}: no {split} examples; all groups fell to the other split')
        return None

    serialized = tf.data.TFRecordDataset(files)
    if training:
        serialized = serialized.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True).repeat()

    def example(number, record):
        pair = records.decode(record, size)
        both = tf.concat([pair['outline'], pair['colour']], axis=-1)
        if training:
            seeds = tf.random.split(tf.stack([tf.cast(seed, tf.int64), number]), 2)
            both = tf.image.stateless_random_crop(both, [image_size, image_size, 4], seeds[0])
            both = tf.image.stateless_random_flip_left_right(both, seeds[1])
        else:
            both = tf.image.resize_with_crop_or_pad(both, image_size, image_size)
        both = tf.cast(both, tf.float32)
        return {'outline': outline.to_ink(both[..., :1]), 'colour': both[..., 1:] / 127.5 - 1}

    return (serialized.enumerate().map(example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .batch(batch_size, drop_remainder=training).prefetch(tf.data.AUTOTUNE))


def held_out(data, count, image_size):
    """A batch of `count` validation examples (fewer if there are no more) from all over the split, always the same.

    Returns:
      See `load`; None for a validation split without examples.
    """
    validation = load(data, 'validation', 1, image_size)
    if validation is None:
        return None
    every = max(1, records.read_manifest(data)['counts']['validation'] // count)
    return next(iter(validation.unbatch().shard(every, 0).batch(count)))

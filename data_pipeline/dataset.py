"""The input pipeline: prepared records to batches."""

import pathlib

import tensorflow as tf

from data_pipeline import outline, records

_SHUFFLE_BUFFER = 2048  # encoded examples, about 40 kB each


def load(data, split, batch_size, image_size, seed=None, samples=None, without=None):
    """Batches of (outline, colour) pairs.

    With a seed, for training: endless, shuffled anew in every pass, with random crop and mirroring (pix2pix, section
    6.2). Without: one pass in a fixed order, centre crop, the last batch may be smaller.

    Args:
      data: folder written by `data_pipeline.prepare`.
      split: 'train' or 'validation'.
      batch_size: examples a batch.
      image_size: side of the pictures; at most what was prepared.
      seed: all that is random follows from it.
      samples: folder written by `train.cross_fit` for this data; adds 'foreground'.
      without: (fold, folds) of groups to leave out; see `fold_of`.
    Returns:
      tf.data.Dataset of float32 {'outline': [B, S, S, 1], ink coverage in [0, 1]; 'colour': [B, S, S, 3] in [-1, 1]},
      with samples 'foreground': [B, S, S, 3], a sampled low-resolution picture, enlarged; without a seed 'background':
      [B, S, S, 1], the true mask, or -1 where nobody knows it. None if the split has no examples and there is no seed.
    Raises:
      ValueError: no prepared data, no training examples, or a missing shard.
    """
    training = seed is not None
    manifest = records.read_manifest(data)
    size = manifest['parameters']['size']
    if image_size > size:
        raise ValueError(f'{data}: pictures of {size} pixels are too small for a model of {image_size}')
    if not manifest['counts'][split]:
        if training:
            raise ValueError(f'{data}: no {split} examples; all groups fell to the other split')
        return None
    source = {'example': _records(data, manifest, split)}
    if samples:
        source['sample'] = _records(samples, manifest, split)
    source = tf.data.Dataset.zip(source)
    if without:
        source = source.filter(lambda e: fold_of(records.decode_group(e['example']), without[1]) != without[0])
    if training:
        source = source.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True).repeat()

    def prepare(number, serialized):
        example = records.decode(serialized['example'], size)
        layers = {'outline': outline.to_ink(tf.cast(example['outline'], tf.float32)),
                  'colour': _to_colour(example['colour'])}
        if samples:
            low_res = _to_colour(tf.io.decode_png(serialized['sample'], 3))
            margin = (size - image_size) // 2
            enlarged = tf.image.resize(low_res, [image_size, image_size], 'nearest')
            layers['foreground'] = tf.pad(enlarged, [[margin, size - image_size - margin]] * 2 + [[0, 0]], 'SYMMETRIC')
        if not training:
            layers['background'] = records.decode_background(example['background'], size)
        widths = {'outline': 1, 'colour': 3, 'foreground': 3, 'background': 1}
        stack = tf.concat(list(layers.values()), axis=-1)
        if training:
            seeds = tf.random.split(tf.stack([tf.cast(seed, tf.int64), number]), 2)
            stack = tf.image.stateless_random_crop(stack, [image_size, image_size, stack.shape[-1]], seeds[0])
            stack = tf.image.stateless_random_flip_left_right(stack, seeds[1])
        else:
            stack = tf.image.resize_with_crop_or_pad(stack, image_size, image_size)
        return dict(zip(layers, tf.split(stack, [widths[name] for name in layers], axis=-1), strict=True))

    return (source.enumerate().map(prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .batch(batch_size, drop_remainder=training).prefetch(tf.data.AUTOTUNE))


def held_out(data, count, image_size, samples=None):
    """A batch of `count` validation examples (fewer if there are no more) from all over the split, always the same.

    Returns:
      See `load`; None for a validation split without examples.
    """
    validation = load(data, 'validation', 1, image_size, samples=samples)
    if validation is None:
        return None
    every = max(1, records.read_manifest(data)['counts']['validation'] // count)
    return next(iter(validation.unbatch().shard(every, 0).batch(count)))


def fold_of(group, folds):
    """Which of `folds` equal parts a group (a string tensor) belongs to; a group is never divided."""
    return tf.strings.to_hash_bucket_fast(group, folds)


def folds_of(data, split, folds):
    """The part of every example of a split, in the order of `load` without a seed: int64 [N]."""
    groups = _records(data, records.read_manifest(data), split).map(records.decode_group)
    return [int(fold) for fold in groups.map(lambda group: fold_of(group, folds)).as_numpy_iterator()]


def _records(folder, manifest, split):
    """The serialized records of a split, from the shards the manifest names, wherever they lie."""
    files = [pathlib.Path(folder, shard['file']) for shard in manifest['shards'][split]]
    for file in files:
        if not file.exists():
            raise ValueError(f'{file}: missing, though {records.MANIFEST} lists it')
    return tf.data.TFRecordDataset(list(map(str, files)))


def _to_colour(levels):
    return tf.cast(levels, tf.float32) / 127.5 - 1

"""The input pipeline: prepared records to batches."""

import pathlib

import tensorflow as tf

from data_pipeline import outline, records

_SHUFFLE_BUFFER = 2048  # encoded examples, about 40 kB each


def load(data, split, batch_size, image_size, seed=None, samples=None, without=None, first=0, context=None):
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
      first: number of the example to begin with; to go on after so many steps, that many batches.
      context: tf.distribute.InputContext. The pipelines divide every batch of `batch_size` between them, and each
        yields its share in batches of one replica, so that the replicas see together what one device would.
    Returns:
      tf.data.Dataset of {'outline': float32 [B, S, S, 1], ink coverage in [0, 1]; 'colour': float32 [B, S, S, 3] in
      [-1, 1]}; with samples 'foreground': [B, S, S, 3], a sampled low-resolution picture, enlarged; with a seed
      'seeds': int64 [B, 2], for what is random in the training step; without 'background': [B, S, S, 1], the true
      mask, or -1 where nobody knows it. None if the split has no examples and there is no seed.
    Raises:
      ValueError: no prepared data, no training examples, a missing or damaged shard, or a batch that the replicas
        cannot divide equally.
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
    records.verify(data, manifest['shards'][split])
    if samples:
        source['sample'] = _records(samples, manifest, split)
    source = tf.data.Dataset.zip(source)
    if without:
        source = source.filter(lambda e: fold_of(records.decode_group(e['example']), without[1]) != without[0])
    if training:
        source = source.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True).repeat()
    source = source.enumerate().skip(first)
    if context:
        source, batch_size = _share(source, batch_size, context)

    def decode(number, serialized):
        """One example as bytes, cut to the picture's size."""
        margin = size - image_size
        seeds = tf.random.split(tf.stack([tf.cast(seed or 0, tf.int64), number]), 3)
        corner, mirrored = [margin // 2] * 2, False
        if training:
            corner = tf.random.stateless_uniform([2], seeds[0], maxval=margin + 1, dtype=tf.int32)
            mirrored = tf.random.stateless_uniform([], seeds[1]) < .5
        layers = records.decode(serialized['example'], size, [*tf.unstack(corner), image_size, image_size])
        if samples:
            enlarged = tf.image.resize(tf.io.decode_png(serialized['sample'], 3), [image_size] * 2, 'nearest')
            padded = tf.pad(enlarged, [[margin // 2, margin - margin // 2]] * 2 + [[0, 0]], 'SYMMETRIC')
            layers['foreground'] = tf.slice(padded, [*tf.unstack(corner), 0], [image_size, image_size, 3])
        if training:
            del layers['background']
            layers = {name: tf.cond(mirrored, lambda x=x: x[:, ::-1], lambda x=x: x) for name, x in layers.items()}
            layers['seeds'] = seeds[2]
        return layers

    def to_numbers(layers):
        """A batch of bytes as what the networks see."""
        layers['outline'] = outline.to_ink(tf.cast(layers['outline'], tf.float32))
        for name in {'colour', 'foreground'} & set(layers):
            layers[name] = tf.cast(layers[name], tf.float32) / 127.5 - 1
        return layers

    return (source.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .batch(batch_size, drop_remainder=training)
            .map(to_numbers, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE))


def _share(source, batch_size, context):
    """An input pipeline's share of numbered examples, and the batch size of a replica."""
    replica_batch_size = context.get_per_replica_batch_size(batch_size)
    share = batch_size // context.num_input_pipelines
    return source.filter(lambda n, _: n % batch_size // share == context.input_pipeline_id), replica_batch_size


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

"""The input pipeline: prepared records to batches."""

import tensorflow as tf

from data_pipeline import outline, records

_SHUFFLE_BUFFER = 2048  # encoded examples, about 70 kB each
_DRAWN_SHARE = .5  # of the training pictures that are shown with their second outline; our choice
_LAYERS = {'outline': (1, tf.uint8), 'colour': (3, tf.uint8), 'foreground': (3, tf.uint8),
           'background': (1, tf.float32)}


def load(data, split, batch_size, image_size, seed=None, samples=None, without=None, first=0, context=None):
    """Batches of (outline, colour) pairs.

    With a seed, for training: endless, shuffled anew in every pass, with random crop and mirroring (pix2pix, section
    6.2), half of the pictures with the outline as drawn, not as extracted. Without: one pass in a fixed order, centre
    crop, extracted outlines, the last batch may be smaller.

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
      'seeds': int32 [B, 2], for what is random in the training step; without 'background': [B, S, S, 1], the true
      mask, or -1 where nobody knows it. None if the split has no examples and there is no seed.
    Raises:
      ValueError: no prepared data, no training examples, a missing or damaged shard, or a batch that the replicas
        cannot divide equally.
    """
    training = seed is not None
    manifest = records.read_manifest(data)
    if not training and not manifest['counts'][split]:
        return None
    check(data, split, image_size)
    size = manifest['parameters']['size']
    margin = size - image_size
    source = {'example': _records(data, manifest, split)}
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

    @tf.autograph.experimental.do_not_convert
    def decode(numbers, serialized):
        """A batch of numbered examples, from bytes."""
        encoded = records.parse(serialized['example'])
        if samples:
            encoded['foreground'] = serialized['sample']
        run = tf.fill(tf.shape(numbers), tf.constant(seed or 0, tf.int64))
        seeds = tf.cast(tf.stack([run, numbers], axis=1), tf.int32)
        corners, mirrored = tf.fill([tf.shape(numbers)[0], 2], margin // 2), tf.zeros_like(numbers, tf.bool)
        if training:
            jitter = tf.map_fn(lambda own: tf.random.stateless_uniform([4], own, alg='philox'), seeds,
                               fn_output_signature=tf.float32)
            corners = tf.cast(jitter[:, :2] * (margin + 1), tf.int32)
            mirrored = jitter[:, 2] < .5
            encoded['outline'] = tf.where(jitter[:, 3] < _DRAWN_SHARE, encoded['drawn'], encoded['outline'])
            del encoded['background']
        layers = tf.map_fn(lambda e: _cut(*e, size, image_size), (encoded, corners, mirrored), fn_output_signature={
            name: tf.TensorSpec([image_size, image_size, channels], dtype)
            for name, (channels, dtype) in _LAYERS.items() if name in encoded})
        if training:
            layers['seeds'] = seeds
        layers['outline'] = outline.to_ink(tf.cast(layers['outline'], tf.float32))
        for name in {'colour', 'foreground'} & layers.keys():  # levels to [-1, 1], in one pass
            layers[name] = tf.quantization.dequantize(tf.bitcast(layers[name], tf.quint8), -1., 1.)
        return layers

    return (source.batch(batch_size, drop_remainder=training)
            .map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE))


def check(data, split, image_size):
    """Raises what `load` raises of a data folder, without making a pipeline."""
    manifest = records.read_manifest(data)
    size = manifest['parameters']['size']
    if image_size > size:
        raise ValueError(f'{data}: pictures of {size} pixels are too small for a model of {image_size}')
    if not manifest['counts'][split]:
        raise ValueError(f'{data}: no {split} examples; all groups fell to the other split')
    records.verify(data, manifest['shards'][split])


def _cut(encoded, corner, mirrored, size, image_size):
    """Decodes one example and cuts its window at `corner` out: {name: [image_size, image_size, C]}, see `_LAYERS`."""
    corner, sides = tf.unstack(corner), [image_size, image_size]
    layers = {'colour': records.decode_colour(encoded['colour'], [*corner, *sides])}
    others = {'outline': records.decode_outline(encoded['outline'], size)}
    if 'background' in encoded:
        others['background'] = records.decode_background(encoded['background'], size)
    if 'foreground' in encoded:
        margin = size - image_size
        enlarged = tf.image.resize(tf.io.decode_png(encoded['foreground'], 3), sides, 'nearest')
        others['foreground'] = tf.pad(enlarged, [[margin // 2, margin - margin // 2]] * 2 + [[0, 0]], 'SYMMETRIC')
    layers |= {name: tf.slice(x, [*corner, 0], [*sides, x.shape[-1]]) for name, x in others.items()}
    return tf.cond(mirrored, lambda: {name: _mirror(x) for name, x in layers.items()}, lambda: layers)


def _mirror(picture):
    """[H, W, C] -> the same. Reversed without a last axis of 1, which takes twice the time."""
    return tf.reverse(picture, [1]) if picture.shape[-1] > 1 else tf.reverse(picture[..., 0], [1])[..., None]


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
    return tf.data.TFRecordDataset([str(path) for path, _ in records.existing(folder, manifest['shards'][split])])

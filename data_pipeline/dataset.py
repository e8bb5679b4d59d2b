"""The input pipeline: makes batches from prepared data."""

import numpy as np
import tensorflow as tf

from data_pipeline import records
from data_pipeline.common import errors
from data_pipeline.outlines import outline
from data_pipeline.pictures import colors

_SHUFFLE_BUFFER = 2048  # encoded examples, of about 70 kB each, or so many runs of examples of one group
_GROUPS = 2 ** 62  # numbers that groups may have
_DRAWN_SHARE = .5  # share of the training pictures that are shown with their drawn outline (our choice)
REHEARSED = 4  # of so many runs of training pictures, one is rehearsed (our choice)
_LAYERS = {'outline': (1, tf.uint8), 'color': (3, tf.uint8), 'foreground': (3, tf.uint8),
           'background': (1, tf.float32)}


def load(data, split, batch_size, image_size, seed=None, samples=None, without=None, first=0, context=None,
         verify=True, together=1, casts=None, rehearse=None):
    """Makes batches of outlines and colors.

    With a seed, the batches are for training. They never end. Every pass has a new order, and crops and mirroring are
    random (pix2pix, section 6.2). Half of the pictures have their drawn outline, the others the extracted one.

    Without a seed, the batches are for validation: one pass in the order of the data, with center crops and extracted
    outlines. The last batch may be smaller.

    Args:
      data: folder that `data_pipeline.prepare` wrote.
      split: 'train' or 'validation'.
      batch_size: examples of a batch.
      image_size: S, side of the pictures in pixels; at most that of the prepared pictures.
      seed: int, seed of everything random, or None.
      samples: folder that `train.cross_fit` wrote for this data, or None.
      without: (fold, folds): leaves out the groups of this fold (see `fold_of`). None leaves out nothing.
      first: number of the first example. A run that is continued skips the examples it has seen.
      context: tf.distribute.InputContext, or None. The pipelines divide every batch between them, and each yields its
        share in batches of one replica. Together the replicas see the batches that one device would see.
      verify: whether to compare the shards with their checksums first.
      together: number of pictures of one group that follow each other in training, as long as the group has so many.
      casts: folder of prepared data with other casts in each group, or None. Every second `together` training pictures
        are of it. Outlines do not tell their colors.
      rehearse: folder of prepared data of what is not to be forgotten, or None. Every fourth `together` training
        pictures are of it.
    Returns:
      tf.data.Dataset of dicts, or None if the split has no examples and there is no seed:
        outline: float32 [B, S, S, 1], ink coverage in [0, 1].
        color: float32 [B, S, S, 3] in [-1, 1].
        foreground: float32 [B, S, S, 3] in [-1, 1], an enlarged sample; only with `samples`.
        seeds: int32 [B, 2], for the random numbers of the training step; only with a seed.
        group: int64 [B], a number for each group.
        known: bool [B], whether the outline can tell the colors, which it cannot for `casts`; only with a seed.
        background: float32 [B, S, S, 1], the true mask, or -1 if it is not known; only without a seed.
    Raises:
      UserError: the folder has no prepared data or no training examples, a shard is missing or damaged, or `casts` or
        `rehearse` has pictures of another size, or comes with `samples`.
    """
    training = seed is not None
    manifest = records.read_manifest(data)
    if not training and not manifest['counts'][split]:
        return None
    check(data, split, image_size, verify)
    size = manifest['parameters']['size']
    margin = size - image_size
    source = {'example': _records(data, manifest, split)}
    if samples:
        source['sample'] = _records(samples, manifest, split)
    source = tf.data.Dataset.zip(source)
    if without:
        source = source.filter(lambda e: fold_of(records.decode_group(e['example']), without[1]) != without[0])
    if training:
        turns = ['own', 'casts'] if casts else ['own']  # which source each run of pictures is of
        if rehearse:
            turns = turns * (REHEARSED - 1) + ['rehearse'] * len(turns)
        sources = {'own': source} | {name: _others(folder, data, size, samples) for name, folder in (
            ('casts', casts), ('rehearse', rehearse)) if folder}
        order = np.repeat([list(sources).index(turn) for turn in turns], together)
        source = tf.data.Dataset.choose_from_datasets([_in_runs(its, seed, together) for its in sources.values()],
                                                      tf.data.Dataset.from_tensor_slices(order).repeat())
    source = source.enumerate().skip(first)
    if context:
        source, batch_size = _share(source, batch_size, context)

    @tf.autograph.experimental.do_not_convert
    def decode(numbers, serialized):
        """Decodes a batch of numbered examples."""
        encoded = records.parse(serialized['example'])
        group = encoded.pop('group')
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
            layers['known'] = tf.gather([turn != 'casts' for turn in turns], numbers // together % len(turns))
        layers['group'] = fold_of(group, _GROUPS)
        layers['outline'] = outline.to_ink(tf.cast(layers['outline'], tf.float32))
        for name in {'color', 'foreground'} & layers.keys():
            layers[name] = colors.from_levels(tf.cast(layers[name], tf.float32))
        return layers

    return (source.batch(batch_size, drop_remainder=training)
            .map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE))


def _others(folder, data, size, samples):
    """The training examples of another folder than `data`, whose pictures have this size."""
    manifest = records.read_manifest(folder)
    its_size = manifest['parameters']['size']
    if its_size != size:
        raise errors.UserError(f'{folder}: pictures of {its_size} pixels; {data} has {size}')
    if samples:
        raise errors.UserError(f'{folder}: no samples of its pictures in {samples}')
    return tf.data.Dataset.zip({'example': _records(folder, manifest, 'train')})


def _in_runs(source, seed, together):
    """Repeats examples for training, each time in a new order, with so many of a group `together`."""
    source = source.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True)
    if together > 1:
        source = source.group_by_window(lambda e: fold_of(records.decode_group(e['example']), _GROUPS),
                                        lambda _, alike: alike.batch(together), together)
        # Groups with many pictures fill their runs first, so the runs are shuffled, too.
        source = source.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True).unbatch()
    return source.repeat()


def check(data, split, image_size, verify=True):
    """Checks whether `load` can use a folder of prepared data.

    Args:
      data, split, image_size, verify: see `load`.
    Raises:
      UserError: see `load`.
    """
    manifest = records.read_manifest(data)
    size = manifest['parameters']['size']
    if image_size > size:
        raise errors.UserError(f'{data}: pictures of {size} pixels are too small for a network of {image_size}')
    if not manifest['counts'][split]:
        raise errors.UserError(f'{data}: no {split} examples; all groups are in the other split')
    if verify:
        records.verify(data, manifest['shards'][split])


def _cut(encoded, corner, mirrored, size, image_size):
    """Decodes one example and crops it at `corner`: {name: [image_size, image_size, C]}, see `_LAYERS`."""
    corner, sides = tf.unstack(corner), [image_size, image_size]
    layers = {'color': records.decode_color(encoded['color'], [*corner, *sides])}
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
    """Mirrors a picture [H, W, C] left to right. A last axis of 1 would take twice the time, so it is removed."""
    return tf.reverse(picture, [1]) if picture.shape[-1] > 1 else tf.reverse(picture[..., 0], [1])[..., None]


def _share(source, batch_size, context):
    """Returns an input pipeline's share of the numbered examples, and the batch size of a replica."""
    replica_batch_size = context.get_per_replica_batch_size(batch_size)
    share = batch_size // context.num_input_pipelines
    return source.filter(lambda n, _: n % batch_size // share == context.input_pipeline_id), replica_batch_size


def held_out(data, count, image_size, samples=None):
    """Makes one batch of validation examples from all over the split, always the same.

    Args:
      data, image_size, samples: see `load`.
      count: number of examples; fewer if the split has fewer.
    Returns:
      A dict like a batch of `load`, or None if the split has no examples.
    """
    validation = load(data, 'validation', 1, image_size, samples=samples)
    if validation is None:
        return None
    every = max(1, records.read_manifest(data)['counts']['validation'] // count)
    return next(iter(validation.unbatch().shard(every, 0).batch(count)))


def fold_of(group, folds):
    """Tells which of `folds` equal parts a group (a string tensor) belongs to. No group is divided."""
    return tf.strings.to_hash_bucket_fast(group, folds)


def folds_of(data, split, folds):
    """Tells the fold of every example of a split, in the order of `load` without a seed: list of N ints."""
    groups = _records(data, records.read_manifest(data), split).map(records.decode_group)
    return [int(fold) for fold in groups.map(lambda group: fold_of(group, folds)).as_numpy_iterator()]


def _records(folder, manifest, split):
    """Reads the serialized records of a split, from the shards in `folder` that the manifest names."""
    return tf.data.TFRecordDataset([str(path) for path, _ in records.existing(folder, manifest['shards'][split])])

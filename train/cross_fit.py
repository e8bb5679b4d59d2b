r"""Samples every training picture with a low-resolution colorizer that has not seen it, for the background detector.

  python -m train.cross_fit --data data/real --workdir runs/folds --samples data/samples --folds 2 --steps 5000

A colorizer knows the pictures that it was trained on, with their backgrounds. A detector that learns from samples of
these pictures finds no background. Therefore, as in the study, the groups (stories, episodes) are divided into --folds
parts. For each part, a colorizer trains on all other parts and samples the pictures of this part. The first colorizer
also samples the validation pictures, which no colorizer has seen. With --folds=1, one colorizer trains on everything
and samples what it has seen, to show what happens without cross-fitting.

Writes the run folders of the colorizers to WORKDIR/fold0, WORKDIR/fold1 and so on. Writes to --samples one PNG of
32x32 pixels for each example, in shards that have the names and the order of the data's shards.
"""

import itertools
import os
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tf_keras as keras
from absl import flags

from data_pipeline import dataset, records
from data_pipeline.common import errors, files
from data_pipeline.pictures import colors
from models import low_res_colorizer
from train import callbacks, common

_BATCH_SIZE = 16


def sample_split(colorizers, data, split, seed):
    """Samples every example of a split, in the order of the data.

    Args:
      colorizers: for each fold, a colorizer that has not seen it. The first one samples the validation split.
      data: folder that `data_pipeline.prepare` wrote.
      split: 'train' or 'validation'.
      seed: int. The seed of an example follows from this seed and the example's number.
    Returns:
      uint8 [N, L, L, 3].
    """
    config = colorizers[0].config
    folds = np.array(dataset.folds_of(data, split, len(colorizers)))
    if split == 'validation':
        folds[:] = 0
    samples = np.zeros([len(folds), config.low_res_size, config.low_res_size, 3], np.uint8)
    for fold, colorizer in enumerate(colorizers):
        mine = tf.constant(folds == fold)
        sample = tf.function(colorizer.sample, reduce_retracing=True, autograph=False)
        examples = dataset.load(data, split, 1, config.image_size).unbatch().enumerate()
        for numbers, batch in examples.filter(lambda n, _, mine=mine: mine[n]).batch(_BATCH_SIZE):
            low_res, _ = sample(batch['outline'], numbers + seed * 2 ** 32)
            samples[numbers] = colors.to_levels(low_res)
            print(f'\r{split}: sampling {numbers[-1] + 1} of {len(folds)}, fold {fold + 1} of {len(colorizers)}',
                  end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return samples


def write_samples(samples, folder, shards):
    """Writes samples as shards that match the data's.

    Args:
      samples: uint8 [N, L, L, 3].
      folder: the folder to write to.
      shards: entries of the data's manifest.
    """
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    pictures = iter(samples)
    for shard in shards:
        path = pathlib.Path(folder, shard['file'])
        with (errors.tensorflow_files(path), files.atomic_write(path) as part,
              tf.io.TFRecordWriter(str(part)) as writer):
            for picture in itertools.islice(pictures, shard['records']):
                writer.write(tf.io.encode_png(picture).numpy())


def main():
    flag = common.FLAGS
    manifest = records.read_manifest(flag.data)
    colorizers = []
    for fold in range(flag.folds):
        print(f'fold {fold + 1} of {flag.folds}', flush=True)
        keras.utils.set_random_seed(flag.seed + fold)
        model = low_res_colorizer.LowResColorizer.from_preset(flag.preset)
        workdir = os.path.join(flag.workdir, f'fold{fold}')
        common.train(model, common.adam(), [callbacks.ValidateAverage()], workdir=workdir,
                     without=(fold, flag.folds) if flag.folds > 1 else None)
        colorizers.append(low_res_colorizer.LowResColorizer.from_pretrained(workdir))
    for split, shards in manifest['shards'].items():
        if shards:
            write_samples(sample_split(colorizers, flag.data, split, flag.seed), flag.samples, shards)


if __name__ == '__main__':
    common.define_flags(batch_size=16, learning_rate=1e-3)
    flags.DEFINE_string('samples', None, 'Folder to write the samples to.', required=True)
    flags.DEFINE_integer('folds', 2, 'Number of parts that the groups are divided into; 1 for no cross-fitting.',
                         lower_bound=1)
    common.run(main)

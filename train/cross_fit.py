r"""Samples every training picture with a low-resolution colorizer that has not seen it, for the background detector.

  python -m train.cross_fit --data data/real --workdir runs/folds --samples data/samples --folds 2 --steps 5000

A detector that learns from samples of pictures which the colorizer knows by heart finds no background: everything is
predicted well. So the groups (stories, episodes) are divided into --folds parts; for each, a colorizer is trained on
all the others, saved in WORKDIR/fold0, fold1 and so on, and samples the pictures of its part: the remedy that the study
ends on. The validation pictures, which no colorizer has seen, are sampled by the first. With --folds=1 one colorizer
trains on everything and samples what it has seen: what happens without cross-fitting.

The samples folder holds one PNG of 32x32 pixels for each example, in shards of the names and the order of the data's.
"""

import itertools
import os
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tf_keras as keras
from absl import flags

from data_pipeline import aside, dataset, records
from models import low_res_colorizer, presets, resolution, weights
from train import callbacks, common

_BATCH_SIZE = 16


def sample_split(colorizers, data, split, seed):
    """Samples every example of a split, in the order of the data: uint8 [N, L, L, 3].

    Args:
      colorizers: for each fold, one that has not seen it. The validation split is sampled by the first.
      data: folder written by `data_pipeline.prepare`.
      split: 'train' or 'validation'.
      seed: each example's own is this and its number.
    """
    preset = colorizers[0].preset
    folds = np.array(dataset.folds_of(data, split, len(colorizers)))
    if split == 'validation':
        folds[:] = 0
    samples = np.zeros([len(folds), preset.low_res_size, preset.low_res_size, 3], np.uint8)
    for fold, colorizer in enumerate(colorizers):
        mine = tf.constant(folds == fold)
        sample = tf.function(colorizer.sample, reduce_retracing=True, autograph=False)
        examples = dataset.load(data, split, 1, preset.image_size).unbatch().enumerate()
        for numbers, batch in examples.filter(lambda n, _, mine=mine: mine[n]).batch(_BATCH_SIZE):
            low_res, _ = sample(batch['outline'], numbers + seed * 2 ** 32)
            samples[numbers] = resolution.levels(low_res)
            print(f'\r{split}: sampling {numbers[-1] + 1} of {len(folds)}, fold {fold + 1} of {len(colorizers)}',
                  end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return samples


def write_samples(samples, folder, shards):
    """Writes samples as shards of the names and sizes of the data's (entries of its manifest)."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    pictures = iter(samples)
    for shard in shards:
        path = pathlib.Path(folder, shard['file'])
        with aside.written_aside(path) as part, tf.io.TFRecordWriter(str(part)) as writer:
            for picture in itertools.islice(pictures, shard['records']):
                writer.write(tf.io.encode_png(picture).numpy())


def main():
    flag = common.FLAGS
    manifest = records.read_manifest(flag.data)
    colorizers = []
    for fold in range(flag.folds):
        print(f'fold {fold + 1} of {flag.folds}', flush=True)
        keras.utils.set_random_seed(flag.seed + fold)
        model = weights.build(low_res_colorizer.LowResColorizer, presets.PRESETS[flag.preset])
        workdir = os.path.join(flag.workdir, f'fold{fold}')
        common.train(model, common.adam(), [callbacks.ValidateAverage()], workdir=workdir,
                     without=(fold, flag.folds) if flag.folds > 1 else None)
        colorizers.append(weights.load(low_res_colorizer.LowResColorizer, [workdir]))
    for split, shards in manifest['shards'].items():
        if shards:
            write_samples(sample_split(colorizers, flag.data, split, flag.seed), flag.samples, shards)


if __name__ == '__main__':
    common.define_flags(batch_size=16, learning_rate=1e-3)
    flags.DEFINE_string('samples', None, 'Folder to write the samples to.', required=True)
    flags.DEFINE_integer('folds', 2, 'Parts of the groups; 1: no cross-fitting.', lower_bound=1)
    common.run(main)

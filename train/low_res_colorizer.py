r"""Trains the low-resolution colorizer by maximum likelihood.

  python -m train.low_res_colorizer --data data/real --workdir runs/lrc --preset small --steps 10000

Writes low_res_colorizer.h5 and .json (Polyak average of the weights, preset), and what every run folder has (see
README, "The run folder"). The TensorBoard logs also show, for some validation pictures, outline, truth and four
samples. bits_per_dim is per number of a picture; prior_bits_per_dim the same, predicted from the outline alone.

To measure what a part of the design is worth, change one: --likelihood, --context=none (pixels independent given the
outline), --outline=blank (the colorizer sees none).
"""

import dataclasses
import os

import tensorflow as tf
import tf_keras as keras
from absl import flags

from data_pipeline import dataset
from models import likelihood, low_res_colorizer, presets, resolution, weights
from train import callbacks, common, strategies

_PICTURES, _SAMPLES = 4, 4


class SampleImages(keras.callbacks.Callback):
    """Shows TensorBoard, after every epoch, rows of outline, truth and samples of the averaged weights.

    Args:
      batch: {'outline', 'colour'}, what to show.
      directory: run folder.
    """

    def __init__(self, batch, directory):
        super().__init__()
        self._batch = batch
        self._directory = os.path.join(directory, 'validation')

    def on_train_begin(self, logs=None):
        self._sample = tf.function(self.model.sample, autograph=False)
        self._writer = tf.summary.create_file_writer(self._directory)

    def on_epoch_end(self, epoch, logs=None):
        outline, count = self._batch['outline'], len(self._batch['outline'])
        low_res = [resolution.low_resolution(self._batch['colour'], self.model.preset.low_res_size)]
        with self.model.average.applied():
            for k in range(_SAMPLES):
                low_res.append(self._sample(outline, tf.range(k * count, (k + 1) * count, dtype=tf.int64))[0])
        columns = [resolution.enlarge(picture, self.model.preset.image_size) for picture in low_res]
        rows = tf.concat([tf.repeat(1 - 2 * outline, 3, axis=-1), *columns], axis=2)
        with self._writer.as_default(step=self.model.optimizer.iterations):
            tf.summary.image('outline_truth_samples', rows / 2 + .5, max_outputs=count)


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    preset = dataclasses.replace(presets.PRESETS[common.FLAGS.preset], likelihood=common.FLAGS.likelihood,
                                 context=common.FLAGS.context, outline=common.FLAGS.outline)
    model = weights.build(low_res_colorizer.LowResColorizer, preset)
    more = [callbacks.ValidateAverage()]
    shown = dataset.held_out(common.FLAGS.data, _PICTURES, preset.image_size)
    if shown and strategies.is_chief():
        more.append(SampleImages(shown, common.FLAGS.workdir))
    common.train(model, common.adam(), more)


if __name__ == '__main__':
    common.define_flags(batch_size=16, learning_rate=1e-3)
    flags.DEFINE_enum('likelihood', 'logistic_mixture', sorted(likelihood.LIKELIHOODS), 'Distribution of a pixel.')
    flags.DEFINE_enum('context', 'full', ['full', 'none'], 'What a pixel is predicted from, beside the outline.')
    flags.DEFINE_enum('outline', 'full', ['full', 'blank'], 'Whether the colorizer sees the outline.')
    common.run(main)

r"""Trains the low-resolution colorizer by maximum likelihood, with a prior that learns colors fast.

  python -m train.low_res_colorizer --data data/real --workdir runs/lrc --preset small --steps 10000

Writes a run folder (train/README.md) with low_res_colorizer.h5 (the Polyak average of the weights) and
low_res_colorizer.json. The TensorBoard logs also show some validation pictures: outline, truth and four samples.

Reports bits_per_dim, the bits for each number of a picture, and prior_l1, how far the prior's colors, which follow from
the outline alone, are from the true ones. Most training pictures have hints, which are random points with their true
colors, and references, which are other pictures of their group (story or episode). match_bits says how well references
tell the colors. --casts adds pictures whose colors only their references can tell: data_pipeline.synthetic_comic
draws such comics with --cast=random. They are every second run of pictures.
--only=matching trains only the networks that recognize places of references, which takes a third of the time; what the
colorizer does without references stays as it is. --only=colors trains all else, and shows it no references, which takes
half of the time; what it recognizes of references stays as it is.

Six flags change one part each, to measure its worth: --likelihood; --prior; --nohints, with which the colorizer does
not see hints; --noreferences, with which it does not see references; --context, the network that sees the pixels before
a pixel: the gated PixelCNN (full), one of the PixelRNNs (row_lstm, diagonal_bilstm), or none, so that pixels are
independent given the outline; --outline=blank, with which the colorizer does not see the outline.
"""

import os

import tensorflow as tf
import tf_keras as keras
from absl import flags

from data_pipeline import dataset
from models import low_res_colorizer
from models.low_res_colorizer import contexts, likelihoods, priors, references
from models.ops import resize
from train import callbacks, common, strategies

_PICTURES, _SAMPLES = 4, 4


class SampleImages(keras.callbacks.Callback):
    """Shows outline, truth and samples of the averaged weights in TensorBoard, after every epoch.

    Args:
      batch: {'outline', 'color'}, the pictures to show.
      folder: run folder.

    Example:
      >>> batch = {'outline': tf.zeros([4, 256, 256, 1]), 'color': tf.zeros([4, 256, 256, 3])}
      >>> callback = SampleImages(batch, 'runs/lrc')
    """

    def __init__(self, batch, folder):
        super().__init__()
        self._batch = batch
        self._folder = os.path.join(folder, 'validation')

    def on_train_begin(self, logs=None):
        self._sample = tf.function(self.model.sample, autograph=False)
        self._writer = tf.summary.create_file_writer(self._folder)

    def on_epoch_end(self, epoch, logs=None):
        outline, count = self._batch['outline'], len(self._batch['outline'])
        low_res = [resize.low_resolution(self._batch['color'], self.model.config.low_res_size)]
        with self.model.average.applied():
            for k in range(_SAMPLES):
                low_res.append(self._sample(outline, tf.range(k * count, (k + 1) * count, dtype=tf.int64))[0])
        columns = [resize.enlarge(picture, self.model.config.image_size) for picture in low_res]
        rows = tf.concat([tf.repeat(1 - 2 * outline, 3, axis=-1), *columns], axis=2)
        with self._writer.as_default(step=self.model.optimizer.iterations):
            tf.summary.image('outline_truth_samples', rows / 2 + .5, max_outputs=count)


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    model = low_res_colorizer.LowResColorizer.from_preset(
        common.FLAGS.preset, likelihood=common.FLAGS.likelihood, prior=common.FLAGS.prior,
        sees_hints=common.FLAGS.hints, sees_references=common.FLAGS.references,
        context=common.FLAGS.context, sees_outline=common.FLAGS.outline == 'full')
    more = [callbacks.ValidateAverage()]
    shown = dataset.held_out(common.FLAGS.data, _PICTURES, model.config.image_size)
    if shown and strategies.is_chief():
        more.append(SampleImages(shown, common.FLAGS.workdir))
    # Pictures of a group are alike, so a step learns more from mixed ones, unless they are references of each other.
    together = references.RUN if common.FLAGS.references and common.FLAGS.only != 'colors' else 1
    common.train(model, common.adam(), more, together=together, casts=common.FLAGS.casts, only=common.FLAGS.only)


if __name__ == '__main__':
    common.define_flags(batch_size=16, learning_rate=1e-3)
    flags.DEFINE_enum('likelihood', 'logistic_mixture', sorted(likelihoods.LIKELIHOODS), 'Distribution of a pixel.')
    flags.DEFINE_enum('prior', 'l1_coarse', sorted(priors.PRIORS), 'What learns colors from the outline alone.')
    flags.DEFINE_string('casts', None, 'Folder that data_pipeline.prepare wrote, of comics with many casts.')
    flags.DEFINE_bool('hints', True, 'Show hints to the colorizer.')
    flags.DEFINE_enum('only', None, ['colors', 'matching'], 'Train only one part: what recognizes places of '
                      'references, or all else.')
    flags.DEFINE_bool('references', True, 'Show references to the colorizer.')
    flags.DEFINE_enum('context', 'full', list(contexts.CONTEXTS), 'Network that sees the pixels before a pixel.')
    flags.DEFINE_enum('outline', 'full', ['full', 'blank'], 'Outline that the colorizer sees: all of it, or none.')
    common.run(main)

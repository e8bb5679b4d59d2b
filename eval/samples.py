r"""Shows and measures a low-resolution colorizer alone: several samples of held-out outlines.

  python -m eval.samples --weights runs/lrc --data data/real --output samples.png
  python -m eval.samples --weights runs/lrc --output samples.png

Without --data, the outlines are those of comics that are drawn here (`data_pipeline.synthetic_comic`, --comic_seed).
Their cast has fixed colors and their backgrounds are arbitrary, so they measure the paper's premise (section 1). A
colorizer should know the cast: foregrounds are close to the truth. It cannot know the background: backgrounds differ
from sample to sample.

Prints one line of JSON with means over all --pictures; progress goes to standard error. The sheet shows eight of them,
evenly spread.
  bits_per_dim: bits for each number of the true low-resolution pictures; with --data, over the whole validation split.
  diversity: standard deviation of a pixel between the samples of a picture, in [-1, 1] units.
  foreground_l1: mean L1 of the foreground to the truth, in [-1, 1] units (drawn comics only).
  background_std: standard deviation of the mean background color between the samples (drawn comics only).
"""

import json
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tf_keras as keras
from absl import flags

from data_pipeline import dataset
from data_pipeline.common import errors, program
from data_pipeline.outlines import outline
from data_pipeline.pictures import colors
from eval import contact_sheet
from eval.evaluation import drawn_comics
from models import low_res_colorizer
from models.ops import resize

FLAGS = flags.FLAGS
_SHOWN, _BATCH_SIZE = 8, 16


def sample_all(colorizer, outlines, samples, temperature):
    """Samples many outlines [N, S, S, 1] several times: [N, samples, L, L, 3]."""
    sample = tf.function(lambda *inputs: colorizer.sample(*inputs, xla=True), autograph=False)
    count = len(outlines) * samples
    seeds = np.resize(np.arange(count), [-(-count // _BATCH_SIZE), _BATCH_SIZE])  # one batch size, one compilation
    drawn = []
    for batch in seeds:
        low_res, _ = sample(tf.gather(outlines, batch // samples), tf.constant(batch), np.float32(temperature))
        drawn.extend(low_res.numpy())
        print(f'\rsample {min(len(drawn), count)} of {count}', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return np.stack(drawn[:count]).reshape(len(outlines), samples, *drawn[0].shape)


def premise(samples, truth, background):
    """Measures how well the samples know the foreground, and how much their backgrounds differ.

    Args:
      samples: [N, K, L, L, 3] in [-1, 1].
      truth: [N, L, L, 3] in [-1, 1].
      background: [N, L, L, 1], share of each low-resolution pixel that is background. A pixel counts as background if
        its share is at least one half.
    Returns:
      {'foreground_l1', 'background_std'}.
    """
    behind = np.float32(background >= .5)[:, None]
    front = 1 - behind
    distance = np.abs(samples - truth[:, None]) * front
    means = (samples * behind).sum(axis=(2, 3)) / np.maximum(behind.sum(axis=(2, 3)), 1)  # [N, K, 3]
    return {'foreground_l1': distance.sum() / (front.sum() * samples.shape[1] * 3),
            'background_std': means.std(axis=1).mean()}


def evaluate(weight_folders, data, pictures, samples, temperature, comic_seed, sheet_path):
    """Measures a colorizer and writes the sheet.

    Args:
      weight_folders: see `Network.from_pretrained`.
      data: folder of prepared data; None draws comics.
      pictures, samples: number of outlines, and of samples of each.
      temperature: of the sampling.
      comic_seed: seed of the drawn comics.
      sheet_path: file to write.
    Returns:
      {name: figure}; the module's docstring lists them.
    Raises:
      UserError: the weights or the data cannot be used.
    """
    colorizer = low_res_colorizer.LowResColorizer.from_pretrained(weight_folders)
    size, low = colorizer.config.image_size, colorizer.config.low_res_size
    batch = dataset.held_out(data, pictures, size) if data else drawn_comics.batch('flat', comic_seed, pictures, size)
    if not batch:
        raise errors.UserError(f'{data}: no validation examples')
    truth = resize.low_resolution(batch['color'], low).numpy()
    colorizer.compile(keras.optimizers.Adam())
    validation = (dataset.load(data, 'validation', _BATCH_SIZE, size) if data
                  else tf.data.Dataset.from_tensor_slices(batch).batch(_BATCH_SIZE))
    drawn = sample_all(colorizer, batch['outline'], samples, temperature)
    bits = colorizer.evaluate(validation, verbose=0, return_dict=True)['bits_per_dim']
    figures = {'bits_per_dim': bits, 'diversity': drawn.std(axis=1).mean()}
    if not data:
        figures.update(premise(drawn, truth, resize.shrink(batch['background'], low).numpy()))

    sheet = contact_sheet.ContactSheet(sheet_path, ('outline', 'truth', *(f'sample {k + 1}' for k in range(samples))))
    for n in np.linspace(0, len(truth) - 1, min(_SHOWN, len(truth))).astype(int):
        lines = outline.from_ink(batch['outline'][n])[..., 0]
        sheet.add(f'picture {n + 1}', [lines, *(np.uint8(colors.to_levels(p)) for p in (truth[n], *drawn[n]))])
    sheet.flush()
    return {name: round(float(figure), 4) for name, figure in figures.items()}


def main():
    figures = evaluate(FLAGS.weights, FLAGS.data, FLAGS.pictures, FLAGS.samples, FLAGS.temperature,
                       FLAGS.comic_seed, pathlib.Path(FLAGS.output))
    print(json.dumps(figures))


if __name__ == '__main__':
    flags.DEFINE_multi_string('weights', None, 'Folder of the trained colorizer.', required=True)
    flags.DEFINE_string('output', None, 'PNG file to write the sheet to.', required=True)
    flags.DEFINE_string('data', None, 'Folder that data_pipeline.prepare wrote; without it, comics are drawn.')
    flags.DEFINE_integer('pictures', 48, 'Number of outlines.', lower_bound=1)
    flags.DEFINE_integer('samples', 6, 'Number of samples of each outline.', lower_bound=2)
    flags.DEFINE_float('temperature', 1., 'Temperature of the sampling.', lower_bound=0.)
    flags.DEFINE_integer('comic_seed', 1000, 'Seed of the evaluation comics; must differ from the training seeds.',
                         lower_bound=0)
    program.run(main)

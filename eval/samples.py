r"""Looks at a low-resolution colorizer alone: several samples of held-out outlines, as a sheet and in numbers.

  python -m eval.samples --weights runs/lrc --data data/real --output samples.png
  python -m eval.samples --weights runs/lrc --output samples.png

Without --data the outlines are those of comics drawn here (`data_pipeline.synthetic_comic`, --comic_seed), whose cast
has fixed colours and whose backgrounds are arbitrary. There the paper's premise (section 1) can be measured: a
colorizer should know the cast, so that foregrounds are close to the truth, and should admit that it does not know the
background, so that backgrounds differ from sample to sample.

Prints one line of JSON, over all --pictures; progress goes to standard error. The sheet shows eight, evenly spread.
  bits_per_dim: of the true low-resolution pictures. With --data of the whole validation split.
  diversity: standard deviation of a pixel between the samples of a picture, [-1, 1] units.
  foreground_l1: mean L1 of the foreground to the truth, [-1, 1] units (drawn comics only).
  background_std: standard deviation between samples of the mean background colour (drawn comics only).
"""

import json
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tf_keras as keras
from absl import flags

from data_pipeline import dataset, outline, program
from eval import contact_sheet, drawn_comics
from models import low_res_colorizer, resolution, weights

FLAGS = flags.FLAGS
_SHOWN, _BATCH_SIZE = 8, 16


def sample_all(colorizer, outlines, samples, temperature):
    """Samples of many outlines [N, S, S, 1]: [N, samples, L, L, 3]."""
    sample = tf.function(lambda *inputs: colorizer.sample(*inputs, xla=True))
    count = len(outlines) * samples
    seeds = np.resize(np.arange(count), [-(-count // _BATCH_SIZE), _BATCH_SIZE])  # equal batches: one compilation
    drawn = []
    for batch in seeds:
        low_res, _ = sample(tf.gather(outlines, batch // samples), tf.constant(batch), np.float32(temperature))
        drawn.extend(low_res.numpy())
        print(f'\rsample {min(len(drawn), count)} of {count}', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return np.stack(drawn[:count]).reshape(len(outlines), samples, *drawn[0].shape)


def premise(samples, truth, background):
    """How well the samples know the foreground, and how much their backgrounds differ.

    Args:
      samples: [N, K, L, L, 3]; truth: [N, L, L, 3], both in [-1, 1].
      background: [N, L, L, 1], share of a low-resolution pixel that is background; at least half makes it background.
    Returns:
      {'foreground_l1', 'background_std'}
    """
    behind = np.float32(background >= .5)[:, None]
    front = 1 - behind
    distance = np.abs(samples - truth[:, None]) * front
    means = (samples * behind).sum(axis=(2, 3)) / np.maximum(behind.sum(axis=(2, 3)), 1)  # [N, K, 3]
    return {'foreground_l1': distance.sum() / (front.sum() * samples.shape[1] * 3),
            'background_std': means.std(axis=1).mean()}


def evaluate(weight_folders, data, pictures, samples, temperature, comic_seed, sheet_path):
    """Samples, measures, and writes the sheet. Returns the figures; the module's docstring says which."""
    colorizer = weights.load(low_res_colorizer.LowResColorizer, weight_folders)
    size, low = colorizer.preset.image_size, colorizer.preset.low_res_size
    batch = dataset.held_out(data, pictures, size) if data else drawn_comics.batch('flat', comic_seed, pictures, size)
    if not batch:
        raise ValueError(f'{data}: no validation examples')
    truth = resolution.low_resolution(batch['colour'], low).numpy()
    colorizer.compile(keras.optimizers.Adam())
    validation = (dataset.load(data, 'validation', _BATCH_SIZE, size) if data
                  else tf.data.Dataset.from_tensor_slices(batch).batch(_BATCH_SIZE))
    drawn = sample_all(colorizer, batch['outline'], samples, temperature)
    bits = colorizer.evaluate(validation, verbose=0, return_dict=True)['bits_per_dim']
    figures = {'bits_per_dim': bits, 'diversity': drawn.std(axis=1).mean()}
    if not data:
        figures.update(premise(drawn, truth, resolution.shrink(batch['background'], low).numpy()))

    sheet = contact_sheet.ContactSheet(sheet_path, ('outline', 'truth', *(f'sample {k + 1}' for k in range(samples))))
    for n in np.linspace(0, len(truth) - 1, min(_SHOWN, len(truth))).astype(int):
        lines = outline.from_ink(batch['outline'][n])[..., 0]
        sheet.add(f'picture {n + 1}', [lines, *(np.uint8(resolution.levels(p)) for p in (truth[n], *drawn[n]))])
    sheet.flush()
    return {name: round(float(figure), 4) for name, figure in figures.items()}


def main():
    figures = evaluate(FLAGS.weights, FLAGS.data, FLAGS.pictures, FLAGS.samples, FLAGS.temperature,
                       FLAGS.comic_seed, pathlib.Path(FLAGS.output))
    print(json.dumps(figures))


if __name__ == '__main__':
    flags.DEFINE_multi_string('weights', None, 'Folder with the trained colorizer.', required=True)
    flags.DEFINE_string('output', None, 'Sheet to write, PNG.', required=True)
    flags.DEFINE_string('data', None, 'Folder written by data_pipeline.prepare; without it, comics are drawn.')
    flags.DEFINE_integer('pictures', 48, 'Outlines to sample from.', lower_bound=1)
    flags.DEFINE_integer('samples', 6, 'Samples of each.', lower_bound=2)
    flags.DEFINE_float('temperature', 1., 'Of the sampling.', lower_bound=0.)
    flags.DEFINE_integer('comic_seed', 1000, 'Of the drawn comics; not that of comics trained on.', lower_bound=0)
    program.run(main)

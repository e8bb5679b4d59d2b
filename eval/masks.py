r"""Looks at a background detector alone: masks and composites of held-out outlines, as sheets and in numbers.

  python -m eval.masks --weights runs/bd --data data/real --output masks.png
  python -m eval.masks --weights runs/bd --background gradient --output masks.png

Without --data the outlines are those of comics drawn here (`data_pipeline.synthetic_comic`, --comic_seed), whose true
backgrounds are known. A detector trained with --foreground=low_res needs --samples to be composed; without, only its
masks are shown and measured.

Prints one line of JSON, over all --pictures; the sheet shows twenty-four, evenly spread. L1 in [-1, 1] units.
  background_share: of the pixels.
  background_iou: intersection over union with the true background (where it is known).
  composite_l1: the detector's loss, with hard masks.
  foreground_l1, background_l1: what it would be with everything foreground, everything background.
"""

import json

import numpy as np
import tensorflow as tf
from absl import flags

from data_pipeline import dataset, program, synthetic_comic
from eval import contact_sheet, drawn_comics
from models import background, background_detector, resolution, weights

FLAGS = flags.FLAGS
_SHOWN, _BATCH_SIZE = 24, 16


def measure(detector, batch):
    """Masks, composites and figures of one batch.

    Returns:
      (mask [B, S, S, 1], composite [B, S, S, 3] or None, {name: [B]}).
    """
    model = detector.preset.background_model
    _, own = detector(batch['outline'])
    masks = detector.masks(batch['outline'])
    mask = background.union(masks)
    figures = {'background_share': tf.reduce_mean(mask, axis=[1, 2, 3])}
    if batch['background'][0, 0, 0, 0] >= 0:
        figures['background_iou'] = background.intersection_over_union(mask, batch['background'])
    colour = batch.get('foreground') if own is None else own
    if colour is None:
        return mask, None, figures
    everywhere = tf.one_hot(tf.zeros_like(masks[..., 0], tf.int32), masks.shape[-1])
    for name, choice in (('composite_l1', masks), ('foreground_l1', 0 * masks), ('background_l1', everywhere)):
        figures[name] = background_detector.composite_l1(batch['colour'], colour, choice, model)
    return mask, background.composite(colour, background.fill(batch['colour'], masks, model), masks), figures


def evaluate(weight_folders, data, samples, pictures, drawn, sheet_path):
    """Measures, and writes the sheet. Returns the figures; the module's docstring says which.

    Args:
      drawn: (background, seed) of the drawn comics, without data.
    """
    detector = weights.load(background_detector.BackgroundDetector, weight_folders)
    size = detector.preset.image_size
    batch = (dataset.held_out(data, pictures, size, samples) if data
             else drawn_comics.batch(*drawn, pictures, size))
    if not batch:
        raise ValueError(f'{data}: no validation examples')
    sheet = contact_sheet.ContactSheet(sheet_path, ('outline', 'truth', 'background', 'composite'))
    count, collected = len(batch['outline']), {}
    shown = set(np.linspace(0, count - 1, min(_SHOWN, count)).astype(int))
    for first in range(0, count, _BATCH_SIZE):
        part = {key: value[first:first + _BATCH_SIZE] for key, value in batch.items()}
        mask, composite, figures = measure(detector, part)
        for name, values in figures.items():
            collected.setdefault(name, []).extend(values.numpy())
        for n in shown & set(range(first, first + len(mask))):
            k = n - first
            pictures_shown = [1 - 2 * part['outline'][k, ..., 0], part['colour'][k], 2 * mask[k, ..., 0] - 1]
            sheet.add(f'picture {n + 1}', [np.uint8(resolution.levels(p)) for p in pictures_shown]
                      + [None if composite is None else np.uint8(resolution.levels(composite[k]))])
    sheet.flush()
    return {name: round(float(np.mean(values)), 4) for name, values in collected.items()}


def main():
    figures = evaluate(FLAGS.weights, FLAGS.data, FLAGS.samples, FLAGS.pictures,
                       (FLAGS.background, FLAGS.comic_seed), FLAGS.output)
    print(json.dumps(figures))


if __name__ == '__main__':
    flags.DEFINE_multi_string('weights', None, 'Folder with the trained detector.', required=True)
    flags.DEFINE_string('output', None, 'Sheet to write, PNG.', required=True)
    flags.DEFINE_string('data', None, 'Folder written by data_pipeline.prepare; without it, comics are drawn.')
    flags.DEFINE_string('samples', None, 'Folder written by train.cross_fit for this data.')
    flags.DEFINE_integer('pictures', 48, 'Outlines to look at.', lower_bound=1)
    flags.DEFINE_enum('background', 'flat', synthetic_comic.BACKGROUNDS, 'Of the drawn comics.')
    flags.DEFINE_integer('comic_seed', 1000, 'Of the drawn comics; not that of comics trained on.', lower_bound=0)
    program.run(main)

r"""Shows and measures a background detector alone: masks and composites of held-out outlines.

  python -m eval.masks --weights runs/bd --data data/real --output masks.png
  python -m eval.masks --weights runs/bd --background gradient --output masks.png

Without --data, the outlines are those of comics that are drawn here (`data_pipeline.synthetic_comic`, --comic_seed),
whose true backgrounds are known. The composites of a detector trained with --foreground=low_res need --samples; without
them only its masks are shown and measured.

Prints one line of JSON with means over all --pictures. The sheet shows 24 of them, evenly spread. L1 is in [-1, 1]
units.
  background_share: share of the pixels that are background.
  background_iou: intersection over union with the true background, if it is known.
  composite_l1: the detector's loss, with hard masks.
  foreground_l1, background_l1: the loss if everything were foreground or background.
"""

import json

import numpy as np
import tensorflow as tf
from absl import flags

from data_pipeline import dataset, synthetic_comic
from data_pipeline.common import errors, program
from data_pipeline.pictures import colors
from eval import contact_sheet
from eval.evaluation import drawn_comics
from models import background_detector
from models.ops import background

FLAGS = flags.FLAGS
_SHOWN, _BATCH_SIZE = 24, 16


def measure(detector, batch):
    """Computes masks, composites and figures of one batch.

    Args:
      detector: a `BackgroundDetector`.
      batch: see `dataset.load`.
    Returns:
      (mask [B, S, S, 1], composite [B, S, S, 3] or None, {name: [B]}).
    """
    model = detector.config.background_model
    masks, own = detector.masks_and_colors(batch['outline'])
    mask = background.union(masks)
    figures = {'background_share': tf.reduce_mean(mask, axis=[1, 2, 3])}
    if batch['background'][0, 0, 0, 0] >= 0:
        figures['background_iou'] = background.intersection_over_union(mask, batch['background'])
    color = batch.get('foreground') if own is None else own
    if color is None:
        return mask, None, figures
    everywhere = tf.one_hot(tf.zeros_like(masks[..., 0], tf.int32), masks.shape[-1])
    for name, choice in (('composite_l1', masks), ('foreground_l1', 0 * masks), ('background_l1', everywhere)):
        figures[name] = background_detector.composite_l1(batch['color'], color, choice, model)
    return mask, background.composite(color, background.fill(batch['color'], masks, model), masks), figures


def evaluate(weight_folders, data, samples, pictures, drawn, sheet_path):
    """Measures a detector and writes the sheet.

    Args:
      weight_folders: see `Network.from_pretrained`.
      data, samples: see `dataset.load`; without data, comics are drawn.
      pictures: number of outlines.
      drawn: (background, seed) of the drawn comics.
      sheet_path: file to write.
    Returns:
      {name: figure}; the module's docstring lists them.
    Raises:
      UserError: the weights or the data cannot be used.
    """
    detector = background_detector.BackgroundDetector.from_pretrained(weight_folders)
    size = detector.config.image_size
    batch = (dataset.held_out(data, pictures, size, samples) if data
             else drawn_comics.batch(*drawn, pictures, size))
    if not batch:
        raise errors.UserError(f'{data}: no validation examples')
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
            pictures_shown = [1 - 2 * part['outline'][k, ..., 0], part['color'][k], 2 * mask[k, ..., 0] - 1]
            sheet.add(f'picture {n + 1}', [np.uint8(colors.to_levels(p)) for p in pictures_shown]
                      + [None if composite is None else np.uint8(colors.to_levels(composite[k]))])
    sheet.flush()
    return {name: round(float(np.mean(values)), 4) for name, values in collected.items()}


def main():
    figures = evaluate(FLAGS.weights, FLAGS.data, FLAGS.samples, FLAGS.pictures,
                       (FLAGS.background, FLAGS.comic_seed), FLAGS.output)
    print(json.dumps(figures))


if __name__ == '__main__':
    flags.DEFINE_multi_string('weights', None, 'Folder of the trained detector.', required=True)
    flags.DEFINE_string('output', None, 'PNG file to write the sheet to.', required=True)
    flags.DEFINE_string('data', None, 'Folder that data_pipeline.prepare wrote; without it, comics are drawn.')
    flags.DEFINE_string('samples', None, 'Folder that train.cross_fit wrote for this data.')
    flags.DEFINE_integer('pictures', 48, 'Number of outlines.', lower_bound=1)
    flags.DEFINE_enum('background', 'flat', synthetic_comic.BACKGROUNDS, 'Background of the drawn comics.')
    flags.DEFINE_integer('comic_seed', 1000, 'Seed of the evaluation comics; must differ from the training seeds.',
                         lower_bound=0)
    program.run(main)

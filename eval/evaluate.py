r"""Evaluates the system and the baselines on held-out pictures, in numbers and pictures.

  python -m eval.evaluate --data data/storybooks --data data/peppercarrot --line_art drawings/ --weights runs/all \
      --output evaluation

Sets:
  NAME: the validation split of each --data folder. NAME is the folder's name. If several folders have one name, the
    names of their parents come before it.
  line_art: the pairs of NAME.line.* and NAME.colour.* (or NAME.color.*) below --line_art.
  drawn_flat, drawn_gradient: comics that are drawn here, --comics panels of each.

Models: those of comic, two_step_cgan and pix2pix whose weights are found, and variants of comic that show how much
each part loses:
  comic_true_low_res: with the true low-resolution colors (a perfect colorizer).
  comic_true_mask: with the true mask, where it is known (a perfect detector).
  comic_true_both: with both; only the polishing network is left.
  comic_one_draft: colors from one sample, as the paper does.
  comic_no_background: the paper's ablation, if --ablation names the folder of its polishing network.

The drawing is laid over every picture, as eval.colorize does. Writes to --output:
  metrics.json: {set: {model: {l1, psnr, ssim, region_spread, background_spread, colorfulness, diversity, mask_iou,
    bits_per_dim}}}, means over the pictures; null where a figure does not apply. `eval.evaluation.metrics` defines
    them; colorfulness is relative to the truth; diversity is between two samples.
  metrics.csv: the same for each picture.
  report.html: the means, and pictures side by side, among them the worst. It needs no other file.
  figure_SET.png: the study's figure: rows of outline, truth, and each model's result.
"""

import csv
import io
import itertools
import json
import pathlib
import sys

import numpy as np
from absl import flags

from data_pipeline.common import files, program
from eval import systems
from eval.evaluation import compared, held_out_sets, metrics, report
from eval.formats import files as formats
from models import comic_colorizer

FLAGS = flags.FLAGS
FIGURES = ('l1', 'psnr', 'ssim', 'region_spread', 'background_spread', 'colorfulness', 'diversity', 'mask_iou',
           'bits_per_dim')
_BATCH_SIZE = 8
_GRAY = 1.  # a true picture with at most this colorfulness is gray: the relative colorfulness is not defined


def figures_of(image, example):
    """Computes the figures that every model has, for one picture: {name: figure or None}."""
    true_colorfulness = metrics.colorfulness(example.truth)
    return {
        'l1': metrics.l1(image, example.truth), 'psnr': metrics.psnr(image, example.truth),
        'ssim': metrics.ssim(image, example.truth),
        'region_spread': metrics.region_spread(image, example.truth, example.drawing),
        'background_spread': metrics.background_spread(image, example.drawing, example.background),
        'colorfulness': metrics.colorfulness(image) / true_colorfulness if true_colorfulness > _GRAY else None}


def evaluate_set(name, examples, models, temperature):
    """Colors all examples of a set with all models.

    Returns:
      (rows: [{'set', 'picture', 'model', and FIGURES}], pictures: {picture: {'outline', 'truth' or model: thumbnail}}).
    """
    rows, pictures, number = [], {}, 0
    examples = iter(examples)
    while batch := list(itertools.islice(examples, _BATCH_SIZE)):
        seeds = np.arange(number, number + len(batch), dtype=np.int64)
        number += len(batch)
        for example in batch:
            pictures[example.name] = {'outline': report.thumbnail(example.drawing),
                                      'truth': report.thumbnail(example.truth)}
        for model_name, model in models.items():
            images = model.images(batch, seeds, temperature)
            if images is None:
                continue
            more = (model.more_figures(batch, images, seeds, temperature) if isinstance(model, compared.Comic)
                    else [{}] * len(batch))
            for example, image, extra in zip(batch, images, more, strict=True):
                pictures[example.name][model_name] = report.thumbnail(image)
                rows.append({'set': name, 'picture': example.name, 'model': model_name,
                             **dict.fromkeys(FIGURES), **figures_of(image, example), **extra})
        print(f'\r{name}: {number} pictures', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows, pictures


def means(rows):
    """Averages rows: {set: {model: {figure: mean over the pictures that have it, or None}}}."""
    table = {}
    for row in rows:
        table.setdefault(row['set'], {}).setdefault(row['model'], []).append(row)

    def mean(those, figure):
        known = [row[figure] for row in those if row[figure] is not None]
        return round(float(np.mean(known)), 4) if known else None

    return {name: {model: {figure: mean(those, figure) for figure in FIGURES} for model, those in models.items()}
            for name, models in table.items()}


def evaluate(sets, models, output, temperature):
    """Evaluates models on sets, and writes the files that the module's docstring lists.

    Args:
      sets: {name: iterable of `Example`s}.
      models: as `compared.load` returns them.
      output: folder to write to.
      temperature: of the sampling.
    Returns:
      What metrics.json holds.
    """
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    rows, shown = [], {}
    for name, examples in sets.items():
        its_rows, pictures = evaluate_set(name, examples, models, temperature)
        rows += its_rows
        shown[name] = report.chosen(pictures, its_rows)
        formats.save_png(output / f'figure_{name}.png', report.figure(
            pictures, ['outline', 'truth', *(model for model in systems.SYSTEMS if model in models)]))
    table = means(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, ['set', 'picture', 'model', *FIGURES], lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    for file, content in (('metrics.json', json.dumps(table, indent=1) + '\n'), ('metrics.csv', text.getvalue()),
                          ('report.html', report.html(table, FIGURES, shown))):
        with files.atomic_write(output / file) as part:
            part.write_text(content, encoding='utf-8')
    return table


def main():
    models, size = compared.load(FLAGS.weights, FLAGS.ablation)
    sets = held_out_sets.sets(FLAGS.data, FLAGS.line_art, FLAGS.comics, FLAGS.comic_seed, size)
    table = evaluate(sets, models, FLAGS.output, FLAGS.temperature)
    for name, its in table.items():
        for model, figures in its.items():
            print(f'{name:16} {model:20}', *(f'{key} {value}' for key, value in figures.items() if value is not None))


if __name__ == '__main__':
    flags.DEFINE_multi_string('data', [], 'Folder that data_pipeline.prepare wrote. May be repeated.')
    flags.DEFINE_multi_string('weights', None, 'Folder of trained networks. May be repeated.', required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_string('line_art', None, 'Folder with pairs of NAME.line.* and NAME.colour.*.')
    flags.DEFINE_string('ablation', None, 'Folder of a polishing network trained with --nobackground.')
    flags.DEFINE_integer('comics', 48, 'Number of panels to draw for each of the sets drawn_flat and drawn_gradient.',
                         lower_bound=0)
    flags.DEFINE_integer('comic_seed', 1000, 'Seed of the evaluation comics; must differ from the training seeds.',
                         lower_bound=0)
    flags.DEFINE_float('temperature', comic_colorizer.TEMPERATURE, 'Temperature of the sampling.', lower_bound=0.)
    program.run(main)

r"""Evaluates the system and the baselines on held-out pictures, in numbers and pictures.

  python -m eval.evaluate --data data/storybooks --data data/peppercarrot --line_art drawings/ --weights runs/all \
      --output evaluation

Sets:
  NAME: the validation split of each --data folder. NAME is the folder's name. If several folders have one name, the
    names of their parents come before it.
  line_art: the pairs of NAME.line.* and NAME.colour.* (or NAME.color.*) below --line_art.
  drawn_flat, drawn_gradient: comics that are drawn here, --comics panels of each.
  drawn_cast: the same, flat, with a cast in random colors that is new in every episode.

Models: those of comic, two_step_cgan and pix2pix whose weights are found, and variants of comic that show how much
each part loses:
  comic_true_low_res: with the true low-resolution colors (a perfect colorizer).
  comic_true_mask: with the true mask, where it is known (a perfect detector).
  comic_true_both: with both; only the polishing network is left.
  comic_one_draft: colors from one sample, as the paper does.
  comic_no_background: the paper's ablation, if --ablation names the folder of its polishing network.

Hints: for each number in --hints, comic colors all pictures again with so many dots of their true colors, at random
places off the lines. `eval.evaluation.hint_figures` says what it is compared with.

References: for each number in --references, comic colors all pictures again with so many other pictures of their story,
and of other stories; see `eval.evaluation.reference_figures`.

The drawing is laid over every picture, as eval.colorize does. Writes to --output:
  metrics.json: {set: {model: {l1, psnr, ssim, region_spread, background_spread, colorfulness, diversity, mask_iou,
    bits_per_dim}}}, means over the pictures; null where a figure does not apply. `eval.evaluation.metrics` defines
    them; colorfulness is relative to the truth; diversity is between two samples.
  metrics.csv: the same for each picture.
  hints.json: {set: {number of hints: {system: {l1, psnr, l1_32, psnr_32}}}}, means over the pictures; l1_32 and psnr_32
    are those of the low-resolution picture of 32x32 pixels.
  references.json: {set: {number of references: {system: {l1, l1_32, foreground_l1_32}}}}, in the same way, without the
    drawing laid over.
  hints.csv, references.csv: the same for each picture.
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
from eval.evaluation import compared, held_out_sets, hint_figures, metrics, reference_figures, report
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


def evaluate_set(name, examples, models, temperature, by_hints=None):
    """Colors all examples of a set with all models, and by `HintFigures`, if given.

    Returns:
      (rows: [{'set', 'picture', 'model', and FIGURES}], pictures: {picture: {'outline', 'truth' or model: thumbnail}},
      hint_rows: see `HintFigures.rows`).
    """
    rows, pictures, hint_rows, number = [], {}, [], 0
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
        if by_hints:
            hint_rows += by_hints.rows(name, batch, seeds, temperature)
        print(f'\r{name}: {number} pictures', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows, pictures, hint_rows


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


def evaluate(sets, models, output, temperature, hint_numbers=(), reference_numbers=()):
    """Evaluates models on sets, and writes the files that the module's docstring lists.

    Args:
      sets: {name: iterable of `Example`s}.
      models: as `compared.load` returns them.
      output: folder to write to.
      temperature: of the sampling.
      hint_numbers, reference_numbers: numbers of hints and of references. Without `comic` among the models, nothing is
        measured by them.
    Returns:
      What metrics.json, hints.json and references.json hold.
    """
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    by_hints = by_references = None
    if hint_numbers and 'comic' in models:
        pix2pix = models['pix2pix'].system if 'pix2pix' in models else None
        by_hints = hint_figures.HintFigures(models['comic'].system.colorizer, pix2pix, hint_numbers)
    if reference_numbers and 'comic' in models:
        by_references = reference_figures.ReferenceFigures(models['comic'].system, reference_numbers)
    rows, hint_rows, reference_rows, shown = [], [], [], {}
    for name, examples in sets.items():
        examples = list(examples)
        its_rows, pictures, its_hint_rows = evaluate_set(name, examples, models, temperature, by_hints)
        rows += its_rows
        hint_rows += its_hint_rows
        if by_references:
            print(f'{name}: by references', file=sys.stderr)
            reference_rows += by_references.rows(name, examples, temperature)
        shown[name] = report.chosen(pictures, its_rows)
        formats.save_png(output / f'figure_{name}.png', report.figure(
            pictures, ['outline', 'truth', *(model for model in systems.SYSTEMS if model in models)]))
    table = means(rows)
    by_number = [('hints', metrics.means(hint_rows, 'hints', hint_figures.FIGURES), hint_figures.FIGURES),
                 ('references', metrics.means(reference_rows, 'references', reference_figures.FIGURES),
                  reference_figures.FIGURES)]
    contents = {'metrics.json': _json(table), 'metrics.csv': _csv(['set', 'picture', 'model', *FIGURES], rows),
                'report.html': report.html(table, FIGURES, shown, by_number)}
    tables = [table]
    for (what, its_table, _), columns, its_rows in zip(by_number, (hint_figures.COLUMNS, reference_figures.COLUMNS),
                                                       (hint_rows, reference_rows), strict=True):
        tables.append(its_table)
        if its_rows:
            contents |= {f'{what}.json': _json(its_table), f'{what}.csv': _csv(columns, its_rows)}
    for file, content in contents.items():
        with files.atomic_write(output / file) as part:
            part.write_text(content, encoding='utf-8')
    return tables


def _json(table):
    return json.dumps(table, indent=1) + '\n'


def _csv(columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def main():
    models, size = compared.load(FLAGS.weights, FLAGS.ablation)
    sets = held_out_sets.sets(FLAGS.data, FLAGS.line_art, FLAGS.comics, FLAGS.comic_seed, size)
    table, *by_number = evaluate(sets, models, FLAGS.output, FLAGS.temperature, [int(n) for n in FLAGS.hints],
                                 [int(n) for n in FLAGS.references])
    for name, its in table.items():
        for model, figures in its.items():
            print(f'{name:16} {model:20}', *(f'{key} {value}' for key, value in figures.items() if value is not None))
    for what, tables in zip(('hints', 'references'), by_number, strict=True):
        for name, numbers in tables.items():
            for number, its in numbers.items():
                for system, figures in its.items():
                    print(f'{name:16} {system:20} {number:>3} {what}', *(
                        f'{key} {value}' for key, value in figures.items() if value is not None))


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
    flags.DEFINE_list('hints', ['0', '1', '2', '5', '10', '20', '50'],
                      'Numbers of hints to color every picture with, joined by commas; empty for none.')
    flags.DEFINE_list('references', ['0', '1', '4', '16'],
                      'Numbers of references to color every picture with, joined by commas; empty for none.')
    for name in ('hints', 'references'):
        flags.register_validator(name, lambda numbers: all(number.isdecimal() for number in numbers),
                                 'takes whole numbers, joined by commas')
    flags.DEFINE_float('temperature', comic_colorizer.TEMPERATURE, 'Temperature of the sampling.', lower_bound=0.)
    program.run(main)

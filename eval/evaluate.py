r"""Evaluates the system and those it is compared with, in numbers and pictures, on held-out data.

  python -m eval.evaluate --data data/storybooks --data data/peppercarrot --line_art drawings/ --weights runs/all \
      --output evaluation

Sets: the validation split of every --data folder (called by the folder's name), the pairs of NAME.line.* and
NAME.colour.* below --line_art (called line_art), and comics drawn here (called drawn_flat and drawn_gradient,
--comics of each).

Models: those of comic, two_step_cgan and pix2pix whose weights are found. Of comic also, to tell which part is to be
improved, variants with the truth in the place of one part's result: comic_true_low_res (a perfect colorizer),
comic_true_mask (a perfect detector, where the true background is known) and comic_true_both (only polishing is left);
comic_one_draft, which colours from one sample, as the paper does; and comic_no_background, the paper's ablation, if
--ablation names the folder of a polishing network trained so.

Every picture has the drawing laid over it, as eval.colorize does. Writes into --output:
  metrics.json: {set: {model: {l1, psnr, ssim, region_spread, background_spread, colourfulness, diversity, mask_iou,
    bits_per_dim}}}, means over the pictures; null where a figure does not apply. `eval.metrics` defines them;
    colourfulness is relative to the truth; diversity is between two samples.
  metrics.csv: the same, a row for each picture.
  report.html: the means, and pictures side by side, among them the worst; needs nothing beside it.
  figure_SET.png: the study's figure: rows of outline, truth, and what each model made of it.
"""

import csv
import io
import itertools
import json
import pathlib
import sys

import numpy as np
import tensorflow as tf
from absl import flags

from data_pipeline import aside, program
from eval import colorizers, contact_sheet, held_out_sets, metrics, report
from models import comic_colorizer, line_art, polishing_network, resolution, weights

FLAGS = flags.FLAGS
FIGURES = ('l1', 'psnr', 'ssim', 'region_spread', 'background_spread', 'colourfulness', 'diversity', 'mask_iou',
           'bits_per_dim')
_BATCH_SIZE = 8
_GREY = 1.  # colourfulness below which a true picture has no colour to be relative to


class Variant:
    """A comic system, with the truth in the place of some parts' results, another polishing network, or as it is."""

    def __init__(self, system, low_res=False, mask=False, polishing=None):
        self._system, self._low_res, self._mask = system, low_res, mask
        self._polish = tf.function((polishing or system.polishing_network).polish)
        self._sample, self._detect = (tf.function(f, reduce_retracing=True) for f in (
            system.low_resolution, system.background_detector.masks))

    def images(self, batch, seeds, temperature):
        """Colours a batch of `Example`s: uint8 [B, S, S, 3], or None if a truth it needs is not known."""
        if self._mask and any(example.background is None for example in batch):
            return None
        ink = np.stack([example.ink for example in batch])
        masks = self._detect(ink)
        if self._mask:
            true = np.float32([example.background for example in batch])[..., None]
            masks = tf.concat([true] + [tf.zeros_like(true)] * (masks.shape[-1] - 1), axis=-1)
        if self._low_res:
            truth = np.stack([example.colour for example in batch])
            low_res = resolution.low_resolution(truth, self._system.preset.low_res_size)
        else:
            low_res, _ = self._sample(ink, seeds, temperature)
        image = np.uint8(resolution.levels(self._polish(ink, low_res, masks)))
        return with_lines(image, batch)


class Comic:
    """The comic system as it is, with what only it can tell."""

    def __init__(self, colorizer):
        self._colorizer, self._system = colorizer, colorizer.system
        self._bits = tf.function(self._system.low_res_colorizer.bits_per_dim, reduce_retracing=True)

    def images(self, batch, seeds, temperature):
        """Colours a batch of `Example`s: uint8 [B, S, S, 3]."""
        result = self._colorizer.colorize(np.stack([example.fitted for example in batch]), seeds, temperature)
        self._masks = result['background_mask'] > 127
        return with_lines(result['image'], batch)

    def more(self, batch, images, seeds, temperature):
        """Figures of the batch just coloured beside those of its pictures: for each, {name: figure}."""
        others = self.images(batch, seeds + 1_000_000, temperature)
        bits = self._bits({'outline': np.stack([example.ink for example in batch]),
                           'colour': np.stack([example.colour for example in batch])}).numpy()
        return [{'diversity': metrics.diversity(np.stack(pair)), 'bits_per_dim': float(bits[k]),
                 'mask_iou': None if batch[k].background is None else metrics.intersection_over_union(
                     self._masks[k], batch[k].background)}
                for k, pair in enumerate(zip(images, others, strict=True))]


class Baseline:
    """A system without parts to look into."""

    def __init__(self, colorizer):
        self._colorizer = colorizer

    def images(self, batch, seeds, temperature):
        """Colours a batch of `Example`s: uint8 [B, S, S, 3]."""
        fitted = np.stack([example.fitted for example in batch])
        return with_lines(self._colorizer.colorize(fitted, seeds, temperature)['image'], batch)


def with_lines(images, batch):
    """Colours [B, S, S, 3] with the drawings of a batch of `Example`s laid over: uint8 [B, S, S, 3]."""
    return line_art.lay_over(images, [example.drawing for example in batch]).numpy()


def load_models(weight_folders, ablation):
    """({name: model} of all whose weights are in the folders, side of their pictures). ValueError if there are none."""
    models = {}
    for name in colorizers.MODELS:
        try:
            colorizer = colorizers.Colorizer(name, weight_folders)
        except ValueError as error:
            print(f'{name} is left out: {error}', file=sys.stderr)
            continue
        size = colorizer.size
        if name != 'comic':
            models[name] = Baseline(colorizer)
            continue
        system = colorizer.system
        one_draft = comic_colorizer.ComicColorizer(
            system.low_res_colorizer, system.background_detector, system.polishing_network, drafts=1)
        models |= {'comic': Comic(colorizer), 'comic_true_low_res': Variant(system, low_res=True),
                   'comic_true_mask': Variant(system, mask=True),
                   'comic_true_both': Variant(system, low_res=True, mask=True),
                   'comic_one_draft': Variant(one_draft)}
        if ablation:
            polishing = weights.load(polishing_network.PolishingNetwork, [ablation])
            models['comic_no_background'] = Variant(system, polishing=polishing)
    if not models:
        raise ValueError(f'no weights of any model in {", ".join(weight_folders)}')
    return models, size


def figures_of(image, example):
    """The figures of one picture that every model has."""
    true_colourfulness = metrics.colourfulness(example.truth)
    return {
        'l1': metrics.l1(image, example.truth), 'psnr': metrics.psnr(image, example.truth),
        'ssim': metrics.ssim(image, example.truth),
        'region_spread': metrics.region_spread(image, example.truth, example.drawing),
        'background_spread': metrics.background_spread(image, example.drawing, example.background),
        'colourfulness': metrics.colourfulness(image) / true_colourfulness if true_colourfulness > _GREY else None}


def evaluate_set(name, examples, models, temperature):
    """Colours all examples of a set with all models.

    Returns:
      (rows: [{'set', 'picture', 'model', and FIGURES}], pictures: {picture: {what: uint8 [H, W] or [H, W, 3]}}).
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
            more = model.more(batch, images, seeds, temperature) if isinstance(model, Comic) else [{}] * len(batch)
            for example, image, extra in zip(batch, images, more, strict=True):
                pictures[example.name][model_name] = report.thumbnail(image)
                rows.append({'set': name, 'picture': example.name, 'model': model_name,
                             **dict.fromkeys(FIGURES), **figures_of(image, example), **extra})
        print(f'\r{name}: {number} pictures', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows, pictures


def means(rows):
    """{set: {model: {figure: mean over the pictures that have it, or None}}}."""
    table = {}
    for row in rows:
        table.setdefault(row['set'], {}).setdefault(row['model'], []).append(row)

    def mean(those, figure):
        known = [row[figure] for row in those if row[figure] is not None and np.isfinite(row[figure])]
        return round(float(np.mean(known)), 4) if known else None

    return {name: {model: {figure: mean(those, figure) for figure in FIGURES} for model, those in models.items()}
            for name, models in table.items()}


def evaluate(sets, models, output, temperature):
    """Evaluates, and writes the files (see the module's docstring). Returns what metrics.json says.

    Args:
      sets: {name: examples}.
      models: as of `load_models`.
    """
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    rows, shown = [], {}
    for name, examples in sets.items():
        its_rows, pictures = evaluate_set(name, examples, models, temperature)
        rows += its_rows
        shown[name] = report.chosen(pictures, its_rows)
        contact_sheet.save_png(output / f'figure_{name}.png', report.figure(
            pictures, ['outline', 'truth', *(model for model in colorizers.MODELS if model in models)]))
    table = means(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, ['set', 'picture', 'model', *FIGURES], lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    for file, content in (('metrics.json', json.dumps(table, indent=1) + '\n'), ('metrics.csv', text.getvalue()),
                          ('report.html', report.html(table, FIGURES, shown))):
        with aside.written_aside(output / file) as part:
            part.write_text(content, encoding='utf-8')
    return table


def main():
    models, size = load_models(FLAGS.weights, FLAGS.ablation)
    sets = {pathlib.Path(data).name: held_out_sets.prepared(data, size) for data in FLAGS.data}
    if FLAGS.line_art:
        sets['line_art'] = held_out_sets.drawings(FLAGS.line_art, size)
    for kind in ('flat', 'gradient') if FLAGS.comics else ():
        sets[f'drawn_{kind}'] = held_out_sets.drawn(kind, FLAGS.comics, FLAGS.comic_seed, size)
    table = evaluate(sets, models, FLAGS.output, FLAGS.temperature)
    for name, its in table.items():
        for model, figures in its.items():
            print(f'{name:16} {model:20}', *(f'{key} {value}' for key, value in figures.items() if value is not None))


if __name__ == '__main__':
    flags.DEFINE_multi_string('data', [], 'Folder written by data_pipeline.prepare; may be repeated.')
    flags.DEFINE_multi_string('weights', None, 'Folder with trained networks; may be repeated.', required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_string('line_art', None, 'Folder with pairs of NAME.line.* and NAME.colour.*.')
    flags.DEFINE_string('ablation', None, 'Folder of a polishing network trained with --nobackground.')
    flags.DEFINE_integer('comics', 48, 'Panels to draw, flat and gradient.', lower_bound=0)
    flags.DEFINE_integer('comic_seed', 1000, 'Of the drawn comics; not that of comics trained on.', lower_bound=0)
    flags.DEFINE_float('temperature', comic_colorizer.TEMPERATURE, 'Of the sampling.', lower_bound=0.)
    program.run(main)

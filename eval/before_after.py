r"""Shows and measures what training has changed: held-out pictures, colored before and after.

  python -m eval.before_after --data data/mine --before models/pretrained --after mycomic --output sheet.png

The pictures are those of the validation groups of prepared data, with extracted outlines. The whole system colors them,
each by itself, without hints and references.

Prints one line of JSON, {'pictures': N, 'before': {...}, 'after': {...}}, with means over all --pictures; progress goes
to standard error. The sheet shows 24 of them, evenly spread.
  foreground_l1: distance of the low-resolution colors to the truth on the foreground, in [-1, 1] units. The foreground
    is known for drawn comics. Elsewhere it is what the detector of --after does not find to be background.
  background_iou: intersection over union of the mask with the true background, if that is known.
"""

import json
import sys

import numpy as np
from absl import flags

from data_pipeline.common import errors, program
from data_pipeline.pictures import colors
from eval import contact_sheet, reference_files, samples, systems
from eval.evaluation import compared, held_out_sets, metrics
from models import comic_colorizer
from models.ops import resize

FLAGS = flags.FLAGS
_SHOWN, _BATCH_SIZE = 24, 4


def color(system, examples, title):
    """Colors held-out pictures with one system.

    Args:
      system: a `LocalSystem`.
      examples: list of `Example`s of its size.
      title: what the progress says.
    Returns:
      {'image', 'low_res', 'background_mask'}, see `LocalSystem.colorize`, of all pictures.
    """
    system.expect(len(examples))
    results = []
    for first in range(0, len(examples), _BATCH_SIZE):
        drawings = np.stack([example.fitted for example in examples[first:first + _BATCH_SIZE]])
        seeds = np.arange(first, first + len(drawings))
        results.append(system.colorize(drawings, seeds, comic_colorizer.TEMPERATURE))
        print(f'\r{title}: {first + len(drawings)} of {len(examples)} pictures', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {name: np.concatenate([result[name] for result in results]) for name in results[0]}


def measure(result, examples, backgrounds):
    """Measures colored pictures.

    Args:
      result: see `color`.
      examples: list of `Example`s.
      backgrounds: bool [N, S, S], what does not count as foreground.
    Returns:
      {name: figure}; the module's docstring lists them.
    """
    low = result['low_res'].shape[1]
    truth = resize.low_resolution(np.stack([example.color for example in examples]), low).numpy()
    share = resize.shrink(np.float32(backgrounds[..., None]), low).numpy()
    low_res = colors.from_levels(np.float32(result['low_res']))
    figures = {'foreground_l1': samples.premise(low_res[:, None], truth, share)['foreground_l1']}
    overlaps = [metrics.intersection_over_union(mask > 127, example.background)
                for mask, example in zip(result['background_mask'], examples, strict=True)
                if example.background is not None]
    return figures | ({'background_iou': np.mean(overlaps)} if overlaps else {})


def evaluate(data, before, after, pictures, sheet_path):
    """Compares two systems and writes the sheet.

    Args:
      data: folder of prepared data with validation groups.
      before, after: folders of weights, see `LocalSystem`.
      pictures: the most pictures.
      sheet_path: file to write.
    Returns:
      What the program prints.
    Raises:
      UserError: the weights or the data cannot be used.
    """
    both = {title: systems.LocalSystem('comic', folders, batch_size=_BATCH_SIZE)
            for title, folders in (('before', before), ('after', after))}
    if both['before'].size != both['after'].size:
        raise errors.UserError(f'--before has pictures of {both["before"].size} pixels, --after of '
                               f'{both["after"].size}')
    held_out = list(held_out_sets.prepared(data, both['after'].size))
    examples = reference_files.evenly(held_out, pictures)
    results = {title: color(system, examples, title) for title, system in both.items()}
    backgrounds = np.stack([mask > 127 if example.background is None else example.background
                            for mask, example in zip(results['after']['background_mask'], examples, strict=True)])
    figures = {title: measure(result, examples, backgrounds) for title, result in results.items()}

    sheet = contact_sheet.ContactSheet(sheet_path, ('outline', 'truth', *results))
    shown = {title: compared.with_lines(result['image'], examples) for title, result in results.items()}
    for k in reference_files.evenly(range(len(examples)), _SHOWN):
        sheet.add(examples[k].name, [examples[k].fitted, examples[k].truth, *(images[k] for images in shown.values())])
    sheet.flush()
    return {'pictures': len(examples)} | {title: {name: round(float(figure), 4) for name, figure in its.items()}
                                          for title, its in figures.items()}


def main():
    print(json.dumps(evaluate(FLAGS.data, FLAGS.before, FLAGS.after, FLAGS.pictures, FLAGS.output)))


if __name__ == '__main__':
    flags.DEFINE_string('data', None, 'Folder that data_pipeline.prepare wrote.', required=True)
    flags.DEFINE_multi_string('before', None, 'Folder of the weights before. May be repeated, as --weights of '
                              'eval.colorize.', required=True)
    flags.DEFINE_multi_string('after', None, 'Folder of the weights after. May be repeated.', required=True)
    flags.DEFINE_string('output', None, 'PNG file to write the sheet to.', required=True)
    flags.DEFINE_integer('pictures', 48, 'The most pictures to color.', lower_bound=1)
    program.run(main)

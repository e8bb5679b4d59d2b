r"""Colours line art: one command, a PNG for each picture and a contact sheet.

  python -m eval.colorize --input drawing.png --output coloured
  python -m eval.colorize --input chapter.cbz --input sketches/ --output coloured --samples 4 --seed 7

Takes files, folders and .cbz/.zip archives of line art in PNG, JPEG, WebP, TIFF, GIF or BMP: drawn by a person or
extracted. A picture that is in colour already is skipped, unless --extract_outline, which colours its outline anew.
What cannot be read is named with the reason and skipped.

Results have the size of the drawing, which is laid over the enlarged colours, so that lines and lettering stay sharp.
They keep the folders and names of the inputs below --output; with several --samples each name gets -1, -2, and so on.
contact_sheet.png shows outline, low-resolution picture, background mask and result of each. A picture's colours follow
from the picture and the seed; sample k of seed s is the first sample of seed s + k - 1. Each is the consensus of some
drafts of the colorizer; --drafts=1 colours as the paper does, livelier and odder, and alternatives differ most then.
--background '#3366cc' paints the background of every picture in that colour and leaves the rest as it would be.

--server=HOST:PORT has a TensorFlow Serving instance colour (see eval.export) in the place of --weights; an answer that
takes longer than --timeout seconds, or none, ends the program.

The exit status is 0 if any picture was coloured, else 1.
"""

import itertools
import pathlib
import re
import zlib

import numpy as np
from absl import flags

from data_pipeline import outline, pages, program, square
from eval import colorizers, contact_sheet, remote_colorizer
from models import comic_colorizer, line_art, weights

FLAGS = flags.FLAGS
PRETRAINED = pathlib.Path(weights.__file__).parent / 'pretrained'
_BATCH_SIZE = 8
_SHEET = 'contact_sheet.png'


def line_art_of(page, extract_outline):
    """The outline of a picture, uint8 [H, W] at its own size. Raises `pages.PageError` if it is not to be coloured."""
    picture = pages.read(page)
    if not outline.is_coloured(picture):
        return outline.from_line_art(picture)
    if not extract_outline:
        raise pages.PageError('in colour already (--extract_outline would colour its outline)')
    return outline.extract(picture)


def parse_colour(text):
    """'#rrggbb' -> uint8 (3,) RGB; 'auto' -> None. Raises ValueError for anything else."""
    if text == 'auto':
        return None
    if not re.fullmatch('#[0-9a-fA-F]{6}', text):
        raise ValueError(f"{text}: not a colour; write '#rrggbb', or auto")
    return np.frombuffer(bytes.fromhex(text[1:]), np.uint8)


def colorize(inputs, output, colorizer, seed=0, samples=1, temperature=comic_colorizer.TEMPERATURE, background=None,
             extract_outline=False):
    """Colours all line art found in `inputs` into the folder `output`, reporting as it goes.

    Args:
      inputs: paths.
      output: folder.
      colorizer: a `colorizers.Colorizer` or a `remote_colorizer.RemoteColorizer`.
      seed, samples, temperature, background, extract_outline: see the flags; background as uint8 (3,) or None.

    Returns:
      Number of pictures coloured.
    Raises:
      ValueError: an input does not exist.
      OSError: files cannot be written, or a remote colorizer gives no answer.
    """
    try:
        found, failed = pages.find(inputs)
    except pages.PageError as error:
        raise ValueError(str(error)) from error
    output = pathlib.Path(output)
    names = _unique_names(page.name for page in found)
    sheet = contact_sheet.ContactSheet(output / _SHEET, ('outline', 'low resolution', 'background', 'result'))
    for name, reason in failed:
        print(f'skipped {name}: {reason}')

    def jobs():
        """Yields (name, outline in its own size, outline fitted to the square, seed) of every sample."""
        for number, (page, name) in enumerate(zip(found, names, strict=True), 1):
            try:
                lines = line_art_of(page, extract_outline)
            except pages.PageError as error:
                print(f'[{number}/{len(found)}] skipped {page.name}: {error}', flush=True)
                continue
            print(f'[{number}/{len(found)}] {page.name}', flush=True)
            fitted = line_art.fit(lines, colorizer.size).numpy()
            first = zlib.crc32(fitted) + seed  # so that pictures differ, and a picture's colours follow from itself
            for sample in range(samples):
                yield f'{name}-{sample + 1}.png' if samples > 1 else f'{name}.png', lines, fitted, first + sample

    count = 0
    work = jobs()
    while batch := list(itertools.islice(work, _BATCH_SIZE)):
        results = colorizer.colorize(np.stack([fitted for _, _, fitted, _ in batch]), [number for *_, number in batch],
                                     temperature, background)
        for k, (name, lines, fitted, _) in enumerate(batch):
            coloured = line_art.put_back(results['image'][k], lines).numpy()
            contact_sheet.save_png(output / name, coloured)
            shown = {'outline': fitted} | {key: pictures[k] for key, pictures in results.items() if key != 'image'}
            shown = {key: square.unfit(picture, *lines.shape) for key, picture in shown.items()}
            sheet.add(name, [shown.get(key) for key in ('outline', 'low_res', 'background_mask')] + [coloured])
            count += 1
    sheet.flush()
    print(f'{count} {"picture" if count == 1 else "pictures"} in {output}')
    for path in sheet.written:
        print(f'contact sheet: {path}')
    return count


def _unique_names(names):
    """Names without suffix, made unique: a.png and a.jpg become 'a' and 'a.jpg'; none is the contact sheet's."""
    taken, unique = {pathlib.Path(_SHEET).stem}, []
    for name in names:
        stem = str(pathlib.PurePosixPath(name).with_suffix(''))
        candidates = itertools.chain([stem, name], (f'{name}-{k}' for k in itertools.count(2)))
        unique.append(next(c for c in candidates if c not in taken))
        taken.add(unique[-1])
    return unique


def main():
    background = parse_colour(FLAGS.background)
    if background is not None and FLAGS.model != 'comic':
        raise ValueError(f'--background: {FLAGS.model} knows no background')
    if FLAGS.server is None:
        colorizer = colorizers.Colorizer(FLAGS.model, FLAGS.weights, FLAGS.drafts)
    elif FLAGS.model == 'comic':
        colorizer = remote_colorizer.RemoteColorizer(FLAGS.server, FLAGS.timeout)
    else:
        raise ValueError(f'--server: {FLAGS.model} is not served')
    coloured = colorize(FLAGS.input, FLAGS.output, colorizer, FLAGS.seed, FLAGS.samples, FLAGS.temperature,
                        background, FLAGS.extract_outline)
    if not coloured:
        raise SystemExit('error: nothing was coloured')


if __name__ == '__main__':
    flags.DEFINE_multi_string('input', None, 'File, folder or archive of line art; may be repeated.', required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_multi_string('weights', [str(PRETRAINED)], 'Folder with trained networks; may be repeated if they lie '
                              'in several, as after training: the first that holds a network is taken.')
    flags.DEFINE_enum('model', 'comic', colorizers.MODELS, 'The system, or one of those it is compared with.')
    flags.DEFINE_string('server', None, 'HOST:PORT of a TensorFlow Serving instance (gRPC) that is to colour.')
    flags.DEFINE_float('timeout', 60., 'Seconds that the server has for one batch of pictures.', lower_bound=0.)
    flags.DEFINE_string('background', 'auto', "'#rrggbb', to paint all backgrounds with, or auto.")
    flags.DEFINE_integer('seed', 0, 'Another seed, other colours.', lower_bound=0)
    flags.DEFINE_integer('samples', 1, 'Alternatives for each picture.', lower_bound=1)
    flags.DEFINE_float('temperature', comic_colorizer.TEMPERATURE,
                       'Of the sampling: 1 is what was learnt, lower is calmer.', lower_bound=0.)
    flags.DEFINE_integer('drafts', comic_colorizer.DRAFTS, 'Samples that a picture is the consensus of: with more, '
                         'results are calmer and more alike. A server has its own.', lower_bound=1)
    flags.DEFINE_bool('extract_outline', False, 'Colour pictures that are in colour already, by their outline.')
    program.run(main)

r"""Colors line art: writes a PNG for each picture, and a contact sheet.

  python -m eval.colorize --input drawing.png --output colored
  python -m eval.colorize --input chapter.cbz --input sketches/ --output colored --samples 4 --seed 7

Takes files, folders and .cbz/.zip archives of line art in PNG, JPEG, WebP, TIFF, GIF or BMP, drawn by a person or
extracted. Skips pictures that are in color already, unless --extract_outline asks to color their outlines anew. Skips
files that cannot be read, and names each with the reason.

A result has the size of its drawing. The drawing is laid over the enlarged colors, so lines and lettering stay sharp.
Results keep the folders and names of the inputs below --output; with several --samples, names get -1, -2, and so on.
contact_sheet.png shows outline, low-resolution picture, background mask and result of each.

A picture's colors follow from the picture and the seed; sample k of seed s is the first sample of seed s + k - 1. Each
result is the consensus of several samples of the colorizer (--drafts). --drafts=1 colors as the paper does: results are
livelier and have more odd colors, and alternatives differ more. --background '#3366cc' paints the background of every
picture in this color; the rest does not change.

--server=HOST:PORT lets a TensorFlow Serving instance color (see eval.export) instead of --weights. The program ends if
the server does not answer within --timeout seconds.

The exit status is 0 if any picture was colored, else 1.
"""

import itertools
import pathlib
import re
import zlib

import numpy as np
from absl import flags

from data_pipeline.common import errors, program
from data_pipeline.outlines import line_art, outline
from data_pipeline.pictures import pages, square
from eval import contact_sheet, systems
from eval.serving import client
from models import comic_colorizer

FLAGS = flags.FLAGS
_BATCH_SIZE = 8
_SHEET = 'contact_sheet.png'


def line_art_of(page, extract_outline):
    """Reads the outline of a picture at its own size.

    Args:
      page: a `pages.Page`.
      extract_outline: whether to extract the outline of a picture in color.
    Returns:
      uint8 [H, W].
    Raises:
      PageError: the picture cannot be read, or is in color and its outline is not asked for.
    """
    picture = pages.read(page)
    if not outline.is_colored(picture):
        return outline.from_line_art(picture)
    if not extract_outline:
        raise pages.PageError('in color already (--extract_outline would color its outline)')
    return outline.extract(picture)


def parse_color(text):
    """Converts '#rrggbb' to uint8 (3,) RGB, and 'auto' to None. Raises UserError for any other text."""
    if text == 'auto':
        return None
    if not re.fullmatch('#[0-9a-fA-F]{6}', text):
        raise errors.UserError(f"--background={text}: not a color; write '#rrggbb', or auto")
    return np.frombuffer(bytes.fromhex(text[1:]), np.uint8)


def colorize(inputs, output, system, seed=0, samples=1, temperature=comic_colorizer.TEMPERATURE, background=None,
             extract_outline=False):
    """Colors all line art that is found in `inputs` into the folder `output`, and prints progress.

    Args:
      inputs: paths of files, folders and archives.
      output: folder to write to.
      system: a `systems.LocalSystem` or a `client.RemoteSystem`.
      seed, samples, temperature, extract_outline: see the flags.
      background: uint8 (3,) RGB, or None.
    Returns:
      Number of pictures that were colored.
    Raises:
      UserError: an input does not exist.
      OSError: a file cannot be written, or a server does not answer.
    """
    found, failed = pages.find(inputs)
    output = pathlib.Path(output)
    names = _unique_names(page.name for page in found)
    sheet = contact_sheet.ContactSheet(output / _SHEET, ('outline', 'low resolution', 'background', 'result'))
    for name, reason in failed:
        print(f'skipped {name}: {reason}')

    def jobs():
        """Yields (name, outline in its own size, outline fitted to the square, seed) for every sample."""
        for number, (page, name) in enumerate(zip(found, names, strict=True), 1):
            try:
                lines = line_art_of(page, extract_outline)
            except pages.PageError as error:
                print(f'[{number}/{len(found)}] skipped {page.name}: {error}', flush=True)
                continue
            print(f'[{number}/{len(found)}] {page.name}', flush=True)
            fitted = line_art.fit(lines, system.size).numpy()
            first = zlib.crc32(fitted) + seed  # different pictures have different seeds, whatever their order
            for sample in range(samples):
                yield f'{name}-{sample + 1}.png' if samples > 1 else f'{name}.png', lines, fitted, first + sample

    count = 0
    work = jobs()
    while batch := list(itertools.islice(work, _BATCH_SIZE)):
        results = system.colorize(np.stack([fitted for _, _, fitted, _ in batch]), [number for *_, number in batch],
                                  temperature, background)
        for k, (name, lines, fitted, _) in enumerate(batch):
            colored = line_art.put_back(results['image'][k], lines).numpy()
            contact_sheet.save_png(output / name, colored)
            shown = {'outline': fitted} | {key: pictures[k] for key, pictures in results.items() if key != 'image'}
            shown = {key: square.unfit(picture, *lines.shape) for key, picture in shown.items()}
            sheet.add(name, [shown.get(key) for key in ('outline', 'low_res', 'background_mask')] + [colored])
            count += 1
    sheet.flush()
    print(f'{count} {"picture" if count == 1 else "pictures"} in {output}')
    for path in sheet.written:
        print(f'contact sheet: {path}')
    return count


def _unique_names(names):
    """Makes names without suffix unique: a.png and a.jpg become 'a' and 'a.jpg'. None is 'contact_sheet'."""
    taken, unique = {pathlib.Path(_SHEET).stem}, []
    for name in names:
        stem = str(pathlib.PurePosixPath(name).with_suffix(''))
        candidates = itertools.chain([stem, name], (f'{name}-{k}' for k in itertools.count(2)))
        unique.append(next(c for c in candidates if c not in taken))
        taken.add(unique[-1])
    return unique


def main():
    background = parse_color(FLAGS.background)
    if background is not None and FLAGS.model != 'comic':
        raise errors.UserError(f'--background: {FLAGS.model} has no background')
    if FLAGS.server is None:
        system = systems.LocalSystem(FLAGS.model, FLAGS.weights, FLAGS.drafts)
    elif FLAGS.model == 'comic':
        system = client.RemoteSystem(FLAGS.server, FLAGS.timeout)
    else:
        raise errors.UserError(f'--server: {FLAGS.model} is not served')
    colored = colorize(FLAGS.input, FLAGS.output, system, FLAGS.seed, FLAGS.samples, FLAGS.temperature,
                        background, FLAGS.extract_outline)
    if not colored:
        raise errors.UserError('nothing was colored')


if __name__ == '__main__':
    flags.DEFINE_multi_string('input', None, 'File, folder or archive of line art. May be repeated.', required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_multi_string('weights', [str(systems.PRETRAINED)], 'Folder of trained networks. May be repeated: each '
                              'network is loaded from the first folder that holds it.')
    flags.DEFINE_enum('model', 'comic', systems.SYSTEMS, 'System that colors: comic, or a baseline.')
    flags.DEFINE_string('server', None, 'Address (gRPC) of a TensorFlow Serving instance that colors, as HOST:PORT.')
    flags.DEFINE_float('timeout', 60., 'Seconds to wait for one answer of the server.', lower_bound=0.)
    flags.DEFINE_string('background', 'auto', "Color to paint all backgrounds with, as '#rrggbb'; or auto.")
    flags.DEFINE_integer('seed', 0, 'Seed of the colors.', lower_bound=0)
    flags.DEFINE_integer('samples', 1, 'Number of alternatives for each picture.', lower_bound=1)
    flags.DEFINE_float('temperature', comic_colorizer.TEMPERATURE,
                       'Temperature of the sampling: 1 is what was learned, lower is calmer.', lower_bound=0.)
    flags.DEFINE_integer('drafts', comic_colorizer.DRAFTS, 'Number of samples that form the consensus. With more, '
                         'results are calmer and more alike. A server uses its own number.', lower_bound=1)
    flags.DEFINE_bool('extract_outline', False, 'Color the outlines of pictures that are in color already.')
    program.run(main)

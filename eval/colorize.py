r"""Colors line art: pages, strips, chapters and single drawings. Writes the results and a contact sheet.

  python -m eval.colorize --input drawing.png --output colored
  python -m eval.colorize --input chapter.cbz --input sketches/ --output colored --samples 4 --seed 7
  python -m eval.colorize --input chapter.cbz --output layers --format psd
  python -m eval.colorize --input chapter.cbz --output colored --hints my_colors
  python -m eval.colorize --input chapter2.cbz --output colored --reference chapter1_colored.cbz --explain

Takes files, folders and archives of line art, drawn by a person or extracted. Links are followed.
  pictures: PNG, JPEG, WebP, AVIF, JPEG 2000, TIFF (all its pages), GIF (the first frame), BMP, PSD, and pages of PDF.
  archives: .cbz .zip .cbt .tar .cb7 .7z .cbr .rar, told by their contents. --name_encoding=cp932 says in which encoding
    an archive has its names, if they come out wrong.
Cuts each page into its panels, colors each panel by itself, and puts it back. What lies outside panels stays paper, and
so do balloons and captions. A page in which no panel is found is colored as one, and it is said. --panels=whole takes
each picture as one panel. Every area that lines bound gets one color, at the page's own resolution.

Hints tell the colors of places. The hints of NAME.png (or .jpg, ...) are NAME.hints.png beside it, in its folder or
archive: a PNG of the drawing's size with dots or strokes on nothing, as any paint program exports a layer. What is at
least half opaque is a hint. An area takes exactly the color of its hints; if it has several colors, each place takes
that of the nearest. What slips over a line does not count. A hint in a quarter of a panel's background sets the color
of all its background; a hint in a balloon colors the balloon; a hint outside of panels does nothing. The networks see
hints, too, and choose other colors that go with them.
--hints=FOLDER takes hints from a folder: NAME.hints.png or NAME.png at the drawing's path inside its input. Pages of an
archive, a PDF or a TIFF are there in a folder named as the file, and are named as their results: FOLDER/ch1.cbz/p1.png.
A drawing without hints there has those beside it. Hints that cannot be used are named with the reason, and the drawing
is colored without them. Hints are no drawings: they are neither colored nor copied into results.

NAME.panels.json beside a drawing corrects its panels, and chooses one of the samples for each of them; see
`eval.panel_files`. eval.web writes such files.

--reference=PATH names colored pictures of the same comic: panels, pages or model sheets, in files, folders and
archives. What the networks recognize in a drawing takes over its color there. Pages are cut into panels, and panels
into squares; at most 16 squares count, evenly spaced if there are more. The outline of a reference is extracted from
its colors, or is the line art NAME.line.* beside NAME.color.* (or NAME.colour.*). What is damaged, gray or blank is
named with the reason, and left out. References are neither colored nor overwritten.
--reference=previous is the default, and in force beside files: in a chapter, panels take over colors also from panels
that were colored before them. So a character keeps its colors, and hints for one panel act on the next. A chapter is
the pages of a folder, an archive or a file of several pages, in order; each of several --samples is a chapter of its
own. --reference=none turns this off. The program remembers at most 16 panels: those that later ones looked at.
--explain writes NAME.explain.png beside each result (chapter.explain/NAME.explain.png beside chapter.cbz): for at most
eight panels, the colors that were taken over, as strong as they were recognized, and numbered dots at the surest places
and where they come from.

Skips pictures that are in color already, unless --extract_outline asks to color their outlines anew. --inverted takes
pictures as white lines on black. Skips files that cannot be read and results that cannot be written, and names each
with the reason.

--format=png, jpeg, webp, psd, ora or cbz says what to write. Without it, results are as the inputs: an archive gives a
.cbz with the names, the order and all other members of the input (ComicInfo.xml, pages in color); JPEG and WebP give
the same; all else gives PNG. --format=cbz makes one archive of each folder. psd and ora have the layers lines
(multiply), colors, background mask and panels. --flats writes the colors without the lines. --transparent leaves paper
transparent.

A result has the size of its drawing. Results keep the folders and names of the inputs below --output; with several
--samples, names get -1, -2, and so on. Names that are too long for a file system are shortened. contact_sheet.png,
contact_sheet-2.png, and so on show outline, low-resolution picture, background mask and result of each.

A second run continues the first: it skips results that are done. colorized.json in --output tells how each was made.
After a change of the picture, its hints, a reference, a setting or the weights, a result is made again; a server's
weights are not compared. With --reference=previous, what comes after it in its chapter is made again, too; pages before
it are colored once more, but not written. --overwrite makes all results again. A run that continues adds contact sheets
to those of earlier runs. --output may lie in an input folder: results of earlier runs are no inputs. The program
refuses to overwrite an input.

The seed of a picture follows from its name in its input, without the suffix, the panel, and --seed. Sample k of seed s
is the first sample of seed s + k - 1. Each result is the consensus of several samples of the colorizer (--drafts).
--drafts=1 colors as the paper does: results are livelier and have more odd colors, and alternatives differ more.
--background '#3366cc' paints the background of every picture in this color; the rest does not change.

--server=HOST:PORT lets a TensorFlow Serving instance color (see eval.export) instead of --weights. The program ends if
the server does not answer within --timeout seconds. --exported=FOLDER colors with an exported model in this process.

--runner lets Apache Beam color on many machines, or on this one, with the same results. It takes all further flags as
its options. Inputs, --reference, --exported and --output may then be addresses, and inputs patterns:

  python -m eval.colorize --input 'gs://library/*.cbz' --output gs://library/colored \
      --exported gs://library/comic_colorizer --runner=DataflowRunner --project=... --region=... --temp_location=...

The unit of work is a chapter. skipped.json in --output names what was skipped, with the reasons; there are no contact
sheets. A second run colors a chapter as a whole if anything in it has changed.

The exit status is 0 if any picture was colored or is done already, else 1.
"""

import dataclasses
import sys

from absl import flags

from data_pipeline.common import errors, program, remote
from data_pipeline.pictures import pages
from eval import (
    coloring,
    contact_sheet,
    explain,
    hint_files,
    output_folder,
    panel_files,
    reference_files,
    system_flags,
    systems,
)
from eval.formats import files
from eval.serving import client, exported
from eval.settings import Settings, parse_background, weights_checksum
from models import comic_colorizer

FLAGS = flags.FLAGS
_DEFAULTS = Settings()


def colorize(inputs, output, system, settings=_DEFAULTS, name_encoding=None, overwrite=False, hints=None,
             takes_hints=True, references=(), explains=False, beam_options=None):
    """Colors all line art that is found in `inputs` into the folder `output`, and prints progress.

    Args:
      inputs: paths of files, folders and archives.
      output: folder to write to.
      system: a `systems.LocalSystem` or a `client.RemoteSystem`.
      settings: a `Settings`.
      name_encoding, overwrite, hints: see the flags.
      takes_hints: whether the system takes hints; if not, it is said that they are left out.
      references: paths of references that the user gives. `settings.previous` tells whether panels are references, too.
      explains: whether to write explanations.
      beam_options: list of Apache Beam's options, such as ['--runner=DirectRunner'], to let Beam color; or None.
    Returns:
      (number of results that were colored, number of those that were done before).
    Raises:
      UserError: an input or a reference does not exist, or would be overwritten.
      OSError: the disk is full, or a server does not answer.
    """
    listing = pages.find(inputs, name_encoding)
    given = reference_files.find(references, listing.pages, inputs, name_encoding)
    cut = panel_files.find(given.drawings)
    sources = hint_files.find(cut.drawings, inputs, hints)
    found = output_folder.without_earlier_results(output_folder.without_sheets(sources.drawings), output)
    _print_listing(listing, len(sources.drawings) - len(found))
    for kind, alone in (('panels', cut.alone), ('hints', sources.alone)):
        for name in alone:
            print(f'left out {name}: {kind} without a drawing of this name')
    if sources.hints and not takes_hints:
        print('hints: left out; only --model=comic takes them')
    elif hints is not None:
        print(f'hints: of {len(sources.hints)} drawings')
    hints = sources.hints if takes_hints else {}
    results = [result for plan in settings.plans(found) for result in plan]
    written = [name for result in results for name in (result.name, result.archive) if name]
    pictures = output_folder.without_results(given.pictures, output, written)
    squares = _read_references(given._replace(pictures=pictures), system.size)
    plans = dataclasses.replace(settings, references=reference_files.checksum(squares)).plans(found)
    explanations = explain.names(results) if explains else {}
    written += explanations.values()
    written += [contact_sheet.path_of(output_folder.SHEET, 1 + k // contact_sheet.ROWS)
                for k in range(0, len(results), contact_sheet.ROWS)]
    referred = [page for picture, beside in pictures for page in (picture, *beside.values())]
    output_folder.check_inputs_stay(
        [*inputs, *references], [*found, *hints.values(), *cut.files.values(), *referred], output,
        [*written, output_folder.RECORD])
    run = coloring.Run(system, settings, output, overwrite, hints, cut.files, squares, explanations)
    sheets = []
    if beam_options is not None:
        remote.filesystems('--runner')
        from eval import beam_coloring
        beam_coloring.color(run, found, plans, beam_options)
    else:
        system.expect(len(found))
        sheets = run.color(found, plans)
    done = f', and {run.done} that {"was" if run.done == 1 else "were"} done before' if run.done else ''
    print(f'{run.colored} {"picture" if run.colored == 1 else "pictures"} in {output}{done}')
    for path in sheets:
        print(f'contact sheet: {path}')
    return run.colored, run.done


def _read_references(given, size):
    """Reads references, and says which are left out: list of `reference_files.Reference`."""
    squares, remarks = reference_files.read(given.pictures, size)
    for remark in (*(f'left out reference {name}: {reason}' for name, reason in given.failed), *remarks):
        print(remark)
    return squares


def _print_listing(listing, earlier):
    for name, reason in listing.failed:
        print(f'skipped {name}: {reason}')
    if listing.passed_over:
        print(f'passed over: {listing.passed_over} of the operating system, or listed already')
    if earlier:
        print(f'left out: {earlier} of earlier runs')


def main(beam_options):
    sys.stdout.reconfigure(errors='backslashreplace')  # for names that the terminal cannot show
    background = parse_background(FLAGS.background)
    if background is not None and FLAGS.model != 'comic':
        raise errors.UserError(f'--background: {FLAGS.model} has no background')
    if FLAGS.hints is not None and FLAGS.model != 'comic':
        raise errors.UserError(f'--hints: {FLAGS.model} takes no hints')
    references, previous = reference_files.parse(FLAGS.reference)
    asked = '--reference' if set(FLAGS.reference) - {reference_files.NONE} else '--explain' if FLAGS.explain else None
    if asked and FLAGS.model != 'comic':
        raise errors.UserError(f'{asked}: {FLAGS.model} takes no references')
    if FLAGS.transparent and FLAGS.format == 'jpeg':
        raise errors.UserError('--transparent: JPEG has no transparency')
    if FLAGS.exported is not None:
        if FLAGS.server is not None or FLAGS.model != 'comic':
            raise errors.UserError('--exported: holds the system comic, so neither --server nor another --model can be '
                                   'given')
        system = exported.ExportedSystem(FLAGS.exported)
        described = f'exported {system.checksum}'
    elif FLAGS.server is None:
        system = systems.LocalSystem(FLAGS.model, FLAGS.weights, FLAGS.drafts,
                                     coloring.BATCH_SIZE if FLAGS.xla else None, FLAGS.whole_batches)
        described = f'{FLAGS.model} {FLAGS.drafts} {weights_checksum(system.colorizer)}'
    elif FLAGS.model == 'comic':
        system, described = client.RemoteSystem(FLAGS.server, FLAGS.timeout), FLAGS.server
    else:
        raise errors.UserError(f'--server: {FLAGS.model} is not served')
    settings = Settings(FLAGS.seed, FLAGS.samples, FLAGS.temperature, background, FLAGS.panels, FLAGS.extract_outline,
                        FLAGS.inverted, FLAGS.format or '', FLAGS.transparent, FLAGS.flats, described,
                        previous and FLAGS.model == 'comic')
    if not any(colorize(FLAGS.input, FLAGS.output, system, settings, FLAGS.name_encoding, FLAGS.overwrite, FLAGS.hints,
                        FLAGS.model == 'comic', references, FLAGS.explain, beam_options)):
        raise errors.UserError('nothing was colored')


if __name__ == '__main__':
    flags.DEFINE_multi_string('input', None, 'File, folder or archive of line art. May be repeated.', required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    system_flags.define()
    flags.DEFINE_enum('model', 'comic', systems.SYSTEMS, 'System that colors: comic, or a baseline.')
    flags.DEFINE_string('exported', None, 'Folder or address of an exported model (see eval.export), which colors '
                        'instead of --weights.')
    flags.DEFINE_string('hints', None, 'Folder of hints, PNG files that give colors at places of the drawings. Hints '
                        'beside the drawings are found without it.')
    flags.DEFINE_multi_string('reference', [], 'File, folder or archive of colored pictures of the same comic, whose '
                              'colors the drawings take over. May be repeated. previous, the default, stands for the '
                              'panels of a chapter that are colored already; none turns that off.')
    flags.DEFINE_bool('explain', False, 'Write NAME.explain.png beside each result: what it took over from where.')
    flags.DEFINE_string('background', 'auto', "Color to paint all backgrounds with, as '#rrggbb'; or auto.")
    flags.DEFINE_integer('seed', 0, 'Seed of the colors.', lower_bound=0)
    flags.DEFINE_integer('samples', 1, 'Number of alternatives for each picture.', lower_bound=1)
    flags.DEFINE_float('temperature', comic_colorizer.TEMPERATURE,
                       'Temperature of the sampling: 1 is what was learned, lower is calmer.', lower_bound=0.)
    flags.DEFINE_enum('panels', 'auto', ['auto', 'whole'],
                      'auto cuts pages into panels; whole takes each picture as one panel.')
    flags.DEFINE_enum('format', None, [*files.SUFFIXES, 'cbz'], 'What to write. Default: as the input.')
    flags.DEFINE_bool('transparent', False, 'Leave paper transparent.')
    flags.DEFINE_bool('flats', False, 'Write the colors without the lines.')
    flags.DEFINE_bool('whole_batches', None, 'Let the networks take whole batches of panels, which is faster on a GPU; '
                      'or one panel at a time, so that no panel depends on others to the last bit. Default: by device.')
    flags.DEFINE_bool('xla', True, 'Let XLA compile the networks for four pictures and more, which is faster. Without '
                      'it, results are to the last bit those of a few pictures, and of eval.web.')
    flags.DEFINE_bool('extract_outline', False, 'Color the outlines of pictures that are in color already.')
    flags.DEFINE_bool('inverted', False, 'Take pictures as white lines on black.')
    flags.DEFINE_string('name_encoding', None, 'Encoding of the names in archives that do not say which they use, such '
                        'as cp932 or gb18030. Without it, the encoding is detected.')
    flags.DEFINE_bool('overwrite', False, 'Make results again that are done.')
    program.run_also_on_beam(main)

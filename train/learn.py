r"""Teaches the shipped weights your comic: from colored chapters to a colorizer that knows the characters' colors.

  python -m train.learn --input colored_chapters/ --output mycomic
  python -m eval.colorize --input new_chapter/ --output colored --weights mycomic

--input: files, folders and archives of colored pages or panels, as data_pipeline.prepare takes them. A chapter is a
folder or an archive. It needs at least two chapters with 24 panels. Line art NAME.line.png beside its NAME.color.png
is learned as well; without it, outlines are extracted and imitated.

The last chapters are held out, one of seven, or --held_out many. Nothing is learned from them: they tell when to stop,
and how good the result is. The detector and the polishing network are trained first, for a few steps; the colorizer has
the rest of the --minutes. Its number of steps follows from the number of panels and from the speed of this machine,
which a trial measures. Of four pictures that are shown in training, one is of our drawn comics, or of the prepared data
in the folder --rehearse, so that what the first weights know is not forgotten.

Writes to --output:
  low_res_colorizer.h5, background_detector.h5, polishing_network.h5 and their .json: the weights with the best results
    on the held-out chapters.
  before_after.png: held-out panels (outline, truth, and the results of the first and of the new weights).
  learned.json: settings, plan and figures (eval.before_after explains them).
  work/: data and run folders. It is not needed when all is done.

If it is interrupted, the same command continues it. The plan is made once, so the weights are the same as without the
interruption.
"""

import hashlib
import json
import math
import pathlib
import shutil
import sys
import time
import typing

from absl import flags

from data_pipeline import dataset, records
from data_pipeline.common import errors, files, program
from data_pipeline.outlines import outline
from data_pipeline.pictures import companions, pages, pixels
from models import background_detector, comic_colorizer, low_res_colorizer, polishing_network
from train import processes, strategies

FLAGS = flags.FLAGS
LEAST_CHAPTERS, LEAST_PANELS = 2, 24
RECORD, SHEET, _WORK = 'learned.json', 'before_after.png', 'work'
# All numbers are our choice.
_HELD_OUT = 7  # of so many chapters, one is held out
_DRAWN, _DRAWN_SEED = {'flat': 12, 'gradient': 4}, 1  # episodes to rehearse, by their backgrounds, and their seed
_BATCH_SIZE, _PASSES = 8, 400  # pictures of a step; the most passes of the colorizer over the comic
_TRIAL, _UNEVEN = 24, 4  # steps of the trial; the first ones do not count
_STARTS = 7  # programs after the trial; the coloring of both systems counts as two, and so do all validations
_LEAST_STEPS = 50  # of the colorizer
_VALIDATIONS, _PATIENCE = 12, 4
_PAUSE = 2.  # seconds between two messages


class _Training(typing.NamedTuple):
    """The training of a network.

    Attributes:
      network: its class.
      title: what messages call it.
      most: the most steps, or None.
      share: the most of the time.
      cost: time of a step, relative to the colorizer's.
      flags: of its program.
    """

    network: type
    title: str
    most: int | None
    share: float
    cost: float
    flags: dict


_TRAININGS = (  # in this order
    _Training(background_detector.BackgroundDetector, 'background detector', 300, .15, .6, {
        'learning_rate': 2e-4, 'background_weight': 1.2}),
    _Training(polishing_network.PolishingNetwork, 'polishing network', 200, .1, .9, {'learning_rate': 2e-4}),
    _Training(low_res_colorizer.LowResColorizer, 'colorizer', None, 1., 1., {
        'learning_rate': 1e-3, 'only': 'colors', 'objective': 'prior_l1'}))


def learn(inputs, output, minutes=20., held_out=None, initial_weights=comic_colorizer.PRETRAINED, rehearse=None):
    """Teaches a comic; see the module's docstring.

    Args:
      inputs: paths of files, folders and archives.
      output: folder to write to.
      minutes: about how long it may take.
      held_out: number of chapters to hold out; None for one of seven.
      initial_weights: folder of the weights to begin with.
      rehearse: folder of prepared data to rehearse; None for our drawn comics.
    Returns:
      {'pictures', 'before', 'after'}, see `eval.before_after`.
    Raises:
      UserError: there are too few chapters or panels in color, or minutes; or a folder cannot be used.
    """
    begun = time.monotonic()
    lesson = _Lesson(output, inputs, {'minutes': minutes, 'held_out': held_out, 'rehearse': rehearse and str(rehearse),
                                      'initial_weights': str(initial_weights)})
    chapters = find_chapters(inputs)
    lesson.prepare(inputs, chapters[-_count_held_out(len(chapters), held_out):])
    lesson.prepare_rehearsal()
    lesson.plan(begun)
    for training in _TRAININGS:
        lesson.train(training)
    return lesson.compare()


def find_chapters(inputs):
    """Finds the chapters that have pictures in color: names of their groups, in reading order.

    Args:
      inputs: see `learn`.
    Raises:
      UserError: there are fewer than two.
    """
    groups = {}
    for page, _ in companions.with_companions(pages.find(inputs).pages):
        groups.setdefault(page.group, []).append(page)
    chapters = [group for group, its in groups.items() if any(map(_has_color, its))]
    if not chapters:
        raise errors.UserError(f'no picture in color among the {sum(map(len, groups.values()))} files of --input; '
                               'chapters in color are needed to learn from')
    if len(chapters) < LEAST_CHAPTERS:
        raise errors.UserError(f'one chapter in color ({chapters[0]}); at least {LEAST_CHAPTERS} are needed, each in a '
                               'folder or an archive of its own, because one is held out')
    return chapters


def _has_color(page):
    """Tells whether a page can be read and has colors."""
    try:
        return outline.has_hue(pages.read(page))
    except pixels.PageError:
        return False


def _count_held_out(chapters, asked):
    """How many of so many chapters are held out."""
    if asked is None:
        return max(1, chapters // _HELD_OUT)
    if asked >= chapters:
        raise errors.UserError(f'--held_out={asked}: of {chapters} chapters, one must be left to learn from')
    return asked


class _Lesson:
    """The folder of what is learned, and the steps that write it. A step that is done does nothing.

    Args:
      output: the folder.
      inputs: see `learn`.
      settings: {flag: value}.
    Raises:
      UserError: the folder lies in an input, holds other files, or was begun with other settings; or the weights to
        begin with are missing.
    """

    def __init__(self, output, inputs, settings):
        self._output, self._settings = pathlib.Path(output), settings
        self._work = self._output / _WORK
        self._record = {'settings': settings}  # what RECORD holds
        place = self._output.resolve()
        for given in map(pathlib.Path, inputs):
            if given.is_dir() and place.is_relative_to(given.resolve()):
                raise errors.UserError(f'--output={output}: lies in the input {given}; choose another folder')
        if (self._output / RECORD).exists():
            self._record = self._continued()
        elif self._output.exists() and not (
                self._output.is_dir() and {path.name for path in self._output.iterdir()} <= {_WORK}):
            raise errors.UserError(f'--output={output}: holds other files; choose another folder')
        self._presets = {training.network: self._preset(training.network) for training in _TRAININGS}

    def _continued(self):
        """The record of the lesson that is continued."""
        path = self._output / RECORD
        try:
            record = json.loads(path.read_text(encoding='utf-8'))
            begun = record['settings']
        except (ValueError, TypeError, LookupError) as error:
            raise errors.UserError(f'{path}: cannot be read ({error})') from error
        for name, value in self._settings.items():
            if (was := begun.get(name)) != value:
                raise errors.UserError(f'{self._output}: was begun with --{name}={was}, not {value}; choose another '
                                       '--output')
        return record

    def _preset(self, network):
        """The preset of the weights to begin with."""
        path = pathlib.Path(self._settings['initial_weights'], f'{network.NAME}.json')
        if not path.exists():
            raise errors.UserError(f'--initial_weights={path.parent}: no weights of the {network.NAME}')
        return network.CONFIG.from_json(path.read_text(encoding='utf-8')).preset

    def _note(self, **parts):
        """Adds to the record."""
        self._record |= parts
        records.write_json(self._output / RECORD, self._record)

    def _run(self, program_name, watch=lambda: False, **its_flags):
        return processes.run(program_name, its_flags, self._work / 'log.txt', watch)

    def prepare(self, inputs, held_out):
        """Prepares the comic, some of whose chapters are held out."""
        self._work.mkdir(parents=True, exist_ok=True)
        comic = self._work / 'comic'
        print('preparing the panels', flush=True)
        said = self._run('data_pipeline.prepare', input=list(map(str, inputs)), output=comic, held_out=held_out)
        for line in said.splitlines():
            if line.startswith('skipped'):
                print(line)
        counts = records.read_manifest(comic)['counts']
        self._checksum = hashlib.sha256((comic / records.MANIFEST).read_bytes()).hexdigest()
        if self._record.get('comic', self._checksum) != self._checksum:
            raise errors.UserError(f'{self._output}: was begun with other pictures; choose another --output')
        learned, kept = counts['train'], counts['validation']
        if learned + kept < LEAST_PANELS or not learned or not kept:
            shutil.rmtree(self._work)
            self._output.rmdir()
            raise errors.UserError(f'{learned} panels in color to learn from, and {kept} in the chapters that are held '
                                   f'out ({", ".join(held_out)}); at least {LEAST_PANELS} are needed')
        print(f'{learned} panels to learn from; {kept} are held out: {", ".join(held_out)}', flush=True)
        self._learned = learned

    def prepare_rehearsal(self):
        """Draws and prepares what is rehearsed."""
        self._known = self._settings['rehearse'] or self._work / 'known'
        if pathlib.Path(self._known, records.MANIFEST).exists() or self._settings['rehearse']:
            return
        print('drawing comics to rehearse', flush=True)
        drawn = self._work / 'drawn'
        for background, episodes in _DRAWN.items():
            self._run('data_pipeline.synthetic_comic', output=drawn / background, background=background,
                      episodes=episodes, seed=_DRAWN_SEED, size=400)
        self._run('data_pipeline.prepare', input=drawn, output=self._known, validation_percent=0)
        shutil.rmtree(drawn)

    def plan(self, begun):
        """Plans the steps, by a trial of the colorizer. `begun` is when the time began to count."""
        if 'plan' in self._record:
            return
        precision, minutes, steps = strategies.fast_precision(), self._settings['minutes'], {}
        start, step = self._trial(precision)
        past = time.monotonic() - begun + _STARTS * start
        left = (60 * minutes - past) / step
        for training in _TRAININGS:
            most = training.most or _PASSES * self._learned // (_BATCH_SIZE - _BATCH_SIZE // dataset.REHEARSED)
            count = max(1, min(most, int(training.share * left / training.cost)))
            steps[training.network.NAME] = count
            left -= count * training.cost
        if count < _LEAST_STEPS:
            raise errors.UserError(f'--minutes={minutes:g}: too few; this machine needs about '
                                   f'{math.ceil((past + 2 * _LEAST_STEPS * step) / 60)}')
        plan = {'precision': precision, 'seconds_a_step': round(step, 4), 'steps': steps}
        self._note(comic=self._checksum, plan=plan)

    def _trial(self, precision):
        """Measures a training of the colorizer: the seconds that it takes to start, and those of a step."""
        folder, begun, seen = self._work / 'trial', time.monotonic(), []
        shutil.rmtree(folder, ignore_errors=True)

        def watch():
            if (done := _steps_done(folder)) > _UNEVEN:
                seen.append((done, time.monotonic()))
            return done >= _TRIAL

        print('measuring how fast this machine is', flush=True)
        self._run('train.low_res_colorizer', watch, **self._flags(_TRAININGS[-1], 1000, precision, folder))
        shutil.rmtree(folder)
        (first, at), (last, end) = seen[0], seen[-1]
        return at - begun, max(.001, (end - at) / max(1, last - first))

    def _flags(self, training, steps, precision, folder):
        """The flags of a training program."""
        every = math.ceil(steps / _VALIDATIONS)
        return {'data': self._work / 'comic', 'workdir': folder, 'rehearse': self._known, 'steps': steps,
                'preset': self._presets[training.network], 'initial_weights': self._settings['initial_weights'],
                'precision': precision, 'batch_size': _BATCH_SIZE, 'checkpoint_every': every, 'validate_every': every,
                'patience': _PATIENCE} | training.flags

    def train(self, training):
        """Trains a network, and copies its best weights to the output."""
        name, plan = training.network.NAME, self._record['plan']
        folder, steps = self._work / name, plan['steps'][name]
        if (self._output / f'{name}.json').exists():
            return
        later = sum(plan['steps'][other.network.NAME] * other.cost
                    for other in _TRAININGS[_TRAININGS.index(training) + 1:])
        first = said = None  # steps and time when the training had begun; time of the last message

        def watch():
            nonlocal first, said
            now = time.monotonic()
            if said and now - said < _PAUSE:
                return
            said, done, pace = now, _steps_done(folder), plan['seconds_a_step']
            first = first or (done and (done, now))
            if first and done > first[0] + _TRIAL:
                pace = (now - first[1]) / (done - first[0]) / training.cost
            minutes = ((steps - done) * training.cost + later) * pace / 60
            print(f'\r{training.title}: step {done} of {steps}, about {minutes:.0f} min left in all  ', end='',
                  file=sys.stderr, flush=True)

        more = {'background_detector': self._output} if training.network.NAME == 'polishing_network' else {}
        self._run(f'train.{name}', watch, **self._flags(training, steps, plan['precision'], folder), **more)
        print(f'\r{training.title}: {_steps_done(folder)} of {steps} steps done{" " * 30}', flush=True)
        for suffix in ('.h5', '.json'):
            with files.atomic_write(self._output / f'{name}{suffix}') as part:
                shutil.copyfile(folder / 'best' / f'{name}{suffix}', part)

    def compare(self):
        """Colors the held-out panels with the first and the new weights. Returns the figures."""
        if 'figures' not in self._record:
            print('coloring the chapters that were held out', flush=True)
            said = self._run('eval.before_after', data=self._work / 'comic', before=self._settings['initial_weights'],
                             after=self._output, output=self._output / SHEET)
            self._note(figures=json.loads(said.strip().splitlines()[-1]))
        figures = self._record['figures']
        before, after = (figures[key]['foreground_l1'] for key in ('before', 'after'))
        print(f'held-out colors within {after:.2f} of the truth; {before:.2f} before (see {self._output / SHEET})')
        return figures


def _steps_done(folder):
    """The number of steps in a run folder's metrics so far."""
    path = folder / 'metrics.csv'
    return max(0, path.read_bytes().count(b'\n') - 1) if path.exists() else 0


def main():
    learn(FLAGS.input, FLAGS.output, FLAGS.minutes, FLAGS.held_out, FLAGS.initial_weights, FLAGS.rehearse)


if __name__ == '__main__':
    flags.DEFINE_multi_string('input', None, 'File, folder or archive of pages in color. May be repeated.',
                              required=True)
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_float('minutes', 20, 'About how long it may take.', lower_bound=0)
    flags.DEFINE_integer('held_out', None, 'Number of chapters to hold out; one of seven if it is not given.',
                         lower_bound=1)
    flags.DEFINE_string('initial_weights', str(comic_colorizer.PRETRAINED), 'Folder of the weights to begin with.')
    flags.DEFINE_string('rehearse', None, 'Folder that data_pipeline.prepare wrote, of what is not to be forgotten; '
                        'our drawn comics if it is not given.')
    program.run(main)

"""From colored chapters to weights. Most tests have stand-ins for the trainings."""

import contextlib
import io
import json
import os
import pathlib
import shutil
import signal
import time
import types

import numpy as np
import pytest
import tf_keras as keras

from data_pipeline import records
from data_pipeline.common import errors
from models import comic_colorizer
from tests.pictures import encode
from tests.programs import run_here
from train import learn, processes

NAMES = ['background_detector', 'polishing_network', 'low_res_colorizer']  # in the order of their training
TRAININGS = [f'train.{name}' for name in NAMES]
FIGURES = {'pictures': 2, 'before': {'foreground_l1': .342}, 'after': {'foreground_l1': .113}}


class Programs:
    """Runs the data's programs here, and writes what the trainings and the coloring would write.

    Attributes:
      calls: [(program, flags)].
      broken: a program that fails.
    """

    def __init__(self, weights):
        self.calls, self.broken, self._weights = [], None, weights

    def run(self, program, flags, log, watch):
        self.calls.append((program, flags))
        if program == self.broken:
            raise errors.UserError(f'{program}: broken')
        if program.startswith('data_pipeline.'):
            return here(program, flags)
        if program == 'eval.before_after':
            flags['output'].touch()
            return f'coloring\n{json.dumps(FIGURES)}\n'
        name, workdir = program.split('.')[1], flags['workdir']
        (workdir / 'best').mkdir(parents=True)
        for suffix in ('.h5', '.json'):
            shutil.copy(self._weights / f'{name}{suffix}', workdir / 'best')
        for step in range(min(flags['steps'], 30) + 1):
            with (workdir / 'metrics.csv').open('a') as file:
                file.write(f'{step}\n')
            if watch():
                return ''
        return ''

    def names(self):
        return [program for program, _ in self.calls]


def here(program, flags):
    """Runs a program in this process: what it says."""
    arguments = [f'--{name}={value}' for name, values in flags.items()
                 for value in (values if isinstance(values, list) else [values])]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        run_here(program, *arguments)
    return said.getvalue()


@pytest.fixture
def programs(monkeypatch, tiny_weights):
    """Stand-ins for programs; a comic of ten panels is enough, and four panels are drawn to rehearse."""
    programs = Programs(tiny_weights)
    monkeypatch.setattr(processes, 'run', programs.run)
    monkeypatch.setattr(learn, 'LEAST_PANELS', 10)
    monkeypatch.setattr(learn, '_DRAWN', {'flat': 1})
    monkeypatch.setattr(learn._Lesson, '_trial', lambda *_: (3., .05))
    return programs


@pytest.fixture
def teach(comics, tiny_weights, tmp_path):
    """Learns: function of the input, six chapters of two panels if there is none, and of other arguments."""
    return lambda given=comics, **options: learn.learn(
        [given], **{'output': tmp_path / 'mine', 'initial_weights': tiny_weights} | options)


def test_a_comic_is_learned_in_the_right_order(programs, teach, comics, tmp_path, capsys):
    shutil.copytree(comics, tmp_path / 'comics')
    (tmp_path / 'comics' / 'ep05' / 'notes.txt').write_text('not a picture')
    teach(tmp_path / 'comics')
    mine = tmp_path / 'mine'
    assert programs.names() == ['data_pipeline.prepare', 'data_pipeline.synthetic_comic', 'data_pipeline.prepare',
                                *TRAININGS, 'eval.before_after']
    comic_colorizer.ComicColorizer.from_pretrained(mine)
    assert {path.name for path in mine.iterdir()} == {
        'work', learn.RECORD, learn.SHEET, *(f'{name}{suffix}' for name in NAMES for suffix in ('.h5', '.json'))}
    groups = records.read_manifest(mine / 'work' / 'comic')['groups']
    assert len(groups['train']) == 5 and [group.rpartition('/')[2] for group in groups['validation']] == ['ep05']
    said = capsys.readouterr().out
    assert 'skipped comics/ep05/notes.txt: not an image' in said
    assert '10 panels to learn from; 2 are held out' in said and 'background detector: 30 of 300 steps' in said
    assert f'held-out colors within 0.11 of the truth; 0.34 before (see {mine / learn.SHEET})' in said


def test_the_programs_take_the_flags_and_nothing_is_worse_than_before(programs, teach, tmp_path, monkeypatch, eager):
    """Here the trainings run, without their steps. So the first weights stay the best."""
    monkeypatch.setattr(keras.Model, 'fit', lambda *_, **__: None)
    monkeypatch.setattr(keras.Model, 'evaluate', lambda network, *_, **__: dict.fromkeys(
        (metric.name for metric in network.metrics), 1.))
    stand_in = programs.run
    monkeypatch.setattr(processes, 'run', lambda program, flags, log, watch: here(program, flags) if program.startswith(
        'train.') else stand_in(program, flags, log, watch))
    teach()
    work = tmp_path / 'mine' / 'work'
    for network in comic_colorizer.ComicColorizer.NETWORKS:
        config = json.loads((work / network.NAME / 'config.json').read_text())
        assert config['inputs']['rehearse'] and config['network']['preset'] == 'tiny'
        first, learned = (network.from_pretrained(config['flags']['initial_weights']),
                          network.from_pretrained(tmp_path / 'mine'))
        for one, other in zip(first.get_weights(), learned.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_is_interrupted_goes_on_with_the_same_plan(programs, teach, tmp_path, monkeypatch, capsys):
    programs.broken = TRAININGS[2]
    with pytest.raises(errors.UserError, match='broken'):
        teach()
    plan = json.loads((tmp_path / 'mine' / learn.RECORD).read_text())['plan']
    before = programs.calls[-1]
    programs.calls, programs.broken = [], None
    monkeypatch.setattr(learn._Lesson, '_trial', lambda *_: (9., .5))  # a slower machine now
    teach()
    assert programs.names() == ['data_pipeline.prepare', TRAININGS[2], 'eval.before_after']
    assert programs.calls[1] == before and json.loads((tmp_path / 'mine' / learn.RECORD).read_text())['plan'] == plan
    capsys.readouterr()
    programs.calls = []
    teach()
    assert programs.names() == ['data_pipeline.prepare'] and 'held-out colors within 0.11' in capsys.readouterr().out


def test_other_settings_and_other_pictures_are_refused(programs, teach, comics, tmp_path):
    shutil.copytree(comics, tmp_path / 'comics')
    teach(tmp_path / 'comics')
    with pytest.raises(errors.UserError, match=r'was begun with --minutes=20.0, not 5; choose another --output'):
        teach(tmp_path / 'comics', minutes=5)
    shutil.rmtree(tmp_path / 'comics' / 'ep00')
    with pytest.raises(errors.UserError, match='was begun with other pictures; choose another --output'):
        teach(tmp_path / 'comics')


@pytest.fixture
def plan(programs, tmp_path, monkeypatch):
    """Plans a lesson on a machine that starts a program in 3 s and takes a step of the colorizer in 0.1 s."""
    monkeypatch.setattr(learn._Lesson, '_trial', lambda *_: (3., .1))

    def plan(panels, minutes):
        planned = {}
        lesson = learn._Lesson(tmp_path, [], {'minutes': minutes, 'initial_weights': comic_colorizer.PRETRAINED})
        monkeypatch.setattr(lesson, '_note', lambda **parts: planned.update(parts['plan']['steps']))
        lesson._learned, lesson._checksum = panels, ''
        lesson.plan(time.monotonic())
        return [planned[name] for name in NAMES]

    return plan


@pytest.mark.parametrize('panels, minutes, steps', [
    (12, 20, (300, 200, 800)),  # 400 passes over 12 panels, six in each step
    (1000, 20, (300, 200, 11_430)),  # in 20 min less 7 starts
    (1000, 2, (247, 93, 758))])  # a share for each network
def test_steps_follow_from_panels_minutes_and_the_machine(panels, minutes, steps, plan):
    assert plan(panels, minutes) == pytest.approx(list(steps), abs=1)


def test_too_few_minutes_are_refused_with_those_that_are_needed(plan):
    with pytest.raises(errors.UserError, match='--minutes=0.3: too few; this machine needs about 1$'):
        plan(12, .3)
    assert plan(12, .5)[-1] > 50


def test_a_trial_measures_the_machine(programs, teach, comics, tiny_weights, tmp_path, monkeypatch):
    """A step takes 2 s here, and a start 60 s."""
    monkeypatch.undo()
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(learn, 'time', types.SimpleNamespace(monotonic=lambda: next(clock)))

    def run(program, flags, log, watch):
        assert program == 'train.low_res_colorizer' and flags['only'] == 'colors'
        for _ in range(25):
            next(clock)
        flags['workdir'].mkdir()
        for step in range(flags['steps'] + 1):
            with (flags['workdir'] / 'metrics.csv').open('a') as file:
                file.write(f'{step}\n')
            if watch():
                return ''
        raise AssertionError('the trial took all steps')

    monkeypatch.setattr(processes, 'run', run)
    lesson = learn._Lesson(tmp_path / 'mine', [], {'minutes': 1, 'initial_weights': tiny_weights})
    lesson._work.mkdir(parents=True)
    lesson._known = tmp_path
    start, step = lesson._trial('float32')
    assert step == 2 and start == pytest.approx(60, abs=10)
    assert not (lesson._work / 'trial').exists()


def _write(folder, pictures):
    for name, picture in pictures.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(picture))


@pytest.mark.parametrize('pictures, message', [
    (lambda panel: {'ch1/1.png': panel.line_art, 'ch2/1.png': panel.line_art},
     'no picture in color among the 2 files of --input; chapters in color are needed'),
    (lambda panel: {'ch1/1.color.png': np.stack([panel.line_art] * 3, -1), 'ch1/1.line.png': panel.line_art},
     'no picture in color among the 1 files'),
    (lambda panel: {'1.png': panel.color}, r'one chapter in color \(in\); at least 2 are needed, each in a folder'),
    (lambda panel: {'ch1/1.png': panel.color, 'ch2/1.png': panel.line_art}, r'one chapter in color \(in/ch1\)'),
    (lambda panel: {'ch1/1.png': panel.color, 'ch1/2.png': panel.color, 'ch2/1.png': panel.color},
     r'2 panels in color to learn from, and 1 in the chapters that are held out \(in/ch2\); at least 10 are needed')])
def test_too_few_pictures_in_color_are_refused(pictures, message, programs, teach, panels, tmp_path):
    _write(tmp_path / 'in', pictures(panels[0]))
    with pytest.raises(errors.UserError, match=message):
        teach(tmp_path / 'in')
    assert not (tmp_path / 'mine').exists()


def test_folders_that_cannot_be_used_are_refused(programs, teach, comics, tmp_path):
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'novel.txt').touch()
    for options, message in (
            ({}, '--output=.*mine: holds other files; choose another folder'),
            ({'output': comics / 'mine'}, '--output=.*: lies in the input .*; choose another folder'),
            ({'output': tmp_path / 'b', 'initial_weights': tmp_path}, 'no weights of the background_detector'),
            ({'output': tmp_path / 'b', 'held_out': 6}, '--held_out=6: of 6 chapters, one must be left')):
        with pytest.raises(errors.UserError, match=message):
            teach(**options)
    assert not programs.calls and not (tmp_path / 'b').exists()


def test_the_program_ends_with_one_line_that_says_what_is_wrong(panels, comics, tmp_path):
    _write(tmp_path / 'in', {'ch1/1.png': panels[0].line_art})
    for given, more, message in ((tmp_path / 'in', (), 'error: no picture in color among the 1 files'),
                                 (comics, ('--held_out', 7), 'error: --held_out=7: of 6 chapters')):
        with pytest.raises(SystemExit, match=f'^{message}[^\n]*$'):
            run_here('train.learn', '--input', given, '--output', tmp_path / 'mine', *more)


def test_a_program_says_why_it_failed(tmp_path, monkeypatch):
    (tmp_path / 'broken.py').write_text('print("one line"); raise SystemExit("error: too few pictures")')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    with pytest.raises(errors.UserError, match=r'^broken: too few pictures \(see .*log\)$'):
        processes.run('broken', {}, tmp_path / 'log')


def test_a_program_is_ended_when_it_is_not_needed_any_longer(tmp_path):
    assert processes.run('timeit', {'number': 10 ** 12}, tmp_path / 'log', watch=lambda: True) == ''


def test_a_program_ends_with_the_one_that_runs_it(tmp_path):
    """A second run must not train in a folder in which a process of the first still writes."""
    parent = os.fork()
    if not parent:
        processes.run('timeit', {'number': 10 ** 12}, tmp_path / 'log')
    children = pathlib.Path(f'/proc/{parent}/task/{parent}/children')
    while not (child := children.read_text().strip()):
        time.sleep(.01)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    for _ in range(500):
        status = pathlib.Path(f'/proc/{child}/status')
        if not status.exists() or 'State:\tZ' in status.read_text():
            return
        time.sleep(.01)
    os.kill(int(child), signal.SIGKILL)
    raise AssertionError('the program goes on')

"""eval.colorize by Apache Beam."""

import json
import shutil
import zipfile

import numpy as np
import pytest

pytest.importorskip('apache_beam')

# ruff: noqa: E402
from eval import beam_coloring, colorize
from eval.settings import Settings
from tests.data_pipeline.beam.remote_files import SCHEME
from tests.eval.chapter import CAST, draw_chapter, save
from tests.eval.stand_in import StandIn, figure, files
from tests.pictures import encode
from tests.programs import run_here

SETTINGS = Settings(samples=2)
RUNNER = ['--runner=DirectRunner']
RETRYING = ['--runner=BundleBasedDirectRunner']  # it does again what failed


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Two chapters, as a folder with hints and as an archive; three drawings, which go together; and a damaged page."""
    monkeypatch.setattr(beam_coloring, '_PAGES', 4)
    folder = tmp_path / 'in'
    draw_chapter(folder / 'ch1')
    hints = np.zeros((64, 64, 4), np.uint8)
    hints[10:14, 8:12] = 200, 30, 41, 255
    save(folder / 'ch1/00.hints.png', hints)
    save(folder / 'ch1/03.hints.png', hints[:50])
    draw_chapter(tmp_path / 'ch2', CAST[::-1])
    with zipfile.ZipFile(folder / 'ch2.cbz', 'w') as archive:
        archive.writestr('cover.png', encode(np.uint8([[[200, 30, 41], [20, 61, 220]]]).repeat(32, 1).repeat(64, 0)))
        for path in sorted((tmp_path / 'ch2').iterdir()):
            archive.write(path, path.name)
    for k in range(3):
        save(folder / f'single{k}/a.png', figure(1, k))
    (folder / 'ch1/05.png').write_bytes(b'text')
    return folder


def _colored(inputs, output, settings=SETTINGS, **named):
    """Colors without Beam or with it: what `colorize` returns."""
    return colorize.colorize(inputs, output, StandIn(), settings, **named)


def _contents(folder):
    """{name: bytes} of what two ways to color have in common: not contact sheets, the record, and what was skipped."""
    return {name: (folder / name).read_bytes() for name in sorted(files(folder)) if '/' in name}


def _json(path):
    return json.loads(path.read_text())


def test_beam_colors_as_one_machine_does_and_names_what_it_skips(library, tmp_path, capsys):
    sheet = tmp_path / 'sheet.png'
    save(sheet, np.uint8([[[90, 200, 30]]]).repeat(64, 0).repeat(64, 1) * (figure(4)[..., None] > 0))
    one, beam = tmp_path / 'one', tmp_path / 'beam'
    named = {'references': [sheet], 'explains': True}
    assert _colored([library], one, **named) == _colored([library], beam, **named, beam_options=RUNNER) == (44, 0)
    assert _contents(beam) == _contents(one) and 'in/ch2-1.cbz' in files(beam)
    assert 'in/ch1/01-2.explain.png' in files(beam)
    assert _json(beam / 'colorized.json') == _json(one / 'colorized.json')
    skipped = {entry['name']: entry['reason'] for entry in _json(beam / 'skipped.json')}
    assert set(skipped) == {'in/ch1/03.png', 'in/ch1/05.png', 'in/ch2.cbz/cover.png'}
    assert skipped['in/ch1/05.png'] == 'not an image, or in a format that is not supported'
    assert 'colored without hints' in skipped['in/ch1/03.png']
    said = capsys.readouterr().out
    assert 'skipped in/ch2.cbz/cover.png: in color already (' in said
    assert 'pages 22, panels 22, results 44, ' in said and 'skipped: not an image 1' in said


def test_a_second_run_colors_chapters_that_have_changed(library, tmp_path):
    beam, copy = tmp_path / 'beam', tmp_path / 'copy'
    assert _colored([library], beam, beam_options=RUNNER) == (44, 0)
    before = {name: (beam / name).stat().st_mtime_ns for name in _contents(beam)}
    assert _colored([library], beam, beam_options=RUNNER) == (0, 44)
    assert len(_json(beam / 'skipped.json')) == 2  # hints are read again when something is colored
    save(library / 'single1/a.png', figure(2))
    (beam / 'in/ch2-1.cbz').unlink()
    assert _colored([library], beam, beam_options=RUNNER) == (26, 18)
    assert {name for name, time in before.items() if (beam / name).stat().st_mtime_ns != time} == {
        'in/ch2-1.cbz', 'in/ch2-2.cbz', *(f'in/single{k}/a-{n}.png' for k in range(3) for n in (1, 2))}
    shutil.copytree(beam, copy)
    assert _colored([library], copy) == (0, 44)  # without Beam, the same is done
    assert _colored([library], tmp_path / 'one') == (44, 0)
    assert _contents(beam) == _contents(tmp_path / 'one')


def test_a_job_that_fails_keeps_what_was_done_and_what_is_done_again_is_not_double(library, tmp_path, monkeypatch):
    beam, calls = tmp_path / 'beam', []

    def fail(folder, file, name, place=beam_coloring.shared_folder.SharedFolder.place):
        calls.append(name)
        if len(calls) in failing:
            raise ConnectionError('the worker is gone')
        place(folder, file, name)

    monkeypatch.setattr(beam_coloring.shared_folder.SharedFolder, 'place', fail)
    failing = {23}  # the first file of the second chapter
    with pytest.raises(ConnectionError):
        _colored([library], beam, beam_options=RUNNER)
    kept = _json(beam / 'colorized.json')['results']
    assert 'in/ch1/00-1.png' in kept and '.parts' not in {name.split('/')[0] for name in files(beam)}
    assert len(kept) == 18
    calls.clear()
    failing = {5}
    assert _colored([library], beam, beam_options=RETRYING) == (44 - len(kept), len(kept))
    assert len(calls) > 5 and _colored([library], tmp_path / 'one') == (44, 0)
    assert _contents(beam) == _contents(tmp_path / 'one')


def test_addresses_and_single_drawings_go_together(library, tmp_path):
    settings = Settings(previous=False)
    assert _colored([library], tmp_path / 'one', settings) == (22, 0)
    given = dict(settings=settings, beam_options=RUNNER)
    assert _colored([f'{SCHEME}{library}'], f'{SCHEME}{tmp_path}/in/beam', **given) == (22, 0)
    assert _contents(library / 'beam') == _contents(tmp_path / 'one')
    assert _colored([f'{SCHEME}{library}'], f'{SCHEME}{tmp_path}/in/beam', **given) == (0, 22)
    assert _colored([f'{library}/*/a.png'], tmp_path / 'pattern', **given) == (3, 0)
    assert 'in/single0/a.png' in files(tmp_path / 'pattern')


def test_options_of_beam_are_flags_of_the_program(program, library, tmp_path, capsys):
    program(library / 'ch1', tmp_path / 'out', '--runner', 'DirectRunner', '--job_name', 'a', '--weights', 'w')
    assert '9 pictures in ' in capsys.readouterr().out and (tmp_path / 'out/ch1/00.png').exists()


def test_without_beam_the_flag_says_what_to_install(program, library, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'apache_beam.io', None)
    with pytest.raises(SystemExit) as ended:
        run_here('eval.colorize', '--input', library, '--output', tmp_path / 'out', '--runner=DirectRunner')
    assert ended.value.code == 'error: --runner: needs Apache Beam; run pip install -r requirements-beam.txt'

"""Runs that cannot write, that continue, and that are killed."""

import errno
import json
import shutil
import signal
import subprocess
import sys
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline import synthetic_page
from eval import coloring, colorize
from eval.formats import files as formats
from eval.settings import Settings
from tests.eval.stand_in import StandIn, files, pixels

# Colors into a folder, and is killed while it writes its fifth result.
KILLED = '''
import os, pathlib, signal, sys, time
from PIL import Image
from eval import colorize, output_folder
from tests.eval.stand_in import StandIn

count, save = 0, Image.Image.save

def save_and_die(image, path, *arguments, **options):
    global count
    count += 1
    save(image, path, *arguments, **options)
    if count == 5:
        path.write_bytes(path.read_bytes()[:50])
        record = pathlib.Path(sys.argv[2], output_folder.RECORD)
        while not (record.exists() and 'comics/3.png' in record.read_text()):  # the last result before this one
            time.sleep(.01)
        os.kill(os.getpid(), signal.SIGKILL)

output_folder._SAVE_AFTER = 0
Image.Image.save = save_and_die
colorize.colorize([sys.argv[1]], sys.argv[2], StandIn())
'''


def _fails(monkeypatch, name, number):
    """Makes the writing of one file fail with an error number."""
    def save(path, *given, save=formats.save):
        if path.name == name:
            raise OSError(number, 'reason')
        save(path, *given)

    monkeypatch.setattr(formats, 'save', save)


@pytest.mark.parametrize('obstacle', ['folder', 'file', 'permission', 'sheet', 'record'])
def test_a_file_that_cannot_be_written_is_named_and_the_others_are_written(
        tmp_path, drawings, stand_in, capsys, monkeypatch, obstacle):
    (drawings / 'ch').mkdir()
    Image.open(drawings / '0.png').save(drawings / 'ch/a.png')
    out = tmp_path / 'out'
    (out / 'comics').mkdir(parents=True)
    name, lost = {'folder': ('comics/0.png', 1), 'file': ('comics/ch/a.png', 1), 'permission': ('comics/5.png', 1),
                  'sheet': ('contact_sheet.png', 0), 'record': ('colorized.json', 0)}[obstacle]
    if obstacle == 'file':
        (out / 'comics/ch').write_bytes(b'mine')
    elif obstacle == 'permission':
        _fails(monkeypatch, '5.png', errno.EACCES)
    else:
        (out / name).mkdir()
    assert colorize.colorize([drawings], out, stand_in) == (11 - lost, 0)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith('skipped ')]
    assert len(said) == 1 and said[0].startswith(f'skipped {name}: cannot be written (')
    written = {f'comics/{k}.png' for k in range(10)} | {'comics/ch/a.png', 'contact_sheet.png', 'colorized.json'}
    assert files(out) == written - {name} | ({'comics/ch'} if obstacle == 'file' else set())


def test_a_sheet_that_cannot_be_written_takes_nothing_from_the_results(tmp_path, drawings, stand_in, capsys):
    (tmp_path / 'out/contact_sheet.png').mkdir(parents=True)
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in, Settings(samples=3)) == (30, 0)
    said = capsys.readouterr().out
    assert said.count('skipped ') == said.count('skipped contact_sheet.png') == 1
    assert (tmp_path / 'out/contact_sheet-2.png').exists()
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in, Settings(samples=3)) == (0, 30)


def test_a_picture_whose_folder_cannot_be_made_is_not_colored(tmp_path, drawings, stand_in):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/comics').write_bytes(b'mine')
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in) == (0, 0)
    assert not stand_in.received and files(tmp_path / 'out') == {'comics'}


def test_panels_of_a_page_have_seeds_of_their_own_and_are_counted(tmp_path, stand_in, capsys):
    page = synthetic_page.draw_page(3, 2, width=400, layout='rows', gutter='white')
    Image.fromarray(page.line_art).save(tmp_path / 'a.png')
    assert colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in) == (1, 0)
    first, count = zlib.crc32(b'a'), len(page.panels)
    assert sorted(set(stand_in.seeds)) == [first + k * 2**32 for k in range(count)]
    assert len(stand_in.seeds) > count  # a long panel has several squares with one seed
    assert f'[1/1] a.png ({count} panels)\n' in capsys.readouterr().out
    colorize.colorize([tmp_path / 'a.png'], tmp_path / 'whole', stand_in, Settings(panels='whole'))
    assert '[1/1] a.png\n' in capsys.readouterr().out


def test_two_batches_are_colored_at_a_time_after_the_first_and_each_result_keeps_its_place(
        tmp_path, drawings, stand_in, monkeypatch):
    settings, both, sizes = Settings(samples=3, previous=False), threading.Barrier(2, timeout=60), []
    with monkeypatch.context() as patch:
        patch.setattr(coloring, 'BATCH_SIZE', 30)
        colorize.colorize([drawings], tmp_path / 'one batch', stand_in, settings)

    def colorize_with_another(given, *arguments, colorize=stand_in.colorize):
        sizes.append(len(given))
        if len(sizes) > 1 and len(given) == 8:  # the second and the third batch wait for each other
            both.wait()
        return colorize(given, *arguments)

    monkeypatch.setattr(stand_in, 'colorize', colorize_with_another)
    monkeypatch.setattr(coloring, 'BATCH_SIZE', 8)
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in, settings) == (30, 0)
    assert sorted(sizes) == [6, 8, 8, 8]
    for name in files(tmp_path / 'out/comics'):
        np.testing.assert_array_equal(*(pixels(tmp_path / run / 'comics' / name) for run in ('out', 'one batch')))


def test_a_full_disk_ends_the_run_and_the_next_one_continues(tmp_path, drawings, stand_in, monkeypatch):
    with monkeypatch.context() as patch:
        _fails(patch, '3.png', errno.ENOSPC)
        with pytest.raises(OSError, match='reason'):
            colorize.colorize([drawings], tmp_path / 'out', stand_in)
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in) in [(10 - k, k) for k in range(3, 10)]


def test_what_a_run_colored_before_it_failed_is_done_and_on_a_sheet(tmp_path, drawings, stand_in, monkeypatch):
    def fail(drawings, *arguments, colorize=stand_in.colorize, **named):
        if len(drawings) < coloring.BATCH_SIZE:
            raise ConnectionError('no answer')
        return colorize(drawings, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(stand_in, 'colorize', fail)
        with pytest.raises(ConnectionError, match='no answer'):
            colorize.colorize([drawings], tmp_path / 'out', stand_in)
    assert (tmp_path / 'out/contact_sheet.png').exists()
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in) == (2, 8)


def test_a_second_run_skips_what_is_done_and_does_not_decode_it(tmp_path, drawings, program, stand_in, monkeypatch,
                                                                capsys):
    program(drawings, tmp_path / 'out')
    before = {path: (tmp_path / 'out' / path).stat().st_mtime_ns for path in files(tmp_path / 'out')}
    stand_in.received.clear()
    monkeypatch.setattr('data_pipeline.pictures.pages.read', None)
    program(drawings, tmp_path / 'out')  # exit status 0
    assert 'and 10 that were done before' in capsys.readouterr().out and not stand_in.received
    assert {path: (tmp_path / 'out' / path).stat().st_mtime_ns for path in files(tmp_path / 'out')} == before


def test_a_second_run_makes_what_is_missing_new_or_changed(tmp_path, drawings, stand_in):
    out, settings = tmp_path / 'out', Settings(previous=False)
    colorize.colorize([drawings], out, stand_in, settings)
    (out / 'comics/1.png').unlink()
    shutil.copy(drawings / '3.png', drawings / '2.png')
    shutil.copy(drawings / '3.png', drawings / 'new.png')
    stand_in.received.clear()
    assert colorize.colorize([drawings], out, stand_in, settings) == (3, 8)
    colorize.colorize([drawings], tmp_path / 'at once', StandIn(), settings)
    for name in files(out / 'comics'):
        np.testing.assert_array_equal(pixels(out / 'comics' / name), pixels(tmp_path / 'at once/comics' / name))


def test_another_setting_makes_results_again_and_more_samples_only_the_new_ones(tmp_path, drawings, stand_in):
    out = tmp_path / 'out'
    colorize.colorize([drawings], out, stand_in, Settings(samples=2))
    assert colorize.colorize([drawings], out, stand_in, Settings(samples=3)) == (10, 20)
    assert colorize.colorize([drawings], out, stand_in, Settings(samples=3, temperature=.5)) == (30, 0)


def test_overwrite_makes_results_again(tmp_path, drawings, program, stand_in):
    for arguments in ((), ('--overwrite',)):
        stand_in.received.clear()
        program(drawings, tmp_path / 'out', *arguments)
        assert len(stand_in.seeds) == 10
    assert files(tmp_path / 'out') == {f'comics/{k}.png' for k in range(10)} | {'contact_sheet.png', 'colorized.json'}


@pytest.mark.parametrize('damaged', ['', '{', '[]', 'null', '{"results": 3}', '{"results": {"comics/0.png": null}}',
                                     '\xff', '[' * 100_000, '{"other": 1}'])
def test_with_a_damaged_record_all_is_made_again(tmp_path, drawings, stand_in, damaged):
    colorize.colorize([drawings], tmp_path / 'out', stand_in)
    (tmp_path / 'out/colorized.json').write_bytes(damaged.encode('latin1'))
    assert colorize.colorize([drawings], tmp_path / 'out', stand_in) == (10, 0)
    assert len(json.loads((tmp_path / 'out/colorized.json').read_text())['results']) == 10


def test_a_result_that_a_killed_run_replaced_is_not_done(tmp_path, drawings, stand_in, monkeypatch):
    """The run is killed after it replaced results, before it wrote the record for the next time."""
    out = tmp_path / 'out'
    colorize.colorize([drawings], out, stand_in)
    snapshots = []

    def save(path, *given, save=formats.save):
        save(path, *given)
        snapshots.append((out / 'colorized.json').read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr(formats, 'save', save)
        colorize.colorize([drawings], out, stand_in, Settings(seed=1))
    (out / 'colorized.json').write_bytes(snapshots[9])
    assert colorize.colorize([drawings], out, stand_in) == (10, 0)


def test_sheets_of_earlier_runs_stay_if_the_run_continues_them(tmp_path, drawings, stand_in):
    out = tmp_path / 'out'
    colorize.colorize([drawings / '0.png'], out, stand_in)
    first = (out / 'contact_sheet.png').read_bytes()
    colorize.colorize([drawings / '0.png', drawings / '1.png'], out, stand_in)
    assert (out / 'contact_sheet.png').read_bytes() == first and (out / 'contact_sheet-2.png').exists()
    colorize.colorize([drawings / '1.png'], out, stand_in, Settings(seed=1))
    assert (out / 'contact_sheet.png').read_bytes() != first and not (out / 'contact_sheet-3.png').exists()


def test_a_killed_run_leaves_whole_files_and_the_next_run_continues_it(tmp_path, drawings, stand_in):
    out = tmp_path / 'out'
    killed = subprocess.run([sys.executable, '-c', KILLED, str(drawings), str(out)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    left = files(out)
    assert 'comics/4.png.part' in left and 'comics/4.png' not in left
    for name in left:
        if not name.endswith(('.json', '.part')):
            assert pixels(out / name).shape == (64, 64, 3)
    assert colorize.colorize([drawings], out, stand_in) == (6, 4)
    colorize.colorize([drawings], tmp_path / 'at once', stand_in)
    assert files(out) == files(tmp_path / 'at once')
    for name in files(out / 'comics'):
        np.testing.assert_array_equal(pixels(out / 'comics' / name), pixels(tmp_path / 'at once/comics' / name))

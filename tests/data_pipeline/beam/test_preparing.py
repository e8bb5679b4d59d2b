import random
import shutil
import zipfile
from unittest import mock

import numpy as np
import pytest

pytest.importorskip('apache_beam')

# ruff: noqa: E402
from data_pipeline import prepare, records
from data_pipeline.common import errors
from data_pipeline.pictures import companions, names, pages
from tests.data_pipeline.beam.remote_files import SCHEME
from tests.pictures import encode
from tests.programs import run_here

RUNNER = ['--runner=DirectRunner']
RETRYING = ['--runner=BundleBasedDirectRunner']  # it does again what failed


@pytest.fixture
def library(tmp_path, panels, monkeypatch):
    """A folder of pages with companions, equal names, an archive, and what cannot be used; shards are of 3 pages."""
    monkeypatch.setattr(prepare, 'PAGES_A_SHARD', 3)
    monkeypatch.setattr(prepare, '_FEW_JOBS', 99)  # processes take long to start
    folder = tmp_path / 'in'
    color = [encode(panel.color) for panel in panels]
    line, mask = encode(panels[0].line_art), encode(np.uint8(panels[0].background) * 255)
    files = {'ep1/1.color.png': color[0], 'ep1/1.line.png': line, 'ep1/1.mask.png': mask, 'ep1/2.png': color[1],
             'ep2/a.png': color[2], 'ep2/A.png': color[3], 'ep2/A (2).png': color[4], 'ep2/1.hints.png': line,
             'ep3/10.png': color[5], 'ep3/9.png': color[0], 'ep3/gray.png': line, 'ep3/Thumbs.db': b'x',
             'damaged.cbz': b'PK\3\4', 'note.txt': b'text'}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / 'ch.cbz', 'w') as archive:
        for name in ('1.png', 'x/1.color.png', 'X/1.png'):
            archive.writestr(name, color[1])
        archive.writestr('x/1.line.png', encode(panels[1].line_art))
    return folder


def _bytes(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_beam_writes_the_bytes_that_one_machine_writes(library, tmp_path):
    one, beam = tmp_path / 'one', tmp_path / 'beam'
    manifest = prepare.prepare([library, library / 'ep1'], one, 40)
    assert manifest['counts'] == {'pages': 10, 'skipped': 3, 'passed_over': 2, 'train': 2, 'validation': 8}
    assert prepare.prepare([library, library / 'ep1'], beam, 40, beam_options=RUNNER) == manifest
    assert _bytes(beam) == _bytes(one)
    prepare.prepare([library], one, held_out=['in/ep1'])
    prepare.prepare([library], beam, held_out=['in/ep1'], beam_options=RUNNER)
    assert _bytes(beam) == _bytes(one)
    with pytest.raises(errors.UserError, match='held_out=ep99: no such group'):
        prepare.prepare([library], beam, held_out=['ep99'], beam_options=RUNNER)


def test_a_second_run_goes_on_and_deletes_what_no_longer_belongs_there(library, tmp_path):
    one, beam, copy = tmp_path / 'one', library / 'beam', tmp_path / 'copy' / library.name
    prepare.prepare([library], beam, 0, beam_options=RUNNER)
    (library / 'ep3/10.png').unlink()
    (library / 'ep2/A.png').unlink()
    (library / 'ep1/2.png').unlink()
    shutil.copytree(library, copy, ignore=lambda *_: ['beam'])
    before = {name: (beam / name).stat().st_mtime_ns for name in ('train-00000.tfrecord', 'train-00003.tfrecord')}
    (beam / '.parts').mkdir()
    (beam / '.parts/left').write_text('of a run that was killed')
    prepare.prepare([copy], one, 0)
    prepare.prepare([library], beam, 0, beam_options=RUNNER)
    assert _bytes(beam) == _bytes(one) and 'train-00003.tfrecord' not in _bytes(beam)
    assert (beam / 'train-00000.tfrecord').stat().st_mtime_ns != before['train-00000.tfrecord']
    kept = (beam / 'train-00000.tfrecord').stat().st_mtime_ns
    prepare.prepare([library], beam, 0, beam_options=RUNNER)
    assert (beam / 'train-00000.tfrecord').stat().st_mtime_ns == kept and _bytes(beam) == _bytes(one)


def test_a_shard_that_is_written_again_after_a_failure_leaves_nothing_double(library, tmp_path, monkeypatch):
    failed, encode_one = [], records.encode

    def fail_once(*given):
        if len(failed) < 5:
            failed.append(given)
            if len(failed) == 5:  # within a shard
                raise ConnectionError('the worker is gone')
        return encode_one(*given)

    prepare.prepare([library], tmp_path / 'one', 40)
    monkeypatch.setattr(records, 'encode', fail_once)
    prepare.prepare([library], tmp_path / 'beam', 40, beam_options=RETRYING)
    assert len(failed) == 5 and _bytes(tmp_path / 'beam') == _bytes(tmp_path / 'one')


def test_patterns_and_addresses_name_pages_as_their_folder_does(library, tmp_path):
    (library / 'damaged.cbz').unlink()
    (library / 'note.txt').unlink()
    prepare.prepare([library], tmp_path / 'one', 40)
    prepare.prepare([f'{SCHEME}{library}'], f'{SCHEME}{tmp_path}/beam', 40, beam_options=RUNNER)
    assert _bytes(tmp_path / 'beam') == _bytes(tmp_path / 'one')
    prepare.prepare([f'{library}/*.cbz'], tmp_path / 'archives', 0, beam_options=RUNNER)
    assert records.read_manifest(tmp_path / 'archives')['groups']['train'] == ['in/ch.cbz']
    with pytest.raises(errors.UserError, match=r'\*\.zip: no such file or folder'):
        prepare.prepare([f'{SCHEME}{library}/*.zip'], tmp_path / 'archives', 0, beam_options=RUNNER)


def test_what_a_user_can_mend_is_one_line(library, tmp_path, monkeypatch):
    def message(inputs, output, *options):
        with pytest.raises(errors.UserError) as error:
            prepare.prepare(inputs, output, 0, beam_options=options or RUNNER)
        return str(error.value)

    out = tmp_path / 'out'
    assert message([library], out, '--runner=NoRunner').startswith('--runner=NoRunner: Unexpected pipeline runner')
    assert message([library / 'note.txt'], out).startswith('no picture could be used\n  note.txt: not an image')
    assert message(['nowhere://library'], out).startswith('nowhere://library: Unable to get filesystem')
    (out / records.MANIFEST).write_text('{"mine": 1}')
    assert message([library], out).endswith('is not a file of an earlier run; choose another --output')
    assert (out / records.MANIFEST).read_text() == '{"mine": 1}'
    assert 'is an input and would be overwritten' in message([out / records.MANIFEST], out)
    with monkeypatch.context() as patch:
        patch.setattr(prepare, 'write_shard', lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):  # a bug keeps its traceback
            prepare.prepare([library], tmp_path / 'other', 0, beam_options=RUNNER)
        worker = RuntimeError('Traceback\n  File\ndata_pipeline.common.errors.UserError: /out/a: disk quota exceeded\n')
        patch.setattr(prepare, 'write_shard', mock.Mock(side_effect=worker))  # as other processes report it
        assert message([library], tmp_path / 'other') == '--runner=DirectRunner: /out/a: disk quota exceeded'
        patch.setattr(prepare, 'write_shard', mock.Mock(side_effect=RuntimeError('Channel closed prematurely.')))
        assert 'a worker process was ended' in message([library], tmp_path / 'other')
    assert _bytes(tmp_path / 'other') == {}


def test_flags_that_the_program_does_not_know_are_options_of_beam(library, tmp_path, capsys):
    common = '--input', library, '--output', tmp_path / 'out'
    run_here('data_pipeline.prepare', *common, '--runner', 'DirectRunner', '--direct_num_workers', '1', '--job_name=a')
    said = capsys.readouterr().out
    assert 'counted: pages 10, pictures 10, skipped: damaged archive 1, skipped: not an image 1, ' in said
    assert '10 pages in' in said
    with pytest.raises(SystemExit):
        run_here('data_pipeline.prepare', *common, '--job_name=a')
    assert "Unknown command line flag 'job_name'" in capsys.readouterr().err


def test_families_are_renamed_and_paired_as_all_names_together():
    stems = 'a', 'A', 'a (2)', 'A (2) (3)', 'á', 'a\u0301', '.png', 'a.color', 'a.line', 'a.colour'
    rng = random.Random(0)
    for _ in range(200):
        listed = [f'{rng.choice("xX")}/{rng.choice(stems)}{rng.choice(("", ".png", ".PNG"))}' for _ in range(12)]
        families = {}
        for place, name in enumerate(listed):
            families.setdefault(names.family(name), []).append((place, name))
        renamed = {place: name for family in families.values()
                   for (place, _), name in zip(family, names.unique(name for _, name in family), strict=True)}
        assert [renamed[place] for place in range(12)] == names.unique(listed)
        found, families = [pages.Page(renamed[place], '', 'x', '') for place in range(12)], {}
        for page in found:
            families.setdefault(companions.family(page), []).append(page)
        paired = [pair for family in families.values() for pair in companions.with_companions(family)]
        assert sorted(paired, key=str) == sorted(companions.with_companions(found), key=str)

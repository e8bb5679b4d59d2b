import hashlib
import os

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import data_folder, dataset, prepare, records
from data_pipeline.common import errors
from data_pipeline.panels import cutter
from tests.pictures import encode
from tests.programs import run_here


def _bytes(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def _serialized(folder, split):
    """Reads the serialized examples of a split."""
    return list(tf.data.TFRecordDataset(sorted(map(str, folder.glob(f'{split}-*.tfrecord')))).as_numpy_iterator())


def _groups(folder, split):
    """Reads the groups of a split's examples."""
    return [records.decode_group(example).numpy().decode() for example in _serialized(folder, split)]


def _prepared(tmp_path, pictures, validation_percent=0):
    """Writes an episode, {name: array or bytes}, and prepares it: (manifest, output folder)."""
    output = tmp_path / 'out'
    for name, picture in pictures.items():
        path = tmp_path / 'in' / 'ep' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture if isinstance(picture, bytes) else encode(picture))
    return prepare.prepare([tmp_path / 'in'], output, validation_percent), output


def test_split_is_by_group_and_no_group_moves_another():
    groups = [f'comic/ep{k:03d}' for k in range(1000)]
    splits = [prepare.split_of(group, 10) for group in groups]
    assert 60 < splits.count('validation') < 140
    assert splits == [prepare.split_of(group, 10) for group in groups]
    assert {prepare.split_of(g, 0) for g in groups} == {'train'}
    assert {prepare.split_of(g, 100) for g in groups} == {'validation'}


def test_all_pictures_of_a_group_are_in_one_split(data):
    train, validation = (_groups(data, split) for split in data_folder.SPLITS)
    assert len(train) + len(validation) == 12
    assert all((train + validation).count(group) == 2 for group in train + validation)
    assert train and validation and not set(train) & set(validation)


def test_groups_can_be_held_out_by_name(comics, tmp_path):
    names = [f'{comics.name}/ep0{k}' for k in range(6)]
    run_here('data_pipeline.prepare', '--input', comics, '--output', tmp_path, '--held_out', names[1],
             '--held_out', names[4])
    assert records.read_manifest(tmp_path)['groups'] == {
        'validation': [names[1], names[4]], 'train': [name for name in names if name not in (names[1], names[4])]}
    with pytest.raises(errors.UserError, match=f'--held_out=ep9: no such group; there are {names[0]}, {names[1]}, '):
        prepare.prepare([comics], tmp_path, held_out=['ep9'])


def test_manifest_counts_groups_and_checksums(data):
    manifest = records.read_manifest(data)
    assert manifest['counts']['pages'] == 12 and not manifest['skipped']
    for split in data_folder.SPLITS:
        groups, shards = _groups(data, split), manifest['shards'][split]
        assert manifest['groups'][split] == sorted(set(groups))
        assert manifest['counts'][split] == sum(shard['records'] for shard in shards) == len(groups)
        for shard in shards:
            assert hashlib.sha256((data / shard['file']).read_bytes()).hexdigest() == shard['sha256']


def test_same_input_same_bytes_and_an_interrupted_run_goes_on(data, comics, tmp_path):
    prepare.prepare([comics], tmp_path, validation_percent=40)
    assert _bytes(tmp_path) == _bytes(data)
    shard = tmp_path / 'train-00000.tfrecord'
    kept = tmp_path / 'validation-00000.tfrecord'
    (tmp_path / records.MANIFEST).unlink()  # as if killed before the end
    shard.write_bytes(b'')
    (tmp_path / 'train-00009.tfrecord').write_bytes(b'of an earlier input')
    before = kept.stat().st_mtime_ns
    prepare.prepare([comics], tmp_path, validation_percent=40)
    assert _bytes(tmp_path) == _bytes(data)
    assert kept.stat().st_mtime_ns == before


def test_a_picture_that_has_changed_is_prepared_again(panels, tmp_path):
    _, output = _prepared(tmp_path, {'1.png': panels[0].color})
    before = _serialized(output, 'train')
    _prepared(tmp_path, {'1.png': panels[1].color})
    assert _serialized(output, 'train') != before


def test_many_shards_are_written_by_several_processes_with_the_same_records(data, comics, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, 'PAGES_A_SHARD', 3)
    manifest = prepare.prepare([comics], tmp_path, validation_percent=40)
    assert sum(map(len, manifest['shards'].values())) > 2
    for split in data_folder.SPLITS:
        assert _serialized(tmp_path, split) == _serialized(data, split)


def test_unusable_files_are_named_with_the_reason(panels, tmp_path):
    manifest, output = _prepared(tmp_path, {
        '1.png': panels[0].color, 'empty.jpg': b'', 'damaged.cbz': b'PK\3\4', 'unusable/1.png': b'text',
        'small.png': panels[0].color[100:140, 80:120], 'gray.png': panels[0].line_art})
    assert manifest['counts'] == {'pages': 1, 'skipped': 5, 'passed_over': 0, 'train': 1, 'validation': 0}
    assert [(s['name'], s['reason'].split(' ')[0].strip(':')) for s in manifest['skipped']] == [
        ('in/ep/damaged.cbz', 'damaged'), ('in/ep/empty.jpg', 'empty'), ('in/ep/gray.png', 'not'),
        ('in/ep/small.png', 'too'),
        ('in/ep/unusable/1.png', 'not')]
    assert manifest['groups'] == {'train': ['in/ep'], 'validation': []}
    with pytest.raises(errors.UserError, match='no picture could be used\n  empty.jpg: empty file'):
        prepare.prepare([tmp_path / 'in' / 'ep' / 'empty.jpg'], output, validation_percent=0)


def test_what_lies_outside_of_a_panel_is_paper_in_every_layer(panels, tmp_path, monkeypatch):
    half = cutter.Panel((0, 0, 256, 256), np.int32([[0, 0], [255, 0], [0, 255]]))
    monkeypatch.setattr(cutter, 'find', lambda _: [half])
    dark = np.zeros((256, 256), np.uint8)
    _, output = _prepared(tmp_path, {'1.color.png': panels[0].color, '1.line.png': dark, '1.mask.png': dark})
    example = records.parse(_serialized(output, 'train'))
    color = records.decode_color(example['color'][0], (0, 0, prepare.SIZE, prepare.SIZE)).numpy()
    mask = records.decode_background(example['background'][0], prepare.SIZE).numpy()
    lines = [records.decode_outline(example[key][0], prepare.SIZE).numpy() for key in ('outline', 'drawn')]
    outside = np.add.outer(*2 * [np.arange(prepare.SIZE)]) > prepare.SIZE + 16
    assert (color[outside] > 250).all() and (mask[outside] == 1).all()
    assert all((layer[outside] == 255).all() for layer in lines)
    inside = np.add.outer(*2 * [np.arange(prepare.SIZE)]) < prepare.SIZE - 16
    assert (mask[inside] == 0).all() and (lines[1][inside] == 0).all() and color[inside].mean() < 250


def test_many_files_that_are_skipped_for_one_reason_are_one_line(panels, tmp_path, capsys):
    _prepared(tmp_path, {'1.png': panels[0].color, 'a.jpg': b'', **{f'{k}.panels.json': b'{}' for k in range(4)}})
    run_here('data_pipeline.prepare', '--input', tmp_path / 'in', '--output', tmp_path / 'out')
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith('skipped')]
    assert said == ['skipped 4 files, such as in/ep/0.panels.json: not an image, or in a format that is not supported',
                    'skipped in/ep/a.jpg: empty file']
    assert len(records.read_manifest(tmp_path / 'out')['skipped']) == 5


@pytest.mark.parametrize('kind', ['line', 'mask'])
@pytest.mark.parametrize('companion, reason', [
    (Image.new('L', (20, 20)), 'its companion in/ep/1.{kind}.png has another size'),
    (b'text', 'its companion in/ep/1.{kind}.png: not an image, or in a format that is not supported')])
def test_a_companion_that_cannot_be_used_is_named(panels, tmp_path, kind, companion, reason):
    manifest, _ = _prepared(
        tmp_path, {'1.color.png': panels[0].color, f'1.{kind}.png': companion, '2.png': panels[1].color})
    assert manifest['skipped'] == [{'name': 'in/ep/1.color.png', 'reason': reason.format(kind=kind)}]
    assert manifest['counts'] == {'pages': 1, 'skipped': 1, 'passed_over': 0, 'train': 1, 'validation': 0}


@pytest.mark.parametrize('spelling', ['colour', 'color'])
def test_line_art_and_mask_beside_a_picture_are_its_drawn_outline_and_background(panels, tmp_path, spelling):
    line = np.full((256, 256), 255, np.uint8)
    line[:, 128:] = 0  # no extracted or imitated outline looks like this
    manifest, output = _prepared(tmp_path, {
        f'1.{spelling}.png': panels[0].color, '1.line.png': line, '1.mask.png': panels[0].background,
        '2.png': panels[1].color})
    assert manifest['counts']['pages'] == 2
    unknown, known = sorted((records.parse([example]) for example in _serialized(output, 'train')),
                            key=lambda encoded: len(encoded['background'].numpy()[0]))
    expected = cv2.resize(line, (prepare.SIZE, prepare.SIZE))[..., None]
    assert (records.decode_outline(known['drawn'][0], prepare.SIZE).numpy() == expected).mean() > .98
    for encoded, outline in ((known, 'outline'), (unknown, 'outline'), (unknown, 'drawn')):
        assert (records.decode_outline(encoded[outline][0], prepare.SIZE).numpy() == expected).mean() < .8
    whole = cv2.resize(panels[0].background.astype(np.uint8), (prepare.SIZE, prepare.SIZE)) > .5
    mask = records.decode_background(known['background'][0], prepare.SIZE).numpy()
    assert (mask[..., 0] == whole).mean() > .98
    assert (records.decode_background(unknown['background'][0], prepare.SIZE).numpy() == records.UNKNOWN).all()


def test_wide_panels_become_squares_without_distortion(tmp_path):
    y, x = np.mgrid[0:300, 0:900]
    picture = np.full((300, 900, 3), (200, 180, 60), np.uint8)
    picture[(x - 450) ** 2 + (y - 150) ** 2 < 100 ** 2] = (60, 90, 200)
    _, output = _prepared(tmp_path, {'wide.png': picture}, validation_percent=100)
    batch = next(iter(dataset.load(output, 'validation', 3, prepare.SIZE)))
    middle = np.abs(batch['color'].numpy() - (np.array([60, 90, 200]) / 127.5 - 1)).max(axis=-1) < .2
    disc = middle[np.argmax(middle.sum(axis=(1, 2)))]
    assert len(batch['color']) == 3
    assert abs(np.ptp(np.flatnonzero(disc.any(0))) - np.ptp(np.flatnonzero(disc.any(1)))) <= 3


def test_pages_of_two_inputs_of_one_name_do_not_mix(panels, tmp_path):
    for number, series in enumerate('ab'):
        folder = tmp_path / series / 'ch1'
        folder.mkdir(parents=True)
        (folder / '1.colour.png').write_bytes(encode(panels[number].color))
        (folder / '1.line.png').write_bytes(encode(panels[number].line_art))
    (tmp_path / 'a/ch1/2.png').write_bytes(b'text')
    manifest = prepare.prepare([tmp_path / 'a/ch1', tmp_path / 'b/ch1'], tmp_path / 'out', validation_percent=0)
    assert manifest['groups']['train'] == ['a/ch1', 'b/ch1'] and manifest['counts']['pages'] == 2
    assert [entry['name'] for entry in manifest['skipped']] == ['a/ch1/2.png']
    drawn = {records.decode_group(example).numpy().decode(): records.decode_outline(
        records.parse([example])['drawn'][0], prepare.SIZE).numpy()
        for example in _serialized(tmp_path / 'out', 'train')}
    for number, series in enumerate('ab'):
        expected = cv2.resize(panels[number].line_art, (prepare.SIZE, prepare.SIZE))
        assert np.abs(drawn[f'{series}/ch1'][..., 0].astype(int) - expected).mean() < 8


def test_an_input_in_the_output_folder_is_never_overwritten(panels, tmp_path):
    (tmp_path / 'out').mkdir()
    picture = tmp_path / 'out' / 'train-00000.png'
    picture.write_bytes(encode(panels[0].color))
    prepare.prepare([tmp_path / 'out' / 'train-00000.png'], tmp_path / 'out', validation_percent=0)
    assert picture.read_bytes() == encode(panels[0].color)
    picture.rename(tmp_path / 'a.png')
    (tmp_path / 'out' / 'train-00007.json').symlink_to(tmp_path / 'a.png')
    with pytest.raises(errors.UserError, match='train-00007.json is an input and would be overwritten'):
        prepare.prepare([tmp_path / 'a.png'], tmp_path / 'out', validation_percent=0)
    assert (tmp_path / 'out' / records.MANIFEST).exists()


def test_a_second_run_continues_with_the_output_in_the_input(panels, tmp_path):
    folder = tmp_path / 'in' / 'ep'
    manifest, _ = _prepared(tmp_path, {'1.png': panels[0].color})
    for _ in range(2):
        assert prepare.prepare([folder], folder / 'data', validation_percent=0)['counts'] == manifest['counts']


@pytest.mark.parametrize('link', [os.link, os.symlink])
@pytest.mark.parametrize('name', ['train-00000.tfrecord', 'train-00000.json', 'manifest.json'])
def test_an_unfinished_file_that_links_to_an_input_is_not_written_to(panels, tmp_path, name, link):
    picture, output = tmp_path / 'in' / 'ep' / '1.png', tmp_path / 'out'
    output.mkdir()
    picture.parent.mkdir(parents=True)
    picture.write_bytes(encode(panels[0].color))
    link(picture, output / f'{name}.part')
    with pytest.raises(errors.UserError, match='is an input and would be overwritten'):
        prepare.prepare([picture], output, validation_percent=0)
    assert picture.read_bytes() == encode(panels[0].color)


@pytest.mark.parametrize('name', ['train-00000.json', 'manifest.json'])
def test_a_file_of_another_program_is_neither_overwritten_nor_deleted(panels, tmp_path, name):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / name).write_text('{"mine": 1}')
    with pytest.raises(errors.UserError, match='not a file of an earlier run'):
        _prepared(tmp_path, {'1.png': panels[0].color})
    assert (tmp_path / 'out' / name).read_text() == '{"mine": 1}'

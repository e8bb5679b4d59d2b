import hashlib
import shutil

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import dataset, prepare, records
from data_pipeline.common import errors


def _bytes(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_split_is_by_group_and_no_group_moves_another():
    groups = [f'comic/ep{k:03d}' for k in range(1000)]
    splits = [prepare.split_of(group, 10) for group in groups]
    assert 60 < splits.count('validation') < 140
    assert splits == [prepare.split_of(group, 10) for group in groups]
    assert {prepare.split_of(g, 0) for g in groups} == {'train'}
    assert {prepare.split_of(g, 100) for g in groups} == {'validation'}


def test_manifest_counts_groups_and_checksums(data):
    manifest = records.read_manifest(data)
    train, validation = manifest['groups']['train'], manifest['groups']['validation']
    assert train and validation and not set(train) & set(validation)
    assert manifest['counts']['train'] + manifest['counts']['validation'] == manifest['counts']['pages'] == 12
    for shards in manifest['shards'].values():
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


def test_many_shards_are_written_by_several_processes_with_the_same_records(data, comics, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, 'PAGES_A_SHARD', 3)
    manifest = prepare.prepare([comics], tmp_path, validation_percent=40)
    assert sum(map(len, manifest['shards'].values())) > 2

    def records_of(folder):
        return [list(tf.data.TFRecordDataset(sorted(map(str, folder.glob(f'{split}-*.tfrecord')))).as_numpy_iterator())
                for split in prepare.SPLITS]

    assert records_of(tmp_path) == records_of(data)


def test_unusable_files_are_named_and_companions_passed_over(comics, tmp_path):
    folder = tmp_path / 'in' / 'ep'
    folder.mkdir(parents=True)
    shutil.copy(next(comics.rglob('*.png')), folder / '1.color.png')
    for kind in ('line', 'mask'):
        shutil.copy(folder / '1.color.png', folder / f'1.{kind}.png')
    (folder / 'empty.jpg').write_bytes(b'')
    (folder / 'damaged.cbz').write_bytes(b'PK')
    Image.new('RGB', (20, 20), 'red').save(folder / 'small.png')
    manifest = prepare.prepare([tmp_path / 'in'], tmp_path / 'out', validation_percent=0)
    assert manifest['counts'] == {'pages': 1, 'skipped': 3, 'train': 1, 'validation': 0}
    assert [(s['name'], s['reason'].split(' ')[0].strip(':')) for s in manifest['skipped']] == [
        ('in/ep/damaged.cbz', 'damaged'), ('in/ep/empty.jpg', 'empty'), ('in/ep/small.png', 'too')]
    with pytest.raises(errors.UserError, match='no picture could be used'):
        prepare.prepare([folder / 'empty.jpg'], tmp_path / 'none', validation_percent=0)
    assert dataset.load(tmp_path / 'out', 'validation', 2, 256) is None


def test_wide_panels_become_squares_without_distortion(tmp_path):
    y, x = np.mgrid[0:300, 0:900]
    picture = np.full((300, 900, 3), (200, 180, 60), np.uint8)
    picture[(x - 450) ** 2 + (y - 150) ** 2 < 100 ** 2] = (60, 90, 200)
    Image.fromarray(picture).save(tmp_path / 'wide.png')
    prepare.prepare([tmp_path / 'wide.png'], tmp_path / 'out', validation_percent=100)
    batch = next(iter(dataset.load(tmp_path / 'out', 'validation', 3, prepare.SIZE)))
    middle = np.abs(batch['color'].numpy() - (np.array([60, 90, 200]) / 127.5 - 1)).max(axis=-1) < .2
    disc = middle[np.argmax(middle.sum(axis=(1, 2)))]
    assert len(batch['color']) == 3
    assert abs(np.ptp(np.flatnonzero(disc.any(0))) - np.ptp(np.flatnonzero(disc.any(1)))) <= 3


def test_batches_follow_from_the_seed(data):
    def first(seed):
        return [batch['color'].numpy() for batch in dataset.load(data, 'train', 4, 256, seed=seed).take(3)]

    one, two, other = first(1), first(1), first(2)
    np.testing.assert_array_equal(one, two)
    assert np.any(one[0] != other[0])
    assert np.any(one[0] != one[2])


def test_batches_are_in_the_networks_units(data):
    batch = next(iter(dataset.load(data, 'train', 4, 256, seed=0)))
    assert batch['outline'].shape == (4, 256, 256, 1) and batch['color'].shape == (4, 256, 256, 3)
    assert batch['outline'].numpy().min() == 0 and .5 < batch['outline'].numpy().max() <= 1
    assert batch['color'].numpy().min() >= -1 and .9 < batch['color'].numpy().max() <= 1
    assert batch['outline'].numpy().mean() < .5  # mostly paper


def test_validation_is_one_pass_in_order(data):
    manifest = records.read_manifest(data)
    one, two = ([b['color'].numpy() for b in dataset.load(data, 'validation', 1, 256)] for _ in range(2))
    assert len(one) == manifest['counts']['validation']
    np.testing.assert_array_equal(one, two)


def test_true_masks_are_kept_for_validation_only(panels, comics, tmp_path):
    folder = tmp_path / 'in' / 'ep'
    folder.mkdir(parents=True)
    Image.fromarray(panels[0].color).save(folder / '1.color.png')
    Image.fromarray(panels[0].background).save(folder / '1.mask.png')
    shutil.copy(next(comics.rglob('*.png')), folder / '2.png')
    prepare.prepare([folder], tmp_path / 'out', validation_percent=100)
    batch = next(iter(dataset.load(tmp_path / 'out', 'validation', 2, prepare.SIZE)))
    unknown, known = sorted(batch['background'].numpy(), key=np.mean)
    assert (unknown == -1).all()
    whole = cv2.resize(panels[0].background.astype(np.uint8), (prepare.SIZE, prepare.SIZE)) > .5
    assert (known[..., 0] == whole).mean() > .98
    Image.new('L', (20, 20)).save(folder / '1.mask.png')
    manifest = prepare.prepare([folder], tmp_path / 'out', validation_percent=0)
    assert [s['name'] for s in manifest['skipped']] == ['ep/1.color.png']
    assert 'background' not in dataset.load(tmp_path / 'out', 'train', 1, 256, seed=0).element_spec


def test_training_shows_both_outlines_validation_the_extracted(panels, tmp_path):
    folder = tmp_path / 'in' / 'ep'
    folder.mkdir(parents=True)
    Image.fromarray(panels[0].color).save(folder / '1.color.png')
    Image.new('L', (256, 256), 155).save(folder / '1.line.png')  # told from an extracted outline at a glance
    prepare.prepare([folder], tmp_path / 'train', validation_percent=0)
    shares = [bool((b['outline'].numpy()[:, 128, 128] * 255).round() == 100)
              for b in dataset.load(tmp_path / 'train', 'train', 1, 256, seed=0).take(60)]
    assert 15 < sum(shares) < 45
    prepare.prepare([folder], tmp_path / 'validation', validation_percent=100)
    shown = next(iter(dataset.load(tmp_path / 'validation', 'validation', 1, prepare.SIZE)))['outline']
    assert (np.abs(shown.numpy() - 100 / 255) < .01).mean() < .1


def test_mirrored_and_cropped_alike(data):
    """What is dark is ink in the extracted outlines, so all layers must be cut and turned in the same way."""
    for batch in dataset.load(data, 'train', 4, 256, seed=3).take(3):
        dark = batch['color'].numpy().max(axis=-1) < -.8
        assert batch['outline'].numpy()[dark].mean() > 2 * batch['outline'].numpy()[~dark].mean()


def test_folds_divide_groups_and_cover_all(data):
    folds = dataset.folds_of(data, 'train', 2)
    pictures = [b['color'].numpy() for b in dataset.load(data, 'train', 1, 256)]
    assert len(folds) == len(pictures) and set(folds) == {0, 1}
    for fold in range(2):
        others = [picture for picture, its in zip(pictures, folds, strict=True) if its != fold]
        kept = [b['color'].numpy() for b in dataset.load(data, 'train', 1, 256, without=(fold, 2))]
        np.testing.assert_array_equal(kept, others)


def test_says_what_is_wrong_with_the_data(data, tmp_path):
    with pytest.raises(errors.UserError, match='no prepared data'):
        dataset.load(tmp_path, 'train', 1, 256)
    shutil.copy(data / records.MANIFEST, tmp_path)
    with pytest.raises(errors.UserError, match='train-00000.tfrecord: missing'):
        dataset.load(tmp_path, 'train', 1, 256)
    with pytest.raises(errors.UserError, match='too small'):
        dataset.load(data, 'train', 1, 512)

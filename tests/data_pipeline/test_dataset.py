import hashlib
import itertools
import shutil
import types
import typing

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import dataset, records
from data_pipeline.common import errors

SIZE, CROP, TILE = 36, 32, 4  # sides in pixels: of a prepared picture, of a crop, and of a tile
MARGIN = SIZE - CROP
COUNTS = {'train': 12, 'validation': 5}
EXTRACTED, DRAWN, COLOR, BACKGROUND = (0, 255), (50, 220), (60, 200), (0, 255)  # levels of dark and of light tiles


@pytest.fixture(scope='module')
def mosaics(tmp_path_factory):
    """Prepared data and its samples, in which all layers of an example are the same mosaic of dark and light tiles.

    Returns:
      An object with `data` and `samples`, folders; `train` and `validation`, the mosaics: bool [N, SIZE, SIZE].
    """
    rng = np.random.default_rng(0)
    data, samples = tmp_path_factory.mktemp('data'), tmp_path_factory.mktemp('samples')
    made = types.SimpleNamespace(data=data, samples=samples)
    shards = {}
    for split, count in COUNTS.items():
        tiles = rng.random((count, CROP // TILE, CROP // TILE)) < .5
        crops = tiles.repeat(TILE, axis=1).repeat(TILE, axis=2)
        whole = np.pad(crops, [(0, 0), (MARGIN // 2,) * 2, (MARGIN // 2,) * 2], 'symmetric')
        setattr(made, split, whole)
        file = f'{split}-00000.tfrecord'
        with tf.io.TFRecordWriter(str(data / file)) as writer, tf.io.TFRecordWriter(str(samples / file)) as sampler:
            for k, (mosaic, sample) in enumerate(zip(whole, tiles, strict=True)):
                extracted, drawn, gray, background = (
                    np.uint8(levels)[mosaic.astype(int)] for levels in (EXTRACTED, DRAWN, COLOR, BACKGROUND))
                writer.write(records.encode(extracted, drawn, np.dstack([gray] * 3), background if k else None,
                                            f'ep{k // 2}', str(k), (0, 0, SIZE, SIZE)))
                sampler.write(tf.io.encode_png(np.uint8(COLOR)[sample.astype(int)][..., None]).numpy())
        shards[split] = [{'file': file, 'records': count,
                          'sha256': hashlib.sha256((data / file).read_bytes()).hexdigest()}]
    records.write_json(data / records.MANIFEST, {'parameters': {'size': SIZE}, 'counts': COUNTS, 'shards': shards})
    return made


class Place(typing.NamedTuple):
    """Where a crop comes from: the number of its mosaic, whether it is mirrored, and its corner."""

    number: int
    mirrored: bool
    top: int
    left: int


def _places(batch, layer, mosaics):
    """Finds the `Place` of each example of a batch by one of its layers."""
    values = batch[layer].numpy()[..., 0]
    light = values < .5 if layer == 'outline' else values > 0
    windows = {Place(number, turn < 0, top, left): mosaic[top:top + CROP, left:left + CROP][:, ::turn]
               for number, mosaic in enumerate(mosaics) for turn in (1, -1)
               for top, left in itertools.product(range(MARGIN + 1), repeat=2)}
    found = [[place for place, window in windows.items() if (window == example).all()] for example in light]
    assert all(len(places) == 1 for places in found)
    return [place for [place] in found]


def _train(mosaics, batches, seed=0, **options):
    """Loads batches of four training examples."""
    return list(dataset.load(mosaics.data, 'train', 4, CROP, seed, **options).take(batches))


def _cuts(mosaics, batches, **options):
    """Finds the places of the first training examples."""
    return [place for batch in _train(mosaics, batches, **options) for place in _places(batch, 'color', mosaics.train)]


def _is_drawn(batch):
    """Tells which examples of a batch have their drawn outline."""
    return [bool(ink.max() < .9) for ink in batch['outline'].numpy()]


def test_all_layers_of_an_example_are_cropped_and_mirrored_alike(mosaics):
    seen = set()
    for batch in _train(mosaics, 10, samples=mosaics.samples):
        outline, color, foreground = (
            _places(batch, layer, mosaics.train) for layer in ('outline', 'color', 'foreground'))
        assert outline == color == foreground
        seen.update(color)
    assert {place.mirrored for place in seen} == {False, True}
    assert len({(place.top, place.left) for place in seen}) > 10


def test_crops_reach_over_the_whole_margin_mirrored_or_not(mosaics):
    cuts = _cuts(mosaics, 60)
    for turned in (False, True):
        places = [place for place in cuts if place.mirrored == turned]
        assert len(places) > len(cuts) / 3
        assert {place.top for place in places} == {place.left for place in places} == set(range(MARGIN + 1))
    assert len({(place.top, place.left) for place in cuts}) > 20  # of 25


def test_half_of_the_training_examples_have_their_drawn_outline_mirrored_or_not(mosaics):
    batches = _train(mosaics, 40)
    drawn = np.concatenate([_is_drawn(batch) for batch in batches])
    mirrored = np.array([place.mirrored for batch in batches for place in _places(batch, 'color', mosaics.train)])
    for shares in (drawn[mirrored], drawn[~mirrored]):
        assert .35 < shares.mean() < .65


def test_training_follows_from_the_seed(mosaics):
    one, again, other = (_train(mosaics, 4, seed) for seed in (1, 1, 2))
    for batch, same in zip(one, again, strict=True):
        for layer in batch:
            np.testing.assert_array_equal(batch[layer], same[layer])
    assert _cuts(mosaics, 4, seed=1) != _cuts(mosaics, 4, seed=2)
    np.testing.assert_array_equal(np.concatenate([batch['seeds'] for batch in other]), [[2, k] for k in range(16)])


def test_every_pass_has_all_training_examples_in_a_new_order_and_cut_anew(mosaics):
    count = COUNTS['train']
    cuts = _cuts(mosaics, 2 * count // 4)
    first, second = ([place.number for place in cuts[at:at + count]] for at in (0, count))
    assert sorted(first) == sorted(second) == list(range(count))
    assert first != second and first != sorted(first)
    assert len(set(cuts)) > 1.5 * count


def test_pictures_of_a_group_follow_each_other_if_that_is_asked_for(mosaics):
    """The mosaics are of groups of two."""
    count = COUNTS['train']
    numbers = [place.number for place in _cuts(mosaics, 2 * count // 4, together=2)]
    assert all(first // 2 == second // 2 for first, second in zip(numbers[::2], numbers[1::2], strict=True))
    first, second = numbers[:count], numbers[count:]
    assert sorted(first) == sorted(second) == list(range(count)) and first[::2] != second[::2]
    for batch in _train(mosaics, 3, together=2):
        group = batch['group'].numpy()
        assert np.all(group[::2] == group[1::2]) and len(set(group)) == 2


def test_every_second_run_is_of_other_casts(mosaics, data):
    """Here the same pictures are given for both."""
    count = COUNTS['train']
    batches = list(dataset.load(mosaics.data, 'train', 4, CROP, 1, together=2, casts=mosaics.data).take(2 * count // 4))
    assert all(batch['known'].numpy().tolist() == [True, True, False, False] for batch in batches)
    numbers = np.array([[place.number for place in _places(batch, 'color', mosaics.train)] for batch in batches])
    assert sorted(numbers[:, :2].ravel()) == sorted(numbers[:, 2:].ravel()) == list(range(count))
    with pytest.raises(errors.UserError, match=f'pictures of 286 pixels.*{SIZE}'):
        dataset.load(mosaics.data, 'train', 4, CROP, 1, casts=data)


@pytest.fixture(scope='module')
def dark(tmp_path_factory):
    """Prepared data like the mosaics, of three dark pictures."""
    folder, gray = tmp_path_factory.mktemp('dark'), np.zeros((SIZE, SIZE), np.uint8)
    with tf.io.TFRecordWriter(str(folder / 'train-00000.tfrecord')) as writer:
        for k in range(3):
            writer.write(records.encode(gray, gray, np.dstack([gray] * 3), None, 'dark', str(k), (0, 0, SIZE, SIZE)))
    records.write_json(folder / records.MANIFEST, {'parameters': {'size': SIZE}, 'counts': {'train': 3},
                                                   'shards': {'train': [{'file': 'train-00000.tfrecord'}]}})
    return folder


@pytest.mark.parametrize('with_casts, known', [(False, [True] * 8), (True, [True, False] * 3 + [True, True])])
def test_every_fourth_run_is_rehearsed(mosaics, dark, with_casts, known):
    casts = mosaics.data if with_casts else None
    for batch in dataset.load(mosaics.data, 'train', 16, CROP, 1, together=2, casts=casts, rehearse=dark).take(3):
        is_dark = (batch['color'].numpy() < -.9).all(axis=(1, 2, 3))
        expected = [False] * 6 + [True] * 2 if with_casts else [False, False, False, True] * 2
        assert is_dark.tolist() == np.repeat(expected, 2).tolist()
        assert batch['known'].numpy().tolist() == np.repeat(known, 2).tolist()


def test_what_is_rehearsed_has_the_same_size_and_no_samples(mosaics, dark, data):
    with pytest.raises(errors.UserError, match=f'pictures of 286 pixels.*{SIZE}'):
        dataset.load(mosaics.data, 'train', 4, CROP, 1, rehearse=data)
    with pytest.raises(errors.UserError, match=f'{dark}: no samples of its pictures in {mosaics.samples}'):
        dataset.load(mosaics.data, 'train', 4, CROP, 1, samples=mosaics.samples, rehearse=dark)


def test_training_that_begins_later_goes_on_as_if_it_had_not_stopped(mosaics):
    batches, later = _train(mosaics, 5), _train(mosaics, 2, first=12)
    for batch, expected in zip(later, batches[3:], strict=True):
        for layer in expected:
            np.testing.assert_array_equal(batch[layer], expected[layer])


def test_pipelines_divide_every_batch_between_them(mosaics):
    shares = [list(dataset.load(mosaics.data, 'train', 4, CROP, seed=0, context=tf.distribute.InputContext(
        num_input_pipelines=2, input_pipeline_id=pipeline, num_replicas_in_sync=2)).take(3)) for pipeline in range(2)]
    for batch, *parts in zip(_train(mosaics, 3), *shares, strict=True):
        for layer in batch:
            np.testing.assert_array_equal(batch[layer], np.concatenate([part[layer] for part in parts]))


def test_validation_is_one_pass_in_the_order_of_the_data_of_center_crops(mosaics):
    batches = list(dataset.load(mosaics.data, 'validation', 2, CROP, samples=mosaics.samples))
    assert [len(batch['color']) for batch in batches] == [2, 2, 1]
    for layer in ('outline', 'color', 'foreground'):
        assert [place for batch in batches for place in _places(batch, layer, mosaics.validation)] == [
            Place(number, False, MARGIN // 2, MARGIN // 2) for number in range(COUNTS['validation'])]
    assert not any(drawn for batch in batches for drawn in _is_drawn(batch))


def test_the_true_background_is_cropped_too_and_for_validation_only(mosaics):
    unknown, *known = dataset.load(mosaics.data, 'validation', 1, CROP)
    assert (unknown['background'].numpy() == -1).all()
    for number, batch in enumerate(known, 1):
        np.testing.assert_array_equal(np.unique(batch['background']), [0, 1])
        assert _places(batch, 'background', mosaics.validation) == [
            Place(number, False, MARGIN // 2, MARGIN // 2)]
    assert 'background' not in _train(mosaics, 1)[0]


def test_batches_are_in_the_networks_units(mosaics):
    batch = next(iter(dataset.load(mosaics.data, 'validation', 5, CROP, samples=mosaics.samples)))
    light = mosaics.validation[:, MARGIN // 2:-MARGIN // 2, MARGIN // 2:-MARGIN // 2]
    np.testing.assert_array_equal(batch['outline'][..., 0], np.where(light, 0, 1))
    for tiles, level in ((~light, COLOR[0]), (light, COLOR[1])):
        np.testing.assert_allclose(batch['foreground'].numpy()[tiles], level / 127.5 - 1, atol=1e-6)
        np.testing.assert_allclose(batch['color'].numpy()[tiles].mean(), level / 127.5 - 1, atol=.01)  # a JPEG


def test_folds_divide_groups_and_cover_all(mosaics):
    folds = dataset.folds_of(mosaics.data, 'train', 2)
    assert len(folds) == COUNTS['train'] and set(folds) == {0, 1}
    assert folds[::2] == folds[1::2]  # two examples of each group
    for left_out in range(2):
        others = [number for number, fold in enumerate(folds) if fold != left_out]
        kept = [place.number for batch in dataset.load(mosaics.data, 'train', 1, CROP, without=(left_out, 2))
                for place in _places(batch, 'color', mosaics.train)]
        assert kept == others
        assert {place.number for place in _cuts(mosaics, 6, without=(left_out, 2))} == set(others)


def test_held_out_examples_are_from_all_over_the_split(mosaics):
    batch = dataset.held_out(mosaics.data, 2, CROP)
    assert [place.number for place in _places(batch, 'color', mosaics.validation)] == [0, 2]
    assert len(dataset.held_out(mosaics.data, 9, CROP)['color']) == COUNTS['validation']


def test_shards_are_compared_with_their_checksums_unless_that_is_done_already(mosaics, monkeypatch):
    verified = []
    monkeypatch.setattr(records, 'verify', lambda folder, shards: verified.extend(shard['file'] for shard in shards))
    dataset.load(mosaics.data, 'train', 4, CROP, seed=0, verify=False)
    dataset.check(mosaics.data, 'train', CROP, verify=False)
    assert not verified
    dataset.check(mosaics.data, 'train', CROP)
    dataset.load(mosaics.data, 'validation', 4, CROP)
    assert verified == ['train-00000.tfrecord', 'validation-00000.tfrecord']


def test_says_what_is_wrong_with_the_data(mosaics, tmp_path):
    with pytest.raises(errors.UserError, match=f'{tmp_path}: no prepared data'):
        dataset.load(tmp_path, 'train', 1, CROP)
    shutil.copy(mosaics.data / records.MANIFEST, tmp_path)
    for verify in (True, False):
        with pytest.raises(errors.UserError, match='train-00000.tfrecord: missing'):
            dataset.load(tmp_path, 'train', 1, CROP, verify=verify)
    with pytest.raises(errors.UserError, match=f'{mosaics.data}: pictures of {SIZE} pixels are too small'):
        dataset.load(mosaics.data, 'train', 1, SIZE + 1)
    manifest = records.read_manifest(mosaics.data)
    records.write_json(tmp_path / records.MANIFEST, manifest | {'counts': {'train': 0, 'validation': 0}})
    with pytest.raises(errors.UserError, match=f'{tmp_path}: no train examples'):
        dataset.load(tmp_path, 'train', 1, CROP, seed=0)
    assert dataset.load(tmp_path, 'validation', 1, CROP) is None
    assert dataset.held_out(tmp_path, 1, CROP) is None

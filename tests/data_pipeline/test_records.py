import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records
from data_pipeline.common import errors


@pytest.fixture
def shard(tmp_path):
    """A shard of prepared data in `tmp_path`, and its entry of the manifest."""
    (tmp_path / 'train-00000.tfrecord').write_bytes(b'content')
    return {'file': 'train-00000.tfrecord', 'records': 1,
            'sha256': 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73'}


def test_decoded_examples_equal_the_encoded_ones(rng):
    outline, drawn, background = (rng.integers(0, 2, (24, 24), np.uint8) * 255 for _ in range(3))
    color = np.zeros((24, 24, 3), np.uint8)
    color[:12], color[12:, :10], color[12:, 10:] = (200, 40, 40), (40, 200, 40), (40, 40, 200)
    serialized = records.encode(outline, drawn, color, background, 'comic/ep1', 'comic/ep1/1.png', (0, 0, 24, 24))
    encoded = {name: value[0] for name, value in records.parse([serialized]).items()}
    np.testing.assert_array_equal(records.decode_outline(encoded['outline'], 24)[..., 0], outline)
    np.testing.assert_array_equal(records.decode_outline(encoded['drawn'], 24)[..., 0], drawn)
    np.testing.assert_array_equal(records.decode_background(encoded['background'], 24)[..., 0], background / 255)
    window = records.decode_color(encoded['color'], [5, 3, 17, 21]).numpy()
    assert window.shape == (17, 21, 3) and np.abs(window.astype(int) - color[5:22, 3:]).mean() < 3
    assert records.decode_group(serialized) == b'comic/ep1'


def test_a_background_that_is_not_known_is_minus_one_everywhere():
    np.testing.assert_array_equal(records.decode_background(tf.constant(b''), 24), np.full((24, 24, 1), -1))


def test_verify_accepts_whole_shards_and_names_damaged_and_missing_ones(tmp_path, shard):
    path = tmp_path / shard['file']
    records.verify(tmp_path, [shard])
    path.write_bytes(b'c0ntent')
    with pytest.raises(errors.UserError, match=f'{path}: damaged'):
        records.verify(tmp_path, [shard])
    path.unlink()
    with pytest.raises(errors.UserError, match=f'{path}: missing'):
        records.verify(tmp_path, [shard])


def test_a_manifest_that_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(errors.UserError, match=f'{tmp_path}: no prepared data'):
        records.read_manifest(tmp_path)
    (tmp_path / records.MANIFEST).write_text('{"counts": ')
    with pytest.raises(errors.UserError, match=f'{tmp_path / records.MANIFEST}: cannot be read'):
        records.read_manifest(tmp_path)

import json

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.common import errors
from data_pipeline.outlines import outline
from models import comic_colorizer, polishing_network

AUTOMATIC = np.full((2, 3), comic_colorizer.AUTOMATIC, np.float32)


def test_batch_of_two_equals_two_batches_of_one(tiny_weights, panels):
    colorizer = comic_colorizer.ComicColorizer.from_pretrained([tiny_weights])
    ink = outline.to_ink(np.stack([p.line_art for p in panels[:2]])[..., None].astype(np.float32))
    both = colorizer.colorize(ink, np.array([7, 8], np.int64), np.float32(1), AUTOMATIC)
    assert {k: v.shape.as_list() for k, v in both.items()} == {
        'image': [2, 256, 256, 3], 'low_res': [2, 32, 32, 3], 'background_mask': [2, 256, 256, 1],
        'background_color': [2, 3], 'log_likelihood': [2]}
    for k in range(2):
        alone = colorizer.colorize(ink[k:k + 1], np.array([7 + k], np.int64), np.float32(1), AUTOMATIC[:1])
        for key, value in alone.items():
            np.testing.assert_array_equal(value[0], both[key][k], err_msg=key)


def test_the_background_takes_the_color_asked_for_and_the_foreground_stays(tiny_weights, panels):
    colorizer = comic_colorizer.ComicColorizer.from_pretrained([tiny_weights])
    drawings = np.stack([p.line_art for p in panels[:2]])
    ink = outline.to_ink(drawings[..., None].astype(np.float32))
    seeds, color = np.array([7, 8], np.int64), np.array([.25, -.5, 1], np.float32)
    masks = np.float32([p.background for p in panels[:2]])[:, None, ..., None]
    colorizer.background_detector.masks = lambda outline: tf.where(tf.reduce_all(outline == ink[:1]), *masks)
    plain = colorizer.colorize(ink, seeds, np.float32(1), AUTOMATIC)
    # The first automatic, the second in the color.
    result = colorizer.colorize(ink, seeds, np.float32(1), np.stack([AUTOMATIC[0], color]))
    np.testing.assert_array_equal(result['image'][0], plain['image'][0])
    mask = panels[1].background
    paper = mask & (drawings[1] == 255)
    assert paper.sum() > 1000
    np.testing.assert_allclose(result['image'][1][paper], np.tile(color, (paper.sum(), 1)), atol=1e-6)
    np.testing.assert_array_equal(result['image'][1][~mask], plain['image'][1][~mask])
    np.testing.assert_allclose(result['background_color'], [plain['background_color'][0], color], atol=1e-6)


def test_saved_and_loaded_networks_give_equal_outputs(tiny_weights, tmp_path, rng):
    network = polishing_network.PolishingNetwork.from_pretrained([tiny_weights])
    network.save_pretrained(tmp_path)
    again = polishing_network.PolishingNetwork.from_pretrained([tmp_path])
    assert again.config == network.config
    channels = rng.normal(size=(1, 256, 256, 10)).astype(np.float32)
    np.testing.assert_array_equal(again(channels), network(channels))
    assert sorted(p.name for p in tmp_path.iterdir()) == ['polishing_network.h5', 'polishing_network.json']


def test_says_which_weights_are_missing_or_damaged(tiny_weights, tmp_path):
    with pytest.raises(errors.UserError, match='no weights of the low_res_colorizer'):
        comic_colorizer.ComicColorizer.from_pretrained([tmp_path])
    for file in tiny_weights.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / 'background_detector.h5').write_bytes(b'damaged')
    with pytest.raises(errors.UserError, match='background_detector.h5'):
        comic_colorizer.ComicColorizer.from_pretrained([tmp_path])
    sizes = json.loads((tiny_weights / 'background_detector.json').read_text())
    (tmp_path / 'background_detector.h5').write_bytes((tiny_weights / 'background_detector.h5').read_bytes())
    (tmp_path / 'background_detector.json').write_text(json.dumps({**sizes, 'filters': 8}))
    with pytest.raises(errors.UserError, match='background_detector.h5'):
        comic_colorizer.ComicColorizer.from_pretrained([tmp_path])

import types
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from eval import masks
from models.background_detector import BackgroundDetector, BackgroundDetectorConfig


def test_figures_of_known_masks():
    """The detector finds the left half of a picture, whose true background is the left quarter."""
    found, truth, color = (np.zeros((1, 16, 16, channels), np.float32) for channels in (1, 1, 3))
    found[:, :, :8] = truth[:, :, :4] = 1
    color[:, :, :8] = .4
    detector = types.SimpleNamespace(config=BackgroundDetectorConfig(), masks_and_colors=lambda outline: (
        tf.constant(found), tf.fill([1, 16, 16, 3], -.1)))
    batch = {'outline': tf.zeros([1, 16, 16, 1]), 'color': tf.constant(color), 'background': tf.constant(truth)}
    mask, composite, figures = masks.measure(detector, batch)
    np.testing.assert_array_equal(mask, found)
    np.testing.assert_allclose(composite[0, 0, :, 0], [.4] * 8 + [-.1] * 8, atol=1e-6)
    assert {name: value.numpy().item() for name, value in figures.items()} == pytest.approx({
        'background_share': .5, 'background_iou': .5, 'composite_l1': .05,
        'foreground_l1': .3, 'background_l1': .2}, rel=1e-4)


def test_measures_and_shows_pictures_and_runs_the_detector_once_a_batch(tiny_weights, data, tmp_path):
    figures = {'background_share', 'composite_l1', 'foreground_l1', 'background_l1'}
    with mock.patch.object(BackgroundDetector, 'call', autospec=True, side_effect=BackgroundDetector.call) as call:
        drawn = masks.evaluate([tiny_weights], None, None, 3, ('flat', 1000), tmp_path / 'drawn.png')
        assert call.call_count == 2  # the first makes the weights
        prepared = masks.evaluate([tiny_weights], data, None, 3, (), tmp_path / 'prepared.png')
    assert set(drawn) == figures | {'background_iou'} and set(prepared) == figures
    assert 0 < drawn['background_share'] < 1 and min(drawn['composite_l1'], prepared['composite_l1']) > 0
    for sheet in ('drawn.png', 'prepared.png'):
        assert Image.open(tmp_path / sheet).height > 400


def test_a_detector_that_predicts_no_colors_is_measured_without_composites(tmp_path):
    BackgroundDetector.from_preset('tiny', predicts_colors=False).save_pretrained(tmp_path)
    figures = masks.evaluate([tmp_path], None, None, 2, ('flat', 1000), tmp_path / 'masks.png')
    assert set(figures) == {'background_share', 'background_iou'}

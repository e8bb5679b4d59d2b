import numpy as np
from PIL import Image

from eval import masks
from models.background_detector import BackgroundDetector


def test_measures_and_shows_masks_and_runs_the_detector_once_a_batch(tiny_weights, tmp_path, monkeypatch):
    calls, call = [], BackgroundDetector.call
    monkeypatch.setattr(BackgroundDetector, 'call', lambda *args, **kwargs: calls.append(1) or call(*args, **kwargs))
    figures = masks.evaluate([tiny_weights], None, None, 3, ('flat', 1000), tmp_path / 'masks.png')
    assert len(calls) == 2  # one makes the weights, one is the batch
    assert set(figures) == {'background_share', 'background_iou', 'composite_l1', 'foreground_l1', 'background_l1'}
    assert all(np.isfinite(figure) for figure in figures.values())
    assert Image.open(tmp_path / 'masks.png').height > 500

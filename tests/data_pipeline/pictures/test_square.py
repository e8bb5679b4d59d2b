import numpy as np
import pytest

from data_pipeline.pictures import square


@pytest.mark.parametrize('height, width', [(100, 100), (100, 130), (300, 100), (100, 730), (64, 4001), (1, 1)])
def test_tiles_cover_everything_and_are_nearly_square(height, width):
    seen = np.zeros((height, width), bool)
    boxes = square.tiles(height, width)
    for top, left, bottom, right in boxes:
        seen[top:bottom, left:right] = True
        assert max(bottom - top, right - left) <= square.MAX_ASPECT * min(bottom - top, right - left)
    assert seen.all()
    assert boxes == sorted(boxes)


@pytest.mark.parametrize('shape', [(40, 60), (60, 40), (700, 300), (5, 900), (64, 64)])
def test_fit_keeps_proportions_and_unfit_takes_the_padding_off(shape):
    fitted = square.fit(np.zeros(shape, np.uint8), 64)
    assert fitted.shape == (64, 64)
    ink = fitted == 0
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    box = len(rows), len(columns)
    assert max(box) == 64 and min(box) == max(1, round(64 * min(shape) / max(shape)))
    assert ink.sum() == box[0] * box[1] and (fitted[~ink] == 255).all()
    assert square.unfit(fitted, *shape).shape == box
    assert (square.unfit(fitted, *shape) == 0).all()

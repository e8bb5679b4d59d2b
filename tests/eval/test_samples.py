import numpy as np
import tensorflow as tf
from PIL import Image

from eval import samples
from models.low_res_colorizer import LowResColorizer


def test_premise_of_known_samples(rng):
    """Foregrounds off by 0.1 everywhere; backgrounds -0.5 and 0.5 in two samples."""
    truth = rng.uniform(-.5, .5, (3, 4, 4, 3))
    background = np.zeros((3, 4, 4, 1))
    background[:, :2] = 1
    one, two = (np.where(background == 1, fill, truth + .1) for fill in (-.5, .5))
    figures = samples.premise(np.stack([one, two], 1), truth, background)
    np.testing.assert_allclose(figures['foreground_l1'], .1)
    np.testing.assert_allclose(figures['background_std'], .5)


def _sample(colorizer, outline, seeds, temperature, xla):
    """Stands for `LowResColorizer.sample`: a gray for each seed."""
    gray = tf.cast(seeds % 3, tf.float32) / 3
    return tf.tile(gray[:, None, None, None], [1, 32, 32, 3]), None


def test_measures_and_shows_samples(tiny_weights, data, tmp_path, monkeypatch):
    monkeypatch.setattr(LowResColorizer, 'sample', _sample)
    drawn = samples.evaluate([tiny_weights], None, 2, 2, 1., 1000, tmp_path / 'drawn.png')
    assert set(drawn) == {'bits_per_dim', 'diversity', 'foreground_l1', 'background_std'}
    assert all(np.isfinite(figure) and figure > 0 for figure in drawn.values())
    prepared = samples.evaluate([tiny_weights], data, 2, 2, 1., 0, tmp_path / 'prepared.png')
    assert set(prepared) == {'bits_per_dim', 'diversity'}
    assert Image.open(tmp_path / 'drawn.png').size == Image.open(tmp_path / 'prepared.png').size

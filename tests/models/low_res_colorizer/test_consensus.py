import numpy as np
import tensorflow as tf
import tf_keras as keras

from models import low_res_colorizer
from models.low_res_colorizer import consensus


def test_every_pixel_comes_from_the_samples_that_are_nearest_around_it(rng, monkeypatch):
    monkeypatch.setattr(consensus, '_NEARNESS', .1)
    monkeypatch.setattr(consensus, '_SHARE', .25)
    samples = np.repeat(np.float32(rng.uniform(-1, 1, (2, 5, 8, 8, 1))), 3, axis=-1)
    suggested = np.float32(rng.uniform(-2, 2, (2, 8, 8, 3)))
    got = consensus.agree(tf.constant(samples), suggested).numpy()
    for picture, row, column in np.ndindex(got.shape[:3]):
        around = slice(max(row - 2, 0), row + 3), slice(max(column - 2, 0), column + 3)
        away = np.array([np.abs(sample[around] - suggested[picture][around]).mean() for sample in samples[picture]])
        weights = np.exp(-away / .1) / np.exp(-away / .1).sum()
        expected = .75 * weights @ samples[picture, :, row, column] + .25 * suggested[picture, row, column]
        expected = np.clip(expected, -1, 1)
        np.testing.assert_allclose(got[picture, row, column], expected, atol=.51 / 127.5)


def test_a_mean_of_equally_near_samples_is_as_colorful_as_they_are(monkeypatch):
    monkeypatch.setattr(consensus, '_SHARE', 0)
    red, yellow = (np.broadcast_to(np.float32(color), (1, 1, 4, 4, 3)) for color in ((.6, -.2, -.2), (.35, .15, -.35)))
    got = consensus.agree(tf.constant(np.concatenate([red, yellow], axis=1)), np.zeros((1, 4, 4, 3), np.float32))
    plain = (red + yellow)[:, 0] / 2

    def chroma(color):
        return np.linalg.norm(color - tf.image.rgb_to_grayscale(color), axis=-1).mean()

    assert chroma(plain) < .95 * chroma(red[:, 0])
    weights = np.array([chroma(red[:, 0]), chroma(yellow[:, 0])])
    assert weights.min() * .99 <= chroma(got.numpy()) <= weights.max() * 1.01


def test_the_suggestion_is_the_prior_in_a_stronger_color():
    got = consensus.suggestion(tf.fill([1, 4, 4, 1], 1.) * [.2, 0, -.1]).numpy()
    gray = tf.image.rgb_to_grayscale(tf.constant([.2, 0, -.1])).numpy()
    np.testing.assert_allclose(tf.image.rgb_to_grayscale(got), np.broadcast_to(gray, (1, 4, 4, 1)), atol=1e-3)
    away = got[0, 0, 0] - gray
    np.testing.assert_allclose(away / away[0], ([.2, 0, -.1] - gray) / (.2 - gray), atol=1e-3)
    assert np.abs(away).max() > np.abs([.2, 0, -.1] - gray).max()


def test_odd_samples_are_left_out():
    """A sample that is far from the prior's color does not show if another sample is near it."""
    near, odd = np.full((1, 1, 4, 4, 3), .1, np.float32), np.full((1, 1, 4, 4, 3), -.9, np.float32)
    together = consensus.agree(tf.constant(np.concatenate([odd, near, odd], axis=1)), tf.zeros([1, 4, 4, 3]))
    np.testing.assert_allclose(together, near[:, 0] / 2, atol=.51 / 127.5)  # halfway to the suggestion


def test_the_consensus_of_the_colorizer_is_made_of_its_samples():
    keras.utils.set_random_seed(0)
    colorizer = low_res_colorizer.LowResColorizer.from_preset('tiny')
    outlines, seeds = tf.random.stateless_uniform([2, 256, 256, 1], [0, 0]), tf.constant([3, 4], tf.int64)
    agreed = tf.function(colorizer.consensus, autograph=False)

    of_one = agreed(outlines, seeds, drafts=1)
    np.testing.assert_array_equal(of_one, tf.function(colorizer.sample)(outlines, seeds)[0])

    low_res = agreed(outlines, seeds, drafts=3)
    assert np.any(low_res != of_one)
    away = np.abs(low_res - of_one).mean(axis=(1, 2, 3))
    unlike = np.abs(of_one[0] - of_one[1]).mean()
    assert np.all((away > .1 * unlike) & (away < unlike)), 'the first of three samples does not share in the consensus'

import numpy as np
import tensorflow as tf
import tf_keras as keras

from models import low_res_colorizer
from models.low_res_colorizer import consensus


def test_every_pixel_comes_from_the_samples_that_are_nearest_around_it_and_from_the_prior(rng, monkeypatch):
    monkeypatch.setattr(consensus, '_NEARNESS', .1)
    monkeypatch.setattr(consensus, '_SHARE', .25)
    samples = np.repeat(np.float32(rng.uniform(-1, 1, (2, 5, 8, 8, 1))), 3, axis=-1)
    prior = np.repeat(np.float32(rng.uniform(-1, 1, (2, 8, 8, 1))), 3, axis=-1)  # gray, so its strength does not count
    got = consensus.agree(tf.constant(samples), prior).numpy()
    for picture, row, column in np.ndindex(got.shape[:3]):
        around = slice(max(row - 2, 0), row + 3), slice(max(column - 2, 0), column + 3)
        away = np.array([np.abs(sample[around] - prior[picture][around]).mean() for sample in samples[picture]])
        weights = np.exp(-away / .1) / np.exp(-away / .1).sum()
        expected = .75 * weights @ samples[picture, :, row, column] + .25 * prior[picture, row, column]
        np.testing.assert_allclose(got[picture, row, column], expected, atol=.51 / 127.5 + 1e-3)


def chroma(color):
    return np.linalg.norm(color - tf.image.rgb_to_grayscale(color), axis=-1).mean()


def test_a_mean_of_equally_near_samples_is_as_colorful_as_they_are():
    red, yellow = (np.broadcast_to(np.float32(color), (1, 1, 4, 4, 3)) for color in ((.6, -.2, -.2), (.35, .15, -.35)))
    prior = (red + yellow)[:, 0] / 2
    got = consensus.agree(tf.constant(np.concatenate([red, yellow], axis=1)), prior)
    assert chroma(prior) < .95 * chroma(red[:, 0])
    weights = np.array([chroma(red[:, 0]), chroma(yellow[:, 0])])
    assert weights.min() * .99 <= chroma(got.numpy()) <= weights.max() * 1.01


def test_a_sample_is_near_a_prior_of_the_same_color_that_is_duller():
    """Of a strong red and of gray, the red one is meant by a dull red."""
    strong, gray = (np.broadcast_to(np.float32(color), (1, 1, 4, 4, 3)) for color in ((.5, -.3, -.3), [-.06] * 3))
    dull = np.broadcast_to(np.float32([.26, -.2, -.2]), (1, 4, 4, 3))
    got = consensus.agree(tf.constant(np.concatenate([strong, gray], axis=1)), dull).numpy()
    assert chroma(got) > .9 * chroma(strong[:, 0])


def test_odd_samples_are_left_out():
    """A sample that is far from the prior's color does not show if another sample is near it."""
    near, odd = np.full((1, 1, 4, 4, 3), .1, np.float32), np.full((1, 1, 4, 4, 3), -.9, np.float32)
    together = consensus.agree(tf.constant(np.concatenate([odd, near, odd], axis=1)), tf.zeros([1, 4, 4, 3]))
    np.testing.assert_allclose(together, near[:, 0] / 2, atol=.51 / 127.5)  # halfway to the prior


def test_without_doubt_it_is_the_prior(rng):
    samples, prior = (tf.constant(rng.uniform(-.2, .2, shape), tf.float32) for shape in ((2, 3, 4, 4, 3), (2, 4, 4, 3)))
    samples += tf.constant([.8, 0, -.8])  # more colorful than the prior, so that they do not make it duller
    np.testing.assert_allclose(consensus.agree(samples, prior, 0.), prior, atol=.51 / 127.5)
    between = consensus.agree(samples, prior, tf.constant([0., 1.])[:, None, None, None])
    np.testing.assert_array_equal(between[0], consensus.agree(samples, prior, 0.)[0])
    np.testing.assert_array_equal(between[1], consensus.agree(samples, prior)[1])


def test_the_consensus_of_the_colorizer_is_made_of_its_samples():
    keras.utils.set_random_seed(0)
    colorizer = low_res_colorizer.LowResColorizer.from_preset('tiny')
    outlines, seeds = tf.random.stateless_uniform([2, 256, 256, 1], [0, 0]), tf.constant([3, 4], tf.int64)
    agreed = tf.function(lambda *args, **options: colorizer.consensus(*args, **options)['low_res'], autograph=False)

    of_one = agreed(outlines, seeds, drafts=1)
    np.testing.assert_array_equal(of_one, tf.function(colorizer.sample, autograph=False)(outlines, seeds)[0])

    low_res = agreed(outlines, seeds, drafts=3)
    assert np.any(low_res != of_one)
    away = np.abs(low_res - of_one).mean(axis=(1, 2, 3))
    unlike = np.abs(of_one[0] - of_one[1]).mean()
    assert np.all((away > .1 * unlike) & (away < unlike)), 'the first of three samples does not share in the consensus'

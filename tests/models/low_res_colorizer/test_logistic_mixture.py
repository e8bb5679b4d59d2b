import numpy as np
import pytest
import tensorflow as tf

from models.low_res_colorizer.logistic_mixture import LogisticMixture

MIXTURES = 3
PARAMETERS, NOISE = LogisticMixture.sizes(MIXTURES)


def _parameters(rng, *shape, spread=1.):
    return rng.normal(0, spread, (*shape, PARAMETERS)).astype(np.float32)


def _level(value):
    return np.asarray(value) / 127.5 - 1


def _channel(y, mean, log_scale):
    """Probability of level y of one logistic in float64: the mass of (y - 1/2, y + 1/2), tails to the edges."""
    scale = np.exp(np.maximum(log_scale, -7)) * 127.5
    above = 1. if y == 255 else 1 / (1 + np.exp(-(y + .5 - (mean + 1) * 127.5) / scale))
    below = 0. if y == 0 else 1 / (1 + np.exp(-(y - .5 - (mean + 1) * 127.5) / scale))
    return above - below


def _reference(parameters, levels, known=None):
    """Probability of the first len(levels) channels of one pixel: PixelCNN++, equations 1 to 3, in float64."""
    p = parameters.astype(np.float64)
    weights = np.exp(p[:MIXTURES]) / np.exp(p[:MIXTURES]).sum()
    total = 0.
    for weight, (*numbers,) in zip(weights, p[MIXTURES:].reshape(MIXTURES, 13), strict=True):
        means, log_scales, c, copying = np.split(np.array(numbers), [3, 6, 9])
        c, x = np.tanh(c), _level(levels)
        if known is not None:
            own, *shares = np.exp([0, *copying]) / np.exp([0, *copying]).sum()
            means, c = own * means + shares @ known, own * c
        shifts = [0., c[0] * x[0], c[1] * x[0] + c[2] * x[1] if len(x) > 1 else 0.]
        total += weight * np.prod([_channel(y, means[k] + shifts[k], log_scales[k]) for k, y in enumerate(levels)])
    return total


@pytest.mark.parametrize('levels', [(0, 0, 0), (255, 255, 255), (0, 255, 128), (17, 200, 255), (128, 127, 126)])
def test_matches_float64_reference(rng, levels):
    for parameters in _parameters(rng, 20):
        got = LogisticMixture(tf.constant(parameters)).log_prob(tf.constant(_level(levels), tf.float32))
        np.testing.assert_allclose(got, np.log(_reference(parameters, levels)), rtol=1e-3)


def test_with_known_colors_matches_float64_reference(rng):
    for parameters, known in zip(_parameters(rng, 20), rng.uniform(-1, 1, (20, 4, 3)), strict=True):
        mixture = LogisticMixture(tf.constant(parameters), tf.constant(known, tf.float32))
        got = mixture.log_prob(tf.constant(_level((17, 200, 255)), tf.float32))
        np.testing.assert_allclose(got, np.log(_reference(parameters, (17, 200, 255), known)), rtol=1e-3)


@pytest.mark.parametrize('which', [0, 1, 2, 3])
def test_copies_a_known_color_exactly(rng, which):
    parameters = _parameters(rng, 50).reshape(50, PARAMETERS)
    numbers = parameters[:, MIXTURES:].reshape(50, MIXTURES, 13)
    numbers[..., 3:6], numbers[..., 9 + which] = -7, 20
    known = np.float32(_level(rng.integers(0, 256, (50, 4, 3))))
    pixels = LogisticMixture(tf.constant(parameters), tf.constant(known)).sample(
        tf.fill([50, NOISE], .5), tf.zeros([50]))
    np.testing.assert_allclose(pixels, known[:, which], atol=1e-6)


def test_each_channel_sums_to_one(rng):
    blue = np.stack(np.broadcast_arrays(40, 220, np.arange(256)), -1)
    for parameters in _parameters(rng, 5):
        mixture = LogisticMixture(tf.constant(np.tile(parameters, (256, 1))))
        total = np.exp(mixture.log_prob(tf.constant(_level(blue), tf.float32)).numpy().astype(np.float64)).sum()
        np.testing.assert_allclose(total, _reference(parameters, (40, 220)), rtol=1e-4)


@pytest.mark.parametrize('spread', [1., 30., 1e4])
def test_finite_with_finite_gradients_at_any_scale(rng, spread):
    parameters = tf.constant(_parameters(rng, 500, spread=spread))
    pixels = tf.constant(_level(rng.choice([0, 1, 128, 254, 255], (500, 3))), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        log_prob = LogisticMixture(parameters).log_prob(pixels)
    assert np.isfinite(log_prob).all()
    assert np.isfinite(tape.gradient(log_prob, parameters)).all()


def test_samples_follow_the_probabilities_on_the_grid(rng):
    parameters = _parameters(rng, 1)
    noise = LogisticMixture.noise(tf.constant(rng.random((40_000, NOISE)), tf.float32))
    pixels = LogisticMixture(tf.constant(np.tile(parameters, (40_000, 1)))).sample(noise).numpy()
    levels = (pixels + 1) * 127.5
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)
    drawn = np.histogram(levels[:, 0], 8, (-.5, 255.5))[0] / len(levels)
    expected = [sum(_reference(parameters[0], (r,)) for r in range(32 * k, 32 * k + 32)) for k in range(8)]
    np.testing.assert_allclose(drawn, expected, atol=.01)


def test_temperature_zero_is_free_of_noise(rng):
    mixture = LogisticMixture(tf.constant(_parameters(rng, 6)))
    one, two = (mixture.sample(tf.constant(rng.random((6, NOISE)), tf.float32), 0.) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_a_sample_without_noise_is_the_mean_that_log_prob_expects():
    """Green follows red, and blue follows red and green, by the same coefficients in both (PixelCNN++, equation 3)."""
    means, coefficients = np.array([-.4, .1, .3]), np.array([.5, -.3, .2])
    component = np.concatenate([means, [-7] * 3, np.arctanh(coefficients), [0] * 4])
    parameters = tf.constant([0., *component], tf.float32)
    red, green, blue = LogisticMixture(parameters).sample(tf.fill([3], .5), 0.).numpy()
    grid = 1 / 127.5
    assert abs(red - means[0]) <= grid
    assert abs(green - (means[1] + coefficients[0] * red)) <= grid
    assert abs(blue - (means[2] + coefficients[1] * red + coefficients[2] * green)) <= grid
    every = np.tile(np.float32([red, green, blue]), (256, 1))
    for channel, sampled in ((1, green), (2, blue)):
        levels = every.copy()
        levels[:, channel] = _level(np.arange(256))
        likeliest = np.argmax(LogisticMixture(tf.tile(parameters[None], [256, 1])).log_prob(levels))
        assert abs(_level(likeliest) - sampled) <= 1.01 * grid

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models.low_res_colorizer import priors


@pytest.mark.parametrize('name', priors.PRIORS)
def test_training_brings_the_color_to_the_median_of_the_truth(name, rng):
    """Of three colors that are seen in turn, the color becomes each channel's middle one."""
    prior = priors.PRIORS[name]
    truth = tf.constant([[-.6, .1, .9], [-.1, .4, -.9], [.7, .6, .15]])
    outputs = tf.Variable(rng.normal(0, .1, (1, prior.SIZE)).astype(np.float32))
    optimizer = keras.optimizers.Adam(.05)
    optimizer.build([outputs])

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(prior(tf.repeat(outputs, 3, axis=0)).loss(truth))
        optimizer.apply_gradients([(tape.gradient(loss, outputs), outputs)])
        return loss

    losses = [step() for _ in range(400)]
    assert losses[-1] < .9 * losses[0]
    np.testing.assert_allclose(prior(outputs).color()[0], [-.1, .4, .15], atol=.17)  # bins and draws are coarse


@pytest.mark.parametrize('name', priors.PRIORS)
def test_shapes(name):
    prior = priors.PRIORS[name](tf.zeros([2, 4, 5, priors.PRIORS[name].SIZE]))
    assert prior.color().shape == (2, 4, 5, 3) and prior.loss(tf.zeros([2, 4, 5, 3])).shape == (2, 4, 5)
    assert np.all(np.abs(prior.color()) <= 1)


def test_the_coarse_loss_is_in_bits_and_the_color_in_the_bin_of_a_sure_network(rng):
    pixels = rng.uniform(-1, 1, (50, 3)).astype(np.float32)
    np.testing.assert_allclose(priors.Coarse(tf.zeros([50, priors.Coarse.SIZE])).loss(pixels), 3, rtol=1e-5)
    bins = np.minimum(((pixels + 1) * 4).astype(int), 7)
    sure = np.zeros((50, 8, 8, 8), np.float32)
    sure[(np.arange(50), *bins.T)] = 50
    prior = priors.Coarse(tf.constant(sure.reshape(50, -1)))
    np.testing.assert_allclose(prior.loss(pixels), 0, atol=1e-4)
    np.testing.assert_allclose(prior.color(), (bins + .5) / 4 - 1, atol=1e-3)

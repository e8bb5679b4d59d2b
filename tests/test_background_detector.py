import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import background, background_detector, presets, unet, weights


def test_masked_mean_is_over_the_masked_pixels_only():
    """Dividing by all pixels instead made the study's detector fail."""
    colour = np.zeros((1, 64, 64, 3), np.float32)
    mask = np.zeros((1, 64, 64, 1), np.float32)
    colour[:, :32, :32] = 200
    mask[:, :32, :32] = 1
    np.testing.assert_allclose(background.masked_mean(colour, mask), np.full((1, 1, 1, 3), 200), rtol=1e-4)


def test_masked_mean_of_empty_full_and_soft_masks(rng):
    colour = tf.constant(rng.uniform(-1, 1, (2, 8, 8, 3)), tf.float32)
    assert np.isfinite(background.masked_mean(colour, tf.zeros([2, 8, 8, 1]))).all()
    for mask in (tf.ones([2, 8, 8, 1]), tf.fill([2, 8, 8, 1], .25)):
        mean = background.masked_mean(colour, mask)[:, 0, 0]
        np.testing.assert_allclose(mean, colour.numpy().mean(axis=(1, 2)), atol=1e-5)


def test_composite_takes_the_fill_where_the_mask_is():
    mask = tf.constant([[[[1.], [0.]]]])
    picture = background.composite(tf.fill([1, 1, 2, 3], .5), tf.fill([1, 1, 1, 3], -.25), mask)
    np.testing.assert_array_equal(picture[0, 0, :, 0], [-.25, .5])


def test_loss_is_zero_where_background_is_its_mean_and_foreground_is_right(rng):
    mask = tf.constant(rng.random((3, 16, 16, 1)) < .5, tf.float32)
    colour = tf.constant(rng.uniform(-1, 1, (3, 16, 16, 3)), tf.float32)
    truth = background.composite(colour, tf.constant(rng.uniform(-1, 1, (3, 1, 1, 3)), tf.float32), mask)
    np.testing.assert_allclose(background_detector.composite_l1(truth, colour, mask), np.zeros(3), atol=1e-6)
    assert (background_detector.composite_l1(truth, colour, 1 - mask).numpy() > .1).all()


def test_unet_has_no_batch_norm_on_the_first_layer_nor_on_the_bottleneck():
    """On a 1x1 map at batch size 1 batch normalization returns its bias, whatever comes in."""
    network = unet.UNet(4, 8, 3, 32)
    one, two = tf.random.normal([1, 32, 32, 2]), tf.random.normal([1, 32, 32, 2])
    assert np.abs(network(one, training=True) - network(two, training=True)).max() > 1e-5
    normalized = [any(isinstance(part, keras.layers.BatchNormalization) for part in layer.layers)
                  for layer in network._down]
    assert normalized == [False, True, True, True, False]


def test_unet_names_a_size_it_cannot_take():
    with pytest.raises(ValueError, match='48x32 is no multiple of 32'):
        unet.UNet(4, 8, 3, 32)(tf.zeros([1, 48, 32, 1]))


def test_learns_without_labels_what_cannot_be_predicted(batch, panels):
    """The premise (paper, section 2): foreground colours recur, those of backgrounds are arbitrary."""
    keras.utils.set_random_seed(0)
    truth = np.stack([p.background for p in panels[:4]])

    def repainted(step):
        fill = tf.random.stateless_uniform([4, 1, 1, 3], tf.stack([0, step]), -1, 1)
        background_mask = tf.constant(truth[..., None], tf.float32)
        return {'outline': batch['outline'], 'colour': background.composite(batch['colour'], fill, background_mask)}

    model = weights.build(background_detector.BackgroundDetector, presets.PRESETS['tiny'])
    model.compile(keras.optimizers.Adam(5e-3, beta_1=.5))
    model.fit(tf.data.Dataset.range(80).map(repainted), verbose=0)
    mask = model.mask(batch['outline']).numpy()[..., 0] > .5
    np.testing.assert_array_equal(mask, model.mask(batch['outline']).numpy()[..., 0] > .5)
    assert (mask & truth).sum() / (mask | truth).sum() > .9


def test_gradients_reach_the_logits(batch):
    logits = tf.zeros([4, 256, 256, 2])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        mask = tf.nn.softmax(logits)[..., background_detector.BACKGROUND:]
        loss = background_detector.composite_l1(batch['colour'], tf.zeros_like(batch['colour']), mask)
    assert (np.abs(tape.gradient(loss, logits)) > 0).mean() > .5

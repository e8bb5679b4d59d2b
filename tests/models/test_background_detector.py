
import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import background_detector
from models.ops import background
from train import background_detector as train_background_detector


def test_masked_mean_is_over_the_masked_pixels_only():
    """Dividing by all pixels instead made the study's detector fail."""
    color = np.zeros((1, 64, 64, 3), np.float32)
    mask = np.zeros((1, 64, 64, 1), np.float32)
    color[:, :32, :32] = 200
    mask[:, :32, :32] = 1
    np.testing.assert_allclose(background.masked_mean(color, mask), np.full((1, 1, 1, 3), 200), rtol=1e-4)


def test_masked_median_passes_over_strays_and_counts_by_the_mask(rng):
    color = rng.uniform(-1, 1, (2, 9, 9, 3)).astype(np.float32)
    mask = np.zeros((2, 9, 9, 1), np.float32)
    mask[:, :3, :5] = 1
    median = background.masked_median(tf.constant(color), tf.constant(mask))
    np.testing.assert_allclose(median[:, 0, 0], np.median(color[:, :3, :5].reshape(2, 15, 3), axis=1), atol=1e-6)
    color[:, :3, :5] = .5
    color[:, :3, :2] = -1  # six of fifteen, fewer than half
    np.testing.assert_array_equal(background.masked_median(tf.constant(color), tf.constant(mask)), np.full(
        (2, 1, 1, 3), .5, np.float32))
    mask[:, :3, 2:5] = .1  # now they have six of 6.9
    np.testing.assert_array_equal(background.masked_median(tf.constant(color), tf.constant(mask)), np.full(
        (2, 1, 1, 3), -1, np.float32))
    np.testing.assert_array_equal(background.masked_median(tf.constant(color), tf.zeros_like(mask)), np.zeros(
        (2, 1, 1, 3), np.float32))


def test_masked_mean_of_empty_full_and_soft_masks(rng):
    color = tf.constant(rng.uniform(-1, 1, (2, 8, 8, 3)), tf.float32)
    assert np.isfinite(background.masked_mean(color, tf.zeros([2, 8, 8, 1]))).all()
    for mask in (tf.ones([2, 8, 8, 1]), tf.fill([2, 8, 8, 1], .25)):
        mean = background.masked_mean(color, mask)[:, 0, 0]
        np.testing.assert_allclose(mean, color.numpy().mean(axis=(1, 2)), atol=1e-5)


def test_composite_takes_the_fill_where_the_mask_is():
    mask = tf.constant([[[[1.], [0.]]]])
    picture = background.composite(tf.fill([1, 1, 2, 3], .5), mask * -.25, mask)
    np.testing.assert_array_equal(picture[0, 0, :, 0], [-.25, .5])


def test_loss_is_zero_where_background_is_its_mean_and_foreground_is_right(rng):
    mask = tf.constant(rng.random((3, 16, 16, 1)) < .5, tf.float32)
    color = tf.constant(rng.uniform(-1, 1, (3, 16, 16, 3)), tf.float32)
    truth = background.composite(color, mask * tf.constant(rng.uniform(-1, 1, (3, 1, 1, 3)), tf.float32), mask)
    np.testing.assert_allclose(background_detector.composite_l1(truth, color, mask), np.zeros(3), atol=1e-6)
    assert (background_detector.composite_l1(truth, color, 1 - mask).numpy() > .1).all()


def test_background_weight_counts_the_errors_of_the_background_only(rng):
    mask = tf.constant(rng.random((3, 16, 16, 1)) < .5, tf.float32)
    truth, color = (tf.constant(rng.uniform(-1, 1, (3, 16, 16, 3)), tf.float32) for _ in range(2))
    filled = background.fill(truth, mask, 'mean')
    behind, front = (np.abs(m * (x - truth)).mean(axis=(1, 2, 3)) for m, x in ((mask, filled), (1 - mask, color)))
    np.testing.assert_allclose(background_detector.composite_l1(truth, color, mask, background_weight=1.5),
                               1.5 * behind + front, rtol=1e-5)


def test_learns_without_labels_what_cannot_be_predicted(batch, panels):
    """The premise (paper, section 2): foreground colors recur, those of backgrounds are arbitrary."""
    keras.utils.set_random_seed(0)
    truth = np.stack([p.background for p in panels[:4]])

    def repainted(step):
        fill = tf.random.stateless_uniform([4, 1, 1, 3], tf.stack([0, step]), -1, 1)
        background_mask = tf.constant(truth[..., None], tf.float32)
        painted = background.composite(batch['color'], background_mask * fill, background_mask)
        return batch | {'color': painted, 'seeds': tf.stack([[tf.cast(step, tf.int32), k] for k in range(4)])}

    model = background_detector.BackgroundDetector.from_preset('tiny')
    model.compile(keras.optimizers.Adam(5e-3, beta_1=.5))
    model.fit(tf.data.Dataset.range(80).map(repainted), verbose=0)
    mask = model.masks(batch['outline']).numpy()[..., 0] > .5
    np.testing.assert_array_equal(mask, model.masks(batch['outline']).numpy()[..., 0] > .5)
    assert (mask & truth).sum() / (mask | truth).sum() > .9


@pytest.mark.parametrize('straight_through', [False, True])
@pytest.mark.parametrize('variant', [{}, {'background_model': 'regions'}, {'predicts_colors': False}], ids=str)
def test_gradients_reach_the_choice_in_every_variant(batch, variant, straight_through):
    keras.utils.set_random_seed(0)
    model = background_detector.BackgroundDetector.from_preset('tiny', **variant)
    model.compile(keras.optimizers.SGD(1.), straight_through=straight_through)
    before = model.trainable_variables[-1].numpy()  # the bias of the last layer: first the choice, then colors
    report = model.train_step({**batch, 'foreground': tf.zeros_like(batch['color'])})
    choices = 1 + background.MODELS[model.config.background_model][0]
    assert (model.trainable_variables[-1].numpy() != before)[:choices].all()
    assert np.isfinite(list(report.values())).all()


def test_plane_recovers_a_gradient_from_part_of_it(rng):
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    gradient = (.2 + x[..., None] * [.3, -.2, 0] + y[..., None] * [.1, 0, -.4]).astype(np.float32)[None]
    mask = tf.constant(rng.random((1, 32, 32, 1)) < .3, tf.float32)
    seen = background.composite(tf.ones([1, 32, 32, 3]), mask * gradient, mask)  # white where it is not the background
    np.testing.assert_allclose(background.masked_plane(seen, mask), gradient, atol=2e-3)
    np.testing.assert_allclose(background.fill(seen, mask, 'plane'), mask * gradient, atol=2e-3)


def test_plane_recovers_a_gradient_from_a_slanted_strip():
    """Positions in a slanted strip are correlated, so the mixed term of the least squares counts."""
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    gradient = (.2 + x[..., None] * [.3, -.2, 0] + y[..., None] * [.1, 0, -.4]).astype(np.float32)[None]
    strip = tf.constant((np.abs(x - y) < .3)[None, ..., None], tf.float32)
    np.testing.assert_allclose(background.masked_plane(gradient, strip), gradient, atol=.01)


def test_plane_of_too_few_pixels_is_their_mean(rng):
    color = tf.constant(rng.uniform(-1, 1, (1, 16, 16, 3)), tf.float32)
    pixel = np.zeros((1, 16, 16, 1), np.float32)
    np.testing.assert_array_equal(background.masked_plane(color, pixel), np.zeros((1, 16, 16, 3)))
    pixel[0, 3, 5] = 1
    expected = np.broadcast_to(color[:, 3:4, 5:6], (1, 16, 16, 3))
    np.testing.assert_allclose(background.masked_plane(color, pixel), expected, atol=1e-4)


def test_regions_have_their_own_means():
    color = np.zeros((1, 4, 4, 3), np.float32)
    color[:, :2], color[:, 2:] = .5, -.5
    masks = np.zeros((1, 4, 4, 3), np.float32)
    masks[:, :2, :, 0], masks[:, 2:, :, 1] = 1, 1
    np.testing.assert_allclose(background.fill(tf.constant(color), tf.constant(masks), 'regions'), color, atol=1e-5)


def test_intersection_over_union():
    mask, truth = np.zeros((2, 2, 2, 1), np.float32), np.zeros((2, 2, 2, 1), np.float32)
    mask[0, 0], truth[0, :, 0] = 1, 1
    np.testing.assert_allclose(background.intersection_over_union(mask, truth), [1 / 3, 1])


def test_masks_of_a_picture_do_not_depend_on_its_batch(batch):
    keras.utils.set_random_seed(0)
    model = background_detector.BackgroundDetector.from_preset('tiny')
    model.compile(keras.optimizers.Adam(5e-3))
    model.train_step(batch)
    together = model.masks(batch['outline'])
    variables = [v.numpy() for v in model.variables]
    alone = tf.concat([model.masks(batch['outline'][k:k + 1]) for k in range(4)], axis=0)
    assert np.mean(alone != together) < 1e-3  # rounding may decide where both choices are equally good
    for before, after in zip(variables, model.variables, strict=True):
        np.testing.assert_array_equal(before, after)


def test_choices_become_harder_in_training(batch):
    """The temperature falls from 1 to 0.5, so the relaxed choices come nearer to 0 or 1 (1611.01144)."""
    assert background_detector.temperature(0).numpy() == 1
    assert .6 < background_detector.temperature(1000).numpy() < .8
    assert background_detector.temperature(100_000).numpy() == .5
    model = background_detector.BackgroundDetector.from_preset('tiny')
    model.compile(keras.optimizers.SGD(0.))
    early = model.train_step(batch)['composite_l1']
    model.optimizer.iterations.assign(100_000)
    late = model.train_step(batch)['composite_l1']
    assert early != late  # the weights and the noise are the same


def test_validation_measures_the_mask_where_the_truth_is_known(batch, panels):
    model = background_detector.BackgroundDetector.from_preset('tiny')
    model.compile(keras.optimizers.Adam())
    truth = np.stack([panel.background for panel in panels[:4]])[..., None].astype(np.float32)
    truth[1] = -1
    logits = tf.one_hot(tf.cast(np.abs(truth[..., 0]), tf.int32), 2)
    model.call = lambda outline, training=False: (logits, tf.zeros_like(batch['color']))
    report = model.test_step({**batch, 'background': tf.constant(truth)})
    np.testing.assert_allclose(report['background_iou'], 1, atol=1e-5)
    assert report['composite_l1'] < min(report['foreground_l1'], report['background_l1'])


@pytest.mark.parametrize('share, warns', [(.001, True), (.999, True), (.4, False)])
def test_warns_of_a_collapsed_mask(share, warns, caplog):
    train_background_detector.WarnOfCollapse().on_epoch_end(0, {'val_background_share': share})
    assert ('collapsed' in caplog.text) == warns

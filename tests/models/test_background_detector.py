import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import background_detector
from models.ops import background
from train import background_detector as train_background_detector


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
    early, again = (model.train_step(batch)['composite_l1'] for _ in range(2))
    model.optimizer.iterations.assign(100_000)
    late = model.train_step(batch)['composite_l1']
    # The weights and the noise are the same in all three steps.
    np.testing.assert_allclose(again, early, atol=1e-5)
    assert abs(late - early) > 1e-3


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

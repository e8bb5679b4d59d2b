import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from models import low_res_colorizer
from models.low_res_colorizer import references

SIDE, KEY = 4, 8
RED, BLUE = (.8, -.6, -.6), (-.6, -.4, .8)


@pytest.fixture(scope='module')
def matching():
    layer = references.Matching(filters=8, key_size=KEY)
    layer(tf.zeros([1, SIDE, SIDE, 3]))
    return layer


def _keys(*numbers):
    """One picture, whose upper half has the key of the first number and whose lower half that of the second."""
    halves = np.repeat(np.eye(KEY, dtype=np.float32)[list(numbers)], SIDE * SIDE // 2, axis=0)
    return tf.constant(halves.reshape(1, SIDE, SIDE, KEY))


def _colors(upper, lower):
    return tf.constant(np.repeat(np.float32([upper, lower]), SIDE * SIDE // 2, axis=0).reshape(1, SIDE, SIDE, 3))


def _matched(matching, keys, *places):
    looked = matching.look(references.flat(keys), references.flat(tf.stack(places, axis=1)))
    return matching.matched(looked, keys).numpy()[0], looked


def test_a_place_takes_the_color_of_what_it_recognizes(matching):
    sheet = references.encode(_keys(0, 1), _colors(RED, BLUE))
    matched, looked = _matched(matching, _keys(1, 2), sheet)
    np.testing.assert_allclose(matched[:2], np.broadcast_to(np.append(BLUE, 1) * matched[:2, :, 3:], (2, SIDE, 4)),
                               atol=1e-3)
    assert np.all(matched[:2, :, 3] > .8) and np.all(matched[2:, :, 3] < .1)  # the other key is not in the sheet
    assert np.all(looked.best.numpy()[0, :8] >= 8)


def test_what_is_absent_tells_nothing_and_does_not_matter(matching):
    sheet = references.encode(_keys(0, 1), _colors(RED, BLUE))
    nothing = references.absent(_keys(0, 1))[:, 0]
    np.testing.assert_array_equal(_matched(matching, _keys(0, 1), nothing)[0], 0)
    np.testing.assert_allclose(_matched(matching, _keys(0, 1), sheet, nothing)[0],
                               _matched(matching, _keys(0, 1), sheet)[0], atol=1e-5)


def test_references_that_differ_leave_doubt_and_more_weight_wins(matching):
    red, blue = (references.encode(_keys(0, 0), _colors(color, color)) for color in (RED, BLUE))
    agreed, torn = (_matched(matching, _keys(0, 0), red, other)[0][0, 0, 3] for other in (red, blue))
    assert agreed > 2 * torn
    hinted = references.encode(_keys(0, 0), _colors(BLUE, BLUE), references.HINTED)
    color = _matched(matching, _keys(0, 0), red, hinted)[0][0, 0]
    apart = [np.abs(color[:3] / color[3] - of).max() for of in (BLUE, RED)]
    assert apart[0] < .3 * apart[1]


def test_joined_in_parts_is_as_seen_at_once(matching, rng):
    keys, *places = (tf.math.l2_normalize(tf.constant(rng.normal(size=(1, SIDE, SIDE, KEY)), tf.float32), -1)
                     for _ in range(3))
    places = [references.encode(of, tf.constant(rng.uniform(-1, 1, (1, SIDE, SIDE, 3)), tf.float32)) for of in places]
    whole, some, others = (matching.look(references.flat(keys), references.flat(tf.stack(of, axis=1)))
                           for of in (places, places[:1], places[1:]))
    joined = references.join(some, others, first=SIDE * SIDE)
    np.testing.assert_array_equal(joined.best, whole.best)
    np.testing.assert_allclose(matching.matched(joined, keys), matching.matched(whole, keys), atol=1e-5)


def test_the_loss_teaches_what_is_alike(rng):
    """Keys learn which of many features tells the color."""
    keras.utils.set_random_seed(0)
    layer, optimizer = references.Matching(filters=16, key_size=KEY), keras.optimizers.Adam(1e-2)

    def picture():
        kind = rng.integers(0, 2, (16, SIDE, SIDE))
        noise = rng.normal(size=(16, SIDE, SIDE, 1))
        shown = np.concatenate([2. * kind[..., None], noise], axis=-1)
        return tf.constant(shown, tf.float32), tf.constant(np.float32([RED, BLUE])[kind])

    def loss():
        (features, color), (others, their_color) = picture(), picture()
        places = references.flat(references.encode(layer(others), their_color))
        return tf.reduce_mean(layer.loss(references.flat(layer(features)), references.flat(color), places))

    values = []
    for _ in range(50):
        with tf.GradientTape() as tape:
            values.append(loss())
        gradients = zip(tape.gradient(values[-1], layer.trainable_variables), layer.trainable_variables, strict=True)
        optimizer.apply_gradients([pair for pair in gradients if pair[0] is not None])
    assert np.mean(values[-10:]) < np.mean(values[:10]) - .2


def test_training_takes_references_of_the_same_group():
    keys, count = _keys(0, 1), 64
    seeds = tf.stack([tf.zeros(count, tf.int32), tf.range(count)], axis=1)
    group, known = np.arange(count) // 4 * 4, np.arange(count) % 8 < 4
    group[5] = 99  # alone in its group
    color = np.broadcast_to(np.arange(count)[:, None, None, None], (count, SIDE, SIDE, 3))  # tells the picture
    places, sees = references.random(seeds, tf.constant(group), tf.constant(known), tf.tile(keys, [count, 1, 1, 1]),
                                     tf.constant(color, tf.float32))
    places = tf.reshape(places, [count, 3, -1, KEY + 4]).numpy()
    there, number = places[..., -1] > references.ABSENT, np.int32(places[..., 0, -4])
    assert np.all(there == there[..., :1]) and np.all(number != np.arange(count)[:, None])
    alike, there = group[number] == group[:, None], there[..., 0]
    assert np.all(there[alike]) and .6 < alike.mean() < .98  # most, but not all
    assert .02 < (there & ~alike).mean() < .3  # a few see another group
    sees = sees.numpy().ravel()
    assert .5 < sees[known].mean() < .9 and np.all(sees[~known] == 1)


@pytest.mark.parametrize('right', [True, False])
def test_confidence_learns_whether_references_tell_the_color(right, rng):
    layer = references.Matching(filters=8, key_size=KEY)
    layer(tf.zeros([1, SIDE, SIDE, 3]))
    keys = tf.math.l2_normalize(tf.constant(rng.normal(size=(2, SIDE, SIDE, KEY)), tf.float32), -1)
    true = tf.tile(_colors(RED, RED), [2, 1, 1, 1])
    places = references.flat(references.encode(keys, true if right else -true))
    optimizer, weights, sure = keras.optimizers.Adam(.05), layer._correction.trainable_variables, []
    for _ in range(10):
        with tf.GradientTape() as tape:
            matched = layer.matched(layer.look(references.flat(keys), places), keys)
            loss = tf.reduce_mean(layer.loss_of_confidence(matched, true))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        sure.append(float(tf.reduce_mean(matched[..., 3])))
    assert sure[-1] > sure[0] if right else sure[-1] < sure[0] - .1


def test_hues_of_whole_runs_are_rotated(rng):
    seeds = tf.stack([tf.zeros(120, tf.int32), tf.range(120)], axis=1)
    color = tf.tile(tf.reshape(tf.constant([[.5, -.2, -.3], [.1, .1, .1]]), [1, 1, 2, 3]), [120, 1, 1, 1])
    turned, known = references.turn(seeds, color, tf.constant([True] * 116 + [False] * 4))
    known, same = known.numpy(), (np.abs(turned - color) < 1e-6).all(axis=(1, 2, 3))
    assert np.all(known[:116].reshape(-1, 4) == known[:116:4, None]) and .4 < known.mean() < .9
    assert not known[116:].any()
    np.testing.assert_array_equal(known[:116], same[:116])
    np.testing.assert_allclose(turned[:, 0, 1], color[:, 0, 1], atol=1e-6)  # gray stays gray
    apart = np.abs(turned[:, 0, 0] - color[:, 0, 0]).max(axis=-1)
    assert len(np.unique(apart[~known].round(4))) > 5
    np.testing.assert_allclose(np.sum(turned[:, 0, 0], axis=-1), 0, atol=1e-5)


def test_a_quarter_of_the_places_with_their_colors(rng):
    keys, color = (tf.constant(rng.normal(size=(3, SIDE, SIDE, size)), tf.float32) for size in (KEY, 3))
    some_keys, some_colors = references.some(tf.constant([[0, k] for k in range(3)]), keys, color)
    assert some_keys.shape == (3, SIDE * SIDE // 4, KEY)
    for k in range(3):
        all_keys = references.flat(keys)[k].numpy()
        places = [int(np.flatnonzero((all_keys == key).all(axis=1))[0]) for key in some_keys[k].numpy()]
        np.testing.assert_array_equal(some_colors[k], references.flat(color)[k].numpy()[places])
        assert np.all(np.diff(places[:2]) == 2)


@pytest.fixture(scope='module')
def colorizer():
    """An untrained colorizer that only recognizes what is nearly the same."""
    keras.utils.set_random_seed(0)
    made = low_res_colorizer.LowResColorizer.from_preset('tiny')
    made.matching._scale.assign(500.)
    return made


@pytest.fixture
def pictures(rng):
    """Three drawings, of which the first and the last are the same; seeds, and colors."""
    outlines = np.float32(rng.random((3, 256, 256, 1)) < .1)
    outlines[2] = outlines[0]
    color = np.float32(rng.choice([-.7, .7], (3, 4, 4, 3))).repeat(8, axis=1).repeat(8, axis=2)
    return tf.constant(outlines), tf.constant([3, 4, 5], tf.int64), tf.constant(color)


def test_colors_follow_the_reference_of_the_same_drawing(colorizer, pictures):
    outlines, seeds, color = pictures
    sheet = references.encode(colorizer.keys(outlines), color)[:1]
    consensus = tf.function(colorizer.consensus, autograph=False)
    plain = consensus(outlines, seeds)['low_res']
    given = consensus(outlines, seeds, references=tf.tile(sheet[:, None], [3, 1, 1, 1, 1]))
    apart = [np.abs(of - color[0]).mean(axis=(1, 2, 3)) for of in (plain, given['low_res'])]
    assert np.all(apart[1][[0, 2]] < .3 * apart[0][[0, 2]])
    assert given['match'].shape == given['match_confidence'].shape == (3, 32, 32)
    np.testing.assert_array_equal(given['match'][0][given['match'][0] >= 0] // 1024, 0)


def test_a_chapter_takes_over_colors_in_order(colorizer, pictures):
    outlines, seeds, _ = pictures
    consensus = tf.function(colorizer.consensus, autograph=False)
    plain = consensus(outlines, seeds)['low_res'].numpy()
    together = consensus(outlines, seeds, chapter=tf.constant([7, 0, 7], tf.int64))
    low_res = together['low_res'].numpy()
    np.testing.assert_array_equal(low_res[:2], plain[:2])  # the first, and one that is in no chapter
    assert np.abs(low_res[2] - low_res[0]).mean() < .3 * np.abs(plain[2] - plain[0]).mean()
    assert set(np.unique(together['match'][2].numpy() // 1024)) <= {-1, 0}  # picture 0
    np.testing.assert_array_equal(together['reference'][..., -4:-1], low_res)


def test_hints_count_more_for_those_after(colorizer, pictures):
    outlines, seeds, _ = pictures
    hints = np.zeros((3, 32, 32, 4), np.float32)
    hints[0, :8] = [.5, -.5, .25, 1]
    consensus = tf.function(colorizer.consensus, autograph=False)
    result = consensus(outlines, seeds, hints=tf.constant(hints), chapter=tf.constant([1, 1, 1], tf.int64))
    weight = result['reference'][..., -1].numpy()
    np.testing.assert_allclose(weight[0, :8], references.HINTED)
    np.testing.assert_allclose(weight[0, 8:], references.PREVIOUS)
    np.testing.assert_allclose(result['low_res'][0, :8], np.broadcast_to([.5, -.5, .25], (8, 32, 3)), atol=.51 / 127.5)


@pytest.mark.parametrize('only, reported', [('matching', {'match_bits'}), ('colors', {'bits_per_dim', 'prior_l1'}),
                                            (None, {'match_bits', 'bits_per_dim', 'prior_l1'})])
def test_the_matching_and_all_else_can_be_trained_alone(batch, only, reported):
    model = low_res_colorizer.LowResColorizer.from_preset('tiny')
    model.compile(keras.optimizers.SGD(.1), only=only)
    before = {id(variable): variable.numpy() for variable in model.variables}
    values = model.train_step(batch)
    own = model.matching_network.variables + model.matching.variables
    others = [variable for variable in model.variables if id(variable) not in {id(one) for one in own}]
    changed = [[np.any(of.numpy() != before[id(of)]) for of in group] for group in (own, others)]
    assert [any(of) for of in changed] == [only != 'colors', only != 'matching']
    assert set(values) == {'loss'} | reported


def test_unknown_colors_count_only_where_references_tell_them(batch, monkeypatch):
    """No picture has references here, so what has unknown colors teaches the prior nothing."""
    monkeypatch.setattr(references, '_TURNED', 0.)
    monkeypatch.setattr(references, '_STRANGE', 0.)
    model = low_res_colorizer.LowResColorizer.from_preset('tiny')
    changed = []
    for known in (True, False):
        model.compile(keras.optimizers.SGD(.1))
        before = [variable.numpy() for variable in model._prior_head.variables]
        model.train_step(batch | {'group': tf.range(4, dtype=tf.int64), 'known': tf.fill([4], known)})
        changed.append(any(np.any(of.numpy() != b) for of, b in zip(model._prior_head.variables, before, strict=True)))
    assert changed == [True, False]

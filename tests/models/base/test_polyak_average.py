import numpy as np
import tensorflow as tf

from models.base.polyak_average import DECAY, PolyakAverage


def test_the_average_follows_its_definition():
    variable, step = tf.Variable(1.), tf.Variable(0, dtype=tf.int64)
    average, expected = PolyakAverage([variable], step), 1.
    for number in (1, 2, 50, 10 ** 6):
        step.assign(number)
        variable.assign_add(number)
        average.update()
        decay = min(DECAY, (1 + number) / (10 + number))
        expected = decay * expected + (1 - decay) * variable.numpy()
        np.testing.assert_allclose(average.variables[0], expected, rtol=1e-4)
    assert .999 < DECAY < 1


def test_the_average_takes_the_place_of_the_variables_within_a_block():
    variable = tf.Variable(1.)
    average = PolyakAverage([variable], tf.Variable(100))
    variable.assign(3.)
    with average.applied():
        assert variable.numpy() == 1
    assert variable.numpy() == 3 and average.variables[0].numpy() == 1

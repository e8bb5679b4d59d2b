import json

import tensorflow as tf

from eval.benchmarks import timing


def test_an_entry_has_the_promised_form(capsys):
    seconds = timing.measure({'one': (tf.function(lambda x: x + 1), tf.zeros([]))})
    assert 0 < seconds['one'] < 1
    timing.report('sampling.cached_xla.batch1', .08104, 'sampling.forward.batch1', .0202)
    assert json.loads(capsys.readouterr().out) == {
        'name': 'sampling.cached_xla.batch1', 'seconds': .08104, 'per': 'sampling.forward.batch1', 'ratio': 4.012}

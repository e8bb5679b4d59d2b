import types

import numpy as np
import pytest

from eval.evaluation import held_out_sets, metrics, reference_figures

SIZE = 64
TRUTH, GUESS = np.uint8([200, 100, 50]), np.uint8([100, 100, 100])


def _example(name, story, shows=(), background=None):
    white = np.full((SIZE, SIZE), 255, np.uint8)
    truth = np.full((SIZE, SIZE, 3), TRUTH, np.uint8)
    return held_out_sets.Example(name, white, white, truth, background, story, frozenset(shows))


@pytest.fixture
def examples():
    """A story of four pictures, of which the last shows what the first shows; and a story of one."""
    half = np.zeros((SIZE, SIZE), bool)
    half[:SIZE // 2] = True
    return [_example('a', 'one', {1, 2}, half), _example('b', 'one', {3}), _example('c', 'one', {2}),
            _example('d', 'one', {1, 2, 4}), _example('e', 'two', {1, 2})]


def test_references_show_what_the_picture_shows_and_are_of_its_story(examples):
    assert reference_figures.references_of(0, examples, 1) == [3]
    assert set(reference_figures.references_of(0, examples, 16)) == {1, 2, 3}
    assert reference_figures.references_of(4, examples, 4) == []
    assert reference_figures.references_of(0, examples, 2) == reference_figures.references_of(0, examples, 2)
    assert reference_figures.strangers_of(0, examples, 4) == [4]
    assert len(reference_figures.strangers_of(4, examples, 3)) == 3


def test_figures_by_number_of_references_and_of_strangers(examples):
    """The system stands for one that knows half of the picture with a reference, and all of it with two."""

    def colorize(drawings, seeds, temperature, references=None):
        assert drawings.shape == (1, SIZE, SIZE)
        known = 0 if references is None else references.shape[1]
        low_res = np.full((1, 8, 8, 3), GUESS, np.uint8)
        low_res[:, 8 - 4 * known:] = TRUTH
        return {'image': low_res.repeat(8, axis=1).repeat(8, axis=2), 'low_res': low_res}

    system = types.SimpleNamespace(colorize=colorize,
                                   encode_references=lambda drawings, colors: np.zeros((1, 8, 8, 5), np.float32))
    rows = reference_figures.ReferenceFigures(system, [0, 1, 2]).rows('flat', examples, 1.)
    table = metrics.means(rows, 'references', reference_figures.FIGURES)['flat']
    whole = np.abs(TRUTH - np.float32(GUESS)).mean() / 127.5
    assert table['0']['comic']['l1_32'] == pytest.approx(whole, abs=1e-3) == table['0']['comic']['l1']
    assert table['1']['comic']['l1_32'] == pytest.approx(whole / 2, abs=1e-3)
    assert table['2']['comic']['l1_32'] == pytest.approx(0, abs=1e-3)
    assert table['0']['comic']['foreground_l1_32'] == pytest.approx(whole, abs=1e-3)  # of the one whose mask is known
    assert table['1']['comic']['foreground_l1_32'] == pytest.approx(0, abs=1e-3)  # the lower half
    assert {(row['picture'], row['system']) for row in rows if row['references'] == 1} == {
        *((name, system) for name in 'abcd' for system in ('comic', 'comic_strangers')), ('e', 'comic_strangers')}
    assert [row['system'] for row in rows if row['references'] == 0] == ['comic'] * 5

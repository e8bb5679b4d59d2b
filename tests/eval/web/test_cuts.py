"""Panels that the artist corrects."""

import numpy as np
import pytest

from data_pipeline.common import errors
from eval.web import cuts

PAGE = cuts.whole(np.zeros((100, 60, 3), np.uint8))


def _boxes(panels):
    return [(one.panel.box, one.number, one.sample) for one in panels]


def test_a_cut_makes_two_panels_and_the_others_keep_their_seeds():
    two = cuts.split(PAGE, 0, (30, 40), is_across=True)
    assert _boxes(two) == [((0, 0, 40, 60), 1, 1), ((40, 0, 100, 60), 2, 1)]
    three = cuts.split([two[0]._replace(sample=3), two[1]], 0, (20, 10), is_across=False)
    assert _boxes(three) == [((0, 0, 40, 20), 1, 3), ((0, 20, 40, 60), 3, 1), ((40, 0, 100, 60), 2, 1)]


def test_joined_panels_keep_the_seed_of_the_chosen_one_and_the_place_of_the_first():
    two = cuts.split(PAGE, 0, (30, 40), is_across=True)
    assert _boxes(cuts.merge(two, 1, 0)) == [((0, 0, 100, 60), 2, 1)]
    with pytest.raises(errors.UserError, match='chosen already'):
        cuts.merge(two, 1, 1)


def test_a_slanted_panel_is_cut_along_its_own_edges():
    slanted = [PAGE[0]._replace(panel=PAGE[0].panel._replace(polygon=np.int32([[0, 0], [60, 0], [60, 60], [0, 100]])))]
    first, second = cuts.split(slanted, 0, (30, 40), is_across=True)
    assert second.panel.polygon[:, 1].max() == 100 and [60, 60] in second.panel.polygon.tolist()
    assert first.panel.box == (0, 0, 40, 60)


@pytest.mark.parametrize('at', [(30, 3), (30, 99)])
def test_a_cut_at_the_edge_is_refused(at):
    with pytest.raises(errors.UserError, match='too near'):
        cuts.split(PAGE, 0, at, is_across=True)

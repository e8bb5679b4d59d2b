import dataclasses

import numpy as np
import pytest

from eval.evaluation import held_out_sets, hint_points


@pytest.fixture
def example():
    """A picture of random colors, whose upper half is full of ink."""
    colors = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    lines = np.full((64, 64), 255, np.uint8)
    lines[:32] = 100
    return held_out_sets.Example('one', lines, lines, colors)


def _where(dots):
    """The squares that are hints: bool [S / 2, S / 2]."""
    squares = dots[..., 3].reshape(32, 2, 32, 2)
    assert np.isin(squares.sum(axis=(1, 3)), (0, 4 * 255)).all()
    return squares[:, 0, :, 0] > 0


def test_points_have_the_true_colors_and_lie_off_the_lines(example):
    for count in (0, 1, 5, 50):
        dots = hint_points.points(example, count)
        where = _where(dots)
        assert where.sum() == count and not where[:16].any()
        assert (dots[::2, ::2][where][:, :3] == example.truth[::2, ::2][where]).all()
        assert (dots[::2, ::2][~where] == 0).all()


def test_fewer_points_are_the_first_of_more_and_each_picture_has_its_own(example):
    fewer, more = (_where(hint_points.points(example, count)) for count in (5, 20))
    assert (more[fewer]).all()
    other = dataclasses.replace(example, name='another')
    assert (_where(hint_points.points(other, 5)) != fewer).any()
    np.testing.assert_array_equal(_where(hint_points.points(example, 5)), fewer)


def test_a_picture_full_of_lines_has_points_as_well(example):
    assert _where(hint_points.points(example, 32 * 16 + 3))[:16].sum() == 3

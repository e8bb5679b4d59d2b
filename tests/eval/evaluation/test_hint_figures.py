import types

import numpy as np
import pytest
import tensorflow as tf

from eval.evaluation import held_out_sets, hint_figures, metrics
from models.ops import hints as hints_ops
from models.ops import resize

SIZE = 64
TRUTH, GUESS = np.uint8([200, 100, 50]), np.float32([-.5, 0, .5])


@pytest.fixture
def colorizer():
    """Stands for a `ComicColorizer`: it knows the truth if it sees a hint, and guesses one color if not."""

    def colorize(outline, seeds, temperature, background_color, hints):
        seen = tf.cast(tf.reduce_any(hints[..., 3] > 0, axis=[1, 2]), tf.float32)[:, None, None, None]
        image = tf.broadcast_to(seen * (TRUTH / np.float32(127.5) - 1) + (1 - seen) * GUESS, [*outline.shape[:3], 3])
        return {'image': image, 'low_res': resize.low_resolution(image, 8)}

    def spread(hints, outline):
        return hints_ops.spread(hints_ops.from_pixels(hints), outline)

    return types.SimpleNamespace(colorize=colorize, spread=spread, low_res_size=8)


@pytest.fixture
def batch():
    """Two pictures of one color, one without lines and one with a line in the middle."""
    white, line = (np.full((SIZE, SIZE), 255, np.uint8) for _ in range(2))
    line[:, 30:34] = 0
    return [held_out_sets.Example(name, drawing, drawing, np.uint8(TRUTH * (drawing[..., None] / 255)))
            for name, drawing in (('a', white), ('b', line))]


def test_figures_by_number_with_and_without_the_network(colorizer, batch):
    pix2pix = types.SimpleNamespace(colorize=lambda drawings, *_: {'image': np.full((2, SIZE, SIZE, 3), 255, np.uint8)})
    rows = hint_figures.HintFigures(colorizer, pix2pix, [0, 1, 5]).rows('flat', batch, np.arange(2), 1.)
    table = metrics.means(rows, 'hints', hint_figures.FIGURES)['flat']
    assert len(rows) == 3 * 3 * 2 and list(table) == ['0', '1', '5']
    assert table['0']['comic'] == table['0']['comic_spread_only']
    for figure in ('l1', 'l1_32'):
        for system in ('comic_spread_only', 'pix2pix_spread_only'):
            assert table['0'][system][figure] > table['1'][system][figure] > table['5'][system][figure] > 0
    first = {row['system']: row for row in rows if (row['hints'], row['picture']) == (1, 'a')}
    assert (first['comic']['l1'], first['comic']['psnr'], first['comic']['l1_32']) == (0, 100, 0)
    guessed = next(row for row in rows if row['hints'] == 0 and row['picture'] == 'a')
    levels = np.abs(TRUTH - (GUESS + 1) * 127.5)
    assert guessed['l1'] == pytest.approx(levels.mean() / 127.5, abs=.005) == guessed['l1_32']
    assert guessed['psnr'] == pytest.approx(20 * np.log10(255 / np.sqrt((levels ** 2).mean())), abs=.05)
    second = {row['system']: row for row in rows if (row['hints'], row['picture']) == (1, 'b')}
    assert second['comic']['l1'] == 0 < second['comic']['l1_32']  # the drawing lies over the large picture only


def test_pix2pix_is_left_out_if_it_is_not_there(colorizer, batch):
    rows = hint_figures.HintFigures(colorizer, None, [1]).rows('flat', batch, np.arange(2), 1.)
    assert {row['system'] for row in rows} == {'comic', 'comic_spread_only'}

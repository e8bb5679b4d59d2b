import base64
import csv
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from data_pipeline.common import errors
from data_pipeline.outlines import line_art
from eval import evaluate
from eval.evaluation import compared, held_out_sets
from models.baselines import pix2pix, two_step_cgan


@pytest.fixture(scope='module')
def all_weights(tmp_path_factory, tiny_weights):
    folder = tmp_path_factory.mktemp('baselines')
    for network in (pix2pix.Pix2Pix, two_step_cgan.LowResPix2Pix, two_step_cgan.PolishingPix2Pix):
        network.from_preset('tiny').save_pretrained(folder)
    return [str(tiny_weights), str(folder)]


@pytest.fixture
def drawings(tmp_path, panels):
    folder = tmp_path / 'drawings'
    folder.mkdir()
    for number, panel in enumerate(panels[:3]):
        Image.fromarray(panel.line_art).save(folder / f'{number}.line.png')
        Image.fromarray(panel.color).save(folder / f'{number}.color.png')
    (folder / '2.color.png').unlink()  # the third has no truth
    return folder


def test_figures_files_and_pictures_of_every_model(all_weights, drawings, tmp_path):
    models, size = compared.load(all_weights, ablation=None)
    sets = {'line_art': held_out_sets.drawings(drawings, size), 'drawn': held_out_sets.drawn('flat', 2, 5, size)}
    table = evaluate.evaluate(sets, models, tmp_path / 'out', temperature=1.)
    assert json.loads((tmp_path / 'out' / 'metrics.json').read_text()) == table
    variants = {'comic_true_low_res', 'comic_true_mask', 'comic_true_both', 'comic_one_draft'}
    assert set(table['drawn']) == {'comic', 'two_step_cgan', 'pix2pix'} | variants
    assert set(table['line_art']) == set(table['drawn']) - {'comic_true_mask', 'comic_true_both'}
    comic = table['drawn']['comic']
    assert set(comic) == set(evaluate.FIGURES) and None not in comic.values()
    assert table['line_art']['comic']['mask_iou'] is None and table['drawn']['pix2pix']['diversity'] is None

    rows = list(csv.DictReader((tmp_path / 'out' / 'metrics.csv').open()))
    mine = [float(row['l1']) for row in rows if (row['set'], row['model']) == ('drawn', 'comic')]
    assert len(mine) == 2 and np.mean(mine) == pytest.approx(comic['l1'], abs=1e-4)
    assert Image.open(tmp_path / 'out' / 'figure_drawn.png').size == (2 * 160, 5 * 160)
    page = (tmp_path / 'out' / 'report.html').read_text()
    assert 'worst region_spread' in page and 'http' not in page
    picture = re.search('alt="two_step_cgan" src="data:image/jpeg;base64,([^"]+)"', page)[1]
    assert max(Image.open(io.BytesIO(base64.b64decode(picture))).size) == 160


def test_the_truth_itself_is_a_perfect_result(panels):
    panel = panels[0]
    example = held_out_sets.Example('one', panel.line_art, panel.line_art, panel.color, panel.background)
    figures = evaluate.figures_of(panel.color, example)
    assert (figures['l1'], figures['colorfulness'], figures['background_spread']) == (0, 1, pytest.approx(0, abs=3))
    assert figures['ssim'] == pytest.approx(1) and figures['region_spread'] < 4


def test_a_drawing_is_measured_as_it_is_and_colored_as_it_is_fitted(tmp_path):
    strokes = np.full((512, 512), 255, np.uint8)
    strokes[::32] = 0
    for kind in ('line', 'color'):
        Image.fromarray(strokes).save(tmp_path / f'thin.{kind}.png')
    example = next(held_out_sets.drawings(tmp_path, 256))
    np.testing.assert_array_equal(example.drawing, line_art.scale(strokes, 256))
    np.testing.assert_allclose(example.ink[..., 0], 1 - line_art.fit(strokes, 256) / np.float32(255), atol=1e-6)
    assert example.ink.mean() > 1.2 * (1 - example.drawing / 255).mean()


def test_says_what_is_missing(tmp_path):
    with pytest.raises(errors.UserError, match='no weights of any model'):
        compared.load([str(tmp_path)], None)
    with pytest.raises(errors.UserError, match='no pairs'):
        held_out_sets.drawings(tmp_path, 256)

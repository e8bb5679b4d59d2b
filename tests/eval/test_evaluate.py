import base64
import csv
import io
import json
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from eval import evaluate
from eval.evaluation import compared, held_out_sets
from models import comic_colorizer
from models.baselines import pix2pix, two_step_cgan
from models.low_res_colorizer import LowResColorizer
from tests.programs import run_here


@pytest.fixture(scope='module')
def baselines(tmp_path_factory):
    """A folder with the baselines at preset `tiny`, untrained."""
    folder = tmp_path_factory.mktemp('baselines')
    for network in (pix2pix.Pix2Pix, two_step_cgan.LowResPix2Pix, two_step_cgan.PolishingPix2Pix):
        network.from_preset('tiny').save_pretrained(folder)
    return folder


@pytest.fixture
def drafts(monkeypatch):
    """Numbers of drafts that a stand-in for `LowResColorizer.consensus` was asked for."""
    asked = []

    def consensus(colorizer, outline, seeds, temperature, drafts, *_, **given):
        asked.append(drafts)
        gray = tf.cast(seeds % 7, tf.float32) / 7
        return {'low_res': tf.tile(gray[:, None, None, None], [1, 32, 32, 3])}

    monkeypatch.setattr(LowResColorizer, 'consensus', consensus)
    return asked


@pytest.fixture
def drawings(tmp_path, panels):
    folder = tmp_path / 'drawings'
    folder.mkdir()
    for number, panel in enumerate(panels[:3]):
        Image.fromarray(panel.line_art).save(folder / f'{number}.line.png')
        Image.fromarray(panel.color).save(folder / f'{number}.color.png')
    (folder / '2.color.png').unlink()  # the third has no truth
    return folder


def test_figures_files_and_pictures_of_the_models(tiny_weights, baselines, drafts, drawings, tmp_path):
    models, size = compared.load([tiny_weights, baselines], ablation=tiny_weights)
    assert set(models) == {'comic', 'comic_true_low_res', 'comic_true_mask', 'comic_true_both', 'comic_one_draft',
                           'comic_no_background', 'two_step_cgan', 'pix2pix'}
    models = {name: model for name, model in models.items() if name not in (
        'comic_true_low_res', 'comic_true_mask', 'comic_no_background')}  # `comic_true_both` stands for these
    sets = {'line_art': held_out_sets.drawings(drawings, size), 'drawn': held_out_sets.drawn('flat', 2, 5, size)}
    table, by_hints, by_references = evaluate.evaluate(sets, models, tmp_path / 'out', temperature=1.,
                                                       hint_numbers=[0, 20], reference_numbers=[0, 1])
    assert json.loads((tmp_path / 'out' / 'metrics.json').read_text()) == table
    assert set(drafts) == {1, comic_colorizer.DRAFTS}  # `comic_one_draft` and `comic`
    assert set(table['drawn']) == set(models) and set(table['line_art']) == set(models) - {'comic_true_both'}
    comic = table['drawn']['comic']
    assert set(comic) == set(evaluate.FIGURES) and None not in comic.values()
    assert table['line_art']['comic']['mask_iou'] is None and table['drawn']['pix2pix']['diversity'] is None

    assert json.loads((tmp_path / 'out' / 'hints.json').read_text()) == by_hints
    assert set(by_hints) == {'line_art', 'drawn'} and list(by_hints['drawn']) == ['0', '20']
    assert set(by_hints['drawn']['20']) == {'comic', 'comic_spread_only', 'pix2pix_spread_only'}
    for figure in ('l1', 'psnr'):  # without hints, as without the flag
        assert by_hints['drawn']['0']['comic'][figure] == pytest.approx(comic[figure], abs=1e-3)
    rows = list(csv.DictReader((tmp_path / 'out' / 'hints.csv').open()))
    key = ('drawn', '20', 'comic')
    mine = [float(row['l1_32']) for row in rows if (row['set'], row['hints'], row['system']) == key]
    assert len(mine) == 2 and np.mean(mine) == pytest.approx(by_hints['drawn']['20']['comic']['l1_32'], abs=1e-4)

    assert json.loads((tmp_path / 'out' / 'references.json').read_text()) == by_references
    assert set(by_references['drawn']) == {'0', '1'} and set(by_references['drawn']['1']) == {'comic'}

    rows = list(csv.DictReader((tmp_path / 'out' / 'metrics.csv').open()))
    mine = [float(row['l1']) for row in rows if (row['set'], row['model']) == ('drawn', 'comic')]
    assert len(mine) == 2 and np.mean(mine) == pytest.approx(comic['l1'], abs=1e-4)
    assert Image.open(tmp_path / 'out' / 'figure_drawn.png').size == (2 * 160, 5 * 160)
    page = (tmp_path / 'out' / 'report.html').read_text()
    assert 'worst region_spread' in page and 'pix2pix_spread_only, 20 hints' in page and 'http' not in page
    picture = re.search('alt="two_step_cgan" src="data:image/jpeg;base64,([^"]+)"', page)[1]
    assert max(Image.open(io.BytesIO(base64.b64decode(picture))).size) == 160


def test_the_truth_itself_is_a_perfect_result(panels):
    panel = panels[0]
    example = held_out_sets.Example('one', panel.line_art, panel.line_art, panel.color, panel.background)
    figures = evaluate.figures_of(panel.color, example)
    assert (figures['l1'], figures['colorfulness'], figures['background_spread']) == (0, 1, pytest.approx(0, abs=3))
    assert figures['ssim'] == pytest.approx(1) and figures['region_spread'] < 4


def test_a_perfect_picture_counts_in_the_mean_with_100_db(panels):
    panel = panels[0]
    example = held_out_sets.Example('one', panel.line_art, panel.line_art, panel.color, panel.background)
    rows = [{'set': 'all', 'model': 'comic', **dict.fromkeys(evaluate.FIGURES), **evaluate.figures_of(image, example)}
            for image in (panel.color, 255 - panel.color)]
    assert rows[0]['psnr'] == 100 and rows[1]['psnr'] < 20
    mean = evaluate.means(rows)['all']['comic']
    assert mean['psnr'] == pytest.approx(50 + rows[1]['psnr'] / 2, abs=1e-3)
    assert mean['mask_iou'] is None


def test_nothing_is_written_if_a_folder_cannot_be_used(data, monkeypatch, tmp_path):
    monkeypatch.setattr(compared, 'load', lambda *_: ({}, 256))
    with pytest.raises(SystemExit, match='^error: .*nowhere: no prepared data'):
        run_here('eval.evaluate', '--data', data, '--data', tmp_path / 'nowhere', '--weights', 'weights', '--output',
                 tmp_path / 'out')
    assert not (tmp_path / 'out').exists()

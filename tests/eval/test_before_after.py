import json
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from data_pipeline import prepare
from eval import before_after, systems
from eval.evaluation.held_out_sets import Example
from tests.eval.stand_in import StandIn
from tests.pictures import encode
from tests.programs import run_here


def test_figures_of_known_colors_and_masks():
    """The upper half is background. The result is off by 0.2 below and by much above; the mask has a quarter more."""
    truth, low_res = np.full((256, 256, 3), 100, np.uint8), np.full((32, 32, 3), 255, np.uint8)
    low_res[16:] = 100 + round(.2 * 127.5)
    background, mask = np.zeros((256, 256), bool), np.zeros((256, 256), np.uint8)
    background[:128], mask[:192] = True, 255
    example = Example('a', truth[..., 0], truth[..., 0], truth, background)
    result = {'low_res': low_res[None], 'background_mask': mask[None]}
    figures = before_after.measure(result, [example], background[None])
    assert figures == {'foreground_l1': pytest.approx(.2, abs=.005), 'background_iou': pytest.approx(128 / 192)}
    unknown = Example('a', truth[..., 0], truth[..., 0], truth)
    assert set(before_after.measure(result, [unknown], background[None])) == {'foreground_l1'}


@pytest.fixture
def masked(tmp_path, panels):
    """Prepared data of five panels for validation, whose backgrounds are known."""
    for number, panel in enumerate(panels[:5]):
        folder = tmp_path / 'comics' / f'ep{number}'
        folder.mkdir(parents=True)
        for kind, picture in (('color', panel.color), ('mask', np.uint8(panel.background) * 255)):
            (folder / f'1.{kind}.png').write_bytes(encode(picture))
    prepare.prepare([tmp_path / 'comics'], tmp_path / 'data', validation_percent=100)
    return tmp_path / 'data'


class Colored(StandIn):
    """A system whose colors are one gray."""

    size = 256

    def __init__(self, level):
        super().__init__()
        self._level = level

    def colorize(self, drawings, *_, **__):
        side = np.full((len(drawings), 256, 256), self._level, np.uint8)
        return {'image': np.stack([side] * 3, -1), 'low_res': np.stack([side[:, ::8, ::8]] * 3, -1),
                'background_mask': side}


def test_pictures_of_both_systems_are_measured_and_shown(masked, tmp_path, capsys):
    both = mock.Mock(side_effect=lambda name, folders, **_: Colored({'old': 0, 'new': 255}[folders[0]]))
    with mock.patch.object(systems, 'LocalSystem', both):
        run_here('eval.before_after', '--data', masked, '--before', 'old', '--after', 'new', '--pictures', 3,
                 '--output', tmp_path / 'sheet.png')
    figures = json.loads(capsys.readouterr().out)
    assert figures['pictures'] == 3
    assert figures['before']['background_iou'] == 0 and .1 < figures['after']['background_iou'] < .9
    distances = [figures[which]['foreground_l1'] for which in ('before', 'after')]
    assert sum(distances) == pytest.approx(2, abs=.01)  # all black and all white: together the whole range
    sheet = np.array(Image.open(tmp_path / 'sheet.png').convert('L'))
    black, white = (sheet[:, at:at + 176].mean() for at in (28 + 2 * 184, 28 + 3 * 184))
    assert black + 60 < white


def test_the_weights_of_both_are_taken(tiny_weights, pretrained, data, tmp_path):
    with mock.patch.object(before_after, 'color', side_effect=lambda system, examples, _: Colored(
            system.colorizer.background_detector.config.filters).colorize(examples)):
        figures = before_after.evaluate(data, [tiny_weights], [pretrained], 2, tmp_path / 'sheet.png')
    assert figures['before'] != figures['after'] and set(figures['before']) == {'foreground_l1'}

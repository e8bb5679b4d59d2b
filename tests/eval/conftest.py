"""What several tests of coloring need."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline import synthetic_comic
from eval import systems
from tests.eval.chapter import draw_chapter
from tests.eval.stand_in import StandIn
from tests.programs import run_here


@pytest.fixture(scope='session')
def system(tiny_weights):
    """The comic system with tiny networks."""
    return systems.LocalSystem('comic', [tiny_weights])


@pytest.fixture
def stand_in():
    """A system that colors at once."""
    return StandIn()


@pytest.fixture
def program(stand_in, monkeypatch):
    """Runs eval.colorize with the stand-in: function of input, output and other arguments."""
    monkeypatch.setattr('eval.systems.LocalSystem', lambda *_: stand_in)
    return lambda given, output, *arguments: run_here(
        'eval.colorize', '--input', given, '--output', output, *arguments)


@pytest.fixture(scope='session')
def drawing():
    """A drawn panel."""
    return synthetic_comic.draw_panel(9, 1, 1, size=200)


@pytest.fixture
def drawings(tmp_path):
    """A folder of ten different drawings, 0.png to 9.png."""
    folder = tmp_path / 'comics'
    folder.mkdir()
    for number in range(10):
        lines = np.full((64, 64), 255, np.uint8)
        lines[10:12] = lines[:20 + 4 * number, 30:32] = 0
        Image.fromarray(lines).save(folder / f'{number}.png')
    return folder


@pytest.fixture
def chapter(tmp_path):
    """A folder of ten drawings, in which characters come again."""
    return draw_chapter(tmp_path / 'ch')

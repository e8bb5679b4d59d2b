"""What the tests of the page need."""

import numpy as np
import pytest
from PIL import Image

from eval.web import chapter, colorist, studio


@pytest.fixture
def drawing(tmp_path):
    """The path of a drawing of two areas, left and right of a line in the middle."""
    return draw(tmp_path / 'given/a.png')


@pytest.fixture
def work(tmp_path):
    """A chapter without pages."""
    return chapter.Chapter(tmp_path / 'work', chapter.new_key(), ['--noxla'])


@pytest.fixture
def artist(stand_in, tmp_path):
    """A studio that colors at once."""
    return studio.Studio(colorist.Colorist(stand_in), tmp_path / 'saved')


def draw(path, at=100):
    """Draws two areas, 200 pixels wide and 140 high, left and right of a line."""
    lines = np.full((140, 200), 255, np.uint8)
    lines[:, at - 2:at + 2] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(lines).save(path)
    return str(path)

import numpy as np
import pytest
from PIL import Image

from data_pipeline import synthetic_comic
from eval import colorize, systems
from eval.settings import Settings


@pytest.fixture(scope='module')
def colored(tmp_path_factory):
    """Two drawings and small changes of them, colored with the shipped weights: {change: [result, ...]}."""
    folder = tmp_path_factory.mktemp('changes')
    kinds = 'as it is', 'speck', 'JPEG', 'twice as large'
    for number in (2, 3):
        line = synthetic_comic.draw_panel(9, 1, number, size=300).line_art
        speck = line.copy()
        speck[60:62, 140:142] = 190
        image = Image.fromarray(line)
        for kind, changed in zip(kinds, (line, speck, image, image.resize((600, 600), Image.Resampling.LANCZOS)),
                                 strict=True):
            path = folder / kind / f'{number}.{"jpg" if kind == "JPEG" else "png"}'
            path.parent.mkdir(exist_ok=True)
            (changed if isinstance(changed, Image.Image) else Image.fromarray(changed)).save(path)
    system = systems.LocalSystem('comic', [systems.PRETRAINED])
    colorize.colorize([folder / kind for kind in kinds], folder / 'out', system, Settings())
    return {kind: [np.asarray(Image.open(folder / 'out' / kind / f'{number}.png').resize(
        (300, 300), Image.Resampling.BOX)).astype(float) for number in (2, 3)] for kind in kinds}


@pytest.mark.parametrize('change', ['speck', 'JPEG', 'twice as large'])
def test_a_small_change_of_the_drawing_changes_the_colors_little(colored, change):
    for before, after in zip(colored['as it is'], colored[change], strict=True):
        assert np.abs(after - before).mean() <= 3
    assert np.abs(colored['as it is'][0] - colored['as it is'][1]).mean() > 20

import numpy as np
from PIL import Image

from data_pipeline import synthetic_comic
from eval import colorize, systems
from eval.settings import Settings
from models import comic_colorizer


def _colored(folder):
    """Colors two drawings and small changes of them with the shipped weights: {change: [result, ...]}."""
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
    system = systems.LocalSystem('comic', [comic_colorizer.PRETRAINED])
    colorize.colorize([folder / kind for kind in kinds], folder / 'out', system, Settings(format='png'))
    return {kind: [np.asarray(Image.open(folder / 'out' / kind / f'{number}.png').resize(
        (300, 300), Image.Resampling.BOX)).astype(float) for number in (2, 3)] for kind in kinds}


def test_a_small_change_of_the_drawing_changes_the_colors_little(tmp_path):
    plain, *changed = _colored(tmp_path).items()
    for change, results in changed:
        for before, after in zip(plain[1], results, strict=True):
            assert np.abs(after - before).mean() <= 3, change
    assert np.abs(plain[1][0] - plain[1][1]).mean() > 20

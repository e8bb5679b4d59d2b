"""What models are evaluated on: sets of held-out pictures, behind one interface."""

import dataclasses
import pathlib
import re

import numpy as np

from data_pipeline import dataset, outline, pages, square
from eval import drawn_comics
from models import line_art, resolution


@dataclasses.dataclass(frozen=True)
class Example:
    """One picture.

    Attributes:
      drawing: uint8 [S, S], to lay over the colours.
      fitted: uint8 [S, S], the same as the networks are to see it.
      truth: uint8 [S, S, 3].
      background: bool [S, S], or None if nobody knows it.
    """

    name: str
    drawing: np.ndarray
    fitted: np.ndarray
    truth: np.ndarray
    background: np.ndarray | None = None

    @property
    def ink(self):
        """The fitted drawing in the networks' units: float32 [S, S, 1]."""
        return np.float32(outline.to_ink(self.fitted[..., None]))

    @property
    def colour(self):
        """The truth in the networks' units: float32 [S, S, 3] in [-1, 1]."""
        return resolution.from_levels(np.float32(self.truth))


def prepared(data, size):
    """Yields the validation examples of a prepared data folder. Raises ValueError if it has none."""
    batches = dataset.load(data, 'validation', 1, size)
    if batches is None:
        raise ValueError(f'{data}: no validation examples')
    for number, batch in enumerate(batches, 1):
        yield _example(batch, f'{pathlib.Path(data).name} {number}')


def drawn(background, count, seed, size):
    """Yields drawn comics; see `drawn_comics.batch`."""
    for number in range(count):
        yield _example(drawn_comics.batch(background, seed, 1, size, first=number), f'{background} {number + 1}')


def drawings(folder, size):
    """Yields pairs of NAME.line.* and NAME.colour.* below a folder. Raises ValueError if there are none."""
    try:
        found, _ = pages.find([folder])
    except pages.PageError as error:
        raise ValueError(str(error)) from error
    stems = {kind: {match[1]: page for page in found if (match := re.match(rf'(.*)\.{kind}\.[^./]+$', page.name))}
             for kind in ('line', 'colour')}
    pairs = sorted(stems['line'].keys() & stems['colour'].keys())
    if not pairs:
        raise ValueError(f'{folder}: no pairs of NAME.line.* and NAME.colour.*')
    for stem in pairs:
        drawing = outline.from_line_art(pages.read(stems['line'][stem]))
        truth = pages.read(stems['colour'][stem])
        yield Example(stem, line_art.scale(drawing, size).numpy(), line_art.fit(drawing, size).numpy(),
                      square.fit(truth, size))


def _example(batch, name):
    """From a batch of one picture in the networks' units."""
    ink, colour, background = (np.asarray(batch[key])[0] for key in ('outline', 'colour', 'background'))
    drawing = outline.from_ink(ink[..., 0])
    return Example(name, drawing, drawing, np.uint8(resolution.levels(colour)),
                   background[..., 0] > .5 if background[0, 0, 0] >= 0 else None)

"""The sets of held-out pictures that models are evaluated on, behind one interface."""

import dataclasses
import pathlib

import numpy as np

from data_pipeline import dataset
from data_pipeline.common import errors
from data_pipeline.outlines import cleaning, line_art, outline
from data_pipeline.pictures import colors, companions, pages, pixels, square
from eval.evaluation import drawn_comics


@dataclasses.dataclass(frozen=True)
class Example:
    """One held-out picture.

    Attributes:
      name: name of the picture, unique in its set.
      drawing: uint8 [S, S], the line art to lay over the colors.
      fitted: uint8 [S, S], the line art that the networks see.
      truth: uint8 [S, S, 3], the true colors.
      background: bool [S, S], the true background, or None if it is not known.
      story: name of the story that it belongs to.
      shows: what is known of who is on it, by numbers in its story.

    Example:
      >>> white = np.full((256, 256), 255, np.uint8)
      >>> Example('blank', white, white, truth=np.stack([white] * 3, axis=-1)).ink.shape
      (256, 256, 1)
    """

    name: str
    drawing: np.ndarray
    fitted: np.ndarray
    truth: np.ndarray
    background: np.ndarray | None = None
    story: str = ''
    shows: frozenset = frozenset()

    @property
    def ink(self):
        """The fitted line art as ink coverage: float32 [S, S, 1] in [0, 1]."""
        return np.float32(outline.to_ink(self.fitted[..., None]))

    @property
    def color(self):
        """The true colors: float32 [S, S, 3] in [-1, 1]."""
        return colors.from_levels(np.float32(self.truth))


def sets(data_folders, line_art_folder, comics, comic_seed, size):
    """Makes all sets of an evaluation. Checks first that all folders can be used.

    Args:
      data_folders: folders that `data_pipeline.prepare` wrote.
      line_art_folder: folder of pairs, or None.
      comics: number of panels to draw with flat backgrounds, with gradient ones, and with a random cast.
      comic_seed: seed of these panels.
      size: S, side of the pictures in pixels.
    Returns:
      {name: iterable of `Example`s}.
    Raises:
      UserError: a folder is missing, has no such pictures, or is given twice.
    """
    for data in data_folders:
        dataset.check(data, 'validation', size)
    result = {name: prepared(data, size) for name, data in zip(_names(data_folders), data_folders, strict=True)}
    others = {'line_art': drawings(line_art_folder, size)} if line_art_folder else {}
    if comics:
        others |= {f'drawn_{kind}': drawn(kind, comics, comic_seed, size) for kind in ('flat', 'gradient')}
        others['drawn_cast'] = drawn('flat', comics, comic_seed, size, cast='random')
    for name in result.keys() & others.keys():
        raise errors.UserError(f'--data: a folder has the name of another set, {name}; rename it')
    return result | others


def _names(folders):
    """Names folders by their last part, or by the fewest last parts that tell them apart, joined by '-'."""
    paths = [pathlib.Path(folder).resolve() for folder in folders]
    for path in paths:
        if paths.count(path) > 1:
            raise errors.UserError(f'--data={path}: given twice')
    length = 1
    while len({path.parts[-length:] for path in paths}) < len(paths):
        length += 1
    return ['-'.join(path.parts[-length:]).replace('/', '') for path in paths]


def prepared(data, size):
    """Yields the validation examples of a folder of prepared data. Raises UserError if it has none."""
    batches = dataset.load(data, 'validation', 1, size, verify=False)
    if batches is None:
        raise errors.UserError(f'{data}: no validation examples')
    for number, batch in enumerate(batches, 1):
        yield _example(batch, f'{pathlib.Path(data).name} {number}')


def drawn(background, count, seed, size, cast='fixed'):
    """Yields drawn comics; see `drawn_comics.batch`."""
    for number in range(count):
        yield _example(drawn_comics.batch(background, seed, 1, size, number, cast), f'{background} {number + 1}')


def drawings(folder, size):
    """Finds the pairs of NAME.line.* and NAME.colour.* below a folder.

    Returns:
      Iterator of `Example`s.
    Raises:
      UserError: the folder does not exist, or has no pairs.
    """
    found = pages.find([folder]).pages
    pairs = [(page, beside['line']) for page, beside in companions.with_companions(found) if 'line' in beside]
    if not pairs:
        raise errors.UserError(f'{folder}: no pairs of NAME.line.* and NAME.colour.*')

    def examples():
        for colored, line in sorted(pairs, key=lambda pair: companions.stem(pair[0])):
            drawing, _ = cleaning.clean_array(_read(line), False)
            yield Example(companions.stem(colored), line_art.scale(drawing, size).numpy(),
                          line_art.fit(drawing, size).numpy(), square.fit(_read(colored), size), story=colored.group)

    return examples()


def _read(page):
    """Reads a picture. Raises UserError, which names the file, if it cannot be read."""
    try:
        return pages.read(page)
    except pixels.PageError as error:
        raise errors.UserError(f'{page.name}: {error}') from error


def _example(batch, name):
    """Makes an `Example` from a batch of one picture."""
    ink, color, background = (np.asarray(batch[key])[0] for key in ('outline', 'color', 'background'))
    drawing = outline.from_ink(ink[..., 0])
    return Example(name, drawing, drawing, np.uint8(colors.to_levels(color)),
                   background[..., 0] > .5 if background[0, 0, 0] >= 0 else None, str(int(batch['group'][0])),
                   frozenset(np.flatnonzero(batch['shows'][0]).tolist() if 'shows' in batch else ()))

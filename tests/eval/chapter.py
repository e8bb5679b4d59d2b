"""Chapters for the stand-in, and the colors of their results."""

from PIL import Image

from tests.eval.stand_in import figure, pixels

CAST = 1, 2, 1, 3, 3, 1, 4, 2, 1, 5  # who is in each drawing of a chapter


def save(path, picture):
    """Writes a picture, and makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def draw_chapter(folder, cast=CAST):
    """Draws a chapter: 00.png, 01.png, and so on, in a folder."""
    for number, character in enumerate(cast):
        save(folder / f'{number:02}.png', figure(character, number % 20))
    return folder


def colors_of(folder, end='.png'):
    """Lists the colors of results in a folder, in order."""
    return [tuple(pixels(path)[0, 0].tolist()) for path in sorted(folder.glob(f'*{end}'))]


def first(cast=CAST):
    """For each drawing the number of the one in which its character appears first."""
    return [cast.index(character) for character in cast]


def results_of(folder):
    """{name: bytes} of results in a folder."""
    return {path.name: path.read_bytes() for path in folder.glob('*.png')}

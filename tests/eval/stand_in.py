"""A system that colors at once, and a look into its results, for the tests of eval.colorize."""

import zlib

import numpy as np
import tensorflow as tf
from PIL import Image

SIDE = 8  # L of the stand-in


class StandIn:
    """A system that colors a drawing with one color, which follows from the drawing and the seed.

    A drawing shows a character if there is ink in its bottom rows: where it begins tells which. The drawing has the
    color of the first reference, or picture before it in its batch, that shows the same character. Hints change its
    color for the drawings after it.

    Attributes:
      received: arguments of every call, but for hints and references.
      hints: hints of every call, or None.
      references, chapters: references and chapter of every call, or None.
    """

    size = 64
    colorizer = tf.Module()

    def __init__(self):
        self.received, self.hints, self.references, self.chapters = [], [], [], []

    def expect(self, pictures):
        pass

    def encode_references(self, drawings, colors):
        return np.stack([_encoded(_character(drawing), color.reshape(-1, 3).mean(axis=0), 0)
                         for drawing, color in zip(drawings, colors, strict=True)])

    def colorize(self, drawings, seeds, temperature, background=None, hints=None, references=None, chapter=None):
        self.hints.append(hints)
        self.received.append((drawings, seeds, temperature, background))
        self.references.append(references)
        self.chapters.append(chapter)
        count, sure = len(drawings), references is not None or chapter is not None
        known = np.zeros((count, 0, SIDE, SIDE, 5)) if references is None else references
        colors, own, matches = [], [], []
        for k, (drawing, seed) in enumerate(zip(drawings, seeds, strict=True)):
            seen = [*known[k], *(own if chapter is not None else [])]
            character = _character(drawing)
            match = next((r for r, one in enumerate(seen) if character and one[0, 0, 0] == character
                          and one[0, 0, -1] > -1e8), -1)
            color, weight = self.color(drawing, seed) if match < 0 else _levels(seen[match][0, 0, 1:4]), -1
            colors.append(color)
            if hints is not None and hints[k].any():
                color, weight = hints[k][hints[k][..., 3] > 0][0, :3], 1
            own.append(_encoded(character, color, weight))
            matches.append(match)
        colors, matches = np.uint8(colors), np.int32(matches)[:, None, None]
        places = np.arange(SIDE * SIDE).reshape(1, SIDE, SIDE)
        more = {'reference': np.stack(own), 'match': np.where(matches < 0, -1, matches * SIDE * SIDE + places),
                'match_confidence': np.where(matches < 0, 0, .9) + np.zeros((1, SIDE, SIDE))} if sure else {}
        return {'image': np.broadcast_to(colors[:, None, None], (count, self.size, self.size, 3)),
                'low_res': np.broadcast_to(colors[:, None, None], (count, SIDE, SIDE, 3)),
                'background_mask': 255 - drawings} | more

    @property
    def seeds(self):
        """The seeds of all pictures that were colored."""
        return [seed for _, seeds, *_ in self.received for seed in seeds]

    @staticmethod
    def color(drawing, seed):
        return [zlib.crc32(drawing) % 256, seed % 251, 40]


def _character(drawing):
    """The character that a drawing shows, from 1; 0 for none."""
    columns = np.flatnonzero((drawing[-6:] < 128).any(axis=0))
    return int(columns[0]) // 8 + 1 if columns.size else 0


def _encoded(character, color, weight):
    """Encodes a reference: float32 [L, L, 5], its character, RGB in [-1, 1], and log weight."""
    return np.broadcast_to(np.float32([character, *(np.float32(color) / 127.5 - 1), weight]), (SIDE, SIDE, 5))


def _levels(color):
    return np.rint((color + 1) * 127.5)


def figure(character, number=0):
    """Draws a character, from 1 to 8, or 0 for none, for the stand-in: uint8 [64, 64]. Numbers tell drawings apart."""
    lines = np.full((StandIn.size, StandIn.size), 255, np.uint8)
    if character:
        lines[-8:, 8 * character - 5:8 * character - 1] = 0
    lines[10:13, 4:10 + 2 * number] = 0
    return lines


def files(folder):
    """Lists the files below a folder: set of relative paths."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}


def pixels(path):
    """Reads a picture with its own channels."""
    return np.asarray(Image.open(path))

"""A system that colors at once, and a look into its results, for the tests of eval.colorize."""

import zlib

import numpy as np
import tensorflow as tf
from PIL import Image


class StandIn:
    """A system that colors a drawing with one color, which follows from the drawing and the seed.

    Attributes:
      received: arguments of every call, but for hints.
      hints: hints of every call, or None.
    """

    size = 64
    colorizer = tf.Module()

    def __init__(self):
        self.received, self.hints = [], []

    def expect(self, pictures):
        pass

    def colorize(self, drawings, seeds, temperature, background=None, hints=None):
        self.hints.append(hints)
        self.received.append((drawings, seeds, temperature, background))
        colors = np.uint8([self.color(drawing, seed) for drawing, seed in zip(drawings, seeds, strict=True)])
        return {'image': np.broadcast_to(colors[:, None, None], (len(drawings), self.size, self.size, 3)),
                'low_res': np.broadcast_to(colors[:, None, None], (len(drawings), 8, 8, 3)),
                'background_mask': 255 - drawings}

    @property
    def seeds(self):
        """The seeds of all pictures that were colored."""
        return [seed for _, seeds, *_ in self.received for seed in seeds]

    @staticmethod
    def color(drawing, seed):
        return [zlib.crc32(drawing) % 256, seed % 251, 40]


def files(folder):
    """Lists the files below a folder: set of relative paths."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}


def pixels(path):
    """Reads a picture with its own channels."""
    return np.asarray(Image.open(path))

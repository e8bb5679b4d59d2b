"""What decides how eval.colorize colors a picture, and checksums that tell whether it is the same as before."""

import dataclasses
import hashlib
import json
import typing
import unicodedata
import zlib

import numpy as np

from eval import output_folder
from models import comic_colorizer
from models.base import network

_FORMAT = 1  # of results; after a change of it all pictures are colored again


class Result(typing.NamedTuple):
    """A file that is to be made.

    Example:
      >>> Result('a.png', seed=7, settings='').name
      'a.png'
    """

    name: str  # path below the folder of results
    seed: int
    settings: str  # checksum of all that decides it, beside the picture


@dataclasses.dataclass(frozen=True)
class Settings:
    """What decides how pictures are colored.

    Attributes:
      seed, samples, temperature, extract_outline, inverted: see the flags.
      background: uint8 (3,) RGB, or None.
      system: text that tells the system from others, such as one with other weights.

    Example:
      >>> Settings(seed=7).samples
      1
    """

    seed: int = 0
    samples: int = 1
    temperature: float = comic_colorizer.TEMPERATURE
    background: np.ndarray | None = None
    extract_outline: bool = False
    inverted: bool = False
    system: str = ''

    def plan(self, page, name):
        """Lists the results of a picture.

        Args:
          page: a `pages.Page`.
          name: the picture's name from `output_folder.result_names`.
        Returns:
          List of `Result`.
        """
        inside = unicodedata.normalize('NFC', output_folder.without_suffix(page.inside))
        first = zlib.crc32(inside.encode('utf-8', 'backslashreplace')) + self.seed
        background = None if self.background is None else [int(level) for level in self.background]
        return [Result(f'{name}-{k + 1}.png' if self.samples > 1 else f'{name}.png', first + k,
                        _checksum(
                            seed=first + k, temperature=self.temperature, background=background,
                            extract_outline=self.extract_outline, inverted=self.inverted, system=self.system))
                for k in range(self.samples)]


def weights_checksum(colorizer):
    """Computes a checksum of the networks of a colorizer: their configurations and weights."""
    digest = hashlib.sha256()
    for module in (colorizer, *colorizer.submodules):
        if isinstance(module, network.Network):
            digest.update(f'{module.NAME} {module.config.to_json()}'.encode())
            for weights in module.get_weights():
                digest.update(f'{weights.shape} {weights.dtype}'.encode() + weights.tobytes())
    return digest.hexdigest()


def _checksum(**settings):
    return hashlib.sha256(json.dumps([_FORMAT, settings], sort_keys=True).encode()).hexdigest()[:16]

"""What decides how eval.colorize colors a picture, and checksums that tell whether it is the same as before."""

import dataclasses
import hashlib
import json
import re
import typing
import unicodedata
import zlib

import numpy as np

from data_pipeline.common import errors
from eval import output_folder
from eval.formats import files
from models import comic_colorizer
from models.base import network

_PAGES = '.cbz.pages'  # what the folder of an archive's pages has after the archive's name
_FORMAT = 2  # of results; after a change of it all pictures are colored again


class Result(typing.NamedTuple):
    """A file that is to be made.

    Example:
      >>> Result('a.png', seed=7, settings='', format='png').archive
      ''
    """

    name: str  # path below the folder of results
    seed: int
    settings: str  # checksum of all that decides it, beside the picture
    format: str
    archive: str = ''  # path below the folder of results of the archive that it goes into; empty if into none
    member: str = ''  # its path there
    original: str = ''  # path there of the input's own file, if it is not colored


@dataclasses.dataclass(frozen=True)
class Settings:
    """What decides how pictures are colored, and what is written.

    Attributes:
      seed, samples, temperature, panels, extract_outline, inverted, transparent, flats: see the flags.
      format: see the flag; '' is the input's.
      background: uint8 (3,) RGB, or None.
      previous: whether panels take over colors from those before them in their chapter.
      references: checksum of the references that the user gives; see `reference_files.checksum`.
      system: text that tells the system from others, such as one with other weights.
    Raises:
      UserError: `transparent` is asked for with the format 'jpeg'.

    Example:
      >>> Settings(seed=7).samples
      1
    """

    seed: int = 0
    samples: int = 1
    temperature: float = comic_colorizer.TEMPERATURE
    background: np.ndarray | None = None
    panels: str = 'auto'
    extract_outline: bool = False
    inverted: bool = False
    format: str = ''
    transparent: bool = False
    flats: bool = False
    system: str = ''
    previous: bool = True
    references: str = ''

    def __post_init__(self):
        if self.transparent and self.format == 'jpeg':
            raise errors.UserError('--transparent: JPEG has no transparency')

    def plans(self, found):
        """Lists the results of pictures.

        Args:
          found: list of `pages.Page`.
        Returns:
          For each page its list of `Result`, one for each sample.
        """
        sources = [self._archive_of(page) for page in found]
        archives = sorted({source for source, _ in sources} - {''})
        archives = dict(zip(archives, output_folder.result_names(archives, ['.cbz'] * len(archives)), strict=True))
        formats = [self._format_of(page) for page in found]
        paths = [f'{archives[source]}{_PAGES}/{member}' if source else page.name
                 for page, (source, member) in zip(found, sources, strict=True)]
        names = output_folder.result_names(paths, [files.SUFFIXES[kind] for kind in formats])
        return [self._plan(page, name, kind, archives.get(source, ''), member)
                for page, name, kind, (source, member) in zip(found, names, formats, sources, strict=True)]

    def _archive_of(self, page):
        """Tells in which archive of results a page goes, by the name of its source, and its path there."""
        if page.archive and self.format in ('', 'cbz'):
            return page.archive, page.member
        if self.format == 'cbz':
            inside = page.name.startswith(f'{page.group}/')
            return page.group, page.name[len(page.group) + 1:] if inside else page.name.rpartition('/')[2]
        return '', ''

    def _format_of(self, page):
        if self.format not in ('', 'cbz'):
            return self.format
        like = files.format_of(page.name) or 'png'
        return 'png' if like == 'jpeg' and self.transparent else like

    def _plan(self, page, name, kind, archive, member):
        """Lists the results of a page, whose name is without the suffix."""
        inside = unicodedata.normalize('NFC', output_folder.without_suffix(page.inside))
        first = zlib.crc32(inside.encode('utf-8', 'backslashreplace')) + self.seed
        decisive = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)
                    if field.name not in ('samples', 'format')} | {'format': kind}
        if self.background is not None:
            decisive['background'] = [int(level) for level in self.background]
        plan, suffix = [], files.SUFFIXES[kind]
        for k in range(self.samples):
            number = f'-{k + 1}' if self.samples > 1 else ''
            settings = _checksum(**decisive | {'seed': first + k})
            if not archive:
                plan.append(Result(f'{name}{number}{suffix}', first + k, settings, kind))
                continue
            inner = name[len(archive) + len(_PAGES) + 1:]
            own = member if files.format_of(member) == kind else f'{inner}{suffix}'
            plan.append(Result(f'{archive}{number}{_PAGES}/{inner}{suffix}', first + k, settings, kind,
                               f'{archive}{number}.cbz', own, member))
        return plan


def parse_color(text):
    """Converts '#rrggbb' to uint8 (3,) RGB. Raises UserError for all else."""
    if not isinstance(text, str) or not re.fullmatch('#[0-9a-fA-F]{6}', text):
        raise errors.UserError("not a color; write '#rrggbb'")
    return np.frombuffer(bytes.fromhex(text[1:]), np.uint8)


def parse_background(text):
    """Converts the flag --background: as `parse_color`, and 'auto' to None."""
    try:
        return None if text == 'auto' else parse_color(text)
    except errors.UserError as error:
        raise errors.UserError(f'--background={text}: {error}, or auto') from error


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

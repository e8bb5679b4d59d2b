"""The systems that can be compared, behind one interface: line art goes in, uint8 pictures come out."""

import numpy as np

from data_pipeline.outlines import outline
from data_pipeline.pictures import colors
from models import comic_colorizer
from models.baselines import pix2pix, two_step_cgan
from models.low_res_colorizer.references import ABSENT, REFERENCES

SYSTEMS = ('comic', 'two_step_cgan', 'pix2pix')
_FEW = 4  # pictures for which XLA is not worth its compilation (our choice)


class LocalSystem:
    """One of `SYSTEMS`, in this process.

    Args:
      name: the system's name.
      weight_folders: folders of weights; each network is loaded from the first that holds it.
      drafts: number of samples that each picture of `comic` is the consensus of.
      batch_size: if given, XLA compiles `comic` for batches of this size. It is faster for many pictures.
      whole_batches: see `ComicColorizer`, `whole`.
    Raises:
      UserError: no folder holds a network.

    Example:
      >>> system = LocalSystem('comic', ['models/pretrained'], drafts=1)
      >>> system.colorize(np.full((1, 256, 256), 255, np.uint8), seeds=[7], temperature=1.1)['image'].shape
      (1, 256, 256, 3)
    """

    def __init__(self, name, weight_folders, drafts=comic_colorizer.DRAFTS, batch_size=None, whole_batches=None):
        self.name, self._arguments = name, (name, weight_folders, drafts, batch_size, whole_batches)
        self._batch_size = 1
        if name == 'comic':
            self.colorizer = comic_colorizer.ComicColorizer.from_pretrained(
                weight_folders, drafts=drafts, xla=bool(batch_size), whole=whole_batches)
            self._batch_size = batch_size or 1
            self.size = self.colorizer.image_size
        elif name == 'two_step_cgan':
            self.colorizer = two_step_cgan.TwoStepCGAN.from_pretrained(weight_folders)
            self.size = self.colorizer.image_size
        else:
            self.colorizer = pix2pix.Pix2Pix.from_pretrained(weight_folders)
            self.size = self.colorizer.config.image_size

    def __reduce__(self):
        """Pickles how the system is made, so that another process makes it anew."""
        return LocalSystem, self._arguments

    def expect(self, pictures):
        """Prepares for a number of pictures. For a few, compiling takes longer than it saves, and more memory."""
        if self.name == 'comic' and pictures < _FEW:
            self._batch_size, self.colorizer.xla = 1, False

    def encode_references(self, drawings, pictures):
        """Encodes colored pictures as references for `colorize` (`comic` only).

        Args:
          drawings: uint8 [R, S, S], their line art.
          pictures: uint8 [R, S, S, 3], RGB.
        Returns:
          float32 [R, L, L, K + 4].
        """
        return self.colorizer.encode_references(_ink(drawings), colors.from_levels(np.float32(pictures))).numpy()

    def log_likelihood(self, drawings, low_res):
        """Computes how likely low-resolution pictures are without hints and references (`comic` only).

        Args:
          drawings: uint8 [B, S, S].
          low_res: uint8 [B, L, L, 3].
        Returns:
          float32 [B], nats.
        """
        return self.colorizer.log_likelihood(_ink(drawings), colors.from_levels(np.float32(low_res))).numpy()

    def colorize(self, drawings, seeds, temperature, background=None, hints=None, references=None, chapter=None):
        """Colors drawings.

        Args:
          drawings: uint8 [B, S, S], line art fitted to the networks' square; B is at most `batch_size`.
          seeds: int [B].
          temperature: float, of the sampling. Only `comic` samples; the others ignore seeds and temperature.
          background: uint8 (3,) RGB, the color to paint backgrounds with (`comic` only), or None.
          hints: uint8 [B, S, S, 4], RGB, and alpha: at least 128 where the user gives a color (`comic` only); or None.
          references: float32 [B, R, L, L, K + 4], see `ComicColorizer.colorize` (`comic` only); or None.
          chapter: int [B], see `ComicColorizer.colorize` (`comic` only); or None.
        Returns:
          dict of uint8 pictures:
            image: [B, S, S, 3], the colors to lay the drawing over.
            low_res: [B, L, L, 3], if the system has it.
            background_mask: [B, S, S], 255 on the background, if the system has it.
          and, with references or a chapter, `reference`, `match` and `match_confidence`, see `ComicColorizer.colorize`.
        """
        count = len(drawings)
        # Blank drawings fill up batches that are smaller than earlier ones: one graph serves all.
        self._batch_size = max(self._batch_size, count)
        missing = self._batch_size - count
        ink = _ink(np.pad(drawings, [(0, missing), (0, 0), (0, 0)], constant_values=outline.PAPER))
        if self.name == 'comic':
            color = np.full(3, comic_colorizer.AUTOMATIC) if background is None else colors.from_levels(
                np.asarray(background))
            given = 0 if references is None else references.shape[1]
            if references is not None or chapter is not None:  # always as many, for one graph serves all
                references = self._filled_up(references, count)
                chapter = np.zeros(count, np.int64) if chapter is None else np.asarray(chapter, np.int64)
            seeds, hints, references, chapter = (
                of if of is None else np.pad(of, [(0, missing)] + [(0, 0)] * (np.ndim(of) - 1))
                for of in (np.asarray(seeds, np.int64), hints, references, chapter))
            result = self.colorizer.colorize(ink, seeds, np.float32(temperature),
                                             np.tile(np.float32(color), (len(ink), 1)), hints, references, chapter)
        else:
            result = self.colorizer.colorize(ink)
        pictures = {name: np.uint8(colors.to_levels(result[name][:count])) for name in ('image', 'low_res')
                    if name in result}
        if 'background_mask' in result:
            pictures['background_mask'] = np.uint8(result['background_mask'].numpy()[:count, ..., 0] * 255)
        if 'match' in result:
            pictures |= {name: result[name].numpy()[:count] for name in ('reference', 'match', 'match_confidence')}
            # The places of the batch come after those of the references, also of those that filled them up.
            match, places = pictures['match'], self.colorizer.low_res_size ** 2
            match[match >= given * places] -= (REFERENCES - given) * places
        return pictures

    def _filled_up(self, references, count):
        """Makes `REFERENCES` references for each picture, of which those that are not given are absent."""
        side = self.colorizer.low_res_size
        filled = np.zeros((count, REFERENCES, side, side, self.colorizer.reference_channels), np.float32)
        filled[..., -1] = ABSENT
        if references is not None:
            filled[:, :references.shape[1]] = references
        return filled


def _ink(drawings):
    """Ink coverage of drawings: uint8 [B, S, S] -> float32 [B, S, S, 1]."""
    return outline.to_ink(np.float32(drawings[..., None]))

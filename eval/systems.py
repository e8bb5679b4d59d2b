"""The systems that can be compared, behind one interface: line art goes in, uint8 pictures come out."""

import pathlib

import numpy as np

from data_pipeline.outlines import outline
from data_pipeline.pictures import colors
from models import comic_colorizer
from models.baselines import pix2pix, two_step_cgan

SYSTEMS = ('comic', 'two_step_cgan', 'pix2pix')
PRETRAINED = pathlib.Path(comic_colorizer.__file__).parent / 'pretrained'  # folder of the shipped weights
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
        self.name = name
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

    def expect(self, pictures):
        """Prepares for a number of pictures. For a few, compiling takes longer than it saves, and more memory."""
        if self.name == 'comic' and pictures < _FEW:
            self._batch_size, self.colorizer.xla = 1, False

    def colorize(self, drawings, seeds, temperature, background=None, hints=None):
        """Colors drawings.

        Args:
          drawings: uint8 [B, S, S], line art fitted to the networks' square; B is at most `batch_size`.
          seeds: int [B].
          temperature: float, of the sampling. Only `comic` samples; the others ignore seeds and temperature.
          background: uint8 (3,) RGB, the color to paint backgrounds with (`comic` only), or None.
          hints: uint8 [B, S, S, 4], RGB, and alpha: at least 128 where the user gives a color (`comic` only); or None.
        Returns:
          dict of uint8 pictures:
            image: [B, S, S, 3], the colors to lay the drawing over.
            low_res: [B, L, L, 3], if the system has it.
            background_mask: [B, S, S], 255 on the background, if the system has it.
        """
        count = len(drawings)
        # Blank drawings fill up batches that are smaller than earlier ones: one graph serves all.
        self._batch_size = max(self._batch_size, count)
        missing = self._batch_size - count
        drawings = np.pad(drawings, [(0, missing), (0, 0), (0, 0)], constant_values=outline.PAPER)
        seeds = np.pad(seeds, (0, missing))
        hints = None if hints is None else np.pad(hints, [(0, missing), (0, 0), (0, 0), (0, 0)])
        ink = outline.to_ink(np.float32(drawings[..., None]))
        if self.name == 'comic':
            color = np.full(3, comic_colorizer.AUTOMATIC) if background is None else colors.from_levels(
                np.asarray(background))
            result = self.colorizer.colorize(ink, np.asarray(seeds, np.int64), np.float32(temperature),
                                             np.tile(np.float32(color), (len(drawings), 1)), hints)
        else:
            result = self.colorizer.colorize(ink)
        pictures = {name: np.uint8(colors.to_levels(result[name][:count])) for name in ('image', 'low_res')
                    if name in result}
        if 'background_mask' in result:
            pictures['background_mask'] = np.uint8(result['background_mask'].numpy()[:count, ..., 0] * 255)
        return pictures

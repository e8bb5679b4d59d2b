"""The systems that can be compared, behind one interface: outlines in, uint8 pictures out."""

import numpy as np

from data_pipeline import outline
from models import comic_colorizer, pix2pix, resolution, two_step_cgan, weights

MODELS = ('comic', 'two_step_cgan', 'pix2pix')


class Colorizer:
    """One of `MODELS` with its trained networks.

    Args:
      model: its name.
      weight_folders: each network is loaded from the first that holds it.
      drafts: samples that each picture of `comic` is the consensus of.
    Raises:
      ValueError: no folder holds a network.
    """

    def __init__(self, model, weight_folders, drafts=comic_colorizer.DRAFTS):
        self.model = model
        if model == 'comic':
            self.system = comic_colorizer.ComicColorizer.load(weight_folders, drafts)
        elif model == 'two_step_cgan':
            self.system = two_step_cgan.TwoStepCGAN.load(weight_folders)
        else:
            self.system = weights.load(pix2pix.Pix2Pix, weight_folders)
        self.size = self.system.preset.image_size

    def colorize(self, drawings, seeds, temperature, background=None):
        """Colours drawings.

        Args:
          drawings: uint8 [B, S, S], line art.
          seeds: int [B]. Only `comic` samples; the others know neither seeds nor temperature.
          temperature: of the sampling.
          background: uint8 (3,) RGB to paint backgrounds with (`comic` only), or None.
        Returns:
          dict of uint8 'image' [B, S, S, 3], colours to lay the drawing over, and what the system also gives: 'low_res'
          [B, L, L, 3], 'background_mask' [B, S, S].
        """
        ink = outline.to_ink(np.float32(drawings[..., None]))
        if self.model == 'comic':
            colour = np.full(3, comic_colorizer.AUTOMATIC) if background is None else resolution.from_levels(
                np.asarray(background))
            result = self.system.colorize(ink, np.asarray(seeds, np.int64), np.float32(temperature),
                                          np.tile(np.float32(colour), (len(drawings), 1)))
        else:
            result = self.system.colorize(ink)
        pictures = {name: np.uint8(resolution.levels(result[name])) for name in ('image', 'low_res') if name in result}
        if 'background_mask' in result:
            pictures['background_mask'] = np.uint8(result['background_mask'].numpy()[..., 0] * 255)
        return pictures

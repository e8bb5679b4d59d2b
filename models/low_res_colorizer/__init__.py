"""The low-resolution colorizer (paper, section 2): samples a 32x32 picture from a 256x256 outline.

`colorizer` is the network. Its parts are `conditioning` (what it knows of the outline), `gated_pixelcnn` (what it knows
of the pixels before), `likelihoods` (the distribution of a pixel) and `consensus` (one picture from several samples).
"""

from models.low_res_colorizer.colorizer import LowResColorizer
from models.low_res_colorizer.config import LowResColorizerConfig

__all__ = ['LowResColorizer', 'LowResColorizerConfig']

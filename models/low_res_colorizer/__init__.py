"""The low-resolution colorizer (paper, section 2): samples a 32x32 picture from a 256x256 outline.

`colorizer` is the network. Its parts are `conditioning` (what it knows of the outline), `contexts` (what it knows of
the pixels before: `gated_pixelcnn`, `row_lstm` or `diagonal_bilstm`), `likelihoods` (the distribution of a pixel) and
`consensus` (one picture from several samples).
"""

from models.low_res_colorizer.colorizer import LowResColorizer
from models.low_res_colorizer.config import LowResColorizerConfig

__all__ = ['LowResColorizer', 'LowResColorizerConfig']

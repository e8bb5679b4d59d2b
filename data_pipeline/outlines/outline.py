"""Outlines, the networks' input: the one place that knows how ink and paper are represented.

On disk and on screen an outline is line art: uint8, white paper (255), black ink (0). In the networks it is ink
coverage: float, 1 on ink and 0 on paper, so that the zero padding of a convolution is paper.
"""

import cv2
import numpy as np

PAPER = 255
CANNY_THRESHOLDS = (100, 180)  # the study's; the paper gives none
BLACK_LEVEL = 80  # the study's; a pixel whose channels have a lower mean counts as black

# Our choice: a picture is in color if the channels of more than 2 % of its pixels differ by more than 30 levels.
_CHROMA_LEVEL = 30
_COLORED_SHARE = 0.02


def extract(color):
    """Extracts the outline of a picture in color: Canny edges, and the pixels that are black (paper, section 2).

    Call it at the picture's full resolution and shrink the result. Edges of a shrunken picture are too thick.

    Args:
      color: uint8 [H, W, 3], RGB.
    Returns:
      uint8 [H, W], only 0 (ink) and 255 (paper).
    """
    edges = cv2.Canny(np.ascontiguousarray(color), *CANNY_THRESHOLDS)
    red, green, blue = cv2.split(color)
    black = red.astype(np.uint16) + green + blue < 3 * BLACK_LEVEL
    return np.where((edges > 0) | black, 0, PAPER).astype(np.uint8)


def from_line_art(drawing):
    """Returns the outline of line art that a person drew, its luminance: uint8 [H, W, 3] RGB -> uint8 [H, W]."""
    return cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY)


def is_colored(picture):
    """Tells whether a picture is in color, and so is not line art. A light tint of the whole page does not count.

    Args:
      picture: uint8 [H, W, 3], RGB.
    Returns:
      bool.
    """
    small = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32)
    paper = np.maximum(np.percentile(small, 95, axis=(0, 1)), 1)
    if paper.min() > 0.6 * paper.max():  # remove a light tint of the whole page
        small *= paper.max() / paper
    chroma = small.max(axis=-1) - small.min(axis=-1)
    return bool((chroma > _CHROMA_LEVEL).mean() > _COLORED_SHARE)


def to_ink(outline):
    """Converts line art with levels in 0..255, a float array or tensor, to ink coverage in [0, 1]."""
    return 1 - outline / PAPER


def from_ink(ink):
    """Converts ink coverage in [0, 1], an array or tensor, to line art: uint8 array."""
    return np.uint8(np.round(PAPER * (1 - np.asarray(ink))))

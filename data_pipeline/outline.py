"""Outlines: the networks' input. The one place that knows how ink and paper are represented.

On disk and on screen an outline is line art: uint8, white paper (255), black ink (0). In the networks it is ink
coverage: float, ink = 1, paper = 0, so that the zero padding of a convolution is paper.
"""

import cv2
import numpy as np

PAPER = 255
CANNY_THRESHOLDS = (100, 180)  # the study's; the paper gives none
BLACK_LEVEL = 80  # the study's: a pixel whose channels' mean lies below was black to begin with

# Our choice: how far a pixel's channels may differ, and in how much of a picture, before it counts as coloured.
_CHROMA_LEVEL = 30
_COLOURED_SHARE = 0.02


def extract(colour):
    """Outline of a coloured picture: Canny edges united with the pixels that were black (paper, section 2).

    Call it at the picture's full resolution and shrink the result: edges found in a shrunken picture are too thick.

    Args:
      colour: uint8 [H, W, 3], RGB.
    Returns:
      uint8 [H, W], only 0 (ink) and 255 (paper).
    """
    edges = cv2.Canny(np.ascontiguousarray(colour), *CANNY_THRESHOLDS)
    red, green, blue = cv2.split(colour)
    black = red.astype(np.uint16) + green + blue < 3 * BLACK_LEVEL
    return np.where((edges > 0) | black, 0, PAPER).astype(np.uint8)


def from_line_art(drawing):
    """Outline of line art that a person drew: its luminance. uint8 [H, W, 3] -> uint8 [H, W]."""
    return cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY)


def is_coloured(picture):
    """Whether a picture has colours of its own, so that it is no line art. The tint of old paper is no colour.

    Args:
      picture: uint8 [H, W, 3], RGB.
    """
    small = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32)
    paper = np.maximum(np.percentile(small, 95, axis=(0, 1)), 1)
    if paper.min() > 0.6 * paper.max():  # a light tint over everything: white it
        small *= paper.max() / paper
    chroma = small.max(axis=-1) - small.min(axis=-1)
    return bool((chroma > _CHROMA_LEVEL).mean() > _COLOURED_SHARE)


def to_ink(outline):
    """Line art with values 0..255, any float array or tensor -> ink coverage in [0, 1]."""
    return 1 - outline / PAPER


def from_ink(ink):
    """Ink coverage in [0, 1], any array or tensor -> line art, uint8."""
    return np.uint8(np.round(PAPER * (1 - np.asarray(ink))))

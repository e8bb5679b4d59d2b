"""Imitates outlines as people draw them: a second outline of every training picture, beside the extracted one.

Real line art differs from extracted outlines. Strokes are single, thin and often gray; areas that become black in the
finished picture are left open; lines break off; paper is not quite white. All numbers are our choice. We looked at real
drawings.
"""

import cv2
import numpy as np

from data_pipeline.outlines import outline

_REFERENCE = 546  # pixels of the longer side of a picture for which the widths below are meant
_LEAST_INK = .008  # mean ink of strokes; pictures without drawn lines have less


def imitate(color, rng):
    """Imitates line art for a picture in color: draws its strokes or its edges, with a random weight and pressure.

    Call it at the picture's full resolution, as `outline.extract`.

    Args:
      color: uint8 [H, W, 3], RGB.
      rng: np.random.Generator.
    Returns:
      uint8 [H, W], white paper (255), black ink (0).
    """
    scale = max(color.shape[:2]) / _REFERENCE
    ink = _strokes(color, rng, scale) if rng.random() < .5 else _edges(color, rng, scale)
    if ink.mean() < _LEAST_INK:
        ink = _edges(color, rng, scale)
    if rng.random() < .3:
        ink = cv2.dilate(ink, _disc(2 * scale))
    ink = cv2.GaussianBlur(ink, (0, 0), scale * rng.uniform(.3, 1))
    if rng.random() < .3:
        ink = ink * _breaks(ink.shape, rng)
    ink = ink * rng.uniform(.5, 1) + rng.normal(0, rng.uniform(0, .02), ink.shape)
    return outline.from_ink(np.clip(ink, 0, 1))


def _strokes(color, rng, scale):
    """Finds thin lines that are darker than their surroundings, without black areas: ink coverage float32 [H, W]."""
    gray = cv2.cvtColor(color, cv2.COLOR_RGB2GRAY)
    darker = np.float32(cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, _disc(scale * rng.uniform(5, 13))))
    full = max(24., np.percentile(darker, 98))
    return np.clip(rng.uniform(1, 1.6) * darker / full - .15, 0, 1)


def _edges(color, rng, scale):
    """Finds edges at random thresholds, and joins the two sides of a line: ink coverage float32 [H, W]."""
    low = rng.uniform(50, 140)
    smooth = cv2.GaussianBlur(color, (0, 0), scale * rng.uniform(.5, 1.2))
    edges = cv2.Canny(smooth, low, 1.8 * low)
    return np.float32(cv2.morphologyEx(edges, cv2.MORPH_CLOSE, _disc(scale * rng.uniform(2, 5)))) / 255


def _breaks(shape, rng):
    """Draws spots where the pen was lifted: float32 [H, W], 0 in the spots and 1 around them."""
    coarse = rng.random((16, 16), np.float32)
    fine = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip((fine - rng.uniform(.02, .12)) * 20, 0, 1)


def _disc(diameter):
    side = max(2, round(diameter))
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))

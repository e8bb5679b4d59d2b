"""Outlines, the networks' input: the one place that knows how ink and paper are represented.

On disk and on screen an outline is line art: uint8, white paper (255), black ink (0). In the networks it is ink
coverage: float, 1 on ink and 0 on paper, so that the zero padding of a convolution is paper.
"""

import cv2
import numpy as np

PAPER = 255
CANNY_THRESHOLDS = (100, 180)  # the study's; the paper gives none
BLACK_LEVEL = 80  # the study's; a pixel whose channels have a lower mean counts as black

# Our choice: an area is what a median filter keeps of a picture at 512 pixels. It has a hue if its channels' absorption
# differs by at least 7 %. Hues count if at least 1 % of the picture has them. A hue is 40 degrees wide. What is as
# frequent and light as paper is not paper but a color if one of its channels has less than 53 % of another.
_AREA_SIZE, _MEDIAN, _CHROMA, _LEAST, _HUE_WIDTH, _PALEST = 512, 9, .07, .01, 40, .53


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


def gray(drawing):
    """The darkest channel of every pixel, since ink of any hue is dark in one: uint8 [H, W, 3] -> [H, W]."""
    red, green, blue = cv2.split(drawing)
    return cv2.min(cv2.min(red, green), blue)


def is_gray(picture):
    """Tells whether a picture's channels are equal: uint8 [H, W, 3] -> bool."""
    red, green, blue = cv2.split(picture)
    return cv2.norm(red, green, cv2.NORM_INF) == cv2.norm(red, blue, cv2.NORM_INF) == 0


def is_colored(picture):
    """Tells whether a picture is in color, and so is not line art.

    Ink of one hue on paper of one hue is line art. Several hues over areas are colors, also pale ones.

    Args:
      picture: uint8 [H, W, 3], RGB.
    Returns:
      bool.
    """
    counts = _hues(picture)
    of_main_hue = max(np.roll(counts, -k)[:_HUE_WIDTH // 10].sum() for k in range(36))
    return bool(counts.sum() - of_main_hue >= _LEAST)


def has_hue(picture):
    """Tells whether areas of a picture have any hue but that of its paper, and so is not black and white or gray.

    Args:
      picture: uint8 [H, W, 3], RGB.
    Returns:
      bool.
    """
    return bool(_hues(picture).sum() >= _LEAST)


def _hues(picture):
    """Measures the hues of a picture's areas: the share of the picture in each of 36 ranges of hues, float [36]."""
    scale = min(1, _AREA_SIZE / max(picture.shape[:2]))
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    if is_gray(small):
        return np.zeros(36)
    areas = cv2.medianBlur(small, _MEDIAN).astype(np.float32)
    gray = areas.mean(axis=-1)
    paper = np.maximum(np.median(areas[gray >= .95 * np.percentile(gray, 95)], axis=0), PAPER / 4)
    if paper.min() < _PALEST * paper.max():
        paper[:] = PAPER
    red, green, blue = cv2.split(1 - areas / paper)  # absorption: its hue is the ink's, however much ink there is
    chroma, hue = cv2.cartToPolar(red - green, (red + green) / 2 - blue, angleInDegrees=True)
    return np.histogram(hue[chroma >= _CHROMA], 36, (0, 360))[0] / chroma.size


def to_ink(outline):
    """Converts line art with levels in 0..255, a float array or tensor, to ink coverage in [0, 1]."""
    return 1 - outline / PAPER


def from_ink(ink):
    """Converts ink coverage in [0, 1], an array or tensor, to line art: uint8 array."""
    return np.uint8(np.round(PAPER * (1 - np.asarray(ink))))

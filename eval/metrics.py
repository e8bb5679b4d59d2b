"""Figures of merit of colourings: pure functions on uint8 pictures.

L1 in [-1, 1] units; spreads, like the standard deviations they are, in levels of 0..255.
"""

import cv2
import numpy as np
import tensorflow as tf

# Of a region: the least share of the picture, and how much its true colour may deviate, levels.
_MIN_SHARE, _FLAT = .002, 4.
_PAPER = 224  # an outline's levels from here on are paper; below, a stroke shows, if only its edge
_MIN_BACKGROUND = 16  # pixels


def l1(image, truth):
    """Mean absolute difference in [-1, 1] units."""
    return np.abs(image.astype(np.float64) - truth).mean() / 127.5


def psnr(image, truth):
    """Peak signal-to-noise ratio, dB."""
    return float(tf.image.psnr(image, truth, 255))


def ssim(image, truth):
    """Structural similarity (Wang et al. 2004), at most 1."""
    return float(tf.image.ssim(image[None], truth[None], 255)[0])


def colourfulness(image):
    """Hasler and Suesstrunk 2003, section 7: 0 for grey, about 100 for very colourful."""
    red, green, blue = np.moveaxis(image.astype(np.float64), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return np.hypot(rg.std(), yb.std()) + .3 * np.hypot(rg.mean(), yb.mean())


def diversity(images):
    """Standard deviation of a pixel among several colourings of one outline [N, H, W, 3], mean, levels."""
    return images.astype(np.float64).std(axis=0).mean()


def intersection_over_union(mask, truth):
    """Of two boolean masks; 1 if both are empty."""
    either = (mask | truth).sum()
    return (mask & truth).sum() / either if either else 1.


def paper_regions(outline):
    """Connected areas of paper between lines: int32 [H, W], 0 on lines and on what is too small, else the region."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(np.uint8(outline >= _PAPER), connectivity=4)
    large = statistics[:, cv2.CC_STAT_AREA] >= _MIN_SHARE * outline.size
    large[0] = False
    return np.where(large[labels], labels, 0)


def region_spread(image, truth, outline):
    """How inconsistently regions are coloured that have one colour in truth.

    Args:
      image, truth: uint8 [H, W, 3].
      outline: uint8 [H, W].
    Returns:
      Area-weighted mean over the regions of the RGB standard deviation within; None if there are none.
    """
    regions = paper_regions(outline)
    areas, spreads = [], []
    for label in np.unique(regions[regions > 0]):
        inside = regions == label
        if _deviation(truth[inside]) <= _FLAT:
            areas.append(inside.sum())
            spreads.append(_deviation(image[inside]))
    return np.average(spreads, weights=areas) if areas else None


def background_spread(image, outline, background=None):
    """How inconsistently the background is coloured: the RGB standard deviation of its paper.

    Args:
      image: uint8 [H, W, 3].
      outline: uint8 [H, W].
      background: bool [H, W], the true background; without it, the largest region at the border stands for it.
    Returns:
      None if there is no background.
    """
    if background is None:
        regions = paper_regions(outline)
        border = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
        at_border = np.unique(border[border > 0])
        if not at_border.size:
            return None
        background = regions == max(at_border, key=lambda label: (regions == label).sum())
    background = background & (outline >= _PAPER)
    return _deviation(image[background]) if background.sum() >= _MIN_BACKGROUND else None


def _deviation(pixels):
    """Of uint8 [N, 3] from their mean colour: root mean square over pixels and channels."""
    return float(np.sqrt(pixels.astype(np.float64).var(axis=0).mean()))

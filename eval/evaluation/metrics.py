"""Figures of merit of colored pictures, on uint8 arrays.

L1 is in [-1, 1] units. Spreads and diversity are standard deviations in levels of 0..255.
"""

import cv2
import numpy as np
import tensorflow as tf

# A region counts if it has at least this share of the picture, and if its true colors deviate by at most these levels.
_MIN_SHARE, _FLAT = .002, 4.
_PAPER = 224  # levels of an outline from here on are paper; lower levels belong to strokes and their edges
_MIN_BACKGROUND = 16  # a smaller background does not count; pixels
_MAX_PSNR = 100.  # dB


def l1(image, truth):
    """Computes the mean absolute difference of two pictures [H, W, 3], in [-1, 1] units."""
    return np.abs(image.astype(np.float64) - truth).mean() / 127.5


def psnr(image, truth):
    """Computes the peak signal-to-noise ratio of two pictures [H, W, 3], in dB.

    It is at most 100 dB (our choice). So equal pictures, whose ratio is infinite, count in means with 100 dB.
    """
    return min(_MAX_PSNR, float(tf.image.psnr(image, truth, 255)))


def ssim(image, truth):
    """Computes the structural similarity of two pictures [H, W, 3] (Wang et al., 2004), at most 1."""
    return float(tf.image.ssim(image[None], truth[None], 255)[0])


def colorfulness(image):
    """Computes the colorfulness of a picture [H, W, 3] (Hasler and Suesstrunk, 2003, section 7).

    It is 0 for gray and about 100 for very colorful pictures.
    """
    red, green, blue = np.moveaxis(image.astype(np.float64), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return np.hypot(rg.std(), yb.std()) + .3 * np.hypot(rg.mean(), yb.mean())


def diversity(images):
    """Computes how much several results for one outline [N, H, W, 3] differ.

    It is the standard deviation of each number over the results, averaged over the picture, in levels.
    """
    return images.astype(np.float64).std(axis=0).mean()


def intersection_over_union(mask, truth):
    """Computes the intersection over union of two boolean masks; 1 if both are empty."""
    either = (mask | truth).sum()
    return (mask & truth).sum() / either if either else 1.


def paper_regions(outline):
    """Labels the connected areas of paper between the lines of an outline uint8 [H, W].

    Returns:
      int32 [H, W], the region's label; 0 on lines and in regions that are too small.
    """
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(np.uint8(outline >= _PAPER), connectivity=4)
    large = statistics[:, cv2.CC_STAT_AREA] >= _MIN_SHARE * outline.size
    large[0] = False
    return np.where(large[labels], labels, 0)


def region_spread(image, truth, outline):
    """Measures how unevenly an image colors the regions that have one color in the truth.

    Args:
      image, truth: uint8 [H, W, 3].
      outline: uint8 [H, W].
    Returns:
      The RGB standard deviation within a region, averaged over the regions by area; None if there are no regions.
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
    """Measures how unevenly the background is colored: the RGB standard deviation of its paper.

    Args:
      image: uint8 [H, W, 3].
      outline: uint8 [H, W].
      background: bool [H, W], the true background; if None, the largest region at the border takes its place.
    Returns:
      Levels, or None if there is no background.
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
    """Root mean square deviation of pixels uint8 [N, 3] from their mean color, over pixels and channels."""
    return float(np.sqrt(pixels.astype(np.float64).var(axis=0).mean()))


def means(rows, what, figures):
    """Averages figures over pictures.

    Args:
      rows: [{'set', what, 'system', and the figures, which may be None}], for each picture.
      what: 'hints' or 'references', of which a row has a number.
      figures: names of the figures.
    Returns:
      {set: {number, as text: {system: {figure: mean over the pictures that have it, or None}}}}.
    """
    groups = {}
    for row in rows:
        of_number = groups.setdefault(row['set'], {}).setdefault(str(row[what]), {})
        of_number.setdefault(row['system'], []).append(row)

    def mean(those, figure):
        known = [row[figure] for row in those if row[figure] is not None]
        return round(float(np.mean(known)), 4) if known else None

    return {name: {number: {system: {figure: mean(those, figure) for figure in figures}
                            for system, those in its.items()} for number, its in numbers.items()}
            for name, numbers in groups.items()}

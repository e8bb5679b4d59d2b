"""Held-out comics drawn on the spot, where everything is known: for evaluation."""

import numpy as np

from data_pipeline import outline, square, synthetic_comic
from models import resolution

_PANELS_AN_EPISODE = 12


def batch(background, seed, count, size, first=0):
    """Panels as the networks see them, outlines extracted as in training.

    Args:
      background, seed: see `synthetic_comic.draw_panel`; a seed that nothing was trained on.
      count: panels.
      size: their side, pixels.
      first: number of the first panel, from 0.
    Returns:
      {'outline': [N, S, S, 1], 'colour': [N, S, S, 3], 'background': [N, S, S, 1], 1 = background}, see `dataset.load`.
    """
    panels = [synthetic_comic.draw_panel(seed, 1 + k // _PANELS_AN_EPISODE, 1 + k % _PANELS_AN_EPISODE, background)
              for k in range(first, first + count)]
    lines = np.float32([square.fit(outline.extract(panel.colour), size) for panel in panels])
    masks = np.stack([square.fit(np.uint8(panel.background) * 255, size) for panel in panels])
    colours = np.float32([square.fit(panel.colour, size) for panel in panels])
    return {'outline': outline.to_ink(lines[..., None]), 'colour': resolution.from_levels(colours),
            'background': np.float32(masks[..., None] > 127)}

"""Held-out comics that are drawn on the spot, with known colors and backgrounds."""

import numpy as np

from data_pipeline import synthetic_comic
from data_pipeline.outlines import outline
from data_pipeline.pictures import colors, square

_PANELS_AN_EPISODE = 12
_MOST_PEOPLE = 8  # of a cast


def batch(background, seed, count, size, first=0, cast='fixed'):
    """Draws panels as the networks see them, with extracted outlines.

    Args:
      background, seed, cast: see `synthetic_comic.draw_panel`. The seed must differ from the training seeds.
      count: N, number of panels.
      size: S, side of the panels in pixels.
      first: number of the first panel, from 0.
    Returns:
      {'outline': [N, S, S, 1], 'color': [N, S, S, 3], 'background': [N, S, S, 1], 'group': [N]}, see `dataset.load`,
      and 'shows': bool [N, 8], which characters of its cast a panel shows.
    """
    episodes = [1 + k // _PANELS_AN_EPISODE for k in range(first, first + count)]
    panels = [synthetic_comic.draw_panel(seed, episode, 1 + k % _PANELS_AN_EPISODE, background, cast=cast)
              for k, episode in enumerate(episodes, first)]
    lines = np.float32([square.fit(outline.extract(panel.color), size) for panel in panels])
    masks = np.stack([square.fit(np.uint8(panel.background) * 255, size) for panel in panels])
    levels = np.float32([square.fit(panel.color, size) for panel in panels])
    return {'outline': outline.to_ink(lines[..., None]), 'color': colors.from_levels(levels),
            'background': np.float32(masks[..., None] > 127), 'group': episodes,
            'shows': np.array([[any(place.who == who for place in panel.places) for who in range(_MOST_PEOPLE)]
                               for panel in panels])}

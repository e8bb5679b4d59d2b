"""Draws backgrounds of random color."""

import cv2
import numpy as np

BACKGROUNDS = ('flat', 'gradient', 'patterned')


def ground(rng, background, height=512, width=512):
    """Draws a background.

    Args:
      rng: `np.random.Generator`.
      background: 'flat', 'gradient' (linear, any direction) or 'patterned' (dots or stripes).
      height, width: in pixels. Patterns keep their shape and have one size for one shorter side.
    Returns:
      uint8 [height, width, 3], RGB.
    """
    first = any_color(rng)
    result = np.broadcast_to(first, (height, width, 3))
    y, x = np.mgrid[0:height, 0:width] / (min(height, width) - 1) - .5
    angle = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    if background == 'gradient':
        t = (along - along.min()) / np.ptp(along)
        result = first + t[..., None] * (any_color(rng) - first)
    elif background == 'patterned':
        second = np.clip(first + rng.uniform(14, 40) * rng.choice([-1, 1]), 0, 255)
        across = y * np.cos(angle) - x * np.sin(angle)
        count = rng.uniform(6, 14)
        waves = np.cos(2 * np.pi * count * along) + (np.cos(2 * np.pi * count * across) if rng.random() < .5 else 0)
        result = first + (1 / (1 + np.exp(-20 * (waves - .6))))[..., None] * (second - first)
    return np.clip(np.round(result), 0, 255).astype(np.uint8)


def any_color(rng):
    """Draws a color: float64 [3], RGB."""
    hsv = np.uint8([[[rng.uniform(0, 180), 255 * rng.beta(1.3, 1.6), 255 * rng.uniform(.45, 1)]]])
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float64)

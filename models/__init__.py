"""The networks of the paper, and the whole system in `comic_colorizer`.

Conventions: an outline is ink coverage in [0, 1] (1 is ink), a color is RGB in [-1, 1], channels are the last axis. B
is the batch size, S = 256 the side of a picture, L = 32 the side of a low-resolution picture, in pixels.
"""

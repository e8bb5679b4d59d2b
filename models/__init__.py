"""The networks of the paper, one module each, and the whole system in `comic_colorizer`.

Conventions: outlines are ink coverage in [0, 1] (ink = 1), colours are RGB in [-1, 1], both channels last; B is the
batch, S = 256 the picture's side, L = 32 the low-resolution side.
"""

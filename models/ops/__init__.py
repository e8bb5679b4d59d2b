"""Functions on pictures and random numbers, without weights."""

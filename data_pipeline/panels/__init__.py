"""Panels: finds them in pages, in reading order."""

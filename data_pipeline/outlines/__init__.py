"""Outlines: extracted from colors, imitated as people draw them, and taken from line art."""

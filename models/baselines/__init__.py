"""The systems that the comic colorizer is compared with."""

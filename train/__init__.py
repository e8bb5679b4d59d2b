"""One program for each network."""

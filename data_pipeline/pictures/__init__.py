"""Pictures: how files are read, pages cut, and pictures fitted to the networks."""

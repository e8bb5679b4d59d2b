"""From pictures to batches: reads pages, cuts panels, extracts outlines, prepares and loads training data."""

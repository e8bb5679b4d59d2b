"""What all programs share: how they end, and how they write files."""

"""What the networks share: configuration, weights on disk, and training."""

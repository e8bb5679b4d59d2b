"""Programs that use trained networks."""

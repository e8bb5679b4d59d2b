"""The parts of `eval.evaluate`: held-out pictures, variants of the system, figures of merit, and the report."""

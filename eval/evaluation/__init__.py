"""What `eval.evaluate` is made of: held-out pictures, variants of the system, figures of merit, and the report."""

"""What `eval.benchmark` measures."""

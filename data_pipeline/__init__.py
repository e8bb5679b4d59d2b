"""From what people have (files, folders, archives of comics) to batches for training."""

"""Training on a GPU, with the bytes of the processor."""

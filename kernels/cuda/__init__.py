"""Training on a GPU, with the bytes of the processor."""


class NoDevice(Exception):
    """There is no GPU to work with, or nothing that speaks to it."""

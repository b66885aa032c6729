"""What is wrong with a GPU, in a line."""


class NoDevice(Exception):
    """There is no GPU to work with, or nothing that speaks to it."""

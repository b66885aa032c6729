"""The one exception that stands for a directory or file that cannot be used."""


class ResultsError(ValueError):
    """A results directory or file that cannot be used; the message names it and the mend."""

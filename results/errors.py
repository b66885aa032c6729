"""The exceptions that stand for a directory or file that cannot be used."""


class ResultsError(ValueError):
    """A results directory or file that cannot be used; the message names it and the mend."""


class NotWritten(ResultsError):
    """A file that the system would not let us write; what was written before is as it was."""

"""The options that say how to run a sweep, whatever it is; a SPEC.toml may hold them too."""

from typing import NamedTuple


class RunOption(NamedTuple):
    """One of them.

    Attributes
    ----------
    kind : type
        Of its values.
    metavar, meaning : str
        What help says; a flag has no metavar.
    goes_on : bool
        Whether the command that goes on with an interrupted sweep repeats it.
    """

    kind: type
    metavar: str
    meaning: str
    goes_on: bool = False


RUN_OPTIONS = {
    "backend": RunOption(str, "NAME", "threading, loky, dask or ray [threading]", goes_on=True),
    "scheduler": RunOption(str, "ADDRESS", "of a running dask cluster", goes_on=True),
    "jobs": RunOption(int, "N", "joblib's n_jobs [-1: all cores]", goes_on=True),
    "out": RunOption(str, "DIR", "results directory [runs/<data>-<n>]"),
    "extend": RunOption(bool, "", "add to a directory with a smaller grid"),
    "join": RunOption(bool, "", "share a directory with other processes", goes_on=True),
    "retry_failed": RunOption(bool, "", "do runs again that are in error"),
    "quiet": RunOption(bool, "", "show no progress"),
    "json": RunOption(bool, "", "print one JSON object and nothing else"),
}

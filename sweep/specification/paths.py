"""What is said of a path that leads to no file."""

import os
from itertools import islice

from sweep.errors import hint, nearest
from sweep.specification.validators import BUILT_IN

_LOOKED_AT = 1000  # names of a folder


def missing(path: str) -> str:
    """Say that there is no such file, and which name may have been meant."""
    if path == "-":
        return (
            "'-' is no file: a sweep reads its data again when it goes on, so it takes no standard "
            "input: write it to a file first"
        )
    folder, name = os.path.split(path)
    if not folder and "." not in name:
        return f"{path!r} is no file and no built-in set{hint(path, BUILT_IN)}"
    if not os.path.isdir(folder or "."):
        return f"{path!r} is no file: there is no folder {folder!r}"
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in islice(entries, _LOOKED_AT) if entry.is_file()]
    except OSError as error:
        return f"{path!r} is no file that can be seen: {error.strerror}"
    if meant := nearest(name, names, least=0.6):
        return f"{path!r} is no file; did you mean {os.path.join(folder, meant)!r}?"
    return f"{path!r} is no file, and none in {folder or os.getcwd()!r} has a similar name"

"""What the commands about a cell are made of that the page shows, to be copied."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from results.cells.summary import asked_to_rank, axis_names
from results.columns import is_axis
from results.labels import option


def commands(
    directory: str | os.PathLike[str], cells: pd.DataFrame, spec: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the parts of commands about any cell, None where no options stand for the axes.

    Parameters
    ----------
    directory : path
        As it was given: the commands are for where that one was.
    cells : DataFrame
        A summary.
    spec : mapping
        What ``sweep.toml`` holds.

    Returns
    -------
    parts : dict or None
        ``directory``; ``options``, what stands before a value of each axis that varies; ``rank``,
        the metric that was asked to decide; ``sample``, whether the specification draws cells;
        ``raced``, whether it stops some early; and ``along``, the axis of a path, whose runs begin
        where others ended.
    """
    names = [name for name in axis_names(cells) if cells[name].nunique() > 1]
    if not all(map(is_axis, names)):
        return None
    return {
        "directory": _named(os.fspath(directory)),
        "options": {name: option(name) for name in names},
        "rank": next((name.removeprefix("val_") for name in asked_to_rank(cells)), ""),
        "sample": "sample" in spec,
        "raced": spec.get("halving", "off") != "off",
        "along": spec.get("path", "off"),
    }


def _named(path: str) -> str:
    """Return a path that is no option, and ends with a name: new ones are made from it."""
    if Path(path).name in ("", os.pardir):
        path = os.path.normpath(os.path.join(path, os.pardir, Path(path).resolve().name))
    return f"./{path}" if path.startswith("-") else path

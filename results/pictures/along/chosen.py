"""Where on a line the cells are that the rules choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from results.cells.best import where
from results.cells.summary import deciding
from results.labels import most

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from results.plane import Axis

#: How the rules are drawn.
_RULES = {"min": "--", "one-se": ":"}


def at_chosen(
    ax: Axes, axis: Axis, cells: pd.DataFrame, shown: pd.DataFrame, chosen: Mapping[str, int]
) -> list[str]:
    """Draw a line where the best cell is, and where the sparsest within one standard error is.

    Parameters
    ----------
    ax : Axes
    axis : Axis
    cells, shown : DataFrame
        A `results.summary`, and those of its rows through which lines are drawn.
    chosen : dict of str to int
        Its `by_rule`.

    Returns
    -------
    list of str
        Which of the two is not there, and where it is instead.
    """
    metric, elsewhere = deciding(cells), []
    if len(cells) < 2:
        return []
    found: dict[int, list[str]] = {}
    for rule, row in chosen.items():
        found.setdefault(row, []).append(rule)
    for row, rules in found.items():
        texts = {"min": f"{most(metric)} {metric}", "one-se": "sparsest within 1 SE"}
        text = ",\nand ".join(texts[rule] for rule in rules)
        if row not in shown.index:
            elsewhere.append(f"{text.replace(chr(10), ' ')} at {where(cells, cells.iloc[row])}")
            continue
        at = axis.at[np.searchsorted(axis.values, cells[axis.name].to_numpy()[row])]
        ax.axvline(
            at, color="0.35", linestyle=_RULES[rules[-1]], linewidth=1, zorder=0.5, label=text,
            gid=rules[0],
        )  # fmt: skip
    return elsewhere


def not_here(elsewhere: Sequence[str], here: str) -> str:
    """Say which of the chosen cells are not on some line."""
    return f"not on {here}: {' and '.join(elsewhere)}" if elsewhere else ""

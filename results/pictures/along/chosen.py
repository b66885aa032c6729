"""What a path says of the cells that the rules choose, and of how many weights are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from results.cells.best import best, where
from results.cells.summary import deciding
from results.labels import most, number
from results.pictures.style import Fitting

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from results.plane import Axis

#: How the rules are drawn.
_RULES = {"min": "--", "one-se": ":"}


def at_chosen(ax: Axes, axis: Axis, cells: pd.DataFrame, shown: pd.DataFrame) -> str:
    """Draw a line where the best cell is, and where the sparsest within one standard error is.

    Parameters
    ----------
    ax : Axes
    axis : Axis
    cells, shown : DataFrame
        A `results.summary`, and those of its rows through which lines are drawn.

    Returns
    -------
    str
        Which of the two is not there, and where it is instead.
    """
    metric, elsewhere = deciding(cells), []
    if len(cells) < 2 or cells[f"rank_{metric}"].isna().all():
        return ""
    found: dict[int, list[str]] = {}
    for rule in _RULES if "mean_sparsity" in cells else ("min",):
        cell = best(cells, rule)
        if cell["rule"].iloc[0] == rule:  # else there is no standard error
            found.setdefault(int(cell.index[0]), []).append(rule)
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
    return f"not on this line: {' and '.join(elsewhere)}" if elsewhere else ""


def weights_left(ax: Axes, axis: Axis, line: pd.DataFrame) -> None:
    """Write at the top how many weights are left, or what share where no number is known.

    Parameters
    ----------
    ax : Axes
        Whose limits are those that it keeps.
    axis : Axis
    line : DataFrame
        Rows of a summary, one for each value of the axis.
    """
    counted = "mean_nonzero" in line and line["mean_nonzero"].notna().any()
    left = line["mean_nonzero"] if counted else 100 * (1 - line["mean_sparsity"])
    text = "weights left, mean" if counted else "% of the weights left, mean"
    count_at_top(ax, axis, left.to_numpy(np.float64), text)


def count_at_top(ax: Axes, axis: Axis, counts: NDArray, text: str) -> None:
    """Write a number for each value of an axis at the top, as many as fit, NaN for none."""
    top = ax.twiny()
    top.set_xlim(ax.get_xlim())
    top.set_xlabel(text)
    written = {float(axis.at[i]): _written(counts[i]) for i in axis.telling()}
    written = {at: count for at, count in written.items() if count}
    top.xaxis.set_major_locator(Fitting([*written.items()]))
    top.xaxis.set_major_formatter(lambda at, _: written.get(at, ""))
    top.tick_params(length=2)
    top.spines[["left", "right", "bottom"]].set_visible(False)
    top.spines["top"].set(color="0.6", linewidth=0.6)


def _written(left: float) -> str:
    if np.isnan(left):
        return ""
    return f"{left:,.0f}" if left >= 100 else number(left, 3)

"""Which columns of the data runs use: how often they are kept along a penalty, and what they give.

Both are drawn from what `results.cells.features.of_cells` returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from results.cells.features.of_cells import by_stability
from results.labels import counted, printable
from results.pictures.style import (
    DASHES,
    LINES,
    MARKERS,
    entitle,
    label,
    legend_below,
    open_frame,
)
from results.plane import lay_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Columns that get a line of their own colour, and a dot; and letters of a name.
_NAMED, _MOST, _LETTERS = len(LINES) - 1, 30, 24


def stability(
    ax: Axes, path: pd.DataFrame, along: str, threshold: float, data: str, chosen: float
) -> None:
    """Draw the share of runs that keep each column along a penalty.

    Parameters
    ----------
    ax : Axes
    path : DataFrame
        The cells of a path.
    along : str
        Its axis.
    threshold : float
        From which on a column is selected.
    data : str
        Name of the data.
    chosen : float
        The penalty of the chosen cell.
    """
    shares = path.pivot(index=along, columns="feature", values="kept")
    axis = lay_out(along, shares.index.to_numpy())
    order = by_stability(path)
    for place, name in reversed([*enumerate(order)]):
        named = place < _NAMED
        look: dict[str, Any] = {"color": "0.7", "linewidth": 0.8, "zorder": 1}
        if named:
            look = {
                "color": LINES[place], "linestyle": DASHES[place % len(DASHES)], "zorder": 3,
                "marker": MARKERS[place % len(MARKERS)], "markersize": 4,
            }  # fmt: skip
        text = _short(name) if named else None
        ax.plot(axis.at, shares[name], **look, label=text, gid=str(name))
    handles, _ = ax.get_legend_handles_labels()
    ax.axhline(threshold, color="0.4", linewidth=0.8, linestyle="--", zorder=0)
    at = axis.at[int(np.flatnonzero(axis.values == chosen)[0])]
    ax.axvline(at, color="0.4", linewidth=0.8, linestyle=":", zorder=0)
    label(ax.xaxis, axis)
    ax.set_ylabel("share of runs that keep it")
    ax.set_ylim(-0.03, 1.03)
    open_frame(ax)
    others = len(order) - min(_NAMED, len(order))
    told = [f"dashed: {threshold:g}, from which on it is selected; dotted: the chosen cell"]
    told += [f"grey: {counted(others, 'other column')}"] if others else []
    legend_below(ax, told, handles=handles[::-1], ncols=2)
    entitle(ax, data, f"{counted(len(order), 'column')} along {along}")


def dots(ax: Axes, rows: pd.DataFrame, data: str, where: str, sure: str) -> None:
    """Draw the importance of the columns at a cell, the most important first, with intervals.

    Parameters
    ----------
    ax : Axes
    rows : DataFrame
        Those of the cell.
    data, where : str
        Name of the data, and the place of the cell.
    sure : str
        What the intervals are for; empty where there are none.
    """
    shown = rows.sort_values("importance", ascending=False, kind="stable").head(_MOST)
    place = np.arange(len(shown))
    mean, low, high = (shown[f"{end}importance"].to_numpy() for end in ("", "low_", "high_"))
    half = np.nan_to_num(np.stack([mean - low, high - mean]))
    for mark, kept in (("o", shown["selected"]), ("x", ~shown["selected"])):
        some = kept.to_numpy()
        if some.any():
            text = "selected" if mark == "o" else "not selected"
            colour = LINES[0] if mark == "o" else "0.5"
            ax.errorbar(
                *(mean[some], place[some]), xerr=half[:, some], fmt=mark, color=colour,
                markersize=4, elinewidth=1, label=text, gid=text,
            )  # fmt: skip
    ax.axvline(0, color="0.4", linewidth=0.6, zorder=0)
    ax.set_yticks(place, [_short(name) for name in shown["feature"]])
    ax.invert_yaxis()
    ax.set_xlabel("importance: rise of val_loss where it is shuffled")
    open_frame(ax)
    others = len(rows) - len(shown)
    told = [f"95 % interval, {sure}"] if sure else []
    told += [f"without {counted(others, 'less important column')}"] if others else []
    legend_below(ax, told)
    entitle(ax, data, f"importance of columns at {where}")


def size_of_dots(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the width and height of the picture that `dots` draws."""
    return 5.2, 1.8 + 0.2 * min(len(rows), _MOST)


def _short(name: str) -> str:
    text = printable(str(name)).replace("$", r"\$")
    text = f" {text}" if text.startswith("_") else text  # which would be kept out of the legend
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 3]}..."

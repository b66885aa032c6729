"""Probabilities against the share of rows that they come true in, and how many rows have which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from results.labels import counted, number
from results.pictures.judged.curves import name_of
from results.pictures.style import LINES, MARKERS, legend_below, open_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Classes with a colour of their own: those that are furthest off.
_NAMED = 4

#: How far the points of one bin stand apart.
_APART = 0.008

_REST: dict[str, Any] = {"color": "0.75", "linewidth": 0.8, "zorder": 1}


def calibration(figure: Figure, table: pd.DataFrame, several: bool) -> None:
    """Draw reliability above, with Wilson's intervals, and the rows of each bin below.

    Parameters
    ----------
    figure : Figure
    table : DataFrame
        ``target``, ``class``, ``bin_low``, ``bin_high``, ``rows``, ``predicted``, ``share``,
        ``low``, ``high``: a row for each bin of each class.
    several : bool
        Whether there are several targets, so that a class is named by its target too.
    """
    above, below = figure.subplots(2, sharex=True, height_ratios=(4, 1))
    above.plot((0, 1), (0, 1), color="0.4", linewidth=0.8, linestyle=":", label="as predicted")
    every = [
        (_off(own), name_of(key, several), own)
        for key, own in table.groupby(["target", "class"], sort=False)
    ]
    every.sort(key=lambda one: -one[0])
    shown = every[:_NAMED]
    for place, (_, name, own) in enumerate(shown):
        x = own["predicted"] + _APART * (place - (len(shown) - 1) / 2)
        look: dict[str, Any] = {"color": LINES[place % len(LINES)]}
        ends = np.abs([own["share"] - own["low"], own["high"] - own["share"]])
        above.errorbar(
            *(x, own["share"]), yerr=ends, **look, marker=MARKERS[place % len(MARKERS)],
            markersize=4, linewidth=1, elinewidth=0.7, capsize=2, label=name, gid=name,
        )  # fmt: skip
        below.hlines(own["rows"], own["bin_low"], own["bin_high"], **look, linewidth=1.4)
    for _, name, own in every[_NAMED:]:
        above.plot(own["predicted"], own["share"], gid=name, **_REST)
    if len(every) > _NAMED:
        above.plot([], [], label=counted(len(every) - _NAMED, "other"), **_REST)
    above.set_ylabel("share of the rows")
    above.set_xlim(-0.02, 1.02)
    above.set_ylim(-0.02, 1.02)
    below.set_yscale("symlog", linthresh=1)
    below.set_ylim(0, 2 * table["rows"].max())
    below.yaxis.set_major_formatter(FuncFormatter(lambda at, _: number(at)))
    below.set_ylabel("rows")
    below.set_xlabel("predicted probability")
    for ax in (above, below):
        open_frame(ax)
    legend_below(
        below,
        ["bars are Wilson's intervals, at 95 %"],
        handles=above.get_legend_handles_labels()[0],
    )


def _off(own: pd.DataFrame) -> float:
    """Return how far a class is off in the mean."""
    return float(np.average(abs(own["share"] - own["predicted"]), weights=own["rows"]))

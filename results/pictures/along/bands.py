"""Lines of means with the band of their intervals, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from results.pictures.style import DASHES, LINES, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from results.plane import Axis

#: Points of a line up to which each is marked, or shows its interval.
FEW = 40

#: Said of bands and bars that reach down to 0, which no logarithmic axis has.
CUT = "; where the axis cuts it off, it goes on below"


def band(
    ax: Axes, axis: Axis, i: int, name: str, mean: NDArray, low: NDArray, high: NDArray
) -> None:
    """Draw the i-th line with its band; a point that has no neighbour gets a bar instead."""
    first = int(axis.has_zero)
    colour, marker = LINES[i % len(LINES)], MARKERS[i % len(MARKERS)]
    look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4}
    few = len(axis.values) <= FEW
    ax.plot(
        *(axis.at[first:], mean[first:]), **look, linestyle=DASHES[i % len(DASHES)], label=name,
        markevery=1 if few else len(axis.values) // 10, gid=name,
    )  # fmt: skip
    ax.fill_between(
        *(axis.at[first:], low[first:], high[first:]), color=colour, alpha=0.2, linewidth=0,
        gid=f"{name} band",
    )  # fmt: skip
    known = np.isfinite(np.concatenate(([np.nan], mean[first:], [np.nan])))
    alone = [*range(first), *first + np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:])]
    for j in alone:
        half = [[mean[j] - low[j]], [high[j] - mean[j]]]
        ax.errorbar(axis.at[j], mean[j], half, **look, linestyle="none", elinewidth=1.5)


def over(means: str, sure: str, cut: bool, paired: str = "") -> str:
    """Say what lines and bands are, and where a band is cut.

    ``paired`` says how values are, where it is their differences that have a band.
    """
    if not sure:
        return ", ".join(filter(None, (means, paired)))
    what = f"of the difference, {paired}" if paired else "of each mean"
    return f"{means}; 95 % band {what}, {sure}{CUT if cut else ''}"

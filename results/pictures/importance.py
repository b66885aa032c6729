"""Which axes matter: the share of the variance that each axis and pair explains, as bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from results.cells.epochs import as_cells_with_epochs
from results.cells.importance import shares
from results.cells.summary import deciding
from results.errors import ResultsError
from results.pictures.style import LINES, axes_or_new, entitle, legend_below, open_frame
from results.plane import said, slice_at

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Parts that get a bar, and how large one is at the least; the others are with the rest.
MOST, _LEAST = 10, 0.005

#: Hatching of bars of pairs, so that grey tells them too.
_PAIR = "////"


def importance(
    table: pd.DataFrame,
    metric: str | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of the variance of cells' means that each axis and each pair explains.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str, optional
        By default the loss that decides.
    at : dict of str to float or str, optional
        Values at which to hold axes; by default all cells are in it.
    ax : Axes, optional
        By default those of a new figure.

    Raises
    ------
    ResultsError
        As `results.shares`.
    """
    cells = as_cells_with_epochs(table, [metric] if metric else [])
    metric = metric or deciding(cells)
    meant, fixed = slice_at(cells, at)
    found = shares.of_cells(cells, metric, cells.index.isin(meant.index))
    if isinstance(found, str):
        raise ResultsError(f"no shares of variance: {found}")
    ax = axes_or_new(ax)
    bars(ax, found, cells["data"].iloc[0], said(fixed, cells, ", "))
    return ax


def bars(ax: Axes, found: shares.Shares, data: str, held: str) -> None:
    """Draw shares of some data; ``held`` says at which values axes are."""
    names = named(found)
    sizes = {name: found.parts[name] for name in names}
    errors = {name: found.errors.get(name, 0.0) for name in names}
    left = len(found.parts) - 1 - len(names)
    rest = f"{shares.REST} ({left} smaller)" if left else shares.REST
    sizes[rest], errors[rest] = max(1 - sum(sizes.values()), 0.0), 0.0
    for place, (name, share) in enumerate(sizes.items()):
        pair = " x " in name
        colour = "0.6" if name == rest else LINES[1 if pair else 0]
        bar: dict[str, Any] = {
            "color": colour,
            "hatch": _PAIR if pair else None,
            "edgecolor": "white",
        }
        ax.barh(place, share, **bar, linewidth=0, gid=name)
        if errors[name]:
            ax.errorbar(share, place, xerr=errors[name], color="black", capsize=2, gid="error")
        ax.annotate(
            *(shares.percent(share, errors[name]), (share + errors[name], place)),
            xytext=(4, 0), textcoords="offset points", va="center", fontsize=8,
        )  # fmt: skip
    ax.set_yticks(np.arange(len(sizes)), list(sizes))
    ax.invert_yaxis()
    ax.set_xlim(0, 1.15 * max(sizes[name] + errors[name] for name in sizes))
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= 1])
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel("share of the variance")
    open_frame(ax)
    handles = [Patch(color=LINES[0], label="an axis by itself")]
    handles += [
        Patch(facecolor=LINES[1], hatch=_PAIR, edgecolor="white", label="a pair beyond that")
    ]
    told = [f"Shares {shares.meaning(found)}"]
    told += ["± is a standard deviation"] if any(errors.values()) else []
    legend_below(ax, told, handles=handles)
    entitle(ax, data, f"what matters for {found.metric}{held}")


def named(found: shares.Shares) -> list[str]:
    """Return the axes and pairs that get a bar."""
    large = [name for name, share in found.parts.items() if share >= _LEAST]
    return [name for name in large if name != shares.REST][:MOST]


def size(found: shares.Shares) -> tuple[float, float]:
    """Return the width and height of the picture."""
    return 5.6, 2.2 + 0.28 * (len(named(found)) + 1)

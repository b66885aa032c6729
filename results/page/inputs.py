"""Which columns of the data runs use, as the page shows it: a table, and lines along a penalty."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from results.cells.features.of_cells import by_stability, ranked
from results.colours import LINES
from results.labels import counted, number, printable
from results.page.pagedata import axis_data

if TYPE_CHECKING:
    import pandas as pd

#: Rows of the table, and lines of the picture; of these the first have colours of their own.
_ROWS, _LINES = 20, 60
_OWN, _GREY = LINES[:-1], LINES[-1]


class Inputs:
    """What runs at the chosen cell, and along a penalty through it, do with columns of the data.

    Parameters
    ----------
    path : DataFrame
        What `results.cells.features.of_cells` returns of the cells along the penalty.
    along : str or None
        The penalty; None where the path is the chosen cell alone.
    chosen : float or None
        Its value at the chosen cell.
    threshold : float
        The share of runs from which on a column is selected.
    title : str
        Which cell it is.
    notes : list of str
        What the figures mean, and how far they can be trusted.
    """

    def __init__(
        self,
        path: pd.DataFrame,
        along: str | None,
        chosen: float | None,
        threshold: float,
        title: str,
        notes: list[str],
    ) -> None:
        self.path, self.along, self.chosen, self.threshold = path, along, chosen, threshold
        self.title, self.notes = title, notes
        self.rows = ranked(path if along is None else path[path[along] == chosen])

    @cached_property
    def order(self) -> list[str]:
        """Names of the columns: the longer kept along the penalty, the earlier."""
        return by_stability(self.path)

    @cached_property
    def colours(self) -> dict[str, str]:
        """The colour of each column that has one of its own."""
        return dict(zip(self.order, _OWN, strict=False))

    @cached_property
    def table(self) -> dict[str, Any]:
        """The first columns as texts, and where their importance lies, in per cent of a line."""
        shown = self.rows.head(_ROWS)
        spread = shown[["low_importance", "importance", "high_importance"]].to_numpy()
        there = spread[np.isfinite(spread)]
        low, high = min(there.min(initial=0.0), 0.0), max(there.max(initial=0.0), 0.0)

        def at(value: float) -> str:
            place = 4 + 92 * (value - low) / (high - low or 1.0)
            return f"{place:.1f}" if np.isfinite(value) else ""

        rows = [
            {
                "selected": "*" if selected else "",
                "name": printable(name),
                "colour": self.colours.get(name, _GREY),
                "importance": _with_interval(*ends),
                **dict(zip(("low", "at", "high"), map(at, ends), strict=True)),
                "kept": f"{kept:.2f}",
                "weight": number(weight, 3),
            }
            for selected, name, kept, weight, ends in zip(
                *(shown[name] for name in ("selected", "feature", "kept", "weight")),
                spread.tolist(),
                strict=True,
            )
        ]
        others = len(self.rows) - len(shown)
        return {"rows": rows, "others": others, "zero": at(0.0), "importance": bool(len(there))}

    @cached_property
    def lines(self) -> dict[str, Any] | None:
        """The share of runs that keep each column, along the penalty, None for one value of it."""
        if self.along is None or self.path[self.along].nunique() == 1:
            return None
        shares = self.path.pivot(index=self.along, columns="feature", values="kept")
        values, drawn = shares.index.to_numpy(), self.order[:_LINES]
        grey, left = len(drawn) - len(_OWN), len(self.order) - len(drawn)
        told = (
            f"Share of the runs that keep each column, along {self.along}. Dashed: "
            f"{number(self.threshold)}, from which on it is selected; dotted: the cell above"
        )
        told += f"; grey: {counted(grey, 'other column')}" if grey > 0 else ""
        told += f", without the {left:,} that are least often kept" if left else ""
        return {
            "says": f"{told}.",
            "axis": axis_data(self.along, values),
            "chosen": int(np.flatnonzero(values == self.chosen)[0]),
            "threshold": self.threshold,
            "lines": [
                {
                    "name": printable(name),
                    "colour": self.colours.get(name, _GREY),
                    "named": name in self.colours,
                    "kept": [_share(kept) for kept in shares[name].tolist()],
                }
                for name in drawn
            ],
        }


def _share(kept: float) -> float | None:
    """Return the digits that can be seen of a share; None where no run is done."""
    return round(kept, 4) if np.isfinite(kept) else None


def _with_interval(low: float, mean: float, high: float) -> str:
    """Write a mean with half of its interval, where there is one."""
    half = (high - low) / 2
    return number(mean, 3) + (f" ± {number(half, 2)}" if np.isfinite(half) else "")

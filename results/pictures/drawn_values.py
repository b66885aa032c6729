"""The values of a further axis that get a picture each, side by side: which ones, and why."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.cells.summary import deciding
from results.labels import counted, place
from results.pictures.shown import check_any, drawable, why_not
from results.plane import lay_out

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Letters that a line of the title of one picture holds.
_LETTERS = 30


class DrawnValues(NamedTuple):
    """The values of an axis that get a picture each.

    Attributes
    ----------
    by : str
        The axis.
    shown : list
        In the order of the axis.
    drawable : int
        How many values have something to draw.
    of : int
        How many there are.
    why : str
        Why the others have nothing; empty where there are none.
    """

    by: str
    shown: list[float | str]
    drawable: int
    of: int
    why: str

    @classmethod
    def among(
        cls, cells: pd.DataFrame, rows: NDArray[np.int64], by: str, metric: str, most: int
    ) -> DrawnValues:
        """Choose at most so many: that of the best cell there, both ends, and what halves the rest.

        Parameters
        ----------
        cells : DataFrame
            A `results.summary`.
        rows : ndarray of int64
            Those of its rows that pictures may show.
        by : str
            The axis.
        metric : str
            What is drawn.
        most : int
            How many pictures there may be.

        Raises
        ------
        ResultsError
            If none of the rows has a mean to draw.
        """
        some = drawable(cells, metric, rows)
        check_any(some, metric)
        axis = lay_out(by, np.unique(some[by].to_numpy()))
        telling = [axis.values[i] for i in axis.telling()]
        rank = some[f"rank_{deciding(cells)}"].dropna()
        first = some.loc[rank.nsmallest(1).index, by].tolist()
        kept = list(dict.fromkeys([*first, *telling]))[:most]
        shown = [value for value in axis.values if value in kept]
        there = cells[by].iloc[rows]
        without = rows[~there.isin(axis.values).to_numpy()]
        why = why_not(cells, without)
        return cls(by, shown, len(axis.values), there.nunique(), why)

    def title(self, value: float | str, cells: pd.DataFrame) -> str:
        """Return the title of one picture."""
        return textwrap.fill(f"{self.by} = {place(value, cells[self.by])}", _LETTERS)

    @property
    def which(self) -> str:
        """Say for how many values there are pictures, for the title of all."""
        few = len(self.shown) < self.of
        return (
            f"for {f'{len(self.shown)} of {self.of} values' if few else 'each value'} of {self.by}"
        )

    @property
    def left_out(self) -> str:
        """Say how many values have no picture, and why; empty where all have one."""
        without, left = self.of - self.drawable, self.drawable - len(self.shown)
        told = []
        if without:
            told.append(f"nothing here at {counted(without, 'value')} of {self.by}: {self.why}")
        if left:
            which = f"no room for {counted(left, 'value')} of {self.by}"
            told.append(f"{which}: --at {self.by}=VALUE draws one")
        return "; ".join(told)

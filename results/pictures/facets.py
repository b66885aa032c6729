"""Pictures side by side, one for each value of a further axis: which values, and how they lie."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.cells import wording
from results.cells.epochs import stopped
from results.cells.summary import deciding
from results.errors import ResultsError
from results.labels import counted, place
from results.plane import lay_out

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Letters that a line of the title of one picture holds.
_LETTERS = 30


class Facets(NamedTuple):
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
    ) -> Facets:
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
        there, early = cells.iloc[rows], stopped(cells)[rows]
        some = there[~early & there[f"mean_{metric}"].notna().to_numpy()]
        if some.empty:
            raise ResultsError(f"nothing to draw: no cell there has a mean {metric}")
        axis = lay_out(by, np.unique(some[by].to_numpy()))
        telling = [axis.values[i] for i in axis.telling()]
        rank = some[f"rank_{deciding(cells)}"].dropna()
        first = some.loc[rank.nsmallest(1).index, by].tolist()
        kept = list(dict.fromkeys([*first, *telling]))[:most]
        shown = [value for value in axis.values if value in kept]
        without = ~there[by].isin(axis.values).to_numpy()
        causes = ["stopped by halving"] * bool(early[without].any())
        causes += filter(None, [wording.without_mean(there[without & ~early])])
        return cls(by, shown, len(axis.values), there[by].nunique(), " or ".join(causes))

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

"""Pictures side by side, one for each value of a further axis: which values, and how they lie."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from results.cells.summary import deciding
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
    """

    by: str
    shown: list[float | str]
    drawable: int
    of: int

    @classmethod
    def among(cls, cells: pd.DataFrame, by: str, values: NDArray, most: int, of: int) -> Facets:
        """Choose at most so many: the best cell's value, both ends, and what halves the rest."""
        axis = lay_out(by, values)
        telling = [axis.values[i] for i in axis.telling()]
        rank = cells[f"rank_{deciding(cells)}"][cells[by].isin(values)].dropna()
        first = cells.loc[rank.nsmallest(1).index, by].tolist()
        kept = list(dict.fromkeys([*first, *telling]))[:most]
        return cls(by, [value for value in axis.values if value in kept], len(values), of)

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
        why = [f"no cell to draw at {counted(without, 'value')} of {self.by}"] * bool(without)
        if left:
            which = f"no room for {counted(left, 'value')} of {self.by}"
            why.append(f"{which}: --at {self.by}=VALUE draws one")
        return "; ".join(why)

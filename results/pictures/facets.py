"""Pictures side by side, one for each value of a further axis: which values, and how they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.cells.summary import deciding
from results.labels import counted, place
from results.plane import lay_out

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class Facets(NamedTuple):
    """The values of an axis that get a picture each.

    Attributes
    ----------
    by : str
        The axis.
    shown : list
        In the order of the axis.
    of : int
        How many values there are.
    """

    by: str
    shown: list[float | str]
    of: int

    @classmethod
    def among(cls, cells: pd.DataFrame, by: str, values: NDArray, most: int) -> Facets:
        """Choose at most so many: the best cell's value, both ends, and what halves the rest."""
        axis = lay_out(by, values)
        telling = [axis.values[i] for i in axis.telling()]
        rank = cells[f"rank_{deciding(cells)}"][cells[by].isin(values)].dropna()
        first = [] if rank.empty else [cells[by][rank.idxmin()]]
        kept = list(dict.fromkeys([*first, *telling]))[:most]
        return cls(by, [value for value in axis.values if value in kept], len(values))

    def title(self, value: float | str, cells: pd.DataFrame) -> str:
        """Return the title of one picture."""
        return f"{self.by} = {place(value, cells[self.by])}"

    @property
    def which(self) -> str:
        """Say for how many values there are pictures, for the title of all."""
        few = f"{len(self.shown)} of {self.of} values" if self.left_out else "each value"
        return f"for {few} of {self.by}"

    @property
    def left_out(self) -> str:
        """Say how many values have no picture, and how to have it; empty where all have one."""
        left = self.of - len(self.shown)
        return (
            f"no room for {counted(left, 'value')} of {self.by}: --at {self.by}=VALUE draws one"
            if left
            else ""
        )

"""How many weights are left: along an axis of their own, and at the top of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.labels import number
from results.pictures.along.zero import broken_at
from results.pictures.style import Fitting

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from results.plane import Axis

#: What is left, and what share of it where no number is known.
_LEFT, _SHARE_LEFT = "weights left", "% of the weights left"

#: How far from the logarithms a 0 stands: a share of their length, and decades at the least.
_APART, _LEAST = 1 / 8, 1 / 4


def are_counted(cells: pd.DataFrame) -> bool:
    """Tell whether it is known how many weights are left, and not only what share."""
    return "mean_nonzero" in cells and bool(cells["mean_nonzero"].notna().any())


def weights_left(cells: pd.DataFrame) -> tuple[NDArray[np.float64], str]:
    """Return how many weights are left in some cells, or what share, and what that is called."""
    if are_counted(cells):
        return cells["mean_nonzero"].to_numpy(np.float64), _LEFT
    share = 100 * (1 - cells["mean_sparsity"].to_numpy(np.float64))
    return share, _SHARE_LEFT


class Left(NamedTuple):
    """A logarithmic axis of weights that are left, on which none stands apart.

    Attributes
    ----------
    low, high : float
        Logarithms of the fewest and the most, but none.
    zero : float or None
        Where none stands.
    """

    low: float
    high: float
    zero: float | None

    @classmethod
    def of(cls, left: NDArray[np.float64]) -> Left:
        """Lay an axis out for what there is."""
        some = np.log10(left[left > 0]) if (left > 0).any() else np.zeros(1)
        low, high = float(some.min()), float(some.max())
        zero = low - max((high - low) * _APART, _LEAST) if (left == 0).any() else None
        return cls(low, high, zero)

    def at(self, left: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where some weights left are drawn."""
        none = np.nan if self.zero is None else self.zero
        return np.where(left > 0, np.log10(np.where(left > 0, left, 1.0)), none)

    def draw(self, ax: Axes) -> None:
        """Set the axis at the bottom up, once all is drawn: powers of ten before 2 and 5."""
        first, last = np.floor(self.low), np.ceil(self.high)
        powers = np.arange(first, last + 1)
        ticks = [*powers, *(power + np.log10(part) for part in (5, 2) for power in powers)]
        inside = [float(at) for at in ticks if self.low - 1e-9 <= at <= self.high + 1e-9]
        texts = {at: _written(10.0**at) for at in inside or [self.low, self.high]}
        if self.zero is not None:
            texts = {self.zero: "0", **texts}
            broken_at(ax, (self.zero + self.low) / 2)
        margin = 0.04 * (self.high - (self.low if self.zero is None else self.zero)) or 0.5
        ax.set_xlim((self.low if self.zero is None else self.zero) - margin, self.high + margin)
        ax.xaxis.set_major_locator(Fitting([*texts.items()]))
        ax.xaxis.set_major_formatter(lambda at, _: texts.get(at, ""))


def left_at_top(ax: Axes, axis: Axis, line: pd.DataFrame) -> None:
    """Write at the top how many weights are left; ``line`` has a cell for each value."""
    counts, text = weights_left(line)
    count_at_top(ax, axis, counts, f"{text}, mean")


def count_at_top(ax: Axes, axis: Axis, counts: NDArray, text: str) -> None:
    """Write a number for each value of an axis at the top, as many as fit; NaN is none."""
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

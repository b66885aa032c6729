"""The upright axis of a loss, on which everything is to be seen, or said not to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from results.columns import is_ratio
from results.labels import number
from results.pictures.style import Apart
from results.scale import WIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Times the middle value from which a loss has exploded, and would leave no room for the others.
_EXPLODED = 1e6

#: Where a logarithmic axis begins, as a share of the lowest that is drawn.
_BELOW = 0.85

#: Decades of a logarithmic axis from which only powers of ten are labelled.
_MANY = 3


class Upright(NamedTuple):
    """How far an axis reaches.

    Attributes
    ----------
    foot : float
        Where a logarithmic axis begins, as it has no 0; minus infinity on an even one.
    roof : float
        Where it ends, if values lie beyond, else infinity.
    """

    foot: float
    roof: float

    @classmethod
    def of(cls, means: NDArray, lows: NDArray, metric: str) -> Upright:
        """Choose an axis for means, and for the low ends of their intervals if there is room."""
        found = means[np.isfinite(means)]
        if not is_ratio(metric) or not len(found):
            return cls(-np.inf, np.inf)
        most = _EXPLODED * np.median(found)
        roof = 1.5 * float(found[found <= most].max()) if 0 < most < found.max() else np.inf
        lowest = float(found.min())
        if not 0 < WIDE * lowest < min(found.max(), roof):
            return cls(-np.inf, roof)
        ends = lows[lows > 0]
        return cls(_BELOW * max(lowest / WIDE, float(ends.min(initial=lowest))), roof)

    def held(self, values: NDArray) -> NDArray:
        """Return values with those below the foot on it: there a band goes on below the axis."""
        return np.where(values < self.foot, self.foot, values)

    def draw(self, ax: Axes) -> None:
        """Set the axis up, once all is drawn."""
        if self.foot > 0:
            ax.set_yscale("log")
        if np.isfinite(self.roof):
            ax.set_ylim(top=self.roof)
        if self.foot > 0:
            top = ax.get_ylim()[1]
            ax.set_ylim(self.foot, top)
            few = np.log10(top / self.foot) < _MANY
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=9))
            ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(Apart())

    def mark_beyond(self, ax: Axes, x: NDArray, means: NDArray) -> None:
        """Draw an arrowhead where a mean lies above the axis, and say how far."""
        above = means > self.roof
        if above.any():
            ax.plot(
                *(x[above], np.ones(above.sum())), "^", color="black", markersize=5,
                transform=ax.get_xaxis_transform(), clip_on=False, gid="beyond",
                label=f"beyond the axis, to {number(float(means[above].max()), 3)}",
            )  # fmt: skip

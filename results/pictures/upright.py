"""The upright axis of a loss, on which everything is to be seen, or said not to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from results.columns import foot_of, is_ratio, possible
from results.labels import number
from results.pictures.style import Apart
from results.scale import WIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Times the middle value from which a loss has exploded, and would leave no room for the others.
_EXPLODED = 1e6

#: Room below the lowest and above the highest that is drawn: a factor, or a share of the axis.
_MARGIN = 1.15

#: Decades of a logarithmic axis from which only powers of ten are labelled.
_MANY = 3


class Upright(NamedTuple):
    """How far an axis reaches.

    Attributes
    ----------
    foot, roof : float
        Where it begins and ends; infinite where matplotlib may choose that.
    logarithmic : bool
    """

    foot: float
    roof: float
    logarithmic: bool

    @classmethod
    def of(cls, means: NDArray, lows: NDArray, metric: str) -> Upright:
        """Choose an axis for means, and for the low ends of their intervals if there is room."""
        found = means[np.isfinite(means)]
        foot = foot_of(metric)
        least = np.concatenate((found, lows[np.isfinite(lows)])).min(initial=np.inf)
        if len(found) and least < foot < found.max():
            top = min(possible(metric)[1], 2 * float(found.max()) - foot)
            return cls(foot, top + (top - foot) * (_MARGIN - 1) / 4, False)
        if not is_ratio(metric) or not len(found):
            return cls(-np.inf, np.inf, False)
        most = _EXPLODED * np.median(found)
        beyond = 0 < most < found.max()
        near = found[found <= most] if beyond else found
        lowest, highest = float(near.min()), float(near.max())
        if 0 < WIDE * lowest < highest and "_from_" not in metric:  # of which 0 is the measure
            ends = float(lows[lows > 0].min(initial=lowest))
            foot = max(lowest / WIDE, ends) / _MARGIN
            return cls(foot, highest * _MARGIN if beyond else np.inf, True)
        if not beyond:
            return cls(-np.inf, np.inf, False)
        # An interval takes no more room below the means than they do, above all one that exploded.
        foot = float(lows[np.isfinite(lows)].min(initial=lowest))
        foot = max(foot, lowest - (highest - lowest or abs(highest)))
        room = (highest - foot or abs(highest)) * (_MARGIN - 1)
        return cls(foot - room, highest + room, False)

    def held(self, values: NDArray) -> NDArray:
        """Return values with those below a logarithmic axis at its foot: it has no 0."""
        return np.where(values < self.foot, self.foot, values) if self.logarithmic else values

    def inside(self, values: NDArray) -> NDArray:
        """Return values with NaN for those beyond the axis, at whose end they would be false."""
        return np.where((values < self.foot) | (values > self.roof), np.nan, values)

    def beyond(self, values: NDArray) -> int:
        """Count the values beyond the axis."""
        return int(((values < self.foot) | (values > self.roof)).sum())

    def cuts(self, lows: NDArray) -> bool:
        """Tell whether some intervals go on below the axis."""
        return bool((lows < self.foot).any())

    def draw(self, ax: Axes) -> None:
        """Set the axis up, once all is drawn."""
        if np.isfinite(self.roof):
            ax.set_ylim(top=self.roof)
        if np.isfinite(self.foot):
            ax.set_ylim(bottom=self.foot)
        if self.logarithmic:
            ax.set_yscale("log")
            few = np.log10(ax.get_ylim()[1] / self.foot) < _MANY
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=9))
            ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(Apart())

    def mark_beyond(
        self, ax: Axes, x: NDArray, means: NDArray, every: NDArray, whose: str = ""
    ) -> None:
        """Draw an arrowhead where a mean lies beyond the axis, and say how far ``every`` one goes.

        ``whose`` names an axis beside others.
        """
        ends = (
            ("^", means > self.roof, 1, np.fmax.reduce(every, axis=None, initial=-np.inf)),
            ("v", means < self.foot, 0, np.fmin.reduce(every, axis=None, initial=np.inf)),
        )
        for marker, beyond, end, furthest in ends:
            if beyond.any():
                ax.plot(
                    *(x[beyond], np.full(beyond.sum(), end)), marker, color="black", markersize=5,
                    transform=ax.get_xaxis_transform(), clip_on=False, gid="beyond",
                    label=f"beyond the axis{whose}, to {number(float(furthest), 3)}",
                )  # fmt: skip

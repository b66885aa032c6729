"""Metrics along an axis of the grid: the cells of each line, and how they are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from results.cells import wording
from results.cells.epochs import of_orders, stopped
from results.cells.summary import folds_of
from results.errors import ResultsError
from results.labels import called, measured
from results.pictures.along.bands import FEW, band, over
from results.pictures.along.chosen import at_chosen
from results.pictures.along.seeds import MOST, dots, of_seeds
from results.pictures.along.zero import apart_from_zero
from results.pictures.style import CROSS, LINES, label, open_frame
from results.pictures.upright import Upright
from results.plane import Axis, hold, lay_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


class Lines(NamedTuple):
    """The lines of one picture.

    Attributes
    ----------
    cells : DataFrame
        A `results.summary`.
    names : list of str
        The metrics.
    axis : Axis
    shown : DataFrame
        The cells through which lines are drawn.
    early : bool
        Whether halving stopped some of that line, which are left out.
    fixed : dict of str to float or str
        Where the other axes are held.
    lines : list of (str, str, DataFrame)
        Name, metric and cells of each, a row for each value of the axis.
    """

    cells: pd.DataFrame
    names: list[str]
    axis: Axis
    shown: pd.DataFrame
    early: bool
    fixed: dict[str, float | str]
    lines: list[tuple[str, str, pd.DataFrame]]

    @classmethod
    def of(
        cls,
        cells: pd.DataFrame,
        names: list[str],
        along: str,
        at: Mapping[str, float | str] | None,
    ) -> Lines:
        """Find the cells; of a single metric the orders of a path are a line each."""
        apart = len(names) == 1 and "path" in cells and "path" not in (at or {})
        rows, fixed = hold(cells, [along, "path"] if apart else [along], at)
        shown = cells.iloc[rows]
        early = stopped(cells)[rows]
        shown = shown[~early]  # what halving stopped had fewer epochs
        if shown.empty:
            raise ResultsError("halving stopped every cell of that line: there is nothing to draw")
        axis = lay_out(along, np.unique(shown[along]))
        lines = [
            (name, metric, line.assign(row=line.index).set_index(along).reindex(axis.values))
            for name, metric, line in _lines(shown, names, apart)
        ]
        # Of a network with fewer layers the others are no lines.
        known = [one for one in lines if one[2][f"mean_{one[1]}"].notna().any()]
        return cls(cells, names, axis, shown, bool(early.any()), fixed, known or lines)

    def parts(self, part: str) -> NDArray[np.float64]:
        """Return the mean, or an end of the interval, shape (lines, values)."""
        return np.stack(
            [line[f"{part}_{metric}"].to_numpy(np.float64) for _, metric, line in self.lines]
        )

    @property
    def are_shares(self) -> bool:
        """Whether they are shares of zeros, from 0 to 1."""
        return all(name.startswith("sparsity") and "_from_" not in name for name in self.names)

    @property
    def are_differences(self) -> bool:
        """Whether they are differences, from no penalty or from the best cell."""
        return "_from_" in self.names[0]

    @property
    def what(self) -> str:
        """What they are, for a title."""
        if self.are_shares and len(self.names) > 1:
            return "sparsity by layer"
        return ", ".join(map(called, self.names))


def upright_of(several: Sequence[Lines]) -> Upright:
    """Choose the upright axis of some pictures that share one."""
    means, lows = (
        np.concatenate([one.parts(part).ravel() for one in several]) for part in ("mean", "low")
    )
    return Upright.of(means, lows, several[0].names[0])


def draw(
    ax: Axes, drawn: Lines, runs: pd.DataFrame | None, upright: Upright
) -> tuple[str, list[str]]:
    """Draw lines with their bands, dots of seeds, and where the chosen cells are.

    Returns
    -------
    too_many : str
        Why seeds are no dots.
    elsewhere : list of str
        Which of the chosen cells are not there, and where they are.
    """
    axis = drawn.axis
    means, lows, highs = map(drawn.parts, ("mean", "low", "high"))
    for i, (name, _, _) in enumerate(drawn.lines):
        band(ax, axis, i, name, means[i], upright.held(lows[i]), highs[i])
    too_many = _dots(ax, drawn, runs, upright)
    upright.mark_beyond(ax, axis.at, np.fmax.reduce(means))
    _mark_lost(
        ax, axis, means, np.stack([line["share_diverged"] > 0 for _, _, line in drawn.lines])
    )
    unknown = pd.concat([line[line[f"mean_{metric}"].isna()] for _, metric, line in drawn.lines])
    _mark_missing(ax, axis, np.logical_or.reduce(np.isnan(means)), wording.without_mean(unknown))
    elsewhere = at_chosen(ax, axis, drawn.cells, drawn.shown)
    label(ax.xaxis, axis)
    margin = 0.04 * (axis.edges[-1] - axis.edges[0])
    ax.set_xlim(axis.at[0] - margin, axis.at[-1] + margin)
    ax.set_ylabel("share of zero weights" if drawn.are_shares else _upwards(drawn.names[0]))
    upright.draw(ax)
    if drawn.are_shares:
        ax.set_ylim(-0.03, 1.03)
    elif drawn.are_differences:
        ax.axhline(0, color="0.4", linewidth=0.6, zorder=0)
    open_frame(ax)
    apart_from_zero(ax, axis)
    return too_many, elsewhere


def told_of(several: Sequence[Lines], upright: Upright) -> list[str]:
    """Say what lines and bands are, of some pictures that share an upright axis."""
    first = several[0]
    shown = pd.concat([one.shown for one in several])
    paired = wording.pairs(shown) if first.are_differences else ""
    means = wording.means(shown["seeds"], folds_of(first.cells))
    cut = any(upright.cuts(one.parts("low")) for one in several)
    told = [over(means, wording.intervals(shown, first.names), cut, paired)]
    told += [of_orders(first.cells, shown)]
    return told + ["without cells that halving stopped"] * any(one.early for one in several)


def _upwards(metric: str) -> str:
    """Name a metric at the axis; of a difference the title says what it is from."""
    name, difference, _ = metric.partition("_from_")
    return f"difference of {measured(name)}" if difference else measured(name)


def _lines(
    shown: pd.DataFrame, metrics: list[str], apart: bool
) -> list[tuple[str, str, pd.DataFrame]]:
    """Return the name, the metric and the cells of each line; orders of a path stand apart."""
    if apart and shown["path"].nunique() > 1:
        return [(str(order), metrics[0], line) for order, line in shown.groupby("path")]
    if len(metrics) == 1:
        return [(called(metrics[0]), metrics[0], shown)]
    return [(metric.removeprefix("sparsity_"), metric, shown) for metric in metrics]


def _mark_lost(ax: Axes, axis: Axis, means: NDArray, lost: NDArray[np.bool_]) -> None:
    """Mark the points whose cells lost runs."""
    line, place = np.nonzero(lost & np.isfinite(means))
    if len(line):
        size = 5 if len(axis.values) <= FEW else 4
        ax.plot(
            *(axis.at[place], means[line, place]), **CROSS, markersize=size, zorder=3,
            gid="diverged",
        )  # fmt: skip


def _mark_missing(ax: Axes, axis: Axis, missing: NDArray[np.bool_], why: str) -> None:
    """Cross out the values at which there is nothing to draw a line through."""
    if missing.any():
        x = axis.at[missing]
        ax.plot(
            *(x, np.full(len(x), 0.03)), "x", color="black", markersize=5, clip_on=False,
            transform=ax.get_xaxis_transform(), label=why, gid="missing",
        )  # fmt: skip


def _dots(ax: Axes, drawn: Lines, runs: pd.DataFrame | None, upright: Upright) -> str:
    """Draw the seeds of each line as dots, or say that they are too many."""
    if runs is None:
        return ""
    for i, (name, metric, line) in enumerate(drawn.lines):
        known = line[f"mean_{metric}"].notna().to_numpy()
        if not known.any():
            continue
        found = of_seeds(runs, drawn.cells, line["row"][known].to_numpy(np.int64), metric)
        seeds = found.shape[1]
        if seeds < 2:
            return ""
        if seeds > MOST:
            return f"no dots of {seeds} seeds"
        values = np.full((len(line), seeds), np.nan)
        values[known] = upright.held(found)
        text = f"each {'seed' if drawn.cells['seeds'].max() > 1 else 'fold'}" if not i else "_"
        dots(ax, drawn.axis, values, LINES[i % len(LINES)], name, text)
    return ""

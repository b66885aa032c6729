"""Metrics along an axis of the grid: the cells of each line, and how they are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from results.cells import wording
from results.cells.best import by_rule
from results.cells.epochs import of_orders, stopped
from results.cells.summary import folds_of
from results.errors import ResultsError
from results.labels import called, counted, measured
from results.pictures.along.bands import FEW, band, over
from results.pictures.along.chosen import at_chosen
from results.pictures.along.seeds import MOST, dots, dots_of, of_seeds
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
        if _are_layers(names):  # of a network with fewer of them the others are no lines
            known = [one for one in lines if one[2][f"mean_{one[1]}"].notna().any()]
            lines = known or lines
        return cls(cells, names, axis, shown, bool(early.any()), fixed, lines)

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
        if _are_layers(self.names):
            return "sparsity by layer"
        return ", ".join(map(called, self.names))


class Row(NamedTuple):
    """What the pictures of some lines share, which have one upright axis.

    Attributes
    ----------
    upright : Upright
    means : ndarray of float64
        Of all lines.
    chosen : dict of str to int
        See `results.cells.best.by_rule`.
    seeds : list of list of ndarray of float64, shape (values, seeds)
        For each picture and line what each seed gave, or nothing at all.
    each : str
        What a dot is: a seed, or a fold.
    whose : str
        What it is that lies beyond the axis, where there are several pictures.
    told : list of str
        What lines, bands and dots are.
    """

    upright: Upright
    means: NDArray[np.float64]
    chosen: dict[str, int]
    seeds: list[list[NDArray[np.float64]]]
    each: str
    whose: str
    told: list[str]

    @classmethod
    def of(cls, several: Sequence[Lines], runs: pd.DataFrame | None) -> Row:
        """Choose the axis, and gather the seeds of all lines at once."""
        means, lows = (
            np.concatenate([one.parts(part).ravel() for one in several]) for part in ("mean", "low")
        )
        upright = Upright.of(means, lows, several[0].names[0])
        whose = f" of {several[0].what}" if len(several) > 1 else ""
        many, each = dots_of(runs) if runs is not None else (0, "")
        told, seeds = _told_of(several, upright), []
        if many > MOST:
            told.append(f"no dots of {many} {each}s")
        elif many > 1 and runs is not None:
            seeds = _seeds(several, runs)
            beyond = sum(upright.beyond(one) for line in seeds for one in line)
            if beyond:
                told.append(f"{counted(beyond, each)} beyond the axis{whose}")
        return cls(upright, means, by_rule(several[0].cells), seeds, each, whose, told)


def draw(ax: Axes, drawn: Lines, row: Row, i: int) -> list[str]:
    """Draw the i-th picture of a row: bands, dots of seeds, and where the chosen cells are.

    Returns
    -------
    list of str
        Which of the chosen cells are not there, and where they are.
    """
    axis, upright = drawn.axis, row.upright
    means, lows, highs = map(drawn.parts, ("mean", "low", "high"))
    for j, (name, _, _) in enumerate(drawn.lines):
        band(ax, axis, j, name, means[j], upright.held(lows[j]), highs[j])
    for j, own in enumerate(row.seeds[i] if row.seeds else ()):
        text = "_" if j else f"each {row.each}"
        dots(ax, axis, upright.inside(own), LINES[j % len(LINES)], drawn.lines[j][0], text)
    upright.mark_beyond(ax, axis.at, np.fmax.reduce(means), row.means, row.whose)
    _mark_lost(
        ax, axis, means, np.stack([line["share_diverged"] > 0 for _, _, line in drawn.lines])
    )
    unknown = pd.concat([line[line[f"mean_{metric}"].isna()] for _, metric, line in drawn.lines])
    why = wording.without_mean(unknown, drawn.cells)
    _mark_missing(ax, axis, np.logical_or.reduce(np.isnan(means)), why)
    elsewhere = at_chosen(ax, axis, drawn.cells, drawn.shown, row.chosen)
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
    return elsewhere


def _told_of(several: Sequence[Lines], upright: Upright) -> list[str]:
    """Say what lines and bands are, of some pictures that share an upright axis."""
    first = several[0]
    shown = pd.concat([one.shown for one in several])
    paired = wording.pairs(shown) if first.are_differences else ""
    means = wording.means(shown["seeds"], folds_of(first.cells))
    cut = any(upright.cuts(one.parts("low")) for one in several)
    told = [over(means, wording.intervals(shown, first.names), cut, paired)]
    told += [of_orders(first.cells, shown)]
    return told + ["without cells that halving stopped"] * any(one.early for one in several)


def _seeds(several: Sequence[Lines], runs: pd.DataFrame) -> list[list[NDArray[np.float64]]]:
    """Gather each metric once for all lines, and lay it out by their values."""
    cells = several[0].cells
    rows: dict[str, list[NDArray[np.int64]]] = {}
    for _, metric, line in (one for drawn in several for one in drawn.lines):
        known = line["row"][line[f"mean_{metric}"].notna()]
        rows.setdefault(metric, []).append(known.to_numpy(np.int64))
    found = {}
    for metric, some in rows.items():
        if len(every := np.unique(np.concatenate(some))):
            own = of_seeds(runs, cells, every, metric)
            found[metric] = pd.DataFrame(own, index=every)
    return [
        [
            found[metric].reindex(line["row"]).to_numpy()
            if metric in found
            else np.empty((len(line), 0))
            for _, metric, line in drawn.lines
        ]
        for drawn in several
    ]


def _are_layers(names: Sequence[str]) -> bool:
    """Tell whether metrics are the sparsity of some layers."""
    own = [name.startswith("sparsity_") and "_from_" not in name for name in names]
    return len(names) > 1 and all(own)


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

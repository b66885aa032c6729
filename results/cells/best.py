"""Which cell to take, and why, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from results.cells import wording
from results.cells.counts import constant, guesses, of_numbers
from results.cells.epochs import stopped
from results.cells.intervals import DATA, DATA_AND_SEEDS, SEEDS
from results.cells.summary import (
    asked_to_rank,
    axis_names,
    covers,
    deciding,
    no_penalty,
    ranked_by,
    summary,
    whole,
)
from results.columns import is_better_high
from results.errors import ResultsError
from results.labels import counted, figure, most, place

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: How to choose a cell.
RULES = ("min", "one-se")

#: What to do where a held-out part lacks a class.
TO_HOLD_ALL = " (a larger --val-fraction, or --folds, hold out rows of each)"


def best(table: pd.DataFrame, rule: str = "min", by: str | None = None) -> pd.DataFrame:
    """Choose a cell by its mean ``val_loss``, or ``final_loss`` where nothing was held out.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    rule : {"min", "one-se"}
        The best mean, or the sparsest cell whose mean is within one standard error of it.
    by : str, optional
        Another metric of the held-out part to choose by, as for `results.summary`; a summary has
        been told it before.

    Returns
    -------
    DataFrame
        The cell's row of the summary, with two columns more: ``rule`` and ``why``. The rule is
        "min" also where there is no standard error, which one seed on one split does not give.

    Raises
    ------
    ResultsError
        If no cell has a finite mean.
    """
    if rule not in RULES:
        raise ResultsError(f"no rule {rule!r}; there are {', '.join(RULES)}")
    cells = summary(table, by=by) if "status" in table else table
    metric = deciding(cells)
    if by and asked_to_rank(cells) != [name for name in [ranked_by(by)] if name]:
        raise ResultsError(f"this summary is ranked by {metric}: give the table of runs")
    lowest = cells.iloc[[int(cells[f"rank_{metric}"].astype("Float64").fillna(np.inf).argmin())]]
    if lowest[f"rank_{metric}"].isna().all():
        raise ResultsError(f"no cell can be chosen: {no_mean(cells, metric)}")
    unknown = rule == "one-se" and np.isnan(standard_error(lowest.iloc[0], metric))
    applied = "min" if unknown else rule
    chosen = lowest if applied == "min" else _sparsest(cells, lowest.iloc[0], metric)
    why = _why(cells, chosen.iloc[0], lowest.iloc[0], metric, applied)
    if unknown:
        why += (
            " There is no standard error, which takes several seeds (--seeds 0:10) or folds "
            "(--folds 5): so this is the rule min, and not one-se."
        )
    return chosen.assign(rule=applied, why=why)


def by_rule(cells: pd.DataFrame) -> dict[str, int]:
    """Return the row of a summary that each rule chooses, of the rules that can be applied.

    None can be where no cell competes, and "one-se" takes a standard error and the sparsity.
    """
    if cells[f"rank_{deciding(cells)}"].isna().all():
        return {}
    chosen = {
        rule: best(cells, rule) for rule in RULES if rule == "min" or "mean_sparsity" in cells
    }
    return {
        rule: int(cell.index[0]) for rule, cell in chosen.items() if cell["rule"].iloc[0] == rule
    }


def no_mean(cells: pd.DataFrame, metric: str) -> str:
    """Say why no cell has a mean of the metric that decides."""
    if "undefined" in cells and cells["undefined"].any() and metric == "val_auc":
        return f"{metric} is not defined where the held-out part lacks a class{TO_HOLD_ALL}"
    return f"none of its runs has a finite {metric if asked_to_rank(cells) else 'loss'}"


def standard_error(cell: pd.Series, metric: str) -> float:
    """Return by how much a cell's mean may be off; NaN for one seed on one split."""
    return float(cell[f"se_{metric}"])


def where(cells: pd.DataFrame, cell: pd.Series | Mapping[str, float | str]) -> str:
    """Say where a cell is, by the axes on which the cells differ: ``l1 = 0.01, l2 = 0``."""
    varying = [name for name in axis_names(cells) if cells[name].nunique() > 1]
    named = varying or ["l1", "l2"]
    return ", ".join(f"{name} = {place(cell[name], cells[name])}" for name in named)


def contrast(cells: pd.DataFrame) -> dict[str, dict[str, float | str]]:
    """Return where the best cell is, and the one without penalties beside it, by their names."""
    lowest = int(best(cells).index[0])
    rows = dict.fromkeys([lowest, int(no_penalty(cells)[lowest])])
    return {
        where(cells, cells.iloc[row]): {name: cells[name].iloc[row] for name in axis_names(cells)}
        for row in rows
        if row >= 0
    }


def front(sparsity: NDArray[np.float64], loss: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the points that none beats in both, from the least sparse on; less loss is better."""
    known = np.flatnonzero(np.isfinite(sparsity) & np.isfinite(loss))
    order = known[np.lexsort((loss[known], -sparsity[known]))]
    lowest = np.minimum.accumulate(loss[order])
    first = np.concatenate(([True], loss[order][1:] < lowest[:-1]))[: len(order)]
    return order[first][::-1]


def _sparsest(cells: pd.DataFrame, lowest: pd.Series, metric: str) -> pd.DataFrame:
    sign = -1 if is_better_high(metric) else 1
    limit = sign * lowest[f"mean_{metric}"] + standard_error(lowest, metric)
    near = cells[whole(cells) & (sign * cells[f"mean_{metric}"] <= limit).to_numpy()]
    order = ["mean_sparsity", f"mean_{metric}"]
    return near.sort_values(order, ascending=[False, sign > 0]).head(1)


def _why(cells: pd.DataFrame, chosen: pd.Series, lowest: pd.Series, metric: str, rule: str) -> str:
    mean, error = figure(chosen[f"mean_{metric}"]), standard_error(lowest, metric)
    if rule == "min":
        interval, many = _interval(chosen, metric), int(whole(cells).sum())
        why = (
            f"of {counted(many, 'cell')} it has the {most(metric)} mean {metric}, {mean}{interval}"
        )
        if many == 1:
            that = " that competes" if len(cells) > 1 else ""
            why = f"it is the only cell{that}; its mean {metric} is {mean}{interval}"
    elif chosen.name == lowest.name:
        why = (
            f"no sparser cell has a mean {metric} within one standard error, {figure(error)}, "
            f"of the {most(metric)}, which is its own, {mean}"
        )
    else:
        why = (
            f"it is the sparsest cell ({figure(chosen['mean_sparsity'])} of its weights count as "
            f"zero) whose mean {metric}, {mean}, is within one standard error, {figure(error)}, of "
            f"the {most(metric)}, {figure(lowest[f'mean_{metric}'])} at {where(cells, lowest)}"
        )
    return f"{where(cells, chosen)}: {why}{_left_out(cells)}."


def _left_out(cells: pd.DataFrame) -> str:
    """Say which cells do not compete."""
    early = int(stopped(cells).sum())
    lacking = len(cells) - int(whole(cells).sum()) - early
    which = {"that halving stopped": early, "with fewer seeds finished and finite": lacking}
    return "".join(
        f"; {counted(count, 'cell')} {those} {'does' if count == 1 else 'do'} not compete"
        for those, count in which.items()
        if count
    )


def _interval(cell: pd.Series, metric: str) -> str:
    """Say what the interval is, and over what."""
    alike, guess = "", wording.guess(cell)
    if constant(cell):
        alike = ", by networks that give every row the same"
    elif guesses(cell, metric):
        alike = f", as {guess.it} {guess.gives}, within a thousandth"
    if covers(cell, metric) and np.isnan(cell[f"low_{metric}"]):
        return alike or ", the same in all splits"
    if alike and not of_numbers(cell):
        return alike
    low, high = (figure(cell[f"{part}_{metric}"]) for part in ("low", "high"))
    over = {
        DATA_AND_SEEDS: f"for new data, over {cell['seeds']} seeds",
        DATA: "for new data, over the folds of one seed",
        SEEDS: f"over {cell['seeds']} seeds",
    }
    covered = covers(cell, metric)
    sure = f", 95 % interval {low} to {high} {over[covered]}" if covered else ", of one seed"
    return f"{alike}{sure}"

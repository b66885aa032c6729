"""What whoever takes the chosen cell should know beside the reason why it is the one.

Whether it is better than a guess, which others cannot be told from it, whether the grid ends where
it lies, how its runs stood, and what picking the lowest of many does to its figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells import wording
from results.cells.best import TO_HOLD_ALL, where
from results.cells.counts import constant, guesses, no_better
from results.cells.epochs import stopped
from results.cells.levels import are_drawn
from results.cells.summary import axis_names, covers, deciding, whole
from results.columns import MEASURED, RANKED, is_better_high, is_penalty
from results.labels import counted, figure, most, number, option, place

#: Values that are proposed where the grid ends, and the largest factor from one to the next.
_FURTHER, _LEAP = 2, 10

#: Axes whose values have to stay below 1.
_BELOW_ONE = ("momentum", "beta2", "dropout")

#: Learning rates that are named one by one.
_RATES = 6

#: Said where nothing was held out.
UNFAIR = "Nothing was held out: final_loss contains the penalties, and favours small ones."


def notes(cells: pd.DataFrame, chosen: pd.Series, judged: bool = False) -> list[str]:
    """Return what there is to know of a cell that was chosen, a sentence or two each.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary`.
    chosen : Series
        The row of it that `results.best` chose.
    judged : bool, default False
        Whether there are figures that no choice had a part in.
    """
    told = [unfair(cells), guessing(chosen, deciding(cells)), undefined(cells)]
    told += [*_alike(cells), *edges(cells, chosen)]
    told += [_standing(cells, chosen), _by_median(cells), _picked(cells, judged)]
    return [text for text in told if text]


def unfair(cells: pd.DataFrame) -> str:
    """Say where cells are ranked by a loss that is no fair judge between penalties."""
    return "" if deciding(cells).startswith("val_") or len(cells) < 2 else UNFAIR


def guessing(cell: pd.Series, metric: str, called: str = "this cell") -> str:
    """Say what a guess without inputs would give, and where a cell is not shown to beat that.

    ``metric`` is the one that decides; where nothing was held out there is no guess beside it.
    """
    if pd.isna(cell.get(f"mean_{metric}_from_baseline", np.nan)):
        return ""
    figures = {
        name: figure(cell[f"mean_{name}"] - cell[f"mean_{name}_from_baseline"])
        for name in dict.fromkeys((metric, *(f"val_{measured.name}" for measured in MEASURED)))
        if f"mean_{name}_from_baseline" in cell
    }
    told = ", ".join(f"{name} {figure}" for name, figure in figures.items())
    guess = f"{wording.guess(cell).alone} {told}"
    same = ", and its networks give every row the same" if constant(cell) else ""
    of_it = _by(metric)
    if guesses(cell, metric):
        return f"{guess}: so does {called}{of_it}, within a thousandth{same}."
    ends = [cell[f"{end}_{metric}_from_baseline"] for end in ("low", "high")]
    mean = cell[f"mean_{metric}_from_baseline"]
    if is_better_high(metric):
        mean, ends = -mean, [-end for end in ends]
    if mean >= 0:
        return f"{guess}: {called} is no better{of_it}{same}."
    if max(ends) >= 0:
        return (
            f"{guess}: {called} may be no better{of_it}, as the interval of the difference holds 0."
        )
    return f"{guess}."


def undefined(cells: pd.DataFrame) -> str:
    """Say of how many runs the metric that decides is not defined; empty where of all it is."""
    if "undefined" not in cells:
        return ""
    lost, runs = int(cells["undefined"].sum()), int(cells["runs"].sum())
    metric = deciding(cells)
    why = f", whose held-out part lacks a class{TO_HOLD_ALL}" if metric == "val_auc" else ""
    return (
        f"{metric} is not defined for {lost:,} of all {counted(runs, 'run')}{why}: their seeds are "
        "not in the means."
    )


def alike(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which other cells cannot be told from the best.

    Those whose paired difference from it has an interval that holds 0.
    """
    metric = deciding(cells)
    low, high = (cells[f"{end}_{metric}_from_best"] for end in ("low", "high"))
    return _others(cells) & ((low <= 0) & (high >= 0)).to_numpy()


def _others(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which cells compete, beside the best, of equal ones the first."""
    first = (cells[f"rank_{deciding(cells)}"] == 1).to_numpy(bool, na_value=False)
    return whole(cells) & ~(first & (first.cumsum() == 1))


def _alike(cells: pd.DataFrame) -> Iterator[str]:
    others, found, metric = _others(cells), alike(cells), deciding(cells)
    if not others.any():
        return
    if not (cells["covers"] != "").any():
        if "by_time" in cells:
            yield "One seed tells no cell from another, in the order of time: give more --seeds."
        else:
            yield "One seed on one split tells no cell from another: give more --seeds, or --folds."
        return
    first = cells[cells[f"rank_{metric}"] == 1].iloc[0]
    sure = f"95 %, one cell at a time and {wording.FOR[covers(first, metric)]}"
    unknown = others & cells[f"low_{metric}_from_best"].isna().to_numpy()
    if found.any():
        yield (
            f"{int(found.sum()):,} of {counted(int(others.sum()), 'other cell')} cannot be told "
            f"from the {most(metric)}: the interval of the paired difference, at {sure}, holds 0."
        )
    elif not unknown.any():
        yield f"Every other cell can be told from the {most(metric)}, at {sure}."
    if unknown.any():
        yield (
            f"Of {counted(int(unknown.sum()), 'other cell')} nothing can be told: too few seeds "
            f"are finished and finite in both it and the {most(metric)}."
        )


class Edge(NamedTuple):
    """An axis that ends where a cell lies.

    Attributes
    ----------
    axis : str
    value : float
    end : {"largest", "smallest"}
        Which of the values that were tried it is.
    further : list of float
        What to try beyond it.
    """

    axis: str
    value: float
    end: str
    further: list[float]


def ends(cells: pd.DataFrame, chosen: pd.Series) -> Iterator[Edge]:
    """Find the axes along which the grid ends where the cell lies, and what is beyond."""
    metric = deciding(cells)
    judged = metric.startswith("val_")
    if constant(chosen) or guesses(chosen, metric):  # beyond no network there is nothing
        return
    drawn = are_drawn(cells, axis_names(cells))
    for name in axis_names(cells):
        values = cells[name]
        if name in drawn:  # between its ends, which nobody saw
            continue
        if not pd.api.types.is_numeric_dtype(values) or (is_penalty(name) and not judged):
            continue
        tried, none = np.unique(values[values > 0]), bool((values == 0).any())
        if len(tried) + none < 2 or chosen[name] not in tried[[0, -1]]:
            continue
        largest = chosen[name] == tried[-1]
        if not largest and none:  # below it there is none at all
            continue
        beyond = _beyond(name, tried if largest else tried[::-1])
        if pd.api.types.is_integer_dtype(values):
            beyond = [value for value in map(round, beyond) if value]
        if beyond:
            yield Edge(name, chosen[name].item(), "largest" if largest else "smallest", beyond)


def edges(cells: pd.DataFrame, chosen: pd.Series) -> Iterator[str]:
    """Say along which axes the grid ends where the cell lies, and what to try beyond."""
    lowest = cells[f"rank_{deciding(cells)}"] == 1
    for name, value, end, further in ends(cells, chosen):
        values = cells[name]
        inside = chosen.get("rule") == "one-se" and (values[lowest] != value).all()
        what = "a sparser cell as good" if inside else "the best"
        yield (
            f"{name} = {place(value, values)} is the {end} that was tried: {what} may lie "
            f"beyond it, try {option(name)}{','.join(map(_told, further))} too."
        )


def as_data(cells: pd.DataFrame, chosen: pd.Series) -> dict[str, Any]:
    """Return what the notes say of the grid as plain data: its ends, and cells as good.

    ``edges`` are as `Edge`, with ``try`` for what is further; of the ``of`` other cells that
    compete ``cells`` cannot be told from the best, and of ``unknown`` nothing can be told.
    """
    others = _others(cells)
    untold = cells[f"low_{deciding(cells)}_from_best"].isna().to_numpy()
    return {
        "edges": [
            {"axis": edge.axis, "value": edge.value, "end": edge.end, "try": edge.further}
            for edge in ends(cells, chosen)
        ],
        "alike": {
            "cells": int(alike(cells).sum()),
            "unknown": int((others & untold).sum()),
            "of": int(others.sum()),
        },
    }


def _beyond(name: str, towards: NDArray[np.float64]) -> list[float]:
    """Return the next values after those of an axis, in steps of the last two, or of ten."""
    *_, before, last = [towards[-1] / _LEAP, *towards]
    factor = float(np.clip(last / before, 1 / _LEAP, _LEAP))
    if name in _BELOW_ONE and last > before:
        return [1 - (1 - last) / 2**step for step in range(1, _FURTHER + 1)]
    return [last * factor**step for step in range(1, _FURTHER + 1)]


def _told(value: float) -> str:
    """Return a value to try as a text, in so many digits that what is below 1 stays there."""
    return number(value, max(3, math.ceil(-math.log10(1 - value))) if value < 1 else 3)


def _standing(cells: pd.DataFrame, chosen: pd.Series) -> str:
    """Say how runs stood that did not go well."""
    told, metric = [], deciding(cells)
    runs, diverged = int(cells["runs"].sum()), int(cells["diverged"].sum())
    if diverged:
        told.append(f"{diverged:,} of all {counted(runs, 'run')} diverged{_by_rate(cells)}")
    for column, what in (
        ("above_initial", "ended with a higher loss than they began with"),
        (no_better(metric), f"did no better than {wording.guess(chosen).it}{_by(metric)}"),
    ):
        count = chosen.get(column)
        if not pd.isna(count) and count:
            told.append(f"{int(count):,} of the {counted(int(chosen['runs']), 'run')} here {what}")
    if constant(chosen) and not guessing(chosen, metric):
        told.append("no input passes any of its networks: they give every row the same")
    splits = int(chosen["folds"]) * int(chosen.get("outer_folds", 1))
    lost, seeds = int(cells["seeds"].max()), -(-int(chosen["runs"]) // splits)
    if lost < seeds and chosen["diverged"]:
        told.append(
            f"no cell has all its seeds: those that compete have {lost} of {seeds}, and not always "
            "the same ones"
        )
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _by(metric: str) -> str:
    """Say by what something is no better, where that is not the loss."""
    return "" if metric in RANKED else f" by {metric}"


def _by_rate(cells: pd.DataFrame) -> str:
    """Say at which learning rates runs diverged, where these differ in it."""
    by_rate = cells.groupby("lr")[["diverged", "runs"]].sum()
    hit = by_rate[by_rate["diverged"] > 0]
    if len(by_rate) == 1 or len(hit) > _RATES:
        return ""
    told = (
        f"{int(n)} of {int(runs)} at lr = {place(rate, cells['lr'])}"
        for rate, n, runs in hit.itertuples()
    )
    return f" ({', '.join(told)})"


def _by_median(cells: pd.DataFrame) -> str:
    """Say where runs that went astray may have carried the means: what medians would choose."""
    metric, competing = deciding(cells), cells[whole(cells)]
    astray = competing.get("above_initial", pd.Series(0, competing.index)).fillna(0)
    if not astray.sum() or f"median_{metric}" not in cells:
        return ""
    ordered = competing.sort_values(f"median_{metric}", ascending=most(metric) == "lowest")
    first = ordered.iloc[0]
    one = astray.sum() == 1
    return (
        f"{counted(int(astray.sum()), 'run')} that ended above where {'it' if one else 'they'} "
        f"began {'is in the mean' if one else 'are in the means'} of "
        f"{counted(int((astray > 0).sum()), 'cell')}; by the median over seeds the "
        f"{most(metric)} {metric} is {figure(first[f'median_{metric}'])}, at {where(cells, first)}."
    )


def _picked(cells: pd.DataFrame, judged: bool) -> str:
    """Say what picking the lowest of many does to its figure, and who would say better."""
    metric, raced = deciding(cells), stopped(cells)
    many = int(whole(cells).sum()) + int(raced.sum())
    if many < 2 or not metric.startswith("val_"):
        return ""
    left = " (halving stopped some of them by the same rows)" if raced.any() else ""
    ask = ": --test or --outer-folds give figures that no choice had a part in"
    return (
        f"The {most(metric)} of {many:,} means{left} looks better than it is, for it was picked "
        f"for that{'' if judged else ask}."
    )

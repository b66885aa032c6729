"""What whoever takes the chosen cell should know beside the reason why it is the one.

Whether it is better than a guess, which others cannot be told from it, whether the grid ends where
it lies, how its runs stood, and what picking the lowest of many does to its figure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.best import where
from results.cells.summary import axis_names, covers, deciding, whole
from results.columns import is_penalty
from results.labels import counted, most, number, place

#: Values that are proposed where the grid ends, and the largest factor from one to the next.
_FURTHER, _LEAP = 2, 10

#: Learning rates that are named one by one.
_RATES = 6

#: Said where nothing was held out.
UNFAIR = "Nothing was held out: final_loss contains the penalties, and favours small ones."


def notes(cells: pd.DataFrame, chosen: pd.Series) -> list[str]:
    """Return what there is to know of a cell that was chosen, a sentence or two each.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary`.
    chosen : Series
        The row of it that `results.best` chose.
    """
    told = (unfair(cells), guessing(chosen), _alike(cells), *edges(cells, chosen))
    told += (_standing(cells, chosen), _by_median(cells), _picked(cells))
    return [text for text in told if text]


def unfair(cells: pd.DataFrame) -> str:
    """Say where cells are ranked by a loss that is no fair judge between penalties."""
    return "" if deciding(cells).startswith("val_") or len(cells) < 2 else UNFAIR


def guessing(cell: pd.Series, called: str = "this cell") -> str:
    """Say what the class shares alone would give, and where a cell is not shown to beat that."""
    if pd.isna(cell.get("mean_val_loss_from_baseline", np.nan)):
        return ""
    shares = {
        name: number(cell[f"mean_{name}"] - cell[f"mean_{name}_from_baseline"])
        for name in ("val_loss", "val_accuracy")
        if f"mean_{name}_from_baseline" in cell
    }
    guess = "Class shares alone give " + ", ".join(f"{k} {v}" for k, v in shares.items())
    if cell["mean_val_loss_from_baseline"] >= 0:
        return f"{guess}: {called} is no better."
    if cell["high_val_loss_from_baseline"] >= 0:
        return f"{guess}: {called} may be no better, as the interval of the difference holds 0."
    return f"{guess}."


def alike(cells: pd.DataFrame) -> NDArray[np.bool_] | None:
    """Tell which other cells cannot be told from the best; None where nothing could be told.

    Those whose paired difference from it has an interval that holds 0.
    """
    metric = deciding(cells)
    if not (cells["covers"] != "").any():
        return None
    low, high = (cells[f"{end}_{metric}_from_best"] for end in ("low", "high"))
    others = whole(cells) & (cells[f"rank_{metric}"] != 1).to_numpy(bool, na_value=True)
    return others & ((low <= 0) & (high >= 0)).to_numpy()


def _alike(cells: pd.DataFrame) -> str:
    others, found, metric = int(whole(cells).sum()) - 1, alike(cells), deciding(cells)
    if others < 1:
        return ""
    if found is None:
        return "One seed on one split tells no cell from another: give more --seeds, or --folds."
    if not found.any():
        return f"Every other cell can be told from the {most(metric)}, each at 95 %."
    first = cells[cells[f"rank_{metric}"] == 1].iloc[0]
    of_what = "new data and other seeds" if covers(first, metric) != "seeds" else "other seeds"
    named = "it" if int(found.sum()) == 1 else "each"
    return (
        f"{int(found.sum()):,} of {counted(others, 'other cell')} cannot be told from the "
        f"{most(metric)}: the 95 % interval, for {of_what}, of the difference of {named} from it "
        "holds 0."
    )


def edges(cells: pd.DataFrame, chosen: pd.Series) -> Iterator[str]:
    """Say along which axes the grid ends where the cell lies, and what to try beyond."""
    judged = deciding(cells).startswith("val_")
    for name in axis_names(cells):
        values = cells[name]
        if not pd.api.types.is_numeric_dtype(values) or (is_penalty(name) and not judged):
            continue
        tried = np.unique(values[values > 0])
        if len(tried) < 2 or chosen[name] not in (tried[0], tried[-1]):
            continue
        largest = chosen[name] == tried[-1]
        if not largest and (values == 0).any():  # below it there is none at all
            continue
        end = "largest" if largest else "smallest"
        beyond = _beyond(name, tried if largest else tried[::-1])
        option = f"--vary {name}=" if "_" in name else f"--{name} "
        yield (
            f"{name} = {place(chosen[name], values)} is the {end} that was tried: the best may lie "
            f"beyond it, try {option}{','.join(number(value, 3) for value in beyond)} too."
        )


def _beyond(name: str, towards: NDArray[np.float64]) -> list[float]:
    """Return the next values after those of an axis, in steps of the last two, or of ten."""
    before, last = towards[-2:]
    factor = float(np.clip(last / before, 1 / _LEAP, _LEAP))
    if name == "momentum" and last > before:  # which has to stay below 1
        return [1 - (1 - last) / 2**step for step in range(1, _FURTHER + 1)]
    return [last * factor**step for step in range(1, _FURTHER + 1)]


def _standing(cells: pd.DataFrame, chosen: pd.Series) -> str:
    """Say how runs stood that did not go well."""
    told = []
    runs, diverged = int(cells["runs"].sum()), int(cells["diverged"].sum())
    if diverged:
        told.append(f"{diverged:,} of all {counted(runs, 'run')} diverged{_by_rate(cells)}")
    for column, what in (
        ("above_initial", "ended with a higher loss than they began with"),
        ("above_baseline", "are no better than the class shares"),
    ):
        count = chosen.get(column)
        if not pd.isna(count) and count:
            told.append(f"{int(count):,} of the {counted(int(chosen['runs']), 'run')} here {what}")
    if chosen["mean_sparsity"] == 1:
        told.append("all its networks are empty, and give every row the same")
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}." if text else ""


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
    return (
        f"{counted(int(astray.sum()), 'run')} that ended above where they began are in the means "
        f"of {counted(int((astray > 0).sum()), 'cell')}; by the median over seeds the "
        f"{most(metric)} {metric} is {number(first[f'median_{metric}'])}, at {where(cells, first)}."
    )


def _picked(cells: pd.DataFrame) -> str:
    """Say what picking the lowest of many does to its figure."""
    metric, many = deciding(cells), int(whole(cells).sum())
    if many < 2 or not metric.startswith("val_"):
        return ""
    return (
        f"The {most(metric)} of {many:,} means looks better than it is, for it was picked for "
        "that: --test or --outer-folds give figures that no choice had a part in."
    )

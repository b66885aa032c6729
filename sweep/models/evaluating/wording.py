"""What is said of an evaluation: sentences that are true of its figures, and the figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from results.columns import is_better_high
from results.labels import counted, digits, listed, number
from sweep.models.evaluating import curves
from sweep.models.evaluating.truth import Rows

if TYPE_CHECKING:
    import pandas as pd

#: Shares of the rows between which residuals are told.
_LOW, _HIGH = 0.05, 0.95

#: What no other value should look like, and digits at the most.
_ENDS, _DIGITS = (0.0, 1.0), 6

#: Said of models that do not say it, as those of the estimators.
NO_BASELINE = "The model does not say what its training part holds: there is no baseline."


def value(figure: float) -> str:
    """Write a metric, with as many digits as tell it from the ends of a share."""
    return number(figure, min(max(digits((figure, *_ENDS)), 4), _DIGITS))


def interval(low: float, high: float) -> str:
    """Write an interval likewise."""
    if math.isnan(low):
        return "-"
    apart = min(digits((low, high, *_ENDS)), _DIGITS)
    return f"{number(low, apart)} to {number(high, apart)}"


def of_class(rows: Rows) -> list[str]:
    """Say of which class f1 is, where it is of one."""
    of_two = [one for one in rows.questions if len(one.classes) == 2]
    named = [f"{one.classes[1]!r}" for one in of_two]
    if len(rows.questions) > 1:
        named = [f"{one.target} = {name}" for one, name in zip(of_two, named, strict=True)]
    return [f"f1 is that of {listed(named)}."] if named else []


def against_guessing(table: pd.DataFrame, rows: Rows, times: int) -> list[str]:
    """Say where a model is no better than what needs no inputs, or may be no better."""
    guess = "the best constant" if rows.kind == "numbers" else "class shares"
    worse, unsure = [], []
    for one in table.to_dict("records"):
        name, own, alone = one["metric"], one["value"], one["baseline"]
        if math.isnan(own) or math.isnan(alone):
            continue
        if not (own > alone if is_better_high(f"val_{name}") else own < alone):
            worse.append(f"{name} ({value(own)} against {value(alone)})")
        elif one["low_from_baseline"] <= 0 <= one["high_from_baseline"]:
            unsure.append(name)
    notes = []
    if worse:
        notes.append(
            f"The model is no better than {guess} of its training part in {listed(worse)}."
        )
    if unsure:
        notes.append(
            f"It may be no better than {guess} in {listed(unsure)}: the interval of the paired "
            f"difference, over {times:,} resamples, holds 0."
        )
    return notes


def of_intervals(table: pd.DataFrame, times: int) -> list[str]:
    """Say what intervals are, and of which metrics there is none."""
    there = table[table["value"].notna()]
    steady = list(there.loc[there["low"].isna(), "metric"])
    few = there[(there["resamples"] < times) & there["low"].notna()]
    wilson = "; of accuracy Wilson's" if "accuracy" in set(there["metric"]) else ""
    notes = [
        "Intervals, at 95 %, are for this model on other rows of the kind: percentiles of "
        f"{times:,} bootstrap resamples of the rows{wilson}."
    ]
    if steady:
        is_same = "is" if len(steady) == 1 else "are"
        notes.append(
            f"{listed(steady)} {is_same} the same in all resamples, which therefore do not tell "
            "how sure that is."
        )
    for name, defined in zip(few["metric"], few["resamples"], strict=True):
        left = times - int(defined)
        notes.append(
            f"{name} is not defined in {counted(left, 'resample')} that lack a class: left out."
        )
    return notes


def calibrated(found: curves.Calibration) -> str:
    """Say how far probabilities are from shares, and whether that may be luck."""
    many = found.table.groupby(["target", "class"]).ngroups
    over = f", the mean over {many} classes or answers" if many > 1 else ""
    told = (
        f"Expected calibration error {number(found.error, 3)} over {curves.BINS} bins of equal "
        f"width{over}"
    )
    if math.isnan(found.by_luck):
        return f"{told}."
    luck = number(found.by_luck, 3)
    if found.error <= found.by_luck:
        return f"{told}: no more than right probabilities may have by luck, up to {luck} at 95 %."
    return f"{told}: more than right probabilities have by luck, up to {luck} at 95 %."


def spread(residuals: pd.DataFrame) -> list[str]:
    """Say how residuals lie."""
    notes = []
    for name, own in residuals.groupby("target", sort=False):
        low, middle, high = own["residual"].quantile([_LOW, 0.5, _HIGH])
        of = f"{name}: " if residuals["target"].nunique() > 1 else ""
        notes.append(
            f"{of}True less predicted is {number(own['residual'].mean(), 3)} in the mean, "
            f"{number(middle, 3)} in the median, and from {number(low, 3)} to {number(high, 3)} in "
            "the middle 90 % of the rows."
        )
    return notes

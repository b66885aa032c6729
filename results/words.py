"""How numbers, axes and metrics are written, the same in the terminal, pictures and the page."""

from __future__ import annotations

import math
import re

from results.columns import HISTORY, RUNS

_AXES = {
    "l1": "L1 penalty",
    "l2": "L2 penalty",
    "lr": "learning rate",
    "momentum": "momentum",
    "path": "order of the path",
}
#: With what a metric is compared, as names of columns say it.
_OTHERS = {"none": "no penalty", "best": "the best cell"}

_COLUMNS = {column.name: column for column in (*HISTORY, *RUNS)}


def number(value: float | str, digits: int = 4) -> str:
    """Write a number shortly, as one would type it: ``0.01``, ``5.623e-4``, ``0``; or a word."""
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value, "-")
    value += 0.0  # no minus before a 0
    text = f"{value:.{digits}g}"
    if value and not 1e-3 <= abs(value) < 10**digits:
        text = f"{value:.{digits - 1}e}"
    mantissa, _, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def axis(name: str) -> str:
    """Name an axis of the grid: ``L1 penalty``, ``L1 penalty on w1``."""
    kind, _, parameter = name.partition("_")
    label = _AXES.get(kind, name) if kind in ("l1", "l2") else _AXES.get(name, name)
    return f"{label} on {parameter}" if parameter and kind in ("l1", "l2") else label


def called(metric: str) -> str:
    """Name a metric, also where it is a difference: ``val_loss against no penalty``."""
    name, _, other = metric.partition("_from_")
    return f"{name} against {_OTHERS[other]}" if other else name


def measured(metric: str) -> str:
    """Name a metric with its unit: ``val_loss (nat)``."""
    name = metric.partition("_from_")[0]
    column = _COLUMNS.get(re.sub(r"_w\d+$", "_<weight>", name))
    unit = f" ({column.unit})" if column and column.unit else ""
    return called(metric).replace(name, name + unit, 1)

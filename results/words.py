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
}
_COLUMNS = {column.name: column for column in (*HISTORY, *RUNS)}


def number(value: float, digits: int = 4) -> str:
    """Write a number shortly, as one would type it: ``0.01``, ``5.623e-4``, ``0``."""
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


def unit(metric: str) -> str:
    """Return what a metric is measured in; empty for a bare number."""
    found = _COLUMNS.get(re.sub(r"_w\d+$", "_<weight>", metric))
    return found.unit if found else ""


def measured(metric: str) -> str:
    """Name a metric with its unit: ``val_loss (nat)``."""
    found = unit(metric)
    return f"{metric} ({found})" if found else metric

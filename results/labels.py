"""How numbers, axes and metrics are written, the same in the terminal, pictures and the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from results.columns import column, is_better_high, is_varied

#: Digits of what was measured in a sentence, and of a place on an axis, where they are enough to
#: tell its values apart.
DIGITS = 3

#: Digits that tell any two numbers apart.
_ALL_DIGITS = 17

#: With what a metric is compared, as names of columns say it.
_OTHERS = {
    "none": "no penalty",
    "best": "the best cell",
    "baseline": "a guess without inputs",
}


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


def figure(value: float) -> str:
    """Write what was measured in a sentence or a caption: with three significant digits."""
    return number(value, DIGITS)


def place(value: float | str, values: Iterable[float | str]) -> str:
    """Write a value of an axis, by the axis' values: ``0.00316``, or as many digits as it takes.

    It is the same text wherever the value is named, and can be typed.
    """
    return number(value, digits(values))


def digits(values: Iterable[float | str]) -> int:
    """Return how many digits tell the values of an axis apart: three, or what it takes."""
    found = set(values)
    for apart in range(DIGITS, _ALL_DIGITS):
        if len({number(value, apart) for value in found}) == len(found):
            return apart
    return _ALL_DIGITS


def option(axis: str) -> str:
    """Return what stands before a value of an axis on the command line: ``--l1``, and a space."""
    if is_varied(axis):
        return f"--vary {axis}="
    return "--path-order " if axis == "path" else f"--{axis.replace('_', '-')} "


def counted(count: int, noun: str) -> str:
    """Write a number of things: ``1 cell``, ``1,280 cells``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(texts: Sequence[str]) -> str:
    """Join texts as in a sentence: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def seeds(counts: Iterable[int]) -> str:
    """Say over how many seeds some means are, of those that are over any: ``1 to 3 seeds``."""
    there = [count for count in counts if count > 0] or [0]
    fewest, most = min(there), max(there)
    return counted(most, "seed") if fewest == most else f"{fewest:,} to {counted(most, 'seed')}"


def folds(inner: int, outer: int = 1) -> str:
    """Say over which folds of a seed its mean is: ``5 outer x 3 inner folds``; empty for none."""
    if inner > 1 and outer > 1:
        return f"{outer} outer x {counted(inner, 'inner fold')}"
    if outer > 1:
        return counted(outer, "outer fold")
    return counted(inner, "fold") if inner > 1 else ""


def printable(text: str) -> str:
    r"""Write what would steer a terminal or break a picture as one types it: ``\\x1b``.

    Names of files and of data are a stranger's.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def axis(name: str) -> str:
    """Name an axis of the grid: ``L1 penalty``, ``L1 penalty on w1``."""
    kind, _, parameter = name.partition("_")
    whole, part = column(name), column(kind)
    if whole and whole.label:
        return whole.label
    return f"{part.label} on {parameter}" if part and part.penalty and parameter else name


def most(metric: str) -> str:
    """Say which value of a metric is the best: the ``lowest`` or the ``highest``."""
    return "highest" if is_better_high(metric) else "lowest"


def called(metric: str) -> str:
    """Name a metric, also where it is a difference: ``val_loss against no penalty``."""
    name, _, other = metric.partition("_from_")
    return f"{name} against {_OTHERS[other]}" if other else name


def measured(metric: str) -> str:
    """Name a metric with its unit: ``sparsity (share)``."""
    name, found = metric.partition("_from_")[0], column(metric)
    unit = f" ({found.unit})" if found and found.unit else ""
    return called(metric).replace(name, name + unit, 1)

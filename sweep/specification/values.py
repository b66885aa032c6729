"""The VALUES grammar: ``0,1e-4:1e-1:log7`` -> an axis of the grid, its sorted unique numbers.

values = item { "," item } | range
item   = number
       | number ":" number ":" ("lin" | "log") count      both ends included
       | integer ":" integer [ ":" integer ]              start, end, step; end excluded
range  = number ":" number ":" ("lin" | "log")            what a sample draws numbers from

The text is read from left to right, one method a rule, and is never evaluated as Python.
"""

import math
import re
import reprlib
from collections.abc import Sequence, Set
from typing import Any, Literal, Never

import numpy as np

from sweep.errors import InputError

LIMIT = 10_000_000  # numbers in one axis
LARGEST_SEED = 2**32 - 1  # what np.random.RandomState takes
EXACT = 2**53  # below this every integer is a float64

SPACE = re.compile(r"\s*")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
COUNT = re.compile(r"\d+", re.ASCII)
SPACING = re.compile(r"lin|log")
COLON = re.compile(":")
COMMA = re.compile(",")
#: What numbers alone are made of, which are read at once where there are a million.
LISTED = re.compile(r"[-+.\deE,\s]+", re.ASCII)
AUTO = re.compile("auto:log")

#: How far apart the ends of a range are at the least, as a share of the larger one: far enough for
#: all points of `sweep.plan.sampling.points` to be different numbers.
APART = 1e-4


class Range(tuple[float, ...]):
    """What a sample draws numbers from: a tuple of its two ends, from the lower one up.

    As such it is an axis with several values, and what is true of both ends is of all numbers.

    Parameters
    ----------
    low, high : float
    spacing : {"lin", "log"}
        What is evenly spread, the numbers or their logarithms.
    """

    spacing: Literal["lin", "log"]

    def __new__(cls, low: float, high: float, spacing: Literal["lin", "log"]) -> "Range":
        """Make one."""
        made = super().__new__(cls, (low, high))
        made.spacing = spacing
        return made

    def __getnewargs__(self) -> tuple[float, float, str]:  # type: ignore[override]
        low, high = self
        return low, high, self.spacing

    def __str__(self) -> str:
        """Return it as VALUES, which `interval` reads back to the same bits."""
        low, high = self
        return f"{low!r}:{high!r}:{self.spacing}"

    def __eq__(self, other: object) -> bool:
        """Compare ends and spacing: a tuple of two numbers is no range."""
        return isinstance(other, Range) and str(self) == str(other)

    def __ne__(self, other: object) -> bool:
        """Do what `__eq__` says; that of a tuple looks at the ends alone."""
        return not self == other

    def __hash__(self) -> int:
        """Hash by ends and spacing."""
        return hash(str(self))


def parse(values: Any, *, integers: bool = False) -> np.ndarray:
    """Turn VALUES into the sorted unique numbers of an axis.

    Parameters
    ----------
    values : str, number, or one-dimensional sequence or array of numbers
        The text of the grammar above, or the numbers themselves.
    integers : bool
        Ask for integers from 0 to 2**32 - 1, which is what a seed may be.

    Returns
    -------
    numpy.ndarray, shape (n,), float64 or (with `integers`) int64

    Raises
    ------
    InputError
        For a text: what was expected, the text, and a caret under the place.
    """
    if isinstance(values, str):
        listed = _listed(values)
        refused = listed is None or (integers and not _are_seeds(listed))
        numbers = _Reader(values, integers).values() if refused else np.asarray(listed)
    else:
        numbers = _from_python(values, integers)
    numbers = numbers + 0.0  # which makes -0.0 the same zero as 0.0
    if not (numbers[1:] > numbers[:-1]).all():  # a range of millions need not be sorted
        numbers = np.unique(numbers)
    return numbers.astype(np.int64) if integers else numbers


def automatic(values: Any) -> str | None:
    """Return ``auto:logN`` in its plain spelling, or None where `values` is something else.

    It stands for N numbers that are known only once the data are; without N, for a `Range`.
    """
    if not (isinstance(values, str) and values.strip().startswith("auto")):
        return None
    return f"auto:log{_Reader(values, False).automatic() or ''}"


def interval(values: Any) -> Range | None:
    """Return the range that `values` is, a text ``1e-5:1e-1:log``; None for anything else.

    Raises
    ------
    InputError
        As of `parse`.
    """
    if isinstance(values, Range):
        return values
    alone = isinstance(values, str) and "," not in values
    ranged = alone and values.rstrip().endswith(("lin", "log"))
    return _Reader(values, False).range() if ranged else None


def seeds(numbers: np.ndarray) -> Sequence[int]:
    """Return an axis of integers as Python has them: as a range where it is one, else a tuple."""
    step = int(numbers[1] - numbers[0]) if numbers.size > 1 else 1
    if (np.diff(numbers) == step).all():
        return range(int(numbers[0]), int(numbers[-1]) + 1, step)
    return tuple(numbers.tolist())


def array(numbers: Sequence[float]) -> np.ndarray:
    """Return an axis as an array; a range of millions at once."""
    if isinstance(numbers, range):
        return np.arange(numbers.start, numbers.stop, numbers.step, dtype=np.int64)
    return np.array(numbers)


def text(numbers: Sequence[float]) -> str:
    """Write an axis as VALUES, which are read back to the same bits; integers compactly."""
    if isinstance(numbers, Range):
        return str(numbers)
    axis = array(numbers)
    if axis.dtype.kind == "f":
        return ",".join(map(repr, axis.tolist()))
    steps = np.diff(axis)
    if axis.size > 2 and steps[0] > 1 and np.all(steps == steps[0]):
        return f"{axis[0]}:{axis[-1] + 1}:{steps[0]}"
    breaks = np.flatnonzero(steps != 1)
    firsts = axis[np.concatenate(([0], breaks + 1))].tolist()
    lasts = axis[np.concatenate((breaks, [axis.size - 1]))].tolist()
    runs = zip(firsts, lasts, strict=True)
    return ",".join(str(a) if a == b else f"{a}:{b + 1}" for a, b in runs)


def _listed(text: str) -> np.ndarray | None:
    """Return the numbers of a text that is a mere list of them; None for any other."""
    if not LISTED.fullmatch(text):
        return None
    try:
        numbers = np.array([float(number) for number in text.split(",")])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() and numbers.size <= LIMIT else None


class _Reader:
    """A place in a text, and one method for each rule of the grammar."""

    def __init__(self, text: str, integers: bool) -> None:
        self.text = text
        self.integers = integers
        self.at = 0
        self.room = LIMIT

    def values(self) -> np.ndarray:
        items = [self.item()]
        while not self.ended():
            if not self.take(COMMA):
                self.fail("a comma or the end")
            items.append(self.item())
        return np.concatenate(items)

    def item(self) -> np.ndarray:
        first = self.number()
        if not self.take(COLON):
            return self.checked(first.start(), np.array([float(first[0])]))
        second = self.number()
        if not self.take(COLON):
            return self.stepped(first, second, None)
        if spacing := self.take(SPACING):
            return self.spaced(first, second, spacing[0])
        step = self.take(NUMBER)
        if not step:
            self.fail("an integer step, linN or logN")
        return self.stepped(first, second, step)

    def spaced(self, first: re.Match, last: re.Match, spacing: str) -> np.ndarray:
        count = self.count()
        self.have_logarithms(spacing, first, last)
        between = np.geomspace if spacing == "log" else np.linspace
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = between(float(first[0]), float(last[0]), count)
        if not np.isfinite(numbers).all():
            self.fail("ends closer together", first.start())
        return self.checked(first.start(), numbers)

    def range(self) -> Range:
        first = self.number()
        if not (self.take(COLON) and (last := self.number()) and self.take(COLON)):
            self.fail("low:high:lin or low:high:log")
        spacing = self.take(SPACING)
        if not (spacing and self.ended()):
            self.fail("low:high:lin or low:high:log")
        self.have_logarithms(spacing[0], first, last)
        low, high = float(first[0]) + 0.0, float(last[0]) + 0.0
        if high <= low:
            self.fail(f"an end above {first[0]}", last.start())
        if high - low < APART * max(abs(low), abs(high)):
            self.fail(f"an end that is further from {first[0]}, or one number", last.start())
        if not np.isfinite([high - low, math.sqrt(high) / math.sqrt(low) if low > 0 else 0]).all():
            self.fail("ends closer together", first.start())
        return Range(low, high, "log" if spacing[0] == "log" else "lin")

    def have_logarithms(self, spacing: str, *ends: re.Match) -> None:
        for end in ends:
            if spacing == "log" and float(end[0]) <= 0:
                self.fail("a number above 0 (its logarithm is taken)", end.start())

    def stepped(self, first: re.Match, end: re.Match, step: re.Match | None) -> np.ndarray:
        for bound in (first, end):
            if not INTEGER.fullmatch(bound[0]):
                self.fail("an integer (only a:b:linN and a:b:logN take others)", bound.start())
        if step and not INTEGER.fullmatch(step[0]):
            self.fail("an integer step, linN or logN", step.start())
        for part in filter(None, (first, end, step)):
            if abs(float(part[0])) >= EXACT:
                self.fail("an integer between -2**53 and 2**53", part.start())
        stride = int(step[0]) if step else 1
        if step and stride == 0:
            self.fail("a step other than 0", step.start())
        numbers = range(int(first[0]), int(end[0]), stride)
        if not numbers:
            side = "above" if stride > 0 else "below"
            self.fail(f"an end {side} {first[0]} (the end is excluded)", end.start())
        self.reserve(len(numbers), first.start())
        return self.checked(first.start(), np.arange(numbers.start, numbers.stop, stride))

    def number(self) -> re.Match:
        found = self.take(NUMBER)
        if not found:
            self.fail("a number")
        if not np.isfinite(float(found[0])):
            self.fail("a number that float64 can hold", found.start())
        return found

    def count(self) -> int:
        found = self.take(COUNT)
        if not found:
            self.fail("a count, such as 7 in log7 (a range without one stands alone)")
        if float(found[0]) == 0:
            self.fail("a count from 1", found.start())
        self.reserve(float(found[0]), found.start())
        return int(found[0])

    def automatic(self) -> int | None:
        if not self.take(AUTO):
            self.fail("auto:logN, such as auto:log30")
        count = None if self.ended() else self.count()
        if not self.ended():
            self.fail("the end (auto:logN stands alone)")
        return count

    def reserve(self, count: float, at: int) -> None:
        if count > self.room:
            self.fail(f"at most {LIMIT} numbers in an axis", at)
        self.room -= int(count)

    def checked(self, at: int, numbers: np.ndarray) -> np.ndarray:
        if self.integers and not _are_seeds(numbers):
            self.fail(f"integers from 0 to {LARGEST_SEED}", at)
        return numbers

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over white space, and over `pattern` if it comes next."""
        self.skip()
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def ended(self) -> bool:
        self.skip()
        return self.at == len(self.text)

    def skip(self) -> None:
        space = SPACE.match(self.text, self.at)
        assert space is not None  # it matches nothing, too
        self.at = space.end()

    def fail(self, expected: str, at: int | None = None) -> Never:
        """Raise an error that points at `at`, or at the present place."""
        place = self.at if at is None else at
        shown = "".join(c if c.isprintable() else " " for c in self.text)
        raise InputError(f"expected {expected}\n  {shown}\n  {' ' * place}^")


def _from_python(values: Any, integers: bool) -> np.ndarray:
    if isinstance(values, range) and values[LIMIT:]:  # its len() may not fit a C integer
        raise InputError(f"expected at most {LIMIT} numbers in an axis")
    try:
        listed = list(values) if isinstance(values, Set) else values
        found = array(values) if _is_short(values) else np.asarray(listed)
        if found.dtype.kind not in "iufO":
            raise TypeError
        numbers = found.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"expected text, a number, a list or an array of numbers, not {reprlib.repr(values)}"
        ) from None
    if numbers.ndim > 1:
        raise InputError(f"expected one dimension, not an array of shape {numbers.shape}")
    numbers = numbers.ravel()
    if numbers.size == 0:
        raise InputError("expected at least one number")
    if numbers.size > LIMIT:
        raise InputError(f"expected at most {LIMIT} numbers in an axis")
    if not np.isfinite(numbers).all():
        raise InputError(f"expected finite numbers, not {numbers[~np.isfinite(numbers)][0]}")
    if integers and not _are_seeds(numbers):
        raise InputError(f"expected integers from 0 to {LARGEST_SEED}, not {reprlib.repr(values)}")
    return numbers


def _is_short(values: Any) -> bool:
    """Tell whether it is a range of what NumPy's integers hold: of it an array is made at once."""
    return isinstance(values, range) and max(abs(values.start), abs(values.stop)) < 2**62


def _are_seeds(numbers: np.ndarray) -> bool:
    whole = np.floor(numbers) == numbers
    return bool(np.all(whole & (numbers >= 0) & (numbers <= LARGEST_SEED)))

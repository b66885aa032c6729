"""A plane of the grid: two axes, and which cell lies where. What every map is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.summary import axis_names, deciding
from results.errors import ResultsError
from results.labels import DIGITS, digits, number, place

#: Least ratio between positive values for which an axis is a logarithmic one.
_LOGARITHMIC = 10

#: How far from logarithms a 0 stands at the least, in the length that they take.
_APART = 1 / 16

#: Values above which an axis is labelled by powers of ten that are none of them, and is
#: logarithmic only if they lie so.
_MANY = 12


class Axis(NamedTuple):
    """An axis of the grid, and where its values are drawn.

    Attributes
    ----------
    name : str
    values : ndarray
        Numbers in rising order, or words.
    at : ndarray
        Where each value is drawn.
    logarithmic : bool
        Whether equal steps stand for equal factors; a 0 then stands before the rest, one step of
        them or as far as is seen.
    """

    name: str
    values: NDArray
    at: NDArray[np.float64]
    logarithmic: bool

    @property
    def has_zero(self) -> bool:
        """Whether a 0 stands apart, beside logarithms."""
        return bool(self.logarithmic and self.values[0] == 0 and len(self.values) > 1)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where one value's room ends and the next one's begins, shape (values + 1,)."""
        half = (np.diff(self.at) if len(self.at) > 1 else np.ones(1)) / 2
        middles = (self.at[1:] + self.at[:-1]) / 2
        return np.concatenate(([self.at[0] - half[0]], middles, [self.at[-1] + half[-1]]))

    def even(self) -> Axis:
        """Return the axis with the same room for each value."""
        return self._replace(at=np.arange(len(self.values), dtype=np.float64))

    def labels(self) -> list[tuple[float, str]]:
        """Positions and texts worth writing at the axis, the most telling first."""
        n, apart = len(self.values), digits(self.values)
        found = {0: number(self.values[0], apart)}
        if self.logarithmic:
            powers = [i for i, value in enumerate(self.values) if value > 0 and _is_power(value)]
            if n > _MANY and len(self._powers()) >= 2:
                return self._zero() + self._powers()
            found |= {i: number(self.values[i], apart) for i in powers}
        elif n > _MANY and apart > DIGITS and is_number(self.values):
            return self._round()
        for i in self.telling():
            found.setdefault(i, number(self.values[i], apart))
        return [(float(self.at[i]), text) for i, text in found.items()]

    def telling(self) -> list[int]:
        """Return the places of all values, the most telling first: both ends, then halves."""
        n = len(self.values)
        halves = (i for level in range(n.bit_length(), -1, -1) for i in range(0, n, 2**level))
        return list(dict.fromkeys((0, n - 1, *halves)))

    def _powers(self) -> list[tuple[float, str]]:
        """Label the powers of ten, for many values that miss them."""
        some = self.values > 0
        decades = np.log10(self.values[some])
        powers = np.arange(np.ceil(decades[0] - 1e-9), np.floor(decades[-1] + 1e-9) + 1)
        places = np.interp(powers, decades, self.at[some])
        return [(float(at), number(10.0**power)) for at, power in zip(places, powers, strict=True)]

    def _round(self) -> list[tuple[float, str]]:
        """Label round numbers, for many values that are none."""
        low, high = float(self.values[0]), float(self.values[-1])
        power = 10.0 ** np.floor(np.log10((high - low) / 2))
        step = max(unit * power for unit in (1, 2, 5) if 2 * unit * power <= high - low)
        ticks = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)
        places = np.interp(ticks, self.values, self.at)
        return [(float(at), number(tick, DIGITS)) for at, tick in zip(places, ticks, strict=True)]

    def _zero(self) -> list[tuple[float, str]]:
        return [(float(self.at[0]), "0")] if self.has_zero else []


class Plane(NamedTuple):
    """Two axes of the grid, the rest held fixed.

    Attributes
    ----------
    x, y : Axis
    rows : ndarray of int64, shape (y, x)
        Row of each cell in the summary, -1 where there is none.
    fixed : dict of str to float or str
        Values of the other axes, of those that have more than one.
    """

    x: Axis
    y: Axis
    rows: NDArray[np.int64]
    fixed: dict[str, float | str]

    def matrix(self, values: pd.Series) -> NDArray[np.float64]:
        """Lay a column of the summary out as ``[y, x]``, NaN where there is no cell."""
        column = values.to_numpy(np.float64, na_value=np.nan)
        return np.where(self.rows >= 0, column[self.rows], np.nan)

    def find(self, row: int) -> tuple[int, int] | None:
        """Return the place ``(y, x)`` of a row of the summary, None where it is elsewhere."""
        places = np.argwhere(self.rows == row)
        return (int(places[0, 0]), int(places[0, 1])) if len(places) else None


def plane(cells: pd.DataFrame, at: Mapping[str, float | str] | None = None) -> Plane:
    """Choose a plane: L1 and L2 where they vary, through the best cell in all other axes.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary`.
    at : dict of str to float or str, optional
        Values at which to hold axes fixed.
    """
    (found,) = _planes(cells, at, None)
    return found


def planes(
    cells: pd.DataFrame, by: str, at: Mapping[str, float | str] | None = None
) -> dict[float | str, Plane]:
    """Choose a plane for each value of an axis, as `plane` does, all laid out alike."""
    return {found.fixed[by]: found for found in _planes(cells, at, by)}


def third(cells: pd.DataFrame, at: Mapping[str, float | str] | None = None) -> str | None:
    """Return the first axis that varies beside those of the plane, None where there is none."""
    fixed = plane(cells, at).fixed
    return next((name for name in fixed if name not in (at or {})), None)


def _planes(
    cells: pd.DataFrame, at: Mapping[str, float | str] | None, by: str | None
) -> Iterator[Plane]:
    """Yield a plane for each value of an axis, or the only one; see `plane`."""
    names = [name for name in axis_names(cells) if name != by]
    free = [name for name in names if name not in (at or {})]
    varying = [name for name in free if cells[name].nunique() > 1]
    x, y = (varying + [name for name in free if name not in varying] + names)[:2]
    apart = [by] if by else []
    rows, fixed = hold(cells, [*apart, *(name for name in (x, y) if name in free)], at)
    fixed = {name: value for name, value in fixed.items() if name not in (x, y)}
    xs, across = np.unique(cells[x].to_numpy()[rows], return_inverse=True)
    ys, up = np.unique(cells[y].to_numpy()[rows], return_inverse=True)
    own = cells[by].to_numpy()[rows] if by else np.zeros(len(rows))
    for value in np.unique(own):
        some = own == value
        places = np.full((len(ys), len(xs)), -1, dtype=np.int64)
        places[up[some], across[some]] = rows[some]
        held = dict.fromkeys(apart, value) | fixed
        yield Plane(lay_out(x, xs).even(), lay_out(y, ys).even(), places, held)


def hold(
    cells: pd.DataFrame, free: Sequence[str], at: Mapping[str, float | str] | None = None
) -> tuple[NDArray[np.int64], dict[str, float | str]]:
    """Hold all axes fixed but the free ones: where `at` says, else where the best cell is.

    Returns
    -------
    rows : ndarray of int64
        Rows of the summary that are left.
    fixed : dict of str to float or str
        Where axes with more than one value are held.
    """
    fixed = {name: value_of(cells, name, value) for name, value in (at or {}).items()}
    fixed = {name: value for name, value in fixed.items() if name not in free}
    chosen = np.ones(len(cells), dtype=bool)
    for name, value in fixed.items():
        chosen &= (cells[name] == value).to_numpy()
    if not chosen.any():
        raise ResultsError(f"no cell of the table has {said(fixed, cells)}")
    rank = cells[f"rank_{deciding(cells)}"][chosen].astype("Float64").fillna(np.inf)
    through = cells.iloc[np.flatnonzero(chosen)[int(rank.argmin())]]
    for name in axis_names(cells):
        if name not in free and name not in fixed:
            fixed[name] = through[name]
            chosen &= (cells[name] == fixed[name]).to_numpy()
    varying = {name: value for name, value in fixed.items() if cells[name].nunique() > 1}
    return np.flatnonzero(chosen), varying


def slice_at(
    cells: pd.DataFrame, at: Mapping[str, float | str] | None = None
) -> tuple[pd.DataFrame, dict[str, float | str]]:
    """Return the cells at some values, all others free, and those values that say which."""
    free = [name for name in axis_names(cells) if name not in (at or {})]
    rows, held = hold(cells, free, at)
    return cells.iloc[rows], held


def said(fixed: Mapping[str, float | str], cells: pd.DataFrame, after: str = "") -> str:
    """Say which axes of a summary are held fixed, and where: ``l2 = 0.001, lr = 0.01``.

    It stands after some words; where nothing is held these are left out too.
    """
    held = ", ".join(f"{name} = {place(value, cells[name])}" for name, value in fixed.items())
    return f"{after}{held}" if held else ""


def value_of(cells: pd.DataFrame, name: str, value: float | str) -> float | str:
    """Return the value of an axis that was meant, which may be given rounded as we write it.

    A number may be given as a text too, as it is typed, and so may a word that looks like one.

    Raises
    ------
    ResultsError
        If there is no such axis, or no such value of it, or several that are written so.
    """
    check_axis(cells, name)
    values = np.unique(cells[name])
    near = _near(values, name, value)
    if not len(near):
        there = ", ".join(place(v, values) for v in values[:8])
        there += ", ..." if len(values) > 8 else ""
        raise ResultsError(f"{name} is never {number(value)}; its values are {there}")
    return near[0]


def check_axis(cells: pd.DataFrame, name: str) -> None:
    """Refuse what is no axis of a summary."""
    if name not in axis_names(cells):
        raise ResultsError(f"no axis {name!r}; there are {', '.join(axis_names(cells))}")


def _near(values: NDArray, name: str, value: float | str) -> NDArray:
    """Return the values of an axis that may be meant, the nearest first."""
    if not is_number(values):
        return values[values == number(value)]
    try:
        wanted = float(value)
    except ValueError:  # a word
        return values[:0]
    near = values[np.isclose(values, wanted, rtol=1e-3, atol=0)]
    if len(near):
        return near[np.argsort(abs(near - wanted))]
    near = np.array([v for v in values if _written_as(v, wanted)])
    if len(near) > 1:
        some = ", ".join(place(v, values) for v in near)
        raise ResultsError(f"{name} = {number(wanted)} may be any of {some}: say which")
    return near


def _written_as(value: float, short: float) -> bool:
    """Whether maps and tables write a value, with their two or three digits, as ``short``."""
    return short in (float(number(value, 2)), float(number(value, 3)))


def is_number(values: NDArray) -> bool:
    """Tell whether the values of an axis are numbers, and not words."""
    return values.dtype.kind in "iuf"


def lay_out(name: str, values: NDArray) -> Axis:
    """Lay an axis out, logarithmic where its values ask for it; see `Axis`."""
    if not is_number(values):
        return Axis(name, values, np.arange(len(values), dtype=np.float64), logarithmic=False)
    positive = values[values > 0]
    wide = len(positive) > 0 and positive[-1] >= _LOGARITHMIC * positive[0]
    if wide and len(positive) > _MANY:  # of even steps the lowest few alone would fill decades
        low, high = positive[[0, -1]]
        even, by_factors = (low + high) / 2, np.sqrt(low * high)
        wide = bool(np.median(positive) ** 2 <= even * by_factors)
    if values[0] < 0 or not (wide or (len(positive) == 1 and values[0] == 0)):
        return Axis(name, values, values.astype(np.float64), logarithmic=False)
    at = np.log10(positive)
    if len(positive) < len(values):
        step = np.median(np.diff(at)) if len(at) > 1 else 1.0
        at = np.concatenate(([at[0] - max(step, (at[-1] - at[0]) * _APART)], at))
    return Axis(name, values, at, logarithmic=True)


def _is_power(value: float) -> bool:
    """Whether a value is a power of ten."""
    return bool(np.isclose(np.log10(value), np.rint(np.log10(value)), atol=1e-9))

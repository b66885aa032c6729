"""Arrays as the page holds them: rounded to a little more than it writes, and packed.

All first bytes of an array's numbers stand together, then all second ones, and so on. The signs and
sizes of neighbours are alike, so that gzip finds more that comes again.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bits behind the first that are kept of a number with a fraction. The page writes four digits: of
#: 10,000 numbers one or two lie so near to the middle between two texts that they get the other.
BITS = 22

#: How a number is kept: what the page writes of it, or all its bits as a float of either size.
Precision = Literal["written", "single", "double"]

_SINGLE = np.finfo(np.float32)


class Packed(NamedTuple):
    """Arrays in one text.

    Attributes
    ----------
    told : list of tuple
        ``(name, kind, count)`` of each in their order; the kind is ``f4``, or ``f8`` where 32 bits
        do not reach. Numbers are little-endian.
    text : str
        The bytes of all of them, as gzip and then base64.
    """

    told: list[tuple[str, str, int]]
    text: str


def packed(arrays: Mapping[str, NDArray], precisions: Mapping[str, Precision]) -> Packed:
    """Pack arrays of numbers.

    Parameters
    ----------
    arrays : dict of str to ndarray
    precisions : dict of str to {"written", "single", "double"}
        How numbers of an array are kept; what is not named as "written". Where single floats do
        not reach, each is a double.
    """
    kept = {name: _kept(array, precisions.get(name, "written")) for name, array in arrays.items()}
    told = [(name, one.dtype.str[1:], one.size) for name, one in kept.items()]
    whole = b"".join(_by_place(one) for one in kept.values())
    return Packed(told, base64.b64encode(gzip.compress(whole, 6, mtime=0)).decode())


def rounded_beside(values: NDArray, none: NDArray) -> NDArray[np.float64]:
    """Round ``values [seed, cell]`` so that a difference of two keeps its digits as well.

    Parameters
    ----------
    values : ndarray of float
    none : ndarray of int, (cell,)
        The cell that is subtracted from each, -1 for none; its own values are not rounded.
    """
    with np.errstate(all="ignore"):  # of losses without end, and of no difference
        apart = np.abs(np.where(none >= 0, values - values[:, none], np.nan))
        size = np.fmin(np.abs(values), apart)
        step = np.ldexp(1.0, np.frexp(size)[1] - 1 - BITS)
        near = np.rint(values / step) * step
    kept = np.isfinite(near) & (size > 0) & np.isfinite(step)
    return np.where(kept, near, values)


def _kept(values: NDArray, precision: Precision) -> NDArray:
    """Return values in a precision; whole numbers are never rounded to what is written."""
    values = values.astype("<f8")
    if precision == "double":
        return values
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    if len(size) and (size.max() > _SINGLE.max / 2 or size.min() < _SINGLE.tiny):
        return values
    single = values.astype("<f4")
    if precision == "single" or np.array_equal(values, np.rint(values), equal_nan=True):
        return single
    left = _SINGLE.nmant - BITS
    bits = single.view("<u4") + np.uint32(1 << (left - 1))
    return (bits >> np.uint32(left) << np.uint32(left)).view("<f4")


def _by_place(array: NDArray) -> bytes:
    """Return the bytes of numbers, those of one place in each together."""
    return np.ascontiguousarray(array).view(np.uint8).reshape(-1, array.itemsize).T.tobytes()

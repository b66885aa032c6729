"""The colour scale of a map: from the lowest value to the highest, in logarithm where that helps.

Viridis is perceptually uniform, rises in lightness alone when printed grey, and can be told apart
by the colour-blind.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from results.columns import is_ratio

#: Values told by factors that differ by more than this one are shown in logarithm.
_WIDE = 10

#: Viridis at even steps; between them colours are interpolated.
_VIRIDIS = np.array(
    [
        (68, 1, 84),
        (72, 36, 117),
        (65, 68, 135),
        (53, 95, 141),
        (42, 120, 142),
        (33, 145, 140),
        (34, 168, 132),
        (68, 191, 112),
        (122, 209, 81),
        (189, 223, 38),
        (253, 231, 37),
    ]
)


class Scale(NamedTuple):
    """The range of a map's values.

    Attributes
    ----------
    low, high : float
    logarithmic : bool
    """

    low: float
    high: float
    logarithmic: bool

    @classmethod
    def of(cls, values: NDArray[np.float64], metric: str) -> Scale:
        """Take the range of what is finite in some values of a metric."""
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        wide = is_ratio(metric) and low > 0 and high > _WIDE * low
        return cls(low, high, wide)

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 to 1."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = np.log(low), np.log(high), np.log(value)
        return float((value - low) / (high - low)) if high > low else 0.0


def viridis(place: float) -> tuple[int, int, int]:
    """Return the colour of a place on the scale, as red, green and blue up to 255."""
    steps = np.linspace(0, 1, len(_VIRIDIS))
    red, green, blue = (round(np.interp(place, steps, channel)) for channel in _VIRIDIS.T)
    return red, green, blue

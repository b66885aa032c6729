"""The colour scale of a map: even, or in logarithm, or finest at the lowest values.

One bad corner would make all the rest of a map one colour. So the better half of its values gets a
tenth of the colours at the least, and what is too far off for that lies beyond the scale, which
says so. A metric with a foot, such as R2, ends there.

Viridis is perceptually uniform, rises in lightness alone when printed grey, and can be told apart
by the colour-blind.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from results.columns import foot_of, is_ratio

#: Values told by factors that differ by more than this one are shown in logarithm.
WIDE = 10

#: Share of the colours that the better half of the values gets at the least.
_LEAST = 1 / 10

#: How far from the lowest value colours then reach, in distances of the middle one.
REACH = 2 ** (1 / _LEAST) - 1

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

#: Luminance from which black stands out more than white.
_MIDDLE = np.sqrt(0.05 * 1.05) - 0.05


class Scale(NamedTuple):
    """What the ends of a scale stand for, and how values lie between them.

    Attributes
    ----------
    low, high : float
    step : float
        Places go with the logarithm of 1 + distance from ``low`` in steps: evenly where a step is
        endless; as logarithms do where it is ``low`` itself.
    top, bottom : float
        The highest value there is, and the lowest: beyond ``high`` and ``low`` where some lie
        beyond the scale.
    """

    low: float
    high: float
    step: float
    top: float
    bottom: float

    @classmethod
    def of(cls, values: NDArray[np.float64], metric: str) -> Scale:
        """Choose the scale for what is finite in some values of a metric."""
        finite = np.unique(values[np.isfinite(values)])
        if len(finite) < 2:  # from 0, so that it holds nothing that is impossible
            value = float(finite[0]) if len(finite) else 0.0
            low = min(value, 0.0)
            return cls(low, max(value, 0.0) or 1.0, np.inf, max(value, 0.0), low)
        low, high = float(finite[0]), float(finite[-1])
        foot = foot_of(metric)
        if low < foot < high:
            return cls(foot, high, np.inf, high, low)
        half = float(finite[max((len(finite) - 1) // 2, 1)]) - low
        wide = low > 0 and WIDE < high / low < np.inf
        if not is_ratio(metric):
            return cls(low, high, np.inf, high, low)
        if wide and np.log1p(half / low) >= _LEAST * np.log(high / low):
            return cls(low, high, low, high, low)
        if not wide and half >= _LEAST * (high - low):
            return cls(low, high, np.inf, high, low)
        near = finite[finite <= low + REACH * half]
        if len(near) < len(finite):
            return cls.of(near, metric)._replace(top=high)
        return cls(low, high, half, high, low)

    @property
    def logarithmic(self) -> bool:
        """Whether equal steps stand for equal factors."""
        return self.step == self.low

    @property
    def beyond(self) -> bool:
        """Whether there are values above the scale."""
        return self.top > self.high

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 to 1."""
        along, whole = min(max(value, self.low), self.high) - self.low, self.high - self.low
        if np.isinf(self.step):
            return along / whole
        return float(np.log1p(along / self.step) / np.log1p(whole / self.step))

    def value(self, place: float) -> float:
        """Return the value at a place."""
        whole = self.high - self.low
        if np.isinf(self.step):
            return self.low + place * whole
        return float(self.low + self.step * np.expm1(place * np.log1p(whole / self.step)))


def viridis(place: float) -> tuple[int, int, int]:
    """Return the colour of a place on the scale, as red, green and blue up to 255."""
    steps = np.linspace(0, 1, len(_VIRIDIS))
    red, green, blue = (round(np.interp(place, steps, channel)) for channel in _VIRIDIS.T)
    return red, green, blue


def ink(colours: ArrayLike) -> NDArray[np.str_]:
    """Return what stands out more, black or white, from colours: red, green and blue up to 1.

    By the luminance of WCAG 2, its contrast is 4.5 or more, whatever the colour.
    """
    channels = np.asarray(colours, dtype=np.float64)[..., :3]
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return np.where(linear @ (0.2126, 0.7152, 0.0722) > _MIDDLE, "black", "white")

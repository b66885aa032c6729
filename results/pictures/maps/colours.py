"""The colours of a map, and the bar that says what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.colors import (
    Colormap,
    FuncNorm,
    LinearSegmentedColormap,
    ListedColormap,
    Normalize,
    SymLogNorm,
)
from matplotlib.ticker import NullLocator

from results.colours import SIGNED
from results.columns import foot_of, is_ratio
from results.labels import number
from results.pictures.style import COLOURS, Apart
from results.scale import REACH, WIDE, Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from numpy.typing import NDArray

#: What lies beyond a scale: darker or lighter than all that is on it.
_UNDER, _OVER = "black", "#fff3c4"

#: The same of differences.
_FAR_BELOW, _FAR_ABOVE = "#010a1a", "#5c2300"

#: Shades of a sign, and share of them that weights leave out next to white, which is 0 alone.
_SHADES, _FAINT = 128, 0.25

#: Share of a typical difference by which rounding makes an interval of nothing.
_SAME = 1e-9

#: Length of an arrow, in that of the bar.
_ARROW = 0.05

#: Ticks that a bar with uneven steps has room for, and how far one may be from its place.
_TICKS, _OFF = 6, 0.05


def colours() -> Colormap:
    """Return the colours of means, with those for what is beyond."""
    return matplotlib.colormaps[COLOURS].with_extremes(under=_UNDER, over=_OVER)


def colours_of_differences() -> Colormap:
    """Return the colours of what has a sign: white at 0, with those for what is beyond."""
    signed = LinearSegmentedColormap.from_list("signed", SIGNED, 2 * _SHADES + 1)
    return signed.with_extremes(under=_FAR_BELOW, over=_FAR_ABOVE)


def colours_of_weights() -> Colormap:
    """Return the colours of weights: none of them is near white, which is what is masked."""
    sizes = np.linspace(_FAINT, 1, _SHADES)
    places = np.concatenate((0.5 - sizes[::-1] / 2, 0.5 + sizes / 2))
    return ListedColormap(colours_of_differences()(places), "weights").with_extremes(bad="white")


def norm(scale: Scale) -> Normalize:
    """Return what lays values out on the colours as a scale does."""
    if np.isinf(scale.step):
        return Normalize(scale.low, scale.high)

    # Mirrored below the lowest value: matplotlib tries what is not there.
    def forward(values: NDArray) -> NDArray:
        steps = (values - scale.low) / scale.step
        return np.sign(steps) * np.log1p(abs(steps))

    def inverse(places: NDArray) -> NDArray:
        return scale.low + scale.step * np.sign(places) * np.expm1(abs(places))

    return FuncNorm((forward, inverse), scale.low, scale.high)


def norm_of_differences(mean: NDArray, width: NDArray, metric: str) -> Normalize:
    """Lay differences out evenly, or in logarithm but for the noise, half a typical interval.

    Both signs reach equally far, so that 0 is in the middle.
    """
    sizes = abs(mean[np.isfinite(mean) & (mean != 0)])
    if not len(sizes):
        return Normalize(-1, 1)
    typical = float(np.median(sizes))
    widths = width[width > _SAME * typical]
    noise = float(np.median(widths)) / 2 if len(widths) else typical
    far = is_ratio(metric) or np.isfinite(foot_of(metric))
    limit = REACH * max(typical, noise) if far else np.inf
    end = float(sizes[sizes <= limit].max())
    if far and end > WIDE * noise:
        return SymLogNorm(noise, vmin=-end, vmax=end, base=10)
    return Normalize(-end, end)


def colour_bar(
    axes: Sequence[Axes],
    mesh: QuadMesh,
    values: NDArray,
    text: str,
    scale: Scale | None = None,
) -> Colorbar:
    """Draw the bar of some maps; arrows at its ends say that some values are beyond."""
    laid, (low, high) = mesh.norm, (float(end or 0) for end in mesh.get_clim())
    finite = values[np.isfinite(values)]
    lowest, highest = float(finite.min(initial=low)), float(finite.max(initial=high))
    under, over = lowest < low, highest > high
    extend = {(1, 1): "both", (1, 0): "min", (0, 1): "max"}.get((under, over), "neither")
    bar = axes[0].figure.colorbar(mesh, ax=axes, pad=0.02, extend=extend, extendfrac=_ARROW)
    bar.outline.set_visible(False)
    bar.set_label(text)
    if isinstance(laid, SymLogNorm):
        bar.set_ticks(_symmetric_ticks(laid))
    elif isinstance(laid, FuncNorm) and scale:
        bar.set_ticks(_uneven_ticks(scale))
    bar.ax.yaxis.set_major_formatter(Apart())
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.tick_params(length=2)
    for there, value, end, side in ((under, lowest, 0, "top"), (over, highest, 1, "bottom")):
        if there:  # beside the tip, where no tick is
            tip = end + _ARROW * (2 * end - 1)
            bar.ax.text(
                *(1.3, tip, f"to {number(value, 3)}"), va=side, fontsize=8, gid="beyond",
                transform=bar.ax.transAxes,
            )  # fmt: skip
    return bar


def _uneven_ticks(scale: Scale) -> list[float]:
    """Return the roundest numbers near even places."""
    ticks: list[float] = []
    for place in np.linspace(0, 1, _TICKS):
        wanted = scale.value(place)
        for tick in _rounded(wanted):
            inside = scale.low <= tick <= scale.high and tick not in ticks
            if inside and abs(scale.place(tick) - place) <= _OFF:
                ticks.append(tick)
                break
    return sorted(ticks)


def _rounded(value: float) -> list[float]:
    """Return numbers near a value, the roundest first."""
    if value <= 0:
        return [0.0]
    power = 10.0 ** np.floor(np.log10(value))
    powers = sorted((power, 10 * power), key=lambda tick: abs(np.log(tick / value)))
    steps = sorted(power * np.array([2.0, 5.0]), key=lambda tick: abs(np.log(tick / value)))
    units = power / 10.0 ** np.arange(17)
    near = np.column_stack((np.rint(value / units), np.floor(value / units))).ravel()
    shorter = (float(f"{n * unit:.15g}") for n, unit in zip(near, units.repeat(2), strict=True))
    return [*map(float, (*powers, *steps)), *shorter]


def _symmetric_ticks(laid: SymLogNorm) -> list[float]:
    """Return 0, both ends, rounded inwards, and the powers of ten outside of what is noise."""
    high = float(laid.vmax or 0)
    unit = 10.0 ** (np.floor(np.log10(high)) - 1)
    powers = 10.0 ** np.arange(np.ceil(np.log10(laid.linthresh)), np.floor(np.log10(high)) + 1)
    ticks = [0.0]
    for tick in (unit * np.floor(high / unit), *powers):
        if all(abs(laid(tick) - laid(other)) > 0.05 for other in ticks):
            ticks += [float(tick), -float(tick)]
    return sorted(ticks)

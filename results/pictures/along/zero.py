"""The break in an axis between a 0, which no logarithm reaches, and the values beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.transforms import ScaledTranslation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from results.plane import Axis

#: Half the room between the two strokes of the break, in points.
_ROOM = 1.8


def apart_from_zero(ax: Axes, axis: Axis) -> None:
    """Break the axis at the bottom between its 0 and the rest, if a 0 stands apart."""
    if axis.has_zero:
        broken_at(ax, float(axis.edges[1]))


def broken_at(ax: Axes, at: float) -> None:
    """Break the axis at the bottom."""
    foot = ax.get_xaxis_transform()
    gap: dict[str, Any] = {"marker": "s", "color": "white", "markersize": 2 * _ROOM}
    ax.plot(at, 0, **gap, transform=foot, clip_on=False, zorder=2.6, gid="gap")
    stroke: dict[str, Any] = {"marker": [(-0.4, -1), (0.4, 1)], "color": "black", "markersize": 8}
    for side in (-_ROOM, _ROOM):
        beside = foot + ScaledTranslation(side / 72, 0, ax.figure.dpi_scale_trans)
        ax.plot(at, 0, **stroke, transform=beside, clip_on=False, zorder=2.7, gid="break")

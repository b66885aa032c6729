"""ROC and precision-recall curves: one for each class, or for each answer."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from results.labels import counted, digits, number, printable
from results.pictures.style import DASHES, LINES, legend_below, open_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Curves with a colour of their own: those that enclose least, which one looks for.
_NAMED = 6

#: Letters of a name, and digits of an area, at the most.
_LETTERS, _DIGITS = 24, 6

_REST: dict[str, Any] = {"color": "0.75", "linewidth": 0.8, "zorder": 1}


class _Kind(NamedTuple):
    """How a kind of curve is drawn: its axes, the area under it, and whether chance has a line."""

    x: str
    y: str
    area: str
    chance: bool


#: The kinds, by their names in a table of curves.
KINDS = {
    "roc": _Kind("false positive rate", "true positive rate", "area under the curve", True),
    "precision_recall": _Kind("recall", "precision", "average precision", False),
}


def curves(ax: Axes, table: pd.DataFrame, kind: str, several: bool) -> None:
    """Draw the curves of one kind.

    Parameters
    ----------
    ax : Axes
    table : DataFrame
        ``target``, ``class``, ``x``, ``y``: points of each curve in their order.
    kind : {"roc", "precision_recall"}
    several : bool
        Whether there are several targets, so that a curve is named by its target too.
    """
    look = KINDS[kind]
    every = [
        (_area(kind, own), name_of(key, several), own)
        for key, own in table.groupby(["target", "class"], sort=False)
    ]
    every.sort(key=lambda one: one[0])
    for place, (area, name, own) in enumerate(every[:_NAMED]):
        style: dict[str, Any] = {"color": LINES[place % len(LINES)]}
        style["linestyle"] = DASHES[place % len(DASHES)]
        _line(ax, own, kind, label=f"{name}: {_said(area)}", gid=name, linewidth=1.4, **style)
    for _, name, own in every[_NAMED:]:
        _line(ax, own, kind, gid=name, **_REST)
    left = len(every) - _NAMED
    if left > 0:
        low, high = every[_NAMED][0], every[-1][0]
        text = f"{counted(left, 'other')}: {_said(low)} to {_said(high)}"
        ax.plot([], [], label=text, **_REST)
    if look.chance:
        ax.plot((0, 1), (0, 1), color="0.4", linewidth=0.8, linestyle=":", label="by chance")
    ax.set_xlabel(look.x)
    ax.set_ylabel(look.y)
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.01)
    ax.set_aspect("equal")
    open_frame(ax)
    legend_below(ax, [look.area])


def name_of(key: Hashable, several: bool) -> str:
    """Name a class, with its target where there are several."""
    target, name = (printable(str(text)) for text in key)  # type: ignore[attr-defined]
    text = f"{target} = {name}" if several else name
    short = text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
    short = f" {short}" if short.startswith("_") else short  # which a legend would leave out
    return short.replace("$", r"\$")


def _line(ax: Axes, own: pd.DataFrame, kind: str, **style: Any) -> None:
    """Draw a curve: precision is a step, for it is not on a line between two thresholds."""
    if kind == "roc":
        ax.plot(own["x"], own["y"], **style)
    else:
        ax.step(own["x"], own["y"], where="post", **style)


def _said(area: float) -> str:
    """Write an area, with as many digits as tell it from 0 and 1."""
    return number(area, min(digits((area, 0.0, 1.0)), _DIGITS))


def _area(kind: str, own: pd.DataFrame) -> float:
    """Return the area under a ROC curve, or the average precision."""
    x, y = own["x"].to_numpy(), own["y"].to_numpy()
    return float(np.trapezoid(y, x) if kind == "roc" else -(np.diff(x) * y[:-1]).sum())

"""What networks say of rows that did not train them: predicted against true, and confusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from results.labels import counted, printable
from results.pictures.style import (
    COLOURS,
    LINES,
    Apart,
    axes_or_new,
    legend_columns,
    open_frame,
    title,
)
from results.scale import ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

#: Panels side by side at the most.
PANELS = 4

#: Classes up to which each square of a confusion has its count and its share, or its count alone.
_SHARES, _COUNTS = 8, 16

#: Classes up to which each is named at the sides, and letters of a name.
_NAMES, _LETTERS = 24, 14

#: Letters of all names from which they are turned.
_LINE = 24

#: What of the range of the truth an axis of predictions reaches beyond it at the most.
_ROOM = 1.0

#: The line on which predictions are right.
_EQUAL: dict[str, Any] = {"color": "0.4", "linewidth": 0.8, "zorder": 0, "gid": "equal"}

#: Points from which they are an image inside an SVG, and not a shape each.
_MANY = 2500


def predictions(
    names: Sequence[str],
    levels: Sequence[Sequence[str] | None],
    parts: Mapping[str, tuple[NDArray, NDArray]],
    data: str,
    whose: str,
) -> Figure:
    """Draw what is predicted of some targets, the first few of them.

    Numbers are drawn against the true ones, and what they lack against them; of classes, and of yes
    and no, there are confusions.

    Parameters
    ----------
    names : sequence of str
        What is predicted.
    levels : sequence
        Of each target its classes, or None where it is a number.
    parts : dict of str to tuple of ndarray
        By what rows they are: what is true of them and what is said, shape (rows, targets); numbers
        of classes, where a target has these.
    data : str
        Name of the data.
    whose : str
        Whose predictions they are.
    """
    shown = min(len(names), PANELS)
    if levels[0] is None:
        figure = _of_numbers(list(map(printable, names[:shown])), parts)
    else:
        figure = _of_classes(names[:shown], [kind or () for kind in levels[:shown]], parts)
    what = "predicted against true" if levels[0] is None else "confusion"
    left = len(names) - shown
    left_out = f", without {counted(left, 'further target')}" if left else ""
    text = title(data, f"{what}, {whose}{left_out}", figure.get_figwidth())
    figure.suptitle(text, fontsize=9.5)
    return figure


def predicted(
    truth: Mapping[str, NDArray[np.float64]],
    said: Mapping[str, NDArray[np.float64]],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw predicted numbers against true ones, with the line on which they are equal.

    Parameters
    ----------
    truth, said : dict of str to ndarray, shape (rows,)
        By what rows they are.
    ax : Axes, optional
        By default those of a new figure.
    """
    ax = axes_or_new(ax)
    ends = _reach(truth, said)
    ax.plot(ends, ends, **_EQUAL, label="predicted = true")
    for i, (rows, values) in enumerate(truth.items()):
        _dots(ax, i, rows, (values, said[rows]), ends, ends)
    ax.set_xlabel("true")
    ax.set_ylabel("predicted")
    return _framed(ax)


def residuals(
    truth: Mapping[str, NDArray[np.float64]],
    said: Mapping[str, NDArray[np.float64]],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw true less predicted numbers against the predicted; the parameters are `predicted`'s."""
    ax = axes_or_new(ax)
    low, high = _reach(truth, said)
    given = np.concatenate(list(said.values()))
    near = given[(given >= low) & (given <= high)]
    across = _with_margin(float(near.min()), float(near.max())) if len(near) else (low, high)
    ax.plot(across, (0, 0), **_EQUAL, label="predicted = true")
    left = {rows: values - said[rows] for rows, values in truth.items()}
    size = max((abs(some[np.isfinite(some)]).max(initial=0) for some in left.values()), default=0)
    size = min(float(size), high - low) * 1.04 or 1.0
    for i, rows in enumerate(truth):
        _dots(ax, i, rows, (said[rows], left[rows]), across, (-size, size))
    ax.set_xlabel("predicted")
    ax.set_ylabel("true - predicted")
    return _framed(ax)


def confusion(
    truth: NDArray[np.int64],
    said: NDArray[np.int64],
    classes: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many rows of each class are taken for which, and what share of the class these are.

    Parameters
    ----------
    truth, said : ndarray of int64, shape (rows,)
        Places among the classes.
    classes : sequence of str
    ax : Axes, optional
        By default those of a new figure.
    """
    ax = axes_or_new(ax)
    _confusion(ax, truth, said, classes)
    return ax


def _of_numbers(names: Sequence[str], parts: Mapping[str, tuple[NDArray, NDArray]]) -> Figure:
    """Draw two panels for each target, of one target side by side."""
    many = len(names)
    figure = Figure((8.0, 4.2) if many == 1 else (max(2.6 * many, 6.0), 5.8))
    grid = figure.subplots(*((1, 2) if many == 1 else (2, many)), squeeze=False)
    pairs = grid if many == 1 else grid.T
    for place, (name, (above, below)) in enumerate(zip(names, pairs, strict=True)):
        truth, said = (
            {rows: both[side][:, place] for rows, both in parts.items()} for side in (0, 1)
        )
        predicted(truth, said, ax=above)
        residuals(truth, said, ax=below)
        name = name.replace("$", r"\$")
        if many == 1:
            above.set_xlabel(f"true {name}")
            above.set_ylabel(f"predicted {name}")
            below.set_xlabel(f"predicted {name}")
        above.set_title("" if many == 1 else name)
        if place:
            above.set_ylabel("")
            below.set_ylabel("")
    handles = {
        label: handle
        for ax in pairs.flat
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    columns = legend_columns(list(handles), figure.get_figwidth(), 3)
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=columns)
    return figure


def _of_classes(
    names: Sequence[str],
    levels: Sequence[Sequence[str]],
    parts: Mapping[str, tuple[NDArray, NDArray]],
) -> Figure:
    """Draw a confusion for each part and target: parts below one another where there are several.

    One target has its parts side by side.
    """
    many = len(names)
    down, across = (len(parts), many) if many > 1 else (1, len(parts))
    side = 2.6 if max(map(len, levels)) <= 2 and many > 1 else 3.9
    figure = Figure((max(side * across + 0.9, 5.0), (side + 0.3) * down + 0.5))
    grid = figure.subplots(down, across, squeeze=False)
    every = ((rows, place) for rows in parts for place in range(many))
    for ax, (rows, place) in zip(grid.flat, every, strict=True):
        truth, said = (of[:, place].astype(np.int64) for of in parts[rows])
        image = _confusion(ax, truth, said, levels[place])
        heading = f"{printable(names[place])}, {rows}" if many > 1 else rows
        ax.set_title(heading.replace("$", r"\$"), fontsize=8.5)
        if many == 1:
            ax.set_xlabel(f"predicted {printable(names[0])}".replace("$", r"\$"))
            ax.set_ylabel(f"true {printable(names[0])}".replace("$", r"\$"))
    bar = figure.colorbar(image, ax=grid, pad=0.01, label="share of the true class")
    bar.outline.set_visible(False)
    return figure


def _confusion(
    ax: Axes, truth: NDArray[np.int64], said: NDArray[np.int64], classes: Sequence[str]
) -> AxesImage:
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (truth, said), 1)
    of_class = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, of_class, out=np.zeros(counts.shape), where=of_class > 0)
    image = ax.imshow(shares, vmin=0, vmax=1, cmap=COLOURS, interpolation="nearest")
    for (row, column), count in np.ndenumerate(counts):
        if len(classes) > _COUNTS or not of_class[row]:
            continue
        text = f"{count:,}"
        if len(classes) <= _SHARES:
            text += f"\n{100 * shares[row, column]:.3g}\u00a0%"
        colour = str(ink(image.cmap(shares[row, column])))
        ax.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
    step = -(-len(classes) // _NAMES)
    named = [_short(name) for name in classes[::step]]
    turned = 90 if max(map(len, named)) * len(named) > _LINE else 0
    ax.set_xticks(range(0, len(classes), step), named, rotation=turned)
    ax.set_yticks(range(0, len(classes), step), named)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return image


def _short(name: str) -> str:
    text = printable(name)
    if len(text) > _LETTERS:  # names may differ at their ends alone
        text = f"{text[: _LETTERS // 2]}…{text[1 - _LETTERS // 2 :]}"
    return text.replace("$", r"\$")


def _reach(
    truth: Mapping[str, NDArray[np.float64]], said: Mapping[str, NDArray[np.float64]]
) -> tuple[float, float]:
    """Return the ends of an axis that holds the truth, and predictions if they are not far off."""
    true = np.concatenate(list(truth.values()))
    given = np.concatenate(list(said.values()))
    low, high = float(true.min()), float(true.max())
    room = (high - low or abs(high) or 1.0) * _ROOM
    near = given[(given >= low - room) & (given <= high + room)]
    return _with_margin(float(near.min(initial=low)), float(near.max(initial=high)))


def _with_margin(low: float, high: float) -> tuple[float, float]:
    margin = 0.04 * (high - low or abs(high) or 1.0)
    return low - margin, high + margin


def _dots(
    ax: Axes,
    i: int,
    rows: str,
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    across: tuple[float, float],
    up: tuple[float, float],
) -> None:
    """Draw a point for each row; what lies beyond the axes is a cross at their edge."""
    x, y = points
    inside = (x >= across[0]) & (x <= across[1]) & (y >= up[0]) & (y <= up[1])
    look: dict[str, Any] = {"linestyle": "none", "color": LINES[i % len(LINES)]}
    alpha = float(np.clip(8 / np.sqrt(max(len(x), 1)), 0.1, 0.7))
    ax.plot(
        *(x[inside], y[inside]), "os^"[i % 3], **look, markersize=3.5, markeredgewidth=0,
        alpha=alpha, label=rows, rasterized=len(x) > _MANY, gid=rows,
    )  # fmt: skip
    if not inside.all():
        far = ~inside
        ax.plot(
            *(np.clip(x[far], *across), np.clip(y[far], *up)), "x", **look, markersize=5,
            clip_on=False, label=f"{rows}: beyond the axes", gid=f"{rows} beyond",
        )  # fmt: skip
    ax.set_xlim(*across)
    ax.set_ylim(*up)


def _framed(ax: Axes) -> Axes:
    for side in (ax.xaxis, ax.yaxis):
        side.set_major_formatter(Apart())
    open_frame(ax)
    return ax

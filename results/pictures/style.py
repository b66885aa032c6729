"""What all pictures share: their look, how an axis of the grid is labelled, how they are saved."""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis as Side
from matplotlib.axis import XAxis
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import Formatter, FuncFormatter, Locator
from matplotlib.transforms import ScaledTranslation

from results.colours import LINES as LINES
from results.directory import durable
from results.labels import axis as axis_name
from results.labels import number, printable
from results.pictures.svg import described, valid_names

if TYPE_CHECKING:
    from matplotlib.artist import Artist

    from results.plane import Axis

#: Perceptually uniform, and rising in lightness, so that it survives grey print.
COLOURS = "viridis"

#: What tells lines apart in grey.
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)))
MARKERS = "osD^vPX"

_OUTLINED = [withStroke(linewidth=3.5, foreground="black")]

#: Marks of the cells that the rules choose: a star, and a ring that may stand around it.
MARKS: dict[str, dict[str, Any]] = {
    "one-se": {
        "marker": "o", "markersize": 11, "markerfacecolor": "none", "markeredgecolor": "white",
        "markeredgewidth": 1.8, "linestyle": "none", "path_effects": _OUTLINED,
    },
    "min": {
        "marker": "*", "markersize": 9, "markerfacecolor": "white", "markeredgecolor": "black",
        "markeredgewidth": 1, "linestyle": "none",
    },
}  # fmt: skip

#: Mark of a cell that lost runs: they diverged.
CROSS: dict[str, Any] = {
    "marker": "X", "color": "black", "markeredgecolor": "white", "markeredgewidth": 0.6,
    "linestyle": "none", "label": "some runs diverged",
}  # fmt: skip

_STYLE: dict[Any, Any] = {
    "axes.labelsize": 9,
    "axes.titlesize": 9.5,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that pictures look alike anywhere
    "font.size": 9,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.title_fontsize": 8,
    "legend.frameon": False,
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "regsweep",  # names in an SVG are random otherwise
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}

#: Width of a digit, in its height.
_DIGIT = 0.64

#: Letters that an inch holds of a title, and of the smaller text over a legend.
_LETTERS, _SMALL_LETTERS = 15, 17

#: Words of an axis up to which each is written, slanted where they would touch.
_WORDS = 12

#: Letters that a mark of a legend takes, with the room around it.
_HANDLE = 9


@contextmanager
def style() -> Iterator[None]:
    """Give what is drawn in this context the look of a paper's figures."""
    with matplotlib.rc_context(_STYLE):
        yield


def axes_or_new(ax: Axes | None) -> Axes:
    """Return the Axes to draw on, those of a new figure unless given."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.figure(layout="constrained").add_subplot()


def figure_or_new(figure: Figure | None, size: tuple[float, float]) -> Figure:
    """Return the figure to draw on, a new one of so many inches unless given."""
    if figure is not None:
        return figure
    from matplotlib import pyplot

    return pyplot.figure(figsize=size, layout="constrained")


def save(figure: Figure, stem: str | os.PathLike[str], formats: Sequence[str]) -> list[Path]:
    """Write a figure in some formats, the same bytes each time, and return the paths."""
    paths = [Path(f"{os.fspath(stem)}.{name}") for name in formats]
    for path in paths:
        durable.write(path, drawn(figure, path.suffix[1:]), path.parent)
    return paths


def drawn(figure: Figure, name: str) -> bytes:
    """Return a figure in a format, the same bytes each time."""
    dated = {"svg": "Date", "pdf": "CreationDate", "png": "Software"}[name]
    file = BytesIO()
    with style(), valid_names(figure):
        figure.savefig(file, format=name, metadata={dated: None})
    return described(figure, file.getvalue()) if name == "svg" else file.getvalue()


def label(side: Side, axis: Axis) -> None:
    """Label an axis of a picture with the values of an axis of the grid, as many as fit."""
    side.set_label_text(axis_name(axis.name))
    texts = dict(axis.labels())
    if (
        axis.values.dtype.kind not in "iuf" and len(texts) <= _WORDS
    ):  # none of which tells what another is
        side.set_ticks(list(texts), list(texts.values()))
        letters = sum(len(text) + 2 for text in texts.values())
        if isinstance(side, XAxis) and letters > inches(side.axes) * _SMALL_LETTERS:
            side.set_tick_params(rotation=30)
            for text in side.get_ticklabels():
                text.set(ha="right", rotation_mode="anchor")
        return
    side.set_major_locator(Fitting(axis.labels()))
    side.set_major_formatter(FuncFormatter(lambda at, _: texts.get(at, number(at))))
    if len(axis.values) <= 40:
        side.set_ticks(axis.at, minor=True)


def legend_below(ax: Axes, told: Sequence[str] = (), **options: Any) -> None:
    """Put the legend below the axis label, where it hides nothing; over it, what is to be told."""
    handles, _ = ax.get_legend_handles_labels()
    handles = options.pop("handles", handles)
    if not handles:
        return
    width = max(int(inches(ax) * _SMALL_LETTERS), 20)
    options["title"] = "\n".join(line for text in told for line in _even(text, width))
    down = ScaledTranslation(0, -36 / 72, ax.figure.dpi_scale_trans)
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0)}
    place |= {"bbox_transform": ax.transAxes + down, "borderaxespad": 0}
    labels = [handle.get_label() for handle in handles]
    columns = legend_columns(labels, inches(ax), options.pop("ncols", 2))
    legend = ax.legend(handles=handles, **place, ncols=columns, **options)
    legend.get_title().set_multialignment("center")


def legend_outside(figure: Figure, handles: Iterable[Artist], told: Sequence[str] = ()) -> None:
    """Put the legend of several pictures below them all, each label in it once."""
    by_label = {str(handle.get_label()): handle for handle in handles}
    width = figure.get_figwidth()
    lines = [line for text in told for line in _even(text, int(0.95 * width * _SMALL_LETTERS))]
    legend = figure.legend(
        by_label.values(), by_label.keys(), loc="outside lower center", title="\n".join(lines),
        ncols=legend_columns(list(by_label), width, len(by_label)),
    )  # fmt: skip
    legend.get_title().set_multialignment("center")


def legend_columns(labels: Sequence[str], inches: float, most: int) -> int:
    """Return how many columns of a legend there is room for, over which labels are split."""
    letters = [max(map(len, label.split("\n"))) + _HANDLE for label in labels]

    def row(columns: int) -> int:
        return sum(max(part) for part in np.array_split(letters, columns))

    room = max(inches * _SMALL_LETTERS, 20)
    return next((n for n in range(min(len(labels), most), 1, -1) if row(n) <= room), 1)


def _even(text: str, width: int) -> list[str]:
    """Break a text into as few lines as it takes, of about the same length."""
    tied = _tied(text).replace(" %", "\u00a0%")
    lines = textwrap.wrap(tied, width)
    while len(lines) > 1 and len(narrower := textwrap.wrap(tied, width - 1)) == len(lines):
        width, lines = width - 1, narrower
    return [line.replace("\u00a0", " ") for line in lines]


def _tied(text: str) -> str:
    """Keep a value on the line of its name."""
    return text.replace(" = ", "\u00a0=\u00a0")


def entitle(ax: Axes, data: str, text: str) -> None:
    """Put a title over a picture of some data, in as many lines as it takes."""
    ax.set_title(title(data, text, inches(ax)))


def entitle_all(figure: Figure, data: str, text: str) -> None:
    """Put a title over a figure of several pictures of some data."""
    figure.suptitle(title(data, text, figure.get_figwidth()), fontsize=9.5)


def inches(ax: Axes) -> float:
    """Return the width of a picture."""
    return float(ax.get_window_extent().width / ax.figure.dpi)


def title(data: str, text: str, inches: float) -> str:
    """Return a title about some data, whose name is no formula, whatever is in it.

    It is broken into lines of so many inches, after commas where that is enough.
    """
    width = max(int(inches * _LETTERS), 20)
    parts = _tied(f"{printable(data)}: {text}").split(", ")
    tied = (part.replace(" ", "\u00a0") if len(part) < width else part for part in parts)
    lines = textwrap.wrap(", ".join(tied), width, break_on_hyphens=False)
    return "\n".join(lines).replace("\u00a0", " ").replace("$", r"\$")


def open_frame(ax: Axes) -> None:
    """Leave the frame open at the top and on the right."""
    ax.spines[["top", "right"]].set_visible(False)


class Apart(Formatter):
    """Writes ticks shortly, with as many digits as show how far apart they are."""

    def __call__(self, value: float, _: int | None = None) -> str:
        """Return the text of one tick by itself."""
        return number(value)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the texts of all ticks."""
        ticks = sorted(map(float, values))
        room = min((b - a for a, b in pairwise(ticks)), default=math.inf) / 100
        exact = (
            digits
            for digits in range(3, 18)
            if all(abs(float(number(tick, digits)) - tick) <= room for tick in ticks)
        )
        digits = next(exact, 17)
        return [number(float(value), digits) for value in values]


class Fitting(Locator):
    """Places ticks, the most telling first, wherever their labels do not touch."""

    def __init__(self, labels: list[tuple[float, str]]) -> None:
        self._labels = labels

    def __call__(self) -> list[float]:
        """Return the ticks for the present size of the axes."""
        assert isinstance(self.axis, Side)
        across = isinstance(self.axis, XAxis)
        ax, text_of_tick = self.axis.axes, self.axis.get_major_ticks(1)[0].label1
        height = float(text_of_tick.get_fontsize()) * ax.figure.dpi / 72
        low, high = sorted(self.axis.get_view_interval())
        taken: list[tuple[float, float]] = []
        kept = []
        for at, text in self._labels:
            point = ax.transData.transform((at, at))[0 if across else 1]
            half = height * (_DIGIT * (len(text) + 1) if across else 1.3) / 2
            free = all(point + half <= left or point - half >= right for left, right in taken)
            if free and low <= at <= high:
                taken.append((point - half, point + half))
                kept.append(at)
        return kept

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks; their room is that of the axes, whatever is asked."""
        return self()

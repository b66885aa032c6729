"""Weights themselves: matrices before and after training, and every weight along a penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import Normalize

from results.labels import number
from results.pictures.along.left import count_at_top
from results.pictures.along.zero import apart_from_zero
from results.pictures.maps.colours import colours_of_weights
from results.pictures.style import LINES, Apart, axes_or_new, label, legend_below, open_frame
from results.plane import lay_out
from results.scale import ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

#: Rows or columns of a matrix up to which its entries are written.
_WRITTEN = 8

#: Columns from which a matrix gets no more room.
_WIDE = 12


def weights(
    before: Mapping[str, NDArray[np.float64]],
    after: Mapping[str, NDArray[np.float64]],
    *,
    zero_tol: float | Mapping[str, float] = 0.0,
    figure: Figure | None = None,
) -> Figure:
    """Draw the parameters of one network before and after training, as matrices.

    What is 0, or counts as zero after training, is left blank.

    Parameters
    ----------
    before, after : dict of str to ndarray
        By name: ``w1`` with one row a unit, ``b1`` drawn as a column.
    zero_tol : float or dict of str to float, default 0
        Entries up to this size, or that of their name, count as zero after training.
    figure : Figure, optional
        By default a new one.
    """
    if figure is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(8, 3.6), layout="constrained")
    tolerance: Mapping[str, float] = (
        zero_tol if isinstance(zero_tol, Mapping) else dict.fromkeys(before, zero_tol)
    )
    shapes = [_two_dimensional(array).shape for array in before.values()]
    least = 0.09 * sum(min(columns, _WIDE) for _, columns in shapes)
    widths = [min(max(columns, least), _WIDE) for _, columns in shapes]
    grid = figure.subplots(2, len(shapes), squeeze=False, width_ratios=widths)
    every = np.concatenate([np.ravel(m) for part in (before, after) for m in part.values()])
    largest = float(abs(every[np.isfinite(every)]).max(initial=0)) or 1.0
    norm = Normalize(-largest, largest)
    for row, (when, part) in enumerate((("before", before), ("after", after))):
        for ax, (name, array) in zip(grid[row], part.items(), strict=True):
            most = tolerance.get(name, 0.0) if row else 0.0
            image = _matrix(ax, _two_dimensional(array), norm, most)
            ax.set_gid(f"{name} {when}")
            ax.set_title(name if not row else "")
        grid[row, 0].set_ylabel(f"{when} training")
    bar = figure.colorbar(image, ax=grid, pad=0.01, label="value of the parameter")
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(Apart())
    figure.supxlabel(_blank(after, tolerance), fontsize=8)
    return figure


def weight_path(
    values: NDArray[np.float64],
    matrices: Mapping[str, NDArray[np.float64]],
    *,
    along: str = "l1",
    zero_tol: float | Mapping[str, NDArray[np.float64]] = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw every weight of a network along a penalty: one thin line a weight.

    At the top stands how many are left.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The penalties, in rising order.
    matrices : dict of str to ndarray, shape (..., n)
        For each matrix its weights after training with each of them.
    along : str, default "l1"
        The axis of the grid.
    zero_tol : float or dict of str to ndarray, shape (n,), default 0
        Weights up to this size count as zero, of each matrix with each of the penalties.
    ax : Axes, optional
        By default those of a new figure.
    """
    ax = axes_or_new(ax)
    axis = lay_out(along, np.asarray(values, dtype=np.float64))
    first = int(axis.has_zero)
    for i, (name, matrix) in enumerate(matrices.items()):
        lines = matrix.reshape(-1, len(values)).T
        colour = LINES[i % len(LINES)]
        # The more lines, the thinner each.
        alpha = float(np.clip(4 / np.sqrt(lines.shape[1]), 0.08, 0.9))
        look: dict[str, Any] = {"color": colour, "alpha": alpha, "linewidth": 0.8, "gid": name}
        ax.plot(axis.at[first:], lines[first:], **look)
        if first:
            ax.plot(np.full(lines.shape[1], axis.at[0]), lines[0], "_", color=colour, alpha=alpha)
        ax.plot([], [], color=colour, label=f"{name} ({lines.shape[1]:,} weights)")
    ax.axhline(0, color="0.4", linewidth=0.6, zorder=0)
    label(ax.xaxis, axis)
    ax.set_ylabel("weight after training")
    open_frame(ax)
    apart_from_zero(ax, axis)
    left = np.zeros(len(values), dtype=np.int64)
    for name, matrix in matrices.items():
        most = zero_tol[name] if isinstance(zero_tol, Mapping) else zero_tol
        left += (~_zeros(matrix, most)).reshape(-1, len(values)).sum(axis=0)
    count_at_top(ax, axis, left, "weights left")
    legend_below(ax, ncols=3)
    return ax


def _blank(after: Mapping[str, NDArray[np.float64]], tolerance: Mapping[str, float]) -> str:
    """Say what is left blank, and how many weights are after training."""
    sizes = sorted({most for most in tolerance.values() if most})
    what = "blank: 0"
    if sizes:
        what += (
            f", and after training up to {' or '.join(number(most, 3) for most in sizes)} in size"
        )
        what += ", which counts as zero"
    matrices = {name: matrix for name, matrix in after.items() if matrix.ndim > 1}
    none = sum(int(_zeros(m, tolerance.get(name, 0.0)).sum()) for name, m in matrices.items())
    return f"{what}: then {none:,} of {sum(m.size for m in matrices.values()):,} weights"


def _zeros(matrix: NDArray, most: NDArray | float) -> NDArray[np.bool_]:
    return abs(matrix) <= most


def _two_dimensional(array: NDArray) -> NDArray:
    return array[:, None] if array.ndim == 1 else array


def _matrix(ax: Axes, matrix: NDArray, norm: Normalize, zero_tol: float) -> AxesImage:
    zeros = _zeros(matrix, zero_tol)
    look: dict[str, Any] = {"cmap": colours_of_weights(), "interpolation": "nearest"}
    image = ax.imshow(np.ma.masked_array(matrix, zeros), norm=norm, aspect="auto", **look)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():  # else nobody sees where blank rows end
        spine.set(color="0.6", linewidth=0.6)
    if max(matrix.shape) > _WRITTEN:
        return image
    for (row, column), value in np.ndenumerate(matrix):
        colour = "black" if zeros[row, column] else str(ink(image.cmap(norm(value))))
        text = number(value, 3)
        ax.text(column, row, text, ha="center", va="center", color=colour, fontsize=6)
    return image

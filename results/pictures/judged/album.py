"""The pictures of a model's evaluation, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from results.pictures.judged.calibration import calibration
from results.pictures.judged.curves import KINDS, curves
from results.pictures.predictions import predictions
from results.pictures.style import entitle, style

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_CURVES, _CALIBRATION = (4.8, 4.9), (4.8, 5.6)

#: How a kind of curves is called.
_CALLED = {"roc": "ROC", "precision_recall": "precision and recall"}


def album(
    names: Sequence[str],
    levels: Sequence[Sequence[str] | None],
    parts: Mapping[str, tuple[NDArray, NDArray]],
    tables: Mapping[str, pd.DataFrame],
    data: str,
    whose: str,
) -> Iterator[tuple[str, Figure]]:
    """Draw what is predicted of some rows, each picture with a name for its file.

    Numbers have ``residuals``; classes and answers ``confusion``, ``roc``, ``precision_recall`` and
    ``calibration``. Curves that there are none of are left out.

    Parameters
    ----------
    names, levels, parts
        As for `results.pictures.predictions.predictions`.
    tables : dict of str to DataFrame
        ``curves`` and ``calibration``, where there are classes: see the modules of these names.
    data, whose : str
        The rows, and the model.
    """
    with style():
        of_numbers = levels[0] is None
        figure = predictions(names, levels, parts, data, whose)
        yield "residuals" if of_numbers else "confusion", figure
    if of_numbers:
        return
    several = len(names) > 1
    for kind in KINDS:
        own = tables["curves"]
        own = own[own["kind"] == kind]
        if len(own):
            with style():
                figure = Figure(_CURVES)
                ax = figure.add_subplot()
                curves(ax, own, kind, several)
                entitle(ax, data, f"{_CALLED[kind]}, {whose}")
                yield kind, figure
    with style():
        figure = Figure(_CALIBRATION)
        calibration(figure, tables["calibration"], several)
        entitle(figure.axes[0], data, f"calibration, {whose}")
        yield "calibration", figure

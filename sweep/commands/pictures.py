"""The pictures of a results directory: those of its tables, and those of weights."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import results
from results.cells.best import by_rule, contrast, no_mean, where
from results.cells.epochs import as_cells_with_epochs, stopped
from results.cells.summary import axis_names, check_metrics, deciding, metrics_of, runs_of
from results.columns import RANKED, is_penalty
from results.directory import layout as places
from results.errors import ResultsError
from results.labels import counted, listed, place
from results.pictures.album import KINDS, album
from results.pictures.along.chosen import at_chosen, not_here
from results.pictures.along.path import layers
from results.pictures.features import dots, size_of_dots, stability
from results.pictures.predictions import predictions
from results.pictures.style import entitle, legend_below, style, title
from results.plane import hold, lay_out, said, slice_at, value_of
from sweep.commands.kept import kept_of
from sweep.data.article import Article
from sweep.data.fold import deepest
from sweep.errors import InputError
from sweep.models.retraining import history_again, retrained
from sweep.plan.plan import Plan
from sweep.plan.recorded import recorded
from sweep.specification.article import is_article
from sweep.specification.axes import packs_of
from sweep.specification.spec import Specification
from sweep.training.sparsity import tolerance

_log = logging.getLogger(__name__)

#: Pictures whose runs are trained again, since no table holds weights.
OF_WEIGHTS = ("weights", "weight-path", "predictions")

#: Pictures of what runs do with each column of the table.
OF_FEATURES = ("stability", "features")

#: Seconds that training again may take, by an estimate, where nobody asked for it.
_NO_TIME = 1.0

#: Penalties of the document's own run.
_DOCUMENT = {"l1": 0.01, "l2": 0.01}


def pictures(
    directory: str | os.PathLike[str],
    runs: pd.DataFrame,
    metrics: Sequence[str] = (),
    kinds: Sequence[str] = (),
    at: Mapping[str, float | str] | None = None,
    by: str | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Draw pictures, each with a name for its file.

    Parameters
    ----------
    directory : path
    runs : DataFrame
        What `results.load` returns of it.
    metrics : sequence of str, optional
        What maps show; by default the loss that decides, and the sparsity.
    kinds : sequence of str, optional
        Which pictures; by default all in which there is something to see, and those of weights
        for the article alone, whose networks are small.
    at : dict of str to float or str, optional
        Values at which to hold axes that a picture does not show.
    by : str, optional
        The metric that decides, as for `results.summary`.

    Raises
    ------
    InputError
        If there is no such picture.
    results.errors.ResultsError
        If there is no such metric, or the history is asked for and there is none.
    """
    _check(kinds)
    check_metrics(metrics, metrics_of(runs))
    left = [name for name in ("nonzero",) if name in runs]
    cells = as_cells_with_epochs(runs, [*metrics, *layers(runs), *left], by)
    spec, plan = recorded(directory)
    at = {name: value_of(cells, name, value) for name, value in (at or {}).items()}
    _check_comparable(cells, at)
    suffix = "".join(f"-{name}={place(value, cells[name])}" for name, value in at.items())
    finished, total = int((runs["status"] != "error").sum()), plan.grid.total
    drawn = _drawn(directory, spec, runs, cells, metrics, kinds, at)
    if "predictions" in kinds:
        drawn = chain(drawn, [("predictions", predicted(directory, runs, cells, at).figure)])
    for name, figure in drawn:
        if finished < total:
            _head(figure, f"{finished:,} of {counted(total, 'run')}")
        yield name + suffix, figure


def _drawn(
    directory: str | os.PathLike[str],
    spec: Specification,
    runs: pd.DataFrame,
    cells: pd.DataFrame,
    metrics: Sequence[str],
    kinds: Sequence[str],
    at: Mapping[str, float | str],
) -> Iterator[tuple[str, Figure]]:
    history = None
    if "curves" in kinds or (not kinds and (Path(directory) / places.HISTORY).is_file()):
        history = _histories(directory, spec, runs, cells, at)
    shown = [kind for kind in kinds or KINDS if kind in KINDS]
    metrics = metrics or [deciding(cells), "sparsity"]
    yield from album(cells, metrics, shown, at=at, history=history, runs=runs)
    if features := [kind for kind in OF_FEATURES if kind in kinds]:
        yield from _of_features(directory, runs, features, deciding(cells), at)
    if "weights" in kinds or (not kinds and _small(spec, cells)):
        yield "weights", _weights(spec, cells, at)
    axes = [name for name in axis_names(cells) if is_penalty(name) and name not in at]
    along = next((name for name in axes if cells[name].nunique() > 1), None)
    if along and ("weight-path" in kinds or (not kinds and _small(spec, cells))):
        yield "weight-path", _weight_path(spec, cells, along, at)


def _histories(
    directory: str | os.PathLike[str],
    spec: Specification,
    runs: pd.DataFrame,
    cells: pd.DataFrame,
    at: Mapping[str, float | str],
) -> dict[str, pd.DataFrame]:
    """Return how the best cell learnt, and the one without penalties, by what to call them.

    As it was recorded, or else by training their runs again.
    """
    held, fixed = slice_at(cells, at)
    also = said(fixed, cells)
    found = {}
    for name, cell in contrast(held.reset_index(drop=True)).items():
        called = also if also and len(held) == 1 else ", ".join(filter(None, (name, also)))
        if (Path(directory) / places.HISTORY).is_file():
            found[called] = results.load_history(directory, cell)
        elif len(own := runs_of(runs, pd.Series(cell))):
            many = counted(len(own), "run")
            _log.warning("no history was recorded: %s of %s are trained again", many, called)
            found[called] = history_again(spec, own)
    return found


def _of_features(
    directory: str | os.PathLike[str],
    runs: pd.DataFrame,
    kinds: Sequence[str],
    metric: str,
    at: Mapping[str, float | str],
) -> Iterator[tuple[str, Figure]]:
    """Draw what runs do with the columns of the table, along a penalty and at a cell."""
    kept = kept_of(Path(directory), runs, metric if metric not in RANKED else None, at)
    data, drawn = kept.cell["data"], {}
    with style():
        if "stability" in kinds and kept.along:
            figure = Figure((4.8, 4.2))
            chosen = kept.cell[kept.along]
            told = kept.path, kept.along, kept.threshold, data, chosen
            stability(figure.add_subplot(), *told)
            drawn["stability"] = figure
        if "features" in kinds and kept.rows["importance"].notna().any():
            figure = Figure(size_of_dots(kept.rows))
            dots(
                figure.add_subplot(),
                kept.rows,
                data,
                where(cells=kept.cells, cell=kept.cell),
                kept.sure,
            )
            drawn["features"] = figure
    yield from drawn.items()


class Predicted(NamedTuple):
    """A picture of what a cell predicts, and what it shows, in a sentence."""

    figure: Figure
    says: str


def predicted(
    directory: str | os.PathLike[str],
    runs: pd.DataFrame,
    cells: pd.DataFrame,
    at: Mapping[str, float | str] | None = None,
) -> Predicted:
    """Draw what runs of the best cell predict of rows that did not train them.

    Parameters
    ----------
    directory : path
    runs, cells : DataFrame
        The table, and its summary.
    at : dict of str to float or str, optional
        Values at which axes are held: it is the best cell of those.
    """
    from sweep.models.held_out import held_out

    cell = cells.iloc[hold(cells, [], at)[0][0]]
    found = held_out(directory, runs_of(runs, cell))
    whose = f"{where(cells, cell)}, {found.whose}"
    names, levels = zip(*((target.name, target.levels) for target in found.targets), strict=True)
    with style():
        figure = predictions(names, levels, found.parts, cell["data"], whose)
    how = "Predicted against true" if levels[0] is None else "What is taken for what"
    chose = ["the cell was chosen"] * (len(cells) > 1) + ["its runs were stopped"] * found.stopped
    told = f"{how} at {whose}: {listed(list(found.parts))}."
    if chose:
        told += f" By the rows held out {listed(chose)}: on them it looks better than it is."
    return Predicted(figure, told)


def _check_comparable(cells: pd.DataFrame, at: Mapping[str, float | str]) -> None:
    """Refuse to draw where no cell has a value that others compare with."""
    held, fixed = slice_at(cells, at)
    if stopped(cells)[held.index].all():
        where = said(fixed, cells, " with ")
        raise ResultsError(
            f"nothing to draw: halving stopped every cell{where} before the last rung"
        )
    if held["seeds"].any():
        return
    if "undefined" in held and held["undefined"].any():
        raise ResultsError(f"nothing to draw: {no_mean(held, deciding(cells))}")
    runs, rates = int(held["runs"].sum()), np.unique(held["lr"])
    every = "the only run" if runs == 1 else f"all {runs:,} runs"
    which = every if held["diverged"].sum() == runs else "runs of each seed"
    tried = ", ".join(place(rate, rates) for rate in rates)
    raise ResultsError(
        f"nothing to draw: {which} diverged (lr = {tried}); run it with a lower --lr"
    )


def _head(figure: Figure, text: str) -> None:
    """Put a line over a picture, below the one that may be there."""
    with style():
        figure.suptitle("\n".join(filter(None, (figure.get_suptitle(), text))), fontsize=9.5)


def _check(kinds: Sequence[str]) -> None:
    known = (*KINDS, *OF_FEATURES, *OF_WEIGHTS)
    for name in kinds:
        if name not in known:
            raise InputError(f"no picture {name!r}; there are {', '.join(known)}")


def _small(spec: Specification, cells: pd.DataFrame) -> bool:
    """Tell whether the runs of a picture of weights are trained in no time."""
    if not is_article(spec.data) or spec.halving:
        return False
    widths = len(Article.features), *deepest(spec), len(Article.classes)
    seconds = max(part.cost.seconds for part in Plan(spec, widths, 1, "").parts)
    return seconds * max(cells[name].nunique() for name in axis_names(cells)) < _NO_TIME


def _weights(spec: Specification, cells: pd.DataFrame, at: Mapping[str, float | str]) -> Figure:
    """Draw the parameters of one run before and after training.

    It is the document's own run, where the grid has it, or else one of the best cell.
    """
    if spec.data == "article" and set(_DOCUMENT.values()) <= set(cells["l1"]) & set(cells["l2"]):
        at = {**_DOCUMENT, **at}
    rows, _ = hold(cells, [], at)
    cell = cells.iloc[rows[0]]
    again = retrained(spec, {name: [cell[name]] for name in axis_names(cells)})
    with style():
        figure = Figure((8, 3.8))
        told = f"{where(cells, cell)}, seed {spec.seeds[0]}"
        figure.suptitle(title(cell["data"], told, figure.get_figwidth()), fontsize=9.5)
        before, after = (
            {name: array[..., 0] for name, array in matrices.items()}
            for matrices in (again.before, again.after)
        )
        zero = {name: _tolerance(spec, cell, name) for name in before if name.startswith("w")}
        return results.weights(before, after, zero_tol=zero, figure=figure)


def _tolerance(spec: Specification, cell: pd.Series, name: str) -> float:
    """Return the size up to which the entries of a weight matrix count as zero in a cell."""
    own = spec.of(packs_of({str(name): value for name, value in cell.items()}))
    l1 = cell.get(f"l1_{name}", cell["l1"] if name in own.l1_on else 0.0)
    return float(tolerance(own, cell["lr"], np.array(l1)))


def _weight_path(
    spec: Specification, cells: pd.DataFrame, along: str, at: Mapping[str, float | str]
) -> Figure:
    """Draw every weight of one seed's network along a penalty."""
    rows, fixed = hold(cells, [along], at)
    line = cells.iloc[rows].sort_values(along)
    again = retrained(spec, {name: line[name].to_numpy() for name in axis_names(cells)})
    weights = {name: array for name, array in again.after.items() if name.startswith("w")}
    every = np.concatenate([array.reshape(-1, len(line)) for array in weights.values()])
    kept = np.isfinite(every).all(axis=0)  # runs that diverged have no weights to draw
    if not kept.any():
        raise ResultsError("all runs on that line diverged: they have no weights to draw")
    with style():
        figure = Figure((4.8, 3.8))
        ax = figure.add_subplot()
        some = {name: array[..., kept] for name, array in weights.items()}
        line = line[kept]
        values = line[along].to_numpy()
        zero = {
            name: np.array([_tolerance(spec, cell, name) for _, cell in line.iterrows()])
            for name in some
        }
        results.weight_path(values, some, along=along, zero_tol=zero, ax=ax)
        elsewhere = at_chosen(ax, lay_out(along, values), cells, line, by_rule(cells))
        legend_below(ax, [not_here(elsewhere, "this line")], ncols=3)
        held = said(fixed, cells, " at ")
        entitle(ax, cells["data"].iloc[0], f"weights{held}, seed {spec.seeds[0]}")
    return figure

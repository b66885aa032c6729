"""What the commands that look at results do: read the table, show, draw, write."""

from __future__ import annotations

import json as json_format
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import results
from results import place
from results.errors import ResultsError
from sweep.errors import InputError
from sweep.spec import Sweep

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("png", "svg", "pdf")


def summary(
    directory: str, metric: str | None, at: Sequence[str], out: str | None, as_json: bool
) -> int:
    """Write the summary of a directory, and show the best cells and a map."""
    from results.cells import as_cells
    from results.terminal import show

    cells = as_cells(_runs(directory), [metric] if metric else [])
    held = _held(at)
    _write_csv(cells, Path(out) if out else Path(directory) / "summary.csv")
    if as_json:
        print(json_format.dumps({"best": _chosen(cells), "cells": _records(cells)}))
    else:
        show(cells, metric, held)
    return 0


def best(directory: str, rule: str, save: str | None, as_json: bool) -> int:
    """Choose a cell, say why, and save its model."""
    from results.choice import best as choose
    from results.terminal import wrapped

    chosen = choose(_runs(directory), rule)
    model = None
    if save:
        from sweep.bestmodel import save_best

        model = save_best(directory, save, rule)
    if as_json:
        about = {"saved": save, "model": model.trained_on} if model else {}
        print(json_format.dumps(_records(chosen)[0] | about))
    else:
        print(*wrapped(chosen["why"].iloc[0]), sep="\n")
        if model:
            print(f"{save}: {model}", file=sys.stderr)
    return 0


def plot(
    directory: str,
    metrics: Sequence[str],
    pictures: Sequence[str],
    at: Sequence[str],
    formats: str,
    out: str | None,
    as_json: bool,
) -> int:
    """Draw pictures of a directory."""
    from results.plots import save

    wanted = formats.split(",")
    if unknown := set(wanted) - set(FORMATS):
        raise InputError(f"--format should be of {', '.join(FORMATS)}; it is {unknown.pop()!r}")
    folder = Path(out or directory)
    written = []
    for name, figure in _pictures(directory, metrics, pictures, _held(at)):
        written += [str(path) for path in save(figure, folder / name, wanted)]
        if not as_json:
            print(*written[-len(wanted) :], sep="\n", flush=True)
    if as_json:
        print(json_format.dumps({"files": written}))
    return 0


def report(directory: str, out: str | None, as_json: bool) -> int:
    """Write the page about a directory."""
    from results.report import write

    path = write(directory, _runs(directory), Path(out) if out else None)
    print(json_format.dumps({"files": [str(path)]}) if as_json else path)
    return 0


def after_run(out: Path) -> None:
    """Show the best cells and the map of a sweep that has just been run."""
    from results.terminal import show

    try:
        show(results.load(out))
    except ResultsError as error:  # the sweep is done, whatever can be shown of it
        print(f"sweep: {error}", file=sys.stderr)


def best_of(out: Path) -> dict[str, Any] | None:
    """Return the best cell of a sweep as plain data, None where there is none."""
    from results.cells import summary as sum_up

    try:
        return _chosen(sum_up(_runs(out)))
    except ResultsError:
        return None


def _pictures(
    directory: str, metrics: Sequence[str], kinds: Sequence[str], at: Mapping[str, float]
) -> Iterator[tuple[str, Any]]:
    """Draw the pictures asked for, or those that there is something to see in."""
    from results.album import KINDS, album
    from results.cells import METRICS, deciding, metrics_of
    from results.choice import contrast
    from results.lines import layers

    runs = _runs(directory)
    article = runs["data"].iloc[0] == "article"
    known = (*KINDS, "weights", "weight-path")
    for kind in kinds:
        if kind not in known:
            raise InputError(f"no picture {kind!r}; there are {', '.join(known)}")
    for metric in metrics:
        if metric not in metrics_of(runs):
            raise InputError(f"no metric {metric!r}; there are {', '.join(metrics_of(runs))}")
    wanted = dict.fromkeys((*METRICS, *metrics, *layers(runs)))
    cells = results.summary(runs, list(wanted))
    metrics = metrics or [deciding(cells), "sparsity"]
    kinds = kinds or (known if article else KINDS)
    history = None
    if "curves" in kinds and (Path(directory) / place.HISTORY).is_file():
        history = {
            name: results.load_history(directory, cell) for name, cell in contrast(cells).items()
        }
    elif "curves" in kinds and len(kinds) == 1:
        raise ResultsError(f"{directory} holds no history: curves need `run --history K`")
    yield from album(cells, metrics, [k for k in kinds if k in KINDS], at=at, history=history)
    if "weights" in kinds:
        yield "weights", _weights(directory, cells, at)
    if "weight-path" in kinds:
        yield "weight-path", _weight_path(directory, cells, at)


def _weights(directory: str, cells: pd.DataFrame, at: Mapping[str, float]) -> Any:
    """Draw the parameters of one run before and after training."""
    from matplotlib.figure import Figure

    from results.choice import place as said
    from results.plots import style
    from sweep.retraining import retrained

    spec = _specification(directory)
    at = dict(at)
    if spec.data == "article" and {0.01} <= set(cells["l1"]) & set(cells["l2"]):
        at = {"l1": 0.01, "l2": 0.01, **at}  # the document's own run
    cell = _cell(cells, at)
    again = retrained(spec, {name: [value] for name, value in cell.items()})
    with style():
        figure = Figure((8, 3.8))
        results.weights(
            {name: array[..., 0] for name, array in again.before.items()},
            {name: array[..., 0] for name, array in again.after.items()},
            zero_tol=spec.zero_tol,
            figure=figure,
        )
        where = said(cells, cell)
        figure.suptitle(f"{cells['data'].iloc[0]}: {where}, seed {spec.seeds[0]}", fontsize=9.5)
    return figure


def _weight_path(directory: str, cells: pd.DataFrame, at: Mapping[str, float]) -> Any:
    """Draw every weight of one seed's network along a penalty."""
    import numpy as np
    from matplotlib.figure import Figure

    from results.plane import hold, said
    from results.plots import style
    from sweep.retraining import retrained

    spec = _specification(directory)
    along = next((name for name in ("l1", "l2") if cells[name].nunique() > 1), None)
    if along is None:
        raise InputError("neither l1 nor l2 varies here: there is no path to draw weights along")
    rows, fixed = hold(cells, [along], at)
    line = cells.iloc[rows].sort_values(along)
    again = retrained(spec, {name: line[name].to_numpy() for name in _axes(cells)})
    weights = {name: array for name, array in again.after.items() if name.startswith("w")}
    finite = np.isfinite(np.concatenate([a.reshape(-1, len(line)) for a in weights.values()]))
    kept = finite.all(axis=0)  # runs that diverged have no weights to draw
    with style():
        figure = Figure((4.8, 3.8))
        ax = figure.add_subplot()
        weights = {name: array[..., kept] for name, array in weights.items()}
        results.weight_path(line[along].to_numpy()[kept], weights, along=along, ax=ax)
        held = f" at {said(fixed)}" if fixed else ""
        ax.set_title(f"{cells['data'].iloc[0]}: weights{held}, seed {spec.seeds[0]}")
    return figure


def _cell(cells: pd.DataFrame, at: Mapping[str, float]) -> dict[str, float]:
    """Return the place of the best cell, but for what `at` says."""
    from results.plane import hold

    rows, _ = hold(cells, [], at)
    return {name: float(cells.iloc[rows[0]][name]) for name in _axes(cells)}


def _axes(cells: pd.DataFrame) -> list[str]:
    from results.cells import axes

    return axes(cells)


def _specification(directory: str) -> Sweep:
    return Sweep.from_toml(Path(directory) / "sweep.toml")


def _runs(directory: str | Path) -> pd.DataFrame:
    """Read the runs of a directory, and tell where some are missing."""
    runs = results.load(directory)
    if (runs["status"] == "error").all():
        raise ResultsError(f"{directory} holds no finished run: wait for the first, or run it")
    if not (Path(directory) / place.RUNS).is_file():
        print(f"sweep: not complete, {len(runs):,} runs so far: {directory}", file=sys.stderr)
    return runs


def _held(at: Sequence[str]) -> dict[str, float]:
    """Read NAME=VALUE pairs."""
    held = {}
    for text in at:
        name, _, value = text.partition("=")
        try:
            held[name] = float(value)
        except ValueError:
            raise InputError(
                f"--at should be NAME=VALUE, such as l2=0.01; it is {text!r}"
            ) from None
    return held


def _write_csv(cells: pd.DataFrame, path: Path) -> None:
    import pyarrow as pa

    from results import csvfile, durable

    table = pa.Table.from_pandas(cells, preserve_index=False)
    with durable.writing(path, path.parent) as sink:
        sink.write(csvfile.header(table.schema))
        csvfile.write(table, sink)


def _chosen(cells: pd.DataFrame) -> dict[str, Any] | None:
    try:
        return _records(results.best(cells))[0]
    except ResultsError:
        return None


def _records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain data ready for JSON, None where there is no number."""
    columns = [cells[name].tolist() for name in cells]
    return [
        {name: _plain(value) for name, value in zip(cells.columns, row, strict=True)}
        for row in zip(*columns, strict=True)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int) else None

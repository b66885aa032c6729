"""The command that compares two sweeps: whether they may be, what it prints, and its data."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

import results
from results.cells.honest import OF_PATIENCE
from results.cells.summary import axis_names, check_metrics, metrics_of
from results.columns import REPEATED
from results.directory import sweeptoml
from results.errors import ResultsError
from results.labels import listed
from results.plane import value_of
from sweep.commands.look import finished_runs, held_at, meant, plain_rows
from sweep.errors import InputError
from sweep.plan.recorded import recorded
from sweep.specification.axes import AXES, one_value, rested
from sweep.specification.options import LATER
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    import pandas as pd

    from results.cells.comparison.pairs import Comparison

#: Options that say what a row is, and which rows stand on which side.
_ROWS = (
    *("data_sha256", "target", "task", "weight", "groups", "order", "test", "test_sha256"),
    *(
        "folds",
        "val_fraction",
        "outer_folds",
        "subsample",
        "separator",
        "decimal",
        "encoding",
        "header",
    ),
)

#: Those that do so where rows with missing cells are left out.
_WHERE_DROPPED = ("missing", "missing_values", "columns", "drop", "categories", "most_levels")

#: Options that say how long one looked, and at what.
_LOOKS = ("history", "metrics", "features", "permutations")

#: Options that say what a loss is.
_LOSS = ("loss", "class_weight")


def compare(first: str, second: str, metric: str | None, at: Sequence[str], as_json: bool) -> int:
    """Compare two results directories."""
    from results.cells.comparison.said import said
    from results.terminal.look import wrapped

    _, by = meant(metric)
    if metric and by is None:
        raise ResultsError(
            f"sweeps are compared by what is measured on the held-out part, and not by {metric}"
        )
    specs = [recorded(directory).spec for directory in (first, second)]
    differing = _differing(*(spec.specification() for spec in specs))
    _check_rows(first, second, differing, specs)
    one, other = (_held(runs, at) for runs in _filled([first, second], specs))
    for directory, runs in ((first, one), (second, other)):
        _check_measured(directory, runs, by)
    losses = not set(_LOSS) & differing.keys()
    if not losses and by is None:
        changed = _changes({name: differing[name] for name in _LOSS if name in differing})
        raise InputError(
            f"{first} and {second} do not measure the same loss ({changed}): compare them by "
            "--metric, such as accuracy or rmse"
        )
    found = results.compare(one, other, by)
    if not losses:
        found = _without_loss(found)
    if as_json:
        print(json_format.dumps(_as_data(found, (first, second), differing)))
        return 0
    told = [_said_of(differing, first, second, at), *said(found, (first, second))]
    stopped = [
        name for name, runs in zip((first, second), (one, other), strict=True) if _stops(runs)
    ]
    if stopped and found.metric.startswith("val_"):
        told.append(f"{listed(stopped)}: {OF_PATIENCE[0].lower()}{OF_PATIENCE[1:]}")
    print(*(line for text in told for line in wrapped(text)), sep="\n")
    return 0


def _check_measured(directory: str, runs: pd.DataFrame, by: str | None) -> None:
    """Refuse a sweep without a metric, or without a run that is done, by its name."""
    if not (runs["status"] == "done").any():
        raise ResultsError(f"{directory} has no cell to choose: all its runs diverged")
    try:
        check_metrics([by] if by else [], metrics_of(runs))
    except ResultsError as error:
        raise ResultsError(f"{directory}: {error}") from None


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what two specifications say differently, but for seeds and how one looked."""
    names = [name for name in {**one, **other} if name not in ("seeds", *_LOOKS)]
    untold = {name: list(of) if isinstance(of, tuple) else of for name, of in LATER.items()}
    pairs = {
        name: (one.get(name, untold.get(name)), other.get(name, untold.get(name))) for name in names
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _changes(differing: Mapping[str, tuple[Any, Any]]) -> str:
    old, new = ({name: pair[end] for name, pair in differing.items()} for end in (0, 1))
    return sweeptoml.differences(old, new)


def _said_of(
    differing: Mapping[str, tuple[Any, Any]], first: str, second: str, at: Sequence[str]
) -> str:
    held = f" Cells with {', '.join(at)} alone are compared." if at else ""
    if not differing:
        return f"{first} and {second} are of the same experiment, but maybe for seeds.{held}"
    return f"{first} and {second} differ in {_changes(differing)}.{held}"


def _stops(runs: pd.DataFrame) -> bool:
    """Tell whether runs kept the weights of the epoch that the held-out part liked best."""
    return "best_epoch" in runs and bool(runs["best_epoch"].notna().any())


def _check_rows(
    first: str,
    second: str,
    differing: Mapping[str, tuple[Any, Any]],
    specs: Sequence[Specification],
) -> None:
    """Refuse sweeps whose runs of one seed hold out different rows."""
    named = differing.get("data"), differing.get("data_sha256")
    built_in = named[0] and all(spec.specification()["data_sha256"] is None for spec in specs)
    if named[1] or built_in:
        raise InputError(
            f"{first} and {second} hold results of different data: nothing that they differ by "
            "would be the doing of their options"
        )
    deciding_rows = list(_ROWS)
    if any(spec.missing == "drop" for spec in specs):
        deciding_rows += _WHERE_DROPPED
    if rows := {name: differing[name] for name in deciding_rows if name in differing}:
        options = listed([f"`{name}`" for name in rows])
        raise InputError(
            f"{first} and {second} hold out different rows ({_changes(rows)}), so that no run has "
            f"a partner: run one of them with {options} of the other"
        )


def _filled(directories: Sequence[str], specs: Sequence[Specification]) -> list[pd.DataFrame]:
    """Read the runs, each with all axes that either has: one with a single value is no column.

    Without a path each run begins anew, as in its order ``cold``.
    """
    tables = [finished_runs(directory) for directory in directories]
    known = [axis.name for axis in AXES if axis.name not in REPEATED]
    filled = []
    for runs, other, spec in zip(tables, tables[::-1], specs, strict=True):
        new = [name for name in axis_names(other) if name in known and name not in runs]
        one = {name: "cold" if name == "path" else one_value(spec, name) for name in new}
        single = {name: np.full(len(runs), value) for name, value in one.items()}
        there = {name: runs[name].to_numpy() for name in axis_names(runs) if name in known}
        columns = rested(spec, there | single)
        for name in new:
            runs.insert(list(runs).index("status"), name, columns[name])
        filled.append(runs)
    return filled


def _held(runs: pd.DataFrame, at: Sequence[str]) -> pd.DataFrame:
    """Return the runs at some values of axes."""
    for name, value in held_at(at).items():
        meant_value = value_of(runs, name, value)  # which says where there is no such axis
        runs = runs[runs[name] == meant_value]
    return runs


def _as_data(
    found: Comparison, names: tuple[str, str], differing: Mapping[str, tuple[Any, Any]]
) -> dict[str, Any]:
    from results.cells.comparison.said import said

    return {
        "directories": names,
        "differ_in": {name: list(pair) for name, pair in differing.items()},
        "metric": found.metric,
        "best": plain_rows(found.best),
        "chosen": plain_rows(found.chosen),
        "common": plain_rows(found.common),
        "cells": plain_rows(found.cells),
        "outer_folds": None if found.folds is None else plain_rows(found.folds),
        "picked_from": found.picked_from,
        "seeds": found.seeds._asdict(),
        "said": said(found, names),
    }


def _without_loss(found: Comparison) -> Comparison:
    """Leave out the loss on a test part, which is not the same loss."""
    same = found.chosen["metric"] != "test_loss"
    folds = (
        found.folds if found.folds is None else found.folds[found.folds["metric"] != "test_loss"]
    )
    return replace(found, chosen=found.chosen[same], folds=folds)

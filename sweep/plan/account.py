"""What was understood of a table, as plain data and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from results.labels import counted, number, printable
from sweep.data.article import Article
from sweep.data.dataset import Dataset, Found, Origin, Variable
from sweep.plan.experiment import Experiment

#: So many names of columns, levels or classes are said, and how many more there are.
_MOST = 6


def account(experiment: Experiment) -> dict[str, Any]:
    """Return what was understood of the data, ready for JSON; of the article nothing."""
    spec, dataset, plan = experiment
    if isinstance(dataset, Article) or dataset.origin is None:
        return {}
    origin = dataset.origin
    own = dataset.y[: len(dataset.y) - dataset.tested]
    used = [one for one in origin.columns if one.role == "feature"]
    kinds = {kind: [one for one in used if one.taken_as == kind] for kind in _KINDS}
    return {
        "name": Path(spec.data).name if isinstance(spec.data, str) else dataset.name,
        "kind": origin.kind,
        "notes": list(origin.notes),
        "rows": len(own),
        "features": len(dataset.features),
        "numbers": len(kinds["numbers"]),
        "true_false": len(kinds["true/false"]),
        "categories": {one.name: one.levels for one in kinds["categories"]},
        "telling_missing": sum(variable.tells for variable in dataset.variables),
        "task": spec.task,
        "loss": spec.loss,
        "guessed": origin.guessed,
        "target": _target(origin),
        "classes": _shares(own, dataset.classes),
        "targets": [] if dataset.classes else list(map(_column, dataset.targets, own.T)),
        "other_roles": {one.role: one.name for one in origin.columns if one.role in spec.roles},
        "groups": None if dataset.groups is None else len(np.unique(dataset.groups)),
        "left_out": {
            "columns": [one.name for one in origin.columns if one.role == "left out"],
            f"rows_without_{'class' if dataset.classes else 'target'}": origin.without_target,
            "rows_with_missing_cells": origin.incomplete,
            "rows_of_weight_0": dataset.weightless,
            "test_rows": origin.tested_left_out,
        },
        "imputed": _cells_imputed(dataset, len(own)),
        "held_out": {"folds": spec.folds, "rows": plan.held_out},
        "test_rows": plan.tested,
    }


def _target(origin: Origin) -> str | list[str] | None:
    """Return the name of the target, or the names where there are several."""
    names = [one.name for one in origin.columns if one.role == "target"]
    return names if len(names) > 1 else next(iter(names), None)


def _shares(y: np.ndarray, classes: Sequence[str]) -> dict[str, float]:
    """Return the share of each class in the rows."""
    if not classes:
        return {}
    counts = np.bincount(y, minlength=len(classes))
    return dict(zip(classes, (counts / len(y)).tolist(), strict=True))


def _column(target: Variable, values: np.ndarray) -> dict[str, Any]:
    """Return the range and the mean of numbers, or the share of yes."""
    mean = float(values.cumsum()[-1] / len(values))
    if target.levels is not None:
        return {"name": target.name, "yes": target.levels[1], "share": mean}
    ends = {"lowest": float(values.min()), "highest": float(values.max())}
    return {"name": target.name, **ends, "mean": mean}


def _cells_imputed(dataset: Dataset, rows: int) -> dict[str, int]:
    """Count the missing cells of the first rows, by column."""
    found, first = {}, 0
    for variable in dataset.variables:
        first += len(variable.features)
        if variable.tells:
            found[variable.name] = int(dataset.X[:rows, first - 1].sum())
    return found


_KINDS = ("numbers", "true/false", "categories")


def in_words(found: Mapping[str, Any], outer_folds: int = 0) -> str:
    """Say in some sentences what `account` returned."""
    notes = f" ({'; '.join(found['notes'])})" if found["notes"] else ""
    parts = [
        f"{found['name']}, {found['kind']}{notes}: {counted(found['rows'], 'row')}, "
        f"{_features(found)}",
        _predicted(found),
        *(_role(role, name, found["groups"]) for role, name in found["other_roles"].items()),
        *_left_out(found["left_out"]),
        *_imputed(found["imputed"]),
        *_held_out(found, outer_folds),
    ]
    return printable("; ".join(parts))


def _predicted(found: Mapping[str, Any]) -> str:
    if found["classes"]:
        of = f" of {found['target']}" if found["target"] else ""
        shares = _listed(f"{name} {100 * share:.3g}%" for name, share in found["classes"].items())
        return f"classes{of}: {shares}{' (numbers taken as classes)' * found['guessed']}"
    told = {target["name"]: _range_or_share(target) for target in found["targets"]}
    kind = "numbers" if found["task"] == "numbers" else "yes or no"
    guessed = " (taken as numbers)" * found["guessed"]
    if len(told) == 1:
        ((name, values),) = told.items()
        return f"{kind} of {name}: {values}{guessed}"
    values = _listed(f"{name} ({values})" for name, values in told.items())
    return f"{kind} of {len(told)} targets: {values}{guessed}"


def _range_or_share(target: Mapping[str, Any]) -> str:
    if "share" in target:
        return f"{target['yes']} {100 * target['share']:.3g}%"
    low, high, mean = (number(target[name]) for name in ("lowest", "highest", "mean"))
    return f"{low} to {high}, mean {mean}"


def columns_found(origin: Origin) -> list[list[str]]:
    """Return a row of texts for each column, below the names of what they are."""
    heading = ["role", "taken as", "levels or range", "missing", "column"]
    return [heading, *(_row(one) for one in origin.columns)]


def _row(one: Found) -> list[str]:
    reach = "" if one.levels is None else f"{one.levels:,}"
    if one.low is not None and one.high is not None:
        reach = f"{number(one.low)} to {number(one.high)}"
    return [one.role, one.taken_as, reach, f"{one.missing:,}", printable(one.name)]


def _features(found: Mapping[str, Any]) -> str:
    levels = found["categories"]
    kinds = [
        (found["numbers"], counted(found["numbers"], "number")),
        (found["true_false"], f"{found['true_false']:,} true/false"),
        (
            len(levels),
            f"{sum(levels.values()):,} from {_categories(len(levels))} "
            f"({_listed(f'{name} {count:,}' for name, count in levels.items())})",
        ),
        (found["telling_missing"], f"{found['telling_missing']:,} for where cells are missing"),
    ]
    told = [text for count, text in kinds if count]
    if len(told) == 1 and found["numbers"]:
        all_of_them = "a number" if found["features"] == 1 else "all numbers"
        return f"{counted(found['features'], 'feature')}, {all_of_them}"
    return f"{counted(found['features'], 'feature')}: {', '.join(told)}"


def _categories(count: int) -> str:
    return "1 category" if count == 1 else f"{count:,} categories"


def _role(role: str, name: str, groups: int | None) -> str:
    return f"{role}: {groups:,}, by {name}" if role == "groups" else f"{role}: {name}"


def _left_out(found: Mapping[str, Any]) -> list[str]:
    columns = found["columns"]
    told = [
        (len(columns), f"{counted(len(columns), 'column')} ({_listed(columns)})"),
        *(
            (count, f"{_rows(count)} without a {what}")
            for what in ("class", "target")
            if (count := found.get(f"rows_without_{what}"))
        ),
        (
            found["rows_with_missing_cells"],
            f"{_rows(found['rows_with_missing_cells'])} with missing cells",
        ),
        (found["rows_of_weight_0"], f"{_rows(found['rows_of_weight_0'])} of weight 0"),
        (found["test_rows"], f"{_rows(found['test_rows'])} of the test file with missing cells"),
    ]
    said = [text for count, text in told if count]
    return [f"left out: {', '.join(said)}"] if said else []


def _imputed(cells: Mapping[str, int]) -> list[str]:
    if not cells:
        return []
    where = _listed(f"{name} {count:,}" for name, count in cells.items())
    return [f"filled in: {counted(sum(cells.values()), 'missing cell')} ({where})"]


def _held_out(found: Mapping[str, Any], outer_folds: int) -> list[str]:
    folds, rows = found["held_out"].values()
    about = "about " if {"groups", "order"} & found["other_roles"].keys() else ""
    told = []
    if folds:
        told.append(f"each of {folds} folds once, {about}{_rows(rows)}, to choose by")
    elif rows:
        told.append(f"{about}{_rows(rows)} to choose by")
    if outer_folds:
        most = _rows(found["test_rows"])
        told.append(f"each of {outer_folds} outer folds once, at most {most}, for the test")
    elif found["test_rows"]:
        told.append(f"{_rows(found['test_rows'])} for the test")
    return [f"held out: {', '.join(told)}"] if told else []


def _rows(count: int) -> str:
    return counted(count, "row")


def _listed(words: Iterable[str]) -> str:
    every = list(words)
    more = f" and {len(every) - _MOST:,} more" if len(every) > _MOST else ""
    return ", ".join(every[:_MOST]) + more

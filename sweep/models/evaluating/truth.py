"""The rows that a model is judged by: what is true of them, what it says, and what they count."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from results.labels import counted
from sweep.data import builtin
from sweep.data.columns.cells import as_levels
from sweep.data.columns.known import known_target
from sweep.data.columns.missing import blank_spelled, is_missing
from sweep.data.dataset import Variable
from sweep.data.files import Column
from sweep.data.roles import weights_of
from sweep.errors import InputError, hint
from sweep.models.predicting import columns_of, given, worded
from sweep.models.predictor import Predictor
from sweep.models.scoring import TRAINED_ON_THESE, column_of_classes, trained_on_these
from sweep.specification.spec import Specification


class Question(NamedTuple):
    """A target that has classes, as two or more probabilities a row.

    Attributes
    ----------
    target : str
    classes : tuple of str
    labels, named : ndarray of int64, shape (rows,)
        The right class, and the one that is said.
    p : ndarray of float64, shape (rows, classes)
    """

    target: str
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    named: NDArray[np.int64]
    p: NDArray[np.float64]

    @property
    def shown(self) -> range:
        """Classes whose probability is judged: of two the last alone, as the other has the rest."""
        return range(len(self.classes)) if len(self.classes) > 2 else range(1, 2)


class Rows(NamedTuple):
    """Rows whose targets are known, and what a model says of them.

    Attributes
    ----------
    kind : {"class", "numbers", "answers"}
    loss : str
        What the model was trained to lessen.
    targets : tuple of Variable
        What is predicted; the levels of one are its classes.
    truth : ndarray of float64, shape (rows, targets)
        Numbers of classes, where a target has these.
    said : ndarray of float64, shape (rows, outputs)
        See `sweep.Model.outputs`.
    weight : ndarray of float64, shape (rows,)
        What each counts.
    groups : ndarray of int64, shape (rows,)
        Rows of one number belong together.
    places : ndarray of int64, shape (rows,)
        Where they stand in their file, from 0.
    notes : tuple of str
        What was left out, and what counts how.
    """

    kind: str
    loss: str
    targets: tuple[Variable, ...]
    truth: NDArray[np.float64]
    said: NDArray[np.float64]
    weight: NDArray[np.float64]
    groups: NDArray[np.int64]
    places: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    @property
    def grouped(self) -> bool:
        """Whether some rows belong together."""
        return len(np.unique(self.groups)) < len(self.groups)

    @property
    def questions(self) -> list[Question]:
        """Return the targets that have classes, each by itself."""
        if self.kind == "class":
            ((name, levels, _),) = self.targets
            labels, named = self.truth[:, 0].astype(np.int64), self.said.argmax(axis=1)
            return [Question(name, levels or (), labels, named, self.said)]
        of_each = zip(self.targets, self.truth.T, self.said.T, strict=True)
        return [
            Question(
                *(name, levels or (), truth.astype(np.int64), (yes > 0.5).astype(np.int64)),
                np.stack([1 - yes, yes], axis=1),
            )
            for (name, levels, _), truth, yes in of_each
        ]

    def alone(self, place: int) -> Rows:
        """Return them with one of several targets."""
        one = slice(place, place + 1)
        return self._replace(
            targets=self.targets[one], truth=self.truth[:, one], said=self.said[:, one]
        )


def read(
    model: Predictor, data: str | os.PathLike[str], target: str | None, told: dict[str, Any]
) -> Rows:
    """Read the rows of a file, or of a built-in set, and predict those whose targets are known.

    Parameters
    ----------
    model : Model or Ensemble
    data : str or path
    target : str or None
        Columns of the targets, in the order of the model's, between commas; by default those that
        the model was trained on.
    told : dict
        How the file is written, see `sweep.models.predicting.predict`.

    Raises
    ------
    InputError
        If the file cannot be read, a target is not there, or it holds what it did not at training.
    """
    came = given(data)
    columns = columns_of(model, came, told)
    words = model.specification.get("missing_values", ())
    by_name = {column.name: blank_spelled(column, words) for column in columns}
    names = _names(model, columns, target, came)
    wanted = _targets(model, names)
    found = [by_name[name] for name in names]
    truth = np.stack(list(map(known_target, found, wanted)), axis=1)
    _check(model, found, truth)
    known = ~np.isnan(truth).any(axis=1)
    weight, groups, notes = _counted(model, by_name, len(truth))
    kept = known & (weight > 0)
    if not kept.any():
        what = " and counts" if known.any() else ""
        raise InputError(f"{columns[0].source}: no row has {_whose(names)}{what}: nothing to judge")
    without, weightless = int((~known).sum()), int((known & (weight <= 0)).sum())
    if without:
        notes.append(f"Left out: {counted(without, 'row')} without {_whose(names)}.")
    if weightless:
        notes.append(f"Left out: {counted(weightless, 'row')} of weight 0.")
    if trained_on_these(model, came):
        notes.insert(0, TRAINED_ON_THESE)
    said = model.predict_columns(columns)
    return Rows(
        *(model.kind, model.loss, wanted, truth[kept], said[kept]),
        *(weight[kept], groups[kept], np.flatnonzero(kept), tuple(notes)),
    )


def _targets(model: Predictor, names: Sequence[str]) -> tuple[Variable, ...]:
    if model.kind == "class":
        return (Variable(names[0], tuple(map(str, model.classes))),)
    return tuple(
        Variable(name, target.levels) for name, target in zip(names, model.targets, strict=True)
    )


def _names(
    model: Predictor, columns: Sequence[Column], target: str | None, data: str | bytes
) -> list[str]:
    """Return the columns of the targets: as told, or else those that the model was trained on."""
    there, source = [column.name for column in columns], columns[0].source
    if target is not None:
        names = list(Specification(data=worded(data), target=target).targets)
    elif model.targets:
        names = [one.name for one in model.targets]
    elif data in builtin.SETS:
        names = [builtin.CLASS]
    else:
        read_by_model = {variable.name for variable in model.variables}
        known = column_of_classes(model)
        names = [known] if known else [name for name in there if name not in read_by_model]
        if len(names) != 1:
            rest = f": {', '.join(names[:10])}" if names else ""
            raise InputError(
                f"{source}: the model does not say which column holds its classes, and "
                f"{counted(len(names), 'column')} may{rest}: name it with --target"
            )
    outputs = len(model.targets) or 1
    if len(names) != outputs:
        raise InputError(
            f"--target should name {counted(outputs, 'column')}, as the model predicts "
            f"{model.aim}; it names {len(names)}"
        )
    for name in names:
        if name not in there:
            raise InputError(
                f"{source} has no column {name!r} to be the target{hint(name, there)}: what is "
                "true of its rows is needed to judge by (predict needs none)"
            )
    return names


def _check(model: Predictor, columns: Sequence[Column], truth: NDArray[np.float64]) -> None:
    for column, values in zip(columns, truth.T, strict=True):
        if not np.isnan(values).all() and model.loss == "poisson" and np.nanmin(values) < 0:
            row = int(np.nanargmin(values))
            raise column.error(f"{values[row]:g} is no count, and the model predicts counts", row)
        if np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise column.error(f"{values[row]} is not a finite number", row)


def _counted(
    model: Predictor, by_name: dict[str, Column], rows: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]:
    """Return what rows count, which belong together, and what is to be said of both.

    As in the sweep that the model is from: where it had such columns, and they are here too.
    """
    weight, groups, notes = np.ones(rows), np.arange(rows), []
    if name := model.specification.get("weight"):
        if name in by_name:
            weight = weights_of(by_name[name])
            notes.append(f"Rows count by {name!r}, as at training.")
        else:
            notes.append(
                f"Rows count alike: there is no {name!r} here, by which they were trained."
            )
    if name := model.specification.get("groups"):
        if name in by_name and not is_missing(by_name[name]).any():
            groups = as_levels(by_name[name])[0]
            notes.append(f"Rows of one {name!r} belong together, and are drawn together.")
        else:
            notes.append(
                f"Rows are drawn one by one: {name!r}, which says what belongs together, is not "
                "here or has gaps. Intervals may be too narrow."
            )
    return weight, groups.astype(np.int64), notes


def _whose(names: Sequence[str]) -> str:
    return f"a {names[0]!r}" if len(names) == 1 else "all of the targets"

"""What a model of one network and one of several have in common: rows in, what they mean out."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from results.labels import counted, printable
from sweep.data.columns.known import encode
from sweep.data.columns.missing import blank_spelled
from sweep.data.dataset import Variable
from sweep.data.files import Column, from_frame
from sweep.errors import InputError
from sweep.specification.choices import LOSSES
from sweep.specification.validators import is_frame

#: So many targets are named in a line, each by so many letters at the most.
_NAMED, _LETTERS = 6, 60


def rounded(said: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return what is predicted in a precision.

    Raises
    ------
    InputError
        If a number is beyond its largest.
    """
    if dtype == said.dtype:
        return said
    beyond = np.isfinite(said) & (abs(said) > np.finfo(dtype).max)
    if beyond.any():
        raise InputError(
            f"what is predicted, {said[beyond][0]:.3g}, is beyond the largest number of "
            f"{np.dtype(dtype)}: give X as float64"
        )
    return said.astype(dtype)


class Predictor(ABC):
    """Predicts new rows: what a `sweep.Model` and a `sweep.Ensemble` have in common.

    Attributes
    ----------
    classes : tuple
        Texts, numbers or truth values; none where numbers are predicted, or answers.
    variables : tuple of Variable
        Columns of the data, in the order of the features that they become.
    specification : dict
        Of the sweep that its runs belong to; see `sweep.Sweep.specification`.
    trained_on : dict
        What it was trained on, and what it reached.
    loss : str
        What it was trained to lessen, by its name among the choices.
    targets : tuple of Variable
        What is predicted where it is no class: numbers, or answers of two levels, no and yes.
    inputs : ndarray of int64
        Which of the features are read.
    """

    classes: tuple[Any, ...]
    variables: tuple[Variable, ...]
    specification: dict[str, Any]
    trained_on: dict[str, Any]
    loss: str
    targets: tuple[Variable, ...]
    inputs: np.ndarray

    @abstractmethod
    def of_features(self, X: np.ndarray, dtype: np.dtype | None = None) -> np.ndarray:
        """Return the `outputs` for rows of all `features`, float64 or float32 (rows, features).

        They are computed in float64, and unless a dtype is given rounded to float32 where both X
        and the parameters are of that.
        """

    @abstractmethod
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file that ends in .npz, .safetensors or .onnx."""

    @property
    def kind(self) -> str:
        """What is predicted: "class", "numbers" or "answers"."""
        return LOSSES[self.loss].target

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of the features, of which the `inputs` are read."""
        return tuple(name for variable in self.variables for name in variable.features)

    def predict(self, X: Any) -> np.ndarray:
        """Return what is predicted of each row of X: its class, its numbers or its answers.

        Several targets make an array of shape (rows, targets). Numbers are in their own unit,
        answers the levels of their columns.

        Parameters
        ----------
        X : DataFrame, or array or sparse matrix of shape (rows, features)
            A DataFrame's columns are found by their names, and those that no input comes from may
            be missing. An array has all `features` in their order. Of a sparse matrix some rows at
            a time are made dense.
        """
        return self.meant(self.outputs(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, or of yes for each target, for each row of X.

        Parameters
        ----------
        X : DataFrame or array
            As for `predict`.
        """
        if self.kind == "numbers":
            raise InputError("the model predicts numbers, which have no probabilities: use predict")
        return self.outputs(X)

    def outputs(self, X: Any) -> np.ndarray:
        """Return what is said of each row of X, shape (rows, outputs).

        That is the probability of each class, or of yes for each target, or else its number. They
        are float32 where X is and all networks are, and float64 otherwise.

        Parameters
        ----------
        X : DataFrame or array
            As for `predict`.
        """
        if is_frame(X):
            return self.predict_columns(from_frame(X))
        array = X.tocsr() if hasattr(X, "tocsr") else np.asarray(X)
        if array.ndim != 2 or array.shape[1] != len(self.features) or not array.shape[0]:
            raise InputError(
                f"X should have shape (rows, {len(self.features)}) with one row or more, not "
                f"{array.shape}"
            )
        try:
            kept = array.dtype == np.float32
            numbers = array if kept else array.astype(np.float64, copy=False)
        except (TypeError, ValueError) as error:
            raise InputError(f"X should hold finite numbers: {error}") from None
        return self.of_features(numbers)

    def predict_columns(self, columns: Sequence[Column]) -> np.ndarray:
        """Return the `outputs` for the rows of columns, in any order, of files or frames."""
        words = self.specification.get("missing_values", ())
        told = [blank_spelled(column, words) for column in columns]
        impute = self.specification.get("missing") == "impute"
        return self.of_features(encode(self.variables, told, self.inputs.tolist(), impute))

    def meant(self, outputs: np.ndarray) -> np.ndarray:
        """Return what `outputs` mean: see `predict`."""
        if self.kind == "class":
            return np.array(self.classes)[outputs.argmax(axis=1)]
        if self.kind == "answers":
            levels = [np.array(target.levels) for target in self.targets]
            yes = (outputs > 0.5).astype(np.int64).T
            outputs = np.stack(list(map(np.take, levels, yes)), axis=1)
        return outputs[:, 0] if len(self.targets) == 1 else outputs

    @property
    def aim(self) -> str:
        """What it predicts, in a few words."""
        if self.kind == "class":
            return f"{len(self.classes)} classes"
        names = [printable(target.name)[:_LETTERS] for target in self.targets]
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        kind = "number" if self.kind == "numbers" else "answer"
        return f"{counted(len(names), kind)} ({', '.join(names[:_NAMED])}{more})"

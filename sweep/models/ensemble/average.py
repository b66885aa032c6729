"""Several trained networks that predict together: the mean of what they say."""

import os
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from results.labels import counted
from sweep.models import files
from sweep.models.header import EnsembleHeader, lowest
from sweep.models.model import Model
from sweep.models.predictor import Predictor, rounded


class Ensemble(Predictor):
    """Trained networks of one sweep, and how much each has to say.

    It says the mean of what its members say, each counted as often as it was chosen: the mean of
    probabilities, or of numbers in their own unit (of counts, of the rates). Members may differ in
    their networks, in what they read and in how that is scaled.

    Parameters
    ----------
    members : sequence of Model
        One or more, that predict the same of the same columns.
    times : sequence of int
        How often each was chosen, 1 or more.
    trained_on : dict
        How they were chosen, and what they reach together.

    Attributes
    ----------
    members, times, trained_on
        The same; the first two are tuples.
    classes, variables, specification, loss, targets
        Those that the members share; see `sweep.models.predictor.Predictor`.
    inputs : ndarray of int64
        The features that any member reads, in rising order.
    """

    def __init__(
        self, members: Sequence[Model], times: Sequence[int], trained_on: dict[str, Any]
    ) -> None:
        first = members[0]
        self.members, self.times, self.trained_on = tuple(members), tuple(times), trained_on
        self.classes, self.variables, self.targets = first.classes, first.variables, first.targets
        self.specification, self.loss = first.specification, first.loss
        self.inputs = np.unique(np.concatenate([member.inputs for member in members]))

    @property
    def weights(self) -> np.ndarray:
        """The share that each member has in what is said, float64 (members,)."""
        return np.array(self.times) / sum(self.times)

    def of_features(self, X: np.ndarray, dtype: np.dtype | None = None) -> np.ndarray:
        """Return the `outputs` for rows of all `features`, float64 or float32 (rows, features)."""
        if dtype is None:
            dtype = np.result_type(X.dtype, *(member.dtype for member in self.members))
        each = zip(self.members, lowest(self.times), strict=True)
        said = (times * member.of_features(X, np.dtype(np.float64)) for member, times in each)
        return rounded(reduce(np.add, said) / sum(lowest(self.times)), dtype)

    def prune(self, exact: bool = True) -> "Ensemble":
        """Return it without the units and inputs that do nothing; see `sweep.Model.prune`."""
        smaller = [member.prune(exact) for member in self.members]
        return Ensemble(smaller, self.times, self.trained_on)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it to one file that ends in .npz, .safetensors or .onnx.

        See `sweep.load_model`, which reads any of them back.

        Raises
        ------
        InputError
            If the file cannot be one of these, or the classes are neither texts, numbers nor
            truth values.
        results.errors.ResultsError
            If it cannot be written.
        """
        files.check_target(path)
        headers = [member.header() for member in self.members]
        arrays = {
            f"{place}_{name}": array
            for place, member in enumerate(self.members)
            for name, array in member.arrays().items()
        }
        header = EnsembleHeader.of(headers, self.times, self.trained_on)
        files.write(path, header, arrays, str(self))

    def __str__(self) -> str:
        """Say how large it is, and what it was trained on, in one line."""
        networks = {member.widths for member in self.members}
        shape = "-".join(map(str, self.members[0].widths))
        alike = shape if len(networks) == 1 else f"{len(networks)} shapes, such as {shape}"
        size = sum(len(member.parameters) for member in self.members)
        nonzero = sum(member.nonzero for member in self.members)
        return (
            f"ensemble of {counted(len(self.members), 'network')} ({alike}): {size:,} parameters, "
            f"{nonzero:,} of them not exactly zero, from {len(self.inputs)} of "
            f"{len(self.features)} inputs to {self.aim}; trained on {self.trained_on.get('data')}"
        )

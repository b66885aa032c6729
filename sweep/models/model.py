"""A trained network with all that it takes to use it on new rows."""

import os
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.network import Network
from sweep.data.dataset import Variable
from sweep.data.scaling import Scaling
from sweep.data.unit import Unit
from sweep.errors import InputError
from sweep.models import files
from sweep.models.header import Header, as_written
from sweep.models.predictor import Predictor, rounded
from sweep.models.pruning import pruned
from sweep.specification.choices import ACTIVATIONS
from sweep.training.chosen_kernels import network_of

if TYPE_CHECKING:
    from kernels.prediction import Prediction

#: Numbers of a layer that are worked on at a time, so that what is made on the way stays small.
_AT_ONCE = 2**17

#: Numbers are not rounded to float32 where that is so coarse beside the unit of what was learnt.
_BLUR = 1e-4

#: Arrays of the unit of numbers that are predicted, in a file.
UNIT = ("target_centre", "target_scale")


@dataclass(frozen=True, eq=False)
class Model(Predictor):
    """A trained network, and what it was trained on.

    Attributes
    ----------
    widths : tuple of int
        Units of each layer, the inputs first and the outputs last.
    parameters : ndarray of float64, shape (parameters,)
        Weights and biases, as `kernels.network.Network` lays them out; of float32 where an
        estimator was trained in it. What is made of them is computed in float64.
    inputs : ndarray of int64, shape (widths[0],)
        Which of the features the network reads.
    mean, scale : ndarray of float64, shape (widths[0],)
        It reads ``(x - mean) / scale``; see `sweep.data.scaling.Scaling`.
    classes : tuple
        Texts, numbers or truth values; none where numbers are predicted, or answers.
    variables : tuple of Variable
        Columns of the data, in the order of the features that they become.
    specification : dict
        Of the sweep that the run belongs to; see `sweep.Sweep.specification`.
    trained_on : dict
        The run: its data, its rows, its place in the grid, and what it reached.
    activation : str
        What hidden units give, by its name among the choices.
    hyper : dict of str to float
        Numbers that the activation takes, by their options.
    fill : ndarray of float64, shape (widths[0],), or None
        What stands for a missing value of x; NaN where there may be none.
    quantiles : ndarray of float64, shape (quantiles, widths[0]), or None
        Those by which x is turned into a normal score, before ``mean`` and ``scale``.
    loss : str
        What it was trained to lessen, by its name among the choices.
    targets : tuple of Variable
        What is predicted where it is no class: numbers, or answers of two levels, no and yes.
    unit : Unit, or None
        What the network says of numbers, times ``scale`` and with ``centre`` added, is in theirs.
    """

    widths: tuple[int, ...]
    parameters: np.ndarray = field(repr=False)
    inputs: np.ndarray = field(repr=False)
    mean: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)
    classes: tuple[Any, ...]
    variables: tuple[Variable, ...] = field(repr=False)
    specification: dict[str, Any] = field(repr=False)
    trained_on: dict[str, Any]
    activation: str = "relu"
    hyper: dict[str, float] = field(default_factory=dict)
    fill: np.ndarray | None = field(default=None, repr=False)
    quantiles: np.ndarray | None = field(default=None, repr=False)
    loss: str = "cross_entropy"
    targets: tuple[Variable, ...] = ()
    unit: Unit | None = field(default=None, repr=False)

    @cached_property
    def network(self) -> Network:
        """Where each parameter is."""
        return network_of(self.widths, self)

    @property
    def scaling(self) -> Scaling:
        """How what it reads becomes its inputs."""
        return Scaling(self.mean, self.scale, self.fill, self.quantiles)

    @property
    def nonzero(self) -> int:
        """Parameters that are not exactly zero, however small."""
        return int(np.count_nonzero(self.parameters))

    def parameter(self, name: str) -> np.ndarray:
        """Return a view of w1 ``[outputs, inputs]``, b1 ``[outputs]``, and so on."""
        return self.parameters[self.network.place(name)].reshape(self.network.shape(name))

    def prune(self, exact: bool = True) -> "Model":
        """Return the network without the units and inputs that do nothing.

        Removed are hidden units that no output is reached from or that are always 0, and inputs
        that no unit left reads; of each layer one unit stays. As long as no activation
        overflows, the predictions are the same to the bit.

        Parameters
        ----------
        exact : bool, default True
            Whether to keep units that are the same number, other than 0, for every row. False adds
            them to the biases they feed, and predictions then agree but for rounding.
        """
        parameters, kept = pruned(self.network, self.parameters, self._hyper, exact)
        inputs = kept[0]
        return replace(
            self,
            widths=tuple(map(len, kept)),
            parameters=parameters,
            inputs=self.inputs[inputs],
            **self.scaling.take(inputs)._asdict(),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file that ends in .npz, .safetensors or .onnx.

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
        files.write(path, self.header(), self.arrays(), str(self))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all of it that is an array, by its name in a file."""
        arrays = {name: self.parameter(name).astype(np.float64) for name in self.network.names}
        arrays |= {"inputs": self.inputs}
        arrays |= {n: steps for n, steps in self.scaling._asdict().items() if steps is not None}
        if self.unit is not None:
            arrays |= dict(zip(UNIT, self.unit, strict=True))
        return {name: np.ascontiguousarray(array) for name, array in arrays.items()}

    def header(self) -> Header:
        """Return all of it that is no array.

        Raises
        ------
        InputError
            If the classes are neither texts, numbers nor truth values.
        """
        try:
            return Header(
                widths=list(self.widths),
                classes=list(self.classes),
                variables=[as_written(variable) for variable in self.variables],
                specification=self.specification,
                trained_on=self.trained_on,
                activation=self.activation,
                hyper=self.hyper,
                loss=self.loss,
                targets=[as_written(target) for target in self.targets],
            )
        except ValueError:
            raise InputError(
                "classes should be all texts, all numbers or all truth values to be saved, not "
                f"{self.classes!r:.80}"
            ) from None

    def __str__(self) -> str:
        """Say what the network is, and what it was trained on, in one line."""
        rows, data, seed = (self.trained_on.get(name) for name in ("rows", "data", "seed"))
        used = int(self.parameter("w1").any(axis=0).sum())
        of_these = "" if used == len(self.inputs) else f" ({used} of them with a weight)"
        return (
            f"network {'-'.join(map(str, self.widths))}: {len(self.parameters)} parameters, "
            f"{self.nonzero} of them not exactly zero, from {len(self.inputs)} of "
            f"{len(self.features)} inputs{of_these} to {self.aim}; trained on "
            f"{rows} row{'s' * (rows != 1)} of {data}, seed {seed}"
        )

    @property
    def dtype(self) -> np.dtype:
        """Of the parameters."""
        return self.parameters.dtype

    def of_features(self, X: np.ndarray, dtype: np.dtype | None = None) -> np.ndarray:
        """Return the `outputs` for rows of all `features`, float64 or float32 (rows, features)."""
        dtype = self._rounded_to(X.dtype) if dtype is None else dtype
        found = np.empty((X.shape[0], self.widths[-1]), dtype)
        at_once = max(_AT_ONCE // max(self.widths), 1)
        for first in range(0, X.shape[0], at_once):
            some = X[first : first + at_once]
            dense = some.toarray() if hasattr(some, "toarray") else some
            found[first : first + at_once] = rounded(self._of_rows(dense, first), dtype)
        return found

    def _rounded_to(self, dtype: np.dtype) -> np.dtype:
        """Return what predictions for an X are given in: numbers that float32 blurs in float64."""
        both = np.result_type(dtype, self.dtype)
        if self.unit is None or both == np.float64:
            return both
        apart = np.spacing(abs(self.unit.centre).astype(both))
        return np.dtype(np.float64) if (apart > _BLUR * self.unit.scale).any() else both

    def _of_rows(self, X: np.ndarray, first: int) -> np.ndarray:
        """Return the outputs of a few rows, of which the first has a number."""
        every = len(self.inputs) == X.shape[1]  # and in their order: each is read once
        x = X if every else X[:, self.inputs]
        usable = np.isfinite(x)
        if self.fill is not None:
            usable |= np.isnan(x) & ~np.isnan(self.fill)
        if not usable.all():
            row, place = np.argwhere(~usable)[0]
            where = f"feature {self.features[self.inputs[place]]!r} of row {first + row} (from 0)"
            if np.isnan(x[row, place]):
                raise InputError(
                    f"{where} is missing, and no row that the model was trained on lacks it: fill "
                    "it in, or leave the row out"
                )
            raise InputError(f"{where} is {x[row, place]}, and should be a finite number")
        said = self._prediction(self.parameters, self.scaling(x) if self._scales else x)
        if np.isnan(said).any():
            row = np.isnan(said).any(axis=1).argmax()
            raise InputError(
                f"row {first + row} (from 0) has numbers so large that sums in the "
                "network are beyond the largest: scale them as those that it was trained on"
            )
        if self.unit is None:
            return said
        with np.errstate(over="ignore"):  # the exponential of much
            return said * self.unit.scale + self.unit.centre

    @cached_property
    def _scales(self) -> bool:
        """Whether inputs are other than the features; if not, its arrays are read-only."""
        if not self.scaling.does_nothing:
            return True
        self.mean.flags.writeable = self.scale.flags.writeable = False
        return False

    @cached_property
    def _prediction(self) -> "Prediction":
        from kernels.prediction import Prediction

        return Prediction(self.network, self._hyper)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is copied and pickled: the fields, and nothing made of them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def _hyper(self) -> tuple[float, ...]:
        """What the activation takes, in the order in which it takes it."""
        return tuple(self.hyper[name] for name in ACTIVATIONS[self.activation].hyper)

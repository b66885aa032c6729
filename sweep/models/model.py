"""A trained network with all that it takes to use it on new rows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.network import Network, network
from sweep.data.variables import Variable, encode
from sweep.errors import InputError
from sweep.specification.options import is_frame

if TYPE_CHECKING:
    from sweep.data.files import Column


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network, and what it was trained on.

    Attributes
    ----------
    widths : tuple of int
        Units of each layer, the inputs first and the classes last.
    parameters : ndarray of float64, shape (parameters,)
        Weights and biases, as `kernels.network.Network` lays them out.
    inputs : ndarray of int64, shape (widths[0],)
        Which of the features the network reads.
    mean, scale : ndarray of float64, shape (widths[0],)
        It reads ``(x - mean) / scale``.
    classes : tuple
        Texts, numbers or truth values.
    variables : tuple of Variable
        Columns of the data, in the order of the features that they become.
    specification : dict
        Of the sweep that the run belongs to; see `sweep.Sweep.specification`.
    trained_on : dict
        The run: its data, its rows, its place in the grid, and what it reached.
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

    @cached_property
    def network(self) -> Network:
        """Where each parameter is."""
        return network(self.widths)

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of the features, of which the network reads the `inputs`."""
        return tuple(name for variable in self.variables for name in variable.features)

    @property
    def nonzero(self) -> int:
        """Parameters that are not zero."""
        return int(np.count_nonzero(self.parameters))

    def parameter(self, name: str) -> np.ndarray:
        """Return a view of w1 ``[outputs, inputs]``, b1 ``[outputs]``, and so on."""
        return self.parameters[self.network.place(name)].reshape(self.network.shape(name))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class for each row of X, shape (rows, classes).

        Parameters
        ----------
        X : DataFrame, or array of shape (rows, features)
            A DataFrame's columns are found by their names, and those that no input comes from may
            be missing. An array has all `features` in their order.
        """
        if is_frame(X):
            from sweep.data.files import from_frame

            return self.predict_columns(from_frame(X))
        array = np.asarray(X)
        if array.ndim != 2 or array.shape[1] != len(self.features) or not len(array):
            raise InputError(
                f"X should have shape (rows, {len(self.features)}) with one row or more, not "
                f"{array.shape}"
            )
        try:
            return self._of_features(array.astype(np.float64))
        except (TypeError, ValueError) as error:
            raise InputError(f"X should hold finite numbers: {error}") from None

    def predict_columns(self, columns: "Sequence[Column]") -> np.ndarray:
        """Return the probabilities for the rows of columns, in any order, of files or frames."""
        return self._of_features(encode(self.variables, columns, set(self.inputs.tolist())))

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row of X; see `predict_proba`."""
        return np.array(self.classes)[self.predict_proba(X).argmax(axis=1)]

    def prune(self, exact: bool = True) -> "Model":
        """Return the network without the units and inputs that do nothing.

        Removed are hidden units that no class is reached from or that are always 0, and inputs
        that no unit left reads; of each layer one unit stays. As long as no activation
        overflows, the predictions are the same to the bit.

        Parameters
        ----------
        exact : bool, default True
            Whether to keep units that are the same positive number for every row. False adds
            them to the biases they feed, and predictions then agree but for rounding.
        """
        from sweep.models.pruning import pruned

        parameters, kept = pruned(self.network, self.parameters, exact)
        inputs = kept[0]
        return replace(
            self,
            widths=tuple(map(len, kept)),
            parameters=parameters,
            inputs=self.inputs[inputs],
            mean=self.mean[inputs],
            scale=self.scale[inputs],
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file that ends in .npz, .safetensors or .onnx.

        See `sweep.load_model`, which reads any of them back.
        """
        from sweep.models.files import save

        save(self, path)

    def __str__(self) -> str:
        """Say what the network is, and what it was trained on, in one line."""
        rows, data, seed = (self.trained_on.get(name) for name in ("rows", "data", "seed"))
        return (
            f"network {'-'.join(map(str, self.widths))}: {len(self.parameters)} parameters, "
            f"{self.nonzero} of them not zero, from {len(self.inputs)} of {len(self.features)} "
            f"inputs to {len(self.classes)} classes; trained on {rows} rows of {data}, seed {seed}"
        )

    def _of_features(self, X: np.ndarray) -> np.ndarray:
        from kernels.prediction import predict

        x = X[:, self.inputs]
        if not np.isfinite(x).all():
            row, place = np.argwhere(~np.isfinite(x))[0]
            name = self.features[self.inputs[place]]
            raise InputError(f"feature {name!r} of row {row} (from 0) is {x[row, place]}")
        return predict(
            self.network, self.parameters, np.ascontiguousarray((x - self.mean) / self.scale)
        )

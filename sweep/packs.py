"""Runs as packs: what the kernels need to train a set of runs side by side."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.frozen import freezes
from kernels.lanes import aligned_zeros, vector_registers
from kernels.network import Network
from kernels.training import Runs, Samples
from sweep.draws import BatchOrder
from sweep.machine import lanes
from sweep.spec import Sweep

if TYPE_CHECKING:
    from sweep.fold import Fold
    from sweep.trainer import State


class Packs(NamedTuple):
    """Runs side by side, and the data of their streams.

    Attributes
    ----------
    net : Network
    runs : Runs
    x, y, weight : ndarray
        Samples of all streams, one below the other: inputs, class, what each counts.
    train, val : ndarray of int64, shape (samples, streams)
        Their rows in x.
    order : BatchOrder
    size : int
        Runs; lanes beyond it repeat the last one.
    proximal : bool
        Whether L1 acts through its proximal step.
    frozen : bool
        Whether the code is for this very network.
    """

    net: Network
    runs: Runs
    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    train: np.ndarray
    val: np.ndarray
    order: BatchOrder
    size: int
    proximal: bool
    frozen: bool

    @property
    def weights(self) -> np.ndarray:
        """The trained parameters, shape (packs, parameters, lanes)."""
        return self.runs.memory if self.proximal else self.runs.parameters

    def samples(self, order: np.ndarray) -> Samples:
        """Return the data, to be read in this order."""
        return Samples(self.x, self.y, self.weight, order)

    def by_run(self, values: np.ndarray) -> np.ndarray:
        """Lay ``values [pack, ..., lane]`` out as ``[..., run]``."""
        flat = np.moveaxis(values, 0, -2)
        return flat.reshape(*flat.shape[:-2], -1)[..., : self.size]

    def by_lane(self, values: np.ndarray) -> np.ndarray:
        """Lay ``values [..., run]`` out as ``[pack, ..., lane]``."""
        return _by_lane(values, self.runs.parameters.shape[2], values.dtype)

    def take(self, chosen: np.ndarray) -> "Packs":
        """Return these runs, packed anew."""
        runs = Runs(*(self.by_lane(self.by_run(array)[..., chosen]) for array in self.runs))
        return self._replace(runs=runs, size=len(chosen))


def pack(
    spec: Sweep,
    net: Network,
    columns: dict[str, np.ndarray],
    folds: "dict[tuple[int, int], Fold]",
    state: "State",
    freeze: bool = False,
) -> Packs:
    """Pack runs whose training parts are of one size, and their held-out parts too.

    Parameters
    ----------
    spec : Sweep
    net : Network
    columns : dict of str to ndarray, shape (runs,)
        The axes of the grid, as `sweep.plan.Plan.coordinates` returns them.
    folds : dict
        The data of each stream, by its seed and fold.
    state : State
        Where the runs stand.
    freeze : bool
        Whether there is work enough to compile code for this very network, if it is tiny.
    """
    dtype = np.dtype(spec.precision)
    samples = len(folds[int(columns["seed"][0]), int(columns["fold"][0])].train)
    freeze, width = shape_of(spec, tuple(net.widths.tolist()), samples, freeze)
    keys = list(zip(columns["seed"].tolist(), columns["fold"].tolist(), strict=True))
    streams = list(dict.fromkeys(keys))
    index = {key: i for i, key in enumerate(streams)}
    chosen = [folds[key] for key in streams]
    starts = np.cumsum([0] + [len(fold.x) for fold in chosen])
    train, val = (
        np.stack(
            [getattr(fold, which) + start for fold, start in zip(chosen, starts, strict=False)],
            axis=1,
        )
        for which in ("train", "val")
    )
    runs = Runs(
        parameters=_by_lane(state.parameters, width, dtype),
        memory=_by_lane(state.memory, width, dtype),
        l1=_by_lane(_penalties(spec, net, columns, "l1"), width, dtype),
        l2=_by_lane(_penalties(spec, net, columns, "l2"), width, dtype),
        rate=_by_lane(columns["lr"], width, dtype),
        momentum=_by_lane(columns["momentum"], width, dtype),
        streams=_by_lane(np.array([index[key] for key in keys]), width, np.dtype(np.int64)),
    )
    return Packs(
        net,
        runs,
        np.concatenate([fold.x for fold in chosen]).astype(dtype),
        np.concatenate([fold.y for fold in chosen]).astype(dtype),
        np.concatenate([fold.weight for fold in chosen]).astype(dtype),
        train,
        val,
        BatchOrder(train, streams, shuffled=0 < spec.batch_size < samples),
        len(keys),
        spec.l1_method == "proximal",
        freeze,
    )


def shape_of(spec: Sweep, widths: tuple[int, ...], samples: int, freeze: bool) -> tuple[bool, int]:
    """Return whether a network is frozen, and the lane width of its packs; see `pack`."""
    frozen = freeze and freezes(widths, samples, min(spec.batch_size or samples, samples))
    # A tiny network waits for results: two vectors a value hide the wait, if registers are free.
    vectors = 2 if frozen and vector_registers() == 32 else 1
    return frozen, lanes(spec.precision, vectors)


def _by_lane(values: np.ndarray, width: int, dtype: np.dtype) -> np.ndarray:
    count = values.shape[-1]
    packs = -(-count // width)
    lane = np.minimum(np.arange(packs * width), count - 1)
    out = aligned_zeros((packs, *values.shape[:-1], width), dtype)
    out[...] = np.moveaxis(values[..., lane].reshape(*values.shape[:-1], packs, width), -2, 0)
    return out


def _penalties(spec: Sweep, net: Network, columns: dict[str, np.ndarray], kind: str) -> np.ndarray:
    """Return the penalty of one kind on each parameter, shape (2 * layers, runs)."""
    placement = spec.l1_on if kind == "l1" else spec.l2_on
    nothing = np.zeros_like(columns[kind])
    return np.stack(
        [
            columns.get(f"{kind}_{name}", columns[kind] if name in placement else nothing)
            for name in net.names
        ]
    )

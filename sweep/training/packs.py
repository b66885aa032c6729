"""Runs as packs: what the kernels need to train a set of runs side by side."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kernels.choice import Choice
from kernels.lane.lanes import aligned_zeros
from kernels.network import Network
from kernels.runs import Runs
from kernels.samples import Samples
from kernels.scoring import Truth
from sweep.data.fold import Fold
from sweep.gpus import OnGpu
from sweep.specification.axes import along
from sweep.specification.choices import hyper_of
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import shape_of, step_of
from sweep.training.draws import BatchOrder, dropout_key
from sweep.training.state import State

#: Parameters copied at a time: those of a pack stay in the cache from lane to lane.
_BLOCK = 4096


class Folds(NamedTuple):
    """The data of some seeds and folds, a stream for each; their parts are of one size.

    Attributes
    ----------
    x, y, weight, loss_weight : ndarray
        Samples of all streams, one below the other: inputs, what the loss takes as true, what each
        counts in the metrics and in the loss, which is one array where it is the same.
    truth : Truth, optional
        The same in its own unit, where numbers are predicted.
    train, val, test : ndarray of int64, shape (samples, streams)
        Their rows in x.
    number : dict of (seed, fold) to int
        Which stream the runs of a seed and fold read; a third number is that of an outer fold.
    drawn : list of (seed, fold)
        What the order of each stream's batches is drawn from.
    first_losses : dict
        Losses of networks that have learnt nothing yet, see `sweep.training.measures.first_loss`.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    loss_weight: np.ndarray
    truth: Truth | None
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    number: dict[tuple[int, ...], int]
    drawn: list[tuple[int, ...]]
    first_losses: dict[tuple[float, ...], float]

    @classmethod
    def of(cls, spec: Specification, folds: Mapping[tuple[int, ...], Fold]) -> "Folds":
        """Return the streams of these seeds and folds."""
        dtype = np.dtype(spec.precision)
        chosen = list(folds.values())
        starts = np.cumsum([0] + [len(fold.X) for fold in chosen])
        x = chosen[0].X
        if len(chosen) > 1 or chosen[0].scaled or x.dtype != dtype or not x.flags.c_contiguous:
            # Large data are here once a stream, and nowhere else.
            x = np.empty((starts[-1], x.shape[1]), dtype)
            for fold, start in zip(chosen, starts, strict=False):
                fold.write_inputs(x[start : start + len(fold.X)])
        train, val, test = (
            np.column_stack(
                [getattr(fold, which) + start for fold, start in zip(chosen, starts, strict=False)]
            )
            if len(chosen) > 1
            else getattr(chosen[0], which)[:, None]
            for which in ("train", "val", "test")
        )
        weight = _below([fold.weight for fold in chosen], dtype)
        balanced = any(fold.by_class is not None for fold in chosen)
        return cls(
            x,
            _below([fold.targets for fold in chosen], dtype),
            weight,
            _below([fold.loss_weight for fold in chosen], dtype) if balanced else weight,
            _truth(chosen),
            train,
            val,
            test,
            {key: i for i, key in enumerate(folds)},
            list(folds),
            {},
        )

    def samples(self, order: np.ndarray, *, of_loss: bool = False) -> Samples:
        """Return the data as metrics count them, or the loss, to be read in this order."""
        return Samples(self.x, self.y, self.loss_weight if of_loss else self.weight, order)

    def order(self, spec: Specification, chosen: np.ndarray | None = None) -> BatchOrder:
        """Return the order of the batches of some streams, or of all, from the first epoch on."""
        shuffled = spec.shuffles and 0 < spec.batch_size < len(self.train)
        if chosen is None:
            return BatchOrder.of(self.train, self.drawn, shuffled)
        return BatchOrder.of(self.train[:, chosen], [self.drawn[i] for i in chosen], shuffled)


def _below(arrays: Sequence[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """Return arrays one below the other; one alone is not copied unless it must be."""
    if len(arrays) > 1:
        return np.concatenate(arrays, dtype=dtype)
    return np.ascontiguousarray(arrays[0], dtype)


def _truth(folds: Sequence[Fold]) -> Truth | None:
    """Return what is true in its own unit, a stream a fold; None unless numbers are predicted."""
    units = [fold.unit for fold in folds if fold.unit is not None]
    if not units:
        return None
    centre, scale = map(np.stack, zip(*units, strict=True))
    return Truth(_below([fold.y for fold in folds], folds[0].y.dtype), centre, scale)


class Packs(NamedTuple):
    """Runs side by side, and their data.

    Attributes
    ----------
    net : Network
    runs : Runs
    folds : Folds
    order : BatchOrder
    size : int
        Runs; lanes beyond it repeat the last one.
    step : Choice
        How their parameters move.
    dropping : bool
        Whether hidden units are dropped while they learn, if the network has dropout.
    frozen : bool
        Whether the code is for this very network.
    gpu : OnGpu, optional
        What trains them; the processor unless given.
    """

    net: Network
    runs: Runs
    folds: Folds
    order: BatchOrder
    size: int
    step: Choice
    dropping: bool
    frozen: bool
    gpu: OnGpu | None = None

    @property
    def weights(self) -> np.ndarray:
        """The trained parameters, shape (packs, parameters, lanes)."""
        return self.step.trained(self.runs.parameters, self.runs.memory)

    def by_run(self, values: np.ndarray) -> np.ndarray:
        """Lay ``values [pack, ..., lane]`` out as ``[..., run]``."""
        together = _together(values.dtype, values.shape[-1])
        by_pack = np.moveaxis(values.view(together)[..., 0], 0, -1)
        return np.ascontiguousarray(by_pack).view(values.dtype)[..., : self.size]

    def at_rate(self, factor: np.ndarray | float) -> "Packs":
        """Return the same runs at their learning rates times a factor, or one of each lane."""
        rate = self.runs.rate
        slowed = rate * np.asarray(factor, dtype=rate.dtype)
        return self._replace(runs=self.runs._replace(rate=slowed))

    def take(self, lanes: np.ndarray) -> "Packs":
        """Return copies of some of the lanes, as packs of their own."""
        width = self.runs.parameters.shape[-1]
        count = -(-len(lanes) // width)
        padded = lanes[np.minimum(np.arange(count * width), len(lanes) - 1)]
        runs = Runs(*(aligned_zeros((count, *of.shape[1:]), of.dtype) for of in self.runs))
        for to, of in zip(runs, self.runs, strict=True):
            copy_lanes(to, np.arange(len(padded)), of, padded)
        return self._replace(runs=runs, size=len(lanes))


class Group(NamedTuple):
    """Runs that may be packed together: their parts are of one size.

    Attributes
    ----------
    spec : Specification
    net : Network
    columns : dict of str to ndarray, shape (runs,)
        Their places in the grid.
    folds : Folds
        The data of their seeds and folds.
    freeze : bool
        Whether there is work enough to compile code for this very network, if it is tiny.
    of : int
        How many runs are trained in all, of which these are some.
    gpu : OnGpu, optional
        What trains them; the processor unless given.
    heard : callable, optional
        Told at once what is recorded for the history.
    """

    spec: Specification
    net: Network
    columns: dict[str, np.ndarray]
    folds: Folds
    freeze: bool
    of: int
    gpu: OnGpu | None = None
    heard: Callable[[Mapping[str, np.ndarray]], None] | None = None

    @property
    def size(self) -> int:
        """How many runs."""
        return len(self.columns["l1"])

    @property
    def width(self) -> int:
        """How many fit a pack."""
        return self._shape[1]

    @property
    def _shape(self) -> tuple[bool, int]:
        widths = tuple(self.net.widths.tolist())
        return shape_of(self.spec, widths, len(self.folds.train), self.freeze, self.of)

    def pack(self, index: np.ndarray, state: State) -> Packs:
        """Pack some of the runs, in the state in which they stand."""
        spec, net, folds = self.spec, self.net, self.folds
        columns = {name: values[index] for name, values in self.columns.items()}
        dtype = np.dtype(spec.precision)
        freeze, width = self._shape
        keys, place = distinct(columns)
        numbers = np.array([folds.number[key] for key in keys])[place]

        def hyper(option: str) -> np.ndarray:
            """Lay out what a chosen step or activation takes beside the learning rate."""
            names = hyper_of(option, spec)
            values = np.zeros((len(names), len(index)))
            for row, name in zip(values, names, strict=True):
                row[...] = along(spec, columns, name, len(index))
            return _by_lane(values, width, dtype)

        step, dropped = step_of(spec), along(spec, columns, "dropout", len(index))
        parameters = _by_lane(state.parameters, width, dtype)
        memory = state.memory
        runs = Runs(
            parameters=parameters,
            memory=step.start(parameters) if memory is None else _by_lane(memory, width, dtype),
            l1=_by_lane(_penalties(spec, net, columns, "l1"), width, dtype),
            l2=_by_lane(_penalties(spec, net, columns, "l2"), width, dtype),
            l21=_by_lane(along(spec, columns, "l21", len(index)), width, dtype),
            rate=_by_lane(columns["lr"], width, dtype),
            factor=_by_lane(np.ones(len(index)), width, dtype),
            step_hyper=hyper("optimizer"),
            activation_hyper=hyper("activation"),
            words=_by_lane(_words(folds, numbers, dropped), width, np.dtype(np.uint32)),
            scale=_by_lane(1 / (1 - dropped), width, dtype),
            epoch=_by_lane(np.full(len(index), state.epochs), width, np.dtype(np.uint32)),
            streams=_by_lane(numbers, width, np.dtype(np.int64)),
        )
        order = folds.order(spec)
        return Packs(net, runs, folds, order, len(index), step, True, freeze, self.gpu)


def distinct(columns: Mapping[str, np.ndarray]) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """Return the different seeds and folds, see `Folds`, and which of them each run has."""
    parts = [columns[name] for name in ("seed", "fold", "outer") if name in columns]
    _, number = np.unique(parts[0], return_inverse=True)
    for folds in parts[1:]:
        number = number * (int(folds.max()) + 1) + folds
    _, first, place = np.unique(number, return_index=True, return_inverse=True)
    return list(zip(*(part[first].tolist() for part in parts), strict=True)), place


def copy_lanes(to: np.ndarray, there: np.ndarray, of: np.ndarray, here: np.ndarray) -> None:
    """Copy lanes of an array ``[pack, ..., lane]`` to lanes of another, in place."""
    width = to.shape[-1]
    to, of = (array.reshape(len(array), -1, width).swapaxes(1, 2) for array in (to, of))
    (pack, lane), (of_pack, of_lane) = np.divmod(there, width), np.divmod(here, width)
    for first in range(0, to.shape[-1], _BLOCK):
        block = slice(first, first + _BLOCK)
        to[pack, lane, block] = of[of_pack, of_lane, block]


def _by_lane(values: np.ndarray, width: int, dtype: np.dtype) -> np.ndarray:
    count = values.shape[-1]
    packs = -(-count // width)
    if packs * width > count:
        values = values[..., np.minimum(np.arange(packs * width), count - 1)]
    together = _together(dtype, width)
    out = aligned_zeros((packs, *values.shape[:-1], width), dtype)
    by_pack = np.ascontiguousarray(values, dtype).view(together)
    out.view(together)[..., 0] = np.moveaxis(by_pack, -1, 0)
    return out


def _together(dtype: np.dtype, width: int) -> np.dtype:
    """Return a dtype for the lanes of a pack, by which they are copied as one."""
    return np.dtype((np.void, width * dtype.itemsize))


def _words(folds: Folds, streams: np.ndarray, dropped: np.ndarray) -> np.ndarray:
    """Return `Runs.words` of runs of some streams that drop a share of their units, (3, runs)."""
    if not dropped.any():
        return np.zeros((3, len(streams)), dtype=np.uint32)
    used, place = np.unique(streams, return_inverse=True)
    keys = np.stack([dropout_key(*folds.drawn[stream][:2]) for stream in used.tolist()], axis=1)
    bounds = (dropped * 2**32).astype(np.uint32)
    return np.concatenate([keys[:, place], bounds[None]])


def _penalties(
    spec: Specification, net: Network, columns: dict[str, np.ndarray], kind: str
) -> np.ndarray:
    """Return the penalty of one kind on each parameter, shape (2 * layers, runs)."""
    placement = spec.l1_on if kind == "l1" else spec.l2_on
    nothing = np.zeros_like(columns[kind])
    return np.stack(
        [
            columns.get(f"{kind}_{name}", columns[kind] if name in placement else nothing)
            for name in net.names
        ]
    )

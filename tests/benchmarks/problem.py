"""What all peers train: runs of one seed that differ in their penalties, as plain arrays.

One seed, because sharing the batches and the initial weights helps those that can.
"""

from typing import NamedTuple

import numpy as np

from kernels import reference
from kernels.network import Network
from sweep.commands.fixed_work import Trainer
from sweep.sweep import Sweep


class Problem(NamedTuple):
    """Runs to train; all networks have three layers of weights.

    Attributes
    ----------
    name : str
    spec : Sweep
        The whole grid.
    net : Network
    epochs : int
    x : ndarray, shape (samples, inputs)
    y : ndarray of int64, shape (samples,)
    order : ndarray of int64, shape (steps, batch)
        Rows of x that each step reads.
    initial : list of ndarray
        w1, b1, ..., b3, with weights ``[output, input]``; the same for all runs.
    runs : ndarray of int64
        Numbers of the runs in the grid.
    l1, l2 : ndarray, shape (runs, 6)
        Penalty of each parameter.
    rate, momentum : float
    """

    name: str
    spec: Sweep
    net: Network
    epochs: int
    x: np.ndarray
    y: np.ndarray
    order: np.ndarray
    initial: list[np.ndarray]
    runs: np.ndarray
    l1: np.ndarray
    l2: np.ndarray
    rate: float
    momentum: float

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.net.widths.tolist())

    @property
    def precision(self) -> str:
        return self.x.dtype.name

    def take(self, count: int) -> "Problem":
        """Return so many of the runs, from all over the grid."""
        return self.pick(np.linspace(0, len(self.runs) - 1, count).astype(int))

    def split(self, parts: int) -> "list[Problem]":
        """Divide the runs among workers."""
        return [self.pick(some) for some in np.array_split(np.arange(len(self.runs)), parts)]

    def pick(self, index: np.ndarray) -> "Problem":
        return self._replace(runs=self.runs[index], l1=self.l1[index], l2=self.l2[index])

    def flat(self, parameters: list[np.ndarray]) -> np.ndarray:
        """Lay parameters, as ``initial`` has them, out as regsweep does."""
        return np.concatenate([np.asarray(p, np.float64).ravel() for p in parameters])

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """Return the loss with penalties of each row of ``weights [run, parameter]``."""
        found = []
        for flat, l1, l2 in zip(weights.astype(np.float64), self.l1, self.l2, strict=True):
            net = self.net
            p = {name: flat[net.place(name)].reshape(net.shape(name)) for name in net.names}
            penalties = (dict(zip(net.names, each.tolist(), strict=True)) for each in (l1, l2))
            logits = reference.forward(p, self.x.astype(np.float64))[-1]
            loss = reference.cross_entropy(logits, self.y, np.ones(len(self.y)))
            found.append(loss + reference.penalty(p, reference.Settings(*penalties)))
        return np.array(found)


def problem(name: str, spec: Sweep, epochs: int) -> Problem:
    """Take the runs of a sweep; its seed must be one, and its batches of one size."""
    grid = Trainer(spec, range(len(spec.l1) * len(spec.l2)), epochs)
    packs, samples = grid.packs, grid.samples
    net = packs.net
    first = packs.by_run(packs.runs.parameters)[:, 0]
    rows = np.resize(samples.order[:, :, 0], (epochs, samples.order.shape[1]))
    return Problem(
        name=name,
        spec=spec.replace(epochs=epochs),
        net=net,
        epochs=epochs,
        x=samples.x,
        y=samples.y[:, 0].astype(np.int64),
        order=rows.reshape(-1, grid.batch),
        initial=[first[net.place(p)].reshape(net.shape(p)) for p in net.names],
        runs=np.arange(packs.size),
        l1=packs.by_run(packs.runs.l1).T,
        l2=packs.by_run(packs.runs.l2).T,
        rate=spec.lr[0],
        momentum=spec.momentum[0],
    )


def problems() -> list[Problem]:
    """Return the work that is compared."""
    many, some, few = ("0,1e-4:1e-1:log127", "0,1e-4:1e-1:log15", "0,1e-4:1e-1:log7")
    found = [problem("article, float64", Sweep(l1=many, l2=many, seeds=42), 1000)]
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    same = {"l1_method": "subgradient", "val_fraction": 0, "seeds": 42}  # as peers train
    digits = Sweep(data=(x[:1440], y[:1440]), l1=some, l2=some, **same)
    x = np.random.RandomState(0).standard_normal((1024, 784))
    images = Sweep(
        data=(x, np.arange(1024) % 10),
        hidden=(300, 100),
        batch_size=128,
        l1=few,
        l2="0,1e-3,1e-2,1e-1",
        **same,
    )
    for name, spec, epochs in (("digits", digits, 10), ("784-300-100-10", images, 3)):
        for precision in ("float64", "float32"):
            found.append(problem(f"{name}, {precision}", spec.replace(precision=precision), epochs))
    return found

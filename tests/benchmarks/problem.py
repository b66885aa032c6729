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
        The whole grid; its loss is told.
    net : Network
    epochs : int
    x : ndarray, shape (samples, inputs)
    y : ndarray
        Classes, int64 (samples,), or numbers, (samples, outputs), as the loss takes them.
    order : ndarray of int64, shape (steps, batch)
        Rows of x that each step reads.
    initial : list of ndarray
        w1, b1, ..., b3, with weights ``[output, input]``; the same for all runs.
    runs : ndarray of int64
        Numbers of the runs in the grid.
    l1, l2 : ndarray, shape (runs, 6)
        Penalty of each parameter.
    rate, momentum, beta2, epsilon : float
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
    beta2: float
    epsilon: float

    @property
    def plain(self) -> bool:
        """Whether it is what loops written out by hand know: classes, ReLU, Nesterov."""
        chosen = self.spec.loss, self.spec.activation, self.spec.optimizer
        return chosen == ("cross_entropy", "relu", "nesterov")

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
            settings = reference.Settings(*penalties, activation=self.spec.activation)
            outputs = reference.forward(p, self.x.astype(np.float64), settings)[-1]
            loss = reference.mean_loss(outputs, self.y, np.ones(len(self.y)), str(self.spec.loss))
            found.append(loss + reference.penalty(p, settings))
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
        y=samples.y if net.loss.BY_OUTPUT else samples.y[:, 0].astype(np.int64),
        order=rows.reshape(-1, grid.batch),
        initial=[first[net.place(p)].reshape(net.shape(p)) for p in net.names],
        runs=np.arange(packs.size),
        l1=packs.by_run(packs.runs.l1).T,
        l2=packs.by_run(packs.runs.l2).T,
        rate=spec.lr[0],
        momentum=spec.momentum[0],
        beta2=spec.beta2[0],
        epsilon=spec.epsilon[0],
    )


def problems() -> list[Problem]:
    """Return the work that is compared."""
    many, some, few = ("0,1e-4:1e-1:log127", "0,1e-4:1e-1:log15", "0,1e-4:1e-1:log7")
    found = [problem("article, float64", Sweep(l1=many, l2=many, seeds=42), 1000)]
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    # As peers train; whole batches of digits and of the 10,000 rows.
    same = {"l1_method": "subgradient", "val_fraction": 0, "seeds": 42}
    digits = Sweep(data=(x[:1440], y[:1440]), loss="cross_entropy", l1=some, l2=some, **same)
    draw = np.random.RandomState(0)
    images = Sweep(
        data=(draw.standard_normal((1024, 784)), np.arange(1024) % 10),
        loss="cross_entropy",
        hidden=(300, 100),
        batch_size=128,
        l1=few,
        l2="0,1e-3,1e-2,1e-1",
        **same,
    )
    adam = {"optimizer": "adam", "lr": 0.001}
    x = draw.standard_normal((9984, 20))
    y = x @ draw.standard_normal(20) + x[:, 0] * x[:, 1] + draw.standard_normal(9984)
    regression = Sweep(
        data=(x, y),
        loss="squared",
        hidden=(64, 32),
        activation="tanh",
        batch_size=128,
        l1=some,
        l2=some,
        **adam,
        **same,
    )
    work = (
        ("digits", digits, 10),
        ("784-300-100-10", images, 3),
        ("adam", digits.replace(**adam), 10),
        ("regression", regression, 2),
    )
    for name, spec, epochs in work:
        for precision in ("float64", "float32"):
            found.append(problem(f"{name}, {precision}", spec.replace(precision=precision), epochs))
    return found

"""What a seed draws: initial weights, and the order of the batches.

Every draw but the article's comes from a generator of its own, named after what it is for, so that
one of them never moves another.
"""

from collections.abc import Iterable

import numpy as np

from kernels.network import Network
from sweep.data.article import plain_generator
from sweep.seeded import generator
from sweep.specification.spec import Specification


def initial_weights(net: Network, spec: Specification, seed: int) -> np.ndarray:
    """Draw a network's initial parameters, shape (net.size,); biases are 0.

    "uniform" weights are uniform on [0, 1), from ``RandomState(seed)``; the article draws its
    sample from it first. "he" weights are normal with variance 2 / inputs (He et al., 2015).
    """
    parameters = np.zeros(net.size)
    he = spec.init == "he"
    draw = generator(seed, "initial weights") if he else plain_generator(spec.data, seed)
    for name in net.names[0::2]:
        shape = net.shape(name)
        if he:
            weights = draw.standard_normal(shape) * np.sqrt(2 / shape[1])
        else:
            weights = draw.random_sample(shape)
        parameters[net.place(name)] = weights.ravel()
    return parameters


def dropout_key(seed: int, fold: int) -> np.ndarray:
    """Draw the key of which units a run drops: two words of 32 bits, uint32 (2,).

    It is that of a seed and fold, as the order of the batches is.
    """
    draw = generator(seed, "dropout", str(fold))
    return draw.randint(0, 2**32, size=2, dtype=np.uint32)


class BatchOrder:
    """The order in which a run reads its samples, epoch after epoch.

    Parameters
    ----------
    rows : ndarray of int64, shape (samples, streams)
        Rows of the training part of each stream.
    generators : list of RandomState
        What draws each stream's orders; empty where every epoch has the order of the rows.
    """

    def __init__(self, rows: np.ndarray, generators: list[np.random.RandomState]) -> None:
        self._rows = rows
        self.generators = generators

    @classmethod
    def of(
        cls, rows: np.ndarray, streams: Iterable[tuple[int, ...]], shuffled: bool
    ) -> "BatchOrder":
        """Return the order of streams, each a seed and a fold, from the first epoch on."""
        named = [(seed, str(fold)) for seed, fold, *_ in streams if shuffled]
        drawn = [generator(seed, "batch order", fold) for seed, fold in named]
        return cls(rows, drawn)

    @property
    def streams(self) -> int:
        """How many there are."""
        return self._rows.shape[1]

    def beside(self, other: "BatchOrder") -> "BatchOrder":
        """Return these streams and, after them, others that may be at other epochs."""
        rows = np.concatenate([self._rows, other._rows], axis=1)
        return BatchOrder(rows, self.generators + other.generators)

    def take(self, chosen: np.ndarray) -> "BatchOrder":
        """Return some of the streams, where they are."""
        drawn = [self.generators[i] for i in chosen] if self.generators else []
        return BatchOrder(self._rows[:, chosen], drawn)

    def next(self, epochs: int) -> np.ndarray:
        """Draw the order of the next epochs, shape (epochs, samples, streams)."""
        if not self.generators:
            return self._rows[None]
        samples, streams = self._rows.shape
        order = np.empty((epochs, streams, samples), dtype=np.int64)
        order[...] = self._rows.T
        for of_epoch in order:
            for of_stream, draw in zip(of_epoch, self.generators, strict=True):
                draw.shuffle(of_stream)
        return order.swapaxes(1, 2)

    def skip(self, epochs: int) -> None:
        """Draw the order of some epochs that were trained before, for nothing."""
        if self.generators:
            self.next(epochs)

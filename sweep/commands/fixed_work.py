"""Fixed work to measure machines by: runs of a sweep, packed the way its tasks pack them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kernels.training import train
from sweep.data.fold import Fold, fold_of
from sweep.plan.experiment import prepare
from sweep.specification.schedule import factors
from sweep.specification.spec import Specification
from sweep.training.packs import Folds, Group
from sweep.training.task import Batch


class Work(NamedTuple):
    """Something to train; without widths, the article's experiment."""

    name: str
    widths: tuple[int, ...] = ()
    samples: int = 1
    batch: int = 1


PRECISIONS = ("float64", "float32")

#: As many as digits trains on by default, and whole batches of images.
DIGITS, IMAGES = 1437, 512

WORKS = (
    Work("article"),
    Work("64-32-16-10, batch 32", (64, 32, 16, 10), DIGITS, 32),
    Work("64-128-64-10, batch 32", (64, 128, 64, 10), DIGITS, 32),
    Work("784-300-100-10, batch 32", (784, 300, 100, 10), IMAGES, 32),
    Work("784-300-100-10, batch 128", (784, 300, 100, 10), IMAGES, 128),
    Work("64-10, batch 32", (64, 10), DIGITS, 32),
)


def specification(work: Work, precision: str) -> Specification:
    """Return the sweep that some work is taken from: on random data, if not the article's."""
    if not work.widths:
        return Specification(precision=precision, seeds=range(64))
    inputs, *hidden, classes = work.widths
    x = np.random.RandomState(0).standard_normal((work.samples, inputs))
    return Specification(
        data=(x, np.arange(work.samples) % classes),
        hidden=hidden or "none",
        batch_size=work.batch,
        l1_method="subgradient",
        val_fraction=0,
        seeds=0,
        precision=precision,
    )


def flops(widths: tuple[int, ...]) -> int:
    """Return the floating-point operations of training on a sample that are counted.

    Two for each multiply-add of forward, of the weights' gradients, and of backward, which does
    not go into the inputs. Biases, exp, penalties and step count nothing.
    """
    products = [a * b for a, b in pairwise(widths)]
    return 2 * (2 * sum(products) + sum(products[1:]))


class Trainer:
    """Runs of a sweep, packed; called, it trains them from their initial weights.

    Parameters
    ----------
    spec : Specification
    numbers : sequence of int
        Which runs, all of one size of fold.
    epochs : int
    """

    def __init__(
        self, spec: Specification, numbers: Sequence[int] | np.ndarray, epochs: int
    ) -> None:
        spec, dataset, plan = prepare(spec)
        runs = Batch(plan, dataset, np.asarray(numbers), stopped=lambda: False)
        seeds, folds = (runs.columns[name].tolist() for name in ("seed", "fold"))
        data: dict[tuple[int, ...], Fold] = {
            key: fold_of(spec, dataset, *key)
            for key in dict.fromkeys(zip(seeds, folds, strict=True))
        }
        parts = Folds.of(spec, data)
        group = Group(spec, runs.net, runs.columns, parts, freeze=True, of=len(numbers))
        packs = group.pack(np.arange(group.size), runs.drawn())
        self.packs, self.epochs, self.batch = packs, epochs, spec.batch_size or len(parts.train)
        self.samples = parts.samples(np.ascontiguousarray(packs.order.next(epochs)))
        self._factors = factors(spec, np.arange(epochs), len(parts.train))
        self._begin = packs.runs.parameters.copy(), packs.runs.memory.copy()

    @property
    def flops(self) -> float:
        """Floating-point operations of a call."""
        packs = self.packs
        samples = packs.size * self.epochs * self.samples.order.shape[1]
        return float(samples * flops(tuple(packs.net.widths.tolist())))

    def reset(self) -> None:
        """Go back to the initial weights."""
        self.packs.runs.parameters[...], self.packs.runs.memory[...] = self._begin

    def __call__(self) -> None:
        """Train the runs on, for the epochs asked for."""
        packs = self.packs
        train(
            *(packs.net, packs.runs, self.samples, packs.step, self.batch, self.epochs),
            factors=self._factors,
            freeze=packs.frozen,
        )

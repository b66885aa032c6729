"""What leaving dead units out could save at the most: ``python -m tests.benchmarks.dead_units``.

A hidden unit is dead where the weights in and out of it are zero, and its bias is not above zero.
Of 30 penalties x 10 seeds: the share of the multiply-adds of all epochs that dead units take which
all runs of a pack have, in packs as they are and sorted by penalty; and of each run by itself.
"""

from functools import partial

import numpy as np

from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.specification.schedule import factors
from sweep.training.batch import Batch
from sweep.training.loop import finishing_batch, train_epochs
from sweep.training.packs import Packs


def dead(packs: Packs) -> np.ndarray:
    """Return which hidden units are dead, shape (units, runs)."""
    net, found = packs.net, []
    both = [packs.by_run(of) for of in (packs.runs.parameters, packs.runs.memory)]

    def matrix(name: str) -> np.ndarray:
        zero = np.logical_and(*(of[net.place(name)] == 0 for of in both))
        return zero.reshape(*net.shape(name), -1)

    for layer in range(1, net.layers):
        entering, leaving = matrix(f"w{layer}").all(axis=1), matrix(f"w{layer + 1}").all(axis=0)
        silent = np.logical_and(*(of[net.place(f"b{layer}")] <= 0 for of in both))
        found.append(entering & leaving & silent)
    return np.concatenate(found)


def masks(data: str) -> tuple[np.ndarray, np.ndarray, tuple[int, ...], int]:
    """Return `dead` epoch by epoch, the penalties of the runs, the widths and the lanes."""
    spec, dataset, plan = prepare(Sweep(data=data, l1="auto:log30", l2=0, seeds="0:10"))
    index = np.arange(plan.grid.total)
    batch = Batch(plan, dataset, index, lambda: False)
    ((_, group),) = batch._groups(index)
    packs, found = group.pack(index, batch.drawn()), []
    for epoch in range(spec.epochs + spec.finish):
        finishing = epoch >= spec.epochs
        now = packs._replace(dropping=False, frozen=False) if finishing else packs
        size = finishing_batch(packs) if finishing else spec.batch_size
        rates = partial(factors, spec, samples=len(group.folds.train))
        train_epochs(now, size, range(epoch, epoch + 1), plan.cost.pace, lambda: False, rates)
        found.append(dead(packs))
    return np.array(found), batch.columns["l1"], plan.widths, group.width


def saved(gone: np.ndarray, widths: tuple[int, ...]) -> float:
    """Return the share of multiply-adds that units take which are ``gone [epoch, unit, ...]``."""
    inputs, first, second, outputs = widths

    def work(one: np.ndarray | int, other: np.ndarray | int) -> np.ndarray | int:
        return 2 * inputs * one + 3 * one * other + 3 * other * outputs

    left = work(first - gone[:, :first].sum(axis=1), second - gone[:, first:].sum(axis=1))
    return float(1 - np.mean(left) / work(first, second))


def main() -> None:
    """Print a line for each data set."""
    for data in ("breast_cancer", "digits"):
        gone, l1, widths, width = masks(data)
        orders = np.arange(len(l1)), np.argsort(l1, kind="stable")
        places = np.minimum(np.arange(-(-len(l1) // width) * width), len(l1) - 1)
        packs = (order[places].reshape(-1, width) for order in orders)
        as_is, by_l1 = (saved(gone[:, :, some].all(axis=-1), widths) for some in packs)
        print(f"{data}: {as_is:.3f}, by penalty {by_l1:.3f}, each run {saved(gone, widths):.3f}")


if __name__ == "__main__":
    main()

"""The rungs of successive halving: how many cells train at each, and for how long.

As scikit-learn's HalvingGridSearchCV, with epochs as the resource. The last rung has all of them,
and each before it 1 / eta of those of the next, rounded down; 1 / eta of the cells go on, rounded
up. There are as many rungs as leave a cell and an epoch: with 64 cells, 100 epochs and an eta of 3,
64 cells train to epoch 3, 22 to 11, 8 to 33 and 3 to 100.
"""

from itertools import pairwise

from results.labels import counted


def rungs(cells: int, epochs: int, eta: int) -> list[tuple[int, int]]:
    """Return the cells that train at each rung, and the epochs they have had after it."""
    count = 1 + min(_log(cells, eta), _log(max(epochs, 1), eta))
    return [(-(-cells // eta**i), epochs // eta ** (count - 1 - i)) for i in range(count)]


def said(ladder: list[tuple[int, int]]) -> str:
    """Write rungs as text: ``64 cells to epoch 3, 22 to 11, 8 to 33, 3 to 100``."""
    (cells, epochs), *rest = ladder
    begun = f"{counted(cells, 'cell')} to epoch {epochs:,}"
    return ", ".join([begun, *(f"{count:,} to {after:,}" for count, after in rest)])


def share(cells: int, epochs: int, eta: int) -> float:
    """Return the share of the epochs of all cells that are trained."""
    ladder = rungs(cells, epochs, eta)
    trained = [0, *(after for _, after in ladder)]
    steps = (count * (b - a) for (count, _), (a, b) in zip(ladder, pairwise(trained), strict=True))
    return sum(steps) / (cells * max(epochs, 1))


def _log(number: int, base: int) -> int:
    """Return the integral part of a logarithm."""
    power = 0
    while base ** (power + 1) <= number:
        power += 1
    return power

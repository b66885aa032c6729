"""The rungs of successive halving: how many cells train at each, and for how long.

As scikit-learn's HalvingGridSearchCV, with epochs as the resource: at each rung 1 / eta of the
cells go on, to eta times the epochs, and the last rung has them all.
"""

from itertools import pairwise


def rungs(cells: int, epochs: int, eta: int) -> list[tuple[int, int]]:
    """Return the cells that train at each rung, and the epochs they have had after it."""
    count = 1 + min(_log(cells, eta), _log(max(epochs, 1), eta))
    return [(-(-cells // eta**i), epochs // eta ** (count - 1 - i)) for i in range(count)]


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

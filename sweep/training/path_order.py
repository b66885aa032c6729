"""Which run comes after which on a regularisation path, and which before."""

import numpy as np

from kernels.network import Network
from sweep.plan.plan import Plan
from sweep.training.rows import Columns


def following(plan: Plan, columns: Columns) -> dict[int, int]:
    """Return which of some runs comes after each on its path, by their places in ``columns``."""
    if not plan.spec.path:
        return {}
    axis = plan.grid.axes[plan.spec.path]
    towards = {"up": 1, "down": -1, "cold": 0}
    step = np.array([towards[order] for order in columns["path"].tolist()])
    value = np.searchsorted(axis, columns[plan.spec.path]) + step
    goes_on = np.flatnonzero((step != 0) & (value >= 0) & (value < len(axis)))
    then = {name: values[goes_on] for name, values in columns.items()}
    numbers = plan.grid.numbers({**then, plan.spec.path: axis[value[goes_on]]})
    place = {run: i for i, run in enumerate(columns["run"].tolist())}
    pairs = zip(goes_on.tolist(), numbers.tolist(), strict=True)
    return {i: place[run] for i, run in pairs if run in place}


def places(plan: Plan, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Return at which step of its path each run is, and the number of the path.

    That of a path is the number of its run at the smallest penalty.
    """
    name = str(plan.spec.path)
    axis = plan.grid.axes[name]
    place = np.searchsorted(axis, columns[name])
    step = np.where(columns["path"] == "down", len(axis) - 1 - place, place)
    path = plan.grid.numbers({**columns, name: np.full(len(place), axis[0])})
    return step, path


def whole_paths(plan: Plan, numbers: np.ndarray) -> np.ndarray:
    """Return some runs with all others of their paths, in grid order."""
    if not plan.spec.path:
        return numbers
    _, path = places(plan, plan.grid.coordinates(numbers))
    return runs_along(plan, np.unique(path), range(len(plan.grid.axes[plan.spec.path])))


def runs_along(plan: Plan, paths: np.ndarray, steps: range) -> np.ndarray:
    """Return the numbers of the runs at some steps of some paths, in grid order."""
    name = str(plan.spec.path)
    axis = plan.grid.axes[name]
    there = plan.grid.coordinates(paths)
    found = []
    for step in steps:
        place = np.where(there["path"] == "down", len(axis) - 1 - step, step)
        found.append(plan.grid.numbers({**there, name: axis[place]}))
    return np.sort(np.concatenate(found))


def nothing_to_go_on_with(net: Network, effective: np.ndarray) -> np.ndarray:
    """Tell of which networks no more could be learnt: hidden layers, and nothing passes them.

    A gradient of zero is all that such weights have: they are a stationary point, whatever the
    penalty. ``effective`` are each one's weights on a path from an input to an output.
    """
    return (effective == 0) & (net.layers > 1)


def leading_to(plan: Plan, numbers: np.ndarray) -> np.ndarray:
    """Return the numbers of some runs and of those before them on their paths, in grid order."""
    if not plan.spec.path:
        return np.unique(numbers)
    name = plan.spec.path
    axis = plan.grid.axes[name]
    before = {"up": np.less_equal, "down": np.greater_equal, "cold": np.equal}
    found = []
    for run in numbers:
        place = plan.grid.coordinates(np.array([run]))
        values = axis[before[str(place["path"][0])](axis, place[name])]
        same = {other: np.repeat(value, len(values)) for other, value in place.items()}
        found.append(plan.grid.numbers({**same, name: values}))
    return np.unique(np.concatenate(found))

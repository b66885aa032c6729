"""Fits on arrays: rows and a grid in, trained networks out, side by side in the lanes."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from sweep.data.counts import balanced
from sweep.data.dataset import Dataset
from sweep.data.fold import Fold, deepest
from sweep.data.scaling import fit
from sweep.data.splits import split
from sweep.data.unit import unit_of
from sweep.errors import InputError
from sweep.estimators.aims import Aim
from sweep.plan.plan import Plan
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import planned_network
from sweep.training.draws import initial_weights
from sweep.training.loop import Trained, train_runs
from sweep.training.packs import Folds, Group
from sweep.training.patience import Patience
from sweep.training.state import State


class Portion(NamedTuple):
    """What a fit learns from, and the seed of all that it draws.

    Attributes
    ----------
    fold : Fold
        Its samples; a class is numbered by its place in ``classes``.
    classes : ndarray of int64
        Numbers of those that occur, sorted; empty where no class is predicted.
    outputs : int
    seed : int
    """

    fold: Fold
    classes: np.ndarray
    outputs: int
    seed: int


class Fit(NamedTuple):
    """What a fit gives.

    Attributes
    ----------
    spec : Specification
        What it was trained by, with one value of all that shapes the network and its step.
    widths : tuple of int
    parameters : ndarray, shape (parameters,)
    metrics : dict of str to float
        The columns of the table that training gives.
    history : list of dict
        The metrics of each recorded epoch.
    seconds : float
        Its share of the time that it took with those beside it.
    """

    spec: Specification
    widths: tuple[int, ...]
    parameters: np.ndarray
    metrics: dict[str, float]
    history: list[dict[str, float]]
    seconds: float

    @property
    def finite(self) -> bool:
        """Whether training has not diverged."""
        finite = np.isfinite(self.metrics["final_loss"]) and np.isfinite(self.parameters).all()
        return bool(finite)


def portion(
    spec: Specification, X: np.ndarray, aim: Aim, weight: np.ndarray, rows: np.ndarray, seed: int
) -> Portion:
    """Return what a fit on some rows learns from, and what it holds out where it stops early.

    Parameters
    ----------
    spec : Specification
    X : ndarray of float64, shape (samples, features)
    aim : Aim
    weight : ndarray, shape (samples,)
        A row whose weight is 0 is as good as absent; its class is not.
    rows : ndarray of int64
    seed : int
    """
    counts = weight[rows] > 0
    if not counts.any():
        raise InputError("all samples weigh nothing: give some of them a `sample_weight` above 0")
    y, classes = aim.y, np.zeros(0, dtype=np.int64)
    names: tuple[str, ...] = ()
    if not aim.targets:
        classes, numbers = np.unique(y[rows], return_inverse=True)
        names = tuple(map(str, classes))
        y = np.zeros(len(X), dtype=np.int64)
        y[rows] = numbers
    rows = rows[counts]
    features = tuple(f"x{i}" for i in range(X.shape[1]))
    dataset = Dataset("data", X, y[rows], names, features, targets=aim.targets)
    held = split(dataset, seed, 0, 0, spec.val_fraction)
    train = rows[held.train]
    if spec.patience and not len(held.val):
        raise InputError(
            f"`early_stopping` holds out nothing of so few samples (n_samples = {len(rows)}): give "
            "more, or False"
        )
    fold = Fold(X, y, weight, train, rows[held.val], rows[:0], fit(spec.scale, dataset, train))
    if spec.class_weight == "balanced":
        fold = fold._replace(by_class=balanced(y[train], weight[train], len(classes)))
    elif aim.by_class is not None:
        fold = fold._replace(by_class=aim.by_class[classes])
    if spec.task == "numbers":
        fold = fold._replace(unit=unit_of(aim.loss, y[train], weight[train]))
    return Portion(fold, classes, len(classes) or len(aim.targets), seed)


def fit_all(
    spec: Specification,
    portions: Sequence[Portion],
    then: Callable[[int, int, Fit], Any],
    n_jobs: int | None = None,
) -> list[list[Any]]:
    """Train every cell of a specification's grid on every part.

    What a fit gives depends on its part and its cell alone, and not on what else is trained.

    Parameters
    ----------
    spec : Specification
    portions : sequence of Portion
    then : callable
        Called with the number of the part, that of the cell in grid order, and the
        fit, in the thread that trained it.
    n_jobs : int, optional
        joblib's, for its threads.

    Returns
    -------
    list of list
        What ``then`` returned, by part and cell.
    """
    from joblib import Parallel, delayed

    shapes: dict[tuple[int, int, int], list[int]] = {}
    for i, (fold, _, outputs, _) in enumerate(portions):  # a pack shares network and batches
        shapes.setdefault((len(fold.train), len(fold.val), outputs), []).append(i)
    tasks: list[tuple[Plan, list[tuple[int, int]]]] = []
    for (samples, _, outputs), members in shapes.items():
        inputs = portions[0].fold.X.shape[1]
        widths = (inputs, *deepest(spec), outputs)
        whole = Plan(spec, widths, samples, "data", columns=(1,) * inputs)
        for plan, cells in whole.apart(np.arange(whole.grid.cells)):
            runs = [(i, cell) for i in members for cell in cells.tolist()]
            size = plan.tasks.runs
            tasks += [(plan, runs[first : first + size]) for first in range(0, len(runs), size)]
    stop = threading.Event()
    try:
        done = Parallel(n_jobs, require="sharedmem")(
            delayed(_task)(plan, portions, runs, then, stop.is_set) for plan, runs in tasks
        )
    finally:
        stop.set()  # joblib leaves its threads alone when it is interrupted
    found = {run: value for values in done for run, value in values.items()}
    return [
        [found[i, cell] for cell in range(tasks[0][0].grid.cells)] for i in range(len(portions))
    ]


def _task(
    plan: Plan,
    portions: Sequence[Portion],
    runs: list[tuple[int, int]],
    then: Callable[[int, int, Fit], Any],
    stopped: Callable[[], bool],
) -> dict[tuple[int, int], Any]:
    """Train these pairs of a part and a cell."""
    begun = time.perf_counter()
    spec = plan.spec
    net = planned_network(plan)
    places, cells = (np.array(numbers) for numbers in zip(*runs, strict=True))
    seeds = np.array([portions[i].seed for i in places])
    columns = {**plan.grid.coordinates(cells), "seed": seeds, "fold": places}
    used = list(dict.fromkeys(places.tolist()))
    data = Folds.of(spec, {(portions[i].seed, i): portions[i].fold for i in used})
    # A seed draws the same order for every part: a fit does not know that it is one of several.
    data = data._replace(drawn=[(portions[i].seed, 0) for i in used])
    group = Group(spec, net, columns, data, plan.worth_freezing)
    drawn = {seed: initial_weights(net, spec, seed) for seed in dict.fromkeys(seeds.tolist())}
    done: dict[tuple[int, int], Any] = {}
    histories: list[list[dict[str, float]]] = [[] for _ in runs]
    for trained in _trained(plan, group, lambda run: drawn[int(seeds[run])], stopped):
        for point in trained.history:
            for place, i in enumerate(point["index"].tolist()):
                histories[i].append({name: float(values[place]) for name, values in point.items()})
        learnt = trained.weights()
        seconds = (time.perf_counter() - begun) / len(trained.runs)
        for place, i in enumerate(trained.runs.tolist()):
            metrics = {name: values[place].item() for name, values in trained.metrics.items()}
            weights = learnt[:, place].astype(np.float64)
            part, cell = runs[i]
            own = spec.of({"leak": columns["leak"][i]}) if "leak" in columns else spec
            fit = Fit(own, plan.widths, weights, metrics, histories[i], seconds)
            done[part, cell] = then(part, cell, fit)
        begun = time.perf_counter()
    return done


def _trained(
    plan: Plan,
    group: Group,
    begin: Callable[[int], np.ndarray],
    stopped: Callable[[], bool],
) -> Iterable[Trained]:
    """Train a group, each of whose runs begins with some parameters, and yield some at a time."""
    spec = plan.spec
    if spec.stops_early:
        return Patience(
            group, begin, plan.tasks.lanes, spec.epochs, plan.cost.pace, stopped
        ).trained()
    state = State.fresh(np.stack([begin(run) for run in range(group.size)], axis=1))
    return [train_runs(group, state, spec.epochs, plan.cost.pace, stopped)]

"""Fits on arrays: rows and a grid in, trained networks out, side by side in the lanes."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
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
from sweep.training.draws import BatchOrder, initial_weights
from sweep.training.loop import Trained, train_runs
from sweep.training.packs import Folds, Group
from sweep.training.patience import Patience
from sweep.training.state import State

#: What is told of an epoch: each of the metrics of some runs, and which runs they are.
Heard = Callable[[Mapping[str, np.ndarray]], None]

#: What a fit says that has left the finite numbers.
DIVERGED = (
    "training diverged: a weight is no finite number any more; scale the inputs, or lower "
    "`learning_rate_init`, `momentum` or the penalties"
)


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
        In the precision of the fit.
    metrics : dict of str to float
        The columns of the table that training gives.
    history : list of dict
        The metrics of each recorded epoch.
    seconds : float
        Its share of the time that it took with those beside it.
    standing : callable, optional
        Gives where it stands, with what its step remembers, and the order of its batches from
        there on; None where it may have stopped early.
    """

    spec: Specification
    widths: tuple[int, ...]
    parameters: np.ndarray
    metrics: dict[str, float]
    history: list[dict[str, float]]
    seconds: float
    standing: Callable[[], tuple[State, BatchOrder]] | None = None

    @property
    def finite(self) -> bool:
        """Whether training has not diverged."""
        finite = np.isfinite(self.metrics["final_loss"]) and np.isfinite(self.parameters).all()
        return bool(finite)


class Stage(NamedTuple):
    """What is trained of a grid, how far, and from where.

    Attributes
    ----------
    cells : ndarray of int64
        Their numbers in the order of the grid.
    until : int
        Epochs that they are to have had, as many for all.
    begun : dict of (int, int) to Fit
        The fits that go on, by part and cell; all of them, or none.
    """

    cells: np.ndarray
    until: int
    begun: Mapping[tuple[int, int], Fit]


def portion(
    spec: Specification,
    X: np.ndarray,
    aim: Aim,
    weight: np.ndarray,
    rows: np.ndarray,
    seed: int,
    *,
    every: bool = False,
) -> Portion:
    """Return what a fit on some rows learns from, and what it holds out where it stops early.

    Parameters
    ----------
    spec : Specification
    X : ndarray of float64 or float32, shape (samples, features)
    aim : Aim
    weight : ndarray, shape (samples,)
        A row whose weight is 0 is as good as absent; its class is not.
    rows : ndarray of int64
    seed : int
    every : bool
        Whether to learn classes too of which no row is.
    """
    counts = weight[rows] > 0
    if not counts.any():
        raise InputError("all samples weigh nothing: give some of them a `sample_weight` above 0")
    y, classes = aim.y, np.zeros(0, dtype=np.int64)
    names: tuple[str, ...] = ()
    if not aim.targets:
        classes = np.arange(len(aim.classes)) if every else np.unique(y[rows])
        names = tuple(map(str, classes))
        if len(classes) < len(aim.classes):
            y = np.zeros(len(X), dtype=np.int64)
            y[rows] = np.searchsorted(classes, aim.y[rows])
    if not counts.all():
        rows = rows[counts]
    features = tuple(f"x{i}" for i in range(X.shape[1]))
    dataset = Dataset("data", X, y, names, features, targets=aim.targets)
    train, val = rows, np.zeros(0, dtype=np.int64)
    if spec.val_fraction:
        known = replace(dataset, y=y[rows])
        train, val = (rows[part] for part in split(known, seed, 0, 0, spec.val_fraction))
    if spec.patience and not len(val):
        raise InputError(
            f"`early_stopping` holds out nothing of so few samples (n_samples = {len(rows)}): give "
            "more, or False"
        )
    fold = Fold(X, y, weight, train, val, val[:0], fit(spec.scale, dataset, train))
    if spec.class_weight == "balanced":
        fold = fold._replace(by_class=balanced(y[train], weight[train], len(classes)))
    elif aim.by_class is not None:
        fold = fold._replace(by_class=aim.by_class[classes])
    if spec.task == "numbers":
        fold = fold._replace(unit=unit_of(aim.loss, y, weight, train))
    return Portion(fold, classes, len(classes) or len(aim.targets), seed)


def fit_all(
    spec: Specification,
    portions: Sequence[Portion],
    then: Callable[[int, int, Fit], Any],
    n_jobs: int | None = None,
    stage: Stage | None = None,
    *,
    begin: np.ndarray | None = None,
    heard: Heard | None = None,
) -> list[list[Any]]:
    """Train every cell of a specification's grid on every part, or those of a stage.

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
    stage : Stage, optional
    begin : ndarray, shape (parameters,), optional
        What every fit begins with; what its seed draws unless given.
    heard : callable, optional
        Told at once what is recorded of each epoch.

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
        numbers = np.arange(whole.grid.cells) if stage is None else stage.cells
        for plan, places in whole.apart(numbers):
            runs = [(i, cell) for i in members for cell in numbers[places].tolist()]
            size = plan.tasks.runs
            tasks += [(plan, runs[first : first + size]) for first in range(0, len(runs), size)]
    stop = threading.Event()
    try:
        done = Parallel(n_jobs, require="sharedmem")(
            delayed(_task)(plan, portions, runs, then, stop.is_set, stage, begin, heard)
            for plan, runs in tasks
        )
    finally:
        stop.set()  # joblib leaves its threads alone when it is interrupted
    found = {run: value for values in done for run, value in values.items()}
    return [[found[i, cell] for cell in numbers.tolist()] for i in range(len(portions))]


def _task(
    plan: Plan,
    portions: Sequence[Portion],
    runs: list[tuple[int, int]],
    then: Callable[[int, int, Fit], Any],
    stopped: Callable[[], bool],
    stage: Stage | None,
    begin: np.ndarray | None,
    heard: Heard | None,
) -> dict[tuple[int, int], Any]:
    """Train these pairs of a part and a cell."""
    begun = time.perf_counter()
    spec = plan.spec
    group = group_of(plan, portions, runs)._replace(heard=heard)
    seeds, columns = group.columns["seed"], group.columns
    drawn = {
        seed: initial_weights(group.net, spec, seed) if begin is None else begin
        for seed in dict.fromkeys(seeds.tolist())
    }
    done: dict[tuple[int, int], Any] = {}
    before = [stage.begun[run] for run in runs] if stage and stage.begun else []
    histories = [list(fit.history) for fit in before] or [[] for _ in runs]
    states = [fit.standing()[0] for fit in before if fit.standing]
    state = State.join(states) if states else None
    until = stage.until if stage else spec.epochs
    for trained in _trained(plan, group, lambda run: drawn[int(seeds[run])], stopped, state, until):
        for point in trained.history:
            for place, i in enumerate(point["index"].tolist()):
                histories[i].append({name: float(values[place]) for name, values in point.items()})
        learnt = trained.weights()
        seconds = (time.perf_counter() - begun) / len(trained.runs)
        stand = cache(trained.state)
        for place, i in enumerate(trained.runs.tolist()):
            metrics = {name: values[place].item() for name, values in trained.metrics.items()}
            weights = learnt[:, place].copy()
            part, cell = runs[i]
            own = spec.of({"leak": columns["leak"][i]}) if "leak" in columns else spec
            standing = None if spec.stops_early else partial(_standing, trained, stand, place)
            fit = Fit(own, plan.widths, weights, metrics, histories[i], seconds, standing)
            done[part, cell] = then(part, cell, fit)
        begun = time.perf_counter()
    return done


def group_of(plan: Plan, portions: Sequence[Portion], runs: list[tuple[int, int]]) -> Group:
    """Return pairs of a part and a cell as runs to be trained together."""
    places, cells = (np.array(numbers) for numbers in zip(*runs, strict=True))
    seeds = np.array([portions[i].seed for i in places])
    columns = {**plan.grid.coordinates(cells), "seed": seeds, "fold": places}
    used = list(dict.fromkeys(places.tolist()))
    data = Folds.of(plan.spec, {(portions[i].seed, i): portions[i].fold for i in used})
    # A seed draws the same order for every part: a fit does not know that it is one of several.
    data = data._replace(drawn=[(portions[i].seed, 0) for i in used])
    return Group(plan.spec, planned_network(plan), columns, data, plan.worth_freezing, len(runs))


def _standing(trained: Trained, stand: Callable[[], State], place: int) -> tuple[State, BatchOrder]:
    """Return where a run stands, by its place among some, all of which ``stand`` somewhere."""
    packs = trained.packs
    stream = packs.by_run(packs.runs.streams)[[place]]
    return stand().take(np.array([place])), packs.order.take(stream)


def _trained(
    plan: Plan,
    group: Group,
    begin: Callable[[int], np.ndarray],
    stopped: Callable[[], bool],
    state: State | None,
    until: int,
) -> Iterable[Trained]:
    """Train a group, whose runs begin with some parameters or in a state; yield some at a time."""
    spec = plan.spec
    if spec.stops_early:
        return Patience(
            group, begin, plan.tasks.lanes, spec.epochs, plan.cost.pace, stopped
        ).trained()
    if state is None:
        state = State.fresh(np.stack([begin(run) for run in range(group.size)], axis=1))
    return [train_runs(group, state, until, plan.cost.pace, stopped)]

"""A task: run numbers in, trained, rows out."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.network import Network, network
from results import columns as tables
from sweep.draws import initial_weights
from sweep.fold import Fold, fold_of
from sweep.packs import pack
from sweep.plan import Plan
from sweep.sparsity import sparsity
from sweep.trainer import Trained, train_runs

if TYPE_CHECKING:
    import pyarrow as pa

    from sweep.datasets import Dataset

Ranges = list[tuple[int, int]]


class Rows(NamedTuple):
    """What a task gives: one row a run, and its history where one is kept."""

    runs: "pa.Table"
    history: "pa.Table | None"


def run_task(
    plan: Plan,
    dataset: "Dataset | None",
    ranges: Ranges,
    stopped: Callable[[], bool] = lambda: False,
) -> Rows:
    """Train the runs of these ranges of run numbers.

    Raises
    ------
    sweep.trainer.Stopped
        If ``stopped()`` says so.
    """
    begun = time.perf_counter()
    spec = plan.spec
    numbers = np.concatenate([np.arange(start, stop) for start, stop in ranges])
    columns = plan.coordinates(numbers)
    net = network(plan.widths)
    keys = list(zip(columns["seed"].tolist(), columns["fold"].tolist(), strict=True))
    folds = {key: fold_of(spec, dataset, *key) for key in dict.fromkeys(keys)}
    seeds = dict.fromkeys(columns["seed"].tolist())
    drawn = {seed: initial_weights(net, spec, seed) for seed in seeds}

    found: list[dict[str, np.ndarray]] = []
    past: list[dict[str, np.ndarray]] = []
    for index in _of_one_size(keys, folds):
        some = {name: values[index] for name, values in columns.items()}
        initial = np.stack([drawn[seed] for seed in some["seed"].tolist()], axis=1)
        packs = pack(spec, net, some, folds, initial, plan.worth_freezing)
        trained = train_runs(spec, packs, plan.seconds_a_run, stopped)
        found.append({"run": numbers[index], **some, **_judged(plan, net, trained)})
        past += [
            {"run": numbers[index][then["index"]], **_taken(some, then["index"]), **then}
            for then in trained.history
        ]
    seconds = (time.perf_counter() - begun) / len(numbers)
    merged = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    merged["seconds"] = np.full(len(numbers), seconds)
    return Rows(_table(plan, merged), _history_table(plan, past))


def failed_rows(plan: Plan, ranges: Ranges) -> Rows:
    """Return the rows of runs that ended in error: their places in the grid, and nothing known."""
    numbers = np.concatenate([np.arange(start, stop) for start, stop in ranges])
    columns = {"run": numbers, **plan.coordinates(numbers)}
    return Rows(_table(plan, {**columns, "status": np.full(len(numbers), "error")}), None)


def _of_one_size(keys: list[tuple[int, int]], folds: dict[tuple[int, int], Fold]):
    """Yield the indices of runs whose parts are of one size: a pack shares its batches."""
    sizes = np.array([[len(folds[key].train), len(folds[key].val)] for key in keys])
    for size in np.unique(sizes, axis=0):
        yield np.flatnonzero((sizes == size).all(axis=1))


def _judged(plan: Plan, net: Network, trained: Trained) -> dict[str, np.ndarray]:
    """Return the columns that training gives: status, metrics, sparsity."""
    finite = np.isfinite(trained.metrics["final_loss"]) & np.isfinite(trained.weights).all(axis=0)
    return {
        "status": np.where(finite, "done", "diverged"),
        **trained.metrics,
        **sparsity(net, trained.weights, trained.peak, plan.spec.zero_tol),
    }


def _taken(columns: dict[str, np.ndarray], index: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[index] for name, values in columns.items()}


def _table(plan: Plan, columns: dict[str, np.ndarray]) -> "pa.Table":
    return _filled(schema(plan), plan.name, columns).sort_by("run")


def _history_table(plan: Plan, past: list[dict[str, np.ndarray]]) -> "pa.Table | None":
    if not plan.spec.history:
        return None
    import pyarrow as pa

    wanted = tables.history_schema(plan.spec.vary)
    pieces = [_filled(wanted, plan.name, then) for then in past]
    order = [("run", "ascending"), ("epoch", "ascending")]
    return pa.concat_tables([wanted.empty_table(), *pieces]).sort_by(order)


def _filled(wanted: "pa.Schema", data: str, columns: dict[str, np.ndarray]) -> "pa.Table":
    """Make a table of a schema; what is not known is null."""
    import pyarrow as pa

    count = len(columns["run"])
    known = {"data": np.full(count, data), **columns}
    return pa.table(
        [
            pa.array(known[field.name]).cast(field.type)
            if field.name in known
            else pa.nulls(count, field.type)
            for field in wanted
        ],
        schema=wanted,
    )


def schema(plan: Plan) -> "pa.Schema":
    """Return the columns of a plan's table."""
    extras = ["best_epoch"] if plan.spec.patience else []
    weights = [f"w{i}" for i in range(1, len(plan.widths))]
    return tables.schema(weights, plan.spec.vary, extras)

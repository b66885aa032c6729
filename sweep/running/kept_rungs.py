"""Rungs kept: where the runs of a race stand that go on, as arrays in the results directory."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import numpy as np

from sweep.plan.halving import rungs
from sweep.plan.plan import Plan
from sweep.running.halving_tasks import Task
from sweep.running.sink import Sink
from sweep.training.chosen_kernels import network_of, step_of
from sweep.training.rows import history_table
from sweep.training.state import State

#: What the names of the columns of the history begin with.
_PAST = "history "


def keep(sink: Sink, plan: Plan, rung: int, tasks: list[Task]) -> None:
    """Keep the tasks that go on after a rung."""
    assert plan.spec.halving
    last = len(rungs(plan.grid.cells, plan.spec.epochs, plan.spec.halving))
    sink.forget(range(plan.grid.total), range(rung, last))  # what a race before this one left
    whole = sum(len(task.numbers) for task in tasks)
    for task in tasks:
        assert task.state
        arrays = {
            "numbers": task.numbers,
            "whole": np.array(whole),
            "parameters": task.state.parameters,
            "initial_loss": task.state.initial_loss,
            "seconds": task.seconds,
            **({} if task.state.memory is None else {"memory": task.state.memory}),
            **_past(task),
        }
        sink.keep(rung, range(int(task.numbers[0]), int(task.numbers[-1]) + 1), arrays)


def resumed(sink: Sink, plan: Plan, missing: np.ndarray) -> tuple[int, list[Task]]:
    """Return the rung with which the race goes on, and its tasks; none where it begins anew.

    It is the one after the last that is kept whole and has all runs that are missing.
    """
    assert plan.spec.halving
    ladder = rungs(plan.grid.cells, plan.spec.epochs, plan.spec.halving)
    for rung, kept in groupby(sink.kept(range(plan.grid.total)), lambda one: one.stage):
        if rung + 1 >= len(ladder):
            continue
        found = [(one.arrays, _task(plan, one.arrays, ladder[rung][1])) for one in kept]
        tasks = [task for _, task in found if task]
        if len(tasks) < len(found):
            continue
        numbers = np.concatenate([task.numbers for task in tasks])
        whole = {int(arrays["whole"]) for arrays, _ in found}
        alone = len(np.unique(numbers)) == len(numbers)
        if alone and whole == {len(numbers)} and np.isin(missing, numbers).all():
            return rung + 1, sorted(tasks, key=lambda task: task.start)
    return 0, []


def _task(plan: Plan, arrays: Mapping[str, np.ndarray], epochs: int) -> Task | None:
    """Return what was kept of a task, None where it is not what `keep` gives."""
    numbers = arrays.get("numbers")
    if numbers is None or numbers.dtype != np.int64 or numbers.ndim != 1 or not len(numbers):
        return None
    if numbers[0] < 0 or numbers[-1] >= plan.grid.total or (np.diff(numbers) < 1).any():
        return None
    (part, _), *others = plan.apart(numbers)
    if others:
        return None
    net = network_of(part.widths, part.spec)
    like = np.zeros((1, net.size, 1), part.spec.precision)
    remembered = step_of(part.spec).start(like).shape[1]
    runs = len(numbers)
    wanted = {
        "whole": (np.int64, ()),
        "parameters": (like.dtype, (net.size, runs)),
        "memory": (like.dtype, (remembered, runs)),
        "initial_loss": (np.float64, (runs,)),
        "seconds": (np.float64, (runs,)),
    }
    for name, (dtype, shape) in wanted.items():
        there = arrays.get(name)
        if there is None or there.dtype != dtype or there.shape != shape:
            return None
    past = {name[len(_PAST) :]: of for name, of in arrays.items() if name.startswith(_PAST)}
    history = []
    if plan.spec.history:
        if not {"run", "epoch"} <= past.keys() or not _aligned(past, numbers):
            return None
        history = [history_table(plan, [{**past, **plan.grid.coordinates(past["run"])}])]
    state = State(arrays["parameters"], arrays["memory"], arrays["initial_loss"], epochs)
    return Task(int(numbers[0]), numbers, state, arrays["seconds"], history)


def _past(task: Task) -> dict[str, np.ndarray]:
    """Return the numbers of a task's history; its places in the grid follow from the runs."""
    import pyarrow as pa

    if not task.history:
        return {}
    past = pa.concat_tables(task.history)
    known = [name for name in past.column_names if past[name].null_count == 0]
    texts = [name for name in known if pa.types.is_string(past.schema.field(name).type)]
    return {_PAST + name: past[name].to_numpy() for name in known if name not in texts}


def _aligned(past: Mapping[str, np.ndarray], numbers: np.ndarray) -> bool:
    """Tell whether a history is one of these runs, in numbers."""
    rows = len(past["run"])
    plain = all(of.shape == (rows,) and of.dtype.kind in "if" for of in past.values())
    return plain and bool(np.isin(past["run"], numbers).all())

"""Saying what running a sweep would do: its grid, its cost, some of its cells."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from results.labels import counted, number
from sweep.commands.printed import print_pairs, print_read, print_table
from sweep.errors import InputError
from sweep.specification.spec import Specification
from sweep.specification.values import Range

if TYPE_CHECKING:
    from sweep.plan.plan import Plan

#: So many cells of a sample are shown.
_SHOWN = 10

#: So many networks are named.
_NAMED = 4


def plan(spec: Specification, options: dict[str, Any], columns_found: bool) -> int:
    """Say what running the sweep would do."""
    from sweep.plan import account
    from sweep.plan.experiment import prepare
    from sweep.running.backends import gpus_here

    cuda = options.get("backend") == "cuda"
    if cuda and "scheduler" in options:
        raise InputError("--scheduler: what its workers would do is known there: plan without it")
    gpus = gpus_here(options.get("jobs", -1)) if cuda else None
    experiment = prepare(spec)
    if gpus:
        from sweep.training.chosen_kernels import refuse_what_no_gpu_trains

        experiment = experiment._replace(plan=experiment.plan.on(gpus))
        refuse_what_no_gpu_trains(experiment.plan)
    read = account.account(experiment)
    origin = getattr(experiment.dataset, "origin", None)
    found = _planned(experiment.plan, options.get("jobs", -1))
    cells = _some_cells(experiment.plan) if spec.sample else []
    if options.get("json"):
        found |= {"some_cells": cells} if cells else {}
        columns = [one._asdict() for one in origin.columns] if origin and columns_found else []
        found |= {"table": read} if read else {}
        print(json_format.dumps(found | ({"columns": columns} if columns else {})))
        return 0
    if read:
        print_read(read, spec.outer_folds, sys.stdout)
    if not columns_found:
        print_pairs(found)
        _print_cells(cells, experiment.plan.grid.cells - len(cells))
    elif origin:
        print_table(account.columns_found(origin))
    return 0


def _planned(plan: Plan, jobs: int) -> dict[str, Any]:
    import joblib

    from sweep.plan.cost import parameter_count

    workers = plan.gpus.workers if plan.gpus else joblib.effective_n_jobs(jobs)
    alone = sum(map(_seconds, plan.parts))
    tasks = sum(part.tasks.count * part.tasks.pieces for part in plan.parts)
    networks = sorted({part.widths for part in plan.parts}, key=parameter_count, reverse=True)
    at_once = {-(-part.tasks.runs // part.tasks.pieces) for part in plan.parts}
    return {
        "data": plan.name,
        **({"test_rows": plan.tested} if plan.tested else {}),
        "network": _listed(["-".join(map(str, widths)) for widths in networks]),
        "parameters": _reach(set(map(parameter_count, networks))),
        **_axes_in_words(plan),
        **_not_everywhere(plan),
        **unequal(plan),
        "runs": plan.grid.total,
        "tasks": tasks,
        "runs_a_task": _reach(at_once),
        "workers": workers,
        # Of a GPU it is not known before it has trained.
        **({} if plan.gpus else {"seconds": round(alone / min(workers, tasks), 1)}),
        "megabytes": round(workers * max(part.tasks.bytes for part in plan.parts) / 2**20, 1),
    }


def _axes_in_words(plan: Plan) -> dict[str, str]:
    """Say what the axes are, and of a sample what it is drawn from."""
    from sweep.specification.axes import REPEATED, drawn_from, given_axes

    spec = plan.spec
    lengths = {name: len(of) for name, of in given_axes(spec).items() if len(of) > 1}
    if not spec.sample:
        return {"grid": " x ".join(f"{of} {name}" for name, of in lengths.items()) or "one run"}
    repeats = [f"{of} {name}" for name, of in lengths.items() if name in REPEATED]
    drawn = [
        f"{name} {of}" if isinstance(of, Range) else f"{len(of)} {name}"
        for name, of in drawn_from(spec).items()
        if len(of) > 1
    ]
    return {
        "grid": " x ".join([counted(spec.sample, "cell"), *repeats]),
        "drawn_from": f"{' x '.join(drawn)}, by {spec.sampler}",
    }


def _some_cells(plan: Plan) -> list[dict[str, Any]]:
    """Return some cells of a sample, from all of it: their values of the axes that have several.

    Of a search only those of the first round are known.
    """
    from sweep.plan.sampling.tpe import ROUND
    from sweep.specification.axes import drawn_from

    known = min(ROUND, plan.grid.cells) if plan.spec.sampler == "tpe" else plan.grid.cells
    found = plan.grid.coordinates(np.linspace(0, known - 1, min(_SHOWN, known)).astype(int))
    varied = [name for name, of in drawn_from(plan.spec).items() if len(of) > 1]
    rows = zip(*(found[name].tolist() for name in varied), strict=True)
    return [dict(zip(varied, row, strict=True)) for row in rows]


def _print_cells(cells: Sequence[dict[str, Any]], more: int) -> None:
    """Print cells as a table, and how many more there are."""
    if not cells:
        return
    texts = [[x if isinstance(x, str) else number(x) for x in cell.values()] for cell in cells]
    print()
    print_table([list(cells[0]), *texts])
    if more:
        print(f"and {counted(more, 'more cell')}")


def _seconds(part: Plan) -> float:
    """Estimate what all runs of a part take on one core."""
    from sweep.plan.halving import rungs, share

    spec, cells = part.spec, part.grid.cells
    seconds = part.runs * part.cost.seconds
    if spec.halving:  # of which the last rung alone has a finish
        last, _ = rungs(cells, spec.epochs, spec.halving)[-1]
        begun = share(cells, spec.epochs, spec.halving) * spec.epochs
        epochs = begun + spec.finish * last / cells
        seconds *= epochs / (spec.epochs + spec.finish or 1)
    return seconds


def _reach(numbers: Collection[int]) -> int | str:
    """Return the one number that there is, or say between which they lie."""
    low, high = min(numbers), max(numbers)
    return low if low == high else f"{low:,} to {high:,}"


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED:,} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def _not_everywhere(plan: Plan) -> dict[str, str]:
    """Say which axes do nothing for some runs, and which runs are then the same."""
    from sweep.plan.idle import at_rest, repeated

    found = {"at_rest": "; ".join(at_rest(plan)), "repeated": "; ".join(repeated(plan))}
    return {name: text for name, text in found.items() if text}


def unequal(plan: Plan) -> dict[str, str]:
    """Say which cells have more epochs than others, where some have."""
    from sweep.plan.halving import rungs, said

    spec = plan.spec
    finishes = {part.spec.finish for part in plan.parts}
    if spec.halving:
        ladder = said(rungs(plan.grid.cells, spec.epochs, spec.halving))
        finish = f", and a finish of {_reach(finishes)}" if any(finishes) else ""
        return {"rungs": f"{ladder}{finish}"}
    longer = [order for order in spec.path_order if order != "cold"]
    if not longer:
        return {}
    epochs = spec.epochs + max(finishes)
    most = epochs * len(plan.grid.axes[str(spec.path)])
    # After a network that no input passes a run begins anew, if there are hidden layers.
    once = "at most " if spec.stops_early or len(finishes) > 1 else ""
    at_most = "at most " if once or any(len(part.widths) > 2 for part in plan.parts) else ""
    cold = f", {once}{epochs:,} (cold)" if "cold" in spec.path_order else ""
    text = f"{spec.path}: {at_most}{counted(most, 'epoch')} by its end ({', '.join(longer)}){cold}"
    return {"path": text}

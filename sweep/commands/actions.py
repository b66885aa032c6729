"""What the commands do: call the library, print lines."""

from __future__ import annotations

import json as json_format
import os
import shlex
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from results.labels import counted, number, printable
from sweep.errors import InputError
from sweep.specification.options import RUN_OPTIONS
from sweep.specification.spec import Specification
from sweep.specification.validators import BUILT_IN
from sweep.specification.values import Range

if TYPE_CHECKING:
    from sweep.plan.experiment import Experiment
    from sweep.plan.plan import Plan
    from sweep.running.driver import Outcome

#: So many cells of a sample are shown.
_SHOWN = 10

#: So many networks are named.
_NAMED = 4


def run(spec: Specification, options: dict[str, Any]) -> int:
    """Run a sweep; see `sweep.running.driver.run`."""
    from results.directory import sweeptoml
    from results.errors import NotWritten
    from sweep.commands import look
    from sweep.plan import account
    from sweep.running.backends import WorkerDied
    from sweep.running.driver import Where
    from sweep.running.driver import run as run_sweep
    from sweep.running.interrupt import Interrupted

    as_json = options.pop("json", False)
    _tell_of_no_cache()
    out = Path(options.pop("out")) if "out" in options else _next_directory(spec)
    quiet = options.pop("quiet", False) or as_json
    read: dict[str, Any] = {}

    def tell(experiment: Experiment) -> None:
        read.update(account.account(experiment))
        if read and not quiet and spec.data not in BUILT_IN:  # of which all is known
            _print_read(read, spec.outer_folds, sys.stderr)

    try:
        outcome = run_sweep(spec, Where(out=out, quiet=quiet, **options), tell)
    except Interrupted as stop:
        print("nothing was trained yet: the same command begins again", file=sys.stderr)
        return 128 + stop.args[0]
    except WorkerDied as death:
        print(f"sweep: {death}; go on with: {_again(out, options)}", file=sys.stderr)
        return 1
    except NotWritten as error:
        if not (out / sweeptoml.NAME).is_file():
            raise
        print(f"sweep: {error}", file=sys.stderr)
        print(f"what is finished is kept; go on with: {_again(out, options)}", file=sys.stderr)
        return 2
    if as_json:
        print(json_format.dumps(_as_json(out, outcome) | ({"table": read} if read else {})))
    else:
        if not quiet and outcome.signal is None:
            look.after_run(out)
        if outcome.plan.tested:
            print(_of_test_part(outcome.plan), file=sys.stderr)
        print(_last_line(out, outcome), file=sys.stderr)
    if outcome.signal is not None:
        left = _left(outcome.counts)
        told = f"{counted(left, 'run')} {'is' if left == 1 else 'are'} left"
        print(f"{told}; go on with: {_again(out, options)}", file=sys.stderr)
        return 128 + outcome.signal
    return 1 if outcome.counts["error"] else 0


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
        _print_read(read, spec.outer_folds, sys.stdout)
    if not columns_found:
        _print_pairs(found)
        _print_cells(cells, experiment.plan.grid.cells - len(cells))
    elif origin:
        _print_table(account.columns_found(origin))
    return 0


def status(directory: str, as_json: bool) -> int:
    """Count the runs of a results directory."""
    from sweep.plan.recorded import recorded

    spec, plan = recorded(directory)
    shown = counted_runs(directory, spec, plan) | _unequal(plan) | _kept(directory, plan)
    if as_json:
        print(json_format.dumps(shown))
    else:
        _print_pairs(shown)
    return 0


def counted_runs(
    directory: str | os.PathLike[str], spec: Specification, plan: Plan
) -> dict[str, int]:
    """Count the runs of a results directory that is recorded so: by status, all, and those left."""
    from results.directory.reading import counts
    from sweep.running.same_sweep import placing

    found = counts(
        directory,
        spec.specification(),
        number=plan.grid.numbers,
        placing=lambda older: placing(older, plan),
        total=plan.grid.total,
    )
    return found | {"left": _left(found)}


def merge(directories: Sequence[str], out: str, as_json: bool) -> int:
    """Gather several results directories in a new one."""
    from sweep.running.merging import merge as merge_directories

    found = merge_directories(directories, out)
    found["left"] = _left(found)
    if as_json:
        print(json_format.dumps({"out": out, **found}))
    else:
        _print_pairs(found)
    return 0


def method(as_json: bool) -> int:
    """Tell how every number of a run comes about."""
    text = Path(__file__).with_name("method.md").read_text(encoding="utf-8")
    if as_json:
        print(json_format.dumps({"method": text}))
    else:
        print(text, end="")
    return 0


def info(as_json: bool) -> int:
    """Describe the installation and the machine."""
    from sweep.machine import description

    found = description()
    if as_json:
        print(json_format.dumps(found))
    else:
        gpus, none = found.pop("gpus"), found.pop("no_gpu")
        _print_pairs(found | {"gpu": "; ".join(map(_gpu, gpus)) or f"none: {none}"})
    return 0


def _gpu(gpu: dict[str, Any]) -> str:
    memory = f"{gpu['memory_bytes'] / 2**30:.0f} GiB"
    processors = counted(gpu["processors"], "processor")
    return f"{gpu['name']}, {memory}, {processors}, compute capability {gpu['capability']}"


def _next_directory(spec: Specification) -> Path:
    """Return runs/<data>-<n> with the first n that is free."""
    name = printable(Path(spec.data).stem) if isinstance(spec.data, str) else "memory"
    number = 1
    while (path := Path("runs") / f"{name}-{number}").exists():
        number += 1
    return path


def _tell_of_no_cache() -> None:
    from kernels.lane.compiled import cache_folder

    if cache_folder() is None:
        print(
            "sweep: compiled kernels need a folder that you can write to and others cannot, "
            "and each start compiles them: set NUMBA_CACHE_DIR to one",
            file=sys.stderr,
        )


def _again(out: Path, options: dict[str, Any]) -> str:
    """Return the command that continues a sweep, with the same workers."""
    words = ["sweep", "run", str(out / "sweep.toml"), "--out", str(out)]
    for name, option in RUN_OPTIONS.items():
        if option.goes_on and options.get(name):
            words += [f"--{name}"] if options[name] is True else [f"--{name}", str(options[name])]
    return shlex.join(words)


def _left(counts: dict[str, int]) -> int:
    return counts["total"] - counts["done"] - counts["diverged"] - counts["error"]


def _of_test_part(plan: Plan) -> str:
    rows = counted(plan.tested, "row")
    if plan.spec.outer_folds:
        return f"test part: each of {plan.spec.outer_folds} outer folds once, of at most {rows}"
    return f"test part: {rows} that no run trained on or was chosen by"


def _last_line(out: Path, outcome: Outcome) -> str:
    counts, seconds = outcome.counts, outcome.seconds
    parts = [f"{counts['done'] + counts['diverged']:,} of {counted(counts['total'], 'run')}"]
    parts += [f"{counts[name]:,} {name}" for name in ("diverged",)]
    if counts["error"]:
        parts.append(f"{counts['error']:,} in error")
    rate = outcome.trained / seconds["training"] if seconds["training"] else 0
    parts.append(f"{outcome.trained:,} trained now at {rate:,.0f} a second")
    return f"{', '.join(parts)}: {out}"


def _as_json(out: Path, outcome: Outcome) -> dict[str, Any]:
    from sweep.commands import look

    return {
        "out": os.fspath(out),
        **outcome.counts,
        "left": _left(outcome.counts),
        "trained": outcome.trained,
        "seconds": {name: round(value, 4) for name, value in outcome.seconds.items()},
        "best": look.best_of(out) if outcome.signal is None else None,
    }


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
        **_unequal(plan),
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
    _print_table([list(cells[0]), *texts])
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


def _unequal(plan: Plan) -> dict[str, str]:
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


def _kept(directory: str, plan: Plan) -> dict[str, str]:
    """Say how far the runs are kept that are under way, where some are."""
    from results.directory.checkpoints import latest
    from sweep.plan.halving import rungs

    spec = plan.spec
    stage = latest(Path(directory))
    if stage is None:
        return {}
    if spec.halving:
        count = len(rungs(plan.grid.cells, spec.epochs, spec.halving))
        return {"kept": f"rung {stage + 1} of {count}"} if stage + 1 < count else {}
    steps = plan.parts[0].tasks.steps
    if not 0 < stage < steps:
        return {}
    return {"kept": f"{spec.path}: the furthest path to step {stage} of {steps}"}


def _print_read(read: dict[str, Any], outer_folds: int, file: TextIO) -> None:
    """Print what was understood of a table; in a log it is one line, as all that stands there."""
    from results.terminal.look import width_of, wrapped
    from sweep.plan import account

    words = account.in_words(read, outer_folds)
    log = file is sys.stderr and not file.isatty()
    for line in [words] if log else wrapped(words, width_of(file)):
        print(line, file=file)


def _print_table(rows: list[list[str]]) -> None:
    """Print texts in columns, of which the last may be of any length."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    for row in rows:
        print("  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)))


def _print_pairs(pairs: dict[str, Any]) -> None:
    width = max(map(len, pairs))
    for name, value in pairs.items():
        if isinstance(value, dict):
            value = ", ".join(f"{inner} {kind}" for kind, inner in value.items())
        shown = f"{value:,}" if isinstance(value, int | float) else printable(value)
        print(f"{name.replace('_', ' '):{width}}  {shown}")

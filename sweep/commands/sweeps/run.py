"""Running a sweep: call the library, print what it comes to and how to go on."""

from __future__ import annotations

import json as json_format
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results.labels import counted, printable
from sweep.commands.printed import print_read
from sweep.specification.options import RUN_OPTIONS
from sweep.specification.spec import Specification
from sweep.specification.validators import BUILT_IN

if TYPE_CHECKING:
    from sweep.plan.experiment import Experiment
    from sweep.plan.plan import Plan
    from sweep.running.driver import Outcome


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
            print_read(read, spec.outer_folds, sys.stderr)

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
        many = left(outcome.counts)
        told = f"{counted(many, 'run')} {'is' if many == 1 else 'are'} left"
        print(f"{told}; go on with: {_again(out, options)}", file=sys.stderr)
        return 128 + outcome.signal
    return 1 if outcome.counts["error"] else 0


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
        "left": left(outcome.counts),
        "trained": outcome.trained,
        "seconds": {name: round(value, 4) for name, value in outcome.seconds.items()},
        "best": look.best_of(out) if outcome.signal is None else None,
    }


def left(counts: dict[str, int]) -> int:
    """Return how many runs are neither finished nor in error."""
    return counts["total"] - counts["done"] - counts["diverged"] - counts["error"]

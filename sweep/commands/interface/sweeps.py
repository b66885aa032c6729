"""Commands that take an experiment: to run it, or to say what that would do."""

from __future__ import annotations

from typing import Any

import click

from sweep.commands.interface.options import experiment_options, running_options
from sweep.errors import InputError
from sweep.specification import specfile
from sweep.specification.choices import overlaid
from sweep.specification.fitting import refuse_endless_warmup
from sweep.specification.options import RUN_OPTIONS
from sweep.specification.spec import Specification


@click.command()
@experiment_options
@running_options
def run(**options: Any) -> int:
    """Run a sweep, or what is left of it in --out.

    \b
    VALUES: 0,1e-4  1e-4:1e-1:log7  0:1:lin5  0:20  0:20:5
    Example:
      sweep run --data iris --l1 0,1e-4:1e-1:log7 --seeds 0:5
    """  # noqa: D301
    from sweep.commands.sweeps.run import run as run_sweep

    return run_sweep(*_given(options))


@click.command()
@experiment_options
@running_options
@click.option("--columns-found", is_flag=True, help="list the columns, and what each is taken for")
def plan(columns_found: bool, **options: Any) -> int:
    """Say what `run` with the same options would do, and train nothing.

    \b
    Example:
      sweep plan --data digits --seeds 0:100
    """  # noqa: D301
    from sweep.commands.sweeps.plan import plan as plan_sweep

    return plan_sweep(*_given(options), columns_found)


def _given(options: dict[str, Any]) -> tuple[Specification, dict[str, Any]]:
    """Lay the command line's options over the file's, which does not say how to run."""
    file = options.pop("file")
    every = [_varied(text) for text in options.pop("vary")]
    varied = dict(every)
    for name in varied:
        if [axis for axis, _ in every].count(name) > 1:
            raise InputError(f"--vary {name} is given twice: give all its values at once")
    experiment = specfile.read(file, Specification.model_fields) if file else {}
    given = {
        name: value
        for name, value in options.items()
        if value is not None and (value is not False or name not in RUN_OPTIONS)
    }
    running = {name: given.pop(name) for name in RUN_OPTIONS if name in given}
    experiment = overlaid(experiment, given)
    if varied:
        experiment["vary"] = experiment.get("vary", {}) | varied
    spec = Specification(**experiment)
    refuse_endless_warmup(spec)
    return spec, running


def _varied(text: str) -> tuple[str, str]:
    name, equals, values = text.partition("=")
    if not equals:
        raise InputError(f"--vary should be NAME=VALUES, such as l1_w1=0,1e-3; it is {text!r}")
    return name, values

"""Options that several commands share: those of an experiment, of files, and of how to run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import click

from sweep.errors import InputError
from sweep.specification.axes import AXES
from sweep.specification.options import EXPERIMENT, OF_FILES, RUN_OPTIONS

#: Options whose values are axes.
_AXES = {axis.field for axis in AXES if axis.grows}


class _AxisOption(click.Option):
    """An option that is refused where it is given twice: the values of an axis stand together."""

    def __init__(self, *declared: Any, **about: Any) -> None:
        super().__init__(*declared, **about | {"multiple": True})

    def process_value(self, context: click.Context, value: Any) -> Any:
        """Return what was given, None for nothing."""
        given = super().process_value(context, value)
        if len(given) > 1:
            together = ("/" if self.name == "hidden" else ",").join(given)
            raise InputError(
                f"{self.opts[0]} is given twice: give all its values at once, such as "
                f"{self.opts[0]} {together}"
            )
        return given[0] if given else None


def experiment_options(command: Callable) -> Callable:
    """Add the options of an experiment to a command."""
    command = click.option(
        "--vary", metavar="NAME=VALUES", multiple=True, help="a further axis, such as l1_w1=0,1e-3"
    )(command)
    command = _options(command, [name for name, _, _ in EXPERIMENT])
    return click.argument("file", metavar="[SPEC.toml]", required=False)(command)


def of_files(command: Callable) -> Callable:
    """Add the options that say how a file is written."""
    return _options(command, OF_FILES)


def running_options(command: Callable) -> Callable:
    """Add the options that say how to run."""
    for name, option in reversed(RUN_OPTIONS.items()):
        about: dict[str, Any] = (
            {"is_flag": True}
            if option.kind is bool
            else {"metavar": option.metavar, "type": option.kind}
        )
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, help=option.meaning, **about)(command)
    return command


def _options(command: Callable, names: Collection[str]) -> Callable:
    for name, metavar, text in reversed(EXPERIMENT):
        about: dict[str, Any] = {"metavar": metavar} if metavar else {"default": None}
        flag = f"--{name}" if metavar else f"--{name}/--no-{name}"
        if name in names:
            about |= {"cls": _AxisOption} if name.replace("-", "_") in _AXES else {}
            command = click.option(flag, help=text, **about)(command)
    return command

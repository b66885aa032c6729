"""Commands about this machine and installation."""

from __future__ import annotations

import click


@click.command()
@click.option("--json", is_flag=True, help="print one JSON object")
def bench(json: bool) -> int:
    """Measure this machine's throughput on fixed work: less than a minute, and its GPU after it.

    \b
    Example:
      sweep bench
    """  # noqa: D301
    from sweep.commands.bench import show

    return show(json)


@click.command()
@click.option("--method", is_flag=True, help="how every number comes about, to the last bit")
@click.option("--json", is_flag=True, help="print one JSON object")
def info(method: bool, json: bool) -> int:
    """Say what this installation and machine are.

    \b
    Example:
      sweep info --method
    """  # noqa: D301
    from sweep.commands import info

    return info.method(json) if method else info.info(json)

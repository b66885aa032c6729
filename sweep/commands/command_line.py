"""The command line: what is typed in, one call, lines out."""

from __future__ import annotations

import logging
import sys

import click

from results.errors import ResultsError
from results.labels import printable
from sweep.commands.interface import directories, machine, models, sweeps
from sweep.errors import InputError, want_of_memory
from sweep.specification.messages import as_flags

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 60}


@click.group(invoke_without_command=True, context_settings=_HELP)
@click.pass_context
def app(context: click.Context) -> int:
    """Train a grid of L1 x L2 penalties x seeds, and see what the penalties do.

    Without a command: the article's experiment over its default grid.

    \b
    Example:
      sweep run --data digits --l1 0,1e-4,1e-3 --seeds 0:10
    """  # noqa: D301
    if context.invoked_subcommand is None:
        with sweeps.run.make_context("run", [], parent=context) as of_run:
            return sweeps.run.invoke(of_run)
    return 0


for command in (
    *(sweeps.run, sweeps.plan, directories.status, directories.list_, directories.summary),
    *(directories.best, directories.compare, directories.features, models.predict),
    *(models.evaluate, directories.plot, directories.report, directories.merge),
    *(machine.bench, machine.info),
):
    app.add_command(command)


def command_line(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status."""
    _say_warnings()
    reading = logging.getLogger("results.directory.reading")
    reading.addFilter(once := _Once())
    try:
        return app(arguments, prog_name="sweep", standalone_mode=False) or 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _refuse(error.format_message())
    except (InputError, ResultsError) as error:
        return _refuse(as_flags(str(error), _typed(arguments)))
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, SystemExit):  # click makes the one into the other, and says nothing
        print("sweep: a pipe or connection was closed at its other end", file=sys.stderr)
        return 1
    except Exception as error:
        if (want := want_of_memory(error)) is None:
            raise
        return _refuse(f"this does not fit into memory{want and f': {want}'}")
    finally:
        reading.removeFilter(once)


class _Once(logging.Filter):
    """Lets each message pass once: a command may read a table twice."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        new = message not in self._said
        self._said.add(message)
        return new


def _say_warnings() -> None:
    """Show our warnings on standard error, and leave those of other packages to them."""
    logger = logging.getLogger("sweep")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("sweep: %(message)s"))
        logger.addHandler(handler)


def _refuse(message: str) -> int:
    lines = map(printable, f"sweep: {message}".split("\n"))  # the second may hold a caret
    print(*lines, sep="\n", file=sys.stderr)
    return 2


def _typed(arguments: list[str] | None) -> set[str]:
    """Return the options that stand on the command line, by their names in a SPEC.toml."""
    words = sys.argv[1:] if arguments is None else arguments
    flags = (word.split("=")[0] for word in words if word.startswith("--"))
    return {flag.removeprefix("--").replace("-", "_") for flag in flags}

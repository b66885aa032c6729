"""The command line: options in, one call, lines out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection
from typing import Any

import click

from results.errors import ResultsError
from results.labels import printable
from sweep.errors import InputError, want_of_memory
from sweep.specification import specfile
from sweep.specification.axes import AXES
from sweep.specification.choices import overlaid
from sweep.specification.fitting import refuse_endless_warmup
from sweep.specification.messages import as_flags
from sweep.specification.options import EXPERIMENT, OF_FILES, RUN_OPTIONS
from sweep.specification.spec import Specification


def _experiment_options(command: Callable) -> Callable:
    """Add the options of an experiment to a command."""
    command = click.option(
        "--vary", metavar="NAME=VALUES", multiple=True, help="a further axis, such as l1_w1=0,1e-3"
    )(command)
    command = _options(command, [name for name, _, _ in EXPERIMENT])
    return click.argument("file", metavar="[SPEC.toml]", required=False)(command)


def _of_files(command: Callable) -> Callable:
    """Add the options that say how a file is written."""
    return _options(command, OF_FILES)


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


def _options(command: Callable, names: Collection[str]) -> Callable:
    for name, metavar, text in reversed(EXPERIMENT):
        about: dict[str, Any] = {"metavar": metavar} if metavar else {"default": None}
        flag = f"--{name}" if metavar else f"--{name}/--no-{name}"
        if name in names:
            about |= {"cls": _AxisOption} if name.replace("-", "_") in _AXES else {}
            command = click.option(flag, help=text, **about)(command)
    return command


def _running_options(command: Callable) -> Callable:
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
        with run.make_context("run", [], parent=context) as of_run:
            return run.invoke(of_run)
    return 0


@app.command()
@_experiment_options
@_running_options
def run(**options: Any) -> int:
    """Run a sweep, or what is left of it in --out.

    \b
    VALUES: 0,1e-4  1e-4:1e-1:log7  0:1:lin5  0:20  0:20:5
    Example:
      sweep run --data iris --l1 0,1e-4:1e-1:log7 --seeds 0:5
    """  # noqa: D301
    from sweep.commands import actions

    return actions.run(*_given(options))


@app.command()
@_experiment_options
@_running_options
@click.option("--columns-found", is_flag=True, help="list the columns, and what each is taken for")
def plan(columns_found: bool, **options: Any) -> int:
    """Say what `run` with the same options would do, and train nothing.

    \b
    Example:
      sweep plan --data digits --seeds 0:100
    """  # noqa: D301
    from sweep.commands import actions

    return actions.plan(*_given(options), columns_found)


@app.command()
@click.argument("directory", metavar="DIR")
@click.option("--follow", is_flag=True, help="live, until nobody works at it any more")
@click.option("--json", is_flag=True, help="print one JSON object")
def status(directory: str, follow: bool, json: bool) -> int:
    """Count the runs of DIR: done, diverged, failed, left.

    \b
    Example:
      sweep status runs/article-1
    """  # noqa: D301
    from sweep.commands import actions

    if follow and json:
        raise InputError("--follow is to be looked at: without it, --json tells where things stand")
    if follow:
        from sweep.commands.following import follow as follow_live

        return follow_live(directory)
    return actions.status(directory, json)


@app.command(name="list")
@click.argument("folder", metavar="[FOLDER]", default="runs")
@click.option("--json", is_flag=True, help="print one JSON object")
def list_(folder: str, json: bool) -> int:
    """List the sweeps in FOLDER [runs], the newest first.

    \b
    Example:
      sweep list
    """  # noqa: D301
    from sweep.commands import listing

    return listing.show(folder, json)


def _ranking(command: Callable) -> Callable:
    """Add the option that says by what cells are ranked."""
    return click.option(
        "--metric",
        metavar="NAME",
        help="of the held-out part, by which cells are ranked, such as auc [loss]",
    )(command)


def _at(command: Callable) -> Callable:
    """Add the option that holds axes fixed."""
    return click.option(
        "--at",
        metavar="NAME=VALUE",
        multiple=True,
        help="hold an axis fixed, such as lr=0.01 [the best cell's]",
    )(command)


@app.command()
@click.argument("directory", metavar="DIR")
@click.option(
    "--metric",
    metavar="NAME",
    help="what the map shows, and of the held-out part what cells are ranked by, such as auc "
    "[val_loss; article: final_loss]",
)
@_at
@click.option("--out", metavar="FILE", help="the table, as CSV [DIR/summary.csv]")
@click.option("--json", is_flag=True, help="print one JSON object")
def summary(directory: str, **options: Any) -> int:
    """Sum up each cell over its seeds; show the best ones, and a map.

    \b
    Example:
      sweep summary runs/article-1 --metric sparsity
    """  # noqa: D301
    from sweep.commands import look

    return look.summary(
        directory, options["metric"], options["at"], options["out"], options["json"]
    )


@app.command()
@click.argument("directory", metavar="DIR")
@click.option(
    "--rule",
    metavar="RULE",
    default="min",
    help="min: the best mean; one-se: the sparsest within one standard error of it [min]",
)
@_ranking
@click.option("--save", metavar="FILE", help="its trained model, as .npz, .safetensors or .onnx")
@click.option(
    "--refit",
    metavar="HOW",
    help="with --save: run, that run trained again; all, a network trained on all rows [run]",
)
@click.option(
    "--ensemble",
    metavar="K",
    type=int,
    help="K picks of the runs that predict best together, as one model",
)
@click.option("--json", is_flag=True, help="print one JSON object")
def best(directory: str, **options: Any) -> int:
    """Choose a cell, say why, and save its trained model.

    \b
    Example:
      sweep best runs/iris-1 --rule one-se --save iris.npz
    """  # noqa: D301
    from sweep.commands import look

    return look.best(
        directory,
        options["rule"],
        options["metric"],
        options["save"],
        options["refit"],
        options["ensemble"],
        options["json"],
    )


@app.command()
@click.argument("first", metavar="DIR")
@click.argument("second", metavar="DIR")
@_ranking
@_at
@click.option("--json", is_flag=True, help="print one JSON object")
def compare(first: str, second: str, metric: str | None, at: tuple[str, ...], json: bool) -> int:
    """Compare two sweeps of the same data, paired by seed and fold.

    \b
    Example:
      sweep compare runs/iris-1 runs/iris-2
    """  # noqa: D301
    from sweep.commands import compare as comparing

    return comparing.compare(first, second, metric, at, json)


@app.command()
@click.argument("directory", metavar="DIR")
@_ranking
@_at
@click.option(
    "--threshold",
    metavar="SHARE",
    type=float,
    default=0.75,
    help="of a cell's runs that keep a column, from which on it is selected [0.75]",
)
@click.option("--out", metavar="FOLDER", help="for features.csv, stability.parquet [DIR]")
@click.option("--json", is_flag=True, help="print one JSON object")
def features(directory: str, **options: Any) -> int:
    """Say which columns of the table the best cell's runs use.

    \b
    Example:
      sweep features runs/wine-1 --at l1=0.01
    """  # noqa: D301
    from sweep.commands import features

    return features.show(
        directory,
        options["metric"],
        options["at"],
        options["threshold"],
        options["out"],
        options["json"],
    )


@app.command()
@click.argument("model", metavar="MODEL")
@click.argument("data", metavar="DATA")
@click.option(
    "--id", "id_column", metavar="COLUMN", help="of DATA, to stand before each prediction"
)
@_of_files
@click.option("--json", is_flag=True, help="print one JSON object")
def predict(model: str, data: str, id_column: str | None, json: bool, **told: Any) -> int:
    """Print classes, numbers or answers of the rows of DATA, a file or - (standard input), as CSV.

    \b
    Example:
      sweep predict iris.npz new.csv > classes.csv
      zcat new.csv.gz | sweep predict iris.npz - --id name
    """  # noqa: D301
    from sweep.models import predicting

    return predicting.show(model, data, id_column, json, told)


@app.command()
@click.argument("model", metavar="MODEL")
@click.argument("data", metavar="DATA")
@click.option("--target", metavar="NAMES", help="columns of what is true [those of the training]")
@click.option("--metrics", metavar="LIST", help="which metrics, such as auc,f1 [all that fit]")
@click.option(
    "--bootstrap",
    metavar="N",
    type=int,
    default=1000,
    help="resamples of the rows, for intervals; 0: none [1000]",
)
@_of_files
@click.option("--out", metavar="FOLDER", help="write tables and pictures there")
@click.option("--format", metavar="NAMES", default="png", help="of pictures: png, svg, pdf [png]")
@click.option("--json", is_flag=True, help="print one JSON object")
def evaluate(model: str, data: str, **options: Any) -> int:
    """Judge a model by rows of DATA, a file or - (standard input), that it never saw.

    \b
    Example:
      sweep evaluate iris.npz new.csv --out judged
    """  # noqa: D301
    from sweep.commands import evaluate as evaluating

    told = {name: options.pop(name) for name in OF_FILES}
    return evaluating.show(model, data, options, told)


@app.command()
@click.argument("directory", metavar="DIR")
@click.option(
    "--metric",
    metavar="NAME",
    multiple=True,
    help="for maps; the first of the held-out part also ranks; may be repeated",
)
@click.option(
    "--picture",
    metavar="NAME",
    multiple=True,
    help="heatmap, differences, axes, pairs, importance, path, pareto, left, curves, weights, "
    "weight-path, predictions, stability, features; may be repeated",
)
@_at
@click.option("--format", metavar="NAMES", default="png", help="png, svg, pdf [png]")
@click.option("--out", metavar="FOLDER", help="where to write them [DIR]")
@click.option("--json", is_flag=True, help="print one JSON object")
def plot(directory: str, **options: Any) -> int:
    """Draw pictures, and print the paths of their files.

    \b
    Example:
      sweep plot runs/article-1 --picture path --format svg
    """  # noqa: D301
    from sweep.commands import look

    return look.plot(
        directory,
        options["metric"],
        options["picture"],
        options["at"],
        options["format"],
        options["out"],
        options["json"],
    )


@app.command()
@click.argument("directory", metavar="DIR")
@_ranking
@click.option("--predictions", is_flag=True, help="with the best cell's, which is trained again")
@click.option("--out", metavar="FILE", help="where to write it [DIR/report.html]")
@click.option("--json", is_flag=True, help="print one JSON object")
def report(
    directory: str, metric: str | None, predictions: bool, out: str | None, json: bool
) -> int:
    """Write one HTML page that holds everything, and print its path.

    \b
    Example:
      sweep report runs/article-1
    """  # noqa: D301
    from sweep.commands import look

    return look.report(directory, metric, predictions, out, json)


@app.command()
@click.argument("directories", metavar="DIR...", nargs=-1, required=True)
@click.option("--out", metavar="DIR", required=True, help="the new results directory")
@click.option("--json", is_flag=True, help="print one JSON object")
def merge(directories: tuple[str, ...], out: str, json: bool) -> int:
    """Gather several directories of one experiment in a new one.

    \b
    Example:
      sweep merge runs/here runs/there --out runs/both
    """  # noqa: D301
    from sweep.commands import actions

    return actions.merge(directories, out, json)


@app.command()
@click.option("--json", is_flag=True, help="print one JSON object")
def bench(json: bool) -> int:
    """Measure this machine's throughput on fixed work: less than a minute, and its GPU after it.

    \b
    Example:
      sweep bench
    """  # noqa: D301
    from sweep.commands.bench import show

    return show(json)


@app.command()
@click.option("--method", is_flag=True, help="how every number comes about, to the last bit")
@click.option("--json", is_flag=True, help="print one JSON object")
def info(method: bool, json: bool) -> int:
    """Say what this installation and machine are.

    \b
    Example:
      sweep info --method
    """  # noqa: D301
    from sweep.commands import actions

    return actions.method(json) if method else actions.info(json)


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

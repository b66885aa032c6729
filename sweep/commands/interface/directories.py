"""Commands that take results directories: to count, look at, draw or merge what is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sweep.errors import InputError


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


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--follow", is_flag=True, help="live, until nobody works at it any more")
@click.option("--json", is_flag=True, help="print one JSON object")
def status(directory: str, follow: bool, json: bool) -> int:
    """Count the runs of DIR: done, diverged, failed, left.

    \b
    Example:
      sweep status runs/article-1
    """  # noqa: D301
    if follow and json:
        raise InputError("--follow is to be looked at: without it, --json tells where things stand")
    if follow:
        from sweep.commands.standing.following import follow as follow_live

        return follow_live(directory)
    from sweep.commands.standing.status import status as count

    return count(directory, json)


@click.command(name="list")
@click.argument("folder", metavar="[FOLDER]", default="runs")
@click.option("--json", is_flag=True, help="print one JSON object")
def list_(folder: str, json: bool) -> int:
    """List the sweeps in FOLDER [runs], the newest first.

    \b
    Example:
      sweep list
    """  # noqa: D301
    from sweep.commands.standing import listing

    return listing.show(folder, json)


@click.command()
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


@click.command()
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


@click.command()
@click.argument("first", metavar="DIR")
@click.argument("second", metavar="DIR")
@_ranking
@click.option(
    "--at", metavar="NAME=VALUE", multiple=True, help="only cells of that value, such as l2=0"
)
@click.option("--json", is_flag=True, help="print one JSON object")
def compare(first: str, second: str, metric: str | None, at: tuple[str, ...], json: bool) -> int:
    """Compare two sweeps of the same data, paired by seed and fold.

    \b
    Example:
      sweep compare runs/iris-1 runs/iris-2
    """  # noqa: D301
    from sweep.commands import compare as comparing

    return comparing.compare(first, second, metric, at, json)


@click.command()
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


@click.command()
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


@click.command()
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


@click.command()
@click.argument("directories", metavar="DIR...", nargs=-1, required=True)
@click.option("--out", metavar="DIR", required=True, help="the new results directory")
@click.option("--json", is_flag=True, help="print one JSON object")
def merge(directories: tuple[str, ...], out: str, json: bool) -> int:
    """Gather several directories of one experiment in a new one.

    \b
    Example:
      sweep merge runs/here runs/there --out runs/both
    """  # noqa: D301
    from sweep.commands.standing.status import merge as merge_directories

    return merge_directories(directories, out, json)

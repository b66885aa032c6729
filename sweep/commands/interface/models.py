"""Commands that take a saved model: to predict rows, or to judge it by them."""

from __future__ import annotations

from typing import Any

import click

from sweep.commands.interface.options import of_files
from sweep.specification.options import OF_FILES


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data", metavar="DATA")
@click.option(
    "--id", "id_column", metavar="COLUMN", help="of DATA, to stand before each prediction"
)
@of_files
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


@click.command()
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
@of_files
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

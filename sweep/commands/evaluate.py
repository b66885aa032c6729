"""What `sweep evaluate` does: judge a model by the rows of a file, print, write, draw."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results.directory import durable
from results.labels import counted, listed, printable
from sweep.commands.look import FORMATS, write_csv
from sweep.data.reading.standard_input import called
from sweep.errors import InputError
from sweep.models.evaluating import wording
from sweep.models.evaluating.evaluation import Evaluation, as_data, evaluate
from sweep.models.reading import load_model
from sweep.streams import exactly

if TYPE_CHECKING:
    import pandas as pd

#: Classes that are named with their rows, and mistakes that are named where no matrix has room.
_NAMED, _MISTAKES = 6, 5

#: Tables that have a row for each row, or nearly: as Parquet, the others as CSV.
_LONG = ("curves", "residuals")


def show(path: str, data: str, options: dict[str, Any], told: dict[str, Any]) -> int:
    """Judge a model, and show and write what was found."""
    from results.terminal.look import width_of, wrapped

    formats = options["format"].split(",")
    if unknown := set(formats) - set(FORMATS):
        raise InputError(f"--format should be of {', '.join(FORMATS)}; it is {unknown.pop()!r}")
    model = load_model(path)
    chosen = (options[name] for name in ("target", "metrics", "bootstrap"))
    found = evaluate(model, data, *chosen, **told)
    written = _write(found, Path(options["out"]), formats, data, path) if options["out"] else []
    if options["json"]:
        files = {"files": written} if written else {}
        print(json.dumps({"model": str(model), "data": data, **as_data(found), **files}))
        return 0
    width = width_of(sys.stdout)
    lines = [*wrapped(printable(f"{called(data)}: {_what(found)}"), width), *_metrics(found, width)]
    if found.rows.kind != "numbers":
        lines += _confusions(found, width)
    lines += [line for note in found.notes for line in wrapped(printable(note), width)]
    print(printable(f"{path}: {model}"), file=sys.stderr)
    print(*lines, sep="\n")
    print(*map(exactly, written), sep="\n", end="\n" if written else "")
    return 0


def _what(found: Evaluation) -> str:
    """Say how many rows there are, and what is predicted of them."""
    rows = found.rows
    names = listed([target.name for target in rows.targets[:_NAMED]])
    more = len(rows.targets) - _NAMED
    which = f"{names} and {counted(more, 'further target')}" if more > 0 else names
    counts = ""
    if rows.kind == "class":
        classes = rows.questions[0].classes
        of_each = [int((rows.truth[:, 0] == place).sum()) for place in range(len(classes))]
        if len(classes) <= _NAMED:
            each = zip(classes, of_each, strict=True)
            counts = f" ({', '.join(f'{name} {count:,}' for name, count in each)})"
        else:
            counts = f" ({len(classes)} classes)"
    return f"{counted(len(rows.truth), 'row')}, {which}{counts}"


def _metrics(found: Evaluation, width: int) -> list[str]:
    """Set the table of the metrics, those of several targets one below the other."""
    from results.terminal.look import wrapped

    metrics = found.tables["metrics"]
    lines: list[str] = []
    for name in dict.fromkeys(metrics["target"]):
        own = metrics[metrics["target"].isna() if name is None else metrics["target"] == name]
        if metrics["target"].isna().any():
            lines += wrapped(printable("mean over the targets" if name is None else name), width)
        heading = ["", "value"]
        columns = [list(own["metric"]), list(map(wording.value, own["value"]))]
        if own["low"].notna().any():
            heading.append("95 % interval")
            ends = zip(own["low"], own["high"], strict=True)
            columns.append([wording.interval(low, high) for low, high in ends])
        if own["baseline"].notna().any():
            heading.append("baseline")
            columns.append(list(map(wording.value, own["baseline"])))
        lines += _set([heading, *map(list, zip(*columns, strict=True))])
    if metrics["baseline"].notna().any():
        guess = "the best constant" if found.rows.kind == "numbers" else "class shares"
        lines += wrapped(f"baseline: {guess} of the training part, without inputs.", width)
    return lines


def _confusions(found: Evaluation, width: int) -> list[str]:
    """Show what is taken for what: as a matrix where there is room, else the common mistakes."""
    confusion = found.tables["confusion"]
    lines = []
    for target, own in confusion.groupby("target", sort=False):
        classes = list(dict.fromkeys(own["true"]))
        names = list(map(printable, classes))
        counts = own["rows"].to_numpy().reshape(len(classes), -1)
        shares = own["share"].to_numpy().reshape(len(classes), -1)
        cells = [
            [f"{count:,}{_percent(share)}" for count, share in zip(*row, strict=True)]
            for row in zip(counts, shares, strict=True)
        ]
        plain = [[f"{count:,}" for count in row] for row in counts]
        head = f"{printable(str(target))}: true down, predicted across"
        for told, some in ((f"{head}, % of the true class", cells), (head, plain)):
            named = ([name, *row] for name, row in zip(names, some, strict=True))
            matrix = _set([["", *names], *named])
            if max(map(len, [told, *matrix])) <= width:
                lines += ["", told, *matrix]
                break
        else:
            lines += ["", *_mistakes(own, str(target), width)]
    return [*lines, ""]


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f" ({100 * share:.0f} %)"


def _mistakes(own: pd.DataFrame, target: str, width: int) -> list[str]:
    """Name the most common mistakes."""
    from results.terminal.look import wrapped

    wrong = own[(own["true"] != own["predicted"]) & (own["rows"] > 0)]
    some = wrong.sort_values("rows", ascending=False, kind="stable")[:_MISTAKES]
    named = [
        f"{one['true']} as {one['predicted']} {one['rows']:,}{_percent(one['share'])}"
        for one in some.to_dict("records")
    ]
    left = int(wrong["rows"].sum() - some["rows"].sum())
    if not named:
        return wrapped(printable(f"{target}: no row is taken for another class."), width)
    rest = f"; {counted(left, 'further row')} otherwise" if left else ""
    text = f"{target}, rows taken for another class (% of the true one): {', '.join(named)}{rest}."
    return wrapped(printable(text), width)


def _set(table: Sequence[Sequence[str]]) -> list[str]:
    """Set the rows of a table in columns, the first to the left."""
    sizes = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            f"{text:<{size}}" if place == 0 else f"{text:>{size}}"
            for place, (text, size) in enumerate(zip(row, sizes, strict=True))
        ).rstrip()
        for row in table
    ]


def _write(
    found: Evaluation, folder: Path, formats: Sequence[str], data: str, model: str
) -> list[str]:
    """Write the tables and pictures, and return their paths."""
    import pyarrow as pa
    from pyarrow import parquet

    from results.pictures.judged.album import album
    from results.pictures.style import save

    durable.folder(folder)
    written = []
    for name, table in found.tables.items():
        path = folder / f"{name}.{'parquet' if name in _LONG else 'csv'}"
        if name in _LONG:
            with durable.writing(path, folder) as sink:
                parquet.write_table(pa.Table.from_pandas(table, preserve_index=False), sink)
        else:
            write_csv(table, path)
        written.append(str(path))
    rows = found.rows
    levels = [target.levels for target in rows.targets]
    names = [target.name for target in rows.targets]
    parts = {counted(len(rows.truth), "row"): (rows.truth, _named(found))}
    for name, figure in album(
        names, levels, parts, found.tables, Path(called(data)).stem, Path(model).name
    ):
        written += [str(path) for path in save(figure, folder / name, formats)]
    return written


def _named(found: Evaluation) -> Any:
    """Return what is said, shape (rows, targets): numbers of classes where there are some."""
    import numpy as np

    rows = found.rows
    if rows.kind == "numbers":
        return rows.said
    return np.stack([question.named for question in rows.questions], axis=1)

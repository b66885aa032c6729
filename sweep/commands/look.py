"""What the commands that look at results do: read the table, show, draw, write."""

from __future__ import annotations

import json as json_format
import logging
import math
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import results
from results.columns import OF_METRIC, full_name, is_axis, is_of_held_out
from results.directory import durable, layout
from results.errors import ResultsError
from results.labels import counted
from sweep.errors import InputError
from sweep.models.files import check_target
from sweep.plan.experiment import prepare
from sweep.plan.halving import rungs
from sweep.plan.recorded import recorded
from sweep.specification.article import is_article
from sweep.specification.several.alternatives import several
from sweep.streams import exactly

if TYPE_CHECKING:
    import pandas as pd

    from results.page.inputs import Inputs
    from sweep.models.predictor import Predictor
    from sweep.plan.plan import Plan

FORMATS = ("png", "svg", "pdf")

_log = logging.getLogger(__name__)

_NONE_FINISHED = "{} holds no finished run: wait for the first, or run it"


def summary(
    directory: str, metric: str | None, at: Sequence[str], out: str | None, as_json: bool
) -> int:
    """Write the summary of a directory, and show the best cells and a map."""
    from results.cells.importance import shares
    from results.terminal.show import show

    if as_json and at:
        raise InputError("--at says which cells are shown, and --json has them all: leave it out")
    metric, by = meant(metric)
    cells, along = _told(directory, [metric] if metric else [], by)
    held = held_at(at)
    write_csv(cells, _with_folder(out) if out else Path(directory) / "summary.csv")
    if as_json:
        matters = shares.as_data(shares.of_cells(cells))
        told = {"best": _chosen(cells), "matters": matters, "cells": plain_rows(cells)}
        told |= _settings(cells)
        print(json_format.dumps(told))
    else:
        show(cells, metric, held, along=along)
    return 0


def best(
    directory: str,
    rule: str,
    metric: str | None,
    save: str | None,
    refit: str | None,
    ensemble: int | None,
    as_json: bool,
) -> int:
    """Choose a cell, say why and what it gives on rows that chose nothing, and save its model.

    Or save an ensemble, which has several of the sweep's runs.
    """
    from results.cells.choice import TELLING, Stop, choose
    from results.cells.epochs import late_fall_of, of_late_fall
    from results.cells.importance import shares
    from results.cells.notes import as_data
    from results.terminal.look import Look, width_of, wrapped, writes_blocks
    from sweep.training.rows import schema

    if refit and not save:
        raise InputError("--refit says how what is saved is trained: give --save too")
    if refit and ensemble is not None:
        raise InputError("an ensemble is made of runs as they are: leave --refit out")
    spec, plan = recorded(directory)
    telling = [name for name in TELLING if name in schema(plan).names and name != "epochs"]
    cells, along = _told(directory, telling, metric)
    waits = several("patience", spec.patience)
    schedule, *_ = several("schedule", spec.schedule)
    stop = Stop(waits[0] or 0, spec.epochs, schedule) if any(waits) else None
    runs = loaded(directory, plan) if spec.outer_folds or stop else None
    chosen = choose(cells, rule, runs, along, stop)
    matters = shares.of_cells(cells)
    figures: dict[str, Any] = {"notes": chosen.notes, "matters": shares.as_data(matters)}
    figures |= as_data(cells, chosen.row.iloc[0])
    fall = late_fall_of(directory, cells, chosen.row.iloc[0])
    chosen.notes.append(of_late_fall(fall))
    figures["late_fall"] = None if isinstance(fall, str) else fall._asdict()
    if chosen.folds is not None:
        figures["outer_folds"] = plain_rows(chosen.folds)
    lines: list[str] = []
    trained: Predictor | None = None
    if ensemble is not None:
        from sweep.models.ensemble.telling import best_ensemble

        if save:
            check_target(save)
        told = best_ensemble(directory, ensemble, rule, metric)
        lines, figures["ensemble"], trained = told.lines, told.data, told.ensemble
        model, how = str(told.ensemble), told.ensemble.trained_on
        if save:
            told.ensemble.save(save)
    elif save:
        from sweep.models.best import save_best

        saved = save_best(directory, save, rule, refit or "run", metric)
        model, how, trained = str(saved), saved.trained_on, saved
    if trained and spec.test:
        from sweep.models.evaluating import evaluation, tested

        found = tested.on_test_part(prepare(spec), trained)
        whose = "The saved model" if ensemble is None else "The ensemble"
        lines.append(tested.said(found, whose))
        figures["test_part"] = evaluation.as_data(found)
    if as_json:
        figures |= {"saved": save, "model": how} if save else {}
        print(json_format.dumps(plain_rows(chosen.row)[0] | figures))
    else:
        said = [chosen.row["why"].iloc[0], *chosen.notes, *chosen.figures]
        if not isinstance(matters, str):
            said.append(shares.matters(matters, Look(False, writes_blocks(sys.stdout)).around))
        said += lines
        print(*(line for text in said for line in wrapped(text, width_of(sys.stdout))), sep="\n")
        if save:
            about = [] if ensemble is not None else wrapped(how["how"], width_of(sys.stderr))
            print(f"{save}: {model}", *about, sep="\n", file=sys.stderr)
    return 0


def plot(
    directory: str,
    metrics: Sequence[str],
    pictures: Sequence[str],
    at: Sequence[str],
    formats: str,
    out: str | None,
    as_json: bool,
) -> int:
    """Draw pictures of a directory."""
    from results.pictures.style import save
    from results.pictures.svg import description_of, title_of
    from sweep.commands.pictures import pictures as draw

    wanted = formats.split(",")
    if unknown := set(wanted) - set(FORMATS):
        raise InputError(f"--format should be of {', '.join(FORMATS)}; it is {unknown.pop()!r}")
    folder = Path(out or directory)
    written: list[str] = []
    told = []
    shown, by = zip(*map(meant, metrics), strict=True) if metrics else ((), ())
    ranked = next(filter(None, by), None)
    runs, held = finished_runs(directory), held_at(at)
    for name, figure in draw(directory, runs, shown, pictures, held, ranked):
        durable.folder(folder)
        files = [str(path) for path in save(figure, folder / name, wanted)]
        written += files
        told.append({"files": files, "title": title_of(figure), "shows": description_of(figure)})
        if not as_json:
            print(*map(exactly, files), sep="\n", flush=True)
    for kind in pictures if written else ():
        if not any(Path(path).name.startswith(kind) for path in written):
            _log.warning("%s has nothing to show in %s", directory, kind)
    if not written:
        raise InputError(f"{directory} has nothing to show in {', '.join(pictures)}")
    if as_json:
        print(json_format.dumps({"files": written, "pictures": told}))
    return 0


def report(
    directory: str, metric: str | None, predictions: bool, out: str | None, as_json: bool
) -> int:
    """Write the page about a directory."""
    from results.page.predicted import Predicted
    from results.page.report import write

    runs = finished_runs(directory)
    asked = recorded(directory)
    whole = asked.plan.grid.total, len(asked.spec.seeds)
    shown = None
    if predictions:
        from results.pictures.style import drawn
        from sweep.commands.pictures import predicted
        from sweep.models.evaluating.tested import of_best

        cells = results.summary(runs, by=metric)
        picture = predicted(directory, runs, cells)
        tested = of_best(directory, runs, cells)
        shown = Predicted(drawn(picture.figure, "png"), picture.says, tested)
    inputs = None if is_article(asked.spec.data) else _inputs(directory, runs, metric)
    path = write(directory, runs, _with_folder(out) if out else None, *whole, metric, shown, inputs)
    print(json_format.dumps({"files": [str(path)]}) if as_json else exactly(str(path)))
    return 0


def _inputs(directory: str, runs: pd.DataFrame, metric: str | None) -> Inputs | str:
    """Return which columns of the data the best cell uses, or why that is not known."""
    from results.page.inputs import Inputs
    from sweep.commands.kept import kept_of
    from sweep.commands.kept_in_words import notes, title

    try:
        kept = kept_of(directory, runs, metric)
    except ResultsError as error:
        return f"Which of them runs use is not known: {error}."
    chosen = kept.cell[kept.along] if kept.along else None
    sure = "95 % intervals" if kept.sure else ""
    about = title(kept), notes(kept, sure)
    return Inputs(kept.path, kept.along, chosen, kept.threshold, *about)


def after_run(out: Path) -> None:
    """Show the best cells and the map of a sweep that has just been run."""
    from results.terminal.show import show

    try:
        cells, along = _told(out)
        show(cells, along=along)
    except ResultsError as error:  # the sweep is done, whatever can be shown of it
        print(f"sweep: {error}", file=sys.stderr)


def best_of(out: Path) -> dict[str, Any] | None:
    """Return the best cell of a sweep as plain data, None where there is none."""
    try:
        return _chosen(_cells(out))
    except ResultsError as error:  # the sweep is done, whatever can be said of it
        print(f"sweep: {error}", file=sys.stderr)
        return None


def meant(metric: str | None) -> tuple[str | None, str | None]:
    """Return the column that a metric to be shown is, and it again where cells are ranked by it.

    So they are by what is measured on the held-out part. All else is shown, and ranks nothing.
    """
    name = full_name(metric) if metric else None
    return name, name if name and is_of_held_out(name) else None


def _told(
    directory: str | Path, further: Sequence[str] = (), by: str | None = None
) -> tuple[pd.DataFrame, str | None]:
    """Sum up a directory, with the epochs where cells differ in them; also the axis of its path."""
    spec = recorded(directory).spec
    unequal = spec.halving or len(spec.path_order) > 1
    measured = [OF_METRIC[name, "val"] for name in spec.metrics if spec.holds_out]
    metrics = [*measured, *further, *(["epochs"] if unequal else [])]
    return _cells(directory, metrics, by), spec.path


def _cells(
    directory: str | Path, further: Sequence[str] = (), by: str | None = None
) -> pd.DataFrame:
    """Sum up a directory: as a stream, where it is complete."""
    from results.cells.streamed import summary as sum_up
    from results.columns import summarised
    from sweep.training.rows import schema

    plan = recorded(directory).plan  # says where it is no results directory
    metrics = list(dict.fromkeys((*summarised(schema(plan).names), *further)))
    cells = sum_up(directory, metrics, by)
    if cells is None:
        return results.summary(finished_runs(directory), metrics, by)
    check_columns(cells.columns, plan, directory)
    if cells.empty:
        raise ResultsError(_NONE_FINISHED.format(directory))
    return cells


def finished_runs(directory: str | Path) -> pd.DataFrame:
    """Read the runs of a directory, and tell where some are missing."""
    spec, plan = recorded(directory)
    runs = loaded(directory, plan)
    check_columns(runs.columns, plan, directory)
    if (runs["status"] == "error").all():
        raise ResultsError(_NONE_FINISHED.format(directory))
    if not (Path(directory) / layout.RUNS).is_file():
        finished = int((runs["status"] != "error").sum())
        total = plan.grid.total
        if finished < total and spec.halving:
            _check_raced(runs, rungs(plan.grid.cells, spec.epochs, spec.halving), directory)
        if finished < total:
            so_far = f"{finished:,} of {counted(total, 'run')} so far"
            print(f"sweep: not complete, {so_far}: {directory}", file=sys.stderr)
    return runs


def loaded(directory: str | Path, plan: Plan) -> pd.DataFrame:
    """Load the runs, also those from before the grid had all its axes."""
    from sweep.running.same_sweep import placing

    return results.load(directory, plan.grid.numbers, partial(placing, plan=plan))


def check_columns(names: Iterable[str], plan: Plan, directory: str | Path) -> None:
    """Refuse tables whose axes are not those that the directory's ``sweep.toml`` has."""
    from results.columns import REPEATED

    held = {name for name in names if is_axis(name)} - set(REPEATED)
    if held != plan.grid.axes.keys() - set(REPEATED):
        raise ResultsError(
            f"{directory} holds tables of another sweep than its sweep.toml tells of: the axes "
            "differ"
        )


def _check_raced(
    runs: pd.DataFrame, ladder: Sequence[tuple[int, int]], directory: str | Path
) -> None:
    """Refuse to compare cells of a race before any has reached the last rung.

    Those that stand highest by then are the ones that lost the next one.
    """
    if runs["rung"].max() < len(ladder) - 1:
        raise ResultsError(
            f"{directory}: no cell has reached the last rung yet, at {ladder[-1][1]:,} epochs, and "
            "those of other rungs are not compared: wait for it, or go on with the run"
        )


def held_at(at: Sequence[str]) -> dict[str, str]:
    """Read NAME=VALUE pairs; whether the value is a number or a word, the axis says."""
    held = {}
    for text in at:
        name, _, value = text.partition("=")
        if not value:
            raise InputError(f"--at should be NAME=VALUE, such as l2=0.01; it is {text!r}")
        held[name] = value
    return held


def _with_folder(file: str) -> Path:
    """Return the path of a file that is to be written, in a folder that is there."""
    path = Path(file)
    durable.folder(path.parent)
    return path


def write_csv(cells: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, to a folder that is there."""
    import pyarrow as pa

    from results.directory import csvfile

    table = pa.Table.from_pandas(cells, preserve_index=False)
    with durable.writing(path, path.parent) as sink:
        sink.write(csvfile.header(table.schema))
        csvfile.write(table, sink)


def _chosen(cells: pd.DataFrame) -> dict[str, Any] | None:
    try:
        return plain_rows(results.best(cells))[0]
    except ResultsError:
        return None


def _settings(cells: pd.DataFrame) -> dict[str, Any]:
    """Return what there is to know of the grid beside its best cell, where there is one."""
    from results.cells.notes import as_data

    try:
        return as_data(cells, results.best(cells).iloc[0])
    except ResultsError:
        return {"edges": [], "alike": None}


def plain_rows(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain data ready for JSON, None where there is no number."""
    columns = [cells[name].tolist() for name in cells]
    return [
        {name: _plain(value) for name, value in zip(cells.columns, row, strict=True)}
        for row in zip(*columns, strict=True)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int) else None

"""The model of a sweep's best cell: its best run again, to the same bits, or one on all rows."""

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from results.columns import (
    FURTHER,
    MEASURED,
    PARTS,
    RANKED,
    TEST,
    is_better_high,
)
from results.labels import figure, most
from sweep.data.article import Article
from sweep.data.baseline import without_inputs
from sweep.data.dataset import Dataset
from sweep.data.fold import fold_of
from sweep.data.scaling import Scaling, filling_any_number
from sweep.errors import InputError
from sweep.machine import version
from sweep.models.files import check_target
from sweep.models.model import Model
from sweep.models.refitting import judged, on_all_rows
from sweep.models.retraining import train_again, when_they_stopped
from sweep.plan.experiment import Experiment, prepare
from sweep.plan.recorded import recorded, specified
from sweep.running.same_sweep import placing
from sweep.specification.axes import packs_of
from sweep.specification.choices import hyper_of
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    import pandas as pd

#: What a model says that its run reached.
_REACHED = (
    *("epochs", "final_loss"),
    *(f"{part}_{metric.name}" for metric in MEASURED for part in PARTS),
    *TEST,
    *(f"{part}_{metric.name}" for metric in FURTHER for part in (*PARTS, "test")),
    *("test_size", "sparsity"),
)

#: What may be trained for a model: the cell's best run once more, or a network on all rows.
REFITS = ("run", "all")


def save_best(
    directory: str | os.PathLike[str],
    path: str | os.PathLike[str],
    rule: str = "min",
    refit: str = "run",
    by: str | None = None,
) -> Model:
    """Save the model of a results directory's best cell, and return it.

    No table holds weights, so it is trained now.

    Parameters
    ----------
    directory : path
        A results directory.
    path : path
        A file that ends in .npz, .safetensors or .onnx.
    rule : {"min", "one-se"}
        How the cell is chosen; see `results.best`.
    refit : {"run", "all"}
        Of the cell's runs the one with the lowest validation loss (final loss, where nothing is
        held out; or the best one by the metric that decides), compared with its row; or a network
        on all rows but those of a test part, see `sweep.models.refitting`.
    by : str, optional
        The metric that decides, as for `results.summary`.

    Raises
    ------
    InputError
        If the file cannot be written, the run does not repeat, or the data have changed.
    results.errors.ResultsError
        If the directory is none, or holds no cell to choose.
    """
    import results
    from results.cells.summary import cell_columns, deciding, runs_of

    if refit not in REFITS:
        raise InputError(f"--refit should be {' or '.join(REFITS)}; it is {refit!r}")
    check_target(path)
    plan = recorded(directory).plan
    runs = results.load(directory, plan.grid.numbers, partial(placing, plan=plan))
    cells = results.summary(runs, by=by)
    chosen = results.best(cells, rule).iloc[0]
    axes = [name for name in cell_columns(runs) if name != "data"]
    own = runs_of(runs, chosen)
    spec = specified(directory)
    if refit == "all":
        cell = {name: chosen[name] for name in axes}
        model = _on_all_rows(spec, cell, own, directory, deciding(cells))
    else:
        metric = deciding(cells)
        first = best_run(own, metric)
        (model,) = again(prepare(spec), first, directory)
        model.trained_on["how"] = _how_picked(first.iloc[0], metric, len(own))
    model.trained_on.update(refit=refit, chosen=str(chosen["why"]))
    model.save(path)
    return model


def best_run(runs: "pd.DataFrame", metric: str) -> "pd.DataFrame":
    """Return the row of the run that is best by a metric, of equals the first, as a table."""
    return runs.sort_values([metric, "run"], ascending=[not is_better_high(metric), True])[:1]


def again(
    experiment: Experiment,
    rows: "pd.DataFrame",
    directory: str | os.PathLike[str],
    stopped: Callable[[], bool] = lambda: False,
) -> list[Model]:
    """Train runs of the table again, and return their models.

    Parameters
    ----------
    experiment : Experiment
    rows : DataFrame
        In the order of the runs.
    directory : path
        Where they are from.
    stopped : callable
        Asked a few times a second whether to give up.

    Raises
    ------
    InputError
        If one does not give what its row says.
    """
    found: dict[int, Model] = {}
    known = experiment.plan.knowing({str(name): rows[name].to_numpy() for name in rows})
    for part, places in known.apart(rows["run"].to_numpy()):
        models = _again(experiment._replace(plan=part), rows.iloc[places], directory, stopped)
        found |= zip(places.tolist(), models, strict=True)
    return [found[place] for place in range(len(rows))]


def _again(
    experiment: Experiment,
    rows: "pd.DataFrame",
    directory: str | os.PathLike[str],
    stopped: Callable[[], bool],
) -> list[Model]:
    """Do what `again` does with runs of one part of the plan, which the experiment has."""
    stops = when_they_stopped(experiment.plan.spec, rows)
    for epochs in stops.values():
        _check_repeats(epochs == 0, rows, directory)
    columns, _, weights = train_again(experiment, rows["run"].to_numpy(), stopped, stops)
    for name in (name for name in RANKED if name in columns):
        _check_repeats(columns[name] != rows[name].to_numpy(), rows, directory)
    return [
        _model(experiment, {name: values[[i]] for name, values in columns.items()}, weights[:, i])
        for i in range(len(rows))
    ]


def _check_repeats(
    other: np.ndarray, rows: "pd.DataFrame", directory: str | os.PathLike[str]
) -> None:
    if other.any():
        raise InputError(
            f"run {rows['run'].iloc[int(np.argmax(other))]} of {directory} does not repeat: its "
            "data or regsweep have changed since; run the sweep again"
        )


def _how_picked(row: "pd.Series", metric: str, runs: int) -> str:
    """Say which run it is, and what that makes of its loss."""
    if runs == 1:
        return f"It is the cell's only run that is done, run {row['run']}."
    lower = "higher" if is_better_high(metric) else "lower"
    on_new_rows = "its loss" if metric == "val_loss" else "what it gives"
    then = (
        f"; picked so, that is likely {lower} than {on_new_rows} on new rows: judge it on rows "
        "that took no part"
    )
    return (
        f"It is run {row['run']} of the table, picked for the {most(metric)} {metric} of the "
        f"cell's {runs:,} runs, {figure(row[metric])}{then if metric.startswith('val_') else ''}."
    )


def _on_all_rows(
    spec: Specification,
    cell: dict[str, float | str],
    runs: "pd.DataFrame",
    directory: str | os.PathLike[str],
    metric: str,
) -> Model:
    """Train a network of a cell on all rows but a test part's."""
    from results.directory.reading import specification

    spec = spec.of(packs_of(cell))
    now, then = spec.specification(), specification(directory)
    if any(now.get(name) != then.get(name) for name in ("data_sha256", "test_sha256")):
        raise InputError(f"the data are not those of the parts of {directory}: run the sweep again")
    experiment, run, how = on_all_rows(spec, cell, runs)
    ((part, _),) = experiment.plan.apart(np.array([run]))
    experiment = experiment._replace(plan=part)
    columns, _, weights = train_again(experiment, np.array([run]))
    model = _model(experiment, columns, weights[:, 0])
    del model.trained_on["run"]  # its number is that of no table
    told = judged(spec, model.trained_on, experiment.plan.tested, metric)
    model.trained_on["how"] = f"{how} {told}".strip()
    return model


def _model(experiment: Experiment, columns: dict[str, np.ndarray], parameters: np.ndarray) -> Model:
    """Make a model of a run's row and weights, with the plan of its part."""
    spec, dataset, plan = experiment
    names = ["run", *plan.grid.axes]
    place = {name: columns[name][0].item() for name in names}
    fold = fold_of(spec, dataset, *(place.get(name, 0) for name in ("seed", "fold", "outer")))
    reached = {
        name: columns[name][0].item()
        for name in _REACHED
        if name in columns and np.isfinite(columns[name][0])
    }
    own = spec.of(place)
    scaling = fold.scaling or Scaling.nothing(plan.widths[0])
    if spec.missing == "impute" and isinstance(dataset, Dataset):
        scaling = filling_any_number(scaling, dataset, fold.train)
    trained_on: dict[str, Any] = {"data": plan.name, "rows": len(fold.train)}
    trained_on |= {"held_out": len(fold.val)} | _classes_of(dataset)
    trained_on["without_inputs"] = without_inputs(fold, spec, plan.widths[-1]).tolist()
    return Model(
        widths=plan.widths,
        parameters=parameters.astype(np.float64),
        inputs=np.arange(plan.widths[0]),
        **scaling._asdict(),
        classes=dataset.classes,
        variables=dataset.variables,
        specification=spec.specification(),
        trained_on={**trained_on, **place, **reached, "regsweep": version("regsweep")},
        activation=own.activation,
        hyper=hyper_of("activation", own),
        loss=str(spec.loss),
        targets=dataset.targets,
        unit=fold.unit,
    )


def _classes_of(dataset: Dataset | Article) -> dict[str, str]:
    """Name the column that holds the classes, where there is one: other targets are named."""
    origin = getattr(dataset, "origin", None)
    targets = [one.name for one in origin.columns if one.role == "target"] if origin else []
    return {"target": targets[0]} if dataset.classes and targets else {}

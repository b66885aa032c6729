"""The model of a sweep's best cell: its best run, trained again to the same bits."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from results.columns import MEASURED, PARTS, RANKED
from sweep.data import files
from sweep.data.fold import fold_of, scale_of
from sweep.data.variables import Variable, variables_of
from sweep.errors import InputError
from sweep.machine import version
from sweep.models.files import check_target
from sweep.models.model import Model
from sweep.models.retraining import train_again
from sweep.plan.experiment import Experiment, prepare
from sweep.specification.choices import hyper_of
from sweep.specification.spec import Specification
from sweep.specification.validators import BUILT_IN

if TYPE_CHECKING:
    import pandas as pd

#: What a model says that its run reached.
_REACHED = (
    *("epochs", "final_loss"),
    *(f"{part}_{metric.name}" for metric in MEASURED for part in PARTS),
    "sparsity",
)


def save_best(
    directory: str | os.PathLike[str], path: str | os.PathLike[str], rule: str = "min"
) -> Model:
    """Save the model of a results directory's best cell, and return it.

    No table holds weights. Of the cell's runs the one with the lowest validation loss (final
    loss, where nothing is held out) is trained again, and compared with its row.

    Parameters
    ----------
    directory : path
        A results directory.
    path : path
        A file that ends in .npz, .safetensors or .onnx.
    rule : {"min", "one-se"}
        How the cell is chosen; see `results.best`.

    Raises
    ------
    InputError
        If the file cannot be written, or the run does not repeat.
    results.errors.ResultsError
        If the directory is none, or holds no cell to choose.
    """
    import results
    from results.cells.summary import cell_columns, deciding

    check_target(path)
    runs = results.load(directory)
    cells = results.summary(runs)
    chosen = results.best(cells, rule).iloc[0]
    axes = [name for name in cell_columns(runs) if name != "data"]
    there = (runs["status"] == "done") & (runs[axes] == chosen[axes].to_numpy()).all(axis=1)
    row = runs[there].sort_values([deciding(cells), "run"]).iloc[0]
    model = _model(prepare(Specification.from_toml(Path(directory) / "sweep.toml")), row, directory)
    model.trained_on["chosen"] = str(chosen["why"])
    model.save(path)
    return model


def _model(experiment: Experiment, row: "pd.Series", directory: str | os.PathLike[str]) -> Model:
    """Train a run of the table again."""
    spec, dataset, plan = experiment
    columns, parameters = _trained(experiment, int(row["run"]))
    losses = [name for name in RANKED if name in columns]
    if any(columns[name][0] != row[name] for name in losses):
        raise InputError(
            f"run {row['run']} of {directory} does not repeat: its data or regsweep have changed "
            "since; run the sweep again"
        )
    fold = fold_of(spec, dataset, int(row["seed"]), int(row["fold"]))
    mean, scale = scale_of(dataset, fold.train)
    run = np.array([row["run"]])
    place = {
        name: there.item() for name, there in {"run": run, **plan.grid.coordinates(run)}.items()
    }
    reached = {name: row[name].item() for name in _REACHED if np.isfinite(row[name])}
    trained_on = {"data": plan.name, "rows": len(fold.train), "held_out": len(fold.val)}
    return Model(
        widths=plan.widths,
        parameters=parameters.astype(np.float64),
        inputs=np.arange(plan.widths[0]),
        mean=mean,
        scale=scale,
        classes=dataset.classes,
        variables=_variables(spec, dataset.features),
        specification=spec.specification(),
        trained_on={**trained_on, **place, **reached, "regsweep": version("regsweep")},
        activation=spec.activation,
        hyper=hyper_of("activation", spec),
    )


def _trained(experiment: Experiment, run: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Train a run again; return its row and weights."""
    columns, _, weights = train_again(experiment, np.array([run]))
    return columns, weights[:, 0]


def _variables(spec: Specification, features: tuple[str, ...]) -> tuple[Variable, ...]:
    """Return the columns that the features of a data set come from."""
    if spec.data in BUILT_IN:
        return tuple(map(Variable, features))
    columns = files.read(spec.data)
    target = spec.target or columns[-1].name
    return variables_of([column for column in columns if column.name != target])

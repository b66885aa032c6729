"""How near predictions come to what is true, where that stands beside the rows."""

from collections.abc import Sequence

import numpy as np

from kernels.metrics import r2, rmse
from kernels.outputs import Numbers
from results.labels import counted, number
from sweep.data.columns.known import known_target
from sweep.data.files import Column
from sweep.models.predictor import Predictor


def scored(model: Predictor, columns: Sequence[Column], outputs: np.ndarray) -> str:
    """Say how near predictions of numbers or answers come to the columns of their targets.

    Empty where these are not all there, or hold nothing; rows without one of them are left aside.

    Parameters
    ----------
    model : Model or Ensemble
    columns : sequence of Column
        All of the new rows, in any order.
    outputs : ndarray, shape (rows, targets)
        What the model says of them.

    Raises
    ------
    InputError
        If a target is no number, or no answer, that was known at training.
    """
    by_name = {column.name: column for column in columns}
    if not model.targets or any(target.name not in by_name for target in model.targets):
        return ""
    every = [known_target(by_name[target.name], target) for target in model.targets]
    truth = np.stack(every, axis=1)
    known = ~np.isnan(truth).any(axis=1)
    if not known.any():
        return ""
    truth, outputs = truth[known], outputs[known]
    if model.kind == "answers":
        right = ((outputs > 0.5) == truth).all(axis=1)
        told = f"accuracy {number(float(right.mean()))}"
    else:
        numbers = Numbers(outputs.T[None], truth.T[None], np.ones((1, len(truth))))
        figures = {"rmse": rmse.score(numbers)[0], "r2": r2.score(numbers)[0]}
        told = ", ".join(f"{name} {number(float(value))}" for name, value in figures.items())
    whose = "target is" if len(model.targets) == 1 else "targets are"
    return f"{told} over the {counted(len(truth), 'row')} whose {whose} there"

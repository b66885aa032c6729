"""How near predictions come to what is true, where that stands beside the rows."""

from collections.abc import Sequence

import numpy as np

from kernels.metrics import r2, rmse
from kernels.outputs import Numbers
from results.labels import counted, number
from sweep.data import builtin
from sweep.data.columns.known import known_target
from sweep.data.columns.missing import blank_spelled
from sweep.data.dataset import Variable
from sweep.data.files import Column
from sweep.models.predictor import Predictor
from sweep.specification.data_hash import content_sha256

TRAINED_ON_THESE = (
    "The model was trained on rows of these very data: what it gives here is likely better than on "
    "new ones."
)


def scored(model: Predictor, columns: Sequence[Column], outputs: np.ndarray) -> str:
    """Say how near predictions come to the columns of their targets.

    Empty where these are not all there, or hold nothing; rows without one of them are left aside.

    Parameters
    ----------
    model : Model or Ensemble
    columns : sequence of Column
        All of the new rows, in any order.
    outputs : ndarray, shape (rows, outputs)
        What the model says of them.

    Raises
    ------
    InputError
        If a target is no number, or no class or answer that was known at training.
    """
    by_name = {column.name: column for column in columns}
    targets = _targets(model)
    if not targets or any(target.name not in by_name for target in targets):
        return ""
    words = model.specification.get("missing_values", ())
    every = [known_target(blank_spelled(by_name[one.name], words), one) for one in targets]
    truth = np.stack(every, axis=1)
    known = ~np.isnan(truth).any(axis=1)
    if not known.any():
        return ""
    truth, outputs = truth[known], outputs[known]
    if model.kind != "numbers":
        said = outputs.argmax(axis=1)[:, None] if model.kind == "class" else outputs > 0.5
        right = (said == truth).all(axis=1)
        told = f"accuracy {number(float(right.mean()))}"
    else:
        numbers = Numbers(outputs.T[None], truth.T[None], np.ones((1, len(truth))))
        figures = {"rmse": rmse.score(numbers)[0], "r2": r2.score(numbers)[0]}
        told = ", ".join(f"{name} {number(float(value))}" for name, value in figures.items())
    whose = "target is" if len(targets) == 1 else "targets are"
    return f"{told} over the {counted(len(truth), 'row')} whose {whose} there"


def column_of_classes(model: Predictor) -> str | None:
    """Return the column of the classes that a model learnt, as far as it knows."""
    told = model.trained_on.get("target") or model.specification.get("target")
    return told if isinstance(told, str) else None


def trained_on_these(model: Predictor, data: str | bytes) -> bool:
    """Tell whether it is the file, or the built-in set, that the model learnt from."""
    then = model.specification
    if data in builtin.SETS:
        return then.get("data") == data
    return then.get("data_sha256") is not None and content_sha256(data) == then["data_sha256"]


def _targets(model: Predictor) -> tuple[Variable, ...]:
    """Return what is predicted; the levels of a class are the classes."""
    if model.kind != "class":
        return model.targets
    learnt_a_set = model.specification.get("data") in builtin.SETS
    name = builtin.CLASS if learnt_a_set else column_of_classes(model)
    return (Variable(name, tuple(map(str, model.classes))),) if name else ()

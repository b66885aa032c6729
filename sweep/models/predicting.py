"""Classes, numbers or answers of new rows, by a saved model."""

import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from results.labels import printable
from sweep.data import builtin, files
from sweep.data.files import Column
from sweep.errors import InputError
from sweep.models.predictor import Predictor
from sweep.models.reading import load_model
from sweep.models.scoring import scored
from sweep.specification.options import OF_FILES
from sweep.specification.spec import Specification
from sweep.streams import exactly

if TYPE_CHECKING:
    import pandas as pd


def show(path: str, data: str, as_json: bool, told: dict[str, Any]) -> int:
    """Print the predictions for a file, and what they come from."""
    model = load_model(path)
    columns = columns_of(model, data, told)
    outputs = model.predict_columns(columns)
    found = _named(model, outputs)
    if as_json:
        print(json.dumps(found.to_dict("list")))
    else:
        lines = exactly(_csv(found))
        print(printable(f"{path}: {model}"), file=sys.stderr)
        if score := _scored(model, columns, outputs):
            print(printable(f"{data}: {score}"), file=sys.stderr)
        print(lines, end="")
    return 0


def _scored(model: Predictor, columns: Sequence[Column], outputs: np.ndarray) -> str:
    """Say what predictions are worth, or why that is not known; they are good without it."""
    try:
        return scored(model, columns, outputs)
    except InputError as error:
        return f"not scored: {error}"


def _csv(found: "pd.DataFrame") -> str:
    """Write predictions as CSV: names in it are those of a file that may be anybody's."""
    import pyarrow as pa

    from results.directory import csvfile

    table = pa.Table.from_pandas(found, preserve_index=False)
    lines = io.BytesIO()
    lines.write(csvfile.header(table.schema))
    csvfile.write(table, lines)
    return lines.getvalue().decode()


def predict(
    model: Predictor | str | os.PathLike[str], data: str | os.PathLike[str], **told: Any
) -> "pd.DataFrame":
    """Predict the rows of a file.

    Parameters
    ----------
    model : Model, Ensemble or path
        A path that `sweep.Model.save` wrote to.
    data : str or path
        A file of any format that `sweep.Sweep` takes, or the name of a built-in set. Its columns
        may come in any order, those that the model does not read are left aside.
    **told
        How the file is written: ``separator``, ``decimal``, ``encoding``, ``header``. What is left
        out is as it was said of the file that the model was trained on.

    Returns
    -------
    DataFrame
        One row for each row of the file: ``predicted``, and ``p_<class>`` for each class. Of
        numbers and answers each target has its own ``predicted``, with ``_<target>`` where there
        are several, and of answers ``p_<yes>`` beside it, or ``p_<target>_<yes>``.

    Raises
    ------
    InputError
        If either cannot be read, a column is missing, or it holds what it did not at training.
    """
    loaded = model if isinstance(model, Predictor) else load_model(model)
    return _named(loaded, loaded.predict_columns(columns_of(loaded, data, told)))


def columns_of(
    model: Predictor, data: str | os.PathLike[str], told: Mapping[str, Any]
) -> Sequence[Column]:
    """Read the rows of a file, or of a built-in set."""
    told = {name: value for name, value in told.items() if value is not None}
    if data in builtin.SETS:
        Specification(data=data, **told)  # which refuses what is told of no file
        X, _, _, features = builtin.read(str(data))
        return files.from_arrays(features, X.T, str(data))
    trained_on = {name: model.specification.get(name) for name in OF_FILES}
    spec = Specification(data=os.fspath(data), **(trained_on | told))
    return files.read(os.fspath(data), files.Dialect.of(spec))


def _named(model: Predictor, outputs: np.ndarray) -> "pd.DataFrame":
    """Return what a model says as a table."""
    import pandas as pd

    meant = model.meant(outputs)
    if model.kind == "class":
        found = pd.DataFrame(outputs, columns=[f"p_{name}" for name in model.classes])
        found.insert(0, "predicted", pd.Series(meant.tolist()).to_numpy())
        return found
    columns = {}
    of_each = zip(model.targets, meant.reshape(outputs.shape).T, outputs.T, strict=True)
    for target, values, said in of_each:
        of = f"_{target.name}" if len(model.targets) > 1 else ""
        columns[f"predicted{of}"] = values
        if target.levels is not None:
            columns[f"p{of}_{target.levels[1]}"] = said
    return pd.DataFrame(columns)

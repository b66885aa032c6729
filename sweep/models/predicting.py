"""Classes and probabilities of new rows, by a saved model."""

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from sweep.data import builtin, files
from sweep.models.model import Model, load_model
from sweep.specification.options import OF_FILES
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    import pandas as pd


def show(path: str, data: str, as_json: bool, told: dict[str, Any]) -> int:
    """Print the predictions for a file, and what they come from."""
    model = load_model(path)
    found = predict(model, data, **told)
    if as_json:
        print(json.dumps(found.to_dict("list")))
    else:
        print(f"{path}: {model}", file=sys.stderr)
        print(_csv(found), end="")
    return 0


def _csv(found: "pd.DataFrame") -> str:
    """Write predictions as CSV: the names of classes are those of a file that may be anybody's."""
    import pyarrow as pa

    from results.directory import csvfile

    table = pa.Table.from_pandas(found, preserve_index=False)
    lines = io.BytesIO()
    lines.write(csvfile.header(table.schema))
    csvfile.write(table, lines)
    return lines.getvalue().decode()


def predict(
    model: Model | str | os.PathLike[str], data: str | os.PathLike[str], **told: Any
) -> "pd.DataFrame":
    """Predict the rows of a file.

    Parameters
    ----------
    model : Model or path
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
        One row for each row of the file: ``predicted``, and ``p_<class>`` for each class.

    Raises
    ------
    InputError
        If either cannot be read, a column is missing, or it holds what it did not at training.
    """
    import pandas as pd

    loaded = model if isinstance(model, Model) else load_model(model)
    told = {name: value for name, value in told.items() if value is not None}
    if data in builtin.SETS:
        Specification(data=data, **told)  # which refuses what is told of no file
        X, _, _, features = builtin.read(str(data))
        columns = files.from_arrays(features, X.T, str(data))
    else:
        trained_on = {name: loaded.specification.get(name) for name in OF_FILES}
        spec = Specification(data=os.fspath(data), **(trained_on | told))
        columns = files.read(os.fspath(data), files.Dialect.of(spec))
    probabilities = loaded.predict_columns(columns)
    found = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in loaded.classes])
    classes = pd.Series(loaded.classes)
    found.insert(0, "predicted", classes[probabilities.argmax(axis=1)].to_numpy())
    return found

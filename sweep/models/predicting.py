"""Classes, numbers or answers of new rows, by a saved model."""

import io
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from results.labels import printable
from sweep.data import builtin, files
from sweep.data.files import Column, Table
from sweep.data.reading.standard_input import WORD as STANDARD_INPUT
from sweep.data.reading.standard_input import called, standard_input
from sweep.errors import InputError, hint
from sweep.models.predictor import Predictor
from sweep.models.reading import load_model
from sweep.models.scoring import TRAINED_ON_THESE, scored, trained_on_these
from sweep.specification.options import OF_FILES
from sweep.specification.spec import Specification
from sweep.streams import exactly

if TYPE_CHECKING:
    import pandas as pd


def show(path: str, data: str, id_column: str | None, as_json: bool, told: dict[str, Any]) -> int:
    """Print the predictions for a file, and what they come from."""
    model = load_model(path)
    came = given(data)
    columns = columns_of(model, came, told, id_column)
    outputs = model.predict_columns(columns)
    found = _named(model, outputs)
    if id_column is not None:
        found = _with_ids(found, id_column, columns, model)
        found[id_column] = np.array([*map(_printed, found[id_column]), None], object)[:-1]
    lines = _json(found) if as_json else exactly(_csv(found))
    print(printable(f"{path}: {model}"), file=sys.stderr)
    if score := _scored(model, columns, outputs):
        print(printable(f"{called(data)}: {score}"), file=sys.stderr)
        if trained_on_these(model, came):
            print(TRAINED_ON_THESE, file=sys.stderr)
    print(lines, end="")
    return 0


def _printed(value: Any) -> Any:
    """Return an id as CSV and JSON both have it: a time, or what else has no form in JSON, as text.

    One that is no number (NaN) is none.
    """
    if value is None or value != value:
        return None
    return value if isinstance(value, str | int | float) else str(value)


def _json(found: "pd.DataFrame") -> str:
    """Write predictions as JSON, which has no infinite numbers: null stands for them."""
    columns = {
        name: [None if isinstance(one, float) and not math.isfinite(one) else one for one in values]
        for name, values in found.to_dict("list").items()
    }
    return json.dumps(columns, allow_nan=False) + "\n"


def _with_ids(found: "pd.DataFrame", name: str, columns: Table, model: Predictor) -> "pd.DataFrame":
    """Put the column that tells rows apart before their predictions, as its file has it."""
    import pandas as pd

    by_name = {column.name: column for column in columns}
    if name not in by_name:
        raise InputError(
            f"{columns[0].source} has no column {name!r} for --id{hint(name, by_name)}"
        )
    read = {model.features[place] for place in model.inputs}
    if any(name == one.name and not read.isdisjoint(one.features) for one in model.variables):
        raise by_name[name].error(
            "the model takes it for an input, so it is no --id: train without it (--drop)"
        )
    if name in found:
        raise by_name[name].error("--id: predictions have a column of this name: rename it")
    values = by_name[name].values if columns.spelled is None else columns.spelled
    ids = pd.Series(values.to_pylist(), name=name, dtype=object)
    return pd.concat([ids, found], axis=1)


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
    model: Predictor | str | os.PathLike[str],
    data: str | os.PathLike[str],
    id_column: str | None = None,
    **told: Any,
) -> "pd.DataFrame":
    """Predict the rows of a file.

    Parameters
    ----------
    model : Model, Ensemble or path
        A path that `sweep.Model.save` wrote to.
    data : str or path
        A file of any format that `sweep.Sweep` takes, ``-`` for standard input, or the name of a
        built-in set. Its columns may come in any order, those that the model does not read are
        left aside.
    id_column : str, optional
        One of these, to be put before the predictions as it is: what CSV has there, unless all are
        integers, is text.
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
    columns = columns_of(loaded, given(data), told, id_column)
    found = _named(loaded, loaded.predict_columns(columns))
    return found if id_column is None else _with_ids(found, id_column, columns, loaded)


def given(data: str | os.PathLike[str]) -> str | bytes:
    """Return where rows are to be read; of standard input, which is read but once, what came."""
    return standard_input() if data == STANDARD_INPUT else os.fspath(data)


def worded(data: str | bytes) -> str:
    """Return the word that stands for what is `given`."""
    return STANDARD_INPUT if isinstance(data, bytes) else data


def columns_of(
    model: Predictor,
    came: str | bytes,
    told: Mapping[str, Any],
    spelled: str | None = None,
) -> Table:
    """Read the rows of what is `given`: of a built-in set with its classes.

    One column may be wanted as the file spells it, see `Table.spelled`.
    """
    told = {name: value for name, value in told.items() if value is not None}
    if isinstance(came, str) and came in builtin.SETS:
        Specification(data=came, **told)  # which refuses what is told of no file
        X, y, classes, features = builtin.read(came)
        names = [*features, builtin.CLASS]
        return files.from_arrays(names, [*X.T, np.array(classes)[y].tolist()], came)
    trained_on = {name: model.specification.get(name) for name in OF_FILES}
    spec = Specification(data=worded(came), **(trained_on | told))
    return files.read(came, files.Dialect.of(spec), spelled)


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

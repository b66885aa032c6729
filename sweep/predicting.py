"""Classes and probabilities of new rows, by a saved model."""

import os
from typing import TYPE_CHECKING

from sweep import builtin, tables
from sweep.saving import load_model

if TYPE_CHECKING:
    import pandas as pd


def predict(model: str | os.PathLike[str], data: str | os.PathLike[str]) -> "pd.DataFrame":
    """Predict the rows of a file.

    Parameters
    ----------
    model : path
        Written by `sweep.Model.save`.
    data : str or path
        A CSV or Parquet file, or the name of a built-in set. Its columns may come in any order,
        those that the model does not read are left aside.

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

    loaded = load_model(model)
    if data in builtin.SETS:
        X, _, _, features = builtin.read(str(data))
        columns = tables.from_arrays(features, X.T, str(data))
    else:
        columns = tables.read(os.fspath(data))
    probabilities = loaded.predict_columns(columns)
    found = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in loaded.classes])
    classes = pd.Series(loaded.classes)
    found.insert(0, "predicted", classes[probabilities.argmax(axis=1)].to_numpy())
    return found

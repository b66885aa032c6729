"""All that is to be said of a model on rows that it never saw: tables, and sentences."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.models.ensemble.average import Ensemble
from sweep.models.evaluating import curves, resampling, wording
from sweep.models.evaluating.scores import chosen, scores, undefined
from sweep.models.evaluating.truth import Rows, read
from sweep.models.predictor import Predictor
from sweep.models.reading import load_model

if TYPE_CHECKING:
    import pandas as pd


class Evaluation(NamedTuple):
    """What a model is worth on some rows.

    Attributes
    ----------
    rows : Rows
    tables : dict of str to DataFrame
        ``metrics``; of classes and answers ``confusion``, ``calibration`` and ``curves``, of
        numbers ``residuals``. See `sweep.models.evaluating.curves`. A row of metrics has the
        ``target`` (None is the mean over several), the ``metric``, its ``value`` with the interval
        ``low``, ``high``, the ``baseline`` without inputs, the interval of the difference from it
        ``low_from_baseline``, ``high_from_baseline``, and in how many ``resamples`` it is defined.
    figures : dict of str to float
        Calibration: its ``ece``, ``bins``, and ``ece_by_luck``, below which 95 of 100 models are
        whose probabilities are right.
    notes : list of str
        Sentences: what was left out, what cannot be told.
    """

    rows: Rows
    tables: dict[str, pd.DataFrame]
    figures: dict[str, float]
    notes: list[str]


def evaluate(
    model: Predictor | str | os.PathLike[str],
    data: str | os.PathLike[str],
    target: str | None = None,
    metrics: str | None = None,
    times: int = resampling.DEFAULT,
    **told: Any,
) -> Evaluation:
    """Judge a model by the rows of a file.

    Parameters
    ----------
    model : Model, Ensemble or path
    data : str or path
        A file, or the name of a built-in set.
    target : str, optional
        Columns of the targets; by default those that the model was trained on.
    metrics : str, optional
        Which metrics, between commas; by default all that fit.
    times : int
        Bootstrap resamples.
    **told
        How the file is written, see `sweep.models.predicting.predict`.

    Raises
    ------
    InputError
        If something cannot be read, or does not fit.
    """
    resampling.check(times)
    loaded = model if isinstance(model, Predictor) else load_model(model)
    names = chosen(metrics, loaded.loss)
    return of_rows(read(loaded, data, target, told), without_inputs(loaded), names, times)


def of_rows(
    rows: Rows, guess: NDArray[np.float64] | None, names: Sequence[str], times: int
) -> Evaluation:
    """Judge what was said of some rows.

    Parameters
    ----------
    rows : Rows
    guess : ndarray of float64, shape (outputs,), or None
        What is said of every row without a look at the inputs, where that is known.
    names : sequence of str
        The metrics.
    times : int
        Bootstrap resamples.
    """
    metrics, notes = _metrics(rows, guess, names, times)
    tables, figures = {"metrics": metrics}, {}
    if rows.kind == "numbers":
        tables["residuals"] = _residuals(rows)
        notes += wording.spread(tables["residuals"])
    else:
        calibration = curves.calibration(rows)
        tables |= {"confusion": curves.confusion(rows), "calibration": calibration.table}
        tables["curves"] = curves.curves(rows)
        figures = {"ece": calibration.error, "bins": curves.BINS}
        figures["ece_by_luck"] = calibration.by_luck
        notes.append(wording.calibrated(calibration))
    return Evaluation(rows, tables, figures, [*rows.notes, *notes])


def without_inputs(model: Predictor) -> NDArray[np.float64] | None:
    """Return what the training part says without inputs; of several networks in the mean.

    None where a model does not know it.
    """
    if isinstance(model, Ensemble):
        each = [without_inputs(member) for member in model.members]
        there = [said for said in each if said is not None]
        return np.average(there, axis=0, weights=model.weights) if len(there) == len(each) else None
    known = model.trained_on.get("without_inputs")
    return None if known is None else np.array(known, np.float64)


def as_data(found: Evaluation) -> dict[str, Any]:
    """Return all of it as plain data, ready for JSON: None where a number is not defined."""
    rows = found.rows
    return {
        "rows": len(rows.truth),
        "targets": [target.name for target in rows.targets],
        "classes": [list(target.levels) for target in rows.targets if target.levels],
        **{name: _plain(value) for name, value in found.figures.items()},
        **{name: _records(table) for name, table in found.tables.items()},
        "notes": found.notes,
    }


def _metrics(
    rows: Rows, guess: NDArray[np.float64] | None, names: Sequence[str], times: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of the metrics, and what is to be said of it."""
    import pandas as pd

    whole = _of_target(rows, guess, names, times)
    notes = [f"{text}." for text in undefined(rows, names)]
    notes += wording.of_class(rows) if "f1" in names else []
    notes += (
        [wording.NO_BASELINE] if guess is None else wording.against_guessing(whole, rows, times)
    )
    tables = {rows.targets[0].name if len(rows.targets) == 1 else None: whole}
    for place, target in enumerate(rows.targets) if len(rows.targets) > 1 else ():
        own, alone = rows.alone(place), None if guess is None else guess[place : place + 1]
        tables[target.name] = _of_target(own, alone, names, times)
        told = wording.against_guessing(tables[target.name], own, times)
        notes += [f"{target.name}: {text}" for text in told]
    notes += wording.of_intervals(whole, times) if times else []
    found = pd.concat([table.assign(target=name) for name, table in tables.items()])
    return found[["target", *whole]].reset_index(drop=True), notes


def _of_target(
    rows: Rows, guess: NDArray[np.float64] | None, names: Sequence[str], times: int
) -> pd.DataFrame:
    """Return the metrics of rows as one, with intervals, and those of the baseline."""
    import pandas as pd

    values = scores(rows, names, rows.weight[None])[:, 0]
    found = resampling.resampled(rows, names, values, times)
    table: dict[str, Any] = {
        "metric": list(names),
        "value": values,
        "low": found.low,
        "high": found.high,
    }
    table |= dict.fromkeys(("baseline", "low_from_baseline", "high_from_baseline"), np.nan)
    if guess is not None:
        blind = rows._replace(said=np.broadcast_to(guess, rows.said.shape))
        table["baseline"] = scores(blind, names, rows.weight[None])[:, 0]
        theirs = resampling.resampled(blind, names, table["baseline"], times)
        ends = resampling.intervals(found.values - theirs.values)
        table["low_from_baseline"], table["high_from_baseline"] = ends
    return pd.DataFrame(table | {"resamples": found.defined})


def _residuals(rows: Rows) -> pd.DataFrame:
    """Return true less predicted numbers, a row for each row (of the file, from 1) and target."""
    import pandas as pd

    tables = [
        pd.DataFrame(
            {
                "row": rows.places + 1,
                "target": target.name,
                "true": truth,
                "predicted": said,
                "residual": truth - said,
            }
        )
        for target, truth, said in zip(rows.targets, rows.truth.T, rows.said.T, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value

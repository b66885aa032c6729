"""``cv_results_`` in the form of scikit-learn's GridSearchCV: its keys, dtypes and ranks."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def cv_results(
    params: Sequence[Mapping[str, Any]],
    times: Mapping[str, np.ndarray],
    scores: Mapping[str, np.ndarray],
) -> dict[str, Any]:
    """Lay out what was measured.

    Parameters
    ----------
    params : sequence of dict
        The candidates; all name the same parameters.
    times : dict of str to ndarray, shape (candidates, splits)
        ``fit_time`` and ``score_time``.
    scores : dict of str to ndarray, shape (candidates, splits)
        ``test_score`` and, if it is wanted, ``train_score``.
    """
    found: dict[str, Any] = {}
    for name, values in times.items():
        found |= _mean_and_std(name, values)
    for name in params[0]:
        found[f"param_{name}"] = _column([candidate[name] for candidate in params])
    found["params"] = [dict(candidate) for candidate in params]
    for name, values in scores.items():
        found |= {f"split{i}_{name}": values[:, i] for i in range(values.shape[1])}
        found |= _mean_and_std(name, values)
        mean = found[f"mean_{name}"]
        if not np.isfinite(mean).all():
            warnings.warn(
                f"One or more of the {name.removesuffix('_score')} scores are non-finite: {mean}",
                UserWarning,
                stacklevel=3,
            )
        if name == "test_score":
            found["rank_test_score"] = _ranks(mean)
    return found


def _column(values: Sequence[Any]) -> np.ma.MaskedArray:
    """Lay out the values of a parameter; tuples are objects."""
    if not isinstance(values[0], tuple):
        return np.ma.array(values, mask=False)
    found = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        found[place] = value
    return np.ma.array(found, mask=False)


def _mean_and_std(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    with np.errstate(invalid="ignore"):  # of scores that are infinite
        return {f"mean_{name}": values.mean(axis=1), f"std_{name}": values.std(axis=1)}


def _ranks(mean: np.ndarray) -> np.ndarray:
    """Rank from 1, the best first; equal ones share the best rank, NaN is behind all others."""
    worst = np.nanmin(mean) - 1 if not np.isnan(mean).all() else 0.0
    ordered = np.where(np.isnan(mean), worst, mean)
    return 1 + (ordered[None, :] > ordered[:, None]).sum(axis=1, dtype=np.int32)

"""``cv_results_`` in the form of scikit-learn's GridSearchCV: its keys, dtypes and ranks."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata


def cv_results(
    params: Sequence[Mapping[str, Any]],
    times: Mapping[str, np.ndarray],
    scores: Mapping[str, np.ndarray],
    rungs: Mapping[str, np.ndarray] | None = None,
) -> dict[str, Any]:
    """Lay out what was measured.

    Parameters
    ----------
    params : sequence of dict
        The candidates.
    times : dict of str to ndarray, shape (candidates, splits)
        ``fit_time`` and ``score_time``.
    scores : dict of str to ndarray, shape (candidates, splits)
        By ``test_`` or ``train_`` and the name of the scorer.
    rungs : dict of str to ndarray of int, shape (candidates,), optional
        Of a race, the ``iter`` that each is of, and its ``n_resources``. A candidate ranks behind
        all of later rungs.
    """
    found: dict[str, Any] = dict(rungs or {})
    for name, values in times.items():
        found |= _mean_and_std(name, values)
    for name in sorted({name for candidate in params for name in candidate}):
        found[f"param_{name}"] = _column(params, name)
    found["params"] = [dict(candidate) for candidate in params]
    for name, values in scores.items():
        found |= {f"split{i}_{name}": values[:, i] for i in range(values.shape[1])}
        found |= _mean_and_std(name, values)
        mean, (part, _) = found[f"mean_{name}"], name.split("_", 1)
        if not np.isfinite(mean).all():
            warnings.warn(
                f"One or more of the {part} scores are non-finite: {mean}",
                UserWarning,
                stacklevel=3,
            )
        if part == "test":
            found[f"rank_{name}"] = _ranks(mean, found.get("iter"))
    return found


def _column(params: Sequence[Mapping[str, Any]], name: str) -> np.ma.MaskedArray:
    """Lay out the values of a parameter, masked where a candidate has none."""
    values = [candidate[name] for candidate in params if name in candidate]
    plain = not any(isinstance(value, tuple) for value in values)
    kind = np.array(values).dtype if plain else np.dtype(object)
    found = np.ma.MaskedArray(
        np.empty(len(params), dtype=object if kind.kind == "U" else kind), mask=True
    )
    for place, candidate in enumerate(params):
        if name in candidate:
            found[place] = candidate[name]
    return found


def _mean_and_std(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    with np.errstate(invalid="ignore"):  # of scores that are infinite
        return {f"mean_{name}": values.mean(axis=1), f"std_{name}": values.std(axis=1)}


def _ranks(mean: np.ndarray, rung: np.ndarray | None) -> np.ndarray:
    """Rank those of each rung, behind all of the rungs after it."""
    found = np.zeros(len(mean), dtype=np.int32)
    rungs = np.zeros(len(mean), dtype=int) if rung is None else rung
    for one in np.unique(rungs):
        here = rungs == one
        found[here] = ranks(mean[here]) + (rungs > one).sum()
    return found


def ranks(mean: np.ndarray) -> np.ndarray:
    """Rank from 1, the best first; equal ones share the best rank, NaN is behind all others."""
    if np.isnan(mean).all():
        return np.ones(len(mean), dtype=np.int32)
    # NaN is behind even -inf, which stands for the lowest number meanwhile.
    with np.errstate(invalid="ignore"):
        ordered = np.nan_to_num(mean, nan=np.nanmin(mean) - 1)
    return rankdata(-ordered, method="min").astype(np.int32)

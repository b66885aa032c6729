"""The choice of a search: by which score, and the best cell or the sparsest that is as good."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sweep.errors import InputError
from sweep.estimators.searching.judge import ONLY
from sweep.estimators.searching.scoring import refuse_refit

#: The rule of one standard error, of which `refit` may say after a colon by which score.
ONE_SE = "one-se"


def is_one_se(refit: Any) -> bool:
    """Tell whether `refit` asks for the rule of one standard error."""
    return isinstance(refit, str) and refit.partition(":")[0] == ONE_SE


def refuse_unknown(refit: Any, scoring: Any) -> None:
    """Refuse a `refit` that is none, where there is one score."""
    if isinstance(refit, bool | np.bool_) or callable(refit):
        return
    told = refit.removeprefix(f"{ONE_SE}:") if isinstance(refit, str) else refit
    one = scoring is None or isinstance(scoring, str)
    if not isinstance(refit, str) or (one and told not in (ONE_SE, scoring)):
        raise InputError(
            f"`refit` should be True, False, {ONE_SE!r}, a callable, or the name of one of several "
            f"scores, not {refit!r}"
        )


def decisive(refit: Any, names: Sequence[str], several: bool) -> str | None:
    """Return the name of the score that decides, None where none does.

    Parameters
    ----------
    refit : bool, str or callable
    names : sequence of str
        The scores.
    several : bool
        Whether they have names of their own, be it one.

    Raises
    ------
    InputError
        If there are several, and `refit` does not say which.
    """
    if not several:
        return ONLY
    name = refit.partition(":")[2] if is_one_se(refit) else refit
    refuse_refit(name if isinstance(name, str) and name else refit, names)
    return name if isinstance(name, str) else None


def called(refit: Any, results: Mapping[str, Any], last: np.ndarray) -> int:
    """Return the index that a callable gives, checked as GridSearchCV checks it.

    Raises
    ------
    TypeError
        If it is no integer.
    IndexError
        If it is out of range.
    InputError
        If that candidate was stopped by a race.
    """
    index = refit(results)
    if not isinstance(index, int | np.integer):
        raise TypeError("best_index_ returned is not an integer")
    if not 0 <= index < len(results["params"]):
        raise IndexError("best_index_ index out of range")
    if index not in last:
        raise InputError(
            f"`refit` chose candidate {index}, which `factor` stopped: choose among those whose "
            "`iter` is the largest"
        )
    return int(index)


def sparsest(
    results: Mapping[str, Any], name: str, zeros: np.ndarray, last: np.ndarray, seeds: int
) -> int:
    """Return the sparsest candidate whose mean score is within one standard error of the best.

    The standard error is that of the best one's mean: ``sqrt(W / K)`` over K folds, where W is the
    variance between the folds of a seed, a mean over the seeds, as `results.best` has it.

    Parameters
    ----------
    results : dict
        ``cv_results_``.
    name : str
        The score.
    zeros : ndarray, shape (candidates,)
        The share of weights that count as zero, a mean over the splits.
    last : ndarray of int
        The candidates to choose from.
    seeds : int
        How many seeds the splits are of, all splits of one after another.

    Raises
    ------
    InputError
        If there is one fold, or no finite score.
    """
    splits = sum(key.startswith("split") and key.endswith(f"_test_{name}") for key in results)
    if splits // seeds < 2:
        raise InputError(f"`refit` {ONE_SE!r} needs several splits: let `cv` give more")
    mean = results[f"mean_test_{name}"]
    best = last[results[f"rank_test_{name}"][last].argmin()]
    if not np.isfinite(mean[best]):
        raise InputError(f"`refit` {ONE_SE!r} needs a finite score, and there is none")
    scores = np.array([results[f"split{i}_test_{name}"][best] for i in range(splits)])
    by_seed = scores.reshape(seeds, -1)
    error = np.sqrt(by_seed.var(axis=1, ddof=1).mean() / by_seed.shape[1])
    near = [i for i in last if np.isfinite(mean[i]) and mean[i] >= mean[best] - error]
    return int(max(near, key=lambda i: (zeros[i], mean[i], -i)))


def beside(curves: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
    """Lay out the losses of some splits by epoch, and find the epoch of the lowest mean.

    Parameters
    ----------
    curves : sequence of ndarray, shape (epochs,) each
        Of each split the loss after each epoch that it was trained.

    Returns
    -------
    curve : ndarray, shape (splits, epochs)
        NaN where a split was not trained so long.
    epoch : int
        Counted from 1, among those that every split came to.
    """
    curve = np.full((len(curves), max(map(len, curves))), np.nan)
    for row, one in zip(curve, curves, strict=True):
        row[: len(one)] = one
    shared = curve[:, : min(map(len, curves))].mean(axis=0)
    return curve, int(np.nan_to_num(shared, nan=np.inf).argmin()) + 1

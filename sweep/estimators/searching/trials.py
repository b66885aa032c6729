"""Trials: cells of a search trained on every split, side by side, and scored."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from joblib.logger import short_format_time

from sweep.estimators.aims import Aim
from sweep.estimators.fits import Fit, Portion, Stage, fit_all
from sweep.estimators.mlp import RegularizedMLP, alpha_of_one
from sweep.estimators.searching.judge import ONLY, Judge, Rows, Scored
from sweep.estimators.searching.votes import Votes
from sweep.specification.spec import Specification
from sweep.training.sparsity import tolerance


class Trial(NamedTuple):
    """What became of a cell on a split.

    Attributes
    ----------
    scored : Scored
    zeros : float
        The share of its weights that count as zero, if that is asked for; NaN if the fit failed.
    fit : Fit, optional
        Where it stands, if it may go on.
    """

    scored: Scored
    zeros: float
    fit: Fit | None


class Trials:
    """Cells and splits, and how they are tried.

    Parameters
    ----------
    spec : Specification
    l2 : {"l2", "alpha"}
        What its L2 is.
    cells : dict of int to dict
        The parameters of each cell by its number in the order of the grid.
    portions : sequence of Portion
        What is learnt from on each split.
    rows : sequence of (Rows or None, Rows)
        What of each split is scored: the training part, if it is, and the test part.
    estimator_of : callable
        Gives an estimator that has not been fitted, from parameters.
    aim : Aim
    judge : Judge
    votes : Votes, optional
    counts_zeros : bool
        Whether it is asked for how many weights count as zero.
    verbose : int
        As of GridSearchCV.
    n_jobs : int, optional
    """

    def __init__(
        self,
        spec: Specification,
        l2: str,
        cells: Mapping[int, dict[str, Any]],
        portions: Sequence[Portion],
        rows: Sequence[tuple[Rows | None, Rows]],
        estimator_of: Callable[..., RegularizedMLP],
        aim: Aim,
        judge: Judge,
        votes: Votes | None,
        counts_zeros: bool,
        verbose: int,
        n_jobs: int | None,
    ) -> None:
        self._spec, self._l2, self._cells, self._portions = spec, l2, cells, portions
        self._rows, self._estimator_of, self._aim, self._judge = rows, estimator_of, aim, judge
        self._votes, self._verbose, self._n_jobs = votes, verbose, n_jobs
        self._counts_zeros = counts_zeros
        self._begun: dict[tuple[int, int], Fit] = {}

    def train(self, numbers: np.ndarray, until: int) -> list[list[Trial]]:
        """Train some cells until they have had so many epochs; return trials by cell and split.

        They go on where they stand, so that none may come that was left out before.
        """
        stage = Stage(numbers, until, self._begun)
        if self._verbose > 0:
            splits, cells = len(self._portions), len(numbers)
            print(
                f"Fitting {splits} folds for each of {cells} candidates, totalling "
                f"{splits * cells} fits"
            )
        found = self._each(stage, self._spec, partial(self._tried, stage))
        self._begun = {
            (place, number): trial.fit
            for place, trials in enumerate(found)
            for number, trial in zip(numbers.tolist(), trials, strict=True)
            if trial.fit
        }
        return [list(trials) for trials in zip(*found, strict=True)]

    def curves(self, number: int) -> list[np.ndarray]:
        """Train a cell once more on every split, and return the losses of what each holds out.

        Returns
        -------
        list of ndarray, shape (epochs,)
        """
        stage = Stage(np.array([number]), self._spec.epochs, {})

        def told(place: int, cell: int, fit: Fit) -> np.ndarray:
            return np.array([then["val_loss"] for then in fit.history])

        return [curve for (curve,) in self._each(stage, self._spec.replace(history=1), told)]

    def _each(
        self, stage: Stage, spec: Specification, then: Callable[[int, int, Fit], Any]
    ) -> list[list[Any]]:
        """Do what `fit_all` does of all portions, also where `l2` holds `alpha`.

        That is more in a smaller batch.
        """
        if self._l2 != "alpha":
            return fit_all(spec, self._portions, then, self._n_jobs, stage)
        found: dict[int, list[Any]] = {}
        unit = [alpha_of_one(spec, one) for one in self._portions]
        for times in sorted(set(unit)):
            places = [i for i, one in enumerate(unit) if one == times]
            some = [self._portions[i] for i in places]
            there = spec.replace(l2=tuple((np.array(spec.l2, np.float64) / times).tolist()))
            begun = {
                (places.index(i), cell): fit
                for (i, cell), fit in stage.begun.items()
                if i in places
            }

            def then_there(place: int, cell: int, fit: Fit, places: list[int] = places) -> Any:
                return then(places[place], cell, fit)

            by_place = fit_all(there, some, then_there, self._n_jobs, stage._replace(begun=begun))
            found |= dict(zip(places, by_place, strict=True))
        return [found[i] for i in range(len(self._portions))]

    def _tried(self, stage: Stage, place: int, cell: int, fit: Fit) -> Trial:
        training, test = self._rows[place]
        learnt, zeros = self._portions[place], np.nan
        estimator = None
        if fit.finite:
            told = {"max_iter": stage.until} if stage.until < self._spec.epochs else {}
            estimator = self._estimator_of(**self._cells[cell], random_state=learnt.seed, **told)
            estimator._keep(fit, learnt, self._aim, fit.spec, {}, {})
            zeros = _zeros(fit, estimator) if self._counts_zeros else np.nan
            if self._votes and stage.until == self._spec.epochs:
                outputs = learnt.classes if len(learnt.classes) else np.arange(learnt.outputs)
                self._votes.hear(place, cell, estimator.model_, learnt.fold.X, outputs)
        scored = self._judge.score(estimator, training, test, fit.seconds)
        if self._verbose > 1:
            print(self._line(stage, place, cell, scored))
        return Trial(scored, zeros, fit if stage.until < self._spec.epochs else None)

    def _line(self, stage: Stage, place: int, cell: int, scored: Scored) -> str:
        """Return what GridSearchCV prints of a fit."""
        number = stage.cells.tolist().index(cell)
        progress = f" {place + 1}/{len(self._portions)}" if self._verbose > 2 else ""
        progress += f"; {number + 1}/{len(stage.cells)}" if progress and self._verbose > 9 else ""
        told = ", ".join(f"{name}={value}" for name, value in self._cells[cell].items()) + ";"
        if self._verbose > 2:
            for name, score in (scored.test or {ONLY: float(self._judge.error_score)}).items():
                test = f"test={score:.3f}"
                both = f"train={scored.train[name]:.3f}, {test}" if scored.train else test
                alone = f"({both})" if scored.train else f"{score:.3f}"
                told += f", score={alone}" if name == ONLY else f" {name}: ({both})"
        told += f" total time={short_format_time(scored.fit_seconds + scored.score_seconds)}"
        return f"[CV{progress}] END {told:.>{80 - len(f'[CV{progress}] END ')}}"


def _zeros(fit: Fit, estimator: RegularizedMLP) -> float:
    """Return the share of weights that count as zero, as a table of runs has it."""
    rate, l1 = (np.atleast_1d(float(getattr(estimator, of))) for of in ("learning_rate_init", "l1"))
    (most,) = tolerance(fit.spec, rate, l1)
    weights = np.concatenate([layer.ravel() for layer in estimator.coefs_])
    return float((abs(weights) <= most).mean())

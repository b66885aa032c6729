"""Cells that a sampler chooses by what came before: optuna's TPE, asked for a round at a time.

The tree-structured Parzen estimator (Bergstra et al., 2011) is told the losses of all rounds before,
in the order of the cells, and draws by a seed of the round: what it says follows from these alone.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from sweep.errors import InputError
from sweep.plan.sample import Cells, Spread, drawn
from sweep.seeded import generator
from sweep.specification.values import Range

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

#: Cells of a round: with one seed and fold, whole packs of any width.
ROUND = 16

#: How often it is asked for a cell that there is not yet, before one is drawn.
_ASKED = 16


def check_installed() -> None:
    """Refuse to begin without optuna."""
    if importlib.util.find_spec("optuna") is None:
        raise InputError(
            "`sampler` tpe is optuna's, which the extra [optuna] brings: install optuna, or take "
            "sobol"
        )


def first_round(spread: Spread, cells: int, seed: int) -> Cells:
    """Return the cells that nothing came before: the first of a Sobol' sequence."""
    return drawn(spread, min(ROUND, cells), "sobol", seed)


def next_cells(
    axes: Mapping[str, np.ndarray],
    spread: Spread,
    known: Cells,
    losses: np.ndarray,
    seed: int,
) -> Iterator[dict[str, float]]:
    """Yield the cells of a round, each unlike all before it; they are told as running meanwhile.

    Parameters
    ----------
    axes : dict of str to ndarray
    spread : dict of str to Range or int
        What is drawn from.
    known : dict of str to ndarray
        The cells so far.
    losses : ndarray, shape (cells,)
        What came of them: infinite where that is no number.
    seed : int
    """
    import optuna

    there = len(losses)
    taken = set(_rows(known))
    varied = {name: _distribution(axes[name], one) for name, one in spread.items() if one != 1}
    begun = int(generator(seed, "tpe", str(there)).randint(2**31))
    with _silent():
        sampler = optuna.samplers.TPESampler(seed=begun, multivariate=True, constant_liar=True)
        study = optuna.create_study(sampler=sampler)
        for place, loss in enumerate(losses.tolist()):
            told = {name: known[name][place].item() for name in varied}
            trial = optuna.trial.create_trial(params=told, distributions=varied, value=loss)
            study.add_trial(trial)
    while True:
        for _ in range(_ASKED):
            with _silent():
                params = study.ask(varied).params
            cell = {name: params.get(name, 0) for name in spread}
            if tuple(cell.values()) not in taken:
                break
        else:
            more = drawn(spread, len(taken) + 1, "sobol", seed)
            row = next(row for row in _rows(more) if row not in taken)
            cell = dict(zip(spread, row, strict=True))
        taken.add(tuple(cell.values()))
        yield cell


def _rows(cells: Cells) -> Iterator[tuple[float, ...]]:
    return zip(*(column.tolist() for column in cells.values()), strict=True)


def _distribution(axis: np.ndarray, spread: Range | int) -> BaseDistribution:
    """Return what optuna calls an axis: numbers of a list have an order, and words have none."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(spread, Range):
        low, high = spread
        return FloatDistribution(low, high, log=spread.spacing == "log")
    if axis.dtype.kind in "OUS":
        return CategoricalDistribution(range(spread))
    return IntDistribution(0, spread - 1)


@contextmanager
def _silent() -> Iterator[None]:
    """Let optuna say nothing, neither of a study nor of what it calls experimental."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)

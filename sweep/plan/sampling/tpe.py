"""Cells that a sampler chooses by what came before: optuna's TPE, asked for a round at a time.

The tree-structured Parzen estimator (Bergstra et al., 2011) is told the losses of all rounds
before, in the order of the cells, and draws by a seed of the round: what it says follows from these
alone.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.errors import InputError
from sweep.plan.sampling.drawing import columns, drawn
from sweep.seeded import generator
from sweep.specification.axes import drawn_from, resting
from sweep.specification.spec import Specification
from sweep.specification.values import Range

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

#: Cells of a round: with one seed and fold, whole packs of any width.
ROUND = 16

#: How often it is asked for a cell that there is not yet, before one is drawn.
_ASKED = 16

#: A cell: its values, by column of the table.
Cell = dict[str, Any]


def check_installed() -> None:
    """Refuse to begin without optuna."""
    if importlib.util.find_spec("optuna") is None:
        raise InputError(
            "`sampler` tpe is optuna's, which the extra [optuna] brings: install optuna, or take "
            "sobol"
        )


def as_runs(cells: Sequence[Cell]) -> dict[str, np.ndarray]:
    """Return the columns of cells as a table of runs has them, each with one."""
    values = {name: np.array([cell[name] for cell in cells]) for name in cells[0]}
    return {"run": np.arange(len(cells)), **values}


def first_round(spec: Specification) -> list[Cell]:
    """Return the cells that nothing came before: the first of a Sobol' sequence."""
    assert spec.sample
    return _drawn(spec, min(ROUND, spec.sample))


def next_round(
    spec: Specification, known: Sequence[Cell], losses: Sequence[float], count: int
) -> list[Cell]:
    """Return the cells of a round, each unlike all before it, which run while it is chosen.

    Parameters
    ----------
    spec : Specification
    known : sequence of dict
        The cells so far.
    losses : sequence of float
        What came of them: infinite where that is no number.
    count : int
        How many cells.
    """
    import optuna

    varied = {name: of for name, of in drawn_from(spec).items() if len(of) > 1}
    kinds = {name: _distribution(of) for name, of in varied.items()}
    begun = int(generator(spec.seeds[0], "tpe", str(len(known))).randint(2**31))
    taken = set(map(_key, known))
    found: list[Cell] = []
    with _silent():
        sampler = optuna.samplers.TPESampler(seed=begun, multivariate=True, constant_liar=True)
        study = optuna.create_study(sampler=sampler)
        for cell, loss in zip(known, losses, strict=True):
            params = _params(spec, cell, varied)
            told = {name: kinds[name] for name in params}
            study.add_trial(
                optuna.trial.create_trial(params=params, distributions=told, value=loss)
            )
        while len(found) < count:
            for _ in range(_ASKED):
                cell = _cell(spec, study.ask(kinds).params)
                if _key(cell) not in taken:
                    break
            else:
                cell = next(c for c in _drawn(spec, len(taken) + 1) if _key(c) not in taken)
            taken.add(_key(cell))
            found.append(cell)
    return found


def _drawn(spec: Specification, count: int) -> list[Cell]:
    """Return the first cells of a Sobol' sequence, in the order of their parts."""
    found = []
    for part, rows in drawn(spec, count):
        lanes = columns(spec, part, rows)
        for values in zip(*(of.tolist() for of in lanes.values()), strict=True):
            cell = part.place | dict(zip(lanes, values, strict=True))
            found.append({name: cell[name] for name in drawn_from(spec)})
    return found


def _cell(spec: Specification, params: Mapping[str, Any]) -> Cell:
    """Return the cell that was asked for; what is at rest there has its value then."""
    cell = {}
    for name, of in drawn_from(spec).items():
        place = params.get(name, 0)
        cell[name] = place if isinstance(of, Range) else of[place].item()
    rest = resting(spec, cell)
    return {name: rest.get(name, value) for name, value in cell.items()}


def _params(spec: Specification, cell: Cell, varied: Mapping[str, Any]) -> dict[str, Any]:
    """Return what optuna is told of a cell: nothing of what is at rest there."""
    rest = resting(spec, cell)
    return {
        name: cell[name] if isinstance(of, Range) else int(np.flatnonzero(of == cell[name])[0])
        for name, of in varied.items()
        if name not in rest
    }


def _key(cell: Cell) -> tuple[Any, ...]:
    return tuple(cell.values())


def _distribution(of: np.ndarray | Range) -> BaseDistribution:
    """Return what optuna calls an axis: numbers of a list have an order, and words have none."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(of, Range):
        low, high = of
        return FloatDistribution(low, high, log=of.spacing == "log")
    if of.dtype.kind == "U":
        return CategoricalDistribution(range(len(of)))
    return IntDistribution(0, len(of) - 1)


@contextmanager
def _silent() -> Iterator[None]:
    """Let optuna say nothing, neither of a study nor of what it calls experimental."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)

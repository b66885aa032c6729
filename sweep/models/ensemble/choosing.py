"""Which runs of a sweep predict best together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from results.cells.summary import deciding
from results.columns import is_better_high
from sweep.models.best import again
from sweep.models.ensemble.average import Ensemble
from sweep.models.ensemble.candidates import candidates, trained
from sweep.models.ensemble.greedy import greedy
from sweep.models.ensemble.judging import Bench, Judge
from sweep.models.ensemble.turns import Turns, dealt
from sweep.plan.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd


class Chosen(NamedTuple):
    """An ensemble, and how it came about.

    Attributes
    ----------
    ensemble : Ensemble
        Those with the most to say first.
    runs : DataFrame
        The rows of its members.
    metric : str
        The column by which it was chosen.
    reached : float
        The mean over the splits of what the picked cells reach together.
    alone : float
        That of the best cell.
    cells, of : int
        How many cells were looked at, and how many there were.
    splits : int
        In how many splits of the rows.
    """

    ensemble: Ensemble
    runs: pd.DataFrame
    metric: str
    reached: float
    alone: float
    cells: int
    of: int
    splits: int

    @property
    def picks(self) -> int:
        """How many picks it is made of."""
        return sum(self.ensemble.times)


def choose(
    experiment: Experiment,
    directory: str | os.PathLike[str],
    runs: pd.DataFrame,
    cells: pd.DataFrame,
    picks: int,
) -> Chosen:
    """Choose runs greedily with replacement, trained again.

    A pick is of a cell, and judged as cells are: over all splits of the rows, in each on the rows
    that it held out. Of these each is told by runs alone that held it out, see
    `sweep.models.ensemble.turns`. What a pick brings into the ensemble is the run of its cell in
    the next split in turn: so there are no more networks than picks, and of as many seeds and folds
    as there are.

    Parameters
    ----------
    experiment : Experiment
    directory : path
        The results directory.
    runs : DataFrame
        Its table.
    cells : DataFrame
        Their `results.summary`, of which one can be chosen.
    picks : int
        How many.

    Raises
    ------
    InputError
        If a run does not give what its row says.
    """
    metric = deciding(cells)
    name, sign = metric.removeprefix("val_"), -1 if is_better_high(metric) else 1
    found = candidates(experiment, runs, cells)
    rows = [fold.val for fold in found.folds]
    bench = Bench([Judge(experiment.spec, fold, fold.val) for fold in found.folds])
    said, models = trained(experiment, found, directory)
    picked = greedy(
        said,
        lambda some: sign * bench.reached(name, some),
        picks,
        Turns(rows),
    )
    times = dealt(picked.order, len(found.folds))
    order = sorted(times, key=lambda pair: (-times[pair], found.run(*pair)["run"].iloc[0]))
    place = [cell * len(found.folds) + split for cell, split in order]
    own = found.runs.iloc[place].reset_index(drop=True)
    left = own[[pair not in models for pair in order]].sort_values("run")
    if len(left):
        pairs = [order[at] for at in left.index]
        models |= zip(pairs, again(experiment, left, directory), strict=True)
    members = [models[pair] for pair in order]
    ensemble = Ensemble(members, [times[pair] for pair in order], {"data": experiment.plan.name})
    best = cells.loc[cells[f"rank_{metric}"] == 1, f"mean_{metric}"].iloc[0]
    return Chosen(
        ensemble,
        own,
        metric,
        sign * picked.cost,
        float(best),
        found.cells,
        found.of,
        len(found.folds),
    )

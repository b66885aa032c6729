"""What is kept of a sweep's columns, in sentences: for the terminal, and for the page."""

from __future__ import annotations

import numpy as np

from results.cells.best import where
from results.cells.features.bounds import Bounds
from results.cells.summary import deciding
from results.labels import counted, most, number
from sweep.commands.kept import Kept


def title(kept: Kept) -> str:
    """Say which cell it is, and how many runs there are."""
    best = "" if kept.given else f", the cell of the {most(deciding(kept.cells))} mean "
    return (
        f"{kept.cell['data']} at "
        f"{where(kept.cells, kept.cell)}{best}{deciding(kept.cells) if best else ''}: "
        f"{counted(int(kept.rows['runs'].iloc[0]), 'run')}."
    )


def notes(kept: Kept, sure: str) -> list[str]:
    """Say what the figures mean, with what intervals are called, and how far one can trust them."""
    return [_of_importance(kept, sure), _of_kept(kept), *_of_selection(kept)]


def _of_importance(kept: Kept, sure: str) -> str:
    rows, spec = kept.rows, kept.spec
    if rows["importance"].isna().all():
        if not spec.holds_out:
            return "No importance: nothing was held out."
        if spec.permutations == 0:
            return "No importance: --permutations was 0."
        return "No importance: of a race only runs on its last rung have it."
    told = "Importance: the rise of val_loss where the held-out values of a column are shuffled"
    return f"{told}{f'; {sure} {kept.sure}' if sure and kept.sure else ''}."


def _of_kept(kept: Kept) -> str:
    return (
        "Kept: the share of these runs in which weights that are not zero lead from the column to "
        f"an output; *: at least {number(kept.threshold)} of them, at this cell. Weight: the root "
        "of the sum of squares of the weights that leave it, mean over these runs."
    )


def _of_selection(kept: Kept) -> list[str]:
    """Say what bounds there are on wrong choices, and what they take."""
    rows, found = kept.rows, kept.bounds
    if kept.spec.subsample is None:
        return [
            "How many columns are selected by chance is not known: the runs share most of their "
            "rows. With --subsample 0.5 there is a bound."
        ]
    if found is None:
        return [
            "There is no bound on wrong choices: it takes pairs of halves, seeds 2k and 2k+1, all "
            "of whose runs are done, and here some are missing or not done."
        ]
    selected, average = int(rows["selected"].sum()), number(kept.on_average, 3)
    keeps = (
        f"{counted(selected, 'column')} of {len(rows)} selected. A run keeps {average} on average"
    )
    if not selected:
        return [f"{keeps}: see a smaller penalty (sweep features --at)."]
    if found.r_concave >= selected:
        return [
            f"{keeps}, too many for a bound on wrong choices: see a larger penalty (sweep features "
            "--at)."
        ]
    chance = number(kept.on_average / len(rows), 2)
    most = min(found.worst, len(rows))
    told = (
        f"{keeps}. Of the columns that a run on half of such rows keeps with a chance of at most "
        f"{chance}, no more than {number(most, 3)} are expected among those selected"
        f"{_if_shaped(found)} (Shah and Samworth, 2013). The first is also Meinshausen and "
        "Bühlmann's bound (2010) on columns of noise, if runs keep all of these alike and no more "
        "readily than others."
    )
    chosen = (
        "They hold for a cell fixed before: this one was chosen by its runs (name one by sweep "
        "features --at)."
    )
    return [told, *([] if kept.given else [chosen])]


def _if_shaped(found: Bounds) -> str:
    """Say the bounds that suppose a shape, where there are such."""
    shapes = {
        "with one mode": found.unimodal,
        "that is r-concave (r = -1/2; that of halves -1/4)": found.r_concave,
    }
    told = [f"{shape}, {number(x, 3)}" for shape, x in shapes.items() if np.isfinite(x)]
    share = "if the share of pairs that keep such a one twice has a distribution"
    return f"; {share} {'; or '.join(told)}"

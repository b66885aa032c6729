"""What a comparison of two sweeps shows, in sentences: how sure it is, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from results.cells import wording
from results.cells.comparison.pairs import Comparison
from results.cells.counts import constant, guesses
from results.cells.intervals import SEEDS
from results.cells.notes import UNFAIR
from results.columns import is_better_high
from results.labels import counted, folds, listed, most, number

#: Seeds that are named one by one.
_FEW = 6


def said(found: Comparison, names: tuple[str, str]) -> list[str]:
    """Say what was compared and found, a sentence or two each.

    Parameters
    ----------
    found : Comparison
    names : tuple of str
        What to call the two sweeps.
    """
    told = [*_choices(found, names), _chosen(found, names), _guesses(found, names)]
    if found.metric.startswith("val_"):
        told.append(_picked(found))
        told += [_tested(found, names), *_of_folds(found, names)]
    else:
        told.append(UNFAIR)
    told += [_common(found, names), _left_out(found, names)]
    return [text for text in told if text]


def _choices(found: Comparison, names: tuple[str, str]) -> Iterator[str]:
    """Name the cell that each sweep chooses, and its mean over all seeds that it has."""
    for name, many, (_, cell) in zip(names, found.picked_from, found.best.iterrows(), strict=True):
        mean = number(cell[f"mean_{found.metric}"])
        over = wording.means(
            [cell["seeds"]], folds(int(cell["folds"]), int(cell.get("outer_folds", 1)))
        )
        is_best = (
            f"the {most(found.metric)} of {many:,} cells"
            if many > 1
            else "the only cell that competes"
        )
        yield f"{name}: {is_best} is {_place(cell)}; {found.metric} {mean}, {over}."


def _place(cell: pd.Series) -> str:
    """Say where a chosen cell is; ``why`` begins with it, where its sweep has several."""
    return str(cell["why"]).partition(": ")[0]


def _chosen(found: Comparison, names: tuple[str, str]) -> str:
    row = found.chosen.iloc[0]
    if not row["seeds"]:
        return "No seed is finished and finite in both: there is no difference to tell."
    return f"{_figure(row, names)} {_verdict(row, names)}"


def _figure(row: pd.Series, names: tuple[str, str]) -> str:
    """Write a difference with its interval, and over how many pairs it is."""
    sure = ""
    if pd.notna(row["low"]):
        ends = f"{number(row['low'])} to {number(row['high'])}"
        sure = f", 95 % interval {ends}, {wording.FOR[row['covers']]}"
    return (
        f"{names[1]} less {names[0]}: {row['metric']} {_signed(row['difference'])}{sure}, over "
        f"{_pairs(row)}."
    )


def _pairs(row: pd.Series) -> str:
    splits = int(row["splits"])
    each = f" of {counted(splits, 'fold')} each" if splits > 1 else ""
    return f"{counted(int(row['seeds']), 'pair')} of the same seed{each}"


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


def _verdict(row: pd.Series, names: tuple[str, str]) -> str:
    """Say which is shown to be better, and where that cannot be told why."""
    if row["difference"] == 0 and pd.isna(row["low"]):
        return "All pairs are equal."
    if not row["covers"]:
        return "One pair tells nothing of luck: give both more --seeds, or --folds."
    if pd.isna(row["low"]):
        return "All pairs differ by the same, which tells nothing of other rows."
    if row["low"] <= 0 <= row["high"]:
        return "The interval holds 0: the two cannot be told apart."
    higher = bool(row["difference"] > 0)
    alone = ", as far as seeds alone tell" if row["covers"] == SEEDS else ""
    return f"{names[higher == is_better_high(row['metric'])]} is better{alone}."


def _guesses(found: Comparison, names: tuple[str, str]) -> str:
    """Name the sweeps whose choice does no more than a guess."""
    alike = [
        name
        for name, (_, cell) in zip(names, found.best.iterrows(), strict=True)
        if constant(cell) or guesses(cell, found.metric)
    ]
    whose = "of neither" if len(alike) == 2 else f"of {listed(alike or [''])} not"
    return f"The choice {whose} does more than a guess without inputs." if alike else ""


def _picked(found: Comparison) -> str:
    """Say what the choice by the same rows does to the figures."""
    one, other = found.picked_from
    if one == other == 1:
        return ""
    text = (
        f"Cells were picked by these rows, of {one:,} and of {other:,}, and look better than they "
        "are"
    )
    if one != other:
        text += f", that of {max(one, other):,} the more"
    judged = len(found.chosen) > 1 or found.folds is not None
    ask = "" if judged else ": --test or --outer-folds give figures that no choice had a part in"
    return f"{text}; the interval does not know of that{ask}."


def _tested(found: Comparison, names: tuple[str, str]) -> str:
    """Say what the chosen cells give on a test part, whose rows are the same in all pairs."""
    rows = found.chosen.iloc[1:]
    if rows.empty or not rows["seeds"].any():
        return ""
    figures = [
        f"{row['metric']} {_signed(row['difference'])}"
        + (f" ({number(row['low'])} to {number(row['high'])})" if pd.notna(row["low"]) else "")
        for _, row in rows[rows["seeds"] > 0].iterrows()
    ]
    sure = (
        " and its 95 % interval for other seeds on these rows" if rows["low"].notna().any() else ""
    )
    return (
        f"On the test part, which chose nothing, {names[1]} less {names[0]}{sure}: "
        f"{listed(figures)}, over {_pairs(rows.iloc[0])}."
    )


def _of_folds(found: Comparison, names: tuple[str, str]) -> Iterator[str]:
    """Say what the choices of the outer folds give on their test parts."""
    if found.folds is None:
        return
    for metric, rows in found.folds.groupby("metric", sort=False):
        known = rows.dropna()
        if known.empty:
            continue
        low, high = _signed(known["difference"].min()), _signed(known["difference"].max())
        lost = len(rows) - len(known)
        rest = f"; {counted(lost, 'outer fold')} without a choice in both left out" if lost else ""
        yield (
            f"Chosen anew in each of {counted(len(known), 'outer fold')}, {names[1]} less "
            f"{names[0]} on the test parts: mean {metric} {_signed(known['difference'].mean())}, "
            f"from {low} to {high} among the folds{rest}."
        )


def _common(found: Comparison, names: tuple[str, str]) -> str:
    """Say how the cells differ that both sweeps have."""
    if found.picked_from == (1, 1):  # the chosen ones are all there are
        return ""
    if found.common.empty:
        return "No cell that competes is in both."
    cells = found.cells[found.cells["competes"].astype(bool)]
    row = found.common.iloc[0].copy()
    row["metric"] = f"mean {found.metric}"
    known, above, below = cells["low"].notna(), cells["low"] > 0, cells["high"] < 0
    better, worse = (above, below) if is_better_high(found.metric) else (below, above)
    some = "the one cell" if len(cells) == 1 else f"the {len(cells):,} cells"
    aside, lost = "", len(found.cells) - len(cells)
    if lost:
        some = f"{len(cells):,} of the {len(found.cells):,} cells"
        why = "others do not compete, or have" if lost > 1 else "other does not compete, or has"
        aside = f" (the {why} fewer pairs)"
    if not row["seeds"]:
        return f"No seed is finished in all of {some} that both have: they have no mean."
    text = f"Over {some} that both have{aside}, no choice among them: "
    text += f"{_figure(row, names)} {_verdict(row, names)}"
    if known.any() and len(cells) > 1:
        untold = int(known.sum() - better.sum() - worse.sum())
        text += (
            f" One cell at a time {names[1]} is better in {int(better.sum()):,}, worse in "
            f"{int(worse.sum()):,}, and not to be told apart in {untold:,}"
        )
        rest = int((~known).sum())
        text += f"; of {rest:,} there is no interval." if rest else "."
    return text


def _left_out(found: Comparison, names: tuple[str, str]) -> str:
    """Say which seeds, pairs and cells took no part."""
    told = [
        f"{_listed(alone)}, in {name} alone"
        for name, alone in zip(names, (found.seeds.first, found.seeds.second), strict=True)
        if alone
    ]
    lost = len(found.seeds.both) - int(found.chosen["seeds"].iloc[0])
    if lost:
        told.append(f"{counted(lost, 'seed')} not finished and finite in both chosen cells")
    return f"Left out: {'; '.join(told)}." if told else ""


def _listed(seeds: list[int]) -> str:
    if len(seeds) > _FEW:
        return f"{len(seeds):,} seeds"
    return f"seed{'s' if len(seeds) > 1 else ''} {listed([str(seed) for seed in seeds])}"

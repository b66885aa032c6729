"""What is said beside a choice: true of the runs that it is said of, and silent elsewhere."""

import numpy as np
import pandas as pd
import pytest

import results
from results.cells.notes import UNFAIR, alike, as_data, notes


def runs(losses, *, seeds=8, baseline=0.7, spread=0.01, **further):
    """Return runs of cells along l1 with these mean losses; a seed is lucky in all alike."""
    rows = []
    draw = np.random.default_rng(0)
    luck = draw.normal(0, 0.02, seeds)
    for i, (l1, loss) in enumerate(losses.items()):
        own = luck + draw.normal(0, spread, seeds)
        for seed in range(seeds):
            val_loss = loss + own[seed] - own.mean()
            rows.append(
                {"run": len(rows), "data": "d", "seed": seed, "fold": 0, "l1": l1, "l2": 0.0,
                 "lr": 0.01, "momentum": 0.9, "status": "done", "epochs": 9, "train_rows": 80,
                 "val_rows": 20, "initial_loss": 1.0, "final_loss": 0.3, "val_loss": val_loss,
                 "val_accuracy": 0.9, "baseline_loss": baseline, "baseline_accuracy": 0.6,
                 "sparsity": 0.1 * i}
            )  # fmt: skip
    return pd.DataFrame(rows).assign(**further)


def said(table, rule="min"):
    cells = results.summary(table)
    return notes(cells, results.best(cells, rule).iloc[0])


def one(texts, *words):
    found = [text for text in texts if all(word in text for word in words)]
    assert len(found) == 1, texts
    return found[0]


def test_a_guess_stands_beside_every_figure():
    text = one(said(runs({0.0: 0.2, 0.1: 0.3})), "Class shares alone give")
    assert text == "Class shares alone give val_loss 0.7, val_accuracy 0.6."
    assert "no better" in one(said(runs({0.0: 0.75, 0.1: 0.8})), "Class shares").partition(":")[2]
    close = runs({0.0: 0.695, 0.1: 0.8})
    cells = results.summary(close)
    low, high = (cells[f"{end}_val_loss_from_baseline"].iloc[0] for end in ("low", "high"))
    assert low < 0 < high and cells["mean_val_loss_from_baseline"].iloc[0] < 0
    assert "may be no better" in one(said(close), "Class shares")
    old = runs({0.0: 0.2, 0.1: 0.3}).drop(columns=["baseline_loss", "baseline_accuracy"])
    assert not [text for text in said(old) if "Class shares" in text]


def test_cells_that_cannot_be_told_from_the_best_are_those_whose_difference_may_be_0():
    table = runs({0.0: 0.2, 0.01: 0.215, 0.03: 0.22, 0.1: 0.5}, spread=0.02)
    assert alike(results.summary(table)).tolist() == [False, True, True, False]
    assert one(said(table), "cannot be told").startswith("2 of 3 other cells cannot be told from")
    apart = said(runs({0.0: 0.2, 0.1: 0.5}))
    assert one(apart, "can be told") == (
        "Every other cell can be told from the lowest, at 95 %, one cell at a time and for new "
        "data and other seeds."
    )
    alone = said(runs({0.0: 0.2, 0.1: 0.5}, seeds=1))
    assert "One seed on one split" in one(alone, "tells no cell from another")


def test_the_end_of_the_grid_is_told_of_with_values_beyond():
    at_the_end = runs({0.0: 0.5, 0.01: 0.4, 0.03: 0.2})
    text = one(said(at_the_end), "that was tried")
    assert text.startswith("l1 = 0.03 is the largest that was tried") and "--l1 0.09,0.27" in text
    assert not [t for t in said(runs({0.0: 0.5, 0.01: 0.2, 0.03: 0.4})) if "tried" in t]
    # The smallest above 0 is no end: 0 was tried.
    assert not [t for t in said(runs({0.0: 0.5, 0.01: 0.2, 0.03: 0.4, 0.1: 0.5})) if "tried" in t]
    assert "smallest" in one(said(runs({0.01: 0.2, 0.03: 0.4})), "--l1 0.00333,0.00111")
    far = said(runs({0.0: 0.5, 1e-4: 0.4, 1.0: 0.2}))
    assert "--l1 10,100 " in one(far, "tried")  # no leap of ten thousand


@pytest.mark.parametrize(
    ("column", "beyond"), [("lr", "--lr 0.09,0.27"), ("l1_w1", "--vary l1_w1=0.09,0.27"),
                           ("momentum", "--momentum 0.984,0.992"),
                           ("beta2", "--beta2 0.9995,0.9998"),
                           ("dropout", "--dropout 0.7,0.85")]
)  # fmt: skip
def test_the_end_of_any_axis_is_told_of(column, beyond):
    ends = {"lr": (0.01, 0.03), "l1_w1": (0.01, 0.03), "momentum": (0.9, 0.9684),
            "beta2": (0.99, 0.999), "dropout": (0.2, 0.4)}[column]  # fmt: skip
    table = runs({0.0: 0.5, 0.1: 0.2})
    table[column] = table["l1"].map({0.0: ends[0], 0.1: ends[1]})
    table["l1"] = 0.0
    further = {"l1_w1", "beta2", "dropout"} & set(table.columns)
    names = [name for name in table.columns if name not in further]
    place = names.index("status")
    order = [*names[:place], *further, *names[place:]]
    assert beyond in one(said(table[order]), "that was tried")


def test_a_loss_with_penalties_in_it_is_no_judge_of_them():
    table = runs({0.0: 0.2, 0.1: 0.3}).drop(columns=["train_rows", "val_rows"])
    table = table.assign(val_loss=np.nan, final_loss=table["val_loss"], baseline_loss=np.nan)
    found = said(table)
    assert UNFAIR in found and not [text for text in found if "tried" in text or "--test" in text]


def test_runs_that_went_astray_are_counted():
    table = runs({0.0: 0.2, 0.1: 0.5})
    table.loc[[1, 9], "status"] = "diverged"
    table.loc[[2, 3], "final_loss"] = 2.0  # above the initial 1.0
    table.loc[4, "val_loss"] = 0.9  # above the baseline
    text = one(said(table), "diverged")
    assert "2 of all 16 runs diverged" in text
    assert "2 of the 8 runs here ended with a higher loss than they began with" in text
    assert "1 of the 8 runs here did no better than the class shares" in text
    assert "no cell has all its seeds: those that compete have 7 of 8" in text


def test_medians_are_offered_where_runs_that_exploded_carry_means():
    table = runs({0.0: 0.2, 0.1: 0.3})
    table.loc[3, ["final_loss", "val_loss"]] = 2e39, 2e39
    text = one(said(table), "by the median over seeds")
    assert text.startswith("1 run that ended above where it began is in the mean of 1 cell; ")
    assert "at l1 = 0." in text  # whose mean is 2e38
    assert not [text for text in said(runs({0.0: 0.2, 0.1: 0.3})) if "median" in text]


def test_the_lowest_of_many_is_said_to_look_better_than_it_is():
    assert "The lowest of 2 means looks better" in one(said(runs({0.0: 0.2, 0.1: 0.3})), "--test")
    assert not [text for text in said(runs({0.0: 0.2})) if "looks better" in text]


def test_cells_that_halving_stopped_are_not_said_to_lack_runs():
    table = runs({0.0: 0.2, 0.01: 0.3, 0.1: 0.4})
    table["rung"] = np.where(table["l1"] < 0.1, 1, 0)
    why = results.best(table)["why"].iloc[0]
    assert "1 cell that halving stopped does not compete" in why and "not all done" not in why
    table.loc[8, "status"] = "diverged"
    why = results.best(table)["why"].iloc[0]
    assert "1 cell with fewer seeds finished and finite does not compete" in why


def test_a_guess_has_no_interval_for_new_data_and_no_end_of_the_grid():
    """Splits by class all hold the same shares: that seeds agree says nothing of new data."""
    table = runs({0.0: 0.9, 0.01: 0.8, 0.1: 0.7})
    same = table["l1"] == 0.1
    table.loc[same, "val_loss"] = 0.7 + 1e-7 * np.arange(same.sum())
    cells = results.summary(table)
    best = results.best(cells)
    assert "95 % interval" not in best["why"].iloc[0]
    assert "0.7, as the class shares give, within a thousandth" in best["why"].iloc[0]
    assert cells["low_val_loss"].isna().tolist() == [False, False, True]
    found = said(table)
    # That the loss is a guess's is no proof that the networks are constant.
    assert one(found, "Class shares alone").endswith("so does this cell, within a thousandth.")
    assert not [text for text in found if "that was tried" in text]
    # A tie is no better, by whatever rounding.
    assert "8 of the 8 runs here did no better than the class shares" in one(found, "no better")
    nothing_held_out = table.assign(val_loss=np.nan, baseline_loss=np.nan, effective=0)
    text = " ".join(said(nothing_held_out))
    assert "No input passes any of its networks: they give every row the same." in text


def test_networks_that_no_input_passes_are_not_said_to_give_the_class_shares():
    table = runs({0.0: 0.95, 0.1: 0.9}).assign(effective=0)
    cells = results.summary(table)
    text = one(said(table), "Class shares alone")
    assert text.endswith("this cell is no better, and its networks give every row the same.")
    assert "by networks that give every row the same" in results.best(cells)["why"].iloc[0]
    assert cells["low_val_loss"].isna().all() and cells["se_val_loss"].notna().all()
    assert (cells["constant"] == 8).all()


def test_what_all_splits_give_alike_has_no_interval():
    table = runs({0.0: 0.2, 0.1: 0.3}).assign(val_accuracy=1.0)
    cells = results.summary(table)
    assert cells["low_val_accuracy"].isna().all() and cells["high_val_accuracy"].isna().all()
    assert cells["low_val_loss"].notna().all()
    alike = results.best(table.assign(val_loss=0.25))["why"].iloc[0]
    assert "0.25, the same in all splits" in alike


def test_the_sparsest_at_the_end_of_the_grid_is_not_called_the_best():
    table = runs({0.0: 0.5, 0.1: 0.2, 0.3: 0.21}, spread=0.03)
    assert results.best(table, "one-se")["l1"].iloc[0] == 0.3
    text = one(said(table, "one-se"), "that was tried")
    assert "largest that was tried: a sparser cell as good may lie beyond it" in text
    assert not [text for text in said(table) if "that was tried" in text]


def test_cells_of_other_seeds_than_the_best_are_not_said_to_be_told_from_it():
    table = runs({0.0: 0.2, 0.1: 0.3, 0.2: 0.9}, seeds=4)
    table.loc[[0, 1, 6, 7, 8, 9, 10], "status"] = "diverged"  # of the first two no seed is shared
    cells = results.summary(table)
    assert np.isnan(cells["low_val_loss_from_best"].iloc[1])
    text = one(said(table), "nothing can be told")
    assert text.startswith("Of 1 other cell nothing can be told: too few seeds")
    assert "no cell has all its seeds: those that compete have 2 of 4" in one(said(table), "2 of 4")


def test_folds_of_one_seed_are_said_to_leave_its_luck_out():
    table = runs({0.0: 0.2, 0.1: 0.21}, spread=0.03)
    table["fold"], table["seed"] = table["seed"], 0
    assert "for new data, of one seed" in one(said(table), "cannot be told")


def test_one_penalty_beside_none_is_an_end_too():
    assert "--l1 1,10 too" in one(said(runs({0.0: 0.5, 0.1: 0.2})), "is the largest that was tried")


def test_outer_folds_are_no_seeds_that_were_lost():
    table = runs({0.0: 0.2, 0.1: 0.5}, seeds=12)
    table.insert(3, "outer", table["seed"] % 2)
    table["fold"] = table["seed"] // 2 % 2
    table["seed"] //= 4  # three seeds of 2 outer x 2 inner folds
    assert not [text for text in said(table) if "all its seeds" in text]
    table.loc[[0, 12], "status"] = "diverged"  # the first seed of both cells
    assert "those that compete have 2 of 3" in one(said(table), "all its seeds")


def test_who_has_figures_of_a_test_part_is_told_what_picking_does_and_not_to_ask_for_them():
    cells = results.summary(runs({0.0: 0.2, 0.1: 0.3}))
    chosen = results.best(cells).iloc[0]
    text = one(notes(cells, chosen, judged=True), "looks better than it is")
    assert text == "The lowest of 2 means looks better than it is, for it was picked for that."


def test_what_is_said_of_the_grid_is_there_as_data():
    cells = results.summary(runs({0.0: 0.5, 0.01: 0.22, 0.03: 0.2}, spread=0.02))
    found = as_data(cells, results.best(cells).iloc[0])
    (edge,) = found["edges"]
    assert edge == {
        "axis": "l1",
        "value": 0.03,
        "end": "largest",
        "try": pytest.approx([0.09, 0.27]),
    }
    assert found["alike"] == {"cells": 1, "unknown": 0, "of": 2}
    lone = results.summary(runs({0.0: 0.2, 0.1: 0.3}, seeds=1))
    assert as_data(lone, results.best(lone).iloc[0])["alike"] == {"cells": 0, "unknown": 1, "of": 1}

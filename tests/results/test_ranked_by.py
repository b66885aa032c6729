"""Cells ranked by the metric that is asked for, whichever way is better."""

import numpy as np
import pytest

from results.cells.best import best, front
from results.cells.choice import TELLING, choose
from results.cells.honest import nested
from results.cells.summary import deciding, summary
from results.columns import FURTHER, curves_of, is_better_high, possible, summarised
from results.errors import ResultsError
from results.page import report
from tests.results.grids import table

#: By cell, l1 and then l2, the mean AUC; the loss would choose another one.
AUC = {(0.0, 0.0): 0.7, (0.0, 1e-3): 0.8, (1e-4, 0.0): 0.9, (1e-4, 1e-3): 0.7}
AUC |= {(1e-2, 0.0): 0.895, (1e-2, 1e-3): 0.4}


def with_auc(luck=0.01, baseline=0.5, **options):
    """Runs of which an AUC is known; each seed has its luck."""
    runs = table(rows=(80, 20), **options)
    mean = [AUC[place] for place in zip(runs.l1, runs.l2, strict=True)]
    found = np.array(mean) + luck * (runs.seed - 2)
    return runs.assign(val_auc=found, baseline_auc=baseline, test_auc=0.6)


def test_the_highest_is_the_first():
    cells = summary(with_auc(), by="auc")
    assert deciding(cells) == "val_auc"
    ranked = cells.sort_values("rank_val_auc")
    assert [(c.l1, c.l2) for c in ranked.itertuples()][:3] == [(1e-4, 0), (1e-2, 0), (0, 1e-3)]
    assert ranked.rank_val_auc.tolist() == [1, 2, 3, 4, 4, 6]
    assert ranked.mean_val_auc_from_best.tolist() == pytest.approx(
        [0, -0.005, -0.1, -0.2, -0.2, -0.5]
    )
    assert ranked.mean_val_loss_from_best.iloc[0] == 0
    plain = summary(with_auc(), [*summarised(with_auc()), "val_auc"])
    assert deciding(plain) == "val_loss" and "rank_val_auc" not in plain
    assert (plain.rank_val_loss.array == cells.rank_val_loss.array).all()


def test_the_full_name_is_the_same_and_the_loss_is_what_decides_anyway():
    runs = with_auc()
    assert summary(runs, by="val_auc").equals(summary(runs, by="auc"))
    assert summary(runs, by="val_loss").equals(summary(runs))
    assert deciding(summary(runs, by="accuracy")) == "val_accuracy"


@pytest.mark.parametrize("luck", [0.01, 0.0001])
def test_one_standard_error_below_the_highest_is_as_good(luck):
    runs = with_auc(luck)
    highest, sparsest = (best(runs, rule, "auc").iloc[0] for rule in ("min", "one-se"))
    assert (highest.l1, highest.l2) == (1e-4, 0)
    error = highest.se_val_auc
    # The next one, which is sparser, lies 0.005 below.
    assert (error > 0.005) == (luck == 0.01)
    assert (sparsest.l1, sparsest.l2) == ((1e-2, 0) if luck == 0.01 else (1e-4, 0))
    told = "it is the sparsest cell" if luck == 0.01 else "no sparser cell has a mean val_auc"
    assert told in sparsest.why and "highest" in sparsest.why
    for why in (highest.why, sparsest.why):
        assert "lowest" not in why and "loss" not in why


def all_said(runs, rule="min", by="auc"):
    cells = summary(runs, [*summarised(runs), *(name for name in TELLING if name in runs)], by)
    chosen = choose(cells, rule, runs)
    answers = " ".join(report.answers(cells, runs))
    assert all(note in answers for note in chosen.notes) or rule != "min"
    return " ".join([chosen.row.why.iloc[0], *chosen.notes, *chosen.figures]), answers


def test_every_sentence_goes_the_right_way_round():
    said, answers = all_said(with_auc())
    assert "it has the highest mean val_auc, 0.9," in said
    assert "Class shares alone give val_auc 0.5, val_loss" in said
    assert "is no better" not in said and "may be no better" not in said
    assert "The highest of 6 means looks better than it is" in said
    assert "the val_auc of the first differs by 0.2 " in answers
    for text in (said, answers):
        assert "lowest" not in text and "Lowest" not in text
    assert answers.startswith("Highest: ")


@pytest.mark.parametrize(
    ("guess", "told"),
    [
        (0.5, "alone give val_auc 0.5, val_loss 0.42, val_accuracy 0.6."),
        (0.89, "this cell may be no better by val_auc, as the interval"),
        (0.95, "this cell is no better by val_auc."),
    ],
)
def test_a_guess_is_beaten_from_above(guess, told):
    said, _ = all_said(with_auc(luck=0.02, baseline=guess))
    assert told in said
    count = {0.5: 0, 0.89: 2, 0.95: 5}[guess]
    cells = summary(with_auc(luck=0.02, baseline=guess), by="auc")
    assert cells.below_baseline[cells.rank_val_auc == 1].item() == count
    assert ("did no better than the class shares by val_auc" in said) == (count > 0)
    assert "above_baseline" not in cells


def test_what_all_networks_share_with_a_guess_is_said():
    runs = with_auc().assign(val_auc=0.5)
    why = best(runs, by="auc").why.iloc[0]
    assert why.endswith(
        "the highest mean val_auc, 0.5, as the class shares give, within a thousandth."
    )
    cells = summary(runs, by="auc")
    assert cells.low_val_auc.isna().all() and cells.low_val_loss.notna().all()


def test_the_interval_ends_at_what_is_possible():
    cells = summary(with_auc(luck=0.2), by="auc")
    assert cells.high_val_auc.max() == 1 and cells.low_val_auc.min() == 0
    without_end = dict.fromkeys(("log_loss", "mae", "deviance"), np.inf)
    for metric in FURTHER:
        low, high = possible(f"val_{metric.name}")
        assert low == 0 and high == (without_end | {"brier": 2}).get(metric.name, 1)
        assert is_better_high(f"val_{metric.name}") == (metric.better == "higher")


def test_equal_cells_are_others_of_each_other():
    runs = with_auc()
    runs["val_auc"] = 0.7 + 0.01 * runs.seed
    said, _ = all_said(runs)
    assert "5 of 5 other cells cannot be told from the highest" in said


def test_nothing_but_the_held_out_part_ranks():
    runs = with_auc()
    for by in ("test_auc", "train_loss", "final_loss", "sparsity", "test_loss"):
        with pytest.raises(ResultsError, match=f"measured on the held-out part.* not by {by}"):
            summary(runs, by=by)
    with pytest.raises(ResultsError, match="'val_f1' was not measured: run it with --metrics f1"):
        summary(runs, by="f1")
    with pytest.raises(ResultsError, match="no metric 'speed' in this table"):
        summary(runs, by="speed")
    before = best(runs, by="auc"), best(runs)
    changed = runs.assign(test_auc=np.arange(len(runs)), test_loss=-np.arange(len(runs)))
    for was, by in zip(before, ("auc", None), strict=True):
        assert best(changed, by=by).l1.item() == was.l1.item()


def test_a_summary_has_been_told_before():
    cells = summary(with_auc(), by="auc")
    assert best(cells, by="auc").equals(best(cells))
    for other, by in ((cells, "val_loss"), (cells, "accuracy"), (summary(with_auc()), "auc")):
        with pytest.raises(ResultsError, match=r"is ranked by val_.*: give the table of runs"):
            best(other, by=by)


def test_seeds_of_which_it_is_not_defined_are_left_out_and_counted():
    runs = with_auc()
    runs.loc[runs.seed == 1, "val_auc"] = np.nan
    cells = summary(runs, by="auc")
    assert (cells.seeds == 4).all() and (cells.undefined == 1).all()
    kept = summary(runs[runs.seed != 1], by="auc")
    assert cells.mean_val_auc.tolist() == kept.mean_val_auc.tolist()
    said, answers = all_said(runs)
    told = "val_auc is not defined for 6 of all 30 runs, whose held-out part lacks a class"
    assert told in said and told in answers and "diverged" not in said
    assert "undefined" not in summary(runs, [*summarised(runs), "val_auc"])


def test_where_it_is_never_defined_nothing_is_chosen_and_the_reason_is_said():
    runs = with_auc().assign(val_auc=np.nan)
    cells = summary(runs, by="auc")
    with pytest.raises(ResultsError, match="val_auc is not defined where the held-out part lacks"):
        best(cells)
    (answer,) = report.answers(cells, runs)
    assert "val_auc is not defined where the held-out part lacks a class" in answer
    assert best(runs).why.item()  # by the loss


def test_outer_folds_choose_by_it_too():
    runs = with_auc(folds=2).rename(columns={"fold": "outer"}).assign(fold=0, test_rows=30)
    runs = runs.assign(test_loss=1.0, test_accuracy=0.5)
    names = [name for name in runs if name != "fold"]
    names.insert(names.index("outer") + 1, "fold")
    runs = runs[names]
    assert {(row.l1, row.l2) for row in nested(runs, by="auc").itertuples()} == {(1e-4, 0)}
    said, _ = all_said(runs)
    assert "and the mean test_auc is 0.6, from 0.6 to 0.6 among the folds" in said
    lost = runs.assign(test_auc=runs.test_auc.mask(runs.outer == 0))
    said, _ = all_said(lost)
    assert "from 0.6 to 0.6 among 1 of the folds where it is defined" in said
    said, _ = all_said(runs, by="accuracy")
    assert "test_auc" not in said


def test_a_test_part_that_lacks_a_class_says_so():
    runs = with_auc().assign(test_rows=30, test_loss=1.0, test_accuracy=0.5)
    said, _ = all_said(runs)
    assert "95 % interval over its 30 rows 0.332 to 0.668; test_auc 0.6." in said
    said, _ = all_said(runs.assign(test_auc=np.nan))
    assert "; test_auc not defined, as a class is missing there." in said


def test_a_front_is_of_less_cost():
    sparsity, auc = np.array([0.1, 0.5, 0.9, 0.95]), np.array([0.9, 0.95, 0.8, 0.7])
    assert front(sparsity, -auc).tolist() == [1, 2, 3]


def test_curves_show_the_metric_that_decides():
    assert curves_of("val_loss") == curves_of("final_loss") == ("train_loss", "val_loss")
    assert curves_of("val_auc") == ("train_auc", "val_auc")

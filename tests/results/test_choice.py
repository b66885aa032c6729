"""What is said of a choice, by the command and by the report alike."""

import pytest

from results.cells.choice import TELLING, Stop, choose
from results.cells.honest import OF_PATIENCE, nested, said_of_folds, said_of_test
from results.cells.summary import summary
from results.columns import summarised
from results.page import report
from tests.results.grids import ORDERS, log, table

ASKED = "--test or --outer-folds"


def cells_of(runs):
    return summary(runs, [*summarised(runs), *(name for name in TELLING if name in runs)])


def with_test_part(runs):
    """Runs with a test part of 30 rows."""
    return runs.assign(test_rows=30, test_loss=runs.val_loss + 0.1, test_accuracy=0.875)


def all_of(choice):
    return " ".join([*choice.notes, *choice.figures])


def test_without_rows_that_chose_nothing_they_are_asked_for():
    cells = cells_of(table())
    assert ASKED in all_of(choose(cells)) and not choose(cells).figures
    assert ASKED in " ".join(report.answers(cells))


def test_a_test_part_is_told_of_and_not_asked_for():
    cells = cells_of(with_test_part(table(log(6), log(5), seeds=4, noise=0.05)))
    answers = report.answers(cells)
    texts = []
    for rule, heading in (("min", "Lowest"), ("one-se", "Sparsest as good")):
        choice = choose(cells, rule)
        cell = choice.row.iloc[0]
        assert choice.figures == [said_of_test(cell)] and ASKED not in all_of(choice)
        assert (
            f"is test_loss {cell.mean_val_loss + 0.1:.3g} and test_accuracy 0.875, 95 % interval"
            in (choice.figures[0])
        )
        texts += [f"{heading}: {cell.why} {choice.figures[0]}"]
    assert answers[:2] == texts and texts[0] != texts[1]
    assert ASKED not in " ".join(answers)


def test_the_same_figures_are_told_once():
    answers = report.answers(cells_of(with_test_part(table((0.0,), log(5)))))
    assert " ".join(answers).count("of the test part") == 1


def outer_folds():
    runs = with_test_part(table(log(5), log(4), seeds=3, folds=4, noise=0.05))
    runs.insert(runs.columns.get_loc("fold"), "outer", runs["fold"] % 2)
    return runs.assign(fold=runs["fold"] // 2)


@pytest.mark.parametrize("rule", ["min", "one-se"])
def test_outer_folds_are_told_of_by_the_same_rule(rule):
    runs = outer_folds()
    cells = cells_of(runs)
    choice = choose(cells, rule, runs)
    wanted = said_of_folds(nested(runs, rule), cells, rule)
    assert choice.figures == [wanted] and ASKED not in all_of(choice)
    assert choice.folds.equals(nested(runs, rule))
    answers = " ".join(report.answers(cells, runs))
    assert wanted in answers and ASKED not in answers and "On the 30 rows" not in answers


def test_what_patience_does_to_the_figures_is_said():
    runs = table()
    for some, said in ((runs, False), (runs.assign(best_epoch=3), True)):
        cells = cells_of(some)
        assert (OF_PATIENCE in choose(cells).notes) == said
        assert (OF_PATIENCE in report.answers(cells)) == said


def test_runs_that_patience_did_not_stop_are_counted():
    runs = table(seeds=5).assign(epochs=40, best_epoch=30)
    runs.loc[runs["seed"] < 2, "best_epoch"] = 37
    cells = cells_of(runs)
    said = "2 of the 5 runs here had not stopped by epoch 40: give more --epochs."
    assert said in choose(cells, runs=runs, stop=Stop(5, 40)).notes
    assert said in report.answers(cells, runs, stop=Stop(5, 40))
    assert "had not stopped" not in all_of(choose(cells, runs=runs, stop=Stop(3, 40)))
    # At a lower rate a run may wait longer, so that all of them may have been about to go on.
    said = "5 of the 5 runs here had not stopped before epoch 40: give more --epochs."
    assert said in choose(cells, runs=runs, stop=Stop(3, 40, "adaptive")).notes


def test_orders_of_a_path_are_told_along_its_axis():
    cells = cells_of(table(log(4), (0.0, 0.01), path=ORDERS, noise=0))
    by_axis = {along: report.answers(cells, None, along) for along in ("l1", "l2")}
    for along, answers in by_axis.items():
        (said,) = [text for text in answers if text.startswith("Epochs behind")]
        assert said in choose(cells, along=along).notes and f" at {along} = " in said


def ends(runs):
    """Where the answers say that the grid ends."""
    told = report.answers(cells_of(runs))
    return [text.partition(" is the")[0] for text in told if "that was tried" in text]


def test_where_the_grid_ends_is_said_of_both_choices_and_once():
    runs = table((0.0, 1e-3, 1e-2), (0.0, 1e-3, 1e-2), seeds=5, noise=0)
    sparse = (runs.l1 == 0.01) & (runs.l2 == 0.001)
    lowest = (runs.l1 == 0.001) & (runs.l2 == 0.01)
    runs["val_loss"] = 0.9 + 0.01 * runs.seed - 0.801 * sparse - 0.802 * lowest
    assert ends(runs) == ["l2 = 0.01", "l1 = 0.01"]
    runs.loc[lowest, "val_loss"] += 1
    assert ends(runs) == ["l1 = 0.01"]

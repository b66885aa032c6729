"""What is said where cells were not trained equally long: rungs of halving, orders of a path."""

import io

import numpy as np
import pandas as pd
import pytest

import results
from results.cells.epochs import (
    behind,
    late_fall,
    late_fall_of,
    of_late_fall,
    of_orders,
    of_rungs,
    stops,
)
from results.terminal.show import show
from tests.results.grids import ORDERS, log, table

WITH_EPOCHS = ["final_loss", "val_loss", "val_accuracy", "sparsity", "epochs"]


def printed(runs, **options):
    file = io.StringIO()
    show(runs, file=file, **options)
    return file.getvalue()


def words_of(text):
    return " ".join(text.split())


@pytest.fixture
def raced():
    """Twelve cells, of which six stopped after 3 epochs, four after 11, and two had all 1,000."""
    runs = table((0.0, 1e-3, 1e-2, 1e-1), (0.0, 1e-3, 1e-2), seeds=3, lr=(0.01,), noise=0)
    runs["rung"] = (runs.l1 < 5e-3).astype(int) + ((runs.l1 == 0) & (runs.l2 > 0))
    runs["epochs"] = runs.rung.map({0: 3, 1: 11, 2: 1000})
    runs.loc[runs.rung < 2, "val_loss"] -= 100  # what stopped early would win, if it competed
    return runs


def test_only_the_last_rung_is_ranked_and_the_others_are_counted(raced):
    lines = printed(raced).splitlines()
    assert lines[0] == "Best of 2 cells on the last rung, mean over 3 seeds"
    assert [line.lstrip("*o@ ").split()[0] for line in lines[2:4]] == ["1", "2"]
    said = "2 of 12 cells reached the last rung, at 1,000 epochs; 6 stopped at 3, 4 stopped at 11, "
    assert said + "and are not ranked." in words_of(" ".join(lines[4:8]))
    values = [float(line.lstrip("*o@ ").split()[3]) for line in lines[2:4]]
    assert values == sorted(values) and values[0] > 0


def test_a_slice_that_the_last_rung_is_not_in_has_no_best(raced):
    said = "No cell with l1 = 0.1 reached the last rung, and only those that did are compared."
    assert words_of(printed(raced, at={"l1": 0.1})) == said, "and no map, nor marks"
    assert printed(raced, at={"l1": 0.0}).startswith("Best of 2 cells with l1 = 0 on the last rung")


def test_epochs_that_are_not_known_are_not_told(raced):
    plain = results.summary(raced)
    said = "2 of 12 cells reached the last rung; the others stopped, and are not ranked."
    assert (of_rungs(plain), stops(plain)) == (said, [])
    raced.loc[raced.rung == 0, ["status", "val_loss", "final_loss"]] = ["diverged", None, None]
    assert stops(results.summary(raced, WITH_EPOCHS)) == [(4, 11)]
    assert of_rungs(results.summary(table())) == ""


def naive(cells, along, row):
    """Epochs of a cell and of those before it on its path, one by one."""
    cell = cells.loc[row]
    before = {"up": lambda v: v <= cell[along], "down": lambda v: v >= cell[along]}
    reached = before.get(cell.path, lambda v: v == cell[along])
    other = "l2" if along == "l1" else "l1"
    same = (cells[other] == cell[other]) & (cells.path == cell.path) & (cells.lr == cell.lr)
    return sum(cells.mean_epochs[same & cells[along].map(reached)])


@pytest.mark.parametrize("along", ["l1", "l2"])
def test_the_epochs_behind_a_cell_are_those_of_its_path(along):
    runs = table(log(4), log(3), seeds=2, path=ORDERS, lr=(0.01, 0.1))
    runs["epochs"] = 1 + runs.run % 13  # as patience would make them
    cells = results.summary(runs, WITH_EPOCHS)
    had = behind(cells, along)
    assert had.tolist() == pytest.approx([naive(cells, along, row) for row in cells.index])
    assert isinstance(had, pd.Series) and had.index.equals(cells.index)


def test_orders_of_a_path_are_told_and_shown():
    text = printed(table(log(6), (0.0,), seeds=3, path=ORDERS))
    lines = text.splitlines()
    place = lines[1].index("path")
    assert lines[2][place : place + 4].strip() == "up"
    assert [line.split()[0] for line in lines if "█" in line or "·" in line][:3] == [
        *reversed(ORDERS)
    ]
    assert "val_loss over l1 (across) and path" in lines
    held = printed(table(log(6), log(4), seeds=3, path=ORDERS), at={"path": "down"})
    assert "val_loss over l1 (across) and l2, path = down" in held and "Epochs" not in held


def test_orders_that_are_compared_say_how_long_they_were_trained():
    runs = table(log(6), (0.0,), seeds=3, path=ORDERS, noise=0)
    runs["epochs"] = 200
    best = {  # by hand: the best L1 of each order is the third of six
        "up": "up 600 at l1 = 5.62e-4",
        "down": "down 800 at l1 = 5.62e-4",
        "cold": "cold 200 at l1 = 5.62e-4",
    }
    said = f"Epochs behind the best of each order, along its path: {', '.join(best.values())}."
    assert said in words_of(printed(runs))
    runs = table(log(6), (0.0, 0.01), seeds=3, path=ORDERS, noise=0)
    assert "Epochs behind the best" in words_of(printed(runs, along="l1"))
    unknown = "Orders of a path are compared that have had different numbers of epochs."
    assert unknown in words_of(printed(runs))
    assert "pochs" not in printed(table(log(6), (0.0,), seeds=3, path=("up",)))


def test_epochs_behind_a_network_that_no_input_passes_are_said_to_be_at_most_so_many():
    runs = table(log(4), (0.0,), path=ORDERS, noise=0).assign(epochs=5)
    plain = results.summary(runs, WITH_EPOCHS)
    assert "at most" not in of_orders(plain, plain, "l1")
    empty = (runs["l1"] == runs["l1"].max()) & (runs["path"] == "down")
    some = runs.assign(effective=np.where(empty, 0, 7))
    cells = results.summary(some, WITH_EPOCHS)
    assert "down at most" in of_orders(cells, cells, "l1")
    assert "up at most" not in of_orders(cells, cells, "l1")


def past(losses, every=1):
    """The history of one run for each list of losses."""
    rows = [
        {"run": run, "epoch": every * (step + 1), "loss": loss}
        for run, own in enumerate(losses)
        for step, loss in enumerate(own)
    ]
    return pd.DataFrame(rows, columns=["run", "epoch", "loss"])


def test_how_far_the_loss_still_fell_at_the_end():
    falling = [0.9**step for step in range(20)], [0.95**step for step in range(20)]
    found = late_fall(past(falling))
    assert (found.start, found.end, found.runs) == (18, 20, 2)
    assert (found.most, found.least) == pytest.approx((1 - 0.9**2, 1 - 0.95**2))
    assert found.mean == pytest.approx((found.most + found.least) / 2)
    assert of_late_fall(found) == (
        "The loss, with penalties, of 2 runs here still fell from epoch 18 to 20, by 14 % in the "
        "mean (9.8 to 19 %): try more --epochs."
    )
    rising = late_fall(past([1 / loss for loss in own] for own in falling))
    assert "rose again" in of_late_fall(rising) and "a lower --lr" in of_late_fall(rising)
    assert "come to rest" in of_late_fall(late_fall(past([[1 + 1e-9 * k for k in range(20)]])))
    both_ways = late_fall(past([[1.0] * 18 + [1.1] * 2, [1.0] * 18 + [0.9] * 2]))
    assert "come to rest" not in of_late_fall(both_ways)


def test_where_the_end_is_not_known_it_is_said_why():
    for history, why in (
        (past([]), "its history is empty"),
        (past([[1.0]]), "no epoch before the last tenth"),
        (past([[1.0] * 10, [1.0] * 9]), "epochs of their own"),
        (past([[np.nan] * 10]), "not finite"),
        (past([[0.0] * 9 + [1.0]]), "it was 0 at epoch 9 and rose"),
        (pd.concat([past([[1.0] * 10])] * 2), "has an epoch of a run twice"),
    ):
        found = late_fall(history)
        assert isinstance(found, str) and why in found
        assert of_late_fall(found).endswith(f"at the end of training is not known: {found}.")
    assert late_fall(past([[4.0, 3.0]], every=30))[:2] == (30, 60)
    assert late_fall(past([[0.0] * 10, [1.0] * 9 + [0.5]]))[2:] == (2, 0.25, 0.0, 0.5)


def test_a_history_of_too_few_epochs_is_not_called_missing(tmp_path):
    cells = results.summary(table())
    none = "--history 10 recorded none of 3 epochs"
    for every, said in ((10, none), (2, "no history is there")):
        (tmp_path / "sweep.toml").write_text(f"epochs = 3\nhistory = {every}\n")
        found = late_fall_of(tmp_path, cells, cells.iloc[0])
        assert isinstance(found, str) and said in found

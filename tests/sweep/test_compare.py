"""``sweep compare``: what it refuses to pair, and what it says of two directories."""

import json

import pytest

import results

TINY = ("--data", "iris", "--hidden", "4", "--epochs", "2", "--finish", 0, "--quiet")
GRID = ("--l1", "0,1e-3", "--l2", "0")


@pytest.fixture
def two(typed):
    """Run one sweep into ``a``, and another with these options into ``b``."""

    def run(*words, first=()):
        assert typed("run", *TINY, *GRID, "--seeds", "0:3", *first, "--out", "a")[0] == 0
        assert typed("run", *TINY, *GRID, "--seeds", "1:4", *words, "--out", "b")[0] == 0
        return typed

    return run


def test_it_says_what_differs_what_was_paired_and_what_was_left_out(two):
    typed = two("--lr", "0.01,0.1")
    status, out, err = typed("compare", "a", "b")
    assert (status, err) == (0, "") and max(map(len, out.splitlines())) <= 60
    told = " ".join(out.split())
    assert told.startswith("a and b differ in lr: [0.01] -> [0.01, 0.1]. a: the lowest of 2 cells")
    assert "over 2 pairs of the same seed" in told and "Over the 2 cells that both have" in told
    assert "Left out: seed 0, in a alone; seed 3, in b alone." in told
    found = json.loads(typed("compare", "a", "b", "--json")[1])
    whole = results.compare(results.load("a"), results.load("b"))
    assert found["chosen"][0]["difference"] == whole.chosen["difference"].item()
    assert [cell["difference"] for cell in found["cells"]] == [0.0, 0.0]  # the same runs
    assert found["said"] and found["seeds"] == {"both": [1, 2], "first": [0], "second": [3]}
    status, out, err = typed("compare", "a", "b", "--at", "l9=0")
    assert (status, out) == (2, "") and err.startswith("sweep: no axis 'l9'")
    held = json.loads(typed("compare", "a", "b", "--at", "l1=0", "--json")[1])
    assert held["picked_from"] == [1, 2] and [cell["l1"] for cell in held["best"]] == [0, 0]


@pytest.mark.parametrize(
    ("words", "axis", "value"),
    [
        (("--batch-size", "32,full"), "batch_size", 32),
        (("--path", "l1", "--path-order", "up,cold"), "path", "cold"),
    ],
)
def test_an_axis_that_one_has_no_column_of_stands_at_its_one_value(words, axis, value, two):
    found = json.loads(two(*words)("compare", "a", "b", "--json")[1])
    assert {cell[axis] for cell in found["cells"]} == {value} and len(found["cells"]) == 2
    assert {cell["difference"] for cell in found["cells"]} == {0}, "they are the same runs"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--data", "wine"), "results of different data"),
        (("--lr", "1e300"), "b has no cell to choose: all its runs diverged"),
        (("--val-fraction", "0.3"), "different rows (val_fraction: 0.2 -> 0.3)"),
        (("--test", "0.2"), "different rows (test: none -> 0.2)"),
    ],
)
def test_what_has_no_partner_is_refused(words, why, two):
    status, out, err = two(*words)("compare", "a", "b")
    assert (status, out, err.count("\n")) == (2, "", 1) and why in err


def test_another_loss_is_compared_by_what_is_no_loss(two):
    typed = two("--class-weight", "balanced", "--test", "0.2", first=("--test", "0.2"))
    status, out, err = typed("compare", "a", "b")
    assert (status, out) == (2, "") and "(class_weight: 'none' -> 'balanced')" in err
    assert typed("compare", "a", "b", "--metric", "train_loss")[0] == 2
    told = typed("compare", "a", "b", "--metric", "accuracy")[1]
    assert "val_accuracy" in told and "test_accuracy" in told and "_loss" not in told

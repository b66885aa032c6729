"""What is reached without a look at the inputs: scikit-learn's DummyClassifier is the oracle."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss

from results.columns import BASELINE, HELD_OUT
from sweep import Sweep
from sweep.data.baseline import baseline
from sweep.data.fold import Fold
from tests.sweep.trained import samples

OF_CLASSES = Sweep(data="iris")


def fold_of(train, val):
    y = np.array([*train, *val])
    rows = np.arange(len(y))
    split = len(train)
    return Fold(np.zeros((len(y), 1)), y, np.ones(len(y)), rows[:split], rows[split:], rows[:0])


def dummy(train, val):
    """Return the loss and the accuracy of who knows the class shares alone."""
    found = DummyClassifier(strategy="prior").fit(np.zeros((len(train), 1)), train)
    nothing = np.zeros((len(val), 1))
    loss = log_loss(val, found.predict_proba(nothing), labels=found.classes_)
    return loss, found.score(nothing, val)


classes = st.lists(st.integers(0, 3), min_size=1, max_size=40)


@given(classes, classes)
def test_it_is_that_of_scikit_learn(train, val):
    train = [*train, 0, 1, 2, 3]
    found = baseline(fold_of(train, val), OF_CLASSES, 4)
    loss, accuracy = dummy(train, val)
    # scikit-learn keeps probabilities from 0 by an epsilon, and adds up in another order.
    assert found["baseline_loss"] == pytest.approx(loss, rel=1e-12)
    assert found["baseline_accuracy"] == pytest.approx(accuracy, rel=1e-12)


def test_a_class_that_nothing_was_known_of_costs_infinitely_much():
    assert baseline(fold_of([0, 1], [2]), OF_CLASSES, 3)["baseline_loss"] == math.inf
    assert baseline(fold_of([0, 1], [1]), OF_CLASSES, 3)["baseline_loss"] == math.log(2)


def test_weights_count():
    fold = fold_of([0, 0, 1], [0, 1])._replace(weight=np.array([1.0, 1, 6, 1, 3]))
    found = baseline(fold, OF_CLASSES, 2)
    assert found["baseline_loss"] == pytest.approx((math.log(4) + 3 * math.log(4 / 3)) / 4)
    assert found["baseline_accuracy"] == 0.75


@pytest.mark.parametrize(
    "options",
    [
        {"folds": 3},
        {"val_fraction": 0.3},
        {"patience": 2, "folds": 2},
        {"path": "l1", "folds": 2},
        {"halving": 2},
    ],
)
def test_each_row_has_that_of_its_own_parts(options):
    spec = Sweep(data="wine", hidden=3, l1=[0, 0.1], l2=0, seeds="0:2", epochs=4).replace(**options)
    table = spec.run()
    for row in table.itertuples():
        (_, train, _), (_, val, _) = (
            samples(spec, row.seed, row.fold, p) for p in ("train", "val")
        )
        assert (row.train_rows, row.val_rows) == (len(train), len(val))
        loss, accuracy = dummy(train, val)
        assert row.baseline_loss == pytest.approx(loss, rel=1e-12)
        assert row.baseline_accuracy == pytest.approx(accuracy, rel=1e-12)


def test_there_is_one_for_each_metric_and_only_with_a_held_out_part(small):
    assert set(HELD_OUT) <= set(small().run().columns)
    assert {column.name for column in BASELINE[:2]} == set(
        baseline(fold_of([0], [0]), OF_CLASSES, 1)
    ), "a metric has no baseline"
    assert not set(HELD_OUT) & set(small(val_fraction=0).run().columns)
    assert not set(HELD_OUT) & set(small(data="article", val_fraction=None).run().columns)

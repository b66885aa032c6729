"""The unit in which a loss takes numbers: NumPy's weighted moments, of the training part alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep import Sweep
from sweep.data.fold import fold_of
from sweep.data.unit import unit_of
from sweep.plan.experiment import prepare

#: Losses whose unit has a centre.
CENTRED = ("squared", "absolute", "huber")

numbers = st.lists(st.integers(-1000, 1000), min_size=1, max_size=40)


@given(numbers, st.data(), st.sampled_from(CENTRED))
def test_it_is_mean_and_standard_deviation(values, data, loss):
    y = np.array(values)[:, None] * [1.0, -3.25] + [0, 1e6]
    weight = np.array([data.draw(st.sampled_from([0.5, 1, 3])) for _ in values])
    unit = unit_of(loss, y, weight, np.arange(len(y)))
    mean = np.average(y, axis=0, weights=weight)
    spread = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weight))
    np.testing.assert_allclose(unit.centre, mean, rtol=1e-12, atol=1e-9)
    if len(set(values)) == 1:
        assert unit.scale.tolist() == [1, 1] and unit.centre.tolist() == y[0].tolist()
    else:
        np.testing.assert_allclose(unit.scale, spread, rtol=1e-9)


def test_counts_are_in_units_of_their_mean():
    y, weight = np.array([[0.0, 0], [1, 0], [4, 0]]), np.array([1.0, 1, 2])
    unit = unit_of("poisson", y, weight, np.arange(3))
    assert unit.centre.tolist() == [0, 0] and unit.scale.tolist() == [9 / 4, 1]


@pytest.mark.parametrize("size", [1e-90, 1e95])
def test_no_square_overflows_or_vanishes(size):
    y = np.array([[1.0], [2], [4]]) * size
    unit = unit_of("squared", y, np.ones(3), np.arange(3))
    assert unit.scale == pytest.approx(np.std([1, 2, 4]) * size, rel=1e-12)


def test_each_output_has_its_own_to_the_bit_whatever_stands_beside_it():
    draw = np.random.default_rng(0)
    y, weight = draw.normal(size=(1000, 5)), draw.random(1000)
    for loss in (*CENTRED, "poisson"):
        both = unit_of(loss, abs(y), weight, np.arange(1000))
        for i in range(5):
            alone = unit_of(loss, abs(y)[:, i : i + 1].copy(), weight, np.arange(1000))
            assert (alone.centre[0], alone.scale[0]) == (both.centre[i], both.scale[i])


def test_a_fold_has_that_of_its_training_part_and_what_it_weighs():
    draw = np.random.default_rng(1)
    X, y, weight = draw.normal(size=(50, 2)), draw.normal(50, 9, 50), draw.integers(1, 4, 50)
    table = pd.DataFrame({"a": X[:, 0], "w": weight, "y": y})
    spec, dataset, _ = prepare(Sweep(data=table, weight="w", l1=0, folds=3))
    for place in range(3):
        fold = fold_of(spec, dataset, 42, place)
        t, w = y[fold.train], weight[fold.train]
        mean = np.average(t, weights=w)
        assert fold.unit.centre == pytest.approx(mean)
        assert fold.unit.scale == pytest.approx(np.sqrt(np.average((t - mean) ** 2, weights=w)))
        assert fold.y is dataset.y
        np.testing.assert_allclose(
            fold.targets[:, 0] * fold.unit.scale + fold.unit.centre, y, rtol=1e-12
        )


def test_classes_and_answers_have_none():
    y = np.arange(40) % 2
    for loss, targets in (("cross_entropy", y[:, None]), ("logistic", y[:, None])):
        spec, dataset, _ = prepare(Sweep(data=(np.eye(40), y), loss=loss, l1=0))
        fold = fold_of(spec, dataset, 42, 0)
        assert fold.unit is None and fold.targets.tolist() == targets.tolist()
        assert fold.targets.dtype == np.float64

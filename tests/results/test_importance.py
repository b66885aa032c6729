"""Shares of variance: exact on a grid, of a forest elsewhere, and true in words."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor

import results
from results.cells.importance import anova, forest, shares
from results.cells.levels import Levels
from results.cells.summary import summary
from results.errors import ResultsError
from tests.results.cells_of import drawn, grid, runs_of


def by_definition(values, weights):
    """Functional ANOVA of an array, point by point: the variance of each part of the function."""
    points = [*np.ndindex(*values.shape)]
    mass = {at: np.prod([w[i] for w, i in zip(weights, at, strict=True)]) for at in points}

    def mean(**held):
        some = [at for at in points if all(at[int(k[1:])] == i for k, i in held.items())]
        return sum(mass[at] * values[at] for at in some) / sum(mass[at] for at in some)

    whole = mean()
    alone = {
        (a, i): mean(**{f"_{a}": i}) - whole
        for a, length in enumerate(values.shape)
        for i in range(length)
    }
    found = dict.fromkeys([(a,) for a in range(values.ndim)], 0.0)
    found |= dict.fromkeys(combinations(range(values.ndim), 2), 0.0)
    for at in points:
        for a in range(values.ndim):
            found[a,] += mass[at] * alone[a, at[a]] ** 2
        for a, b in combinations(range(values.ndim), 2):
            both = mean(**{f"_{a}": at[a], f"_{b}": at[b]})
            found[a, b] += mass[at] * (both - whole - alone[a, at[a]] - alone[b, at[b]]) ** 2
    total = sum(mass[at] * (values[at] - whole) ** 2 for at in points)
    return found | {(): total - sum(found.values())}


def even(shape):
    return [np.full(length, 1 / length) for length in shape]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(2, 3), min_size=2, max_size=4), st.integers(0, 99))
def test_the_variances_of_a_grid_are_those_of_the_definition(shape, seed):
    values = np.random.default_rng(seed).normal(size=shape)
    found, wanted = anova.variances(values), by_definition(values, even(shape))
    assert found.keys() == wanted.keys() == anova.freedom(tuple(shape)).keys()
    for term, variance in wanted.items():
        assert found[term] == pytest.approx(variance, abs=1e-12)
    assert sum(anova.freedom(tuple(shape)).values()) == values.size - 1


def test_what_axes_add_up_is_shared_exactly():
    axes = {"l1": (0.0, 0.1), "lr": (0.01, 0.02, 0.03), "hidden": ("16", "none")}
    cells = grid(axes)
    known = 2 * (cells["l1"] > 0) + 100 * cells["lr"] + 3 * (cells["hidden"] == "none")
    table = results.shares(runs_of(cells, 1 + known)).set_index("axes")["share"]
    parts = {"hidden": 9 / 4, "l1": 4 / 4, "lr": 2 / 3}  # variances of two, two and three values
    whole = sum(parts.values())
    for name, variance in parts.items():
        assert table[name] == pytest.approx(variance / whole, rel=1e-9)
    others = table.drop(list(parts))
    assert list(others.index[-1:]) == ["the rest"] and others.abs().max() < 1e-9
    assert table.sum() == pytest.approx(1)


def test_the_luck_of_the_seeds_is_taken_off():
    axes = {"l1": (0.0, 0.1, 0.2), "lr": (0.01, 0.02), "hidden": ("16", "none")}
    runs = runs_of(grid(axes), seeds=4, noise=0.1)
    laid = runs["val_loss"].to_numpy().reshape(4, 12)
    means = laid.mean(axis=0)
    # Two-way analysis of variance, cells and seeds: what is left is the luck.
    left = laid - means - laid.mean(axis=1, keepdims=True) + means.mean()
    noise = (left**2).sum() / (11 * 3) / 4
    raw = by_definition(means.reshape(3, 2, 2), even((3, 2, 2)))
    ways = {(0,): 2, (1,): 1, (2,): 1, (0, 1): 2, (0, 2): 2, (1, 2): 1, (): 2}
    wanted = {term: raw[term] - noise * ways[term] / 12 for term in raw}
    found = shares.of_cells(summary(runs))
    names = {"l1": (0,), "lr": (1,), "hidden": (2,), "l1 x lr": (0, 1), "the rest": ()}
    for name, term in names.items():
        assert found.parts[name] == pytest.approx(wanted[term] / sum(wanted.values()))
    assert found.luck == pytest.approx(noise * 11 / 12 / sum(raw.values()))
    assert "less the luck of the seeds (" in shares.matters(found)


def test_errors_are_how_far_shares_lie_off():
    axes = {"l1": (0.0, 0.1, 0.2), "lr": (0.01, 0.02, 0.04), "hidden": ("16", "none")}
    cells, off = grid(axes), []
    for seed in range(24):
        runs = runs_of(cells, seeds=3)
        luck = np.random.default_rng(seed).normal(size=len(runs))
        found = shares.of_cells(summary(runs.assign(val_loss=runs["val_loss"] + 0.08 * luck)))
        off.append((found.parts["hidden"], found.errors["hidden"]))
    parts, errors = np.array(off).T
    exact = shares.of_cells(summary(runs_of(cells))).parts["hidden"]
    assert abs(parts.mean() - exact) < 3 * parts.std() / np.sqrt(24)
    assert 0.5 < errors.mean() / parts.std() < 2


def test_one_seed_has_its_luck_in_the_shares():
    found = shares.of_cells(summary(runs_of(grid(), seeds=1, noise=0.01)))
    assert np.isnan(found.luck) and not found.errors
    assert shares.matters(found).endswith("in which the luck of one seed is too.")
    assert shares.as_data(found)["luck"] is None and shares.as_data(found)["exact"]


def test_luck_alone_is_not_named():
    cells = grid()
    found = shares.of_cells(summary(runs_of(cells, np.full(len(cells), 0.5), noise=0.1)))
    assert isinstance(found, str) or "no axis and no pair by itself" in shares.matters(found)


def test_means_that_differ_by_factors_are_shared_in_logarithm():
    cells = grid({"l1": (0.0, 0.1), "lr": (0.01, 0.02)})
    loss = 10.0 ** (2 * (cells["l1"] > 0) + (cells["lr"] > 0.01))
    found = shares.of_cells(summary(runs_of(cells, loss, seeds=1)))
    assert found.logarithmic and found.parts["l1"] == pytest.approx(0.8)
    assert "of the logarithm of mean val_loss" in shares.matters(found)


def test_lost_values_leave_a_grid_and_lost_cells_do_not():
    cells = grid()
    fast = cells.index[cells["lr"] == 0.1]
    found = shares.of_cells(summary(runs_of(cells, diverged=fast)))
    assert not found.grown and (found.cells, found.others) == (48, 24)
    assert "over the grid of 48 of 72 cells" in shares.matters(found)
    assert shares.of_cells(summary(runs_of(cells, diverged=[5]))).grown == 71


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (grid({"l1": (0.0, 0.1), "lr": (0.01,)}), "two axes or more"),
        (drawn(12), "12 cells are no full grid, and too few"),
    ],
)
def test_where_shares_cannot_be_told_it_is_said_why(cells, why):
    with pytest.raises(ResultsError, match=f"no shares of variance: .*{why}"):
        results.shares(runs_of(cells, np.arange(len(cells)) + 1.0))
    assert shares.as_data(shares.of_cells(summary(runs_of(cells, np.arange(len(cells)))))) is None


def test_the_variances_of_a_forest_are_those_of_what_it_predicts():
    draw = np.random.default_rng(0)
    sizes = [3, 2, 4]
    code = np.stack([draw.integers(size, size=60) for size in sizes], axis=1)
    values = draw.normal(size=60)
    weights = [np.bincount(code[:, a], minlength=size) / 60 for a, size in enumerate(sizes)]
    fitted = RandomForestRegressor(7, random_state=0).fit(code, values)
    points = np.array([*np.ndindex(*sizes)])
    wanted = by_definition(fitted.predict(points).reshape(sizes), weights)
    found = forest._variances([tree.tree_ for tree in fitted.estimators_], weights)
    assert found.keys() == wanted.keys() - {()}
    for term, variance in found.items():
        assert variance == pytest.approx(wanted[term])


def test_a_forest_finds_what_a_sample_was_made_of():
    cells = drawn(200)
    found = shares.of_cells(summary(runs_of(cells, noise=0.01)))
    l1, lr = np.log10(cells["l1"] + 1e-5) + 3, np.log10(cells["lr"]) + 2
    hidden = cells["hidden"].map({"16": 0.02, "32,16": 0.0, "none": 0.15})
    parts = {"l1": np.var(0.05 * l1**2), "lr": np.var(0.1 * lr**2), "hidden": np.var(hidden)}
    for name, variance in parts.items():
        wanted = variance / sum(parts.values())
        assert abs(found.parts[name] - wanted) < max(4 * found.errors[name], 0.1)
    assert found.parts["dropout"] < 0.02 and found.explained > 0.8 and found.grown == 200
    said = shares.matters(found)
    assert "by a random forest that explains" in said and "dropout" not in said
    assert sum(found.parts.values()) == pytest.approx(1)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(1, 12))
def test_levels_hold_each_value_once_and_in_order(values, most):
    levels = Levels.of(pd.Series(values), most)
    assert np.concatenate(levels.values).tolist() == sorted(set(values))
    assert len(levels.values) <= max(most, 1)
    for value, code in zip(values, levels.code, strict=True):
        assert value in levels.values[code]

"""The group lasso from end to end: the right optimum, whole groups at zero, and what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV, Sweep, load_model
from sweep.data.fold import fold_of
from sweep.plan.automatic import group_lambda_max
from sweep.plan.experiment import prepare
from tests import naive
from tests.sweep.console import rows
from tests.sweep.test_same_bytes import tables
from tests.sweep.trained import samples, trained

#: Softmax regression to its end.
SOFTMAX = Sweep(
    data="wine",
    hidden="none",
    l1=[0, 0.01],
    l2=[0, 0.005],
    l21=[0.01, 0.03, 0.06],
    batch_size="full",
    lr=0.4,
    epochs=6000,
    seeds=3,
)


@pytest.fixture
def fruit(tmp_path, monkeypatch):
    """Write a table with categories, missing cells and columns that tell nothing."""
    random = np.random.RandomState(0)
    n = 240
    colour = random.choice(["red", "green", "blue", "black"], n)
    size, noise, gaps = random.normal(size=(3, n))
    other = random.choice(["a", "b", "c"], n)
    ripe = (colour == "red") * 2.0 - 0.7 + size + random.normal(size=n) > 0
    lines = [
        f"{c},{s:.3f},{e:.3f},{'' if i % 5 == 0 else f'{g:.3f}'},{o},{'ripe' if r else 'raw'}"
        for i, (c, s, e, g, o, r) in enumerate(
            zip(colour, size, noise, gaps, other, ripe, strict=True)
        )
    ]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fruit.csv").write_text("\n".join(["colour,size,noise,gaps,other,ripe", *lines]))
    return Sweep(data="fruit.csv", missing="impute", l1=0, l2=0, seeds=1)


#: The features of its columns: four levels, a number, a number, one with gaps, three levels.
COLUMNS = (4, 1, 1, 2, 3)


def slices(columns):
    ends = np.cumsum(columns)
    return [slice(end - count, end) for end, count in zip(ends, columns, strict=True)]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_softmax_regressions_come_to_the_optima_of_block_descent(momentum):
    spec = SOFTMAX.replace(momentum=momentum)
    columns, parameters = trained(spec)
    x, y, v = samples(spec, 3)
    groups = slices((1,) * x.shape[1])
    kept = set()
    for run, p in enumerate(parameters):
        strengths = [float(columns[name][run]) for name in ("l1", "l2", "l21")]
        w, b = naive.sparse_group_regression(x, y, v, groups, *strengths)
        least = naive.group_objective(w, b, x, y, v, groups, *strengths)
        found = naive.group_objective(p["w1"], p["b1"], x, y, v, groups, *strengths)
        assert columns["final_loss"][run] == pytest.approx(found, abs=1e-12)
        assert found == pytest.approx(least, rel=0, abs=1e-7)
        np.testing.assert_array_equal(p["w1"] == 0, w == 0)
        assert naive.group_slack(p["w1"], p["b1"], x, y, v, groups, *strengths) < 1e-6
        kept.add(int(np.any(p["w1"], axis=0).sum()))
        assert columns["unused_inputs"][run] == (~np.any(p["w1"], axis=0)).sum()
        cost = strengths[2] * sum(np.sqrt(3) * np.linalg.norm(p["w1"][:, g]) for g in groups)
        assert columns["l21_penalty"][run] == pytest.approx(cost, rel=1e-12)
    assert len(kept) > 3 and min(kept) < x.shape[1] / 2


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber"])
def test_numbers_keep_the_columns_that_they_hang_on(fruit, loss):
    """As many targets as there are; of the squared loss beside block descent."""
    spec = fruit.replace(target="size,noise", task="numbers", loss=loss, hidden="none", seeds=1)
    spec = spec.replace(l21="auto:log4", l1=[0, 0.003], lr=0.2, batch_size="full", epochs=4000)
    spec = prepare(spec).spec
    columns, parameters = trained(spec)
    fold = fold_of(spec, prepare(spec).dataset, 1, 0)
    x, y, v = fold.x[fold.train], fold.targets[fold.train], fold.weight[fold.train]
    groups = slices((4, 2, 3, 2))
    assert (columns["nonzero"][columns["l21"] == spec.l21[-1]] == 0).all()
    assert (columns["nonzero"][columns["l21"] < spec.l21[-1]] > 0).all() or loss != "squared"
    for run, p in enumerate(parameters if loss == "squared" else ()):
        strengths = [float(columns[name][run]) for name in ("l1", "l2", "l21")]
        w, b = naive.sparse_group_regression(x, y, v, groups, *strengths)
        least = naive.group_objective(w, b, x, y, v, groups, *strengths)
        assert columns["final_loss"][run] == pytest.approx(least, rel=0, abs=1e-7)
        np.testing.assert_array_equal(p["w1"] == 0, w == 0)


def test_a_text_goes_or_stays_with_all_its_levels(fruit):
    spec = fruit.replace(
        hidden="none", l21=[0.005, 0.05, 0.16], epochs=4000, lr=0.3, batch_size="full"
    )
    _, parameters = trained(spec)
    x, y, v = samples(spec, 1)
    used = []
    for p, l21 in zip(parameters, spec.l21, strict=True):
        groups = slices(COLUMNS)
        w, b = naive.sparse_group_regression(x, y, v, groups, 0, 0, l21)
        least = naive.group_objective(w, b, x, y, v, groups, 0, 0, l21)
        found = naive.group_objective(p["w1"], p["b1"], x, y, v, groups, 0, 0, l21)
        assert found == pytest.approx(least, rel=0, abs=1e-7)
        there = [np.count_nonzero(p["w1"][:, g]) for g in groups]
        whole = [2 * (g.stop - g.start) for g in groups]
        assert all(n in (0, size) for n, size in zip(there, whole, strict=True))
        used.append([count > 0 for count in there])
        np.testing.assert_array_equal(p["w1"] == 0, w == 0)
    assert used[1] == [True, True, False, False, False], used
    assert sum(used[0]) > 2 > sum(used[2])


@pytest.mark.parametrize("batch", [32, "full"])
def test_whole_units_are_zero_with_their_biases(batch):
    spec = Sweep(data="wine", hidden="8,6", l1=0, l2=0, l21=[0, 0.1], l21_on="units", seeds=1)
    columns, (plain, p) = trained(spec.replace(batch_size=batch, lr=0.05))
    assert all(np.count_nonzero(plain[name]) == plain[name].size for name in ("w1", "w2"))
    for layer in (1, 2):
        unit = np.column_stack([p[f"w{layer}"], p[f"b{layer}"]]) != 0
        assert (unit.all(axis=1) | ~unit.any(axis=1)).all()
        assert not unit.all() and unit.any()
        size = spec.replace(l21=0.1).hidden[layer - 1]
        assert len(unit) == size
    assert columns["dead_units"][1] > columns["dead_units"][0]
    cost = sum(
        np.sqrt(p[f"w{i}"].shape[1] + 1) * np.linalg.norm([*p[f"w{i}"][unit], p[f"b{i}"][unit]])
        for i in (1, 2)
        for unit in range(len(p[f"b{i}"]))
    )
    assert columns["l21_penalty"][1] == pytest.approx(0.1 * cost, rel=1e-12)
    assert p["w3"].all()


@pytest.mark.parametrize(("columns", "hidden"), [(COLUMNS, "none"), (COLUMNS, "5")])
def test_a_run_without_it_has_the_bytes_of_a_sweep_without_it(fruit, columns, hidden):
    spec = fruit.replace(hidden=hidden, l1=[0, 0.01], seeds="1:3", epochs=4)
    with_it = spec.replace(l21=[0, 0.02]).run()
    zero = with_it[with_it.l21 == 0].drop(columns=["l21", "l21_penalty", "run"])
    assert rows(zero) == rows(spec.run().drop(columns="run"))
    assert (with_it[with_it.l21 == 0].l21_penalty == 0).all()


def test_automatic_values_end_where_all_columns_are_empty(fruit):
    spec = fruit.replace(hidden="none", epochs=4000, lr=0.3, batch_size="full", l1=[0, 0.01])
    axis = prepare(spec.replace(l21="auto:log5", seeds="1:4")).spec.l21
    assert len(axis) == 5 and axis[0] == pytest.approx(axis[-1] / 1000)
    fold = fold_of(spec, prepare(spec).dataset, 1, 0)
    most = group_lambda_max(fold, "cross_entropy", 2, COLUMNS)
    assert most <= axis[-1]
    found = spec.replace(l21=[0.98 * most, 1.0001 * most]).run()
    without = found[found.l1 == 0].set_index("l21").nonzero
    assert (without.loc[1.0001 * most], without.loc[0.98 * most] > 0) == (0, True)
    assert (found[found.l21 > most].nonzero == 0).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--l1-method subgradient --l21 0.1", "--l21 needs a proximal step"),
        ("--hidden none --l21 0.1 --l21-on units", "--l21-on units needs hidden units"),
        ("--l21 auto:log5", "--l21: it does not act on w2, w3, which may grow"),
        ("--l21 auto:log5 --l21-on units", "--l21: it does not act on w3, which may grow"),
        ("--hidden none --l1-on all --l21 auto:log5", "--l21: with a penalty on b1"),
        ("--l21 -1", "--l21: expected numbers from 0 up"),
        ("--l21-on rows", "--l21-on should be 'inputs' or 'units'"),
        ("--path l21", "--path along `l21` needs at least two values"),
        ("--vary l21_w1=0,1", "--vary: expected a name such as l1_w1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(words, said, typed, tmp_path):
    status, out, err = typed("run", "--data", "iris", *words.split(), "--out", "r")
    assert (status, out) == (2, "") and err.count("\n") == 1 and said in err
    assert not (tmp_path / "r").exists()


def test_a_specification_says_so_where_it_is_used_and_nowhere_else():
    plain = Sweep(data="iris")
    assert plain.digest() == Sweep(data="iris", l21=0, l21_on="inputs").digest()
    assert not {"l21", "l21_on"} & plain.specification().keys()
    used = Sweep(data="iris", l21=[0, 0.1], l21_on="units")
    assert used.digest() != plain.digest() and Sweep.from_toml(used.to_toml()) == used
    table = Sweep(data="iris", hidden=3, l1=0, l2=0, seeds=1, epochs=1)
    assert not {"l21", "l21_penalty"} & set(table.run().columns)
    assert {"l21", "l21_penalty"} <= set(table.replace(l21=0.1).run().columns)


@st.composite
def sweeps(draw):
    hidden = draw(st.sampled_from(["none", "5", "6,4"]))
    options = {
        "data": draw(st.sampled_from(["iris", "wine", "article"])),
        "hidden": hidden,
        "l1": draw(st.sampled_from([0, [0, 0.01]])),
        "l2": 0.001,
        "l21": draw(st.sampled_from([0.03, [0, 0.02], [0.001, 0.1]])),
        "l21_on": "inputs" if hidden == "none" else draw(st.sampled_from(["inputs", "units"])),
        "seeds": "1:3",
        "l1_method": "proximal",
        "epochs": draw(st.integers(1, 4)),
        "batch_size": draw(st.sampled_from([1, 32, "full"])),
        "precision": draw(st.sampled_from(["float64", "float32"])),
        "history": draw(st.sampled_from([0, 1])),
    }
    several = isinstance(options["l21"], list)
    path = [{"path": "l21", "path_order": "up,down"}] * several
    options |= draw(st.sampled_from([{}, {"halving": 2}, *path]))
    if options["data"] != "article" and "halving" not in options:
        options["patience"] = draw(st.sampled_from([None, 1]))
    return Sweep(**options)


@settings(deadline=None, max_examples=25)
@given(spec=sweeps(), lanes=st.sampled_from([1, 2, 8, 16]), jobs=st.sampled_from([1, 2]))
def test_lane_width_and_threads_change_no_bit(spec, lanes, jobs):
    assert tables(spec, lanes=lanes, jobs=jobs) == tables(spec, jobs=1)


@pytest.mark.parametrize("on", ["inputs", "units"])
def test_frozen_code_changes_no_bit(on, monkeypatch):
    spec = Sweep(l1=[0, 0.01], l2=0, l21=[0, 0.01, 0.05], l21_on=on, l1_method="proximal")
    spec = spec.replace(seeds=[1, 2], epochs=30, lr=[0.01, 0.05])
    monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", float("inf"))
    expected = tables(spec)
    monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", 0)
    for lanes in (None, 2):
        assert tables(spec, lanes=lanes) == expected


def test_a_directory_goes_on_and_grows(typed):
    words = ["--data", "iris", "--hidden", 4, "--l1", 0, "--l2", 0, "--epochs", 3, "--seeds", "0:3"]
    whole = typed("run", *words, "--l21", "0,0.02,0.1", "--out", "whole", "--quiet")
    assert whole[0] == 0
    assert typed("run", *words, "--l21", "0,0.1", "--out", "r", "--quiet")[0] == 0
    assert typed("run", *words, "--l21", "0,0.02,0.1", "--out", "r", "--extend", "--quiet")[0] == 0
    assert rows(results.load("r")) == rows(results.load("whole"))


def test_a_path_along_it_is_drawn_and_ends_in_fewer_inputs(typed):
    words = "--data wine --hidden none --batch-size full --lr 0.3 --l1 0 --l2 0 --l21 auto:log6"
    words += " --path l21 --seeds 0:2 --epochs 400 --out r"
    status, _, err = typed("run", *words.split())
    assert status == 0, err
    found = results.load("r")
    assert found.l21.nunique() == 6
    assert (found.groupby("l21").unused_inputs.mean().diff().dropna() >= 0).all()
    status, out, _ = typed("plot", "r", "--json")
    assert status == 0 and "path-l21.png" in out
    best = results.best(found)
    assert "mean_val_loss_from_none" in best.columns


def test_a_model_loses_the_inputs_that_it_does_not_need(typed):
    words = ["--data", "wine", "--hidden", "6", "--l1", "0", "--l2", "0", "--l21", "0.05"]
    assert typed("run", *words, "--seeds", 1, "--lr", 0.05, "--out", "r", "--quiet")[0] == 0
    run = results.load("r").iloc[0]
    assert 0 < run.unused_inputs < 13
    assert typed("best", "r", "--save", "m.npz")[0] == 0
    model = load_model("m.npz")
    small = model.prune()
    assert small.widths[0] == len(small.inputs) == 13 - run.unused_inputs
    x = prepare(Sweep(data="wine")).dataset.X
    np.testing.assert_allclose(small.predict_proba(x), model.predict_proba(x), rtol=0, atol=1e-12)


def test_an_estimator_groups_by_its_columns_as_a_sweep_does():
    spec = SOFTMAX.replace(l1=0.01, l2=0, l21=[0, 0.03], epochs=50)
    fold = fold_of(spec, prepare(spec).dataset, 3, 0)
    x, y = fold.x[fold.train], fold.y[fold.train]
    how = {"l1": 0.01, "l2": 0, "max_iter": 50, "batch_size": "full", "random_state": 3}
    how |= {"learning_rate_init": 0.4, "momentum": 0.9}
    _, parameters = trained(spec)
    for l21, p in zip(spec.l21, parameters, strict=True):
        fitted = RegularizedMLPClassifier((), l21=l21, **how).fit(x, y)
        np.testing.assert_array_equal(fitted.coefs_[0].T, p["w1"])
    search = RegularizedMLPClassifierCV((), l21=[0, 0.03], cv=3, **how).fit(x, y)
    assert search.cv_results_["param_l21"].tolist() == [0, 0.03]
    plain = RegularizedMLPClassifierCV((), cv=3, **how).fit(x, y)
    assert "param_l21" not in plain.cv_results_
    score = search.cv_results_["mean_test_score"]
    assert score[0] == plain.cv_results_["mean_test_score"][0]
    automatic = RegularizedMLPClassifierCV((), l21="auto:log4", cv=3, **how).fit(x, y)
    assert len(automatic.cv_results_["param_l21"]) == 4


def test_plan_and_json_speak_of_it(typed):
    words = "--data iris --hidden none --l21 auto:log5 --json"
    status, out, _ = typed("plan", *words.split())
    assert status == 0 and json.loads(out)["runs"] % 5 == 0

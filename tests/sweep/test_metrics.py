"""Metrics that are asked for: their columns, what a user sees of them, what they leave alone."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sklearn

import results
from kernels import reference
from results.columns import FURTHER
from results.errors import ResultsError
from sweep import Sweep, load_model
from sweep.data.fold import fold_of
from sweep.errors import InputError
from sweep.models.best import save_best
from sweep.plan.experiment import prepare
from sweep.specification.choices import SCORES
from tests import naive
from tests.sweep.trained import samples, trained

OF_CLASSES = [word for word, score in SCORES.items() if "cross_entropy" in score.losses]
EVERY = ",".join(OF_CLASSES)


def rare(count=400, of_class=20):
    """A table of two classes, one of them rare, which the first two columns tell roughly."""
    random = np.random.RandomState(0)
    table = pd.DataFrame(random.normal(size=(count, 4)).round(3), columns=list("abcd"))
    likely = (table.a + table.b + random.normal(scale=0.7, size=count)).to_numpy()
    return table.assign(kind=np.where(likely > np.sort(likely)[-of_class - 1], "rare", "usual"))


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rare().to_csv("rare.csv", index=False)
    options = {"data": "rare.csv", "hidden": 4, "l1": "0,0.01,0.3", "l2": "0", "seeds": "0:4"}
    options |= {"metrics": EVERY, "test": 0.25, "epochs": 12, "lr": 0.05, "history": 6}
    Sweep(**options).run(out="rare")
    return "rare"


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({}, ("train", "val", "baseline")),
        ({"test": 0.2}, ("train", "val", "test", "baseline")),
        ({"outer_folds": 2, "folds": 2}, ("train", "val", "test", "baseline")),
        ({"val_fraction": 0}, ("train",)),
        ({"data": "article", "hidden": "3,5"}, ("train",)),
    ],
)
def test_each_part_that_there_is_has_its_columns(small, options, parts):
    table = small(metrics="f1,auc", **options).run()
    names = [f"{part}_{name}" for part in parts for name in ("auc", "f1")]
    found = [name for name in table if name.endswith(("_auc", "_f1"))]
    assert sorted(found) == sorted(names)
    article = options.get("data") == "article"  # whose one sample is of one class
    assert table[found].notna().all(axis=None) or article
    assert table.train_auc.isna().all() == article
    plain = small(**options).run()
    pd.testing.assert_frame_equal(
        table.drop(columns=[*found, "seconds"]), plain.drop(columns="seconds"), check_exact=True
    )


@pytest.mark.parametrize(
    "options",
    [
        {"folds": 3},
        {"patience": 2},
        {"path": "l1", "path_order": "up,cold"},
        {"path": "l1", "patience": 2},
        {"halving": 2},
        {"val_fraction": 0.35, "precision": "float32"},
    ],
)
def test_neither_the_lanes_nor_the_way_of_training_change_a_bit(options, monkeypatch):
    given = {"data": "wine", "hidden": 5, "l1": [0, 0.01, 0.3], "l2": [0, 0.1], "seeds": range(3)}
    spec = Sweep(**given, epochs=5, metrics=EVERY, history=2, **options)
    tables = []
    for lanes in ("1", "8", "16"):
        monkeypatch.setenv("SWEEP_LANES", lanes)
        tables.append(spec.run(jobs=2).drop(columns="seconds"))
    for other in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], other, check_exact=True)
    # The same weights are told of in another sweep, of which these runs are a part.
    if not options.keys() & {"path", "halving"}:
        alone = spec.replace(l1=0.01, l2=0.1, seeds=[1]).run().set_index("fold")
        row = tables[0].query("l1 == 0.01 and l2 == 0.1 and seed == 1").set_index("fold")
        same = [f"{part}_{name}" for part in ("train", "val", "baseline") for name in OF_CLASSES]
        pd.testing.assert_frame_equal(row[same], alone[same], check_exact=True)


def test_a_row_says_what_scikit_learn_does_of_the_network(directory):
    """From the model of a run, by its probabilities of the rows of each part."""
    model = save_best(directory, "run.npz", by="auc")
    spec = Sweep.from_toml("rare/sweep.toml")
    dataset = prepare(spec).dataset
    row = results.load(directory).set_index("run").loc[model.trained_on["run"]]
    own = results.load(directory).query(f"l1 == {row.l1}")
    assert row.l1 == results.best(results.load(directory), by="auc").l1.item()
    assert row.val_auc == own.val_auc.max() and model.trained_on["val_auc"] == row.val_auc
    assert "picked for the highest val_auc of the cell's 4 runs" in model.trained_on["how"]
    assert "likely higher than what it gives on new rows" in model.trained_on["how"]
    table = pd.read_csv("rare.csv")
    y = (table.kind == "usual").to_numpy()
    p = load_model("run.npz").predict_proba(table.drop(columns="kind").to_numpy())[:, 1]
    for part in ("train", "val", "test"):
        rows = getattr(fold_of(spec, dataset, row.seed, 0), part)
        found = {
            "auc": sklearn.roc_auc_score(y[rows], p[rows]),
            "f1": sklearn.f1_score(y[rows], p[rows] > 0.5),
            "balanced_accuracy": sklearn.balanced_accuracy_score(y[rows], p[rows] > 0.5),
            "brier": sklearn.brier_score_loss(y[rows], p[rows]),
            "log_loss": sklearn.log_loss(y[rows], p[rows]),
        }
        told = {name: row[f"{part}_{name}"] for name in OF_CLASSES}
        assert told == pytest.approx(found, rel=1e-12)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_rows_count_by_their_weight_and_classes_alike_in_the_loss_alone(class_weight):
    table = rare()
    table["w"] = np.random.RandomState(1).randint(0, 4, len(table))
    spec = Sweep(
        **{"data": table, "target": "kind", "weight": "w", "class_weight": class_weight},
        **{"hidden": 4, "l1": 0, "l2": 0, "seeds": 3, "epochs": 5, "test": 0.25, "metrics": EVERY},
    )
    row, (parameters,) = spec.run().iloc[0], trained(spec)[1]
    for part in ("train", "val", "test"):
        x, y, v = samples(spec, 3, 0, part)
        p = reference.softmax(reference.forward(parameters, x)[-1])
        found = {name: naive.metric(name, p, p.argmax(axis=1), y, v) for name in OF_CLASSES}
        assert set(v) == {1, 2, 3}  # rows that weigh nothing are left out
        told = {name: row[f"{part}_{name}"] for name in OF_CLASSES}
        assert told == pytest.approx(found, rel=1e-9)
    loss = row.val_log_loss
    assert (row.val_loss == pytest.approx(loss, rel=1e-9)) == (class_weight is None)
    assert row.baseline_auc == 0.5 and row.baseline_balanced_accuracy == 0.5


def test_what_a_guess_gives_is_beside_it(directory):
    runs = results.load(directory)
    assert (runs.baseline_auc == 0.5).all() and (runs.baseline_balanced_accuracy == 0.5).all()
    assert (runs.baseline_log_loss - runs.baseline_loss).abs().max() < 1e-12
    share = runs.baseline_accuracy
    assert (runs.baseline_f1 - 2 * share / (1 + share)).abs().max() < 1e-12


def test_the_history_has_them(directory):
    history = results.load_history(directory)
    runs = results.load(directory).set_index("run")
    last = history[history.epoch == history.epoch.max()].set_index("run")
    for name in OF_CLASSES:
        for part in ("train", "val"):
            assert (last[f"{part}_{name}"] == runs[f"{part}_{name}"]).all()
    assert not [name for name in history if name.startswith(("test_", "baseline_"))]


def test_commands_rank_and_show_by_it(directory, typed):
    runs = results.load(directory)
    means = runs.groupby("l1").val_auc.mean()
    status, out, _ = typed("best", directory, "--metric", "auc", "--json")
    chosen = json.loads(out)
    assert status == 0 and chosen["l1"] == means.idxmax() and chosen["rank_val_auc"] == 1
    assert chosen["mean_val_auc"] == pytest.approx(means.max())
    status, out, _ = typed("best", directory, "--metric", "val_auc")
    assert status == 0 and "highest mean val_auc" in " ".join(out.split())
    assert "lowest" not in out and "test_auc" in out
    status, out, _ = typed("summary", directory, "--metric", "auc")
    assert status == 0 and "val_auc over l1" in out and " val_auc " in out.splitlines()[1]
    cells = json.loads(typed("summary", directory, "--metric", "auc", "--json")[1])
    assert cells["best"]["l1"] == means.idxmax() and len(cells["cells"]) == 3
    status, out, _ = typed("plot", directory, "--metric", "auc", "--out", "drawn")
    drawn = [line.removeprefix("drawn/") for line in out.splitlines()]
    assert drawn == [
        *("heatmap-val_auc.png", "differences-val_auc.png", "path-l1.png"),
        *("pareto-val_auc.png", "left-val_auc.png", "curves-val_auc.png"),
    ]
    status, out, _ = typed("report", directory, "--metric", "auc", "--out", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert status == 0 and "Highest: " in page and "val_auc against sparsity" in page
    # What is measured is in the summary whatever ranks.
    status, out, _ = typed("summary", directory)
    assert status == 0 and "lowest" not in out
    header = Path("rare/summary.csv").read_text(encoding="utf-8").splitlines()[0]
    assert all(f"mean_val_{name}" in header for name in OF_CLASSES)


def test_a_column_that_may_not_rank_is_shown_and_no_more(directory, typed):
    for name in ("test_auc", "sparsity", "train_f1"):
        status, out, _ = typed("summary", directory, "--metric", name)
        assert status == 0 and " val_loss " in out.splitlines()[1] and f"{name} over l1" in out
        for command in ("best", "report"):
            status, _, err = typed(command, directory, "--metric", name)
            assert status == 2 and f"such as val_accuracy, and not by {name}: " in err
            assert len(err.splitlines()) == 1


def test_what_was_not_measured_is_named_with_the_mend(directory, typed, small):
    small().run(out="plain")
    for command in ("best", "summary", "plot", "report"):
        status, _, err = typed(command, "plain", "--metric", "auc")
        assert (status, err) == (
            2,
            "sweep: 'val_auc' was not measured: run it with --metrics auc\n",
        )


def test_a_class_that_is_never_held_out_has_no_curve(typed):
    rare(65, 2).to_csv("few.csv", index=False)
    run = ["run", "--data", "few.csv", "--hidden", 3, "--l1", "0,0.1", "--l2", 0, "--seeds", "0:2"]
    status, out, _ = typed(*run, "--epochs", 2, "--metrics", "auc,f1", "--out", "few")
    assert status == 0 and "nan" not in out
    told = "val_auc is not defined where the held-out part lacks a class"
    for command in ("best", "plot"):
        status, _, err = typed(command, "few", "--metric", "auc")
        assert status == 2 and told in err and "diverged" not in err
    status, out, _ = typed("summary", "few", "--metric", "auc")
    assert status == 0 and told in " ".join(out.split())
    assert typed("report", "few", "--metric", "auc")[0] == 0
    status, out, _ = typed("best", "few")
    assert status == 0 and "lowest mean val_loss" in " ".join(out.split())


def test_what_is_asked_for_is_kept_in_one_order_and_only_where_it_is():
    spec = Sweep(data="iris", metrics=" log_loss, auc,accuracy")
    assert spec.metrics == ("auc", "log_loss")
    assert spec == Sweep(data="iris", metrics=["log_loss", "auc"])
    assert tomllib.loads(spec.to_toml())["metrics"] == "auc,log_loss"
    assert Sweep.from_toml(spec.to_toml()) == spec
    assert spec.specification()["metrics"] == ["auc", "log_loss"]
    plain = spec.replace(metrics="accuracy")
    assert plain == Sweep(data="iris") and "metrics" not in plain.specification()
    assert "metrics" not in plain.to_toml()
    for wrong in ("auc,mse", "", 3, ["auc", None]):
        with pytest.raises(InputError, match="`metrics` should be of accuracy, rmse, r2, bal"):
            Sweep(data="iris", metrics=wrong)


def test_a_directory_with_other_metrics_is_another_sweep(small, tmp_path):
    small(metrics="auc").run(out=tmp_path / "one")
    small(metrics="auc").run(out=tmp_path / "one")
    with pytest.raises(ResultsError, match="another sweep"):
        small(metrics="auc,f1").run(out=tmp_path / "one")


def test_each_metric_is_in_the_help_of_run(typed):
    status, out, _ = typed("run", "--help")
    assert status == 0 and all(metric.name in out for metric in FURTHER)

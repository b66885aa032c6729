"""What is kept of each column of the data, against definitions spelt out and scikit-learn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.inspection import permutation_importance

import results
from results.cells.features.of_cells import of_cells
from results.errors import ResultsError
from sweep import InputError, Sweep, load_model
from sweep.data.fold import fold_of
from sweep.plan.experiment import prepare
from sweep.running.merging import merge
from sweep.training.task import run_task
from tests.sweep.console import call
from tests.sweep.trained import trained

FRUIT = Path(__file__).parents[1] / "recorded" / "fruit.csv"
#: Four columns of which one has three levels; L1 empties some of them.
SPEC = Sweep(data=str(FRUIT), hidden="5", l1="0,0.05", l2=0, seeds="3:5", epochs=9, lr=0.05,
             folds=2, permutations=3)  # fmt: skip


class Saved(BaseEstimator):
    """A saved model as scikit-learn's scorers take one."""

    def __init__(self, model=None):
        self.model = model

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.model.predict(X)

    def predict_proba(self, X):
        return self.model.predict_proba(X)


class Classes(ClassifierMixin, Saved):
    @property
    def classes_(self):
        return np.array(self.model.classes)


class Numbers(RegressorMixin, Saved):
    pass


def kept_features(spec):
    """Return the table of features of all runs, trained as one task."""
    experiment = prepare(spec)
    total = [(0, experiment.plan.grid.total)]
    return run_task(experiment.plan, experiment.dataset, total).beside["features"]


@pytest.mark.parametrize("target", ["kind", "price"])
def test_importance_is_that_of_scikit_learn_on_the_saved_model(target, tmp_path):
    spec = SPEC.replace(target=target, l1=0.001)
    out, file = tmp_path / "sweep", tmp_path / "model.npz"
    spec.run(out=out)
    assert call("best", str(out), "--save", str(file), cwd=tmp_path)[0] == 0
    model = load_model(file)
    place = {name: model.trained_on[name] for name in ("seed", "fold")}
    held = fold_of(prepare(spec).spec, prepare(spec).dataset, **place).val
    table = pd.read_csv(FRUIT).iloc[held]
    classes = model.kind == "class"
    estimator = Classes(model) if classes else Numbers(model)
    X, y = table.drop(columns=target), table[target]
    scoring = "neg_log_loss" if classes else "neg_mean_squared_error"
    found = permutation_importance(
        estimator, X, y, scoring=scoring, n_repeats=3, random_state=place["seed"]
    )
    rows = results.load_features(out).query("seed == @place['seed'] and fold == @place['fold']")
    unit = 1 if classes else float(model.unit.scale[0]) ** 2
    assert rows["feature"].tolist() == X.columns.tolist()
    assert abs(found.importances_mean).max() > 0.01
    # Of two losses no more than ten, each a sum of at most fifty terms of doubles.
    np.testing.assert_allclose(
        rows["importance"] * unit, found.importances_mean, rtol=1e-12, atol=1e-13
    )


def test_weights_and_what_is_kept_are_those_of_the_definitions():
    spec = SPEC.replace(hidden="4,3", l1=0.06, vary={"l1_w2": "0.01,1"}, seeds="3:7", epochs=20)
    table = kept_features(spec).to_pandas()
    _, parameters = trained(prepare(spec).spec)
    variables = prepare(spec).dataset.variables
    ends = np.cumsum([len(variable.features) for variable in variables])
    for run, p in enumerate(parameters):
        ways = np.ones((len(p["w3"]), len(p["w3"])))
        for name in ("w3", "w2", "w1"):  # how many ways lead from each input to each output
            ways = ways @ (p[name] != 0)
        inputs = np.split(np.arange(ends[-1]), ends[:-1])
        rows = table[table["run"] == run]
        assert rows["feature"].tolist() == [variable.name for variable in variables]
        assert rows["kept"].tolist() == [bool(ways[:, some].any()) for some in inputs]
        sizes = [np.linalg.norm(p["w1"][:, some]) for some in inputs]
        np.testing.assert_allclose(rows["weight"], sizes, rtol=1e-14)
    assert 0 < table["kept"].mean() < 1
    assert (table.loc[~table["kept"], "weight"] > 0).any(), "also where a way ends within"


def test_lane_width_and_tasks_change_no_bit(monkeypatch):
    spec = SPEC.replace(l1="0,0.01,0.05", patience=2, epochs=4)
    experiment = prepare(spec)
    whole = kept_features(spec)
    monkeypatch.setenv("SWEEP_LANES", "2")
    pieces = [
        run_task(experiment.plan, experiment.dataset, [some]).beside["features"]
        for some in ((0, 5), (5, experiment.plan.grid.total))
    ]
    again = [column for piece in pieces for column in piece.to_pydict()["importance"]]
    assert again == whole.to_pydict()["importance"]
    assert [x for piece in pieces for x in piece.to_pydict()["weight"]] == (
        whole.to_pydict()["weight"]
    )


def test_a_directory_that_grew_and_one_that_was_merged_hold_the_bytes_of_the_whole(tmp_path):
    spec = SPEC.replace(epochs=2, permutations=1)
    spec.run(out=tmp_path / "whole")
    spec.replace(l1=0).run(out=tmp_path / "grown")
    spec.run(out=tmp_path / "grown", extend=True)
    for l1 in (0, 0.05):
        spec.replace(l1=l1).run(out=tmp_path / str(l1))
    merge([tmp_path / "0", tmp_path / "0.05"], tmp_path / "merged")
    whole = results.load_features(tmp_path / "whole")
    assert len(whole) == 8 * 6
    for name in ("grown", "merged"):
        pd.testing.assert_frame_equal(results.load_features(tmp_path / name), whole)
    one, some = {"l1": 0.05}, whole[whole["l1"] == 0.05].reset_index(drop=True)
    pd.testing.assert_frame_equal(results.load_features(tmp_path / "whole", cell=one), some)
    (tmp_path / "whole" / "features.parquet").unlink()  # so that its parts are read
    pd.testing.assert_frame_equal(results.load_features(tmp_path / "whole", cell=one), some)


def test_of_a_race_the_last_rung_alone_has_importance(tmp_path):
    spec = SPEC.replace(l1="0,0.001,0.01,0.05", halving=2, epochs=4)
    rung = spec.run(out=tmp_path / "r").set_index("run")["rung"]
    table = results.load_features(tmp_path / "r")
    last = table["run"].map(rung) == rung.max()
    assert 0 < last.sum() < len(table) == 6 * len(rung)
    assert (table["importance"].notna() == last).all()


def test_that_all_diverged_is_told_from_what_is_not_finished(small):
    runs = small(l1=[0]).run().assign(status="diverged")
    none = pd.DataFrame({"run": [], "feature": [], "kept": [], "weight": [], "importance": []})
    cells = results.summary(runs)
    with pytest.raises(ResultsError, match=r"all that ended there diverged \(1 run\)"):
        of_cells(none, runs, cells, 0.75)
    with pytest.raises(ResultsError, match="wait for the first"):
        of_cells(none, runs.assign(status="error"), cells, 0.75)


def test_what_is_not_kept_is_not_there(tmp_path):
    spec = SPEC.replace(features="no", permutations=None, epochs=1)
    spec.run(out=tmp_path / "r")
    assert not (tmp_path / "r" / "features.parquet").exists()
    with pytest.raises(results.errors.ResultsError, match="--features keep"):
        results.load_features(tmp_path / "r")
    with pytest.raises(InputError, match="`features` is no"):
        spec.replace(permutations=2)


def test_who_goes_on_keeps_what_was_kept_unless_told(tmp_path, small):
    """So a directory of before, which knows no such option, is gone on with by the same words."""
    before = small(l1=[0, 0.01], features="no")
    expected = before.run(out=tmp_path / "r")
    toml = (tmp_path / "r/sweep.toml").read_text()
    assert "features" not in toml
    again = small(l1=[0, 0.01])
    pd.testing.assert_frame_equal(again.run(out=tmp_path / "r"), expected)
    wider = small(l1=[0, 0.01, 0.1]).run(out=tmp_path / "r", extend=True)
    assert len(wider) == 3 and not (tmp_path / "r/features.parquet").exists()
    with pytest.raises(ResultsError, match="features"):
        again.replace(features="keep").run(out=tmp_path / "r")


def test_a_sweep_in_memory_keeps_none(small):
    found = small(permutations=3).run()
    pd.testing.assert_frame_equal(
        found.drop(columns="seconds"), small(features="no").run().drop(columns="seconds")
    )

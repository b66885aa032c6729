"""Sweeps of every scale, with missing cells: what is saved, and what is held out."""

import numpy as np
import pandas as pd
import pytest

from sweep import Sweep, load_model
from sweep.data.fold import fold_of
from sweep.models.best import save_best
from sweep.plan.experiment import prepare
from tests.sweep.trained import trained

SCALES = ("standard", "robust", "quantile", "none")


@pytest.fixture
def frame():
    random = np.random.RandomState(0)
    frame = pd.DataFrame(
        {"age": random.randint(20, 80, 150) / 10, "pay": random.lognormal(size=150)}
    )
    frame["hue"] = random.choice(["red", "blue", None], 150)
    frame["kind"] = np.where(frame.age + 2 * (frame.hue == "red") > 6, "old", "young")
    frame.loc[random.random_sample(150) < 0.2, "age"] = np.nan
    return frame


def options(frame, scale, **more):
    given = {"data": frame, "scale": scale, "missing": "impute", "hidden": 5, "epochs": 8}
    return given | {"l1": "0,1e-3", "l2": 0, "seeds": "1:3"} | more


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("ending", ["npz", "safetensors", "onnx"])
@pytest.mark.parametrize("parts", [{}, {"folds": 3}, {"test": 0.2}, {"outer_folds": 2}], ids=str)
def test_a_saved_model_gives_the_loss_of_the_table(frame, tmp_path, scale, ending, parts):
    frame.to_csv(tmp_path / "d.csv", index=False)
    given = options(str(tmp_path / "d.csv"), scale, **parts)
    runs = Sweep(**given).run(out=tmp_path / "run")
    save_best(tmp_path / "run", tmp_path / f"model.{ending}")
    model = load_model(tmp_path / f"model.{ending}")
    row = runs.set_index("run").loc[model.trained_on["run"]]
    spec, dataset, _ = prepare(Sweep(**given))
    place = (int(row.get(name, 0)) for name in ("seed", "fold", "outer"))
    fold = fold_of(spec, dataset, *place)
    for which in ("train", "val", "test"):
        rows = getattr(fold, which)
        if len(rows):
            given_to_file = frame.iloc[rows].drop(columns="kind")
            p = model.predict_proba(given_to_file)[np.arange(len(rows)), dataset.y[rows]]
            assert -np.log(p).mean() == pytest.approx(row[f"{which}_loss"], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("poison", [1e6, np.nan])
@pytest.mark.parametrize(
    "parts",
    [{}, {"folds": 3}, {"outer_folds": 2}, {"test": 0.2}, {"precision": "float32"}],
    ids=str,
)
def test_held_out_rows_have_no_part_in_training(frame, scale, poison, parts):
    given = options(frame, scale, seeds=1, **parts)
    spec, dataset, _ = prepare(Sweep(**given))
    fold = fold_of(spec, dataset, 1, 0)
    out = np.concatenate([fold.val, fold.test])
    poisoned = frame.copy()
    poisoned.loc[out, "age"] = poison
    if np.isfinite(poison):
        poisoned.loc[out, "pay"] = -poison
    first = {"fold": 0, "outer": 0}
    found = []
    for data in (frame, poisoned):
        columns, weights = trained(Sweep(**given | {"data": data}))
        mine = [
            run
            for run in range(len(weights))
            if all(columns[name][run] == 0 for name in first if name in columns)
        ]
        found.append((columns, weights, mine))
    (columns, weights, mine), (others, theirs, _) = found
    assert mine
    for run in mine:
        assert columns["train_loss"][run] == others["train_loss"][run]
        assert columns["val_loss"][run] != others["val_loss"][run]
        for name, values in weights[run].items():
            assert values.tobytes() == theirs[run][name].tobytes()

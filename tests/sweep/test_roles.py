"""Columns for weight, groups and order: what they are read as, and sweeps split by them."""

import numpy as np
import pandas as pd
import pytest

import results
from sweep import InputError, Sweep, load_model
from sweep.data.fold import fold_of
from sweep.data.splits import told
from sweep.models.best import save_best
from sweep.plan.experiment import prepare

SMALL = {"target": "kind", "hidden": "3", "l1": [0, 0.01], "l2": 0, "seeds": "0:3", "epochs": 4}


def table(rows=120):
    random = np.random.RandomState(0)
    frame = pd.DataFrame(random.normal(size=(rows, 2)).round(3), columns=list("ab"))
    frame["kind"] = np.where(frame.a + random.normal(size=rows) > 0, "up", "down")
    frame["who"] = [f"p{i}" for i in random.randint(0, 17, rows)]
    days = pd.to_timedelta(random.randint(0, 90, rows), unit="D")
    frame["day"] = (pd.Timestamp("2021-03-01") + days).strftime("%Y-%m-%d")
    frame["w"] = random.choice([0.5, 1, 3], rows)
    return frame


def spec(**options):
    """Return a sweep of the table, whose columns are features only where they are no such thing."""
    roles = {name: options.get(name) for name in ("weight", "groups", "order")}
    left = {"who", "day", "w"} - set(roles.values())
    return Sweep(data=table().drop(columns=sorted(left)), **SMALL | options)


ROLES = [{"groups": "who"}, {"order": "day"}, {"groups": "who", "weight": "w"}]


@pytest.mark.parametrize("roles", ROLES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"folds": 3},
        {"test": 0.2, "patience": 2},
        {"outer_folds": 2, "folds": 2},
        {"halving": 2, "folds": 2},
        {"path": "l1", "history": 2},
        {"class_weight": "balanced", "patience": 1, "path": "l1"},
        {"batch_size": 8, "precision": "float32"},
    ],
    ids=lambda options: " ".join(options) or "split",
)
def test_runs_do_not_depend_on_what_is_trained_beside_them(roles, options, tmp_path):
    """Parts have different sizes: each seed alone gives the rows of all together."""
    whole = spec(**roles, **options)
    whole.data.to_csv(tmp_path / "t.csv", index=False)  # which a model can be trained on again
    whole = whole.replace(data=tmp_path / "t.csv")
    runs = whole.run(out=tmp_path / "r")
    assert (runs.status == "done").all()
    drop = ["seconds", "run", "rung"] if whole.halving else ["seconds", "run"]
    if not whole.halving:  # where seeds choose together
        alone = pd.concat([whole.replace(seeds=[seed]).run() for seed in range(3)])
        kept = [name for name in runs if name not in drop]
        assert runs[kept].equals(alone[kept].reset_index(drop=True))
    dataset = prepare(whole).dataset
    assert dataset.features == ("a", "b")
    for row in runs.itertuples():
        fold = fold_of(whole, dataset, row.seed, row.fold, getattr(row, "outer", 0))
        assert (row.train_rows, row.val_rows) == (len(fold.train), len(fold.val))
        parts = [fold.train, fold.val, fold.test]
        if whole.groups:
            names = [set(dataset.groups[rows]) for rows in parts]
            assert sum(map(len, names)) == len(set.union(*names))
        else:
            ends = [(dataset.order[rows].min(), dataset.order[rows].max()) for rows in parts[:2]]
            assert ends[0][1] < ends[1][0] and row.val_from == str(ends[1][0])
            assert not len(fold.test) or ends[1][1] < dataset.order[fold.test].min()
    model = save_best(tmp_path / "r", tmp_path / "m.npz")
    everything = save_best(tmp_path / "r", tmp_path / "all.npz", refit="all")
    if not whole.test:
        assert everything.trained_on["rows"] == len(dataset.y)
    new = table()[["b", "a"]].head()
    assert np.array_equal(load_model(tmp_path / "m.npz").predict(new), model.predict(new))


@pytest.mark.parametrize("roles", ROLES)
@pytest.mark.parametrize("options", [{}, {"folds": 3}, {"class_weight": "balanced"}])
def test_nothing_of_a_held_out_row_reaches_what_is_fitted(roles, options):
    """To the byte: columns of the training part, whatever the features of a held-out row."""
    frame = table()
    whole = spec(**roles, **options, seeds=1)
    val = fold_of(whole, prepare(whole).dataset, 1, 0).val
    frame.loc[val[::2], ["a", "b"]] = [1e6, -3e5]
    poisoned = whole.replace(data=frame[list(whole.data)])
    before, after = (some.run().query("fold == 0") for some in (whole, poisoned))
    fitted = [name for name in before if not name.startswith(("val_", "seconds"))]
    assert before[fitted].equals(after[fitted]) and not before.val_loss.equals(after.val_loss)


def test_the_last_column_without_a_role_is_the_target():
    found = prepare(Sweep(data=table(), weight="w", order="day", columns="a,b,who")).dataset
    assert found.features[:2] == ("a", "b") and found.classes == tuple(
        sorted(set(table().who), key=lambda text: int(text[1:]))
    )


@pytest.mark.parametrize(
    ("values", "kind", "least"),
    [
        (["2021-03-02", "2020-12-31", "2021-03-01"], "datetime64[D]", "2020-12-31"),
        (["2021-03-02T10:00", "2021-03-01 09:30:00", "2021-04-01"], "datetime64[s]",
         "2021-03-01T09:30:00"),
        (["2021-03-02T00:00+02:00", "2021-03-02T00:00Z", "2021-03-03T00:00Z"], "datetime64[s]",
         "2021-03-01T22:00:00"),
        (pd.to_datetime(["2021-03-02", "2020-12-31", "2021-03-01"]), "datetime64[D]", "2020-12-31"),
        ([2021, 1999, 2005], "int64", "1999"),
        (["10", "9", "11.5"], "float64", "9.0"),
    ],
)  # fmt: skip
def test_times_are_numbers_or_dates(values, kind, least):
    frame = pd.DataFrame({"t": values, "x": [1.0, 2, 3], "kind": ["a", "b", "a"]})
    order = prepare(Sweep(data=frame, order="t")).dataset.order
    assert order.dtype == kind and str(order.min()) == least


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["2021-03-02", "3 May", "2021-03-01"], r"row 1 \(from 0\): '3 May' is no number and no "
         "date such as 2021-05-31"),
        (["2021-03-02T00:00Z", "2021-03-02T00:00", "2021-03-03T00:00Z"], "row 1 .*: no time zone"),
        (["2021-03-02", None, "2021-03-01"], "row 1 .*: no value"),
        ([1, 1, 1], r"^data has one value of `order`, so no row is later than another"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(values, message):
    frame = pd.DataFrame({"t": values, "x": [1.0, 2, 3], "kind": ["a", "b", "a"]})
    with pytest.raises(InputError, match=message):
        prepare(Sweep(data=frame, order="t"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": "iris", "weight": "w"}, "`weight` names a column .* and iris is neither"),
        ({"data": (np.ones((3, 1)), [0, 1, 0]), "groups": "g"}, r"`groups` .* \(X, y\) is neither"),
        ({"groups": "who", "order": "day"}, "`groups` and `order` exclude each other"),
        ({"groups": "w", "weight": "w"}, "`weight` and `groups` are both column 'w'"),
        ({"target": "w", "weight": "w"}, "`target` and `weight` are both column 'w'"),
        ({"order": "dya"}, "has no column 'dya' to be the `order`; did you mean 'day'"),
        ({"class_weight": "even"}, "`class_weight` should be 'none' or 'balanced'"),
    ],
)
def test_what_does_not_fit_together_is_said_in_one_line(options, message):
    with pytest.raises(InputError, match=message) as error:
        prepare(Sweep(**{"data": table(), **options}))
    assert "\n" not in str(error.value)


def test_a_test_file_is_apart_by_the_same_columns(tmp_path):
    frame, path = table(), tmp_path / "new.csv"
    late = frame.day >= "2021-05-10"
    own, other = frame[~late], frame[late]
    other.drop(columns=["who", "w"]).to_csv(path, index=False)
    whole = Sweep(data=own.drop(columns=["who", "w"]), order="day", test=path, **SMALL)
    found = prepare(whole).dataset
    assert found.tested == late.sum() and found.features == ("a", "b")
    with pytest.raises(InputError, match=r"is not later than 2021-05-29, the last of the DataFra"):
        prepare(whole.replace(data=frame.drop(columns=["who", "w"])))
    other.drop(columns=["day", "w"]).to_csv(path, index=False)
    with pytest.raises(InputError, match=r"group 'p\d+' is in the DataFrame too: no group may"):
        prepare(Sweep(data=own.drop(columns=["day", "w"]), groups="who", test=path, **SMALL))
    with pytest.raises(InputError, match=r"new.csv' has no column 'w' to be the `weight`"):
        prepare(Sweep(data=own.drop(columns=["day"]), weight="w", test=path, drop="who", **SMALL))
    other.assign(w=np.where(np.arange(len(other)) < 3, 0, 2)).to_csv(path, index=False)
    weighed = Sweep(data=own, weight="w", test=path, drop="who,day", **SMALL)
    found = prepare(weighed).dataset
    assert (found.tested, found.weightless, set(found.weight[-9:])) == (late.sum() - 3, 3, {2.0})


def test_the_columns_are_written_and_read_again(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    whole = Sweep(data=tmp_path / "t.csv", weight="w", groups="who", drop="day", **SMALL,
                  class_weight="balanced")  # fmt: skip
    assert Sweep.from_toml(whole.to_toml()) == whole
    assert whole.digest() != whole.replace(groups=None, drop="day,who").digest()
    plain = whole.replace(weight=None, groups=None, class_weight=None, drop="day,who,w")
    written = plain.specification()
    assert not {"weight", "groups", "order", "class_weight"} & written.keys()
    whole.run(out=tmp_path / "r")
    again = Sweep.from_toml(tmp_path / "r" / "sweep.toml").run(out=tmp_path / "r", extend=True)
    assert len(again) == 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"groups": "who"}, "20 % held out, by 17 groups of who"),
        ({"order": "day", "folds": 3}, "3 folds, by time, day"),
        ({"groups": "who", "weight": "w", "test": 0.25, "class_weight": "balanced"},
         "25 % set apart as test part, of the rest 20 % held out, by 17 groups of who; rows count "
         "by w; classes count alike in the loss"),
        ({"outer_folds": 4, "folds": 2}, "4 outer folds, of the rest 2 folds, by class"),
        ({"val_fraction": 0}, "nothing held out"),
    ],
)  # fmt: skip
def test_how_rows_are_divided_is_said(options, said):
    whole = spec(**options)
    assert told(whole, prepare(whole).dataset) == said


def test_intervals_by_time_are_for_other_seeds():
    runs = spec(order="day", folds=3).run()
    cells = results.summary(runs)
    assert (cells.covers == "seeds").all() and cells.by_time.all()
    by_seed = runs[runs.l1 == 0].groupby("seed").val_loss.mean()
    half = 4.302653 * by_seed.std() / np.sqrt(3)
    assert cells.high_val_loss[0] - cells.mean_val_loss[0] == pytest.approx(half, rel=1e-6)
    one = results.summary(runs[runs.seed == 0])
    assert (one.covers == "").all() and one.high_val_loss.isna().all()
    inside = runs[(runs.l1 == 0) & (runs.seed == 0)].val_loss
    assert one.se_val_loss[0] == pytest.approx(inside.std() / np.sqrt(3))


def test_best_says_what_a_test_part_of_groups_is_worth(typed):
    table().drop(columns="day").to_csv("t.csv", index=False)
    words = ["run", "--data", "t.csv", "--target", "kind", "--groups", "who", "--weight", "w",
             "--test", "0.3", "--hidden", "3", "--l1", "0,0.01", "--l2", "0", "--seeds", "0:2",
             "--epochs", "2", "--out", "r"]  # fmt: skip
    assert typed(*words)[0] == 0
    status, out, _ = typed("best", "r")
    (size,) = set(results.load("r").test_size)
    assert status == 0 and 2 < size < 17
    assert f"worth {size:.3g} of one weight and no group" in " ".join(out.split())
    status, out, _ = typed("run", *words[1:-2], "--order", "a", "--out", "s")
    assert status == 2


def test_one_seed_by_time_is_said_to_tell_nothing(typed):
    table().drop(columns=["who", "w"]).to_csv("t.csv", index=False)
    assert typed("run", "--data", "t.csv", "--target", "kind", "--order", "day", "--folds", "2",
                 "--hidden", "3", "--l1", "0,0.01", "--l2", "0", "--seeds", "1", "--epochs", "2",
                 "--out", "r")[0] == 0  # fmt: skip
    out = " ".join(typed("best", "r")[1].split())
    assert "One seed tells no cell from another, in the order of time: give more --seeds." in out

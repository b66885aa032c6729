"""What is predicted: classes, numbers or answers of yes and no, as told or by their looks."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import results
from sweep import InputError, Sweep
from sweep.data.dataset import Variable
from sweep.data.loading import load
from sweep.plan.account import account, columns_found, in_words
from sweep.plan.experiment import prepare
from sweep.specification.choices import LOSSES

ROWS = 60
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(ROWS, 2)).round(3)
PRICE = (X[:, 0] * 30 + 150).round(1)
TABLE = pd.DataFrame(
    {
        "x": X[:, 0],
        "z": X[:, 1],
        "price": PRICE,
        "few": np.arange(ROWS) % 6 + 3,
        "many": np.arange(ROWS) * 7 % 41,
        "sold": np.where(X[:, 0] > 0, "yes", "no"),
        "paid": np.arange(ROWS) % 2,
        "new": X[:, 1] > 0,
        "colour": np.resize(["red", "green", "blue"], ROWS),
    }
)


def loaded(target, table=TABLE, **options):
    names = target if isinstance(target, list) else [target]
    rest = {"x": table.x, "z": table.z}
    frame = pd.DataFrame(rest | {name: table[name] for name in names})
    return load(Sweep(data=frame, target=target, **options))


def refusal(*given, **options):
    with pytest.raises(InputError) as caught:
        loaded(*given, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("target", "options", "kind"),
    [
        ("price", {}, "numbers"),
        ("many", {}, "numbers"),
        ("few", {}, "classes"),
        ("paid", {}, "classes"),
        ("new", {}, "classes"),
        ("sold", {}, "classes"),
        ("colour", {}, "classes"),
        ("many", {"categories": "many"}, "classes"),
        ("many", {"task": "classes"}, "classes"),
        ("price", {"task": "classes", "most_levels": 60}, "classes"),
        ("few", {"task": "numbers"}, "numbers"),
        ("few", {"loss": "squared"}, "numbers"),
        ("many", {"loss": "poisson"}, "numbers"),
        ("many", {"loss": "cross_entropy"}, "classes"),
        ("new", {"task": "numbers"}, "numbers"),
        ("paid", {"loss": "logistic"}, "answers"),
        ("sold", {"loss": "logistic"}, "answers"),
        (["price", "many"], {}, "numbers"),
        (["price", "few"], {}, "numbers"),
        (["sold", "paid", "new"], {}, "answers"),
        (["sold", "paid"], {"task": "classes"}, "answers"),
        (["price", "paid"], {"task": "numbers"}, "numbers"),
        (["paid", "new"], {"loss": "absolute"}, "numbers"),
    ],
)
def test_targets_are_what_is_told_or_what_they_look_like(target, options, kind):
    data = loaded(target, **options)
    names = target if isinstance(target, list) else [target]
    if kind == "classes":
        assert data.y.dtype == np.int64 and data.targets == ()
        assert [data.classes[place] for place in data.y] == [
            str(v).removesuffix(".0") for v in TABLE[target]
        ]
        assert data.outputs == len(data.classes) == TABLE[target].nunique()
        return
    assert data.y.dtype == np.float64 and data.y.shape == (ROWS, len(names))
    assert data.classes == () and data.outputs == len(names)
    assert [one.name for one in data.targets] == names
    for name, levels, y in zip(names, [one.levels for one in data.targets], data.y.T, strict=True):
        if kind == "numbers":
            assert levels is None and y.tolist() == TABLE[name].astype(float).tolist()
        else:
            yes = {"sold": "yes", "paid": "1", "new": "True"}[name]
            assert levels[1] == yes and y.tolist() == (TABLE[name].astype(str) == yes).tolist()


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_what_was_decided_is_in_the_plan_and_stays_as_it_is(loss):
    targets = {"class": "colour", "numbers": "many", "answers": "new"}
    frame = TABLE[["x", "z", targets[LOSSES[loss].target]]]
    spec = prepare(Sweep(data=frame, loss=loss, l1=0, l2=0)).spec
    numbers = LOSSES[loss].target == "numbers"
    assert (spec.task, spec.loss) == ("numbers" if numbers else "classes", loss)
    assert prepare(spec).spec == spec
    toml = spec.to_toml().split("\n", 1)[1]
    assert Sweep.from_toml(f'data = "t.csv"\n{toml}').loss == loss
    written = {"task", "loss"} & spec.specification().keys()
    assert written == {
        name for name, was in (("task", "classes"), ("loss", "cross_entropy"))
        if getattr(spec, name) != was
    }  # fmt: skip


def test_the_loss_follows_from_the_targets():
    for target, told in (
        (["few"], ("classes", "cross_entropy")),
        (["price"], ("numbers", "squared")),
        (["new", "sold"], ("classes", "logistic")),
    ):
        spec = Sweep(data=TABLE[["x", *target]], target=target, l1=0, l2=0)
        assert (spec.task, spec.loss) == ("auto", None)
        decided = prepare(spec).spec
        assert (decided.task, decided.loss) == told


@given(st.lists(st.integers(-50, 50), min_size=25, max_size=60), st.booleans())
def test_up_to_twenty_whole_numbers_are_classes(values, halved):
    y = np.array(values) / (2 if halved else 1)
    if len(set(values)) == 1:
        return
    whole = all(number.is_integer() for number in y.tolist())
    data = load(Sweep(data=pd.DataFrame({"a": np.arange(len(y)), "y": y})))
    assert bool(data.classes) == (whole and len(set(values)) <= 20)


def test_texts_of_numbers_are_numbers_where_they_are_many():
    texts = [f"{n / 2}" for n in range(30)]
    data = load(Sweep(data=pd.DataFrame({"a": range(30), "y": np.array(texts, object)})))
    assert data.y[:, 0].tolist() == [float(text) for text in texts]
    few = load(Sweep(data=pd.DataFrame({"a": range(30), "y": np.array(texts[:10] * 3, object)})))
    assert len(few.classes) == 10


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        (["price", "new"], {}, "'price' is numbers, 'new' is yes or no: give --task if they"),
        (["price", "paid"], {}, "'price' is numbers, 'paid' is yes or no"),
        (["new", "colour"], {}, "'new' is yes or no, 'colour' is neither"),
        (["new", "colour"], {"task": "classes"}, "column 'colour': 3 levels, such as 'red'"),
        ("colour", {"loss": "logistic"}, "column 'colour': 3 levels, such as 'red'"),
        (
            "colour",
            {"task": "numbers"},
            "row 0 (from 0): 'red' is text in a numeric target, as is all else there: take each",
        ),
        ("colour", {"loss": "huber"}, "'red' is text in a numeric target"),
        (["price", "new", "price"], {}, "`target` names 'price' twice: name each column once"),
        (["price", "sold"], {"task": "numbers"}, "'sold', row 0 (from 0): "),
        (
            "few",
            {"task": "classes", "loss": "squared"},
            "`loss` squared is for numbers, and `task`",
        ),
        ("few", {"task": "numbers", "loss": "logistic"}, "`loss` logistic is for yes or no, and"),
        (["new", "paid"], {"loss": "cross_entropy"}, "names 2 columns, and `loss` cross_entropy"),
        ("few", {"task": "numbers", "class_weight": "balanced"}, "`class_weight` is for classes"),
        (["new", "paid"], {"task": "classes", "class_weight": "balanced"}, "`class_weight` is for"),
        (
            "few",
            {"task": "numbers", "categories": "few"},
            "`categories` names 'few', a target that",
        ),
        ("x", {"loss": "poisson"}, "is below 0, and `loss` poisson is of counts"),
        (["few", "z"], {"loss": "poisson"}, "is below 0, and `loss` poisson is of counts"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(target, options, said):
    table = TABLE.assign(x=TABLE.x - 1)
    names = target if isinstance(target, list) else [target]
    with pytest.raises(InputError) as caught:
        load(Sweep(data=table[[*{"many": 0} | dict.fromkeys(names)]], target=target, **options))
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([5.5] * 30, {}, "every row is 5.5, so there is nothing to predict"),
        ([0] * 30, {"loss": "poisson"}, "every row is 0, so there is nothing to predict"),
        ([1e16, 1e16 + 2] * 15, {"task": "numbers"}, "so there is nothing to predict"),
        ([1] * 30, {}, "every row is of class '1'"),
        (["a"] * 30, {"loss": "logistic"}, "every row is 'a', and yes or no should both occur"),
        ([*range(29), np.inf], {}, "row 29 (from 0): inf is not a finite number"),
        ([*range(29), np.nan], {}, "row 29 (from 0): no value"),
        ([*range(29), 1e101], {}, "row 29 (from 0): 1e+101 is too large to be predicted"),
        ([n * 1e-110 for n in range(30)], {}, "2.9e-109 apart: multiply them first"),
        (
            [*map(str, range(29)), "n/k"],
            {},
            "'n/k' is text in a numeric target: correct it, or",
        ),
    ],
)
def test_targets_that_cannot_be_predicted_are_refused(values, options, said):
    frame = pd.DataFrame({"a": range(30), "y": np.array(values, type(values[-1]))})
    with pytest.raises(InputError) as caught:
        load(Sweep(data=frame, **options))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_only_what_can_be_filled_in_is_said_to_be():
    table = TABLE[["x", "z", "price"]].copy()
    table.loc[3, "price"] = np.nan
    with pytest.raises(InputError, match="1 row of 60 have none: --missing drop leaves those"):
        load(Sweep(data=table))
    table.loc[4, "x"] = np.nan
    with pytest.raises(InputError, match="fills them in, and leaves out rows without a target, --"):
        load(Sweep(data=table))


@pytest.mark.parametrize("missing", ["drop", "impute"])
def test_targets_that_never_stand_in_one_row_are_refused(missing):
    table = TABLE[["x", "price", "many"]].astype(float)
    table.loc[::2, "price"] = np.nan
    table.loc[1::2, "many"] = np.nan
    with pytest.raises(InputError, match="no row has all of the targets: predict them apart"):
        load(Sweep(data=table, target="price,many", missing=missing))


def test_a_column_with_values_only_where_there_is_no_target_is_refused():
    table = TABLE[["x", "z", "price"]].copy()
    table.loc[:9, "price"] = np.nan
    table.loc[10:, "z"] = np.nan
    with pytest.raises(InputError, match="'z': no cell of it has a value where the target"):
        load(Sweep(data=table, missing="impute"))
    table.loc[59, "z"] = 1
    assert np.nansum(load(Sweep(data=table, missing="impute")).X[:, 1]) == 1


def test_numbers_that_come_once_each_are_told_how_to_be_no_classes():
    table = pd.DataFrame({"a": range(15), "y": range(15)})
    with pytest.raises(InputError, match="take its numbers as such by --task numbers, give more"):
        prepare(Sweep(data=table))
    assert prepare(Sweep(data=table, task="numbers")).dataset.targets
    with pytest.raises(InputError, match="no class has two rows to train on: give more rows, or 0"):
        prepare(Sweep(data=table, task="classes"))


def test_rates_and_some_zeros_may_be_counts():
    y = [0, 0, 0.25, *range(30)]
    data = load(Sweep(data=pd.DataFrame({"a": range(33), "y": y}), loss="poisson"))
    assert data.y[:, 0].tolist() == y


def test_a_built_in_set_holds_classes_whatever_else_is_told():
    for options in ({"task": "numbers"}, {"loss": "squared"}, {"loss": "logistic"}):
        with pytest.raises(InputError, match="is not for iris, which holds classes"):
            Sweep(data="iris", **options)
    assert Sweep(data="iris", task="auto").specification() != Sweep(data="iris").specification()
    assert prepare(Sweep(data="iris", task="auto", l1=0)).spec == Sweep(data="iris", l1=0)
    assert (Sweep(data="article").task, Sweep(data="article").loss) == ("classes", "cross_entropy")


# Several targets


def test_targets_are_named_as_people_write_it(tmp_path):
    same = [Sweep(data=TABLE, target=given) for given in ("a, b", ["a", "b"], ("a", "b"))]
    assert all(spec.target == ("a", "b") and spec == same[0] for spec in same)
    assert Sweep(data=TABLE, target='"a, b"').target == "a, b"
    assert (
        Sweep(data=TABLE, target=["a"]).target == "a" and Sweep(data=TABLE, target=3).target == "3"
    )
    assert Sweep(data=TABLE, target="a").specification()["target"] == "a"
    assert same[0].specification()["target"] == ["a", "b"]
    for bad in ("a,,b", 'a,"b', [""], []):
        with pytest.raises(InputError, match="`target`"):
            Sweep(data=TABLE, target=bad)


@pytest.mark.parametrize("target", ["price", "price, EUR", ["price", "b, c"]])
def test_a_file_of_a_sweep_names_the_same_targets(target):
    given = [target] if isinstance(target, str) else target
    spec = Sweep(data="t.csv", target=given)
    assert Sweep.from_toml(spec.to_toml()).targets == tuple(given)


def test_a_file_of_someone_may_name_several_in_a_text():
    assert Sweep.from_toml('data = "t.csv"\ntarget = "a,b"').target == ("a", "b")


def test_a_target_with_a_comma_is_told_how_it_is_written(typed, tmp_path):
    TABLE[["x", "z", "price"]].rename(columns={"price": "price, EUR"}).to_csv("t.csv", index=False)
    status, _, err = typed("plan", "--data", "t.csv", "--target", "price, EUR")
    assert (
        status == 2 and """column 'price, EUR' is written in double quotes, '"price, EUR"'""" in err
    )
    assert typed("plan", "--data", "t.csv", "--target", '"price, EUR"')[0] == 0


def test_arrays_may_hold_several_targets():
    Y = np.stack([PRICE, X[:, 0]], axis=1)
    data = load(Sweep(data=(X, Y)))
    assert data.y.tolist() == Y.tolist()
    assert data.targets == (Variable("y0"), Variable("y1"))
    frame = load(Sweep(data=(TABLE[["x"]], TABLE[["x", "price"]])))
    assert [one.name for one in frame.targets] == ["x_", "price"]
    assert load(Sweep(data=(X, Y[:, :1]))).targets == (Variable("y0"),)
    assert load(Sweep(data=(X, X > 0))).targets == (
        Variable("y0", ("False", "True")),
        Variable("y1", ("False", "True")),
    )


def test_rows_without_one_of_the_targets_are_left_out(tmp_path):
    table = TABLE[["x", "price", "many"]].astype(float)
    table.loc[2, "price"] = table.loc[5, "many"] = table.loc[7, "x"] = np.nan
    data = load(Sweep(data=table, target=["price", "many"], missing="impute"))
    assert len(data.y) == ROWS - 2 and data.origin.without_target == 2
    dropped = load(Sweep(data=table, target=["price", "many"], missing="drop"))
    assert (dropped.origin.without_target, dropped.origin.incomplete) == (2, 1)


# A test file


def test_a_test_file_holds_the_same_targets(tmp_path):
    table, first = TABLE[["x", "price", "sold", "new"]], tmp_path / "a.csv"
    table[:40].to_csv(first, index=False)
    table[40:].to_csv(tmp_path / "b.csv", index=False)
    test = str(tmp_path / "b.csv")
    data = load(Sweep(data=first, target="price", test=test))
    assert data.tested == 20 and data.y[:, 0].tolist() == PRICE.tolist()
    answers = load(Sweep(data=first, target=["new", "sold"], test=test))
    assert answers.y[40:, 1].tolist() == (TABLE.sold[40:] == "yes").tolist()
    table[40:].assign(sold="maybe").to_csv(test, index=False)
    with pytest.raises(InputError, match="'maybe' did not occur in the data to train on"):
        load(Sweep(data=first, target=["new", "sold"], test=test))
    table[40:].assign(price=-1).to_csv(test, index=False)
    assert (
        load(Sweep(data=first, target="price", test=test)).y[-1] == -1
    )  # all the same is no fault
    with pytest.raises(InputError, match="-1 is below 0"):
        load(Sweep(data=first, target="price", test=test, loss="poisson"))
    table[40:].drop(columns="price").to_csv(test, index=False)
    with pytest.raises(InputError, match=r"has no column 'price', which is a target of a"):
        load(Sweep(data=first, target="price", test=test))


# What is said


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("price", {}, "numbers of price: 80.2 to 204.7, mean 149.9 (taken as numbers); held"),
        ("price", {"task": "numbers"}, "numbers of price: 80.2 to 204.7, mean 149.9; held"),
        ("few", {}, "classes of few: 3 16.7%, 4 16.7%, 5 16.7%, 6 16.7%, 7 16.7%, 8 16.7% (numbers "
         "taken as classes); held"),
        ("few", {"categories": "few"}, "7 16.7%, 8 16.7%; held"),
        ("paid", {}, "classes of paid: 0 50%, 1 50%; held"),
        (["price", "many"], {}, "numbers of 2 targets: price (80.2 to 204.7, mean 149.9), many (0 "
         "to 40, mean 19.27) (taken as numbers); held"),
        (["sold", "new"], {}, "yes or no of 2 targets: sold (yes 50%), new (True 58.3%); held"),
        ("paid", {"loss": "logistic"}, "yes or no of paid: 1 50%; held"),
    ],
)  # fmt: skip
def test_a_line_says_what_was_taken_for_what(target, options, said):
    names = target if isinstance(target, list) else [target]
    experiment = prepare(
        Sweep(data=TABLE[["x", "z", *names]], target=target, l1=0, l2=0, **options)
    )
    assert said in in_words(account(experiment))


def test_the_columns_found_have_their_range(typed):
    TABLE.to_csv("t.csv", index=False)
    shown = columns_found(load(Sweep(data="t.csv", target=["price", "many"])).origin)
    rows = {row[-1]: row[:3] for row in shown}
    assert rows["price"] == ["target", "numbers", "80.2 to 204.7"]
    assert rows["many"] == ["target", "numbers", "0 to 40"]
    shown = columns_found(load(Sweep(data="t.csv", target=["sold", "new"])).origin)
    assert {row[-1]: row[:3] for row in shown}["sold"] == ["target", "yes/no", "2"]
    found = json.loads(typed("plan", "--data", "t.csv", "--target", "price", "--json")[1])["table"]
    assert (found["task"], found["loss"], found["target"]) == ("numbers", "squared", "price")
    assert found["guessed"] and found["classes"] == {}
    assert found["targets"] == [
        {"name": "price", "lowest": 80.2, "highest": 204.7, "mean": pytest.approx(PRICE.mean())}
    ]


# Along the way


@pytest.mark.parametrize("target", ["price", ["price", "many"], ["sold", "new"]])
@pytest.mark.parametrize(
    "options",
    [
        {"folds": 3},
        {"test": 0.2, "weight": "w"},
        {"outer_folds": 3, "groups": "g"},
        {"order": "w", "folds": 2},
        {"groups": "g"},
    ],
)
def test_parts_are_made_of_them_in_every_way(target, options):
    table = TABLE[["x", "z", *(target if isinstance(target, list) else [target])]]
    table = table.assign(w=np.arange(ROWS) + 1.0, g=np.arange(ROWS) // 4)
    spec = Sweep(data=table, target=target, l1=[0, 0.01], l2=0, seeds="0:2", hidden=3, epochs=2)
    found = spec.replace(**options).run()
    assert (found.status == "done").all()
    assert np.isfinite(found[["val_loss", "train_loss", "baseline_loss"]]).all(axis=None)
    if "test" in options or "outer_folds" in options:
        assert np.isfinite(found.test_loss).all()


def test_a_directory_of_numbers_is_gone_on_with(typed):
    TABLE[["x", "z", "price"]].to_csv("t.csv", index=False)
    words = ["--data", "t.csv", "--l1", "0,0.1", "--l2", "0", "--hidden", "3", "--epochs", "2"]
    assert typed("run", *words, "--seeds", "0:2", "--out", "r")[0] == 0
    before = results.load("r")
    for again in (words, [*words, "--task", "numbers"], [*words, "--loss", "squared"]):
        status, out, _ = typed("run", *again, "--seeds", "0:2", "--out", "r", "--json")
        assert status == 0 and json.loads(out)["trained"] == 0
    status, out, err = typed("run", *words, "--seeds", "0:3", "--out", "r", "--extend", "--json")
    assert status == 0 and json.loads(out)["trained"] == 2, err
    same = results.load("r").query("seed < 2").drop(columns=["seconds", "run"])
    pd.testing.assert_frame_equal(
        same.reset_index(drop=True), before.drop(columns=["seconds", "run"])
    )
    status, _, err = typed("run", *words, "--seeds", "0:2", "--out", "r", "--loss", "huber")
    assert status == 2 and "another sweep" in err


@pytest.mark.parametrize("line", ['task = "auto"', 'loss = "auto"'])
def test_a_directory_that_does_not_say_what_was_decided_is_refused(typed, tmp_path, line):
    TABLE[["x", "z", "price"]].to_csv("t.csv", index=False)
    words = ["--l1", "0", "--l2", "0", "--hidden", "3", "--epochs", "1", "--seeds", "0"]
    assert typed("run", "--data", "t.csv", *words, "--out", "r")[0] == 0
    toml = tmp_path / "r/sweep.toml"
    name = line.partition(" ")[0]
    kept = [kept for kept in toml.read_text().splitlines() if not kept.startswith(name)]
    toml.write_text("\n".join([line, *kept]))
    status, out, err = typed("status", "r")
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert "is auto, and a results directory holds what was decided" in err

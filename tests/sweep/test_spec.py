"""Sweep: its defaults, what it refuses and how it says so, and TOML both ways."""

import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.errors import InputError
from sweep.specification import specfile
from sweep.specification.messages import as_flags
from sweep.specification.options import RUN_OPTIONS
from sweep.sweep import Sweep

GRID = (0.0, *np.geomspace(1e-4, 1e-1, 7).tolist())


def test_the_default_is_the_articles_experiment():
    sweep = Sweep()
    assert sweep.data == "article" and sweep.hidden == (3, 5)
    assert sweep.l1 == sweep.l2 == GRID and sweep.seeds == range(42, 62)
    assert sweep.l1_on == ("w2", "b2", "w3", "b3") and sweep.l2_on == ("w1", "b1", "w3", "b3")
    assert (sweep.epochs, sweep.batch_size, sweep.val_fraction) == (1000, 1, 0)
    assert (sweep.lr, sweep.momentum, sweep.init) == ((0.01,), (0.9,), "uniform")
    assert (sweep.l1_method, sweep.zero_tol, sweep.precision) == ("subgradient", "auto", "float64")
    assert sweep.patience is sweep.path is sweep.halving is sweep.target is None


def test_defaults_follow_the_data_the_method_and_the_depth():
    digits = Sweep(data="digits")
    assert (digits.hidden, digits.epochs, digits.batch_size) == ((32, 16), 100, 32)
    assert (digits.val_fraction, digits.init) == (0.2, "he")
    assert digits.l1_on == digits.l2_on == ("w1", "w2", "w3")
    assert Sweep(l1_method="proximal").zero_tol == 0
    assert Sweep(hidden="4").l1_on == ("w1", "w2")  # the document's names need its three layers
    assert Sweep(data="iris", hidden="none").hidden == ()


def test_an_option_may_be_text_or_python():
    as_text = Sweep(
        data="iris",
        hidden="8",
        l1="0,1e-3",
        seeds="0:3",
        l1_on="w2,w1",
        vary=["l1_w1=0,1"],
        batch_size="full",
        epochs="7",
        patience="off",
    )
    as_python = Sweep(
        data="iris",
        hidden=[8],
        l1=np.array([1e-3, 0]),
        seeds=range(3),
        l1_on=("w1", "w2"),
        vary={"l1_w1": [1, 0]},
        batch_size=0,
        epochs=np.int64(7),
        patience=None,
    )
    assert as_text == as_python and hash(as_text) == hash(as_python)
    assert as_text != as_text.replace(epochs=8)
    assert as_text.vary == {"l1_w1": (0.0, 1.0)}
    assert Sweep(hidden=np.array([3, 5]), vary="l2_b1=0").vary == {"l2_b1": (0.0,)}


REFUSED = [
    ({"epoch": 3}, r"unknown option 'epoch'; did you mean 'epochs'\?"),
    ({"zzz": 3}, "unknown option 'zzz'; there are data, target,"),
    ({"jobs": 2}, r"'jobs' says how to run: give it to run\(\)"),
    ({"epochs": -1}, "`epochs` should be greater than or equal to 0; it is -1"),
    ({"epochs": "many"}, "`epochs` should be a valid integer.*'many'"),
    ({"epochs": True}, "`epochs` takes no true"),
    ({"epochs": 10**30}, "`epochs` should be less"),
    ({"batch_size": "ful"}, "`batch_size` should be .*'full'; it is 'ful'"),
    ({"batch_size": -1}, "`batch_size` should be"),
    ({"lr": 0}, "`lr`: expected numbers above 0, not 0"),
    ({"momentum": "0.5,1"}, "`momentum`: expected numbers from 0 to below 1, not 1"),
    ({"l2": [0, -1e-3]}, "`l2`: expected numbers from 0 up, not -0.001"),
    ({"hidden": "3,0"}, "`hidden` should be widths such as 32,16, or none"),
    ({"hidden": 2.5}, "`hidden` should be widths"),
    ({"l1_on": "w9"}, r"`l1_on`: 'w9' is not .* w1, b1, w2, b2, w3, b3 .*mean w3\?"),
    ({"vary": "l1_w4=0"}, r"`vary`: 'w4' is not .*mean w3\?"),
    ({"vary": "lr=0"}, "`vary`: expected a name such as l1_w1"),
    ({"vary": "l1_w1"}, "`vary` should be NAME=VALUES"),
    ({"vary": 3}, "`vary` should be NAME=VALUES"),
    ({"vary": ["l1_w1=0", "l1_w1=1"]}, "`vary` names l1_w1 twice"),
    ({"vary": {"l1_w1": -1}}, "`vary` l1_w1: expected numbers from 0 up"),
    ({"seeds": [0.5]}, "`seeds`: expected integers"),
    ({"seeds": []}, "`seeds`: expected at least one"),
    ({"val_fraction": 1, "data": "iris"}, "`val_fraction` should be less than 1; it is 1"),
    ({"val_fraction": "nan", "data": "iris"}, "`val_fraction` should be a finite number"),
    ({"folds": 1, "data": "iris"}, "`folds` should be 0 .* or at least 2; it is 1"),
    ({"folds": 3}, "`folds` needs data to hold out, and article"),
    ({"val_fraction": 0.2}, "`val_fraction` needs data to hold out, and article"),
    ({"patience": 3}, "`patience` needs data to hold out, and article"),
    ({"patience": 3, "data": "iris", "val_fraction": 0}, "`patience` watches the validation loss"),
    ({"patience": 0, "data": "iris"}, "`patience` should be greater than or equal to 1"),
    ({"target": "y"}, "`target` names a column .* article is neither"),
    ({"target": "y", "data": ([[1]], [0])}, r"`target` names a column .* \(X, y\) is neither"),
    ({"halving": 1}, "`halving` should be greater than or equal to 2, or 'off'; it is 1"),
    ({"path": "l3"}, "`path` should be 'l1', 'l2' or 'l21', or 'off'; it is 'l3'"),
    ({"path": "l1", "l1": "0"}, "`path` along `l1` needs at least two values"),
    ({"path": "l1", "l1": "auto:log1"}, "`path` along `l1` needs at least two values"),
    ({"l2": "auto:log9"}, "`l2`: no L2 penalty empties a network"),
    ({"path": "l1", "halving": 3}, "`path` and `halving` exclude each other"),
    (
        {"patience": 2, "halving": 3, "data": "iris"},
        "`patience` and `halving` exclude each other: leave one out",
    ),
    ({"history": -1}, "`history` should be"),
    ({"zero_tol": -1e-3}, "`zero_tol` should be"),
    ({"l1_method": "lasso"}, "`l1_method` should be 'subgradient' or 'proximal'; it is 'lasso'"),
    ({"init": "xavier"}, "`init` should be"),
    ({"precision": "float16"}, "`precision` should be"),
    ({"data": 5}, "`data` should be a name, a path"),
    ({"data": ""}, "`data` should be a name, a path"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_is_wrong_is_said_in_one_line_that_names_the_option(options, message):
    with pytest.raises(InputError, match=f"^{message}") as error:
        Sweep(**options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({"l1": "0,x"}, ["`l1`: expected a number", "  0,x", "    ^"]),
        ({"vary": "l1_w1=0:x"}, ["`vary` l1_w1: expected a number", "  0:x", "    ^"]),
        (
            {"l1": "auto:log0"},
            ["`l1`: expected a count from 1", "  auto:log0", " " * 10 + "^"],
        ),
    ],
)
def test_an_error_in_values_has_its_text_and_caret(options, lines):
    with pytest.raises(InputError) as error:
        Sweep(**options)
    assert str(error.value).splitlines() == lines


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(Sweep.model_fields)), junk, min_size=1, max_size=3))
def test_junk_raises_nothing_but_an_input_error(options):
    try:
        Sweep(**options)
    except InputError as error:
        assert len(str(error).splitlines()) in (1, 3)


def test_a_sweep_is_frozen_and_travels():
    sweep = Sweep(data="digits", epochs=3)
    with pytest.raises(InputError, match=r"frozen: use replace\(epochs=...\)"):
        sweep.epochs = 4
    copy = pickle.loads(pickle.dumps(sweep))
    assert copy == sweep and copy.replace(epochs=4).epochs == 4
    assert sweep != "digits"


def test_replace_keeps_what_was_given_and_renews_the_defaults():
    sweep = Sweep(l1_on="weights", epochs=7, seeds=3)
    changed = sweep.replace(data="digits", hidden="8,8,8", l1_method="proximal", seeds=None)
    assert changed == Sweep(
        data="digits", hidden="8,8,8", l1_method="proximal", l1_on="weights", epochs=7
    )
    assert changed.l1_on == ("w1", "w2", "w3", "w4") and changed.zero_tol == 0


def test_the_specification_is_plain_and_makes_the_sweep_again():
    sweep = Sweep(data="iris", vary={"l2_b1": "0:1:lin3", "l1_w1": 0}, l1="auto:log030", folds=5)
    plain = json.loads(json.dumps(sweep.specification()))
    assert plain == sweep.specification()
    assert plain["l1"] == "auto:log30" and plain["epochs"] == 100
    assert plain["vary"] == [["l2_b1", [0, 0.5, 1]], ["l1_w1", [0]]]
    assert plain.pop("data_sha256") is None
    assert Sweep(**plain) == sweep


def test_the_digest_tells_specifications_apart():
    sweep = Sweep(vary={"l1_w1": 0, "l2_w1": 0})
    assert sweep.digest() == Sweep(vary={"l1_w1": "0", "l2_w1": [0]}).digest()
    # The order of the varied names is the order of the axes, so of the run numbers.
    assert sweep.digest() != Sweep(vary={"l2_w1": 0, "l1_w1": 0}).digest()
    assert sweep != Sweep(vary={"l2_w1": 0, "l1_w1": 0})
    assert Sweep(l1=0.1).digest() != Sweep(l1=np.nextafter(0.1, 1)).digest()


def test_a_file_is_known_by_path_and_content(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("a,class\n1,x\n")
    sweep = Sweep(data=file, target="class")
    before = sweep.specification()
    assert before["data"] == "mine.csv"
    (tmp_path / "else").mkdir()
    elsewhere = shutil.copy(file, tmp_path / "else" / "mine.csv")
    assert sweep.replace(data=elsewhere) == sweep
    assert sweep.replace(data=shutil.copy(file, tmp_path / "other.csv")) != sweep
    assert Sweep.from_toml(sweep.to_toml()) == sweep
    file.write_text("a,class\n2,x\n")
    assert sweep.specification()["data_sha256"] != before["data_sha256"]
    with pytest.raises(InputError, match=r"'irsi' is no file .*did you mean 'iris'\?$"):
        Sweep(data="irsi").digest()


def test_data_in_memory_are_known_by_content():
    X, y = np.arange(12.0).reshape(4, 3), ["a", "b", "a", "b"]
    sweep = Sweep(data=(X, y))
    assert sweep == Sweep(data=(np.asfortranarray(X), np.array(y)))
    for other in ((X + 1, y), (X.reshape(3, 4), y), (X.astype("f4"), y), (X, ["a", "b", "b", "b"])):
        assert Sweep(data=other) != sweep
    assert Sweep(data=(0 * X, y)) != Sweep(data=(np.zeros((4, 3), np.int64), y))

    frame = pd.DataFrame({"a": [1.0, 2.0], "class": ["x", "y"]})
    assert Sweep(data=frame, target="class") == Sweep(data=frame.copy(), target="class")
    for other in (frame.rename(columns={"a": "b"}), frame.replace("y", "z"), frame[["class", "a"]]):
        assert Sweep(data=other, target="class") != Sweep(data=frame, target="class")

    sha256 = sweep.specification()["data"]["sha256"]
    assert f'data = "<in memory, sha256 {sha256}>"' in sweep.to_toml()
    with pytest.raises(InputError, match=r"`data` was in memory.*give `data` again$"):
        Sweep.from_toml(sweep.to_toml())


penalty = st.lists(st.floats(0, 1e3), min_size=1, max_size=4)
sweeps = st.builds(
    lambda stops, **options: Sweep(**options, **dict([stops] if stops else [])),
    data=st.sampled_from(["iris", "digits"]),
    hidden=st.lists(st.integers(1, 99), max_size=3),
    l1=penalty | st.just("auto:log30"),
    l2=penalty,
    l1_on=st.sampled_from(["weights", "biases", "all", "none", "w1"]),
    vary=st.dictionaries(st.sampled_from(["l1_w1", "l1_b1", "l2_w1"]), penalty),
    l1_method=st.sampled_from(["subgradient", "proximal"]),
    seeds=st.sets(st.integers(0, 2**32 - 1) | st.integers(0, 9), min_size=1, max_size=9),
    folds=st.sampled_from([0, 2, 5]),
    val_fraction=st.floats(0.01, 0.99),
    epochs=st.integers(0, 1000),
    batch_size=st.integers(1, 99) | st.just("full"),
    lr=st.floats(1e-9, 1e3),
    zero_tol=st.none() | st.floats(0, 1),
    stops=st.none() | st.tuples(st.sampled_from(["patience", "halving"]), st.integers(2, 9)),
)


@given(sweeps)
def test_toml_gives_the_sweep_back(sweep):
    back = Sweep.from_toml(sweep.to_toml())
    assert back == sweep and back.digest() == sweep.digest()
    assert list(back.vary) == list(sweep.vary)


def test_toml_says_everything_and_compactly():
    lines = Sweep(path="l1", vary="l1_w1=0").to_toml().splitlines()
    assert {'seeds = "42:62"', 'l1_on = "w2,b2,w3,b3"', 'halving = "off"', 'path = "l1"'} <= {
        *lines
    }
    assert lines[-2:] == ["[vary]", 'l1_w1 = "0.0"']
    assert 'batch_size = "full"' in Sweep(batch_size="full").to_toml()


def test_a_spec_file_may_begin_with_a_mark_and_be_called_as_it_likes(tmp_path):
    spec = tmp_path / "lr=1.toml"
    spec.write_text('\ufeffdata = "iris"\nseeds = [1, 2]\n')
    assert specfile.read(spec, Sweep.model_fields) == {"data": "iris", "seeds": [1, 2]}
    expected = Sweep(data="iris", seeds=[1, 2])
    assert Sweep.from_toml(spec) == Sweep.from_toml(str(spec)) == expected
    assert Sweep.from_toml(spec.read_text()[1:]) == expected
    assert not RUN_OPTIONS.keys() & Sweep.model_fields.keys()


@pytest.mark.parametrize("option", RUN_OPTIONS)
def test_no_file_says_how_to_run(tmp_path, option):
    """Nor does it connect to anything, or choose where to write: it may be a stranger's."""
    spec = tmp_path / "spec.toml"
    spec.write_text(f'data = "iris"\n{option} = "tcp://127.0.0.1:1"\n')
    flag = f"--{option.replace('_', '-')}"
    for toml in (spec, spec.read_text()):
        with pytest.raises(InputError, match=rf"'{option}' says how to run.* give {flag} "):
            Sweep.from_toml(toml)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("epochs = = 3", r"is not TOML: .*line 1"),
        ("epoch = 3", r"unknown key 'epoch'; did you mean 'epochs'\?$"),
        ("val-fraction = 0.1", r"unknown key 'val-fraction'; did you mean 'val_fraction'\?$"),
        ("[zzz]\nx = 1", "unknown key 'zzz'; there are data, .*, sampler$"),
        ("epochs = " + "9" * 5000, "is not TOML"),
        ("epochs = 0x" + "f" * 5000, "more than 64 bits"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a.b.c.d.e.f = 1", "names within names"),
        ("epochs = [" + "1," * 40_000 + "1]", "outside of texts in quotes"),
        ('data = "a\\u0000b"', "`data` should be a name"),
    ],
)
def test_a_wrong_toml_is_named_with_its_file(tmp_path, toml, message):
    spec = tmp_path / "spec.toml"
    spec.write_text(toml)
    with pytest.raises(InputError, match=message) as error:
        Sweep.from_toml(spec)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(spec)) or "`data`" in message


def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*none\.toml: No such file"):
        Sweep.from_toml(str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match=r"cannot read .*: Is a directory"):
        specfile.read(tmp_path, Sweep.model_fields)
    (tmp_path / "bytes.toml").write_bytes(b"data = '\xff'")
    with pytest.raises(InputError, match="is not UTF-8"):
        specfile.read(tmp_path / "bytes.toml", Sweep.model_fields)


def test_the_command_line_names_options_its_own_way():
    message = "`val_fraction` and `epochs`: expected a number\n  `lr`"
    assert as_flags(message, {"val_fraction"}) == message.replace(
        "`val_fraction`", "--val-fraction"
    )


def test_the_specification_imports_nothing_heavy():
    code = "import sys, sweep.specification.spec; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"pandas", "pyarrow", "sklearn", "scipy", "numba", "joblib", "matplotlib", "tomli_w"}
    assert "sweep.specification.spec" in loaded and not heavy & {*loaded}

"""Bad input: one line that says what, where and the mend; exit status 2; nothing left behind."""

import os

import pytest

from tests.sweep.console import call

CSV = "length,width,kind\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n"

COUNTS = "width,eggs\n1,4\n2,0\n3,1\n4,3\n5,1\n6,4\n"

SINGLE = ["--precision", "float32"]

#: What is typed after ``run``, and words that the line should hold.
WRONG = {
    "missing file": (["--data", "flowers.csv"], ["flowers.csv", "no file"]),
    "nearly a built-in set": (["--data", "irsi"], ["irsi", "'iris'"]),
    "a folder": (["--data", "."], ["'.'"]),
    "missing target": (["--data", "good.csv", "--target", "knd"], ["'knd'", "'kind'"]),
    "target without a file": (["--data", "iris", "--target", "kind"], ["--target", "iris"]),
    "text among numbers": (["--data", "text.csv"], ["'length'", "line 4", "'long'"]),
    "NaN": (["--data", "nan.csv"], ["'width'", "line 3"]),
    "empty cell": (["--data", "hole.csv"], ["'width'", "line 4"]),
    "infinite": (["--data", "inf.csv"], ["'length'", "line 2"]),
    "one class": (["--data", "one.csv"], ["'kind'", "'a'"]),
    "no rows": (["--data", "head.csv"], ["head.csv"]),
    "empty file": (["--data", "empty.csv"], ["empty.csv"]),
    "no CSV": (["--data", "binary.csv"], ["binary.csv"]),
    "no Parquet": (["--data", "text.parquet"], ["text.parquet"]),
    "too few rows for the folds": (["--data", "good.csv", "--folds", "3"], ["--folds", "2 rows"]),
    "a loss of numbers for classes": (
        ["--data", "good.csv", "--task", "classes", "--loss", "squared"],
        ["--loss squared is for numbers", "--task is classes", "leave one out"],
    ),
    "a loss of classes for numbers": (
        ["--data", "counts.csv", "--task", "numbers", "--loss", "cross_entropy"],
        ["--loss cross_entropy is for one target of classes", "--task is numbers"],
    ),
    "a loss of numbers for a set of classes": (
        ["--data", "iris", "--loss", "huber"],
        ["--loss huber is not for iris", "leave it out"],
    ),
    "a loss of numbers for texts": (
        ["--data", "good.csv", "--loss", "squared"],
        ["'good.csv'", "'kind'", "line 2", "'a' is text in a numeric target"],
    ),
    "a loss of answers for levels": (
        ["--data", "counts.csv", "--loss", "logistic"],
        ["'counts.csv'", "'eggs'", "4 levels", "--target"],
    ),
    "negative counts": (
        ["--data", "negative.csv", "--loss", "poisson"],
        ["'negative.csv'", "'eggs'", "line 4: -2 is below 0", "--loss poisson", "correct it"],
    ),
    "a constant target": (
        ["--data", "constant.csv", "--task", "numbers"],
        ["'constant.csv'", "'eggs'", "every row is 3", "--target"],
    ),
    "text in a numeric target": (
        ["--data", "few.csv", "--task", "numbers"],
        ["'few.csv'", "'eggs'", "line 5: 'few' is text in a numeric target"],
    ),
    "a leak of no leaky_relu": (
        ["--data", "iris", "--leak", "0.1"],
        ["--leak is for", "leaky_relu, and it is relu: leave it out"],
    ),
    "all units dropped": (["--data", "iris", "--dropout", "1"], ["--dropout", "below 1, not 1.0"]),
    "all units dropped in some runs": (
        ["--data", "iris", "--dropout", "0,1"],
        ["--dropout", "below 1, not 1.0"],
    ),
    "a beta that single precision rounds to 1": (
        ["--data", "iris", "--optimizer", "adam", "--beta2", "0.99999999", *SINGLE],
        ["--beta2 0.99999999 is 1 in float32", "at most 0.99999994", "float64"],
    ),
    "a first beta that single precision rounds to 1": (
        ["--data", "iris", "--optimizer", "adamw", "--momentum", "0,0.99999999", *SINGLE],
        ["--momentum 0.99999999 is 1 in float32"],
    ),
    "an epsilon that single precision rounds to 0": (
        ["--data", "iris", "--optimizer", "rmsprop", "--epsilon", "1e-3,1e-46", *SINGLE],
        ["--epsilon 1e-46 is 0 in float32", "at least 1.1754944e-38", "float64"],
    ),
    "a rate that single precision cannot hold": (
        ["--data", "iris", "--lr", "0.1,1e300", *SINGLE],
        ["--lr 1e+300 is infinite in float32", "at most 3.4028235e+38", "float64"],
    ),
    "a varied penalty that single precision cannot hold": (
        ["--data", "iris", "--vary", "l1_w1=0,1e39", *SINGLE],
        ["--vary l1_w1 1e+39 is infinite in float32"],
    ),
    "an epsilon that kernels take for 0": (
        ["--data", "iris", "--optimizer", "adam", "--epsilon", "1e-310"],
        ["--epsilon 1e-310 is 0 in float64", "at least 2.2250738585072014e-308"],
    ),
    "unknown option": (["--epoch", "3"], ["--epoch", "--epochs"]),
    "unknown command": (["frob"], ["frob"]),
    "option without its value": (["--l1"], ["--l1"]),
    "one fold": (["--data", "iris", "--folds", "1"], ["--folds"]),
    "folds for the article": (["--folds", "3"], ["--folds", "article"]),
    "patience for the article": (["--patience", "3"], ["--patience", "article"]),
    "patience with nothing to watch": (
        ["--data", "iris", "--val-fraction", "0", "--patience", "3"],
        ["--patience", "--val-fraction"],
    ),
    "everything held out": (["--data", "iris", "--val-fraction", "1"], ["--val-fraction", "1"]),
    "part of an epoch": (["--epochs", "2.5"], ["--epochs", "2.5"]),
    "fewer than no epochs": (["--epochs", "-1"], ["--epochs", "-1"]),
    "no hidden unit": (["--hidden", "3,0"], ["--hidden", "3,0"]),
    "hidden words": (["--hidden", "many"], ["--hidden", "many"]),
    "placement": (["--l1-on", "w9"], ["--l1-on", "'w9'", "w3"]),
    "placement in a shallower network": (
        ["--data", "iris", "--hidden", "none", "--l2-on", "w2"],
        ["--l2-on", "'w2'", "w1"],
    ),
    "varied name": (["--vary", "l3_w1=0"], ["--vary", "'l3_w1'"]),
    "varied layer": (["--vary", "l1_w4=0"], ["--vary", "'w4'", "w3"]),
    "varied twice": (["--vary", "l1_w1=0:2", "--vary", "l1_b1"], ["--vary", "NAME=VALUES"]),
    "method": (["--l1-method", "magic"], ["--l1-method", "proximal"]),
    "precision": (["--precision", "float16"], ["--precision", "float32"]),
    "weights": (["--init", "zeros"], ["--init", "uniform"]),
    "negative tolerance": (["--zero-tol", "-1"], ["--zero-tol"]),
    "path": (["--path", "lr"], ["--path", "'l1'"]),
    "path of one value": (["--path", "l1", "--l1", "0"], ["--path", "--l1"]),
    "orders of no path": (["--path-order", "down"], ["--path-order", "`path`"]),
    "order": (["--path", "l1", "--path-order", "left"], ["--path-order", "'left'", "down"]),
    "halving": (["--halving", "1"], ["--halving", "2"]),
    "batch": (["--batch-size", "half"], ["--batch-size", "'full'"]),
    "a grid of too many runs": (
        ["--l1", "0:1:lin1000000", "--l2", "0:1:lin1000000", "--seeds", "0:1000000"],
        ["1.0e+18 runs"],
    ),
    "a network of too many weights": (["--hidden", "99999999,99999999"], ["memory"]),
    "backend": (["--backend", "treads"], ["--backend", "'treads'", "threading"]),
    "a backend that waits for the dead": (
        ["--backend", "multiprocessing"],
        ["--backend multiprocessing", "take loky"],
    ),
    "jobs": (["--jobs", "0"], ["--jobs", "0"]),
    "jobs in words": (["--jobs", "all"], ["--jobs", "'all'"]),
    "scheduler without dask": (
        ["--scheduler", "tcp://127.0.0.1:1"],
        ["--scheduler", "dask", "'threading'"],
    ),
    "missing specification": (["spec.toml"], ["spec.toml"]),
    "misspelt key": (["key.toml"], ["key.toml", "'epocs'", "'epochs'"]),
    "no TOML": (["bad.toml"], ["bad.toml", "line 1"]),
    "how to run in TOML": (["jobs.toml"], ["jobs.toml", "'jobs'", "--jobs"]),
    "data of memory": (["memory.toml"], ["data"]),
    "output in a file": (["--out", "good.csv"], ["good.csv"]),
    "output below a file": (["--out", "good.csv/r"], ["good.csv"]),
}

#: VALUES: the option, the text, and the place of the caret.
VALUES = {
    "--l1": [
        ("1e-4:1e-1:log0", 13),
        ("0:1:log5", 0),
        ("0,,1", 2),
        ("1e-4;1", 4),
        ("", 0),
        ("0:1:cos5", 4),
        ("__import__('os')", 0),
        ("nan", 0),
    ],
    "--seeds": [("5:5", 2), ("1.5", 0), ("-1", 0), ("0:1:lin3", 0)],
    "--lr": [("0.1:0.2", 0)],
}

FILES = {
    "good.csv": CSV,
    "text.csv": CSV.replace("5,6", "long,6"),
    "nan.csv": CSV.replace("3,4", "3,nan").replace("5,6", "5,nan"),
    "hole.csv": CSV.replace("5,6", "5,"),
    "inf.csv": CSV.replace("1,2", "inf,2"),
    "one.csv": CSV.replace("b", "a"),
    "counts.csv": COUNTS,
    "negative.csv": COUNTS.replace("3,1", "3,-2"),
    "constant.csv": "width,eggs\n1,3\n2,3\n4,3\n",
    "few.csv": COUNTS.replace("4,3", "4,few"),
    "head.csv": CSV.splitlines()[0] + "\n",
    "empty.csv": "",
    "binary.csv": b"\x00\xff\xfe\x01" * 50,
    "text.parquet": "PAR1" + CSV,
    "key.toml": "epocs = 3\n",
    "bad.toml": "epochs == 3\n",
    "jobs.toml": 'jobs = "two"\n',
    "memory.toml": 'data = "<in memory, sha256 00>"\n',
}


@pytest.fixture
def folder(tmp_path):
    """Lay out the files, and return what is there."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return lambda: sorted(os.walk(tmp_path))


@pytest.mark.parametrize("case", WRONG)
def test_one_line_says_what_is_wrong(case, typed, folder):
    words, expected = WRONG[case]
    before = folder()
    one_seed = () if "--seeds" in words else ("--seeds", 1)
    status, out, err = typed("run", *one_seed, "--epochs", 1, *words)
    assert (status, out) == (2, "")
    assert err.startswith("sweep: ") and err.endswith("\n") and err.count("\n") == 1
    assert all(word in err for word in expected), err
    assert "Traceback" not in err and "pydantic" not in err
    assert folder() == before


@pytest.mark.parametrize(
    ("option", "text", "place"), [(o, *case) for o, cases in VALUES.items() for case in cases]
)
def test_a_caret_stands_under_the_place(option, text, place, typed, folder):
    before = folder()
    status, out, err = typed("run", f"{option}={text}")
    first, shown, caret = err.splitlines()
    assert (status, out) == (2, "") and folder() == before
    assert first.startswith(f"sweep: {option}: expected ")
    assert shown == f"  {text}" and caret == f"  {' ' * place}^"


@pytest.mark.parametrize("command", ["status", "summary", "plot", "report", "best"])
def test_a_folder_that_is_no_results_directory(command, typed, folder):
    before = folder()
    for directory in (".", "nowhere", "good.csv"):
        status, out, err = typed(command, directory)
        assert (status, out, err.count("\n")) == (2, "", 1) and directory in err
    assert folder() == before


def test_what_plan_refuses_is_what_run_refuses(typed, folder):
    for words in (["--l1-on", "w9"], ["--data", "nan.csv"], ["--epoch", "3"], ["key.toml"]):
        assert typed("plan", *words) == typed("run", *words)


@pytest.mark.parametrize("lanes", ["3", "0", "", "eight"])
def test_lanes_that_no_vector_has(lanes, typed, folder, monkeypatch):
    before = folder()
    monkeypatch.setenv("SWEEP_LANES", lanes)
    status, out, err = typed("run", "--seeds", 1)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "SWEEP_LANES" in err and "16" in err and folder() == before


def test_as_a_process_of_its_own(folder, tmp_path):
    before = folder()
    for words, word in ((["--data", "nan.csv"], "'width'"), (["--jobs", "0"], "--jobs")):
        status, out, err = call("run", "--epochs", "1", *words, cwd=tmp_path)
        assert (status, out, err.count("\n")) == (2, "", 1) and word in err
    assert folder() == before


def test_from_python_it_is_a_value_error(small, tmp_path):
    with pytest.raises(ValueError, match="--jobs"):
        small().run(jobs=0, out=tmp_path / "r")
    with pytest.raises(ValueError, match="'treads'"):
        small().run(backend="treads", out=tmp_path / "r")
    assert not (tmp_path / "r").exists()

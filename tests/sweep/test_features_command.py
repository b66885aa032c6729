"""sweep features: the tables that it writes, and what it says of them."""

import json

import numpy as np
import pandas as pd
import pytest

import results
from results.cells.features.bounds import bounds
from results.labels import number
from sweep import Sweep
from sweep.commands.command_line import command_line
from tests.results.test_report import Page

SPEC = Sweep(data="wine", hidden="4", l1="0,0.05,0.1", l2=0, epochs=9, seeds="0:6", subsample=0.5)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    SPEC.run(out=folder / "wine")
    return folder


@pytest.fixture
def call(sweep, capsys, monkeypatch):
    monkeypatch.chdir(sweep)

    def typed(*words):
        status = command_line(list(words))
        return status, *capsys.readouterr()

    return typed


def test_shares_and_means_are_those_of_the_runs(sweep, call):
    status, out, err = call("features", "wine", "--at", "l1=0.1")
    assert status == 0, err
    written = pd.read_csv(sweep / "wine" / "features.csv")
    path = pd.read_parquet(sweep / "wine" / "stability.parquet")
    assert sorted(path["l1"].unique()) == [0, 0.05, 0.1] and len(path) == 3 * 13
    pd.testing.assert_frame_equal(
        written, path.query("l1 == 0.1").reset_index(drop=True), check_dtype=False
    )
    every = results.load_features(sweep / "wine")
    runs = results.load(sweep / "wine")
    names = ["kept", "weight", "importance"]
    means = every.astype({"feature": str}).groupby(["l1", "feature"])[names].mean()
    found = path.set_index(["l1", "feature"]).loc[means.index, names]
    np.testing.assert_allclose(found, means, rtol=1e-12, atol=1e-15)
    # Halves hold out as many rows as train: the variance of the mean of J is (1/J + 1) s^2.
    one = every[(every["l1"] == 0.1) & (every["feature"] == "proline")]["importance"]
    ratio = runs["val_rows"][0] / runs["train_rows"][0]
    half = 2.5706 * one.std() * (1 / 6 + ratio) ** 0.5  # Student's t, 5 degrees of freedom
    row = written.set_index("feature").loc["proline"]
    assert row["high_importance"] - row["importance"] == pytest.approx(half, rel=1e-4)
    assert (written["selected"] == (written["kept"] >= 0.75)).all()
    assert "proline" in out and max(map(len, out.splitlines())) <= 60


def test_the_bounds_are_those_of_the_columns_that_runs_keep(call):
    words = ["features", "wine", "--at", "l1=0.1", "--threshold", "0.9", "--json"]
    found = json.loads(call(*words)[1])
    kept = sum(one["kept"] for one in found["features"])
    assert found["kept_on_average"] == pytest.approx(kept) and found["pairs"] == 3
    assert found["bounds"]["worst"] == pytest.approx(bounds(kept, 13, 0.9, 3).worst)
    importances = [one["importance"] for one in found["features"]]
    assert importances == sorted(importances, reverse=True)


def test_what_is_missing_is_said_in_a_line(sweep, call):
    SPEC.replace(features="no", seeds="0:2", l1=0).run(out=sweep / "none")
    status, _, err = call("features", "none")
    assert status == 2 and err.count("\n") == 1 and "--features keep" in err
    assert call("report", "none")[0] == 0
    assert "is not known: none keeps no features" in (sweep / "none" / "report.html").read_text()
    status, _, err = call("features", "wine", "--threshold", "0.4")
    assert status == 2 and "--threshold" in err
    status, _, err = call("features", "wine", "--at", "l1=0.7")
    assert status == 2 and "l1 is never 0.7" in err


def test_the_report_says_what_the_command_says(call, sweep):
    assert call("report", "wine")[0] == 0
    page = Page((sweep / "wine" / "report.html").read_text())
    texts = [text.strip() for text in page.texts if text.strip()]
    found = json.loads(call("features", "wine", "--json")[1])["features"]
    places = [texts.index(one["feature"]) for one in found]
    assert places == sorted(places)
    for at, one in zip(places, found, strict=True):
        half = (one["high_importance"] - one["low_importance"]) / 2
        importance = f"{number(one['importance'], 3)} ± {number(half, 2)}"
        assert texts[at + 1 : at + 3] == [importance, f"{one['kept']:.2f}"]
    said = " ".join(call("features", "wine")[1].split())
    assert said[said.index("Kept: ") :] in " ".join(texts)


def test_pictures_show_the_path_and_the_importance(sweep, call):
    words = ["plot", "wine", "--picture", "stability", "--picture", "features", "--out", "p"]
    assert call(*words)[0] == 0
    assert {path.name for path in (sweep / "p").iterdir()} == {"stability.png", "features.png"}

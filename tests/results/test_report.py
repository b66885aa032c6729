"""The report: what is in it; `test_page` opens it in a browser."""

import base64
import gzip
import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import results
from results.cells.summary import summary
from results.labels import number
from results.page import pagedata, report
from results.page.packed import packed
from results.page.still import still
from tests.results.grids import ORDERS, log, table
from tests.results.rows import Fake

#: What rounding to 22 bits behind the first leaves uncertain.
SHORT = 2**-23 + 2**-24

TOML = 'data = "digits"\nhidden = "32,16"\nl1 = "0,1e-4"\n'


class Page(HTMLParser):
    """The texts of a page by their element, its attributes, and the arrays it holds."""

    def __init__(self, text):
        super().__init__()
        self.attributes, self.texts, self.arrays, self.data = [], [], {}, {}
        self.kinds = {}
        self._into, self._packed = None, ""
        self.feed(text)
        self._unpack()

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]
        self._into = dict(attrs) if tag == "script" else None

    def handle_endtag(self, tag):
        self._into = None

    def handle_data(self, text):
        if self._into is None:
            self.texts.append(text)
        elif self._into.get("id") == "arrays":
            self._packed = text
        elif self._into.get("id") == "data":
            self.data = json.loads(text)

    def _unpack(self):
        """Read the arrays number by number: their bytes stand apart."""
        whole, begin = gzip.decompress(base64.b64decode(self._packed) or gzip.compress(b"")), 0
        for name, kind, count in self.data.get("arrays", ()):
            own = whole[begin : begin + int(kind[1]) * count]
            begin += len(own)
            self.kinds[name] = kind
            numbers = b"".join(own[number::count] for number in range(count))
            self.arrays[name] = np.frombuffer(numbers, f"<{kind}")
            if name.startswith("up "):
                down = self.arrays[name.replace("up", "down", 1)]
                self.arrays[name] = np.where(np.isnan(self.arrays[name]), down, self.arrays[name])
        assert begin == len(whole)


def made(folder, runs, toml=TOML):
    folder.mkdir(exist_ok=True)
    (folder / "sweep.toml").write_text(toml)
    return report.write(folder, runs)


def read(path):
    return Page(path.read_text())


def test_the_arrays_are_those_of_the_table(tmp_path):
    runs = table(log(5), log(4), seeds=3, lr=(0.01, 0.1), diverged=[3, 50])
    page = read(made(tmp_path / "d", runs))
    cells = summary(runs, ["val_loss", "sparsity_w2", "dead_units"])
    shape = [len(axis["values"]) for axis in page.data["axes"]]
    assert [axis["name"] for axis in page.data["axes"]] == ["l1", "l2", "lr", "momentum"]
    assert shape == [5, 4, 2, 1] and page.data["shown"] == page.data["cells"] == 40
    for metric in ("val_loss", "sparsity_w2", "val_loss_from_none"):
        mean, high = cells[f"mean_{metric}"], cells[f"high_{metric}"]
        np.testing.assert_allclose(page.arrays[f"mean {metric}"], mean, rtol=SHORT)
        low = cells[f"low_{metric}"]
        np.testing.assert_allclose(page.arrays[f"up {metric}"], high - mean, rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(page.arrays[f"down {metric}"], mean - low, rtol=1e-4, atol=1e-7)
    assert page.arrays["diverged"].sum() == 2 and page.arrays["runs"].sum() == len(runs)
    seeds = runs.assign(val_loss=runs.val_loss).sort_values(["seed", "l1", "l2", "lr"])
    np.testing.assert_allclose(page.arrays["seed val_loss"], seeds.val_loss, rtol=1e-7)
    places = cells.index[(cells.l1 == 0) & (cells.l2 == 0)]
    assert set(page.arrays["none"]) == set(places)
    assert page.data["best"] == results.best(runs).index[0]
    assert page.data["sparsest"] == results.best(runs, "one-se").index[0]


def test_the_orders_of_a_path_are_an_axis_of_words(tmp_path):
    runs = table(log(5), log(4), seeds=3, path=ORDERS)
    page = read(made(tmp_path / "d", runs))
    axis = page.data["axes"][-1]
    assert (axis["name"], axis["label"]) == ("path", "order of the path")
    assert (axis["values"], axis["at"]) == ([*ORDERS], [0, 1, 2])
    cells = summary(runs)
    np.testing.assert_allclose(page.arrays["mean val_loss"], cells.mean_val_loss, rtol=1e-7)
    question = next(text for text in page.texts if text.startswith("What does"))
    assert "and order of the path (cold, down, up) do to" in question


def test_a_sweep_that_is_not_complete_has_holes(tmp_path):
    runs = table(log(3), log(3), seeds=2)
    runs = runs[(runs.l1 > 0) | (runs.l2 > 0)]
    page = read(made(tmp_path / "d", runs))
    assert np.isnan(page.arrays["mean val_loss"][0]) and page.data["cells"] == 8
    assert (page.arrays["none"] == -1).all()
    assert any("not complete: so far 16 runs" in text for text in page.texts)
    assert any("is not known: no history is there" in text for text in page.texts)


def test_a_page_about_many_runs_is_small_and_still_shows_the_best(tmp_path, monkeypatch):
    monkeypatch.setattr(pagedata, "CELLS", 400)
    monkeypatch.setattr(pagedata, "BY_SEED", 20_000)
    runs = table(log(60), log(50), seeds=4, noise=0.03)
    path = made(tmp_path / "d", runs)
    page = read(path)
    assert page.data["cells"] == 3000 and page.data["shown"] <= 400
    for rule, key in (("min", "best"), ("one-se", "sparsest")):
        chosen = results.best(runs, rule).iloc[0]
        at = np.unravel_index(page.data[key], [len(axis["values"]) for axis in page.data["axes"]])
        place = [axis["values"][i] for axis, i in zip(page.data["axes"], at, strict=True)]
        assert place[:2] == [chosen.l1, chosen.l2]
    assert page.data["axes"][0]["values"][0] == 0 and page.data["axes"][0]["values"][-1] == 0.1
    size = path.stat().st_size - len(report_script())
    assert size < 400 * 12 * 4 * 8 + 20_000 * 8 + 100_000
    taken = page.data["shown"] * len(page.data["metrics"])
    assert len(page.data["seeds"]) == min(4, 20_000 // taken)


def report_script():
    return base64.b64encode((report.BROWSER / report.PLOTLY).read_bytes())


def test_a_page_about_64_cells_is_no_larger_than_a_photograph(tmp_path):
    path = made(tmp_path / "d", table(log(8), log(8), seeds=5, noise=0.02, rows=(80, 20)))
    assert read(path).data["cells"] == 64 and path.stat().st_size < 790_000


def test_a_page_about_10_000_cells_can_be_sent(tmp_path):
    path = made(tmp_path / "d", table(log(100), log(100), seeds=3, noise=0.02, rows=(80, 20)))
    assert read(path).data["shown"] == 10_000 and path.stat().st_size < 2_500_000


@given(
    values=arrays(np.float64, st.integers(0, 40), elements=st.floats(allow_subnormal=False)),
    whole=arrays(np.float64, st.integers(0, 40), elements=st.integers(-(2**24), 2**24)),
)
@example(values=np.array([1 + 2**-18, np.inf, -np.inf, np.nan, -0.0, 3e38]), whole=np.empty(0))
@example(values=np.array([2 - 2**-19]), whole=np.array([2.0**24 - 1, np.nan]))
def test_packed_arrays_are_near_enough_and_whole_numbers_are_exact(values, whole):
    found = packed({"some": values, "exact": values, "whole": whole}, {"exact": "single"})
    page = Page(
        f"<script id=data>{json.dumps({'arrays': found.told})}</script>"
        f"<script id=arrays>{found.text}</script>"
    )
    reached = page.kinds["exact"] == "f4"
    np.testing.assert_allclose(page.arrays["some"], values, rtol=SHORT if reached else 0)
    exactly = values.astype(np.float32) if reached else values
    np.testing.assert_array_equal(page.arrays["exact"], exactly)
    np.testing.assert_array_equal(page.arrays["whole"], whole)


def test_the_page_writes_the_differences_of_each_seed_as_the_table_has_them(tmp_path):
    runs = table(log(9), log(9), seeds=3, noise=1e-3)
    runs["val_accuracy"] = 0.9 + 1e-4 * runs.val_loss  # differences far smaller than the values
    page = read(made(tmp_path / "d", runs))
    runs = runs.sort_values(["seed", "l1", "l2"], kind="stable")
    none = page.arrays["none"].astype(int)
    for metric, most in (("val_accuracy", 1), ("val_loss", 0)):  # one may be at the middle of two
        found = page.arrays[f"seed {metric}"].reshape(3, -1)
        true = runs[metric].to_numpy().reshape(3, -1)
        for shown, wanted in ((found, true), (found - found[:, none], true - true[:, none])):
            texts = zip(map(number, shown.ravel()), map(number, wanted.ravel()), strict=True)
            assert sum(one != other for one, other in texts) <= most


def test_a_strangers_texts_are_escaped(tmp_path):
    evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    runs = table(data=evil, vary={evil: (0.0, 0.1)})
    page = read(made(tmp_path / "d", runs, f"data = '{evil}'\nhidden = '{evil}'\n"))
    tags = {tag for tag, *_ in page.attributes}
    assert "img" not in tags and not any(name == "onerror" for _, name, _ in page.attributes)
    assert page.data["axes"][-1]["name"] == evil  # no penalty that we know, so behind these
    assert sum(evil in text for text in page.texts) >= 2  # as text: the title, the specification


def test_nothing_points_to_another_host(tmp_path):
    text = made(tmp_path / "d", table()).read_text()
    page = Page(text)
    links = [value for _, name, value in page.attributes if name in ("src", "href", "action")]
    assert links == ["data:,", "sweep.toml"]
    policy = dict(pair[1:] for pair in page.attributes if pair[0] == "meta")["content"]
    assert policy.startswith("default-src 'none'")
    assert text.count(report_script().decode()) == 1


def test_links_lead_to_the_files_from_where_the_page_is(tmp_path):
    Fake().run(tmp_path / "a b", history=True)
    (tmp_path / "pages").mkdir()
    runs = results.load(tmp_path / "a b")
    page = read(report.write(tmp_path / "a b", runs, tmp_path / "pages" / "x.html"))
    links = {value for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    names = ("history.parquet", "runs.csv", "runs.parquet", "sweep.toml")
    assert links == {f"../a%20b/{name}" for name in names}


def test_the_page_says_which_machine_made_the_table(tmp_path):
    Fake(footer={"cpu": "znver4", "lanes": 8}).run(tmp_path / "d")
    runs = results.load(tmp_path / "d")
    whole = read(report.write(tmp_path / "d", runs))
    assert {"cpu", "znver4", "lanes", "8"} <= {text.strip() for text in whole.texts}
    (tmp_path / "d" / "runs.parquet").unlink()
    part = read(report.write(tmp_path / "d", runs))
    assert "znver4" in part.texts


def test_the_answers_are_sentences_with_the_figures():
    runs = table(seeds=4, diverged=[0])
    said = " ".join(report.answers(summary(runs)))
    for rule in ("min", "one-se"):
        assert results.best(runs, rule).why.item() in said
    assert "Against no penalty, paired by seed" in said and "1 of all 24 runs diverged" in said
    assert "nan" not in said


def test_numbers_have_as_many_bits_as_they_need(tmp_path):
    runs = table(log(3), log(2), seeds=2)
    runs["val_loss"] = np.where(runs.l1 == 0.1, 2e39, runs.val_loss)
    runs["train_loss"] = np.where(runs.l1 == 0.1, 3e-39, runs.train_loss)
    page = read(made(tmp_path / "d", runs))
    cells = summary(runs, ["val_loss", "train_loss", "sparsity"])
    for metric, kind in (("val_loss", "f8"), ("train_loss", "f8"), ("sparsity", "f4")):
        assert (page.kinds[f"mean {metric}"], page.kinds[f"seed {metric}"]) == (kind, "f8")
        np.testing.assert_allclose(page.arrays[f"mean {metric}"], cells[f"mean_{metric}"], SHORT)


def test_cells_of_different_rungs_are_not_subtracted_nor_ranked(tmp_path):
    runs = table(log(4), log(2), seeds=2)
    rung = np.where(runs.l1 > 1e-3, 1, 0)
    runs = runs.assign(rung=rung, epochs=np.array([5, 15])[rung])
    page = read(made(tmp_path / "d", runs))
    last = summary(runs).rung == 1
    assert page.data["epochs"] == [5, 15]
    assert (np.isfinite(page.arrays["rank"]) == last).all()
    assert (np.isfinite(page.arrays["mean val_loss_from_none"]) == ~last).all()
    assert ((page.arrays["none"] >= 0) == ~last).all()
    assert not any("Against no penalty" in text for text in page.texts)


def test_where_runs_diverged_is_said_by_their_learning_rate():
    runs = table(seeds=4, lr=(0.01, 10.0), diverged=[1, 3, 5])
    told = " ".join(report.answers(summary(runs)))
    assert "3 of all 48 runs diverged (3 of 24 at lr = 10)" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": 1}, "seed 0"),
        ({"seeds": 1, "folds": 5}, "mean over 5 folds of seed 0"),
        ({"seeds": 1, "outer": 5}, "mean over 5 outer folds of seed 0"),
        ({"outer": 5, "folds": 3}, "mean over 5 seeds, each of 5 outer x 3 inner folds"),
    ],
)
def test_it_says_over_what_means_are(options, said):
    runs = table((0.0, 0.1), (0.0,), **options)
    assert pagedata.means(runs, summary(runs)) == said


def test_folds_that_are_not_all_there_are_no_divergence():
    runs = table((0.0, 0.1), (0.0,), seeds=1, folds=2, diverged=[0]).head(3)
    (told,) = report.answers(summary(runs))
    assert told == (
        "No cell has all folds of a seed finished and finite yet, so there is nothing to show: 1 "
        "of 3 runs diverged."
    )


def test_the_question_names_what_varies():
    runs = table(log(7), (0.0,), seeds=3)
    asked = report._question(runs, summary(runs), {"hidden": "32,16"})
    assert asked == (
        "What does L1 penalty (7 values, 0 to 0.1) do to a network with hidden layers 32,16 on "
        "digits, over 3 seeds?"
    )
    assert report._question(runs, summary(runs), {}, 3).endswith("over 3 seeds?")
    assert report._question(runs, summary(runs), {}, 10).endswith("over 3 of 10 seeds?")


def test_pandas_tables_of_any_row_order_make_the_same_page(tmp_path):
    runs = table(log(4), log(3), seeds=3)
    first = made(tmp_path / "d", runs).read_bytes()
    shuffled = pd.concat([runs[runs.run % 2 == 1], runs[runs.run % 2 == 0]])
    ours, theirs = read_bytes(first), read(made(tmp_path / "d", shuffled))
    assert len(ours.arrays) > 10
    for name, array in ours.arrays.items():
        np.testing.assert_allclose(array, theirs.arrays[name], rtol=2 * SHORT)


def read_bytes(data):
    return Page(data.decode())


def test_intervals_of_learning_curves_end_at_what_is_possible(tmp_path):
    Fake().run(tmp_path / "d", history=True)
    cells = summary(results.load(tmp_path / "d"))
    curves = pagedata.history_data(tmp_path / "d", cells)
    lows = [
        mean - down
        for curve in curves
        for line in curve["lines"].values()
        for mean, down in zip(line["mean"], line["down"], strict=True)
        if down is not None
    ]
    assert len(lows) > 4 and min(lows) == 0, "two seeds have intervals that would end far below"


def test_without_a_script_captions_say_what_intervals_are_for(tmp_path):
    text = " ".join(made(tmp_path / "d", table(rows=(80, 20))).read_text().split())
    each = "for new data and other seeds; of final_loss, train_loss, train_accuracy for other seeds"
    assert (
        f"mean over 5 seeds, ± half of the 95 % interval or its ends, {each}.</span></caption>"
        in text
    )
    assert "means over the seeds that still train, with 95 % intervals for other seeds." in text
    one = " ".join(made(tmp_path / "d", table(seeds=1, folds=5)).read_text().split())
    assert "whatever is chosen above: mean over 5 folds of seed 0." in one


def test_no_mark_is_explained_that_is_not_there():
    """One seed gives no standard error, and so no cell within one; or that is on another map."""
    for seeds, ring in ((1, False), (3, True)):
        cells = summary(table(seeds=seeds))
        told = still(cells, ["val_loss"], [])["map"]["marks"]
        assert told.startswith("★ lowest val_loss") and ("○" in told) == ring
    runs = table(seeds=3, lr=(0.01, 0.011))
    runs.loc[runs["lr"] > 0.01, "sparsity"] = 0.999
    told = still(summary(runs), ["val_loss"], [])["map"]["marks"]
    assert results.best(runs, "one-se")["lr"].item() != results.best(runs)["lr"].item()
    assert "★" in told and "○" not in told


def test_a_square_without_a_colour_says_why():
    runs = table(log(3), log(3), seeds=2)
    runs = runs[(runs["l1"] < 0.1) | (runs["l2"] < 0.1)]
    runs.loc[(runs["l1"] == 0.1) & (runs["l2"] == 0), "val_loss"] = np.nan
    runs.loc[(runs["l1"] == 0) & (runs["l2"] == 0.1), "status"] = "diverged"
    rows = still(summary(runs), ["val_loss"], [])["map"]["rows"]
    notes = [[square["note"] for square in squares] for _, squares in rows]
    assert notes == [["diverged", "", "no run done"], ["", "", ""], ["", "", "no value"]]

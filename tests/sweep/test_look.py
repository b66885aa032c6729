"""The commands that look at results: what they print and write, and that their examples run."""

import csv
import html
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

import results
from results.cells.honest import OF_PATIENCE
from sweep import Sweep
from sweep.commands.command_line import app
from sweep.commands.pictures import pictures
from sweep.errors import InputError
from sweep.models.retraining import history_again, retrained
from tests.sweep.console import ROOT, environment

NAMED = r"$\foo{$ \x1b[31m"
TINY = ("--data", "iris", "--hidden", "4", "--epochs", "3", "--l1", "0,1e-3,0.1", "--l2", "0,0.01")


@pytest.fixture
def ran(typed):
    """Run a small sweep into ``r``."""

    def run(*words):
        some = ("--seeds", "0:3", "--finish", "0", "--out", "r", "--quiet")
        pairs = zip(TINY[::2], TINY[1::2], strict=True)
        tiny = [word for pair in pairs if pair[0] not in words for word in pair]
        assert typed("run", *tiny, *some, *words)[0] == 0
        return typed

    return run


def pure(text):
    """Parse what should be one JSON object on one line, with no NaN in it."""
    assert text.count("\n") == 1
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


# Examples in the help that take longer than a test should, and what makes them short.
SHORTER = {
    "run": ["--epochs", "1"],
    None: ["--epochs", "1"],
    "bench": None,  # measures for seconds whatever it is told
}


def examples():
    for name, command in [(None, app), *app.commands.items()]:
        text = re.split(r"Examples?:", command.help)[1]
        for line in text.splitlines():
            if line.strip().startswith("sweep "):
                yield pytest.param(name, line.strip(), id=line.strip())


@pytest.mark.parametrize(("name", "line"), list(examples()))
def test_the_example_in_the_help_runs(name, line, typed, tmp_path):
    words = shlex.split(line.partition(" > ")[0])[1:]
    more = SHORTER.get(name, [])
    if more is None:
        assert words == [name]
        return
    seeds = iter(range(99))
    for word in words:  # what the example takes for granted
        if re.fullmatch(r"runs/[\w-]+", word) and word != _after(words, "--out"):
            data = "article" if "article" in word else "iris"
            axes = ("--l1", "0,0.01", "--l2", "0,0.01", "--epochs", 2, "--data", data)
            typed("run", *axes, "--seeds", f"{next(seeds)},9", "--out", word)
        elif word.endswith(".npz") and name != "best":
            typed("run", *TINY, "--seeds", 1, "--out", "source")
            typed("best", "source", "--save", word)
        elif word.endswith(".csv"):
            rows = pd.DataFrame(np.eye(4), columns=Sweep(data="iris") and iris_features())
            kinds = ["setosa", "versicolor", "virginica", "setosa"]
            rows.assign(species=kinds).to_csv(tmp_path / word, index=False)
    status, out, err = typed(*words, *more)
    assert status == 0, err
    assert out or err


def _after(words, option):
    return words[words.index(option) + 1] if option in words else None


def iris_features():
    from tests.sweep.loaded import load

    return list(load("iris").features)


def test_help_starts_at_once():
    """What is slow to import is imported when it is needed."""
    code = "import sys; sys.argv = ['sweep', '--help']; import runpy\n"
    code += "try: runpy.run_module('sweep', run_name='__main__')\nexcept SystemExit: pass\n"
    code += "print(sorted({'pandas', 'matplotlib', 'scipy', 'rich', 'numba', 'pyarrow', 'jinja2',"
    code += " 'sklearn'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), cwd=ROOT
    )
    assert done.stderr.strip() == "[]" and "summary" in done.stdout


def test_at_the_end_of_a_run_stand_the_best_cells_and_the_map(typed):
    status, out, err = typed("run", *TINY, "--seeds", "0:3", "--out", "r")
    assert status == 0 and err.startswith("18 of 18 runs")
    assert out.startswith("Best of 6 cells, mean over 3 seeds")
    assert "val_loss over l1 (across) and l2" in out
    assert max(map(len, out.splitlines())) <= 60 and "\x1b" not in out
    best = results.best(results.load("r")).iloc[0]
    assert f"{best.mean_val_loss:.4g}" in out


def test_json_of_a_run_holds_the_best_cell(typed):
    status, out, _ = typed("run", *TINY, "--seeds", "0:3", "--out", "r", "--json")
    best = results.best(results.load("r")).iloc[0]
    found = pure(out)["best"]
    assert (found["l1"], found["l2"]) == (best.l1, best.l2) and found["why"] == best.why
    assert found["mean_val_loss"] == best.mean_val_loss
    status, out, _ = typed("run", *TINY, "--seeds", 1, "--lr", "1e300", "--out", "d", "--json")
    assert (status, pure(out)["best"]) == (0, None)


def test_summary_writes_what_python_gives_to_the_bit(ran):
    ran("--l1", "0,1e-5:1e-1:log4")("summary", "r")
    wanted = results.summary(results.load("r"))
    with open("r/summary.csv") as file:
        names, *rows = csv.reader(file)
    assert names == list(wanted) and len(rows) == len(wanted)
    texts = ["data", "covers"]
    numbers = [i for i, name in enumerate(names) if name not in texts]
    for row, ours in zip(rows, wanted.drop(columns=texts).to_numpy(float), strict=True):
        theirs = [float(row[i] or "nan") for i in numbers]
        np.testing.assert_array_equal(theirs, ours)
    assert {row[names.index("covers")] for row in rows} == set(wanted.covers)


def test_summary_prints_and_holds_axes_where_told(ran):
    typed = ran("--lr", "0.01,0.1")
    status, out, err = typed("summary", "r", "--metric", "sparsity_w1", "--at", "lr=0.1")
    assert (status, err) == (0, "")
    assert "sparsity_w1 over l1 (across) and l2, lr = 0.1" in out
    found = pure(typed("summary", "r", "--json", "--out", "else.csv")[1])
    assert len(found["cells"]) == 12 and found["best"]["rank_val_loss"] == 1
    with open("else.csv") as file:
        assert len(list(csv.reader(file))) == 13
    for word in ("lr", "lr=x", "=3"):
        status, out, err = typed("summary", "r", "--at", word)
        assert (status, out) == (2, "") and err.count("\n") == 1
    assert "lr is never 3; its values are 0.01, 0.1" in typed("summary", "r", "--at", "lr=3")[2]
    assert "--json has them all" in typed("summary", "r", "--at", "lr=0.1", "--json")[2]


def test_best_says_why_and_follows_its_rule(ran, monkeypatch):
    typed = ran()
    monkeypatch.setenv("COLUMNS", "97")
    assert 80 < max(map(len, typed("best", "r")[1].splitlines())) <= 97
    monkeypatch.delenv("COLUMNS")
    runs = results.load("r")
    for rule in ("min", "one-se"):
        why = results.best(runs, rule).why.item()
        found = pure(typed("best", "r", "--rule", rule, "--json")[1])
        told = " ".join(" ".join([why, *found["notes"]]).split())
        printed = " ".join(typed("best", "r", "--rule", rule)[1].split())
        assert printed.partition(" What matters: ")[0] == told
        (l1,) = [one for one in found["matters"]["shares"] if one["axes"] == "l1"]
        assert l1["share"] == results.shares(runs).set_index("axes")["share"]["l1"]
        assert f"What matters: l1 {100 * min(l1['share'], 1):.0f} ± " in printed
        assert found["why"] == why and found["rule"] == rule
    status, _, err = typed("best", "r", "--rule", "most")
    assert status == 2 and err == "sweep: no rule 'most'; there are min, one-se\n"


def test_best_tells_of_the_end_of_training_where_it_was_recorded(ran):
    typed = ran("--history", "1", "--epochs", "20")
    found = pure(typed("best", "r", "--json")[1])
    past = results.load_history("r", {name: found[name] for name in ("l1", "l2")})
    ends = past.pivot_table(index="run", columns="epoch", values="loss")
    fall = (1 - ends[20] / ends[18]).mean()
    assert found["late_fall"]["mean"] == pytest.approx(fall) and found["late_fall"]["runs"] == 3
    assert "from epoch 18 to 20" in found["notes"][-1]
    assert pure(typed("summary", "r", "--json")[1])["alike"] == found["alike"]
    assert found["alike"]["of"] == 5
    Path("r/history.parquet").unlink()
    unknown = pure(typed("best", "r", "--json")[1])
    assert unknown["late_fall"] is None
    assert "is not known: no history is there" in unknown["notes"][-1]
    assert "a sweep with --history 1" in " ".join(typed("best", "r")[1].split())


def test_plot_writes_pictures_and_prints_their_paths(ran, tmp_path):
    typed = ran("--history", "1")
    status, out, err = typed("plot", "r", "--format", "png,svg")
    names = out.split()
    assert (status, err) == (0, "") and len(names) == 24
    assert all((tmp_path / name).stat().st_size > 1000 for name in names)
    kinds = {name.split("/")[1].split("-")[0].split(".")[0] for name in names}
    of_all = {"axes", "importance"}
    assert kinds == {"heatmap", "differences", "path", "pareto", "left", "curves", *of_all}
    words = ("--picture", "heatmap", "--metric", "dead_units", "--out", ".", "--json")
    found = pure(typed("plot", "r", *words)[1])
    (picture,) = found["pictures"]
    assert found["files"] == picture["files"] == ["heatmap-dead_units.png"]
    assert picture["title"].endswith("dead_units")
    assert "L2 penalty against L1 penalty" in picture["shows"]


def test_curves_of_any_cell_are_those_that_would_have_been_recorded(ran, caplog):
    typed = ran("--history", "1")
    cell = {"l1": 0.1, "l2": 0.01}
    recorded = results.load_history("r", cell)
    Path("r/history.parquet").unlink()
    spec, runs = Sweep.from_toml(Path("r/sweep.toml")), results.load("r")
    own = runs[(runs["l1"] == 0.1) & (runs["l2"] == 0.01)]
    pd.testing.assert_frame_equal(history_again(spec.replace(history=0), own), recorded)
    words = ("--picture", "curves", "--at", "l1=0.1", "--at", "l2=0.01")
    assert typed("plot", "r", *words)[:2] == (0, "r/curves-l1=0.1-l2=0.01.png\n")
    assert "no history was recorded: 3 runs of l1 = 0.1, l2 = 0.01 are trained" in caplog.text
    with pytest.raises(InputError, match="do not repeat"):
        history_again(spec, own.assign(final_loss=0.0))


def test_folders_are_made_for_what_is_shown_and_for_nothing_else(ran, tmp_path):
    typed = ran()
    status, out, err = typed("plot", "r", "--picture", "pareto", "--out", "new/er")
    assert (status, out, err) == (0, "new/er/pareto-val_loss.png\n", "")
    assert typed("report", "r", "--out", "newer/page.html")[0] == 0
    assert typed("summary", "r", "--out", "newest/cells.csv")[0] == 0
    for name in ("new/er/pareto-val_loss.png", "newer/page.html", "newest/cells.csv"):
        assert (tmp_path / name).stat().st_size > 100
    typed("plot", "r", "--metric", "beauty", "--out", "never")
    for command in ("plot", "report", "summary"):
        assert typed(command, "absent", "--out", "never/some")[0] == 2
    assert not (tmp_path / "never").exists() and not (tmp_path / "absent").exists()
    (tmp_path / "file").touch()
    for command in ("plot", "report", "summary"):
        status, out, err = typed(command, "r", "--out", "file/some")
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("sweep: file") and "finished" not in err
        assert "cannot be written (Not a directory): mend that, then do the same again" in err


def test_a_picture_that_holds_axes_has_a_name_of_its_own(ran, tmp_path):
    typed = ran("--lr", "0.01,0.1", "--l1", "0,1e-4:1e-2:log5")
    words = ["plot", "r", "--picture", "heatmap", "--metric", "val_loss"]
    assert typed(*words)[1] == "r/heatmap-val_loss.png\n"
    plain = (tmp_path / "r/heatmap-val_loss.png").read_bytes()
    held = typed(*words, "--at", "l1=0.00316", "--at", "lr=1e-1")
    assert held[:2] == (0, "r/heatmap-val_loss-l1=0.00316-lr=0.1.png\n")
    assert (tmp_path / "r/heatmap-val_loss.png").read_bytes() == plain
    assert typed(*words, "--at", "l1=0.0031623")[1] == "r/heatmap-val_loss-l1=0.00316.png\n"


def test_pictures_of_an_unfinished_sweep_say_how_much_of_it_they_show(ran, tmp_path):
    from sweep.commands.pictures import pictures

    ran("--history", "1")
    runs = results.load("r")
    for name, figure in pictures("r", runs):
        assert "runs" not in figure.get_suptitle(), name
    kinds = ["heatmap", "axes", "path", "pareto", "curves", "weights"]
    for name, figure in pictures("r", runs[:-2], kinds=kinds):
        assert figure.get_suptitle().split("\n")[-1] == "16 of 18 runs", name


def test_where_all_runs_diverged_there_is_no_picture(typed, tmp_path):
    words = ("--data", "iris", "--l1", "0,1e-3", "--l2", 0, "--seeds", "0:2", "--epochs", 2)
    assert typed("run", *words, "--lr", "1e250,1e300", "--out", "r", "--quiet")[0] == 0
    for picture in (), ("--picture", "pareto"), ("--picture", "weights", "--json"):
        assert typed("plot", "r", *picture) == (
            2,
            "",
            "sweep: nothing to draw: all 8 runs diverged (lr = 1e250, 1e300); "
            "run it with a lower --lr\n",
        )
    typed("run", *words, "--lr", "0.01,1e300", "--out", "s", "--quiet")
    status, out, err = typed("plot", "s", "--at", "lr=1e300")
    assert (status, out) == (2, "") and "all 4 runs diverged (lr = 1e300); run it with" in err
    status, out, err = typed("plot", "s", "--at", "lr=0.01")
    assert (status, err) == (0, "") and "s/path-l1-lr=0.01.png" in out.split()
    assert not list(tmp_path.glob("r/*.png"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--picture", "portrait"], "no picture 'portrait'; there are heatmap, differences, "),
        (["--metric", "beauty"], "no metric 'beauty' in this table; there are "),
        (["--format", "gif"], "--format should be of png, svg, pdf; it is 'gif'"),
        (["--at", "l3=1"], "no axis 'l3'; there are l1, l2, lr, momentum"),
    ],
)
def test_plot_says_what_it_cannot_draw(words, said, ran):
    status, out, err = ran()("plot", "r", *words)
    assert (status, out) == (2, "") and said in err and err.count("\n") == 1


def test_there_may_be_nothing_to_draw(typed):
    typed("run", "--data", "iris", "--l1", 0, "--l2", 0, "--seeds", 1, "--epochs", 1, "--out", "r")
    status, _, err = typed("plot", "r", "--picture", "heatmap")
    assert (status, err) == (2, "sweep: r has nothing to show in heatmap\n")
    assert typed("plot", "r")[0] == typed("report", "r")[0] == 0
    said = " ".join((typed("best", "r")[1] + typed("summary", "r")[1]).split())
    assert said.startswith("l1 = 0, l2 = 0: it is the only cell; its mean val_loss is ")
    assert "The only cell, one seed" in said
    page = Path("r/report.html").read_text()
    assert "over 1 seed?" in page and "1 run (1 done)" in page


def test_a_name_is_no_formula_and_steers_nothing(typed, tmp_path):
    """Two dollars are a formula to matplotlib, an escape moves a terminal, and no XML holds one."""
    name = "$\\foo{$ \x1b[31m"
    load_iris(as_frame=True).frame.to_csv(tmp_path / f"{name}.csv", index=False)
    words = ("--data", f"{name}.csv", *TINY[2:])
    said = [typed("plan", *words), typed("run", *words, "--seeds", "0:3")]
    directory = f"runs/{NAMED}-1"
    assert [status for status, _, _ in said] == [0, 0] and said[1][2].endswith(f": {directory}\n")
    assert f"  {NAMED}\n" in said[0][1]
    said += [typed("plot", directory, "--format", "svg"), typed("report", directory)]
    said += [typed("plot", directory, "--picture", "weights", "--format", "svg")]
    said += [typed("run", "--data", f"{name}.json"), typed("summary", name)]
    assert "\x1b" not in "".join(out + err for _, out, err in said)
    pictures = list((tmp_path / directory).glob("*.svg"))
    assert len(pictures) > 5
    for path in pictures:
        ElementTree.parse(path)
        assert f"<!-- {NAMED}: " in path.read_text()
    assert NAMED in (tmp_path / directory / "report.html").read_text()


def test_report_writes_a_page(ran, tmp_path):
    status, out, err = ran()("report", "r")
    assert (status, out, err) == (0, "r/report.html\n", "")
    assert "<!doctype html>" in (tmp_path / "r/report.html").read_text()
    found = ran()("report", "r", "--out", "page.html", "--json")
    assert pure(found[1]) == {"files": ["page.html"]}


def test_a_sweep_that_is_not_complete_is_said_to_be(ran, tmp_path):
    typed = ran("--out", "whole")
    typed("run", *TINY, "--seeds", "0:2", "--out", "r", "--quiet")
    (tmp_path / "r/sweep.toml").write_text((tmp_path / "whole/sweep.toml").read_text())
    (tmp_path / "r/runs.parquet").unlink()  # as if it had been extended, and interrupted
    for command in (["summary", "r"], ["best", "r"], ["report", "r"]):
        status, _, err = typed(*command)
        assert (status, err) == (0, "sweep: not complete, 12 of 18 runs so far: r\n")
    assert "over 2 of 3 seeds?" in (tmp_path / "r/report.html").read_text()
    (tmp_path / "whole/runs.parquet").unlink()
    assert typed("summary", "whole")[::2] == (0, ""), "all are there, if in parts"


def test_the_table_follows_what_is_held(ran):
    typed = ran("--lr", "0.01,0.1")
    _, out, _ = typed("summary", "r", "--at", "lr=0.1")
    assert out.startswith("Best of 6 cells with lr = 0.1, mean over 3 seeds\n")
    cells = results.summary(results.load("r"))
    best = cells[cells.lr == 0.1].mean_val_loss.min()
    assert float(out.splitlines()[2].split()[4]) == pytest.approx(best, rel=1e-3)


def test_what_halving_stopped_is_counted_in_the_table_and_by_status(ran):
    typed = ran("--halving", "2", "--lr", "0.01,0.1", "--epochs", "7")
    runs = results.load("r")
    ends = runs[runs.seed == 0].groupby("epochs").size()
    assert ends.to_dict() == {1: 6, 3: 3, 7: 3}
    _, out, err = typed("summary", "r")
    said = "3 of 12 cells reached the last rung, at 7 epochs; 6 stopped at 1, 3 stopped at 3, and"
    assert said in " ".join(out.split()) and err == ""
    assert out.startswith("Best of 3 cells on the last rung, mean over 3 seeds\n")
    assert "rungs     12 cells to epoch 1, 6 to 3, 3 to 7\n" in typed("status", "r")[1]
    told = pd.read_csv("r/summary.csv").groupby("rung").mean_epochs.first()
    assert told.tolist() == [1, 3, 7]
    (Path("r/runs.parquet")).unlink()
    assert typed("summary", "r")[1] == out, "from the parts it is the same"


def test_orders_of_a_path_are_said_to_have_had_different_epochs(ran):
    path = ("--path", "l1", "--path-order", "up,cold")
    typed = ran(*path)
    out = " ".join(typed("summary", "r")[1].split())
    cells = results.summary(results.load("r"))
    best = cells.loc[cells.groupby("path").rank_val_loss.idxmin()].set_index("path")
    place = sorted(set(cells.l1)).index(best.l1["up"]) + 1
    assert f"up {3 * place} at l1 = {best.l1['up']:g}" in out
    assert f"cold 3 at l1 = {best.l1['cold']:g}" in out
    assert "path      l1: at most 9 epochs by its end (up), 3 (cold)\n" in typed("status", "r")[1]
    ((_, figure),) = pictures("r", results.load("r"), kinds=["pareto"], at={"l2": 0.0})
    (ax,) = figure.axes
    assert "have had different" in ax.get_legend().get_title().get_text()
    assert typed("run", *TINY[:-1], 0, *path, "--seeds", "0:2", "--out", "one", "--quiet")[0] == 0
    for kind in "heatmap", "pareto", "path":
        ((_, figure),) = pictures("one", results.load("one"), ["val_loss"], [kind])
        said = figure.axes[-1].get_legend().get_title().get_text().replace("\n", " ")
        assert "Epochs behind the best of each order, along its path: " in said, kind


def test_the_report_says_all_that_best_says(typed):
    options = "--data iris --l1 0,0.01 --l2 0,0.01 --seeds 0:2 --epochs 4 --test 0.2 --patience 2"
    path = "--path l2 --path-order up,cold"
    assert typed(*f"run {options} {path} --jobs 1 --quiet --out r".split())[0] == 0
    said = json.loads(typed("best", "r", "--json")[1])["notes"]
    printed = " ".join(typed("best", "r")[1].split())
    assert any("along its path: " in note and " at l2 = " in note for note in said)
    assert OF_PATIENCE in said and not any("--test" in note for note in said)
    assert "On the 30 rows of the test part" in printed
    typed("report", "r")
    page = Path("r/report.html").read_text()
    for text in (*said, "On the 30 rows of the test part"):
        assert html.escape(text, quote=False) in page


def test_the_report_says_how_much_of_the_grid_is_there(typed, tmp_path):
    unfinished = Path(__file__).parents[1] / "recorded" / "first_stage" / "unfinished"
    shutil.copytree(unfinished, tmp_path / "r")
    counts = json.loads(typed("status", "r", "--json")[1])
    assert typed("report", "r")[0] == 0
    done, total = counts["done"] + counts["diverged"], counts["total"]
    assert 0 < done < total
    assert f"not complete: so far {done} of {total} runs (" in Path("r/report.html").read_text()


@pytest.mark.parametrize("command", ["summary", "best", "plot", "report"])
def test_a_directory_without_results_is_refused(command, typed, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "nowhere"):
        status, out, err = typed(command, name)
        assert (status, out) == (2, "")
        assert err == f"sweep: {name} is no results directory: it has no sweep.toml\n"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"path": "l1"},
        {"path": "l1", "path_order": "down"},
        {"path": "l1", "path_order": "cold,up"},
        {"path": "l2", "path_order": "down,up"},
        {"patience": 1, "epochs": 4},
    ],
)
@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_weights_are_those_of_the_runs_in_the_table(options, method, small):
    spec = small(l1=[0, 0.001, 0.05], l2=[0, 0.1], seeds=[3, 4], l1_method=method, **options)
    runs = spec.run()
    cells = {"l1": [0.001, 0.05], "l2": [0.1, 0.1], "lr": [0.01] * 2, "momentum": [0.9] * 2}
    rows = runs[(runs.seed == 3) & (runs.l2 == 0.1) & (runs.l1 > 0)]
    if spec.path:
        cells["path"] = [spec.path_order[0]] * 2
        rows = rows[rows.path == spec.path_order[0]]
    found = retrained(spec, cells)
    for name in ("run", "final_loss", "val_loss", "sparsity"):
        assert found.columns[name].tolist() == rows[name].tolist()
    weights = np.concatenate([found.after[name].reshape(-1, 2) for name in ("w1", "w2")])
    zero = 1e-3 if method == "subgradient" else 0  # 2 lr l1 is not more
    assert (abs(weights) > zero).sum(axis=0).tolist() == rows.nonzero.tolist()
    assert found.before["w1"].shape == (4, 4, 2) and found.after["b2"].shape == (3, 2)
    penalty = 0.1 * (weights**2).sum(axis=0)
    np.testing.assert_allclose(penalty, rows.l2_penalty, rtol=1e-12)


def test_weights_that_are_not_of_the_sweep_are_refused(small):
    spec = small(l1=[0, 0.1])
    cell = {"l1": [0.3], "l2": [0.0], "lr": [0.01], "momentum": [0.9]}
    with pytest.raises(InputError, match="not on the grid"):
        retrained(spec, cell)
    with pytest.raises(InputError, match="`halving`"):
        retrained(small(l1=[0, 0.1], halving=2), cell)


def test_the_article_shows_the_documents_matrices(typed, tmp_path):
    """Before: drawn as the document draws them. After: those whose loss the table holds."""
    words = ("--l1", "0,0.01", "--l2", "0,0.01", "--seeds", 42, "--epochs", 40, "--out", "r")
    typed("run", *words)
    shown = dict(pictures("r", results.load("r"), kinds=["weights", "weight-path"]))
    by_name = {ax.get_gid(): ax for ax in shown["weights"].axes}
    draw = np.random.RandomState(42)
    draw.randint(1, 100, size=(5, 1))
    for name, shape in (("w1", (3, 5)), ("w2", (5, 3)), ("w3", (4, 5))):
        drawn = by_name[f"{name} before"].images[0].get_array()
        np.testing.assert_array_equal(drawn, draw.random_sample(shape))
    assert "l1 = 0.01, l2 = 0.01, seed 42" in shown["weights"].get_suptitle()
    after = {
        name: by_name[f"{name} after"].images[0].get_array() for name in ("w2", "b2", "w3", "b3")
    }
    table = results.load("r").set_index(["l1", "l2"])
    # Blank is what counts as zero, and costs what it is.
    penalty = 0.01 * sum(abs(np.ma.getdata(matrix)).sum() for matrix in after.values())
    assert penalty == pytest.approx(table.loc[(0.01, 0.01), "l1_penalty"], rel=1e-12)
    assert (
        len([line for line in shown["weight-path"].axes[0].lines if line.get_gid() == "w1"]) == 15
    )


def test_plot_refuses_a_slice_that_halving_stopped(ran):
    typed = ran("--halving", "2", "--lr", "0.01,0.1", "--epochs", "7")
    cells = results.summary(results.load("r"))
    early = cells.groupby("l1").rung.max()
    (l1, *_) = early[early < early.max()].index
    status, out, err = typed("plot", "r", "--at", f"l1={l1:g}")
    assert (status, out) == (2, "")
    assert f"halving stopped every cell with l1 = {l1:g} before the last rung" in err


def test_a_race_that_is_not_over_names_no_best_cell(ran, monkeypatch):
    """Cells that stand on the highest rung so far are those that lost the next one."""
    typed = ran("--halving", "2", "--lr", "0.01,0.1", "--epochs", "7")
    whole = results.load("r")
    early = whole[whole["rung"] < whole["rung"].max()]
    for name in ("runs.parquet", "runs.csv"):
        Path("r", name).unlink()
    monkeypatch.setattr(results, "load", lambda directory, *_: early)
    monkeypatch.setattr("sweep.commands.look.results.load", lambda directory, *_: early)
    for command in ("best", "summary", "plot", "report"):
        status, out, err = typed(command, "r")
        assert (status, out) == (2, "")
        assert "no cell has reached the last rung yet, at 7 epochs" in err

"""The plan: run numbers and points of the grid, tasks, and grids that no memory would hold."""

import itertools
import json
import pickle
import signal
import time
import tracemalloc

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.plan.plan import Plan
from sweep.plan.tasks import QUANTUM
from tests.sweep.console import LONG, call, parts, start, wait

PENALTIES = st.lists(st.sampled_from([0, 1e-4, 0.01, 0.1, 0.3]), min_size=1, max_size=4)
#: A hundred million runs.
HUGE = ("--l1", "1e-4:1e-1:log1000", "--l2", "1e-4:1e-1:log1000", "--seeds", "0:100")


@st.composite
def plans(draw):
    options = {name: draw(PENALTIES) for name in ("l1", "l2")}
    options["lr"] = draw(st.lists(st.sampled_from([0.1, 0.01]), min_size=1))
    options["seeds"] = draw(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30))
    options["vary"] = {"l2_b1": draw(PENALTIES)} if draw(st.booleans()) else {}
    folds = draw(st.sampled_from([0, 2, 3]))
    spec = Sweep(
        data="iris", hidden="4", folds=folds, epochs=draw(st.integers(0, 10**6)), **options
    )
    return Plan(spec, (4, 4, 3), 120, "iris")


@given(plans())
def test_runs_are_numbered_along_the_grid(plan):
    axes = plan.grid.axes
    assert list(axes) == ["seed", "fold", "l1", "l2", "lr", "momentum", *plan.spec.vary]
    points = list(itertools.product(*(axis.tolist() for axis in axes.values())))
    assert plan.grid.total == len(points) == plan.grid.cells * len(axes["seed"]) * len(axes["fold"])
    found = plan.grid.coordinates(np.arange(plan.grid.total))
    assert list(zip(*(column.tolist() for column in found.values()), strict=True)) == points
    assert plan.grid.numbers(found).tolist() == list(range(plan.grid.total))


@pytest.mark.parametrize(
    ("options", "row"),
    [
        (
            ["--halving", 3],
            ("rungs", "64 cells to epoch 3, 22 to 11, 8 to 33, 3 to 100, and a finish of 100"),
        ),
        (
            ["--halving", 3, "--l1", 0, "--l2", 0, "--finish", 0],
            ("rungs", "1 cell to epoch 100"),
        ),
        (["--path", "l2", "--epochs", 200], ("path", "l2: at most 3,200 epochs by its end (up)")),
        (
            ["--path", "l1", "--path-order", "down,cold", "--patience", 3],
            ("path", "l1: at most 800 epochs by its end (down), at most 100 (cold)"),
        ),
        (["--path", "l1", "--path-order", "cold"], None),
        ([], None),
    ],
)
def test_what_trains_longer_than_the_rest_is_told(options, row, typed):
    told = json.loads(typed("plan", "--data", "wine", *options, "--json")[1])
    assert {name: told[name] for name in ("rungs", "path") if name in told} == dict(
        [row] * bool(row)
    )
    if row:
        assert f"{row[0]:11}  {row[1]}\n" in typed("plan", "--data", "wine", *options)[1]


def test_a_point_beside_the_grid_has_no_number():
    plan = prepare(Sweep(l1=[0, 0.1], l2=[0, 1], seeds=[3, 5], vary={"l1_w1": [0.2, 0.4]})).plan
    columns = plan.grid.coordinates(np.full(8, 5))
    for place, (name, value) in enumerate(
        [("seed", 4), ("seed", 6), ("l1", 0.05), ("l2", 2), ("l2", np.nan), ("l1_w1", 0.1)]
    ):
        columns[name][place] = value
    assert plan.grid.numbers(columns).tolist() == [-1] * 6 + [5, 5]


@pytest.mark.parametrize("seeds", ["0:10000000", range(5, 30_000_000, 3), np.arange(10**6)])
def test_what_a_task_carries_is_short_however_many_seeds_there_are(seeds):
    plan = prepare(Sweep(l1=[0, 0.1], l2=0, seeds=seeds)).plan
    last = plan.grid.coordinates(np.array([plan.grid.total - 1]))
    sent = pickle.dumps(plan)
    assert len(sent) < 4000
    again = pickle.loads(sent)
    assert (
        again.grid.coordinates(np.array([plan.grid.total - 1])) == last
        and again.grid.total == plan.grid.total
    )
    assert again.spec == plan.spec == plan.spec.replace(epochs=1).replace(epochs=None)
    assert len(json.dumps(plan.spec.specification())) + len(plan.spec.to_toml()) < 4000


@given(plans(), st.sampled_from([1e-9, 1e-3, 0.2]))
def test_tasks_are_every_run_once(plan, seconds):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.plan.tasks.TASK_SECONDS", seconds)
        ranges = list(plan.tasks.ranges())
    assert len(ranges) == plan.tasks.count
    ends = [0, *(stop for _, stop in sorted(ranges))]
    assert [start for start, _ in sorted(ranges)] == ends[:-1] and ends[-1] == plan.grid.total
    assert plan.tasks.runs == QUANTUM // 2 or plan.tasks.runs % QUANTUM == 0


@given(st.integers(1, 100))
def test_of_a_seed_a_coarse_grid_comes_first_and_then_one_twice_as_fine(tasks):
    axes = {"l1": range(tasks), "l2": range(QUANTUM // 2), "seeds": range(3)}
    plan = Plan(Sweep(data="digits", epochs=10**6, **axes), (64, 32, 10), 1437, "digits")
    order = [start // plan.tasks.runs for start, _ in plan.tasks.ranges()]
    assert len(order) == 3 * tasks
    for seed in range(3):
        own = order[seed * tasks : (seed + 1) * tasks]
        for step in (2**k for k in range(8)):
            coarse = range(seed * tasks, (seed + 1) * tasks, step)
            assert sorted(own[: len(coarse)]) == list(coarse)


@pytest.mark.parametrize(
    "axes",
    [
        {},  # 8 x 8 cells, 20 seeds, 8 runs a task
        {"l1": "0:128", "l2": "0:115", "seeds": "0:64", "epochs": 1},
        {"seeds": "0:3", "folds": 7},
    ],
    ids=str,
)
def test_the_shape_is_soon_seen(axes):
    """As soon as one seed could be done, every cell has a run, but for those of one task."""
    plan = Plan(Sweep(data="digits", **axes), (64, 32, 16, 10), 1437, "digits")
    finished, cells = 0, []
    for first, stop in plan.tasks.ranges():
        cells.append(np.arange(first, stop) % plan.grid.cells)
        finished += stop - first
        if finished >= plan.grid.cells:
            break
    counts = np.bincount(np.concatenate(cells), minlength=plan.grid.cells)
    assert (counts == 0).sum() <= plan.tasks.runs
    assert counts.max() <= 2


@pytest.mark.parametrize("path", ["l1", "l2"])
@pytest.mark.parametrize("orders", ["up", "up,down,cold"])
def test_a_path_is_never_divided(path, orders):
    spec = Sweep(data="iris", l1="0:7", l2=[0, 1, 2], lr=[0.1, 0.2], seeds="0:50", path=path)
    plan = prepare(spec.replace(path_order=orders)).plan
    cells = plan.grid.cells
    assert plan.tasks.count > 1
    assert all(start % cells == 0 and stop % cells == 0 for start, stop in plan.tasks.ranges())


def test_longer_runs_make_smaller_tasks():
    def runs(**options):
        return prepare(Sweep(data="digits", seeds="0:1000", **options)).plan.tasks.runs

    assert runs(epochs=1, hidden="4") > runs(epochs=1) >= runs(epochs=1000) == QUANTUM // 2
    # The widest vectors hold a whole pack of it.
    assert runs(epochs=1000, precision="float32") == QUANTUM


class TestHundredMillion:
    def test_it_takes_no_room(self):
        spec = Sweep(l1="1e-4:1e-1:log1000", l2="1e-4:1e-1:log1000", seeds="0:100")
        tracemalloc.start()
        try:
            plan = prepare(spec).plan
            assert plan.grid.total == 10**8
            list(itertools.islice(plan.tasks.ranges(), 1000))
            plan.grid.numbers(plan.grid.coordinates(np.array([0, 5, 10**8 - 1])))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 5 * 2**20

    def test_it_is_planned_at_once(self, typed, tmp_path):
        begun = time.process_time()  # and not a clock: the machine may be busy with others
        status, out, err = typed("plan", *HUGE, "--json")
        assert time.process_time() - begun < 2
        found = json.loads(out)
        assert (status, err, found["runs"]) == (0, "", 10**8)
        assert found["grid"] == "100 seed x 1000 l1 x 1000 l2"
        assert found["tasks"] * found["runs_a_task"] >= 10**8
        assert not list(tmp_path.iterdir())

    def test_a_part_of_it_is_trained_in_little_memory(self, tmp_path):
        sweep = start("run", *HUGE, "--out", "r", cwd=tmp_path)
        try:
            wait(lambda: parts(tmp_path / "r") > 5 or sweep.poll() is not None)
            memory = psutil.Process(sweep.pid).memory_info().rss
            sweep.send_signal(signal.SIGTERM)
            _, err = sweep.communicate(timeout=LONG)
        finally:
            sweep.kill()
        assert sweep.returncode == 143, err
        assert memory < 2**29
        status, out, _ = call("status", "r", "--json", cwd=tmp_path)
        counts = json.loads(out)
        assert status == 0 and counts["total"] == 10**8
        assert counts["left"] + counts["done"] == 10**8 and counts["done"] > 0


def test_the_estimate_follows_the_rungs_of_halving(typed):
    """Of 9 cells with 9 epochs each: all 9 train 1, 3 train 2 more, and one trains the other 6.

    And that one alone has a finish of 9.
    """
    words = ("--data", "digits", "--l1", "0:3", "--l2", "0:3", "--seeds", "0:100000", "--json")
    words = ("plan", *words, "--epochs", 9, "--jobs", 1)
    whole, halved = (
        json.loads(typed(*words, *more)[1])["seconds"] for more in ((), ("--halving", 3))
    )
    assert halved == pytest.approx(whole * (9 * 1 + 3 * 2 + 1 * 6 + 9) / 162, rel=1e-3)


def test_plan_says_what_run_would_do(typed, tmp_path):
    words = ("--data", "iris", "--hidden", "8,4", "--seeds", "0:3", "--folds", "5", "--jobs", "3")
    status, out, err = typed("plan", *words)
    assert (status, err) == (0, "") and not list(tmp_path.iterdir())
    read, _, planned = out.partition("data  ")
    assert " ".join(read.split()) == (
        "iris, built-in: 150 rows, 4 features, all numbers; classes: setosa 33.3%, versicolor "
        "33.3%, virginica 33.3%; held out: each of 5 folds once, 30 rows, to choose by"
    )
    found = dict(line.split("  ", 1) for line in planned.splitlines()[1:])
    assert planned.splitlines()[0].strip() == "iris"
    assert {name: value.strip() for name, value in found.items()}.items() >= {
        "network": "4-8-4-3",
        "grid": "3 seed x 5 fold x 8 l1 x 8 l2",
        "runs": "960",
        "workers": "3",
    }.items()
    assert json.loads(typed("plan", *words, "--json")[1])["parameters"] == 4 * 8 + 8 + 36 + 15

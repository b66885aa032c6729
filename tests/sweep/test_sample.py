"""Sampled cells: what is drawn, that a larger sample holds the smaller, and that runs are runs."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from sweep import InputError, Sweep
from sweep.plan.plan import Plan
from sweep.plan.sampling import points
from sweep.running.merging import merge
from sweep.specification.values import Range, interval, text
from tests.sweep.console import rows

SMALL = {"data": "iris", "hidden": "4", "epochs": 2, "l1": "1e-5:1e-1:log", "l2": "0,1e-3"}
SMALL |= {"lr": "1e-3:0.1:lin"}

#: The first number of l1 and the second of lr, of a sample of both.
RECORDED = {
    "sobol": ["0x1.7a3d054bacbbbp-12", "0x1.1ea491eb54fdfp-2"],
    "random": ["0x1.62f7446243208p-12", "0x1.932962fbef9dbp-4"],
}


def plan(**options):
    spec = Sweep(**{"data": "iris", "hidden": "4", "seeds": "0:2", **options})
    return Plan(spec, (4, 4, 3), 120, "iris")


def cells(of):
    """Return the cells of a plan, a row each."""
    found = pd.DataFrame(of.grid.coordinates(np.arange(of.grid.cells)))
    return found.drop(columns=["seed", "fold"])


@st.composite
def axes(draw):
    """Some axes, of which some are at rest in some parts."""
    penalties = st.sampled_from(["0,1e-3", "0,1e-3,1e-2", "1e-5:1e-1:log", "1e-3"])
    options = {name: draw(penalties) for name in ("l1", "l2", "lr")}
    options["lr"] = options["lr"].replace("0,", "")
    if draw(st.booleans()):
        options |= {
            "optimizer": "adam,nesterov",
            "beta2": draw(st.sampled_from(["0.9:0.99:lin", "0.9,0.99"])),
        }
    if draw(st.booleans()):
        options |= {"hidden": "4/none", "activation": "relu,tanh", "dropout": "0,0.5"}
    return options


def size(options):
    """Count the cells of a grid; of one with a range more than are asked for."""
    ranged = any(str(value).endswith(("log", "lin")) for value in options.values())
    return 40 if ranged else plan(**options).grid.cells


@settings(max_examples=40, deadline=None)
@given(axes(), st.sampled_from(["sobol", "random"]), st.data())
def test_a_larger_sample_holds_the_smaller_and_no_cell_comes_twice(options, sampler, data):
    most = size(options)
    few, many = sorted(data.draw(st.tuples(st.integers(1, most), st.integers(1, most))))
    small, large = (plan(**options, sampler=sampler, sample=n) for n in (few, many))
    assert len(cells(large).drop_duplicates()) == large.grid.cells == many
    assert len(cells(small).merge(cells(large))) == few
    everything = large.grid.coordinates(np.arange(large.grid.total))
    assert large.grid.numbers(everything).tolist() == list(range(large.grid.total))
    assert (large.grid.numbers({**everything, "l1": everything["l1"] + 1}) == -1).all()


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_a_sample_of_all_cells_is_the_grid(sampler):
    """Also where nearly all have been drawn, and the last would be long in coming."""
    options = {"l1": "0:9", "l2": "0:8", "optimizer": "adam,nesterov", "beta2": "0.9,0.99"}
    grid = plan(**options)
    sample = plan(**options, sampler=sampler, sample=grid.grid.cells)
    pd.testing.assert_frame_equal(
        *(
            cells(one).sort_values(list(cells(grid))).reset_index(drop=True)
            for one in (grid, sample)
        )
    )


def test_a_sobol_sequence_fills_each_axis_evenly():
    found = cells(plan(l1="1e-4:1:log", l2="0:1:lin", optimizer="adam,nesterov", sample=64))
    for share in (1 + np.log10(found.l1) / 4, found.l2):
        assert sorted(np.floor(64 * share)) == list(range(64))
    assert (found.optimizer == "adam").sum() == 32
    quarters = np.floor(4 * (1 + np.log10(found.l1) / 4)), found.optimizer
    assert set(pd.crosstab(*quarters).to_numpy().ravel()) == {8}


def test_independent_draws_are_uniform():
    found = cells(plan(l1="1e-4:1:log", l2="0,1,2,3", sampler="random", sample=4000))
    share = 1 + np.log10(found.l1) / 4
    assert abs(share.mean() - 1 / 2) < 0.02 and abs(share.std() - 12**-0.5) < 0.02
    assert found.l2.value_counts(normalize=True).between(0.22, 0.28).all()


def test_the_numbers_of_a_range():
    low, high = 1e-5, 0.3
    at = np.array([0, 1, 2**30, 2**31, 2**32 - 1, 123456789], dtype=np.uint32)
    u = at / 2**32
    found = points.values(Range(low, high, "log"), at)
    np.testing.assert_allclose(found, low * (high / low) ** u, rtol=1e-14)
    np.testing.assert_allclose(points.values(Range(low, high, "lin"), at), low + (high - low) * u)
    assert found[0] == low and (found < high).all()
    close = np.arange(4 * 10**9, 4 * 10**9 + 1000, dtype=np.uint32)
    for spread in (Range(1.0, 1.0001, "log"), Range(1.0, 1.0001, "lin")):
        assert (np.diff(points.values(spread, close)) > 0).all()


def test_cells_are_the_same_everywhere():
    """Of whatever version of NumPy and SciPy: directories hold them."""
    found = {}
    for sampler in ("sobol", "random"):
        few = cells(plan(l1="1e-5:1e-1:log", lr="1e-3:1:lin", sampler=sampler, sample=2))
        found[sampler] = [few.l1[0].hex(), few.lr[1].hex()]
    assert found == RECORDED


def test_runs_of_a_sample_are_those_of_sweeps_of_one_cell():
    spec = Sweep(**SMALL, optimizer="adam,nesterov", sample=5, seeds="0:2")
    found = spec.run()
    for _, row in found[found.seed == 0].iterrows():
        names = ("l1", "l2", "lr", "optimizer")
        alone = Sweep(**{**SMALL, **{name: row[name] for name in names}}, seeds="0:2").run()
        own = found[found.l1 == row.l1].drop(columns=["run", "optimizer"])
        assert rows(own) == rows(alone.drop(columns="run"))


def test_a_sample_grows_by_cells_and_seeds(tmp_path):
    spec = Sweep(**SMALL, sample=6, seeds="0:2")
    spec.run(out=tmp_path / "a")
    larger = spec.replace(sample=9, seeds="0:3")
    assert rows(larger.run(out=tmp_path / "a", extend=True)) == rows(larger.run())
    assert rows(results.load(tmp_path / "a")) == rows(larger.run(backend="loky", jobs=2))
    for other in ({"sample": 4}, {"seeds": "1:4"}, {"lr": 0.1}, {"sampler": "random"}):
        with pytest.raises(results.errors.ResultsError, match="another sweep"):
            larger.replace(**other).run(out=tmp_path / "a", extend=True)


def test_samples_merge(tmp_path):
    spec = Sweep(**SMALL, sample=6, seeds="0:2")
    spec.run(out=tmp_path / "a")
    spec.replace(sample=8, seeds="0,5").run(out=tmp_path / "b")
    counts = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert counts == {"done": 6 + 6 + 8 + 2, "diverged": 0, "error": 0, "total": 24}
    whole = spec.replace(sample=8, seeds="0,1,5")
    assert rows(whole.run(out=tmp_path / "c")) == rows(whole.run())
    spec.replace(seeds="5:6").run(out=tmp_path / "d")
    with pytest.raises(InputError, match="smallest seed draws the cells, and it is 0 and 5"):
        merge([tmp_path / "a", tmp_path / "d"], tmp_path / "e")


def test_a_range_is_written_and_read_back():
    spec = Sweep(**SMALL, vary={"l1_w1": "1e-7:0.1:log"}, sample=3)
    assert spec.vary["l1_w1"] == Range(1e-7, 0.1, "log") != (1e-7, 0.1)
    assert Sweep.from_toml(spec.to_toml()) == spec != spec.replace(lr="1e-3:0.1:log")
    assert 'l1 = "1e-05:0.1:log"' in spec.to_toml()
    assert interval(text(spec.lr)) == spec.lr and interval("0,1") is interval(0.5) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sample": 0}, "`sample` should be greater than or equal to 1"),
        ({"lr": "1e-3:1:log"}, "`lr` 0.001:1.0:log has no count.*give `sample`"),
        ({"vary": {"l1_w1": "0:1:lin"}}, "`vary` l1_w1 0.0:1.0:lin has no count"),
        ({"l1": "auto:log"}, "`l1` auto:log has no count"),
        ({"sampler": "random"}, "`sampler` random says how.*give `sample` too"),
        ({"sampler": "tpe"}, "`sampler` tpe says how"),
        ({"sample": 4, "path": "l1"}, "`path` goes along.*`sample` has none: leave one out"),
        ({"sample": 4, "sampler": "tpe", "halving": 3}, "`halving` ends most of them early"),
        ({"sample": 4, "lr": "0:1:log"}, "above 0 .its logarithm"),
        ({"sample": 4, "lr": "1:1:log"}, "an end above 1"),
        ({"sample": 4, "lr": "1:1.00001:lin"}, "an end that is further from 1"),
        ({"sample": 4, "l1": "0,1e-3:1:log"}, "a range without one stands alone"),
        ({"sample": 4, "momentum": "0:1:lin"}, "from 0 to below 1, not 1.0"),
    ],
)
def test_bad_input_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Sweep(data="iris", **given)


def test_more_cells_than_there_are_are_refused_before_anything_is_written(tmp_path):
    spec = Sweep(data="iris", hidden="4/none", activation="relu,tanh", l1="0,1", l2=0, sample=7)
    with pytest.raises(InputError, match="`sample` is 7, and these axes have 6 cells"):
        spec.run(out=tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_range_may_end_at_the_penalty_that_empties_the_network():
    auto = Sweep(data="iris", hidden="none", epochs=1, l2=0, seeds="0:1")
    listed = auto.replace(l1="auto:log2").run().l1
    found = auto.replace(l1="auto:log", sample=16).run().l1
    assert (
        listed.min() <= found.min() < 3 * listed.min()
        and listed.max() / 3 < found.max() < listed.max()
    )


def test_a_million_cells_take_little_room():
    few, many = (plan(l1="1e-5:1:log", l2="1e-5:1:log", sample=n) for n in (10, 10**6))
    some = np.arange(10)
    for one, other in itertools.zip_longest(
        *(p.grid.coordinates(some).values() for p in (few, many))
    ):
        assert one.tobytes() == other.tobytes()

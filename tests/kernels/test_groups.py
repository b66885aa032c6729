"""Groups of weights: which there are, their proximal step, and the same bytes in any pack."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from kernels.lane.lanes import as_lanes
from kernels.network import by_column, by_unit, network
from kernels.penalties import l21, l21_in_metric
from kernels.samples import Samples
from kernels.training import train
from tests import naive
from tests.kernels.kinds import kinds_and_widths
from tests.kernels.packing import (
    GROUPED,
    LANES,
    OPTIMIZERS,
    Experiment,
    Run,
    broken,
    experiment,
    experiments,
    grouped,
    groups_of,
    named,
    pack,
    train_runs,
    with_room,
)

TOGETHER = st.sampled_from(["columns", "units"])
OPTIMIZER = st.sampled_from(OPTIMIZERS)


@st.composite
def steps(draw):
    """Draw a point, and strengths of L1 and of the groups of three units with two inputs each."""
    point = draw(st.lists(st.floats(-3, 3), min_size=13, max_size=13))
    strengths = st.sampled_from([0.0, 0.1, 0.7])
    return np.array(point), draw(strengths), draw(strengths)


@settings(deadline=None, max_examples=60)
@given(steps(), st.sampled_from(["columns", "units"]), st.integers(0, 2**32 - 1))
def test_a_step_comes_to_the_lowest_of_its_penalty_and_its_distance(step, together, seed):
    """No point near it is lower: of what is convex it is the lowest then.

    Of one class there is nothing to learn, and no gradient: at a rate of 1 a step is its prox.
    """
    z, l1, l21 = step
    net, columns = grouped(network((2, 3, 1)), together)
    on = np.full(4, l1)
    samples = Samples(np.zeros((1, 2)), np.zeros(1), np.ones(1), np.zeros((1, 1, 1), int))
    run = Run(z, on, np.zeros(4), 1.0, 0.0, l21=l21)
    moved = train_runs(Experiment(net, [run], samples, 1, 1, True, columns=columns), width=2)

    def cost(x):
        of_groups = naive.group_penalty(named(net, x), groups_of(net, columns))
        return ((x - z) ** 2).sum() / 2 + l1 * abs(x).sum() + l21 * of_groups

    least = cost(moved.parameters[0])
    random = np.random.RandomState(seed)
    for size in np.geomspace(1e-6, 1, 30):
        beside = size * random.normal(size=13) * (random.uniform(size=13) < 0.4)
        assert cost(moved.parameters[0] + beside) >= least - 1e-13


def parts(net):
    """Return the parameters of each group."""
    return [part.tolist() for part in np.split(net.members, net.start[1:-1])]


def test_a_column_is_all_that_leaves_its_features():
    net = by_column(network((5, 3, 4)), (1, 3, 1))
    assert parts(net) == [[0, 5, 10], [1, 2, 3, 6, 7, 8, 11, 12, 13], [4, 9, 14]]
    assert net.group.tolist() == [0, 3, 3]
    assert net.grouped == 15


def test_a_unit_is_all_that_enters_it_and_its_bias():
    net = by_unit(network((2, 2, 3, 4)))
    second = [[6 + 2 * unit, 7 + 2 * unit, 12 + unit] for unit in range(3)]
    assert parts(net) == [[0, 1, 4], [2, 3, 5], *second]
    assert net.group.tolist() == [0, 2, 5, 5] and net.grouped == net.weight[2]


@njit(error_model="numpy")
def _shrink(net, weights, metrics, strength):
    l21_in_metric.shrink(net, weights, metrics, 0, strength[0])


@njit(error_model="numpy")
def _shrink_plainly(net, weights, strength):
    l21.shrink(net, weights, 0, strength[0])


def test_without_a_strength_nothing_moves_be_it_too_small_to_measure_or_no_number():
    net = by_column(network((3, 1)), (3,)).flat()
    z = np.array([[1e-170, np.nan, np.inf, 4], [-1e-170, 1, 2, 5], [0, 0, -3, 6]])
    strength, ones = np.zeros((1, 4)), np.ones((3, 4))
    plain, in_metric = z.copy(), z.copy()
    _shrink_plainly(net, *map(as_lanes, (plain, strength)))
    _shrink(net, *map(as_lanes, (in_metric, ones, strength)))
    for moved in (plain, in_metric):
        np.testing.assert_array_equal(moved, z)
    # And with one, what is no number stays seen.
    _shrink_plainly(net, *map(as_lanes, (plain, strength + 0.1)))
    _shrink(net, *map(as_lanes, (in_metric, ones, strength + 0.1)))
    for moved in (plain, in_metric):
        assert (moved[:, 0] == 0).all() and np.isnan(moved[:, 1]).any()


@st.composite
def metrics(draw):
    """Draw lanes of one group, metrics that span up to ten powers of ten, and strengths."""
    random = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, 12))
    spans = draw(st.sampled_from([(0, 0), (1, 1), (4, 2), (8, 1), (10, 5)]))
    d, z = (10 ** -random.uniform(0, span, size=(size, 4)) for span in spans)
    z *= random.choice([-1, 1, 1, 0], size=z.shape)
    far = 10 ** random.uniform(-9, 0.1, size=4)
    return z, d, far * np.sqrt((d * d * z * z).sum(axis=0)) / np.sqrt(size)


@settings(deadline=None, max_examples=300)
@given(metrics())
def test_a_step_in_a_metric_is_right_to_twelve_digits(drawn):
    z, d, strength = drawn
    net = by_column(network((len(z), 1)), (len(z),)).flat()
    moved = z.copy()
    _shrink(net, *map(as_lanes, (moved, d.copy(), strength[None].copy())))
    for lane in range(4):
        expected = naive.shrunk(z[:, lane], d[:, lane], strength[lane] * np.sqrt(len(z)))
        scale = np.linalg.norm(z[:, lane])
        np.testing.assert_allclose(moved[:, lane], expected, rtol=0, atol=1e-12 * scale)
        if not any(expected):
            assert moved[:, lane].tobytes() == np.zeros(len(z)).tobytes()


@settings(deadline=None, max_examples=40)
@given(experiments(together=TOGETHER, optimizer=OPTIMIZER))
def test_a_lane_is_a_run_of_the_reference(drawn):
    outcome = train_runs(drawn, width=8)
    for i in range(len(drawn.runs)):
        expected, room = with_room(drawn, i)
        np.testing.assert_allclose(outcome.parameters[i], expected, rtol=0, atol=room)
        p = named(drawn.net, outcome.parameters[i])
        if drawn.net.grouped:
            cost = naive.group_penalty(p, groups_of(drawn.net, drawn.columns))
            assert outcome.groups[i] == pytest.approx(cost, rel=1e-12)


@pytest.mark.parametrize(("kind", "width"), kinds_and_widths("optimizer", OPTIMIZERS), ids=str)
@settings(deadline=None, max_examples=5)
@given(data=st.data())
def test_every_lane_width_gives_the_same_bytes(kind, width, data):
    drawn = data.draw(experiments(kind=kind, together=TOGETHER).filter(lambda one: one.net.grouped))
    assert train_runs(drawn, width).hash() == train_runs(drawn, width=8).hash()


@settings(deadline=None, max_examples=20)
@given(experiments(precisions=("float64", "float32"), together=TOGETHER, optimizer=OPTIMIZER))
def test_without_a_strength_the_bytes_are_those_of_the_plain_step(drawn):
    runs = [run._replace(l21=0.0) for run in drawn.runs]
    runs.append(broken(runs[0], "NaN"))
    plain = network(drawn.net.widths)
    width = LANES[drawn.samples.x.dtype.name]
    expected = train_runs(drawn._replace(net=plain, runs=runs, proximal=True), width)
    found = train_runs(drawn._replace(runs=runs, proximal=True), width)
    assert found.parameters.tobytes() == expected.parameters.tobytes()
    assert found.loss.tobytes() == expected.loss.tobytes()


@pytest.mark.parametrize("together", ["columns", "units"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_code_for_one_network_gives_the_same_bytes(together, precision):
    drawn = experiment(
        *(8, (5, 3, 5, 4)),
        runs=5,
        n=1,
        batch_size=1,
        epochs=20,
        together=together,
        precision=precision,
    )
    assert any(run.l21 for run in drawn.runs)
    expected = train_runs(drawn, 8)
    assert train_runs(drawn, 8, freeze=True).hash() == expected.hash()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("l1", [0.0, 0.02])
def test_every_optimizer_comes_to_the_minimum_of_block_descent(optimizer, l1):
    """With the same groups, and the same zeros in them; where L2 is 0, which AdamW takes apart."""
    random = np.random.RandomState(1)
    n, columns, classes = 60, (3, 1, 2, 2), 3
    y = np.arange(n) % classes
    x = random.normal(size=(n, sum(columns)))
    x[:, 1 : 1 + classes] += 1.2 * np.eye(classes)[y]
    groups = [slice(a, a + b) for a, b in zip((0, 3, 4, 6), columns, strict=True)]
    net, step = by_column(network((x.shape[1], classes)), columns), GROUPED[optimizer]
    rates = {0.8: 6_000}
    if "epsilon" in step.HYPER:  # its steps are as long as the rate, which has to fall
        rates = {0.1 / 2**halvings: 400 for halvings in range(16)}
    l21 = [0.02, 0.06, 0.1]
    some = [
        Run(np.zeros(net.size), np.array([l1, 0]), np.zeros(2), 0.0, 0.9, l21=one) for one in l21
    ]
    order = np.arange(n)[None, :, None]
    samples = Samples(x, y.astype(float)[:, None], np.ones(n), order)
    runs = pack(some, 4, "float64", step)
    for rate, epochs in rates.items():
        runs.rate[...] = rate
        train(net, runs, samples, step, n, epochs)
    trained = step.trained(runs.parameters, runs.memory)
    kept = []
    for lane, strength in enumerate(l21):
        p = named(net, trained[0, :, lane])
        strengths = l1, 0.0, strength
        w, b = naive.sparse_group_regression(x, y, np.ones(n), groups, *strengths)
        told = x, y, np.ones(n), groups, *strengths
        least = naive.group_objective(w, b, *told)
        assert naive.group_objective(p["w1"], p["b1"], *told) == pytest.approx(least, abs=1e-8)
        np.testing.assert_array_equal(p["w1"] == 0, w == 0)
        np.testing.assert_allclose(p["w1"], w, rtol=0, atol=1e-5)
        kept.append(sum(w[:, g].any() for g in groups))
    assert kept[0] > kept[-1] > 0

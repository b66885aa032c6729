"""What counts as zero, as dead and as unused, against definitions spelt out."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import reference
from kernels.network import network
from sweep import Sweep
from sweep.training.sparsity import sparsity
from tests.sweep.trained import named, samples, trained


def on_paths(masks):
    """Collect the weights, as (layer, output, input), that lie on a path from end to end."""
    widths = [masks[0].shape[1], *(len(mask) for mask in masks)]
    found = set()
    for units in product(*map(range, widths)):
        steps = list(zip(range(len(masks)), units[1:], units, strict=False))
        if all(masks[layer][output, input_] for layer, output, input_ in steps):
            found.update(steps)
    return found


@settings(deadline=None)
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    share=st.sampled_from([0.2, 0.4, 0.7]),
    tolerance=st.sampled_from([0.0, 0.5]),
    seed=st.integers(0, 2**32 - 1),
)
def test_counts_are_those_of_the_definitions(widths, share, tolerance, seed):
    random = np.random.RandomState(seed)
    net = network(widths)
    weights = random.choice([0.0, -0.5, 0.5, 1.0, -2.0], (net.size, 3))
    weights[random.random_sample(weights.shape) > share] = 0
    largest = random.choice([0.0, 0.3], (sum(widths), 3))
    found = sparsity(net, weights, largest, np.full((net.layers, weights.shape[1]), tolerance))
    for run in range(3):
        p = named(net, weights[:, run])
        masks = [abs(p[f"w{layer}"]) > tolerance for layer in range(1, len(widths))]
        sizes = [mask.size for mask in masks]
        counts = [int(mask.sum()) for mask in masks]
        assert found["nonzero"][run] == sum(counts)
        assert found["sparsity"][run] == pytest.approx(1 - sum(counts) / sum(sizes))
        for layer, (count, size) in enumerate(zip(counts, sizes, strict=True), start=1):
            assert found[f"sparsity_w{layer}"][run] == pytest.approx(1 - count / size)
        assert found["effective"][run] == len(on_paths(masks))
        first = masks[0]
        unread = [not any(first[:, i]) for i in range(widths[0])]
        assert found["unused_inputs"][run] == sum(unread)
        hidden = largest[widths[0] : sum(widths[:-1]), run]
        assert found["dead_units"][run] == np.count_nonzero(hidden == 0)


def test_units_are_dead_where_no_sample_of_the_training_part_wakes_them():
    spec = Sweep(data="wine", hidden="9,7", lr=[0.05, 0.5], seeds=[1, 2, 3], epochs=5, l1=0.01)
    spec = spec.replace(l2=[0, 0.1], val_fraction=0.9)
    columns, parameters = trained(spec)
    for run, p in enumerate(parameters):
        x, *_ = samples(spec, columns["seed"][run])
        _, *hidden, _ = reference.forward(p, x)
        dead = sum(int((a.max(axis=0) == 0).sum()) for a in hidden)
        assert columns["dead_units"][run] == dead
    assert len(set(columns["dead_units"])) > 2


def test_a_weight_that_is_no_number_is_not_zero():
    diverged = Sweep(data="iris", hidden="4", l1=0, l2=0, lr=1e200, seeds=1, epochs=5).run()
    assert diverged.status[0] == "diverged" and diverged.nonzero[0] > 0


@pytest.mark.parametrize(("method", "tolerance"), [("subgradient", 1e-3), ("proximal", 0.0)])
def test_the_tolerance_is_that_of_the_method(method, tolerance):
    spec = Sweep(data="iris", hidden="8", l1=0.03, l2=0, seeds=1, epochs=40, l1_method=method)
    columns, (p,) = trained(spec)
    weights = np.concatenate([p["w1"].ravel(), p["w2"].ravel()])
    assert columns["nonzero"] == np.count_nonzero(abs(weights) > tolerance) < len(weights)
    columns, _ = trained(spec.replace(zero_tol=0.25))
    assert columns["nonzero"] == np.count_nonzero(abs(weights) > 0.25)


def test_a_subgradient_swings_and_the_tolerance_follows():
    """A weight counts as zero up to 0.001, or up to twice what L1 moves it in a step."""
    spec = Sweep(
        **{"data": "iris", "hidden": "8", "l1": [0.001, 0.3], "l2": 0, "lr": [0.01, 0.05]},
        **{"vary": {"l1_w2": [0, 0.5]}, "seeds": 1, "epochs": 30, "l1_method": "subgradient"},
    )
    columns, parameters = trained(spec)
    for run, p in enumerate(parameters):
        for name in ("w1", "w2"):
            l1 = columns["l1_w2" if name == "w2" else "l1"][run]
            most = max(1e-3, 2 * columns["lr"][run] * l1)
            assert columns[f"sparsity_{name}"][run] == pytest.approx(np.mean(abs(p[name]) <= most))
    fixed, _ = trained(spec.replace(zero_tol=1e-3))
    assert (columns["sparsity"] >= fixed["sparsity"]).all()
    assert (columns["sparsity"] > fixed["sparsity"]).any()

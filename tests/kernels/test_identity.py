"""The same run gives the same bytes, whatever runs beside it and however wide the pack."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.kinds import kinds_and_widths
from tests.kernels.packing import OPTIMIZERS, broken, experiment, experiments, train_runs
from tests.kernels.test_activations import OTHERS
from tests.kernels.test_losses import LOSSES


@settings(deadline=None, max_examples=25)
@given(experiments())
def test_every_lane_width_gives_the_same_bytes(drawn):
    expected = train_runs(drawn, width=8)
    for width in (1, 2, 4, 16):
        assert train_runs(drawn, width).hash() == expected.hash()


@pytest.mark.parametrize("values", [LOSSES, OTHERS, OPTIMIZERS])
def test_either_step_and_precision_is_tried_in_the_least_and_the_most_lanes(values):
    tried = kinds_and_widths("choice", values)
    for name in ("proximal", "precision"):
        assert len({(kind[name], width) for kind, width in tried}) == 4


@settings(deadline=None, max_examples=10)
@given(experiments(precisions=("float32",)))
def test_another_lane_width_gives_the_same_bytes_in_single_precision(drawn):
    expected = train_runs(drawn, width=16)
    assert train_runs(drawn, width=2).hash() == expected.hash()


@settings(deadline=None, max_examples=20)
@given(experiments(precisions=("float64", "float32")), st.data())
def test_neither_neighbours_nor_the_place_in_a_pack_change_a_run(drawn, data):
    width = 8 if drawn.samples.x.dtype == np.float64 else 16
    together = train_runs(drawn, width)
    order = data.draw(st.permutations(range(len(drawn.runs))))
    moved = train_runs(drawn._replace(runs=[drawn.runs[i] for i in order]), width)
    for place, i in enumerate(order):
        assert moved.bytes(place) == together.bytes(i)
    alone = data.draw(st.integers(0, len(drawn.runs) - 1))
    assert train_runs(drawn._replace(runs=[drawn.runs[alone]]), width).bytes(0) == (
        together.bytes(alone)
    )


@pytest.mark.parametrize("how", ["too fast", "NaN", "infinite"])
@pytest.mark.parametrize("proximal", [False, True])
def test_a_neighbour_that_diverges_changes_no_bit(how, proximal):
    drawn = experiment(seed=7, widths=(4, 6, 5, 3), runs=8, epochs=6, proximal=proximal)
    runs = [broken(run, how) if i % 3 == 1 else run for i, run in enumerate(drawn.runs)]
    expected, found = train_runs(drawn, width=8), train_runs(drawn._replace(runs=runs), width=8)
    for i in range(8):
        if i % 3 == 1:
            # It shows that it diverged; with lr=1e6 the weights may only be huge.
            assert not found.one[i].sum() < 1e6
        else:
            assert found.bytes(i) == expected.bytes(i)
            assert np.isfinite(found.loss[i])


@pytest.mark.parametrize(
    "shape",
    [
        {"widths": (5, 3, 5, 4), "n": 1, "batch_size": 1},
        {"widths": (5, 3, 5, 4), "n": 1, "batch_size": 1, "proximal": True},
        {"widths": (2, 3), "n": 6, "batch_size": 2, "streams": 2},
        {"widths": (1, 1, 1, 2), "n": 4, "batch_size": 4, "precision": "float32"},
    ],
    ids=str,
)
def test_code_for_one_network_gives_the_same_bytes(shape):
    drawn = experiment(seed=8, runs=5, epochs=20, **shape)
    width = 16 if shape.get("precision") else 8
    expected = train_runs(drawn, width)
    assert train_runs(drawn, width, freeze=True).hash() == expected.hash()

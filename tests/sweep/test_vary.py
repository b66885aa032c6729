"""Where a penalty acts: placements, and `vary`, which gives a parameter a penalty of its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from sweep import Sweep
from tests.sweep.console import rows
from tests.sweep.trained import trained

PARAMETERS = ["w1", "b1", "w2", "b2"]
#: A network of two layers, its L1 on both weight matrices and its L2 on the first.
SPEC = Sweep(
    data="iris", hidden="5", seeds=[1, 2], epochs=4, l1=0.02, l2=0.01, l2_on="w1", history=2
)


def test_varied_penalties_are_axes_with_names(typed, tmp_path):
    words = ["--data", "iris", "--hidden", 3, "--epochs", 1, "--seeds", 1, "--l1", "0,1", "--l2", 0]
    vary = ["--vary", "l2_b2=0:1:lin3", "--vary", "l1_w1=0,1e-3"]
    assert typed("run", *words, *vary, "--out", "r")[0] == 0
    table = results.load(tmp_path / "r")
    assert table.columns[:11].tolist() == [
        *("run", "data", "seed", "fold", "l1", "l2", "lr", "momentum", "l2_b2", "l1_w1", "status")
    ]
    found = table[["l1", "l2_b2", "l1_w1"]].to_numpy().tolist()
    assert found == [[l1, b, w] for l1 in (0, 1) for b in (0, 0.5, 1) for w in (0, 1e-3)]


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_one_sweep_gives_the_bits_of_separate_ones(method):
    """A penalty per layer is an axis here, and a placement there."""
    spec = SPEC.replace(l1_method=method)
    whole = spec.replace(vary={"l1_w1": [0, 0.02], "l2_w2": [0, 0.01]}).run()
    for l1_w1, l1_on in ((0, "w2"), (0.02, "w1,w2")):
        for l2_w2, l2_on in ((0, "w1"), (0.01, "w1,w2")):
            cell = whole[(whole.l1_w1 == l1_w1) & (whole.l2_w2 == l2_w2)]
            alone = spec.replace(l1_on=l1_on, l2_on=l2_on).run()
            left_out = ["run", "l1_w1", "l2_w2"]
            assert rows(cell.drop(columns=left_out)) == rows(alone.drop(columns="run"))
    assert whole.final_loss.nunique() == len(whole)


@settings(deadline=None, max_examples=25)
@given(
    on=st.fixed_dictionaries({k: st.sets(st.sampled_from(PARAMETERS)) for k in ("l1", "l2")}),
    vary=st.dictionaries(
        st.sampled_from([f"{kind}_{name}" for kind in ("l1", "l2") for name in PARAMETERS]),
        st.lists(st.sampled_from([0.0, 0.003, 0.04]), min_size=1, max_size=2, unique=True),
        max_size=3,
    ),
)
def test_each_penalty_is_counted_where_it_acts(on, vary):
    placed = {f"{kind}_on": ",".join(sorted(names)) or "none" for kind, names in on.items()}
    spec = SPEC.replace(vary=vary, seeds=3, epochs=1, history=0, **placed)
    columns, parameters = trained(spec)
    norms = {"l1": np.abs, "l2": np.square}
    for run, p in enumerate(parameters):
        for kind, axis in (("l1", 0.02), ("l2", 0.01)):
            each = {name: axis if name in on[kind] else 0.0 for name in PARAMETERS}
            for name in vary:
                if name.startswith(kind):
                    each[name[3:]] = columns[name][run]
            expected = sum(value * norms[kind](p[name]).sum() for name, value in each.items())
            assert columns[f"{kind}_penalty"][run] == pytest.approx(expected, rel=1e-13)

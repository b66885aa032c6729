"""Where parameters and units live."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.network import network
from tests import naive

widths = st.lists(st.integers(1, 50), min_size=2, max_size=7)


@given(widths)
def test_parameters_lie_one_after_another_in_the_order_of_their_names(widths):
    net = network(widths)
    expected = naive.layout(widths)
    assert net.names == tuple(name for name, _, _ in expected)
    assert net.layers == len(widths) - 1
    end = 0
    for name, start, shape in expected:
        assert net.shape(name) == shape
        assert net.place(name) == slice(start, start + int(np.prod(shape)))
        assert net.place(name).start == end
        end = net.place(name).stop
    assert net.size == end


@given(widths)
def test_units_are_counted_from_the_inputs_on(widths):
    net = network(widths)
    assert net.widths.tolist() == widths
    assert net.unit.tolist() == [sum(widths[:layer]) for layer in range(len(widths) + 1)]


@given(widths)
def test_layers_of_a_batch_do_not_overlap_nor_share_cache_sets(widths):
    net = network(widths)
    assert (net.pitch >= net.widths).all() and net.pitch[-1] == net.widths[-1]
    assert (net.pitch[:-1] % 4 != 0).all()
    assert net.room.tolist() == [net.pitch[:layer].sum() for layer in range(len(widths) + 1)]


@given(widths)
def test_any_sequence_of_integers_will_do(widths):
    for same in (tuple(widths), np.array(widths, dtype=np.int32)):
        assert network(same)[:4] == network(widths)[:4]
        for a, b in zip(network(widths)[4:-3], network(same)[4:-3], strict=True):
            assert a.dtype == b.dtype == np.int64 and a.flags.c_contiguous
            np.testing.assert_array_equal(a, b)

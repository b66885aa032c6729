"""Placements: texts and names -> parameters in the network's order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.errors import InputError
from sweep.specification import placement


@pytest.mark.parametrize(
    ("text", "layers", "expected"),
    [
        ("w3,b3,w2,b2", 3, ("w2", "b2", "w3", "b3")),
        (" b1 , w1 ", 1, ("w1", "b1")),
        ("weights", 3, ("w1", "w2", "w3")),
        ("biases", 2, ("b1", "b2")),
        ("all", 2, ("w1", "b1", "w2", "b2")),
        ("none", 2, ()),
        ("weights,b2,w1", 2, ("w1", "w2", "b2")),
        (("b2", "w1"), 2, ("w1", "b2")),
        ((), 2, ()),
    ],
)
def test_a_placement_is_names_in_the_order_of_the_network(text, layers, expected):
    assert placement.resolve(text, layers) == expected


@given(st.integers(1, 12), st.data())
def test_any_names_in_any_order_are_placed_once_each(layers, data):
    names = placement.names(layers)
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1))
    placed = placement.resolve(",".join(chosen), layers)
    assert placed == tuple(sorted(set(chosen), key=names.index))
    assert placement.resolve(placed, layers) == placed


@pytest.mark.parametrize(
    ("text", "layers", "nearest"),
    [
        ("w1,w9", 3, "w3"),
        ("w0", 3, "w1"),
        ("b13", 12, "b12"),
        ("weight", 3, "weights"),
        ("W2", 3, "w2"),
        ("w2", 1, "w1"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(text, layers, nearest):
    with pytest.raises(InputError, match=rf"did you mean {nearest}\?$") as error:
        placement.resolve(text, layers)
    last = f"w{layers}, b{layers} (or weights, biases, all, none)"
    assert repr(text.split(",")[-1]) in str(error.value) and last in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", ["", "w1,", "sideways", 5, [1]])
def test_what_is_no_placement_is_refused(given):
    with pytest.raises(InputError):
        placement.resolve(given, 3)


def test_a_varied_name_is_a_penalty_and_a_parameter():
    for name in ("l1_w1", "l2_b3"):
        placement.check_varied(name, 3)
    with pytest.raises(InputError, match=r"w1, b1, w2, b2; did you mean b2\?"):
        placement.check_varied("l1_b3", 2)
    for name in ("w1", "l3_w1", "lr", ""):
        with pytest.raises(InputError, match="such as l1_w1"):
            placement.check_varied(name, 3)
    with pytest.raises(InputError, match="not a parameter"):
        placement.check_varied("l1_weights", 3)

"""Model: predictions against the reference, new data by name, and pruning to the same bits."""

import dataclasses
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from copy import copy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, csr_matrix

from kernels import reference
from kernels.network import network
from sweep import Model, RegularizedMLPClassifier
from sweep.data.dataset import Variable
from sweep.errors import InputError


def model_of(widths, parameters, **changes):
    inputs = widths[0]
    made = Model(
        widths=tuple(widths),
        parameters=np.asarray(parameters, dtype=np.float64),
        inputs=np.arange(inputs),
        mean=np.zeros(inputs),
        scale=np.ones(inputs),
        classes=tuple(f"class {i}" for i in range(widths[-1])),
        variables=tuple(Variable(f"x{i}") for i in range(inputs)),
        specification={},
        trained_on={"rows": 3, "data": "nothing", "seed": 1},
    )
    return dataclasses.replace(made, **changes)


def drawn(widths, seed=0):
    return np.random.RandomState(seed).standard_normal(network(widths).size)


@pytest.mark.parametrize("widths", [(4, 3), (7, 5, 4, 3), (3, 40, 1), (64, 32, 16, 10)])
def test_predictions_are_the_references(widths):
    net, parameters = network(widths), drawn(widths)
    x = np.random.RandomState(1).standard_normal((101, widths[0])) * 3
    mean, scale = drawn((widths[0] - 1, 1)), np.arange(1.0, widths[0] + 1)
    model = model_of(widths, parameters, mean=mean, scale=scale)
    by_name = {name: model.parameter(name) for name in net.names}
    logits = reference.forward(by_name, (x - mean) / scale)[-1]
    found = model.predict_proba(x)
    # The same sums, rounded once a term here and twice there.
    np.testing.assert_allclose(found, reference.softmax(logits), rtol=1e-11, atol=1e-13)
    assert list(model.predict(x)) == [f"class {i}" for i in found.argmax(axis=1)]


def test_large_logits_do_not_overflow():
    model = model_of((1, 3), [1, 2, 3, 0, 0, 0])
    found = model.predict_proba([[1e4], [-1e4]])
    np.testing.assert_array_equal(found, [[0, 0, 1], [1, 0, 0]])


def test_a_row_is_predicted_to_the_same_bits_in_any_company():
    model = model_of((6, 5, 3), drawn((6, 5, 3)))
    x = np.random.RandomState(1).standard_normal((300, 6))
    together = model.predict_proba(x)
    for rows in (slice(0, 1), slice(17, 90), slice(299, 300)):
        np.testing.assert_array_equal(model.predict_proba(x[rows]), together[rows])


def test_rows_are_predicted_a_few_at_a_time(monkeypatch):
    """So that a prediction takes little more room than what it gives."""
    model = model_of((6, 5, 3), drawn((6, 5, 3)), scale=np.arange(1.0, 7))
    x = np.random.RandomState(1).standard_normal((70, 6))
    together = model.predict_proba(x)
    monkeypatch.setattr("sweep.models.model._AT_ONCE", 6 * 32)
    np.testing.assert_array_equal(model.predict_proba(x), together)
    x[65, 2] = np.inf
    with pytest.raises(InputError, match="feature 'x2' of row 65"):
        model.predict_proba(x)


def test_a_sparse_matrix_is_predicted_as_the_dense_one(monkeypatch):
    model = model_of((6, 5, 3), drawn((6, 5, 3)))
    x = np.random.RandomState(1).standard_normal((70, 6)) * (np.arange(6) % 3 == 0)
    monkeypatch.setattr("sweep.models.model._AT_ONCE", 6 * 32)
    for kind in (csr_matrix, csc_array):
        np.testing.assert_array_equal(model.predict_proba(kind(x)), model.predict_proba(x))


def test_a_change_in_place_is_seen_by_the_next_prediction():
    model = model_of((2, 3), drawn((2, 3)))
    before = model.predict_proba([[1, 2]])
    model.parameters[0] += 1
    changed = model.predict_proba([[1, 2]])
    assert not np.array_equal(changed, before)
    again = pickle.loads(pickle.dumps(model)).predict_proba([[1, 2]])
    np.testing.assert_array_equal(again, changed)
    with pytest.raises(ValueError, match="read-only"):
        model.mean[0] = 1
    scaled = model_of((2, 3), model.parameters, scale=np.array([1.0, 2.0]))
    scaled.predict_proba([[1, 4]])
    scaled.mean[0] = 1
    np.testing.assert_array_equal(scaled.predict_proba([[2, 4]]), changed)


def test_threads_share_the_weights_and_a_copy_has_none():
    model = model_of((90, 90, 2), drawn((90, 90, 2)))
    in_lanes = 8 * 8 * len(model.parameters)
    model.predict_proba(np.ones((1, 90)))
    tracemalloc.start()
    room = model._prediction._free.pop()  # as another thread does
    model.predict_proba(np.ones((1, 90)))
    assert tracemalloc.get_traced_memory()[0] < in_lanes / 2
    tracemalloc.stop()
    assert len(room.found) == 1 and "_prediction" not in vars(copy(model))


def test_threads_may_share_a_model():
    model = model_of((6, 5, 3), drawn((6, 5, 3)))
    x = np.random.RandomState(1).standard_normal((40, 300, 6))
    alone = [model.predict_proba(rows) for rows in x]
    with ThreadPoolExecutor(4) as threads:
        for one, other in zip(alone, threads.map(model.predict_proba, x), strict=True):
            np.testing.assert_array_equal(one, other)


def test_sums_beyond_the_largest_number_are_told():
    model = model_of((1, 2, 2), [1e10, -1e10, 0, 0, 1e10, 1e10, -1e10, 1e10, 0, 0])
    assert np.isfinite(model.predict_proba([[1e280], [1e200]])).all()
    with pytest.raises(InputError, match=r"row 1 \(from 0\) has numbers so large"):
        model.predict_proba([[1.0], [1e300]])


@st.composite
def sparse_networks(draw):
    widths = draw(st.lists(st.integers(1, 6), min_size=2, max_size=5))
    density = draw(st.sampled_from([0.1, 0.3, 0.6]))
    random = np.random.RandomState(draw(st.integers(0, 2**31)))
    parameters = random.standard_normal(network(widths).size)
    parameters[random.rand(len(parameters)) > density] = 0
    return widths, parameters


@settings(deadline=None, max_examples=200)
@given(sparse_networks())
def test_pruning_keeps_the_predictions_to_the_bit(made):
    widths, parameters = made
    model = model_of(widths, parameters)
    x = np.random.RandomState(0).standard_normal((9, widths[0]))
    pruned, least = model.prune(), model.prune(exact=False)
    np.testing.assert_array_equal(pruned.predict_proba(x), model.predict_proba(x))
    np.testing.assert_allclose(least.predict_proba(x), model.predict_proba(x), rtol=1e-12)
    for smaller in (pruned, least):
        again = smaller.prune(exact=smaller is pruned)
        assert again.widths == smaller.widths and list(again.inputs) == list(smaller.inputs)
        assert all(a <= b for a, b in zip(smaller.widths, widths, strict=True))
        for layer in range(1, len(smaller.widths)):
            heard = smaller.parameter(f"w{layer}").any(axis=0)
            assert heard.all() or len(heard) == 1
    for layer in range(1, len(least.widths) - 1):
        assert least.parameter(f"w{layer}").any(axis=1).all() or least.widths[layer] == 1


def chain():
    """Build 3-4-2: inputs x0, x2; units alive, dead by its bias, constant, and heard by none."""
    model = model_of((3, 4, 2), np.zeros(network((3, 4, 2)).size))
    model.parameter("w1")[...] = [[1, 0, -1], [0, 0, 0], [0, 0, 0], [2, 3, 4]]
    model.parameter("b1")[...] = [0.5, -1, 0.1, 1]
    model.parameter("w2")[...] = [[1, 2, 0.3, 0], [-1, 1, 0.7, 0]]
    model.parameter("b2")[...] = [0.1, 0.2]
    return model


def test_what_is_pruned():
    pruned, least = chain().prune(), chain().prune(exact=False)
    assert pruned.widths == (2, 2, 2) and list(pruned.inputs) == [0, 2]
    assert list(pruned.parameter("w1").ravel()) == [1, -1, 0, 0]
    assert list(pruned.parameter("b1")) == [0.5, 0.1]
    assert least.widths == (2, 1, 2)
    np.testing.assert_allclose(least.parameter("b2"), [0.1 + 0.03, 0.2 + 0.07])
    assert str(pruned) == (
        "network 2-2-2: 12 parameters, 10 of them not exactly zero, from 2 of 3 inputs to 2 "
        "classes; trained on 3 rows of nothing, seed 1"
    )


def test_a_network_that_says_nothing_is_pruned_to_a_chain():
    model = model_of((5, 4, 3, 2), drawn((5, 4, 3, 2)))
    model.parameter("w3")[...] = model.parameter("b3")[...] = 0
    assert model.prune().widths == (1, 1, 1, 2)
    np.testing.assert_array_equal(model.prune().predict_proba(np.ones((1, 5))), [[0.5, 0.5]])


def test_a_proximal_fit_is_pruned():
    random = np.random.RandomState(0)
    x = random.standard_normal((300, 8))
    y = x[:, 2] + x[:, 5] > 0
    fitted = RegularizedMLPClassifier(
        l1=0.03,
        l1_method="proximal",
        batch_size="full",
        learning_rate_init=0.1,
        max_iter=500,
        random_state=1,
    ).fit(x, y)
    pruned = fitted.model_.prune()
    assert {2, 5} <= set(pruned.inputs.tolist()) and len(pruned.inputs) < 8
    assert len(pruned.parameters) < 50 < len(fitted.model_.parameters)
    np.testing.assert_array_equal(pruned.predict_proba(x), fitted.predict_proba(x))


def mixed(**changes):
    variables = (Variable("age"), Variable("hue", ("blue", "red")), Variable("size"))
    return model_of((4, 3, 2), drawn((4, 3, 2)), variables=variables, **changes)


def test_columns_are_found_by_name_and_encoded_as_at_training():
    frame = pd.DataFrame({"size": [1.5, 2], "id": ["a", "b"], "hue": ["red", "blue"]})
    frame["age"] = ["30", "40"]  # text that reads as numbers is numbers
    found = mixed().predict_proba(frame)
    expected = mixed().predict_proba([[30, 0, 1, 1.5], [40, 1, 0, 2]])
    np.testing.assert_array_equal(found, expected)
    assert mixed().features == ("age", "hue=blue", "hue=red", "size")


def test_a_category_of_numbers_stays_one():
    model = model_of((2, 2), drawn((2, 2)), variables=(Variable("code", ("7", "12")),))
    found = model.predict_proba(pd.DataFrame({"code": [12, 7]}))
    np.testing.assert_array_equal(found, model.predict_proba([[0, 1], [1, 0]]))


@pytest.mark.parametrize(
    "columns, message",
    [
        ({"hue": ["red"], "size": [1]}, "the DataFrame has no column 'age'"),
        ({"age": ["old"], "hue": ["red"], "size": [1]}, "column 'age', row 0 .*'old' is not a num"),
        ({"age": [1], "hue": ["pink"], "size": [1]}, "'hue', row 0 .*'pink' did not occur"),
        ({"age": [1], "hue": [None], "size": [1]}, "'hue', row 0 .*: no value"),
        ({"age": [1], "hue": [3], "size": [1]}, "'3' did not occur at training.*blue, red"),
        ({"age": [np.inf], "hue": ["red"], "size": [1]}, "'age', row 0 .*not a finite number"),
    ],
)
def test_columns_that_cannot_be_read(columns, message):
    with pytest.raises(InputError, match=message) as error:
        mixed().predict_proba(pd.DataFrame(columns))
    assert "\n" not in str(error.value)


def test_what_a_pruned_network_does_not_read_may_be_missing():
    model = mixed()
    model.parameter("w1")[:, [1, 2]] = 0
    pruned = model.prune()
    frame = pd.DataFrame({"size": [1.5, 2], "age": [30, 40]})
    expected = model.predict_proba([[30, 1, 0, 1.5], [40, 0, 1, 2]])
    np.testing.assert_array_equal(pruned.predict_proba(frame), expected)
    unread = [[30, np.nan, np.nan, 1.5], [40, np.inf, 1, 2]]
    np.testing.assert_array_equal(pruned.predict_proba(unread), expected)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.ones((2, 3)), r"shape \(rows, 4\)"),
        (np.ones(4), r"not \(4,\)"),
        (np.ones((0, 4)), "one row or more"),
        ([["a", 0, 0, 0]], "finite numbers: could not convert"),
        ([[0, 0, 0, 0], [0, 0, 0, np.nan]], "^feature 'size' of row 1 .* is missing, and no row"),
        ([[0, 0, 0, 0], [0, 0, 0, np.inf]], "^feature 'size' of row 1 .* is inf, and should"),
    ],
)
def test_arrays_that_cannot_be_read(x, message):
    with pytest.raises(InputError, match=message):
        mixed().predict_proba(x)

"""exp and log of a Lane: within 1 ulp of the correctly rounded value, and NumPy's ends."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from kernels.lane.exp_log import exp, exp_all, log
from kernels.lane.lanes import as_lanes
from tests import naive

WIDTH = {"float64": 8, "float32": 16}
WHOLE = {"float64": np.int64, "float32": np.int32}
PRECISIONS = pytest.mark.parametrize("precision", WIDTH)
LN2 = np.log(2)


@njit(error_model="numpy")
def _apply(x, exps, logs, count):
    for i in range(count):
        exps[i] = exp(x[i])
        logs[i] = log(x[i])


def apply(x):
    """Return exp and log of a vector, computed in Lanes."""
    width = WIDTH[x.dtype.name]
    rows = np.resize(x, (-(-len(x) // width), width))
    found = np.empty((2, *rows.shape), x.dtype)
    _apply(as_lanes(rows), as_lanes(found[0]), as_lanes(found[1]), len(rows))
    return found.reshape(2, -1)[:, : len(x)]


def ulps(a, b):
    """Return how many numbers a and b are apart, both finite and of one sign."""
    whole = WHOLE[a.dtype.name]
    return np.abs(a.view(whole).astype(np.int64) - b.view(whole).astype(np.int64))


def beside(x, steps=3):
    """Return numbers with their nearest neighbours."""
    found = [x]
    with np.errstate(over="ignore"):  # beside the largest is infinity
        for far in (-np.inf, np.inf):
            y = x
            for _ in range(steps):
                y = np.nextafter(y, x.dtype.type(far))
                found.append(y)
    return np.concatenate(found)


def exp_arguments(precision):
    random = np.random.RandomState(0)
    low, high = (-745.1, 709.78) if precision == "float64" else (-103.9, 88.72)
    n = np.arange(int(low / LN2), int(high / LN2), 11 if precision == "float64" else 2)
    x = [
        random.uniform(low, high, size=3000),
        random.uniform(-3, 3, size=3000),
        -(10 ** random.uniform(-20, 2, size=1000)),
        10 ** random.uniform(-20, 1.8, size=1000),
        random.uniform(low, low + 50, size=500),  # subnormal results
        beside((n * LN2).astype(precision), steps=1),  # where the argument reduces to nothing
        beside(((n + 0.5) * LN2).astype(precision), steps=1),  # and where it is largest
        beside(np.array([low, high, 0, 1, -1], precision)),
    ]
    return np.concatenate([part.astype(precision) for part in x])


def log_arguments(precision):
    random = np.random.RandomState(1)
    info = np.finfo(precision)
    powers = 2.0 ** np.arange(info.minexp, info.maxexp, 23)
    x = [
        np.exp(random.uniform(np.log(info.tiny), np.log(info.max) - 1e-9, size=3000)),
        random.uniform(0.4, 3, size=3000),
        1 + random.choice([-1, 1], size=1000) * 10 ** random.uniform(-16, -1, size=1000),
        info.tiny * random.uniform(0, 1, size=500),  # subnormal
        beside(powers.astype(precision), steps=1),
        beside((powers * np.sqrt(2)).astype(precision), steps=1),  # where the exponent changes
        beside(np.array([1, 2, info.tiny, 100], precision)),
        np.array([info.smallest_subnormal, info.max]),
    ]
    x = np.concatenate([part.astype(precision) for part in x])
    return x[(x > 0) & np.isfinite(x)]


@PRECISIONS
def test_exp_is_within_one_ulp(precision):
    x = exp_arguments(precision)
    expected = np.array([naive.nearest(mpmath.exp, value, precision) for value in x])
    assert ulps(apply(x)[0], expected).max() <= 1


@PRECISIONS
def test_log_is_within_one_ulp(precision):
    x = log_arguments(precision)
    expected = np.array([naive.nearest(mpmath.log, value, precision) for value in x])
    found = apply(x)[1]
    assert (np.sign(found) == np.sign(expected)).all()
    assert ulps(found, expected).max() <= 1


@PRECISIONS
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_any_number_gives_what_numpy_gives(precision, data):
    x = np.array([data.draw(st.floats(width=int(precision[-2:])))], precision)
    with np.errstate(all="ignore"):
        expected = np.exp(x), np.log(x)
    for found, wanted in zip(apply(x), expected, strict=True):
        if np.isfinite(wanted).all():
            # Each may be one off the correctly rounded value, to its own side.
            assert ulps(found, wanted) <= 2
        else:
            np.testing.assert_array_equal(found, wanted)


@PRECISIONS
def test_the_ends_are_numpys(precision):
    info = np.finfo(precision)
    edges = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, info.max, -info.max]
    edges += [info.tiny, -info.tiny, info.smallest_subnormal, -info.smallest_subnormal]
    edges += [710, 745, -745, -746, -750, 799, 801, -801, 88.8, 89, -103.5, -104.5, -119, -121, -1]
    x = beside(np.array(edges, precision), steps=2)
    with np.errstate(all="ignore"):
        exps, logs = np.exp(x), np.log(x)
    for found, wanted in zip(apply(x), (exps, logs), strict=True):
        ends = ~np.isfinite(wanted) | (wanted == 0)
        np.testing.assert_array_equal(found[ends], wanted[ends])
        assert ulps(found[~ends], wanted[~ends]).max() <= 2


@PRECISIONS
def test_python_computes_the_same_but_for_rounding(precision):
    """The functions are ordinary Python as well; there fma rounds twice."""
    x = log_arguments(precision)
    with np.errstate(over="ignore"):  # of what is not chosen
        logs = log(x)
    np.testing.assert_allclose(logs, apply(x)[1], rtol=0, atol=1e3 * np.finfo(precision).eps)
    x = exp_arguments(precision)
    x = x[x > -80]
    np.testing.assert_allclose(exp(x), apply(x)[0], rtol=1e3 * np.finfo(precision).eps)


@njit(error_model="numpy")
def _exp_in_place(x, first, last):
    exp_all(x, first, last)


@PRECISIONS
@pytest.mark.parametrize(("first", "last"), [(0, 40), (3, 4), (2, 9), (5, 5), (1, 39)])
def test_exp_of_many_is_exp_of_each(precision, first, last):
    x = np.random.RandomState(0).normal(scale=20, size=(40, WIDTH[precision])).astype(precision)
    expected = x.copy()
    expected[first:last] = apply(x.ravel())[0].reshape(x.shape)[first:last]
    _exp_in_place(as_lanes(x), first, last)
    assert x.tobytes() == expected.tobytes()

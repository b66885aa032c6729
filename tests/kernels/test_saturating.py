"""tanh, logistic and ELU of a Lane: within 2 ulp of the exact value, and right at their ends."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config, njit

from kernels.lane.exp_log import in_fours
from kernels.lane.lanes import as_lanes
from kernels.lane.saturating import elu, logistic, tanh
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from tests import method, rounding

WIDTH = {"float64": 8, "float32": 16}
PRECISIONS = pytest.mark.parametrize("precision", WIDTH)
NAMES = ("tanh", "logistic", "elu")
EACH = pytest.mark.parametrize("name", NAMES)


@njit(error_model="numpy")
def _apply(x, tanhs, logistics, elus, count, flush):
    before = flush_subnormals() if flush else 0
    for i in range(count):
        tanhs[i] = tanh(x[i])
        logistics[i] = logistic(x[i])
        elus[i] = elu(x[i])
    if flush:
        restore_subnormals(before)


def apply(x, flush=False):
    """Return the three of a vector by name, computed in Lanes."""
    width = WIDTH[x.dtype.name]
    rows = np.resize(x, (-(-len(x) // width), width))
    found = np.empty((3, *rows.shape), x.dtype)
    _apply(as_lanes(rows), *map(as_lanes, found), len(rows), flush)
    return dict(zip(NAMES, found.reshape(3, -1)[:, : len(x)], strict=True))


def around(centres, precision, steps):
    """Return numbers and their negatives, with the nearest neighbours of each."""
    whole = np.int64 if precision == "float64" else np.int32
    bits = np.asarray(centres, precision).view(whole)
    places = (bits[:, None] + np.arange(-steps, steps + 1, dtype=whole)).ravel()
    return np.concatenate([places.view(precision), -places.view(precision)])


def arguments(precision):
    """Return numbers of every size, dense where something changes."""
    random = np.random.RandomState(0)
    info = np.finfo(precision)
    turns = (np.arange(60) + 0.5) * np.log(2)  # where e**x has its next power of two
    crossing = [np.log(3) / 2, 2 * np.log(3) / 2]  # where tanh's h is 1
    level = [9.01, 17.33, 19.06, 36.74, 37.42, 40.0, 88.7, 104.0, 708.4, 745.1]  # where they end
    powers = 2.0 ** np.arange(info.minexp, info.maxexp, dtype=float)
    x = [
        random.uniform(-2, 2, size=3000),
        random.uniform(-40, 40, size=2000),
        random.uniform(-760, 760, size=500),
        random.choice([-1, 1], size=2000) * 10 ** random.uniform(-30, 1.6, size=2000),
        random.choice([-1, 1], size=500) * info.tiny * random.uniform(0, 1, size=500),
        around(powers, precision, steps=1),
        around(np.concatenate([turns, turns / 2, crossing, level]), precision, steps=6),
        np.array([info.max, -info.max, info.smallest_subnormal, -info.smallest_subnormal]),
    ]
    return np.concatenate([part.astype(precision) for part in x])


def _apart(found, exact, x, digits, least):
    """Return how far a number is from what mpmath finds, in units of the last place."""
    with mpmath.workprec(200):
        value = exact(mpmath.mpf(float(x)))
        place = max(mpmath.frexp(value)[1] - digits, -least) if value else -least
        return float(mpmath.ldexp(abs(mpmath.mpf(float(found)) - value), -place))


EXACT = {
    "tanh": mpmath.tanh,
    "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    "elu": lambda x: mpmath.expm1(x) if x < 0 else x,
}


@EACH
def test_double_precision_is_within_two_ulp(name):
    """Of half a million that were tried, the worst were 1.56, 1.36 and 0.86 off."""
    x = arguments("float64")
    found = apply(x)[name]
    assert max(_apart(a, EXACT[name], b, 53, 1074) for a, b in zip(found, x, strict=True)) < 1.7


def in_double(name, x):
    """Return the function in NumPy's double precision."""
    x = x.astype(np.float64)
    e = np.exp(-abs(x))
    if name == "tanh":
        return np.tanh(x)
    if name == "elu":
        return np.where(x < 0, np.expm1(np.minimum(x, 0)), x)
    return np.where(x < 0, e, 1) / (1 + e)


@EACH
def test_single_precision_is_within_two_ulp(name):
    """Every 4099th number there is, and the edges."""
    every = np.arange(0, 2**32, 4099, dtype=np.uint32).view(np.float32)
    x = np.concatenate([every[np.isfinite(every)], arguments("float32")])
    found, exact = apply(x)[name].astype(np.float64), in_double(name, x)
    place = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 24, -149))
    assert (abs(found - exact) / place).max() < 1.7


@PRECISIONS
def test_the_ends(precision):
    info = np.finfo(precision)
    far = np.array([np.inf, info.max, 800.0, 120.0, 41.0, 40.0], precision)
    above, below = apply(far), apply(-far)
    np.testing.assert_array_equal(above["tanh"], 1.0)
    np.testing.assert_array_equal(below["tanh"], -1.0)
    np.testing.assert_array_equal(above["logistic"], 1.0)
    np.testing.assert_array_equal(below["logistic"][:3], 0.0)
    np.testing.assert_array_equal(above["elu"], far)
    np.testing.assert_array_equal(below["elu"], -1.0)
    zeros = apply(np.array([0.0, -0.0, np.nan, -np.nan], precision))
    for name in ("tanh", "elu"):
        np.testing.assert_array_equal(np.signbit(zeros[name][:2]), [False, True])
    for name, at_zero in (("tanh", 0.0), ("logistic", 0.5), ("elu", 0.0)):
        np.testing.assert_array_equal(zeros[name][:2], at_zero)
        assert np.isnan(zeros[name][2:]).all()


@PRECISIONS
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_nothing_leaves_its_range(precision, data):
    x = np.array([data.draw(st.floats(width=int(precision[-2:]), allow_nan=False))], precision)
    found, mirrored = apply(x), apply(-x)
    assert mirrored["tanh"].tobytes() == (-found["tanh"]).tobytes()
    assert abs(found["tanh"]) <= 1 and 0 <= found["logistic"] <= 1 and found["elu"] >= -1
    # What a slope is found from, never negative.
    assert found["tanh"] ** 2 <= 1 and found["logistic"] ** 2 <= found["logistic"]


@pytest.mark.skipif(config.DISABLE_JIT, reason="kernels run uncompiled")
@PRECISIONS
def test_subnormal_numbers_are_zero_where_kernels_run(precision):
    info = np.finfo(precision)
    least = np.array([info.tiny, -info.tiny, info.tiny * 1.5], precision)
    found = apply(least, flush=True)
    for name in ("tanh", "elu"):
        np.testing.assert_array_equal(found[name], least)
    below = np.array([info.tiny / 2, -info.tiny / 4, info.smallest_subnormal], precision)
    assert (apply(below, flush=True)["tanh"] == 0).all()
    faint = np.log(info.tiny) - np.array([1.0, 3.0, 9.0], precision)
    assert (apply(faint)["logistic"] > 0).all() and (
        apply(faint, flush=True)["logistic"] == 0
    ).all()


@pytest.mark.skipif(config.DISABLE_JIT, reason="kernels run uncompiled")
@PRECISIONS
@EACH
def test_they_are_what_the_method_tells_to_the_last_bit(precision, name):
    x = rounding.normal(arguments(precision))
    # e**x may round up to the least normal number, which some processors keep.
    x = x[abs(x - np.log(np.finfo(precision).tiny)) > 1e-3]
    with np.errstate(all="ignore"):
        expected = getattr(method, name)(x)
    assert apply(x, flush=True)[name].tobytes() == expected.tobytes()


@PRECISIONS
@pytest.mark.parametrize("function", [tanh, logistic, elu])
def test_python_computes_the_same_but_for_rounding(precision, function):
    """The functions are ordinary Python as well; there fma rounds twice."""
    x = arguments(precision)
    x = x[x > (-80 if precision == "float32" else -700)]
    with np.errstate(under="ignore", over="ignore"):  # e**x, and what is not chosen
        found = function(x)
    expected = apply(x)[function.__name__]
    np.testing.assert_allclose(found, expected, rtol=1e3 * np.finfo(precision).eps)


_each = in_fours(elu)


@njit(error_model="numpy")
def _in_place(x, first, last):
    _each(x, first, last)


@PRECISIONS
@pytest.mark.parametrize(("first", "last"), [(0, 40), (3, 4), (2, 9), (5, 5), (1, 39)])
def test_many_in_fours_are_each(precision, first, last):
    x = np.random.RandomState(0).normal(scale=20, size=(40, WIDTH[precision])).astype(precision)
    expected = x.copy()
    expected[first:last] = apply(x.ravel())["elu"].reshape(x.shape)[first:last]
    _in_place(as_lanes(x), first, last)
    assert x.tobytes() == expected.tobytes()

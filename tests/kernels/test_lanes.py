"""Lanes: their arithmetic, and how arrays of them are laid out."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config, njit
from numba.core.errors import TypingError

from kernels.lane.lanes import (
    aligned_zeros,
    as_lanes,
    computes_halves,
    copy,
    lane_width,
    lanes_from,
    numbers,
    vector_bytes,
    vector_registers,
)
from kernels.lane.operations import (
    broadcast,
    copysign,
    exponent,
    fma,
    power_of_two,
    rounded,
    select,
    significand,
)

PRECISIONS = pytest.mark.parametrize("precision", ["float64", "float32"])


def operations(x, y, out):
    """Do everything that a Lane can do; on NumPy arrays as well."""
    out[0], out[1], out[2], out[3] = x + y, x - y, x * y, x / y
    out[4], out[5], out[6], out[7] = x + 0.1, 0.1 - x, x * 3, 1 / x
    out[8], out[9] = -x, abs(x)
    out[10], out[11] = select(x < y, x, y), select(x > y, x, 1.5)
    out[12], out[13] = select(x == y, 2, y), select(x < 0.5, 0.1, x)
    out[14], out[15] = copysign(x, y), copysign(0.1, x)
    out[16], out[17] = broadcast(x, 0.1), broadcast(x, y)
    out[18], out[19] = select(x > y, 0, x), select(x <= y, y, x)


def of_normal_numbers(x, n, out):
    """Do what is for positive normal numbers x, and integers n."""
    out[0], out[1], out[2], out[3] = exponent(x), significand(x), rounded(n), power_of_two(n)


def compiled(function):
    function = njit(function, error_model="numpy")

    @njit
    def apply(x, y, out):
        function(x[0], y[0], out)

    return lambda *arrays: apply(*map(as_lanes, arrays))


COMPILED = {function: compiled(function) for function in (operations, of_normal_numbers)}
WIDTH = 16


def check(function, x, y, precision, results):
    """Compare the compiled function with itself in plain Python, bit by bit."""
    x, y = (np.resize(np.array(v, precision), (len(v) // WIDTH + 1, WIDTH)) for v in (x, y))
    found, expected = (np.zeros((results, WIDTH), precision) for _ in "ab")
    for a, b in zip(x, y, strict=True):
        COMPILED[function](a[None], b[None], found)
        with np.errstate(all="ignore"):
            function(a, b, expected)
        np.testing.assert_array_equal(found, expected)
        signed = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found[signed]), np.signbit(expected[signed]))


@PRECISIONS
def test_a_lane_computes_as_numpy_does(precision):
    info = np.finfo(precision)
    edges = [0.0, -0.0, np.nan, np.inf, -np.inf, info.max, info.tiny, -info.smallest_subnormal]
    values = [*edges, 1.0, -2.5, 0.1, 0.5, 1e-3, 7e8]
    pairs = [(a, b) for a in values for b in values]
    check(operations, *zip(*pairs, strict=True), precision, results=20)


@PRECISIONS
def test_the_parts_of_a_number(precision):
    info = np.finfo(precision)
    random = np.random.RandomState(0)
    root = np.dtype(precision).type(np.sqrt(0.5))
    x = [
        np.nextafter(root * 2**k, np.dtype(precision).type(way)) for k in range(4) for way in (0, 9)
    ]
    x = [*x, root, 1, 2, 0.75, info.tiny, info.max, *np.exp(random.uniform(-80, 80, size=100))]
    n = random.randint(info.minexp, info.maxexp, size=len(x))
    check(of_normal_numbers, x, n, precision, results=4)


@given(st.floats(-(2**20), 2**20) | st.integers(-(2**20), 2**20).map(lambda n: n + 0.5))
def test_rounding_goes_to_even(x):
    for precision in ("float64", "float32"):
        out = np.zeros((4, WIDTH), precision)
        row = np.full((1, WIDTH), x, precision)
        COMPILED[of_normal_numbers](abs(row) + 1, row, out)
        assert (out[2] == np.rint(row[0])).all()


@njit(error_model="numpy")
def _fused(a, b, c, out):
    out[0] = fma(a[0], b[0], c[0])


def test_a_multiply_add_is_rounded_once():
    random = np.random.RandomState(0)
    a, b = random.normal(size=(2, 1, WIDTH))
    c = -a * b  # what is left is the rounding error of the product
    out = np.zeros((1, WIDTH))
    _fused(*map(as_lanes, (a, b, c, out)))
    terms = zip(a[0].tolist(), b[0].tolist(), c[0].tolist(), strict=True)
    exact = [Fraction(x) * Fraction(y) + Fraction(z) for x, y, z in terms]
    assert out[0].tolist() == [float(left) for left in exact]
    assert any(exact) and not (a * b + c).any()


@given(st.lists(st.integers(0, 9), max_size=4).map(tuple), st.sampled_from(["f4", "f8", "i8"]))
def test_aligned_zeros_begin_on_a_cache_line(shape, dtype):
    array = aligned_zeros(shape, dtype)
    assert array.shape == shape and array.dtype == dtype
    assert array.flags.c_contiguous and array.flags.writeable and not array.any()
    assert array.size == 0 or array.ctypes.data % 64 == 0


@njit(error_model="numpy")
def _write(lanes, values, count):
    for i in range(count):
        lanes[i] = lanes_from(lanes, count)[i]
        numbers(lanes)[i] = values[i]


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
@PRECISIONS
def test_a_flat_array_is_the_array(precision, width):
    """One function for all widths: that it must be compiled anew, the types have to tell."""
    array = np.random.RandomState(0).normal(size=(3, 2, width)).astype(precision)
    expected, values = array.copy().reshape(6, width), np.arange(3).astype(precision)
    expected[:3] = expected[3:]
    expected.reshape(-1)[:3] = values
    _write(as_lanes(array), numbers(values), 3)
    assert (array.reshape(6, width) == expected).all()


def _copy_some(target, source):
    copy(target, 2, source, 1, 3)


@PRECISIONS
def test_numbers_are_copied_from_one_place_to_another(precision):
    source, target = np.arange(10, dtype=precision), np.zeros(10, precision)
    for function in (_copy_some, njit(_copy_some)):
        target[:] = 0
        function(numbers(target), numbers(source))
        assert target.tolist() == [0, 0, 1, 2, 3, 0, 0, 0, 0, 0]


def test_numbers_of_another_precision_are_not_copied():
    with pytest.raises(TypingError):
        njit(_copy_some)(numbers(np.zeros(10)), numbers(np.zeros(10, np.float32)))


def test_an_array_with_gaps_is_refused():
    for array in (np.zeros((4, 6))[:, ::2], np.zeros((4, 6)).T):
        for view in (as_lanes, numbers):
            with pytest.raises(ValueError, match="in C order, without gaps"):
                view(array)


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ("", 16),
        ("+sse4.2,-avx", 16),
        ("+avx,+avx2,+fma,-avx512f", 32),
        ("+avx,+avx512f", 64),
        ("-avx,-avx512f", 16),
    ],
)
def test_vectors_are_as_wide_as_the_processor_has_them(monkeypatch, features, expected):
    monkeypatch.delenv("SWEEP_LANES", raising=False)
    monkeypatch.setattr(config, "CPU_FEATURES", features)
    assert vector_bytes() == expected
    assert lane_width("float64") == expected // 8
    assert lane_width(np.float32) == expected // 4
    assert lane_width("float64", vectors=2) == expected // 4
    assert lane_width("float64", vectors=0.5) == expected // 16


@pytest.mark.parametrize("features", ["+avx,+avx512f", "+avx", ""])
@pytest.mark.parametrize("name", ["znver4", "znver5", "skylake-avx512"])
def test_zen_4_computes_halves(monkeypatch, name, features):
    monkeypatch.setattr(config, "CPU_FEATURES", features)
    monkeypatch.setattr(config, "CPU_NAME", name)
    assert computes_halves() == (name == "znver4" and "avx512f" in features)


@pytest.mark.parametrize(
    ("machine", "features", "expected"),
    [
        ("x86_64", "", 16),
        ("AMD64", "+avx,+avx2", 16),
        ("x86_64", "+avx,+avx512f", 32),
        ("aarch64", "+neon", 32),
    ],
)
def test_registers_are_counted(monkeypatch, machine, features, expected):
    monkeypatch.setattr(config, "CPU_FEATURES", features)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert vector_registers() == expected


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
def test_a_width_can_be_forced(monkeypatch, width):
    monkeypatch.setenv("SWEEP_LANES", str(width))
    assert lane_width("float64") == lane_width("float32") == width
    assert lane_width("float64", vectors=2) == width


@pytest.mark.parametrize("text", ["0", "3", "32", "8.0", "many"])
def test_a_forced_width_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("SWEEP_LANES", text)
    with pytest.raises(ValueError, match="SWEEP_LANES should be 1, 2, 4, 8 or 16"):
        lane_width("float64")

"""The product of Lanes, for every size and layout, against three plain loops."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit

from kernels.lanes import as_lanes, template
from kernels.product import product, product_address
from kernels.tile import COLUMNS, ROWS, Matrix
from tests import naive

WIDTH = {"float64": 8, "float32": 16}


class Layout(NamedTuple):
    """Where a matrix lies in a flat array: its first element, its strides, the array's size."""

    origin: int
    row: int
    column: int
    size: int


@njit(error_model="numpy")
def _multiply(zeros, address, arrays, places, shape, rectify):
    c, start, gate, a, b = arrays
    product(
        address,
        Matrix(as_lanes(c, zeros), places[0, 0], places[0, 1], places[0, 2]),
        Matrix(as_lanes(start, zeros), places[1, 0], places[1, 1], places[1, 2]),
        Matrix(as_lanes(gate, zeros), places[2, 0], places[2, 1], places[2, 2]),
        Matrix(as_lanes(a, zeros), places[3, 0], places[3, 1], places[3, 2]),
        Matrix(as_lanes(b, zeros), places[4, 0], places[4, 1], places[4, 2]),
        shape,
        rectify,
    )


def multiply(layouts, values, shape, rectify, dtype):
    """Lay matrices ``[row, column, lane]`` out, multiply, and return C as such a matrix.

    The first layout is that of C; whatever lies between its elements must stay as it was.
    """
    width = WIDTH[dtype]
    arrays = [np.full((layout.size, width), 99, dtype) for layout in layouts]
    for layout, value, array in zip(layouts[1:], values, arrays[1:], strict=True):
        _view(array, layout, value.shape)[...] = value
    places = np.array([layout[:3] for layout in layouts])
    _multiply(
        template(dtype, width),
        product_address(dtype, width),
        tuple(arrays),
        places,
        shape,
        int(rectify),
    )
    view = _view(arrays[0], layouts[0], (*shape[:2], width))
    found = view.copy()
    view[...] = 99
    assert (arrays[0] == 99).all()
    return found


def _view(array, layout, shape):
    step = array.strides[0]
    strides = (layout.row * step, layout.column * step, array.strides[1])
    return np.lib.stride_tricks.as_strided(array[layout.origin :], shape, strides)


def plain(rows, columns):
    return Layout(0, columns, 1, rows * columns)


@st.composite
def layouts(draw, rows, columns, constant=False):
    """Draw a layout: by rows or by columns, with gaps, and for what is only read one number."""
    if constant and draw(st.booleans()):
        row, column = draw(st.sampled_from([(0, 0), (0, 1)]))
    elif draw(st.booleans()):
        column = draw(st.integers(1, 3))
        row = columns * column + draw(st.integers(0, 3))
    else:
        row = draw(st.integers(1, 3))
        column = rows * row + draw(st.integers(0, 3))
    origin = draw(st.integers(0, 5))
    last = origin + (rows - 1) * row + (columns - 1) * column
    return Layout(origin, row, column, last + 1 + draw(st.integers(0, 3)))


def whole(random, shape, layout):
    """Draw small integers, whose sums are exact, and alike where strides are 0."""
    values = random.randint(-9, 10, size=shape)
    if layout.row == 0:
        values[:] = values[:1]
    if layout.column == 0:
        values[:, :] = values[:, :1]
    return values


@pytest.mark.parametrize("dtype", WIDTH)
@settings(deadline=None, max_examples=150)
@given(
    shape=st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(1, 20)),
    seed=st.integers(0, 2**32 - 1),
    rectify=st.booleans(),
    data=st.data(),
)
def test_every_size_layout_and_gate(dtype, shape, seed, rectify, data):
    m, n, terms = shape
    random = np.random.RandomState(seed)
    places = [
        data.draw(layouts(m, n)),
        data.draw(layouts(m, n, constant=True)),
        data.draw(layouts(m, n, constant=True)),
        data.draw(layouts(m, terms)),
        data.draw(layouts(terms, n)),
    ]
    sizes = [(m, n), (m, n), (m, terms), (terms, n)]
    start, gate, a, b = (
        whole(random, (*size, WIDTH[dtype]), place)
        for size, place in zip(sizes, places[1:], strict=True)
    )
    found = multiply(places, (start, gate, a, b), shape, rectify, dtype)
    total = start + np.einsum("mkl,knl->mnl", a, b)
    control = total if rectify else gate
    np.testing.assert_array_equal(found, np.where(control > 0, total, 0))


@settings(deadline=None, max_examples=30)
@given(
    shape=st.tuples(st.integers(1, ROWS + 2), st.integers(1, COLUMNS + 2), st.integers(1, 9)),
    seed=st.integers(0, 2**32 - 1),
    rectify=st.booleans(),
)
@example(shape=(2 * ROWS + 1, 2 * COLUMNS + 1, 40), seed=0, rectify=False)
def test_each_element_is_one_sum_in_order_rounded_once_a_term(shape, seed, rectify):
    """The very bits: no size of a tile and no blocking may change them."""
    m, n, terms = shape
    random = np.random.RandomState(seed)
    sizes = [(m, n), (m, n), (m, terms), (terms, n)]
    values = [random.normal(size=(*size, 8)) for size in sizes]
    places = [plain(m, n), *(plain(*size) for size in sizes)]
    found = multiply(places, values, shape, rectify, "float64")
    for lane in (0, 7):
        expected = naive.product(*(value[..., lane] for value in values), rectify)
        np.testing.assert_array_equal(found[..., lane], expected)


def test_a_nan_passes_the_rectifier_and_the_gate():
    """A run that diverges must not look as if it had recovered."""
    for rectify in (True, False):
        values = [np.full((1, 1, 8), value) for value in (0.0, np.nan, np.nan, 1.0)]
        found = multiply([plain(1, 1)] * 5, values, (1, 1, 1), rectify, "float64")
        assert np.isnan(found).all()

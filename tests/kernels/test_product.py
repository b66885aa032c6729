"""The product of Lanes, for every size and layout, against three plain loops."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit

from kernels.lane.lanes import as_lanes, numbers
from kernels.lane.product import multiplier, product
from kernels.lane.tile import COLUMNS, GATED, PLAIN, RECTIFIED, ROWS, Matrix
from tests import naive

WIDTH = {"float64": 8, "float32": 16}

MOST_ROWS, MOST_COLUMNS = max(ROWS), max(COLUMNS)


class Layout(NamedTuple):
    """Where a matrix lies in a flat array: its first element, its strides, the array's size."""

    origin: int
    row: int
    column: int
    size: int


@njit(error_model="numpy")
def _multiply(how, c, start, gate, a, b, shape, ending):
    product(how, c, start, gate, a, b, shape, ending)


def multiply(layouts, values, shape, ending, dtype, terms=None):
    """Lay matrices ``[row, column, lane]`` out, multiply, and return C as such a matrix.

    The first layout is that of C; whatever lies between its elements must stay as it was. ``terms``
    are added up at a time.
    """
    width = WIDTH[dtype]
    widths = [width, width, width, values[2].shape[2], width]
    arrays = [np.full((p.size, w), 99, dtype) for p, w in zip(layouts, widths, strict=True)]
    for layout, value, array in zip(layouts[1:], values, arrays[1:], strict=True):
        _view(array, layout, value.shape)[...] = value
    flat = [numbers(array) if array.shape[1] == 1 else as_lanes(array) for array in arrays]
    matrices = [Matrix(data, *place[:3]) for data, place in zip(flat, layouts, strict=True)]
    how = multiplier(dtype, width, shape[2])
    _multiply(how._replace(terms=terms or how.terms), *matrices, shape, ending)
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


ENDINGS = st.sampled_from([PLAIN, RECTIFIED, GATED])


@pytest.mark.parametrize("dtype", WIDTH)
@settings(deadline=None, max_examples=200)
@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 30), st.integers(1, 20)),
    terms=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
    ending=ENDINGS,
    shared=st.booleans(),
    data=st.data(),
)
def test_every_size_layout_and_ending(dtype, shape, terms, seed, ending, shared, data):
    m, n, k = shape
    random = np.random.RandomState(seed)
    places = [
        data.draw(layouts(m, n)),
        data.draw(layouts(m, n, constant=True)),
        data.draw(layouts(m, n, constant=True)),
        data.draw(layouts(m, k)),
        data.draw(layouts(k, n)),
    ]
    width = WIDTH[dtype]
    sizes = [(m, n, width), (m, n, width), (m, k, 1 if shared else width), (k, n, width)]
    start, gate, a, b = (
        whole(random, size, place) for size, place in zip(sizes, places[1:], strict=True)
    )
    found = multiply(places, (start, gate, a, b), shape, ending, dtype, terms)
    total = start + np.einsum("mkl,knl->mnl", np.broadcast_to(a, (m, k, width)), b)
    control = {PLAIN: 1, RECTIFIED: total, GATED: gate}[ending]
    np.testing.assert_array_equal(found, np.where(control > 0, total, 0))


@settings(deadline=None, max_examples=30)
@given(
    shape=st.tuples(
        st.integers(1, MOST_ROWS + 2), st.integers(1, MOST_COLUMNS + 2), st.integers(1, 9)
    ),
    terms=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
    ending=ENDINGS,
    shared=st.booleans(),
)
@example(
    shape=(2 * MOST_ROWS + 1, 2 * MOST_COLUMNS + 1, 40),
    terms=7,
    seed=0,
    ending=RECTIFIED,
    shared=False,
)
@example(
    shape=(9 * MOST_ROWS + 1, MOST_COLUMNS, 300), terms=None, seed=0, ending=GATED, shared=True
)
def test_each_element_is_one_sum_in_order_rounded_once_a_term(shape, terms, seed, ending, shared):
    """The very bits: no size of a tile and no blocking may change them."""
    m, n, k = shape
    random = np.random.RandomState(seed)
    sizes = [(m, n, 8), (m, n, 8), (m, k, 1 if shared else 8), (k, n, 8)]
    values = [random.normal(size=size) for size in sizes]
    places = [plain(m, n), *(plain(*size[:2]) for size in sizes)]
    found = multiply(places, values, shape, ending, "float64", terms)
    start, gate, a, b = (np.broadcast_to(value, (*value.shape[:2], 8)) for value in values)
    gate = np.ones_like(gate) if ending == PLAIN else gate
    for lane in (0, 7):
        four = (value[..., lane] for value in (start, gate, a, b))
        np.testing.assert_array_equal(
            found[..., lane], naive.product(*four, rectify=ending == RECTIFIED)
        )


def test_a_nan_passes_the_rectifier_and_the_gate():
    """A run that diverges must not look as if it had recovered."""
    for ending in (RECTIFIED, GATED):
        values = [np.full((1, 1, 8), value) for value in (0.0, np.nan, np.nan, 1.0)]
        found = multiply([plain(1, 1)] * 5, values, (1, 1, 1), ending, "float64")
        assert np.isnan(found).all()

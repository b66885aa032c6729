"""The kernel of the peak adds what it says, as often as it says, in registers."""

import re

import numpy as np
import pytest
from numba import config, njit

from kernels.lane.lanes import as_lanes
from kernels.timing import multiply_adds


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_each_sum_gets_every_product(precision):
    sums = multiply_adds.begin(precision)
    before = sums.copy()
    assert len(np.unique(before)) == before.size  # of equal ones LLVM would compute one
    multiply_adds.multiply_add(sums, 3.0, 0.5, rounds=1001)
    assert (sums == before + 1001 * 1.5).all()


@pytest.mark.skipif(config.DISABLE_JIT, reason="kernels run uncompiled")
def test_the_loop_neither_reads_nor_writes_memory():
    function = multiply_adds._multiply_add.dispatcher.py_func
    kernel = njit(nogil=True, error_model="numpy")(function)  # its cache keeps no assembly
    sums = multiply_adds.begin("float64")
    kernel(as_lanes(sums), 1.0, 1.0, 1)
    (assembly,) = kernel.inspect_asm().values()
    if "vfmadd" not in assembly:
        pytest.skip("no FMA instructions of x86 here")
    parts = re.split(r"^(\.?LBB\w+):", assembly, flags=re.M)
    blocks = dict(zip(parts[1::2], parts[2::2], strict=True))
    # A loop of one block jumps to its own label.
    loops = [block for label, block in blocks.items() if re.search(rf"\tj\w+\t{label}\b", block)]
    busiest = max(loops, key=lambda block: block.count("vfmadd"))
    assert busiest.count("vfmadd") >= multiply_adds.SUMS
    assert "(" not in busiest

"""The register tile keeps its sums in registers: what the processor runs, read as assembly."""

import platform
import re

import pytest
from numba import config, njit, types

from kernels.lane import product
from kernels.lane.compiled import SHARED
from kernels.lane.lanes import Lane, lane_width
from kernels.lane.tile import COLUMNS, ROWS
from kernels.lane.tried import LINKED

pytestmark = [
    pytest.mark.skipif(config.DISABLE_JIT, reason="kernels run uncompiled"),
    pytest.mark.skipif(not LINKED, reason="every kernel has its own product"),
    pytest.mark.skipif(
        platform.machine() not in ("x86_64", "AMD64"), reason="the assembly is not x86-64's"
    ),
]


def innermost_loops(assembly: str) -> list[str]:
    """Return the blocks that jump to their own beginning."""
    parts = re.split(r"^(\.?LBB\w+):", assembly, flags=re.M)
    blocks = zip(parts[1::2], parts[2::2], strict=True)
    ends = ((label, re.search(rf"\tj\w+\t{re.escape(label)}\b", text)) for label, text in blocks)
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [texts[label][: end.end()] for label, end in ends if end]


def test_a_sum_never_leaves_its_register_and_nothing_is_called(monkeypatch):
    monkeypatch.delenv("SWEEP_LANES", raising=False)
    lane = Lane(types.float64, lane_width("float64"))
    kernel = njit(**SHARED)(product._product.py_func)  # Numba keeps no assembly in its cache
    kernel.compile(product._signature(lane))
    (assembly,) = kernel.inspect_asm().values()
    if "vfmadd" not in assembly:
        pytest.skip("no FMA instructions here")
    loops = [loop for loop in innermost_loops(assembly) if "vfmadd" in loop]
    # Two for each size of a tile: A has Lanes, or numbers that all runs share.
    assert max(loop.count("vfmadd") for loop in loops) == max(ROWS) * max(COLUMNS)
    assert len(loops) >= 2 * len(ROWS) * len(COLUMNS)
    for loop in loops:
        assert "rsp" not in loop and "call" not in loop
        writes = re.findall(r"\tvmov\w+\t%[xyz]mm\d+, .*\(", loop)
        assert not writes

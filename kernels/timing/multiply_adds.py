"""The most multiply-adds that this machine does in a second: a kernel that does nothing else.

Sums that stay in registers, enough of them that none is waited for: what the products of a
network are measured against.
"""

import numpy as np

from kernels.lane.compiled import entry
from kernels.lane.lanes import aligned_zeros, as_lanes, vector_bytes, vector_registers
from kernels.lane.operations import fma

#: Sums side by side: with their two factors they fit 16 registers.
SUMS = 12


def begin(dtype: str) -> np.ndarray:
    """Return different sums to begin with, shape (SUMS, lanes)."""
    vectors = vector_registers() // 16
    width = vectors * vector_bytes() // np.dtype(dtype).itemsize
    sums = aligned_zeros((SUMS, width), dtype)
    sums[...] = np.arange(sums.size).reshape(sums.shape)
    return sums


def multiply_add(sums: np.ndarray, a: float, b: float, rounds: int) -> None:
    """Add a * b to each of the sums, ``rounds`` times, in place."""
    _multiply_add(as_lanes(sums), a, b, rounds)


@entry
def _multiply_add(s, a, b, rounds):
    s0, s1, s2, s3, s4, s5 = s[0], s[1], s[2], s[3], s[4], s[5]
    s6, s7, s8, s9, s10, s11 = s[6], s[7], s[8], s[9], s[10], s[11]
    for _ in range(rounds):
        s0, s1, s2, s3 = fma(a, b, s0), fma(a, b, s1), fma(a, b, s2), fma(a, b, s3)
        s4, s5, s6, s7 = fma(a, b, s4), fma(a, b, s5), fma(a, b, s6), fma(a, b, s7)
        s8, s9, s10, s11 = fma(a, b, s8), fma(a, b, s9), fma(a, b, s10), fma(a, b, s11)
    s[0], s[1], s[2], s[3], s[4], s[5] = s0, s1, s2, s3, s4, s5
    s[6], s[7], s[8], s[9], s[10], s[11] = s6, s7, s8, s9, s10, s11

"""Machine code is made once, for a kernel with all that it calls."""

import subprocess
import sys

from numba import njit, types

from kernels.compiled import INNER, entry, kernel

#: Compiles a kernel that calls another, with a Numba that has none of what is reached for.
ELSEWHERE = """
from numba.core import codegen, compiler
del codegen.JITCodeLibrary
from kernels import linking
assert linking.Part is linking.Whole is compiler.Compiler
from kernels.compiled import entry, kernel
@kernel
def twice(x):
    return 2 * x
def more(x):
    return twice(x) + 1
print(entry(more)(2.5))
"""


@kernel
def twice(x):
    """Stand for what only kernels call."""
    return 2 * x


def more(x):
    """Stand for what Python calls."""
    return twice(x) + 1


def test_a_part_is_made_machine_code_of_within_the_whole_only():
    part = njit(**INNER)(twice)
    part.compile((types.float64,))
    (found,) = part.overloads.values()
    assert found.library.get_pointer_to_function(found.fndesc.llvm_func_name) == 0
    assert "fmul" in found.library.get_llvm_str()
    assert entry(more)(2.5) == 6.0


def test_where_numba_looks_different_kernels_are_compiled_as_all_else():
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "6.0\n"), done.stderr

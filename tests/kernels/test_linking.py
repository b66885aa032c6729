"""Machine code is made once, for a kernel with all that it calls."""

import subprocess
import sys

import pytest
from numba import njit, types
from numba.core.registry import cpu_target

from kernels.lane.compiled import INNER, entry, kernel
from kernels.lane.tried import LINKED

pytestmark = pytest.mark.skipif(not LINKED, reason="kernels go the plain way")

#: Compiles a kernel, and then what needs SciPy's linear algebra.
BESIDE = """
import sys
import numba, numpy
from kernels.lane.compiled import entry
def more(x):
    return x + 1
assert entry(more)(2.5) == 3.5
assert "scipy.linalg" not in sys.modules
print(numba.njit(lambda a: a @ a)(numpy.eye(2)).sum())
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


def test_kernels_need_no_scipy_and_leave_it_to_others(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert output_of(BESIDE) == "2.0\n"


def test_what_was_found_of_calls_is_forgotten_after_a_kernel():
    assert entry(more)(1) == 3
    assert "resolve_function_type" not in vars(cpu_target.typing_context)


def output_of(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

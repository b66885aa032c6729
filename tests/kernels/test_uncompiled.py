"""The kernels also run as plain Python, to step through them and to measure coverage."""

import os
import subprocess
import sys
from pathlib import Path


def test_kernels_run_uncompiled_on_arrays():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.kernels.uncompiled"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, done.stderr

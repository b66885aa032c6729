"""Code for other processors gives the same bytes."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from tests.kernels import hashing

ROOT = Path(__file__).parents[2]
HERE = {name for name, there in llvm.get_host_cpu_features().items() if there}


#: Name, features beyond those, and the lane widths that they make.
PROCESSORS = [
    # It has no fused multiply-add: there that is a function, which still rounds once.
    ("x86-64", "", {"float64": 2, "float32": 4}),
    ("haswell", "+avx,+avx2,+fma,+bmi2", {"float64": 4, "float32": 8}),
]


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="not an x86-64")
def test_every_processor_gives_the_same_bytes():
    able = [each for each in PROCESSORS if set(each[1].replace("+", "").split(",")) - {""} <= HERE]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.kernels.hashing"],
            env={**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features},
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        for name, features, _ in able
    ]
    here = hashing.hashes({"float64": 8, "float32": 16})
    for (name, features, lanes), process in zip(able, running, strict=True):
        answer, _ = process.communicate()
        assert process.returncode == 0
        found = json.loads(answer)
        assert (found["cpu"], found["features"], found["lanes"]) == (name, features, lanes)
        assert found["hashes"] == here

"""What comes out is to the byte what came out when it was recorded; see `tests.recorded`."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from sweep import Sweep
from tests.recorded import covering, recording

ROOT = Path(__file__).parents[2]
ENTRIES = recording.entries("sweeps", "models", "estimators")


@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{e.kind}-{i}" for i, e in enumerate(ENTRIES)])
def test_nothing_differs(entry):
    assert recording.differences(entry, jobs=1) == []


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("cpu", "features", "part"),
    [("x86-64", "", "0/2"), ("haswell", "+avx,+avx2,+fma,+bmi2", "1/2")],
)
def test_nothing_differs_in_code_for_another_processor(cpu, features, part):
    """Each sweep in the code of one of them; `tests.recorded --check` tries them all in any."""
    here = {name for name, there in llvm.get_host_cpu_features().items() if there}
    needed = set(features.replace("+", "").split(",")) - {""}
    if platform.machine() not in ("x86_64", "AMD64") or not needed <= here:
        pytest.skip("this processor cannot run it")
    done = subprocess.run(
        [sys.executable, "-m", "tests.recorded", "--check", "--cheap", "--part", part],
        env={**os.environ, "NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["cpu"], found["features"]) == (cpu, features)
    assert found["compared"] > 80


def test_every_option_is_recorded():
    """For a new one: give its values to `covering`, and record what they give."""
    assert set(covering.VALUES) == set(Sweep.model_fields)
    held = [covering.places(entry.given) for entry in ENTRIES if entry.kind == "sweeps"]
    for name, values in covering.VALUES.items():
        tried = {places[name] for places in held if len(places) == len(covering.VALUES)}
        assert tried == set(range(len(values))), name

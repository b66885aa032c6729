"""With a version of Numba that was not tried, kernels go the plain way, to the same bits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from numba import config

from kernels.lane.tried import LINKED, TRIED
from tests.kernels.hashing import hashes
from tests.kernels.packing import UNTRIED, experiment, train_runs

#: Trains by kernels for networks of any size and for one, in packs of several lanes.
WORK = """
from tests.kernels.test_tried import work
from sweep.machine import description
import json
print(json.dumps([work(), description()["kernels"]]))
"""


def work() -> dict[str, str]:
    tiny = experiment(8, (5, 3, 5, 4), runs=3, n=1, batch_size=1)
    return hashes({"float64": 8}) | {"frozen": train_runs(tiny, 8, freeze=True).hash()}


@pytest.mark.skipif(config.DISABLE_JIT, reason="kernels run uncompiled")
def test_the_plain_way_gives_the_same_bytes_and_keeps_its_code(tmp_path):
    expected = work()
    for loaded in (False, True):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", UNTRIED + WORK],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DEBUG_CACHE": "1"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        *told, answer = done.stdout.splitlines()
        found, way = json.loads(answer)
        assert found == expected
        assert way == f"plain: Numba 1.0.0 is not among those tried, {TRIED[0]} to {TRIED[-1]}"
        assert any("data loaded" in line for line in told) == loaded
        assert any("data saved" in line for line in told) != loaded


def test_info_says_which_way_is_gone_here(typed):
    minor = ".".join(numba.__version__.split(".")[:2])
    assert (minor in TRIED) == LINKED
    way = json.loads(typed("info", "--json")[1])["kernels"]
    assert way.startswith("linked (Numba" if LINKED else "plain: Numba")
    assert way in typed("info")[1]

"""The cache of compiled kernels: never stale, never in the way."""

import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from numba import config
from numba.core import caching

from kernels.lane import compiled
from kernels.lane.tried import LINKED
from tests.kernels.packing import UNTRIED

KERNELS = Path(compiled.__file__).parents[1]

#: Runs one small kernel; prints what it gives, and the folder of the cache.
SCRIPT = """
import numpy as np
from kernels.lane.compiled import cache_folder
from kernels.choice import Choice
from kernels.evaluation import penalty_values
from kernels.network import network
penalties = [Choice(f"kernels.penalties.{name}") for name in ("l1", "l2")]
one, two = penalty_values(network((1, 1)), np.full((1, 2, 2), -3.0), penalties)
print("gives", one[0, 0, 0], two[0, 0, 1])
print("folder", cache_folder())
"""

#: The same for a kernel that takes less time to import and to compile.
SMALL_SCRIPT = """
from kernels.lane.compiled import cache_folder
from kernels.timing.multiply_adds import begin, multiply_add
sums = begin("float64")
multiply_add(sums, 3.0, 0.5, rounds=1)
print("gives", sums[0, 0])
print("folder", cache_folder())
"""

#: Begins them with this Numba, and with another.
WAYS = pytest.mark.parametrize("way", ["", UNTRIED], ids=["here", "plain"])


def start(package: Path, cache: Path, script: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "NUMBA_DEBUG_CACHE": "1"},
        cwd=package,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen) -> tuple[str, str, bool]:
    """Return what the kernel gave, the folder, and whether its code came out of the cache."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    lines = out.splitlines()
    gives, folder = (
        next(line for line in lines if line.startswith(word)) for word in ("gives", "folder")
    )
    return gives, folder, any("data loaded" in line for line in lines)


def run(package: Path, cache: Path, script: str) -> tuple[str, str, bool]:
    return finish(start(package, cache, script))


@pytest.fixture
def package(tmp_path) -> Path:
    """Return a folder with a copy of the package."""
    shutil.copytree(
        KERNELS, tmp_path / "copy" / "kernels", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path / "copy"


@WAYS
def test_a_changed_file_is_compiled_anew(package, tmp_path, way):
    cache = tmp_path / "cache"
    first = run(package, cache, way + SCRIPT)
    assert first[0] == "gives 3.0 9.0" and not first[2]
    assert first[1].startswith(f"folder {cache}{os.sep}")
    file = package / "kernels" / "penalties" / "l1.py"  # another than its own
    before = file.read_text()
    assert "abs(weights[i])" in before
    file.write_text(before.replace("abs(weights[i])", "2.0 * abs(weights[i])"))
    second = run(package, cache, way + SCRIPT)
    assert second[0] == "gives 6.0 9.0" and not second[2]
    assert second[1] != first[1]
    file.write_text(before)
    assert run(package, cache, way + SCRIPT) == (*first[:2], True)


@WAYS
def test_processes_may_fill_an_empty_cache_at_once(package, tmp_path, way):
    cache = tmp_path / "cache"
    for process in [start(package, cache, way + SMALL_SCRIPT) for _ in range(4)]:
        assert finish(process)[0] == "gives 1.5"
    assert run(package, cache, way + SMALL_SCRIPT)[2]


@WAYS
def test_without_a_place_for_the_cache_kernels_are_compiled_in_memory(package, tmp_path, way):
    (tmp_path / "file").touch()
    found = run(package, tmp_path / "file" / "cache", way + SCRIPT)
    assert found == ("gives 3.0 9.0", "folder None", False)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@WAYS
def test_on_a_full_disk_kernels_are_compiled_in_memory(package, tmp_path, way):
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    found = run(package, tmp_path / "cache", full + way + SCRIPT)
    assert found[0] == "gives 3.0 9.0"
    assert run(package, tmp_path / "cache", way + SCRIPT)[0] == "gives 3.0 9.0"


def plus_one(x):
    return x + 1


#: What makes an entry of it here, and the plain way.
ENTRIES = (compiled.entry, compiled.PlainEntry)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path)
    return tmp_path


def hits(entry) -> int:
    """Run a kernel as a new process would; return how often its code came out of the cache."""
    kernel = entry(plus_one)
    assert kernel(2.5) == 3.5
    return sum(kernel.dispatcher.stats.cache_hits.values())


@pytest.mark.parametrize("damage", ["empty", "cut short", "garbage", "another's", "gone"])
@pytest.mark.parametrize("kind", ["nbi", "nbc", "nb*"])
@pytest.mark.parametrize("entry", ENTRIES)
def test_a_damaged_file_costs_a_compilation(folder, damage, kind, entry):
    assert [hits(entry), hits(entry)] == [0, 1]
    files = list(folder.rglob(f"*.{kind}"))
    assert files
    for file in files:
        whole = file.read_bytes()
        if damage == "gone":
            file.unlink()
        else:
            file.write_bytes(
                {
                    "empty": b"",
                    "cut short": whole[: len(whole) // 2],
                    "garbage": b"\x80\x05garbage" * 99,
                    "another's": b"\x80\x04]q\x00.",  # an empty list, pickled
                }[damage]
            )
    assert hits(entry) == 0
    if entry is compiled.entry and LINKED:  # by itself Numba leaves a damaged file where it is
        assert hits(entry) == 1


def flipped(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


def zeroed(content: bytes, draw: random.Random) -> bytes:
    """Return content with a page of zeros, which a file system may leave after a power cut."""
    place = draw.randrange(0, len(content), 4096)
    page = content[place : place + 4096]
    return content[:place] + bytes(len(page)) + content[place + 4096 :]


class Compiles(Exception):
    """What is raised in the place of a compilation, which takes far longer than all else."""


@pytest.mark.parametrize(("change", "times"), [(flipped, 250), (zeroed, 50)])
@pytest.mark.parametrize("entry", ENTRIES)
def test_no_damaged_code_is_run(folder, entry, change, times, monkeypatch):
    # Without the digests a tenth of the bits end the process, others go unnoticed.
    assert [hits(entry), hits(entry)] == [0, 1]
    whole = {file: file.read_bytes() for file in sorted(folder.rglob("*.nb[ci]"))}
    assert len(whole) == 2
    draw = random.Random(times)

    def raise_it(*_, **__):
        raise Compiles

    monkeypatch.setattr("numba.core.compiler.compile_extra", raise_it)
    for _ in range(times):
        file = draw.choice(list(whole))
        file.write_bytes(change(whole[file], draw))
        with pytest.raises(Compiles):
            hits(entry)
        for each, content in whole.items():
            each.write_bytes(content)
    assert hits(entry) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no owners here")
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_is_not_trusted(tmp_path, mode):
    first = run(KERNELS.parent, tmp_path, SMALL_SCRIPT)
    folder = Path(first[1].removeprefix("folder "))
    assert folder.is_relative_to(tmp_path) and stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(mode)
    assert run(KERNELS.parent, tmp_path, SMALL_SCRIPT) == (first[0], "folder None", False)


@pytest.mark.parametrize("entry", ENTRIES)
def test_code_for_other_types_is_not_run(folder, entry):
    kernel = entry(plus_one)
    assert (kernel(2.5), kernel(2)) == (3.5, 3)
    one, two = sorted(folder.rglob("*.nbc"))
    one.rename(folder / "aside")
    two.rename(one)
    (folder / "aside").rename(two)
    kernel = entry(plus_one)
    assert (kernel(2.5), kernel(2)) == (3.5, 3)


@pytest.mark.parametrize("entry", ENTRIES)
def test_numba_keeps_nothing_in_another_folder(folder, entry, monkeypatch):
    beside_the_file = caching.CompileResultCacheImpl._locator_classes[1]
    name = f"{caching.__name__}.{beside_the_file.__name__}"
    monkeypatch.setattr(config, "CACHE_LOCATOR_CLASSES", name, raising=False)
    where = entry(plus_one).dispatcher.stats.cache_path
    assert where is None or folder in (Path(where), *Path(where).parents)

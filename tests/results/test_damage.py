"""Parts cut short, flipped, foreign or of another sweep; full and read-only disks; links."""

import errno
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import results
from results.errors import ResultsError
from tests.results.rows import ROOT, Fake, final


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "r"
    Fake().run(path, history=True)
    return path


def partly(path):
    """A sweep with two of its three parts; returns their paths."""
    with Fake().open(path) as store:
        for runs in (range(5), range(5, 10)):
            store.append(Fake().rows(runs), {"history": Fake().history(runs)})
    return sorted((path / "parts").iterdir())


def mends(path, whole, caplog, name):
    """Continue: one line that names the damaged part, which is kept, and then the right tables."""
    caplog.clear()
    assert len(results.load(path)) == 5
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        Fake().run(path, history=True)
    (message,) = [record.getMessage() for record in caplog.records]
    assert name in message and "\n" not in message
    assert (path / "set-aside" / name).exists()
    assert final(path) == final(whole)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), history=st.booleans())
def test_flipped_bit(place, bit, history, whole, tmp_path_factory, caplog):
    path = tmp_path_factory.mktemp("flipped")
    name = partly(path)[0].name
    # A part of the history is as good as the part of runs that it belongs to.
    target = next((path / "history-parts").glob("part-*00-*")) if history else path / "parts" / name
    data = bytearray(target.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    target.write_bytes(data)
    if history:
        Fake().run(path, history=True)
        assert final(path) == final(whole)
        assert (path / "set-aside" / name).exists()
    else:
        mends(path, whole, caplog, name)


@pytest.mark.parametrize("left", [0, 3, 100, -1])
def test_truncated_part(left, whole, tmp_path, caplog):
    part = partly(tmp_path)[1]
    part.write_bytes(part.read_bytes()[:left])
    mends(tmp_path, whole, caplog, part.name)


def test_history_that_is_gone(whole, tmp_path):
    partly(tmp_path)
    next((tmp_path / "history-parts").iterdir()).unlink()
    Fake().run(tmp_path, history=True)
    assert final(tmp_path) == final(whole)


def test_part_damaged_while_the_sweep_runs(whole, tmp_path):
    with Fake().open(tmp_path) as store:
        store.append(Fake().rows(range(12)), {"history": Fake().history(range(12))})
        part = next((tmp_path / "parts").iterdir())
        part.write_bytes(part.read_bytes()[:-100])
        with pytest.raises(ResultsError, match=part.name):
            store.finish()
        assert store.done() == []
    Fake().run(tmp_path, history=True)
    assert final(tmp_path) == final(whole)


def test_foreign_file_is_put_aside(whole, tmp_path, caplog):
    partly(tmp_path)
    (tmp_path / "parts" / "notes.txt").write_text("mine")
    with caplog.at_level(logging.WARNING):
        Fake().run(tmp_path, history=True)
    assert [record.getMessage() for record in caplog.records if "notes.txt" in record.getMessage()]
    assert (tmp_path / "set-aside" / "notes.txt").read_text() == "mine"
    assert final(tmp_path) == final(whole)


def test_part_of_another_sweep_is_named_and_nothing_is_lost(tmp_path):
    partly(tmp_path / "r")
    Fake(epochs=9).run(tmp_path / "other", size=12)
    (alien,) = (tmp_path / "other" / "parts").iterdir()
    (tmp_path / "r" / "parts" / alien.name).write_bytes(alien.read_bytes())
    with pytest.raises(ResultsError, match=rf"{alien.name} .*epochs: 9 -> 3"):
        Fake().open(tmp_path / "r")
    (tmp_path / "r" / "parts" / alien.name).unlink()
    with Fake().open(tmp_path / "r") as store:
        assert store.done() == [(0, 10)]


def test_part_with_other_columns_is_named(tmp_path, monkeypatch):
    partly(tmp_path)
    monkeypatch.setattr("tests.results.rows.WEIGHTS", ("w1",))
    with pytest.raises(ResultsError, match="other columns"):
        Fake().open(tmp_path)


@pytest.mark.parametrize("text", [b"seeds = [1,", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_damaged_sweep_toml(text, whole, tmp_path):
    partly(tmp_path)
    (tmp_path / "sweep.toml").write_bytes(text)
    for action in (Fake().open, results.load):
        with pytest.raises(ResultsError, match=r"sweep\.toml is damaged .*delete it") as caught:
            action(tmp_path)
        assert "\n" not in str(caught.value)
    (tmp_path / "sweep.toml").unlink()
    with Fake().open(tmp_path) as store:
        assert store.done() == [(0, 10)]
    Fake().run(tmp_path, history=True)
    assert final(tmp_path) == final(whole)


def test_without_sweep_toml_the_parts_still_say_whose_they_are(tmp_path):
    partly(tmp_path)
    (tmp_path / "sweep.toml").unlink()
    with pytest.raises(ResultsError, match="of another sweep"):
        Fake(epochs=9).open(tmp_path)
    assert not (tmp_path / "sweep.toml").exists()


def test_damaged_final_table_is_read_from_the_parts(whole, tmp_path, caplog):
    Fake().run(tmp_path)
    expected = results.load(tmp_path)
    data = bytearray((tmp_path / "runs.parquet").read_bytes())
    data[len(data) // 4] ^= 1
    (tmp_path / "runs.parquet").write_bytes(data)
    assert results.load(tmp_path).equals(expected)
    assert "runs.parquet is damaged" in caplog.text


@pytest.mark.parametrize("name", ["parts", "tmp", "sweep.toml", ".lock", "part"])
def test_links_are_not_followed(name, tmp_path, caplog):
    inside, outside = tmp_path / "r", tmp_path / "outside"
    part = partly(inside)[0]
    linked = part if name == "part" else inside / name
    linked.rename(outside)
    linked.symlink_to(outside)
    before = sorted(outside.rglob("*")) if outside.is_dir() else outside.read_bytes()
    if name == "part":
        assert len(results.load(inside)) == 5
        Fake().run(inside, history=True)
        assert (inside / "set-aside" / part.name).is_symlink()
    else:
        if name in ("parts", "sweep.toml"):
            with pytest.raises(ResultsError, match="is a link"):
                results.load(inside)
        with pytest.raises(ResultsError, match=name):
            Fake().open(inside)
    assert before == (sorted(outside.rglob("*")) if outside.is_dir() else outside.read_bytes())


def test_read_only_disk(whole, tmp_path):
    with mounted(tmp_path / "disk", "size=4m") as disk:
        partly(disk / "r")
        mount("-o", "remount,ro", disk)
        with pytest.raises(ResultsError, match=os.strerror(errno.EROFS)):
            Fake().open(disk / "r")
        with pytest.raises(ResultsError, match=os.strerror(errno.EROFS)):
            Fake().open(disk / "new")
        assert len(results.load(disk / "r")) == 10
        mount("-o", "remount,rw", disk)
        Fake().run(disk / "r", history=True)
        assert final(disk / "r") == final(whole)


def test_folder_that_one_may_not_write_in():
    """As another user, since the system lets root write everywhere."""
    if os.getuid():
        pytest.skip("needs root, to be somebody else")
    code = (
        "import os, sys; from pathlib import Path; from tests.results.rows import Fake\n"
        "import results.directory.store, results.errors\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: Fake().open(Path(sys.argv[1]))\n"
        "except results.errors.ResultsError as error: print(error)"
    )
    with tempfile.TemporaryDirectory() as folder:
        partly(Path(folder))
        os.chmod(folder, 0o755)
        out = python(code, folder).stdout
    assert "cannot be written (Permission denied)" in out and out.count("\n") == 1


def test_full_disk(whole, tmp_path):
    """Fill the disk, and make a little more room each time, until a sweep passes."""
    messages = set()
    with mounted(tmp_path / "disk", "size=512k") as disk:
        size = 480
        while size >= 0:
            (disk / "ballast").write_bytes(bytes(size * 1024))
            try:
                Fake().run(disk / "r", history=True)
                break
            except ResultsError as error:
                messages.add(str(error))
                assert "No space left" in str(error) and str(disk) in str(error)
            size -= 16
        assert messages
        assert final(disk / "r") == final(whole)


class mounted:
    """A small file system in memory."""

    def __init__(self, path, options):
        self.path = path
        self.options = options

    def __enter__(self):
        self.path.mkdir()
        mount("-t", "tmpfs", "-o", self.options, "tmpfs", self.path)
        return self.path

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True)


def mount(*arguments):
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount")


def python(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

"""What surroundings refuse: outputs that are full, closed or lack letters, odd names, memory."""

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from sweep.commands.command_line import app
from tests.sweep.console import LONG, call, environment

TINY = ("--data", "iris", "--hidden", "4", "--epochs", "1", "--l1", "0,0.01", "--l2", "0")
TINY = (*TINY, "--seeds", "0:2")

#: What makes a command print something soon; a new one is tried with ``--help`` until it is here.
WORDS = {
    "run": (*TINY, "--out", "{tmp}/new"),
    "plan": TINY,
    "status": ("{r}",),
    "summary": ("{r}", "--out", "{tmp}/summary.csv"),
    "best": ("{r}",),
    "predict": ("{r}/m.npz", "iris"),
    "plot": ("{r}", "--picture", "path", "--out", "{tmp}"),
    "report": ("{r}", "--out", "{tmp}/report.html"),
    "merge": ("{r}", "--out", "{tmp}/merged"),
    "info": (),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ran")
    assert call("run", *TINY, "--out", "r", cwd=folder)[0] == 0
    assert call("best", "r", "--save", "r/m.npz", cwd=folder)[0] == 0
    return folder / "r"


def sh(line, *words, cwd, **changes):
    """Run a command in a shell that redirects: its exit status, output and error."""
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "sweep", *words]
    done = subprocess.run(
        command, cwd=cwd, env=environment(**changes), capture_output=True, timeout=LONG
    )
    return done.returncode, done.stdout, done.stderr


def typed(name, ran, tmp):
    words = WORDS.get(name, ("--help",))
    return [name, *(word.format(r=ran, tmp=tmp) for word in words)]


@pytest.fixture(scope="module")
def redirected(ran, tmp_path_factory):
    """Run cases in a shell that redirects: the folder of each, in which is how it ended."""

    @cache  # and so it never raises: of what hangs, the other cases would wait as long again
    def run(line, cases, **changes):
        folder = tmp_path_factory.mktemp("redirected")
        for number, (name, *more) in enumerate(cases):
            (own := folder / str(number)).mkdir()
            (own / "words.json").write_text(json.dumps([*typed(name, ran, own), *more]))
        command = ["sh", "-c", line, "sh", sys.executable, FORKED, folder]
        with subprocess.Popen(
            command,
            env=environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=LONG)
            finally:
                with suppress(ProcessLookupError):  # all have ended
                    os.killpg(process.pid, signal.SIGKILL)
        return {case: folder / str(number) for number, case in enumerate(cases)}

    return run


def ended(folder):
    """Return the exit status, output and error of a case."""
    out, err = (
        path.read_bytes() if path.exists() else b"" for path in (folder / "1", folder / "2")
    )
    status = folder / "status"
    assert status.exists(), f"this or one before it hangs, or all broke off; its error: {err!r}"
    return int(status.read_text()), out, err


#: Every command, and what may be said beside it.
PLAIN = tuple((name,) for name in app.commands)
CASES = (
    *PLAIN,
    *((name, "--help") for name in app.commands),
    *((name, "--json") for name in WORDS),
)
FORKED = Path(__file__).with_name("forked.py")


@pytest.mark.parametrize("case", CASES, ids=" ".join)
@pytest.mark.parametrize(
    ("line", "reason"),
    [('"$@" >/dev/full', b"No space left on device"), ('"$@" >&-', b"it is closed")],
    ids=["full", "closed"],
)
def test_an_output_that_takes_nothing_is_said_in_a_line(case, line, reason, redirected):
    status, out, err = ended(redirected(line, CASES)[case])
    *_, last = err.splitlines()
    assert (status, out) == (2, b"") and b"Traceback" not in err and b"Exception" not in err
    assert last.startswith(b"sweep: standard output is not whole (" + reason)


@pytest.mark.parametrize("case", PLAIN, ids=" ".join)
@pytest.mark.parametrize("line", ['"$@" 2>/dev/full', '"$@" 2>&-', '"$@" 2>&- <&-'])
def test_an_error_output_that_takes_nothing_changes_nothing(case, line, redirected):
    status, out, _ = ended(redirected(line, PLAIN)[case])
    assert status == 0 and out


def test_what_was_to_be_done_is_done_all_the_same(tmp_path):
    assert sh('"$@" >/dev/full', "run", *TINY, "--out", "r", cwd=tmp_path)[0] == 2
    assert (tmp_path / "r/runs.csv").is_file()


@pytest.mark.parametrize("case", PLAIN, ids=" ".join)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_are_missing_end_no_command(case, encoding, redirected):
    status, out, err = ended(redirected('"$@"', PLAIN, PYTHONIOENCODING=encoding)[case])
    assert status == 0 and b"rror" not in err
    out.decode(encoding)


@pytest.fixture
def accented(tmp_path):
    rows = "".join(f"{i},{'né'[i % 2]}\n" for i in range(40))
    (tmp_path / "t.csv").write_text("x,y\n" + rows, encoding="utf-8")
    words = ("--data", "t.csv", *TINY[2:], "--out", "r")
    assert call("run", *words, cwd=tmp_path)[0] == 0
    assert call("best", "r", "--save", "m.npz", cwd=tmp_path)[0] == 0
    return tmp_path


def test_data_are_never_written_with_escapes(accented):
    words = ("predict", "m.npz", "t.csv")
    status, out, err = sh('"$@"', *words, cwd=accented, PYTHONIOENCODING="ascii")
    assert (status, out) == (2, b"")
    assert err == (
        b"sweep: standard output is in ascii, which has no '\\xe9': set PYTHONIOENCODING=utf-8\n"
    )
    status, out, _ = sh('"$@"', *words, cwd=accented, PYTHONIOENCODING="utf-8")
    assert status == 0 and "é".encode() in out


class TestNamesThatAreNoUtf8:
    def test_a_directory_works(self, ran, tmp_path):
        odd = os.fsdecode(b"a\xffb")
        (tmp_path / odd).mkdir()
        steps = [
            ("run", *TINY, "--out", f"{odd}/r"),
            ("status", f"{odd}/r"),
            ("summary", f"{odd}/r"),
            ("best", f"{odd}/r", "--save", f"{odd}/m.safetensors"),
            ("predict", f"{odd}/m.safetensors", "iris"),
            ("report", f"{odd}/r"),
            ("plot", f"{odd}/r", "--picture", "path"),
        ]
        for words in steps:
            status, out, err = sh('"$@"', *words, cwd=tmp_path, PYTHONIOENCODING="utf-8")
            assert status == 0, err
        assert out.startswith(b"a\xffb/r/path"), "the name is printed as it is"

    @pytest.mark.parametrize("option", ["--data", "--test"])
    def test_data_are_refused_in_a_line(self, option, tmp_path):
        odd = os.fsdecode(b"t\xff.csv")
        for name in (odd, "t.csv"):
            (tmp_path / name).write_text("x,y\n" + "1,a\n2,b\n" * 9)
        words = {"--data": "t.csv", option: odd}
        status, _, err = sh('"$@"', "run", *sum(words.items(), ()), *TINY[2:], cwd=tmp_path)
        assert status == 2 and err.count(b"\n") == 1 and b"rename" in err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits as Linux sets them")
class TestMemory:
    @pytest.mark.parametrize("name", app.commands)
    def test_too_little_is_said_in_a_line(self, name, ran, tmp_path):
        words = typed(name, ran, tmp_path)
        status, out, err = sh('ulimit -v 500000; "$@"', *words, cwd=tmp_path)
        assert (status, out, err.count(b"\n")) == (2, b"", 1) and b"ulimit -v" in err

    def test_what_is_asked_for_is_not_refused_needlessly(self):
        assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
        from sweep.machine import too_narrow

        assert too_narrow() is None

    @pytest.mark.parametrize(
        "error",
        [MemoryError(), OSError(12, "Cannot allocate"), RuntimeError("can't start new thread")],
    )
    def test_want_of_it_anywhere_is_a_line(self, error, monkeypatch, capsys):
        from sweep.commands import command_line

        def starved(*_, **__):
            raise ImportError("a library") from error

        monkeypatch.setattr(command_line, "app", starved)
        assert command_line.command_line(["info"]) == 2
        err = capsys.readouterr().err
        assert err.startswith("sweep: this does not fit into memory") and err.count("\n") == 1

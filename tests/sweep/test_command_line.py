"""The command line as its users meet it: streams, exit statuses, a narrow terminal, help."""

import codecs
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

import click
import pytest

import results
from sweep import Sweep
from sweep.commands.command_line import app
from sweep.running import progress
from tests.results import faults
from tests.sweep.console import LONG, call, environment

TINY = ("--data", "iris", "--hidden", "4", "--epochs", "1", "--l1", "0,0.01", "--l2", "0")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def at_terminal(words, cwd, columns=60, **changes):
    """Run a command at a terminal: its exit status, and all that it sent there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    names = {"TERM": "xterm-256color", "COLUMNS": None, "LINES": None, **changes}
    env = {k: v for k, v in (environment() | names).items() if v is not None}
    command = [sys.executable, "-m", "sweep", *words]
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    decode, text = codecs.getincrementaldecoder("utf-8")().decode, ""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                text += decode(os.read(ours, 65536))
            except OSError:  # the other end is closed
                break
    os.close(ours)
    return process.wait(LONG), text


def lines(text):
    """What stands on a terminal's lines at one time or another, without colours."""
    return re.split(r"[\r\n]+", ESCAPE.sub("", text))


class TestStreams:
    def test_json_is_one_object_and_nothing_else(self, tmp_path):
        status, out, err = call(
            "run", *TINY, "--seeds", "0:3", "--out", "r", "--json", cwd=tmp_path
        )
        found = json.loads(out)
        assert (status, err, out.count("\n")) == (0, "", 1)
        counts = {name: found[name] for name in ("done", "diverged", "error", "total", "left")}
        assert counts == {"done": 6, "diverged": 0, "error": 0, "total": 6, "left": 0}
        assert found["out"] == "r" and found["trained"] == 6
        assert set(found["seconds"]) == {"data", "compile", "training", "table"}

    @pytest.mark.parametrize("command", ["plan", "status", "info"])
    def test_json_of_the_other_commands(self, command, typed):
        typed("run", *TINY, "--seeds", 1, "--out", "r")
        words = {"plan": TINY, "status": ["r"], "info": []}[command]
        status, out, err = typed(command, *words, "--json")
        assert (status, err, out.count("\n")) == (0, "", 1) and isinstance(json.loads(out), dict)

    def test_where_there_is_no_terminal_nothing_moves_and_nothing_is_coloured(self, tmp_path):
        status, out, err = call("run", *TINY, "--seeds", "0:3", "--out", "r", cwd=tmp_path)
        assert status == 0 and "\x1b" not in out + err and "\r" not in out + err
        assert err.count("\n") == 1 and err.startswith("6 of 6 runs, 0 diverged")

    def test_a_log_hears_now_and_then_how_far_it_is(self, typed, monkeypatch):
        words = ("run", *TINY, "--jobs", 1, "--lr", "0.01,1e200")
        monkeypatch.setattr(progress, "EVERY_S", 0.0)
        _, _, err = typed(*words, "--seeds", "0:600", "--out", "r")
        *heard, last = err.splitlines()
        assert last.startswith("2,400 of 2,400 runs, 1,200 diverged")
        said = [re.fullmatch(r"(.+) of 2,400 runs, (.+) diverged, \S+ a second", h) for h in heard]
        counts = [[int(n.replace(",", "")) for n in found.groups()] for found in said]
        assert len(counts) > 2 and counts == sorted(counts)
        assert all(0 < done < 2400 and diverged < done for done, diverged in counts)
        _, _, err = typed(*words, "--seeds", "0:1200", "--out", "r", "--extend")
        counts = [re.match(r"(\S+) of 4,800 runs, (\S+) div", line) for line in err.splitlines()]
        told = [[int(n.replace(",", "")) for n in found.groups()] for found in counts]
        assert all(done >= 2400 and diverged >= 1200 for done, diverged in told), "old ones too"
        assert typed(*words, "--seeds", 1, "--out", "quiet", "--quiet")[2].count("\n") == 1

    def test_quiet_leaves_the_last_line(self, typed):
        status, out, err = typed("run", *TINY, "--seeds", 1, "--out", "r", "--quiet")
        assert (status, out, err.count("\n")) == (0, "", 1) and err.rstrip().endswith(": r")

    def test_a_disk_that_fails_loses_nothing_that_was_finished(self, typed, monkeypatch):
        wanted = typed("run", *TINY, "--seeds", "0:3", "--out", "whole")
        with monkeypatch.context() as patch:
            faults.install(patch, 24, "forever")
            status, out, err = typed("run", *TINY, "--seeds", "0:3", "--jobs", "1", "--out", "r")
        assert (status, out) == (2, "")
        failed, kept = err.splitlines()
        assert failed.startswith("sweep: r/") and "cannot be written" in failed
        again = kept.removeprefix("what is finished is kept; go on with: sweep ")
        assert again == "run r/sweep.toml --out r --jobs 1"
        assert typed(*again.split())[:2] == wanted[:2]
        with monkeypatch.context() as patch:
            faults.install(patch, 1, "forever")
            status, out, err = typed("run", *TINY, "--out", "none")
        assert (status, out, err.count("\n")) == (2, "", 1) and "kept" not in err

    @pytest.mark.parametrize(
        ("words", "status"),
        [
            (("run", "--help"), 0),
            (("plan", *TINY), 0),
            (("run", *TINY, "--seeds", "1", "--out", "r"), 0),
            (("run", "--l1", "some"), 2),
        ],
    )
    @pytest.mark.parametrize("unread", ["output", "both"])
    def test_nobody_is_told_that_the_reader_has_gone(self, words, status, unread, tmp_path):
        reader, writer = os.pipe()
        os.close(reader)
        with (tmp_path / "err").open("w+") as err:
            done = subprocess.run(
                [sys.executable, "-m", "sweep", *words],
                cwd=tmp_path,
                env=environment(),
                stdout=writer,
                stderr=writer if unread == "both" else err,
                timeout=LONG,
            )
            os.close(writer)
            err.seek(0)
            said = err.read()
        assert done.returncode == status
        if "some" not in words:
            assert "rror" not in said
        if "r" in words:
            assert len(results.load(tmp_path / "r")) == 2

    def test_a_pipe_that_breaks_elsewhere_is_an_error(self, typed, monkeypatch):
        """A worker's, say: the sweep is not done because somebody has hung up."""

        def broken(*_):
            raise BrokenPipeError

        monkeypatch.setattr("sweep.running.driver.run", broken)
        status, out, err = typed("run", *TINY)
        assert (status, out) == (1, "")
        assert err == "sweep: a pipe or connection was closed at its other end\n"


class TestTerminal:
    WORDS = ("run", "--data", "digits", "--epochs", "10", "--l1", "0,0.01", "--seeds", "0:6")

    def test_sixty_columns_are_enough(self, tmp_path):
        status, text = at_terminal([*self.WORDS, "--out", "a-directory-of-some-length"], tmp_path)
        assert status == 0
        bars = {line for line in lines(text) if re.match(r"\d+/96 runs", line)}
        assert len(bars) > 1, "the progress moves"
        assert any(re.search(r" best run 0\.\d+", bar) for bar in bars)
        last = [line for line in lines(text) if line.startswith("96 of 96 runs")]
        assert last
        assert max(map(len, set(lines(text)) - set(last))) <= 60

    @pytest.mark.parametrize("columns", [30, 40, 60])
    def test_progress_says_less_where_there_is_less_room(self, columns, tmp_path):
        words = [*self.WORDS, "--lr", "0.01,1e200", "--out", "r"]
        _, text = at_terminal(words, tmp_path, columns)
        bars = [line.rstrip() for line in lines(text) if re.match(r"\d+/192 runs", line)]
        assert bars and not any("…" in bar for bar in bars)
        assert max(map(len, bars)) <= columns and all("━" in bar for bar in bars)
        assert any("diverged" in bar for bar in bars) == (columns > 30)
        assert any("best run" in bar for bar in bars) == (columns > 40)

    def test_what_was_there_before_is_counted(self, tmp_path):
        words = [*self.WORDS[:-1], "0:3", "--lr", "0.01,1e200", "--out", "r"]
        assert call(*words, "--quiet", cwd=tmp_path)[0] == 0
        before = results.load(tmp_path / "r")
        lowest, diverged = before.val_loss.min(), (before.status == "diverged").sum()
        words[words.index("0:3")] = "0:6"
        _, text = at_terminal([*words, "--extend"], tmp_path)
        bars = [re.match(r"(\d+)/192 runs.*best run (\S+) +(\d+) div", bar) for bar in lines(text)]
        told = [(int(bar[1]), float(bar[2]), int(bar[3])) for bar in bars if bar]
        assert told[0] == (96, pytest.approx(lowest, rel=1e-2), diverged) and diverged == 48
        assert all(best <= told[0][1] for _, best, _ in told)

    def test_no_color_is_honoured(self, tmp_path):
        _, text = at_terminal([*self.WORDS, "--out", "r"], tmp_path, NO_COLOR="1")
        assert not re.search(r"\x1b\[[0-9;]*[34]\d", text)

    def test_quiet_shows_no_progress(self, tmp_path):
        words = ("run", *TINY, "--seeds", "1", "--out", "r", "--quiet")
        status, text = at_terminal(words, tmp_path)
        assert status == 0 and "\x1b" not in text and text.count("\n") == 1

    @pytest.mark.parametrize("command", ["run", "plan", "status", "info"])
    def test_help_fits(self, command, tmp_path):
        status, text = at_terminal([command, "--help"], tmp_path)
        assert status == 0 and max(map(len, lines(text))) <= 60


class TestHelp:
    def test_every_command_and_option_says_what_it_is(self):
        for name, command in app.commands.items():
            assert command.help and "Example:" in command.help, name
            for option in command.params:
                assert isinstance(option, click.Argument) or option.help, (name, option.name)

    def test_it_is_laid_out(self, typed):
        status, out, err = typed("run", "-h")
        assert (status, err) == (0, "") and "\b" not in out and "\\b" not in out
        assert "\n  Example:\n    sweep run --data" in out

    def test_the_options_of_a_run_are_the_fields_of_a_sweep(self):
        from sweep.specification.spec import RUN_OPTIONS

        options = {option.name for option in app.commands["run"].params} - {"file"}
        assert options == set(Sweep.model_fields) | set(RUN_OPTIONS)
        planned = {option.name for option in app.commands["plan"].params}
        assert planned - {"file", "columns_found"} == options


class TestOptions:
    def test_what_is_typed_wins_over_the_file(self, typed, tmp_path):
        (tmp_path / "spec.toml").write_text(
            'data = "iris"\nhidden = "4"\nepochs = 1\nseeds = "0:2"\nl1 = 0\nl2 = 0\n'
        )
        status, _, err = typed("run", "spec.toml", "--seeds", "5", "--batch-size", "full")
        assert status == 0 and err.rstrip().endswith("runs/iris-1")
        spec = Sweep.from_toml(tmp_path / "runs/iris-1/sweep.toml")
        assert (spec.seeds, spec.batch_size, spec.epochs) == (range(5, 6), 0, 1)

    def test_varied_names_are_laid_over_those_of_the_file(self, typed, tmp_path):
        (tmp_path / "spec.toml").write_text(
            'data = "iris"\nhidden = "4"\nseeds = 1\nl1 = 0\nl2 = 0\nepochs = 1\n'
            '[vary]\nl1_w1 = "0,1"\n'
        )
        typed("run", "spec.toml", "--vary", "l2_b2=0.5", "--out", "r")
        table = results.load(tmp_path / "r")
        assert table[["l1_w1", "l2_b2"]].to_numpy().tolist() == [[0, 0.5], [1, 0.5]]

    def test_each_sweep_gets_a_directory_of_its_own(self, typed, tmp_path):
        for _ in range(2):
            assert typed("run", *TINY, "--seeds", 1)[0] == 0
        assert sorted(os.listdir(tmp_path / "runs")) == ["iris-1", "iris-2"]

    def test_python_takes_the_same_names(self, typed, tmp_path):
        words = {"--l1-on": "w1,b2", "--zero-tol": "0.5", "--val-fraction": "0.3", "--lr": "0.1"}
        typed("run", *TINY, *sum(words.items(), ()), "--seeds", "3:5", "--out", "r")
        options = {k[2:].replace("-", "_"): v for k, v in words.items()}
        spec = Sweep(data="iris", hidden=4, epochs=1, l1=[0, 0.01], l2=0, seeds=[3, 4], **options)
        assert Sweep.from_toml(tmp_path / "r/sweep.toml") == spec


def test_status_counts(typed, tmp_path):
    typed("run", *TINY, "--seeds", "0:2", "--lr", "0.01,1e300", "--out", "r")
    found = json.loads(typed("status", "r", "--json")[1])
    assert found == {"done": 4, "diverged": 4, "error": 0, "total": 8, "left": 0}
    next((tmp_path / "r/parts").iterdir()).unlink()
    assert json.loads(typed("status", "r", "--json")[1])["left"] == 8


def test_info_names_what_a_bug_report_needs(typed):
    found = json.loads(typed("info", "--json")[1])
    assert {"python", "numpy", "numba", "cpu", "lanes", "threads", "cache_folder"} <= set(found)


def test_no_place_for_the_compiled_kernels_is_said_once(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    status, _, err = call(
        *("run", *TINY, "--seeds", "1", "--out", "r"), cwd=tmp_path, NUMBA_CACHE_DIR=str(blocked)
    )
    assert status == 0 and err.count("NUMBA_CACHE_DIR") == 1

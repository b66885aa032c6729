"""What every test finds: the repository's code, and an environment that forces nothing."""

import os
import signal
import sys

import hypothesis
import numpy as np
import pytest

import sweep

# How long an example takes says nothing on a machine that does other work too.
hypothesis.settings.register_profile(
    "without a clock", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("without a clock")

for name in ("SWEEP_LANES", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
    os.environ.pop(name, None)

# No test goes through a loss of power, and a disk takes milliseconds for each fsync, of which there
# are tens of thousands. As that does, this fails for what is not open.
os.fsync = os.fstat

# A shell ignores Ctrl-C for what it starts in the background, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_luck():
    """Let what draws from NumPy's own generator, as a fit without `random_state`, draw the same."""
    np.random.seed(0)


def with_room(function):
    """Call a function, with room for the frames of all that it calls."""
    return function()


# Python keeps frames in blocks of 16 KiB, and gives one back as soon as it is empty: a loop that
# calls a function where a block ends asks the system for memory each time. While kernels are
# compiled, that was most of the time in the system, and a tenth of all. A frame that takes a little
# more than half of a block, which is then as large as it has to be, leaves the rest as room.
with_room.__code__ = with_room.__code__.replace(co_stacksize=2**16 + 2**8)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Run all tests as pytest does, or a worker of its, but with room."""
    plugins = session.config.pluginmanager
    loop = plugins.subset_hook_caller("pytest_runtestloop", [sys.modules[__name__]])
    return with_room(lambda: loop(session=session))


def pytest_collection_modifyitems(items):
    """Let strangers' files come last: what watches them stays, and slows the process down."""
    items.sort(key=lambda item: "hostile" in item.path.parts)


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Type a command in an empty folder: its exit status, standard output and standard error."""
    from sweep.commands.command_line import command_line

    monkeypatch.chdir(tmp_path)

    def type_(*words):
        capsys.readouterr()
        status = command_line([str(word) for word in words])
        return status, *capsys.readouterr()

    return type_


@pytest.fixture(scope="session")
def small():
    """Build a sweep that takes no time."""

    def build(**options):
        return sweep.Sweep(
            **{
                "data": "iris",
                "hidden": "4",
                "epochs": 2,
                "finish": 0,
                "seeds": 1,
                "l1": 0,
                "l2": 0,
            }
            | options
        )

    return build

"""The installation: packages that are ours, rooms that keep apart, a top level that stays tidy."""

import ast
import fnmatch
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

import kernels
import results
import sweep

ROOT = Path(__file__).parents[1]
PACKAGES = ("kernels", "results", "sweep")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
#: Imported, and not asked for: numba brings the first, who takes those backends the next, and a
#: notebook, in which alone it is imported, the last.
BROUGHT = {"llvmlite", "ray", "cuda", "IPython"}


def tracked():
    """List the files that git keeps."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no clone")
    return [Path(name) for name in listed.stdout.split("\0") if name]


def test_the_packages_of_these_names_are_ours():
    for package in (kernels, results, sweep):
        assert Path(package.__file__).parent.parent == ROOT


def test_the_top_level_holds_the_house_and_nothing_else():
    names = {path.parts[0] for path in tracked() if not path.parts[0].startswith(".")}
    assert names == {"pyproject.toml", "README.md", "LICENSE", *PACKAGES, "tests"}


def folders():
    """List the folders of the packages that hold files git keeps, as packages are named."""
    parents = {path.parent for path in tracked() if path.parts[0] in PACKAGES}
    return {".".join(parent.parts) for parent in parents}


def test_the_wheel_holds_every_file_of_the_packages():
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders()
    globs = PROJECT["tool"]["setuptools"]["package-data"]
    for path in tracked():
        if path.parts[0] in PACKAGES and path.suffix != ".py":
            package = ".".join(path.parent.parts)
            assert any(fnmatch.fnmatch(path.name, glob) for glob in globs.get(package, [])), path


def test_every_file_lands_in_a_wing_that_says_what_belongs_there():
    """The contracts list all wings; a folder is a wing or a room of one, and not crowded."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    listed = [one for one in contracts if one.get("exhaustive")]
    wings = {
        f"{package}.{wing.strip()}"
        for one in listed
        for package in one["containers"]
        for layer in one["layers"]
        for wing in layer.split("|")
    }
    assert {package for one in listed for package in one["containers"]} == set(PACKAGES)
    assert {".".join(folder.split(".")[:2]) for folder in folders()} - set(PACKAGES) <= wings
    assert max(folder.count(".") for folder in folders()) == 2
    for folder in folders():
        path = ROOT.joinpath(*folder.split("."))
        assert (
            ast.get_docstring(ast.parse((path / "__init__.py").read_text())) or folder == "kernels"
        )
        assert len([file for file in path.glob("*.py") if file.stem != "__init__"]) <= 14, folder


def test_a_package_shows_its_public_names():
    for package in (results, sweep):
        assert dir(package) == sorted(package.__all__)
        assert all(hasattr(package, name) for name in package.__all__)
    assert sweep.__version__ == importlib.metadata.version("regsweep")
    assert issubclass(sweep.InputError, ValueError)


def test_the_rooms_know_only_whom_they_may(capsys, monkeypatch):
    linter = pytest.importorskip("importlinter.cli")
    monkeypatch.chdir(ROOT)
    status = linter.lint_imports(no_cache=True, no_logo=True)
    out = capsys.readouterr().out
    assert status == 0, out
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", out), out


def imported(path):
    """Yield the top-level names of the packages that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


@cache
def packages():
    """Return who gives each package; to read all that is installed takes seconds."""
    return importlib.metadata.packages_distributions()


def test_what_is_imported_is_asked_for():
    """A package that is imported is a dependency or an extra, so that no import is luck."""
    optional = PROJECT["project"]["optional-dependencies"]
    extras = [one for name, some in optional.items() if name != "test" for one in some]
    asked = PROJECT["project"]["dependencies"] + extras
    asked = {re.match(r"[\w-]+", one)[0].lower() for one in asked}
    of = packages()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for name in set(imported(path)) - sys.stdlib_module_names - BROUGHT - set(PACKAGES):
                givers = {giver.lower().replace("_", "-") for giver in of.get(name, ())}
                assert givers & asked, (path, name)


def test_every_dependency_is_used():
    used = {n for package in PACKAGES for p in (ROOT / package).rglob("*.py") for n in imported(p)}
    of = packages()
    givers = {giver.lower().replace("_", "-") for name in used for giver in of.get(name, ())}
    for one in PROJECT["project"]["dependencies"]:
        assert re.match(r"[\w-]+", one)[0].lower() in givers, one


def test_help_is_there_in_no_time():
    """The heavy packages are imported where they are used."""
    code = (
        "import sys; from sweep.commands.command_line import command_line; "
        "command_line(['--help']); "
        "print(*sorted(set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"numba", "pandas", "pyarrow", "sklearn", "scipy", "matplotlib", "joblib"}
    assert "Usage: sweep" in done.stdout and not heavy & set(done.stderr.split())

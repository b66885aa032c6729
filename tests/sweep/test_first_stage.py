"""Results directories and models of the first stage are read, summed up, continued and extended."""

import json
import math
import shutil

import pytest

from tests.recorded import directories
from tests.recorded.recording import HERE

STAGE = HERE / "first_stage"
SAID = json.loads((HERE / "first_stage.json").read_text())


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Copy a directory into an empty folder that is the current one, and its data elsewhere."""
    monkeypatch.chdir(tmp_path)

    def copy(name):
        shutil.copytree(STAGE / name, name)
        (tmp_path / "elsewhere").mkdir()
        shutil.copy(HERE / "fruit.csv", "elsewhere")
        return name

    return copy


def differences(then, now, where=""):
    """List where two things made of dicts and lists differ; sums may round in the last digits.

    More may be said now than then: columns that came later.
    """
    if isinstance(then, dict) and isinstance(now, dict) and then.keys() <= now.keys():
        return [each for key in then for each in differences(then[key], now[key], f"{where}/{key}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        pairs = enumerate(zip(then, now, strict=True))
        return [each for i, pair in pairs for each in differences(*pair, f"{where}/{i}")]
    both = isinstance(then, float) and isinstance(now, float)
    close = both and math.isclose(then, now, abs_tol=1e-12)
    return [] if then == now or close else [f"{where}: {then} -> {now}"]


@pytest.mark.parametrize("name", directories.RUN)
def test_a_directory_is_as_good_as_ever(name, copied):
    assert differences(SAID[name], directories.said(copied(name))) == []


@pytest.mark.parametrize("file", directories.MODELS)
def test_a_model_predicts_as_ever(file):
    assert directories.of_model(STAGE / file) == SAID[file]

"""What a specification or an estimator gives, as hashes that no library's version changes."""

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_diabetes, load_iris, load_wine

from results.columns import LATER
from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
    RegularizedMLPRegressorCV,
    Sweep,
    load_model,
)
from sweep.commands.command_line import command_line
from sweep.estimators.mlp import RegularizedMLP
from sweep.estimators.search import Search
from tests.kernels import hashing

HERE = Path(__file__).parent


#: Defaults of the first stage that are others now: what was recorded then is held to them.
FIRST_DEFAULTS = {"l1_method": "subgradient", "finish": 0}
#: The same of the estimators; `alpha` stands for L2.
FIRST_ESTIMATORS = FIRST_DEFAULTS | {"hidden_layer_sizes": (32, 16), "l1": 1e-4, "l2": 1e-4}


class Entry(NamedTuple):
    """What is recorded of one thing.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    given : dict or str
        What it is, as it is given to the library; of the kernels, its name in their hashes.
    sha256 : dict of str to str
        A hash of each part of what came out.
    """

    kind: str
    given: Any
    sha256: dict[str, str]

    def __str__(self) -> str:
        return f"{self.kind}: {json.dumps(self.given)}"


def entries(*kinds: str) -> list[Entry]:
    """Read what is recorded, of all kinds unless told."""
    return [
        Entry(kind, **entry)
        for kind in kinds or KINDS
        if _path(kind).exists()
        for entry in json.loads(_path(kind).read_text())
    ]


def write(kind: str, entries: Iterable[Entry]) -> None:
    """Write what is recorded of a kind, a line each."""
    lines = [json.dumps({"given": entry.given, "sha256": entry.sha256}) for entry in entries]
    _path(kind).write_text("[\n" + ",\n".join(lines) + "\n]\n")


def record(kind: str, given: Any) -> Entry:
    """Do what is to be recorded."""
    return Entry(kind, given, KINDS[kind](given, 1))


def differences(entry: Entry, jobs: int = 1) -> list[str]:
    """Do again what was recorded: a line of what is different now, none if nothing is."""
    found = KINDS[entry.kind](entry.given, jobs)
    names = [name for name in entry.sha256 | found if entry.sha256.get(name) != found.get(name)]
    return [f"{', '.join(names)} of {entry}"] if names else []


def cheap(entry: Entry) -> bool:
    """Tell whether an entry takes little time even in the code of a slow processor.

    The kernels' own do not, and `tests.kernels.test_processors` tries them there.
    """
    if entry.kind == "kernels":
        return False
    return entry.given.get("sweep", entry.given).get("data") not in ("digits", "breast_cancer")


@cache
def _of_kernels() -> dict[str, str]:
    return hashing.hashes(hashing.processor()["lanes"])


def of_kernel(name: str, jobs: int) -> dict[str, str]:
    """Return a hash of the kernels' own."""
    return {"results": _of_kernels()[name]}


def sweep_of(given: dict[str, Any]) -> Sweep:
    """Make a specification; a data file is one that lies here."""
    data = given.get("data", "article")
    then = FIRST_DEFAULTS | {"most_levels": 0, "features": "no"}
    if "l1_method" not in given:
        then |= {"zero_tol": 1e-3}
    if not given.keys() & {"task", "loss"}:
        then |= {"task": "classes", "loss": "cross_entropy"}
    return Sweep(**then | given | {"data": str(HERE / data) if "." in data else data})


def of_sweep(given: dict[str, Any], jobs: int) -> dict[str, str]:
    """Run a sweep: a hash of its specification, its runs and what lies beside them, if anything."""
    spec = sweep_of(given)
    found = {"specification": of_plain(spec.specification())}
    with tempfile.TemporaryDirectory() as folder:
        spec.run(out=folder, jobs=jobs)
        for name in ("runs", "history", "features"):
            path = Path(folder, f"{name}.parquet")
            if path.exists():
                found[name] = of_table(pq.read_table(path))
    return found


def of_model(case: dict[str, Any], jobs: int) -> dict[str, str]:
    """Run a sweep and save the model of its best cell: a hash of each array of the file."""
    with tempfile.TemporaryDirectory() as folder:
        sweep_of(case["sweep"]).run(out=folder, jobs=jobs)
        path = Path(folder, "model.npz")
        command("best", folder, "--save", path, "--rule", case["rule"])
        model = load_model(path)
        arrays = {"parameters": model.parameters, "mean": model.mean, "scale": model.scale}
    return {name: of_arrays([array]) for name, array in arrays.items()}


def of_estimator(case: dict[str, Any], jobs: int) -> dict[str, str]:
    """Fit an estimator: a hash of each thing that it has learnt."""
    one: type[RegularizedMLP] = RegularizedMLPClassifier
    several: type[Search] = RegularizedMLPClassifierCV
    if case["data"] == "diabetes":
        X, y = load_diabetes(return_X_y=True, scaled=False)
        X = X / 64 - 1
        one, several = RegularizedMLPRegressor, RegularizedMLPRegressorCV
    else:
        bunch = {"iris": load_iris, "wine": load_wine}[case["data"]]()
        X, y = bunch.data / 4 - 1, bunch.target_names[bunch.target]
    weight = np.arange(len(y)) % 3 / 2 if case["weighted"] else None
    known = one().get_params()
    then = {name: value for name, value in FIRST_ESTIMATORS.items() if name in known}
    if "alpha" in case["parameters"]:
        del then["l2"]
    parameters = then | case["parameters"]
    if "cv" not in parameters:
        return _of_fit(one(**parameters).fit(X, y, weight), X)
    place = np.arange(len(y)) % parameters["cv"]
    splits = [(np.flatnonzero(place != k), np.flatnonzero(place == k)) for k in np.unique(place)]
    search = several(**parameters | {"cv": splits, "n_jobs": jobs})
    search.fit(X, y, weight)
    scores = {
        name: values
        for name, values in search.cv_results_.items()
        if name.startswith(("split", "param_"))
    }
    found = {name: of_arrays([values.astype(np.float64)]) for name, values in scores.items()}
    return found | _of_fit(search.best_estimator_, X)


def command(*words: Any) -> str:
    """Type a command that has to end well, and return what it prints."""
    with (
        mock.patch("sys.argv", ["sweep", *map(str, words)]),
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
    ):
        assert command_line() == 0, err.getvalue()
    return out.getvalue()


def _of_fit(fitted: RegularizedMLP, X: np.ndarray) -> dict[str, str]:
    said = "predict_proba" if hasattr(fitted, "predict_proba") else "predict"
    return {
        # As float64, which they were of every precision when the first of them were recorded.
        "coefs_": of_arrays(weights.astype(np.float64) for weights in fitted.coefs_),
        "intercepts_": of_arrays(biases.astype(np.float64) for biases in fitted.intercepts_),
        "loss_curve_": of_arrays([fitted.loss_curve_, fitted.loss_]),
        "validation_scores_": of_arrays([fitted.validation_scores_ or []]),
        said: of_arrays([getattr(fitted, said)(X)]),
    }


def of_table(table: pa.Table) -> str:
    """Hash all columns but the seconds: names, types, and the bytes of values and nulls.

    Columns that came after the first stage are left out: what stood then is what is held.
    """
    digest = hashlib.sha256()
    for name in table.column_names:
        if name == "seconds" or name in LATER:
            continue
        column = table[name].combine_chunks()
        digest.update(f"{name} {column.type} {len(column)}\n".encode())
        digest.update(np.packbits(column.is_null().to_numpy(zero_copy_only=False)).tobytes())
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        if pa.types.is_string(column.type):
            digest.update("\n".join(column.fill_null("").to_pylist()).encode())
        else:
            digest.update(_little(column.fill_null(0).to_numpy(zero_copy_only=False)))
    return digest.hexdigest()


def of_arrays(arrays: Iterable[Any]) -> str:
    """Hash numbers, with the shape of each array."""
    digest = hashlib.sha256()
    for array in map(np.asarray, arrays):
        digest.update(f"{array.dtype.name} {array.shape}\n".encode())
        digest.update(_little(array))
    return digest.hexdigest()


def of_plain(value: Any) -> str:
    """Hash what JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _little(array: np.ndarray) -> bytes:
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def _path(kind: str) -> Path:
    return HERE / f"{kind}.json"


#: What is recorded, each kind in a file of its name.
KINDS: dict[str, Callable[[Any, int], dict[str, str]]] = {
    "kernels": of_kernel,
    "sweeps": of_sweep,
    "models": of_model,
    "estimators": of_estimator,
}

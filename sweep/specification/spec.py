"""Sweep: the frozen specification of an experiment, checked when it is made."""

import difflib
import hashlib
import json
import os
import re
import reprlib
import tomllib
from collections.abc import Container, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from sweep.errors import InputError
from sweep.specification import options
from sweep.specification import values as grammar

if TYPE_CHECKING:
    import pandas as pd

RUN_OPTIONS: dict[str, type] = {  # how to run; a SPEC.toml may hold these beside the experiment
    "jobs": int,
    "backend": str,
    "scheduler": str,
    "out": str,
    "extend": bool,
    "join": bool,
    "retry_failed": bool,
    "quiet": bool,
    "json": bool,
}


def _is_article(data: Any) -> bool:
    return isinstance(data, str) and data == "article"


def _default(article: Any, otherwise: Any) -> Any:
    """Give a field a default for the document's experiment, and one for real data."""
    return Field(
        default_factory=lambda fields: article if _is_article(fields.get("data")) else otherwise
    )


def _default_placement(article: str) -> Any:
    """Give the document's placement where there are the document's three layers."""

    def choose(fields: dict[str, Any]) -> str:
        three = options.layers(fields) == 3
        return article if _is_article(fields.get("data")) and three else "weights"

    return Field(default_factory=choose)


class Sweep(BaseModel):
    """The specification of a sweep: a grid of runs, each of which trains one network.

    A Sweep is frozen, and compares and hashes by its `specification`. Where VALUES are taken,
    a text such as ``0,1e-4:1e-1:log7``, a number, a list or an array will do.

    Parameters
    ----------
    data : str, path, (X, y) or DataFrame, default "article"
        ``article``, ``iris``, ``wine``, ``breast_cancer``, ``digits``; a CSV or Parquet file.
    target : str, optional
        The class column of a file or DataFrame; the last one unless given.
    hidden : str or sequence of int
        Widths of the hidden layers; ``none`` for softmax regression. 3,5 for article, else 32,16.
    l1, l2 : VALUES, default "0,1e-4:1e-1:log7"
        Penalties: axes of the grid. For l1 also "auto:logN": N numbers up to the one that is
        known to empty the network, see `sweep.plan.automatic`.
    l1_on, l2_on : str or sequence of str
        Where each penalty acts: names ``w1, b1, …``, ``weights``, ``biases``, ``all``, ``none``.
        For article ``w2,b2,w3,b3`` and ``w1,b1,w3,b3``, else ``weights``.
    vary : dict of name to VALUES
        Further axes; ``l1_w1`` replaces the L1 penalty on w1.
    l1_method : {"subgradient", "proximal"}
        The document's step, or one that gives exact zeros.
    seeds : VALUES, default "42:62"
        One run per seed and cell.
    folds : int, default 0
        K of a stratified K-fold cross-validation; 0 is one stratified hold-out split.
    val_fraction : float
        Share held out where `folds` is 0. 0 for article, else 0.2.
    epochs : int
        1000 for article, else 100.
    batch_size : int or "full"
        1 for article, else 32; "full" is kept as 0.
    lr, momentum : VALUES, default 0.01 and 0.9
        Of Nesterov's step: axes of the grid.
    init : {"uniform", "he"}
        "uniform" for article, else "he".
    precision : {"float64", "float32"}
        What the arithmetic is done in.
    zero_tol : float
        A weight up to this size counts as zero. 1e-3, or 0 where `l1_method` is "proximal".
    history : int, default 0
        Write metrics every so many epochs; 0 writes none.
    patience : int, optional
        Stop a run after so many epochs without a better validation loss.
    path : {"l1", "l2"}, optional
        Follow a warm-started regularisation path along this axis.
    path_order : str or sequence of str, default "up" with `path`
        From the smallest penalty "up", from the largest "down", or "cold": an axis of the grid.
    halving : int, optional
        Successive halving over the cells: the share 1 / halving goes on.
    """

    model_config = ConfigDict(frozen=True, validate_default=True)

    data: options.Data = "article"
    target: str | None = None
    hidden: options.Widths = _default((3, 5), (32, 16))
    l1: options.Penalties = "0,1e-4:1e-1:log7"
    l2: options.Penalties = "0,1e-4:1e-1:log7"
    l1_on: options.Placement = _default_placement("w2,b2,w3,b3")
    l2_on: options.Placement = _default_placement("w1,b1,w3,b3")
    vary: options.Vary = {}
    l1_method: Literal["subgradient", "proximal"] = "subgradient"
    seeds: options.Seeds = range(42, 62)
    folds: options.Natural = 0
    val_fraction: options.Fraction = _default(0.0, 0.2)
    epochs: options.Natural = _default(1000, 100)
    batch_size: options.BatchSize = _default(1, 32)
    lr: options.Rates = (0.01,)
    momentum: options.Momenta = (0.9,)
    init: Literal["uniform", "he"] = _default("uniform", "he")
    precision: Literal["float64", "float32"] = "float64"
    zero_tol: options.Tolerance = Field(
        default_factory=lambda fields: 1e-3 if fields.get("l1_method") == "subgradient" else 0.0
    )
    history: options.Natural = 0
    patience: options.Patience = None
    path: options.Path = None
    path_order: options.Orders = Field(default_factory=options.default_orders)
    halving: options.Halving = None

    _given: dict[str, Any] = PrivateAttr(default_factory=dict)
    _sha256: str | None = PrivateAttr(default=None)

    def __init__(self, **given: Any) -> None:
        # None is "not given": the command line hands it on for every option left out.
        given = {name: value for name, value in given.items() if value is not None}
        known = type(self).model_fields
        for name, value in given.items():
            if name in RUN_OPTIONS:
                raise InputError(f"{name!r} says how to run: give it to run(), not to Sweep")
            if name not in known:
                raise InputError(f"unknown option {name!r}{_nearest(name, known)}")
            if isinstance(value, bool):
                raise InputError(f"`{name}` takes no {str(value).lower()}")
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise InputError(_one_line(error)) from None
        # What replace() starts from, and what each task carries: a range is short.
        self._given = {**given, "seeds": self.seeds} if "seeds" in given else given

    @model_validator(mode="after")
    def _fits_together(self) -> "Sweep":
        if _is_article(self.data):
            for option in ("folds", "val_fraction", "patience"):
                if getattr(self, option):
                    raise InputError(
                        f"`{option}` needs data to hold out, and article draws one sample a run: "
                        "leave it out, or give other `data`"
                    )
        has_columns = options.is_frame(self.data) or (
            isinstance(self.data, str) and self.data not in options.BUILT_IN
        )
        if self.target is not None and not has_columns:
            given = self.data if isinstance(self.data, str) else "(X, y)"
            raise InputError(
                f"`target` names a column of a file or DataFrame, and {given} is neither: "
                "leave it out"
            )
        if self.folds == 1:
            raise InputError("`folds` should be 0 (one hold-out split) or at least 2; it is 1")
        if self.patience and not self.folds and self.val_fraction == 0:
            raise InputError(
                "`patience` watches the validation loss: give `val_fraction` above 0, or `folds`"
            )
        if self.path and options.length(getattr(self, self.path)) < 2:
            raise InputError(f"`path` along `{self.path}` needs at least two values of it")
        for other in ("path", "patience"):
            if self.halving and getattr(self, other):
                raise InputError(f"`{other}` and `halving` exclude each other: leave one out")
        return self

    def replace(self, **changes: Any) -> "Sweep":
        """Return a Sweep with these options changed.

        What was never given follows its default again: after ``replace(data="digits")`` the
        epochs are those of digits. None stands for the default.
        """
        return Sweep(**{**self._given, **changes})

    def without_data(self, name: str) -> "Sweep":
        """Return the Sweep with no more than a name of its data, to be sent along with them."""
        light = self.model_copy(update={"data": name})
        light._given = {**self._given, "data": name}
        return light

    def of_content(self, sha256: str | None) -> "Sweep":
        """Return the Sweep of data whose content is known, though they may be gone."""
        known = self.model_copy()
        known._sha256 = sha256
        return known

    def run(
        self,
        *,
        out: str | os.PathLike[str] | None = None,
        jobs: int = -1,
        backend: str = "threading",
        scheduler: str | None = None,
        extend: bool = False,
        join: bool = False,
        retry_failed: bool = False,
        quiet: bool = True,
    ) -> "pd.DataFrame":
        """Run the sweep and return its table, one row a run; see `results.columns`.

        Parameters
        ----------
        out : path, optional
            The results directory; by default everything stays in memory.
        jobs : int, default -1
            joblib's ``n_jobs``: -1 is all cores.
        backend : str, default "threading"
            Any joblib backend: ``loky``, ``dask``, ``ray``.
        scheduler : str, optional
            Address of a running dask scheduler.
        extend, join, retry_failed : bool
            Whether a directory that holds a part of this grid is enlarged, other processes may
            work in it at the same time, and runs that ended in error are done again.
        quiet : bool, default True
            Show no progress.

        Raises
        ------
        InputError
            If the data or the way to run cannot be used.
        results.errors.ResultsError
            If the results directory cannot be used.
        KeyboardInterrupt
            If it was interrupted; what was finished is kept in ``out``.
        """
        from sweep.running.driver import Where, table_of
        from sweep.running.driver import run as run_sweep

        where = Where(jobs, backend, scheduler, out, extend, join, retry_failed, quiet)
        return table_of(run_sweep(self, where), out)

    def specification(self) -> dict[str, Any]:
        """Return every option, defaults filled in, as plain data ready for JSON.

        ``seeds`` are VALUES, since there may be millions of them in each part of the results.
        ``data`` is the name of a file, wherever it lies: ``data_sha256`` is that of its content, or
        of the arrays; None for a built-in name.
        ``vary`` is a list of pairs, because the order of its names is the order of the axes.
        """
        sha256 = self._sha256 or _content_sha256(self.data)
        plain: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            plain[name] = list(value) if isinstance(value, tuple) else value
        plain["seeds"] = grammar.text(self.seeds)
        plain["vary"] = [[name, list(numbers)] for name, numbers in self.vary.items()]
        plain["data"] = Path(self.data).name if isinstance(self.data, str) else {"sha256": sha256}
        plain["data_sha256"] = sha256
        return plain

    def digest(self) -> str:
        """Return the SHA-256 of the specification, in hexadecimal."""
        canonical = json.dumps(self.specification(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_toml(self) -> str:
        """Write the specification as TOML, defaults filled in.

        Data in memory are named by their SHA-256 only, and have to be given again.
        """
        import tomli_w

        keys: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name == "data" and not isinstance(value, str):
                value = f"{options.IN_MEMORY}{_content_sha256(value)}>"
            elif name in options.WORDS and not value:
                value = options.WORDS[name][0]
            elif name in ("hidden", "l1_on", "l2_on"):
                value = ",".join(map(str, value)) or "none"
            elif name == "path_order":
                value = ",".join(value) or None
            elif isinstance(value, tuple | range):
                value = grammar.text(value)
            elif name == "vary":
                value = {varied: grammar.text(numbers) for varied, numbers in value.items()}
            if value not in (None, {}):
                keys[name] = value
        return tomli_w.dumps(keys)

    @classmethod
    def from_toml(cls, toml: str | os.PathLike[str]) -> "Sweep":
        """Read a Sweep from TOML: a path, or the text itself, which has an ``=`` in it.

        Options that say how to run are allowed in it, and left aside.
        """
        if isinstance(toml, os.PathLike) or "=" not in toml or toml.endswith(".toml"):
            return cls(**read_toml(toml)[0])
        return cls(**_split(toml, "TOML text")[0])

    def __eq__(self, other: object) -> bool:
        """Compare by specification."""
        if not isinstance(other, Sweep):
            return NotImplemented
        return self.specification() == other.specification()

    def __hash__(self) -> int:
        """Hash by specification."""
        return hash(self.digest())

    if not TYPE_CHECKING:  # so that a type checker still refuses the assignment itself

        def __setattr__(self, name: str, value: Any) -> None:
            """Refuse with our own error; pydantic's would name its internals."""
            if name not in self.__private_attributes__:
                raise InputError(f"a Sweep is frozen: use replace({name}=...)")
            super().__setattr__(name, value)


def read_toml(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a SPEC.toml as the options of the experiment and the options of running it."""
    try:
        toml = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {os.fspath(path)}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {os.fspath(path)}: it is not UTF-8 text") from None
    return _split(toml, os.fspath(path))


def as_flags(message: str, typed: Container[str]) -> str:
    """Name the options of an error the way the command line does, for those `typed` there."""
    return re.sub(
        r"`(\w+)`", lambda m: f"--{m[1].replace('_', '-')}" if m[1] in typed else m[0], message
    )


def _split(toml: str, source: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        keys = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source} is not TOML: {error}") from None
    known = [*Sweep.model_fields, *RUN_OPTIONS]
    for key, value in keys.items():
        if key not in known:
            raise InputError(f"{source}: unknown key {key!r}{_nearest(key, known)}")
        kind = RUN_OPTIONS.get(key)
        if kind and type(value) is not kind:
            wanted = {int: "a whole number", str: "text", bool: "true or false"}[kind]
            raise InputError(f"{source}: {key!r} should be {wanted}, not {value!r}")
    experiment = {key: value for key, value in keys.items() if key not in RUN_OPTIONS}
    return experiment, {key: value for key, value in keys.items() if key in RUN_OPTIONS}


def _one_line(error: ValidationError) -> str:
    """Say what is wrong with the first option that was refused."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return str(cause)
    option = str(first["loc"][0])
    either = f", or {options.WORDS[option][0]!r}" if option in options.WORDS else ""
    message = first["msg"].replace("Input", f"`{option}`", 1)
    return f"{message}{either}; it is {reprlib.repr(first['input'])}"


def _nearest(name: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else f"; there are {', '.join(known)}"


def _content_sha256(data: Any) -> str | None:
    """Hash a file, or arrays and DataFrames by value, shape and dtype; None for a built-in name."""
    if isinstance(data, str):
        if data in options.BUILT_IN:
            return None
        try:
            with open(data, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(
                f"`data` {data!r} is no file that can be read ({error.strerror}) and no built-in "
                f"set{_nearest(data, options.BUILT_IN)}"
            ) from None
    digest = hashlib.sha256()
    for part in data if isinstance(data, tuple) else (data,):
        for name, column in part.items() if options.is_frame(part) else [("", part)]:
            array = np.asarray(column)
            digest.update(f"{name!r} {array.dtype} {array.shape}\n".encode())
            if array.dtype.kind in "biuf":
                digest.update(np.ascontiguousarray(array).data)
            else:
                digest.update(json.dumps(array.tolist(), default=str).encode())
    return digest.hexdigest()

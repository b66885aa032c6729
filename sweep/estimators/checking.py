"""What the parameters of an estimator may be, also those that nothing chosen takes."""

import reprlib
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from sweep.errors import InputError

#: Parameters that say something by None.
_MAY_BE_NONE = (
    "vary",
    "tol",
    "alpha",
    "class_weight",
    "random_state",
    "cv",
    "seeds",
    "scoring",
    "n_jobs",
    "ensemble",
    "n_iter",
    "factor",
)


def _whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _truth(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


_A_TRUTH = ("True or False", _truth)

#: What those parameters may be that no specification has: in words, and as a test.
_OWN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "nesterovs_momentum": ("True or False, or both", lambda v: all(map(_truth, _each(v)))),
    "early_stopping": _A_TRUTH,
    "standardize": _A_TRUTH,
    "shuffle": _A_TRUTH,
    "warm_start": _A_TRUTH,
    "verbose": (
        "True, False or a whole number from 0 up",
        lambda v: _truth(v) or (_whole(v) and v >= 0),
    ),
    "power_t": ("a number from 0 up", lambda v: _number(v) and 0 <= v < np.inf),
    "refit": ("True, False, a name or a callable", lambda v: _truth(v) or _names(v)),
    "n_jobs": (
        "a whole number other than 0, or None",
        lambda v: v is None or (_whole(v) and v != 0),
    ),
    "random_state": (
        "a whole number from 0 up, a RandomState or None",
        lambda v: v is None or _whole(v) or isinstance(v, np.random.RandomState) or v is np.random,
    ),
    "precision": (
        "'auto', 'float64' or 'float32'",
        lambda v: v in ("auto", "float64", "float32"),
    ),
    "batch_size": ("a whole number from 1 up, 'auto' or 'full'", lambda v: not _is(v, 0)),
}


def _each(value: Any) -> Iterable[Any]:
    """Return the values that are given, of one it alone."""
    return value if isinstance(value, list | tuple) else (value,)


def _is(value: Any, word: str | float) -> bool:
    """Tell whether a value is a word, or 0; one of an array is a question of each element."""
    return type(value) is type(word) and value == word


def _names(value: Any) -> bool:
    return callable(value) or (isinstance(value, str) and value != "")


def checked_alone(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with lists for arrays, as far as each can be checked by itself.

    Raises
    ------
    InputError
        Where one is None that says nothing by it, or is not what it may be.
    """
    found = {n: v.tolist() if isinstance(v, np.ndarray) else v for n, v in parameters.items()}
    for name, value in found.items():
        if value is None and name not in _MAY_BE_NONE:
            raise InputError(f"`{name}` should not be None: leave it out for its default")
        words, right = _OWN.get(name, ("", lambda value: True))
        if not right(value):
            raise InputError(f"`{name}` should be {words}, not {reprlib.repr(parameters[name])}")
    return found


def in_words_of(names: Mapping[str, str], error: InputError) -> str:
    """Return what an error says in one line, with a parameter's name for that of an option.

    Parameters
    ----------
    names : dict of str to str
        Names of parameters by those of options.
    """
    first, *marked = str(error).splitlines()
    message = f"{first}, not {marked[0].strip()!r}" if marked else first
    parts = message.split("`")  # names stand at odd places, between two of these
    parts[1::2] = [names.get(name, name) for name in parts[1::2]]
    return "`".join(parts)

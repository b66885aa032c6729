"""What may be given for each option of a Sweep -> the value that its field keeps.

Messages write an option as `val_fraction`; the command line turns that into --val-fraction.
"""

import codecs
import csv
import math
import os
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from numbers import Integral
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from sweep.errors import InputError
from sweep.specification import choices, placement, schedule
from sweep.specification import values as grammar
from sweep.specification.article import NAME
from sweep.specification.several import networks
from sweep.specification.several.alternatives import several, validated

BUILT_IN = (NAME, "iris", "wine", "breast_cancer", "digits")
IN_MEMORY = "<in memory, sha256 "  # how a TOML file names data that it does not hold
WORDS: dict[str, tuple[str, Any]] = {  # the one word that an option takes, and what it stands for
    "loss": ("auto", None),
    "batch_size": ("full", 0),
    "finish": ("auto", None),
    "test": ("off", None),
    "subsample": ("off", None),
    "patience": ("off", None),
    "tol": ("off", None),
    "path": ("off", None),
    "halving": ("off", None),
    "sample": ("off", None),
}
#: What a character is called that is hard to type.
_CHARACTERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}
#: Options that are lists of names, or of words.
NAMES = ("columns", "drop", "categories", "missing_values")
_IN_NUMBERS = "0123456789+-.eE"
#: The tolerance for zeros that follows how far a weight swings about zero.
SWING = "auto"
#: How the runs along a path begin.
ORDERS = ("up", "down", "cold")
#: Values of an axis other than the seeds.
MOST_VALUES = 1_000_000
#: Further axes: NumPy numbers the points of a grid of at most 64.
MOST_VARIED = 24


@contextmanager
def _naming(option: str) -> Iterator[None]:
    """Begin an error with the option it is about, which the grammars do not know."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{option}: {error}") from None


def is_frame(data: Any) -> bool:
    """Tell whether `data` is a DataFrame, without importing pandas."""
    return hasattr(data, "columns") and hasattr(data, "items")


def is_built_in(data: Any) -> bool:
    """Tell whether `data` is the name of a set that needs no file."""
    return isinstance(data, str) and data in BUILT_IN


def check_name(option: str, name: str) -> None:
    """Refuse the name of a file that ``sweep.toml`` could not hold."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"`{option}` {name!r}: the name is no UTF-8, and sweep.toml holds nothing else: "
            "rename the file or folder"
        ) from None


def _data(raw: Any) -> Any:
    if isinstance(raw, os.PathLike):
        return str(raw)
    if isinstance(raw, str) and raw.startswith(IN_MEMORY):
        raise InputError("`data` was in memory, so no file holds it: give `data` again")
    named = isinstance(raw, str) and raw != "" and "\0" not in raw
    if named or is_frame(raw) or (isinstance(raw, tuple) and len(raw) == 2):
        return raw
    raise InputError(
        f"`data` should be a name, a path, (X, y) or a DataFrame, not {reprlib.repr(raw)}"
    )


def _names(raw: Any, info: ValidationInfo) -> tuple[str, ...]:
    """Return the names in a text or list, each once."""
    return tuple(dict.fromkeys(_split(raw, info)))


def _split(raw: Any, info: ValidationInfo) -> list[str]:
    """Split a text at its commas; a name that holds some stands in double quotes."""
    parts = raw if isinstance(raw, list | tuple) else [raw]
    if isinstance(raw, str):
        if raw.count('"') % 2:
            raise InputError(f"`{info.field_name}`: a quote is never closed: {reprlib.repr(raw)}")
        (parts,) = csv.reader([raw], skipinitialspace=True)
    names = [str(part).strip() for part in parts]
    if not all(names):
        raise InputError(f"`{info.field_name}` holds an empty name: {reprlib.repr(raw)}")
    return names


def _target(raw: Any, info: ValidationInfo) -> str | tuple[str, ...]:
    given = _split(_name(raw), info)
    names = tuple(dict.fromkeys(given))
    if not names:
        raise InputError("`target` names no column: leave it out for the last one")
    if len(names) < len(given):
        twice = next(name for name in names if given.count(name) > 1)
        raise InputError(f"`target` names {twice!r} twice: name each column once")
    return names[0] if len(names) == 1 else names


def _name(raw: Any) -> Any:
    """Take the number that names a column of a table without names, as pandas has it."""
    return str(raw) if isinstance(raw, Integral) and not isinstance(raw, bool) else raw


def _separator(raw: Any) -> str:
    character = _CHARACTERS.get(raw, raw) if isinstance(raw, str) else ""
    if len(character) != 1 or not character.isascii() or character in '"\n\r' + _IN_NUMBERS:
        raise InputError(
            "`separator` should be one character that stands in no number, such as ';', or tab or "
            f"space, not {reprlib.repr(raw)}"
        )
    return character


def _encoding(raw: Any) -> str:
    try:
        b"a,b".decode(raw)
        return codecs.lookup(raw).name
    except (LookupError, UnicodeError, TypeError, ValueError):
        raise InputError(
            "`encoding` should be one that Python knows, such as utf-8, utf-16, latin-1 or cp1252, "
            f"not {reprlib.repr(raw)}"
        ) from None


def default_most_levels(fields: Mapping[str, Any]) -> int:
    """Return how many levels a text may have unless told; a built-in set holds no texts."""
    return 0 if is_built_in(fields.get("data")) else 50


def _axis(
    option: str, raw: Any, rule: str, allowed: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, ...]:
    with _naming(option):
        drawn = grammar.interval(raw)
        numbers = grammar.parse(raw) if drawn is None else np.array(drawn)
        refused = numbers[~allowed(numbers)]
        if refused.size:
            raise InputError(f"expected numbers {rule}, not {refused[0]}")
        if numbers.size > MOST_VALUES:
            raise InputError(f"expected at most {MOST_VALUES:,} numbers, not {numbers.size:,}")
    return tuple(numbers.tolist()) if drawn is None else drawn


def _penalties(option: str, raw: Any) -> tuple[float, ...]:
    return _axis(option, raw, "from 0 up", lambda x: x >= 0)


def _penalties_or_auto(raw: Any, info: ValidationInfo) -> tuple[float, ...] | str:
    option = f"`{info.field_name}`"
    with _naming(option):
        automatic = grammar.automatic(raw)
        if automatic and info.field_name == "l2":
            raise InputError(
                "no L2 penalty empties a network, so auto has no upper end: give numbers"
            )
    return automatic or _penalties(option, raw)


def _rates(raw: Any) -> tuple[float, ...]:
    return _axis("`lr`", raw, "above 0", lambda x: x > 0)


def _momenta(raw: Any) -> tuple[float, ...]:
    return _axis("`momentum`", raw, "from 0 to below 1", lambda x: (x >= 0) & (x < 1))


def _second_betas(raw: Any) -> tuple[float, ...]:
    return _axis("`beta2`", raw, "from 0 to below 1", lambda x: (x >= 0) & (x < 1))


def _epsilons(raw: Any) -> tuple[float, ...]:
    return _axis("`epsilon`", raw, "above 0", lambda x: x > 0)


def _dropout(raw: Any) -> tuple[float, ...]:
    return _axis("`dropout`", raw, "from 0 to below 1", lambda x: (x >= 0) & (x < 1))


def _seeds(raw: Any) -> Sequence[int]:
    with _naming("`seeds`"):
        return grammar.seeds(grammar.parse(raw, integers=True))


def depths(fields: Mapping[str, Any]) -> list[int]:
    """Return how many weight matrices the networks have that the validated `fields` describe."""
    hidden = several("hidden", fields.get("hidden", ()))  # absent where it was refused itself
    return sorted({len(widths) + 1 for widths in hidden})


def _placement(raw: Any, info: ValidationInfo) -> tuple[str, ...]:
    with _naming(f"`{info.field_name}`"):
        return placement.resolve_in_all(raw, depths(info.data))


def _vary(raw: Any, info: ValidationInfo) -> dict[str, tuple[float, ...]]:
    entries = raw.items() if isinstance(raw, Mapping) else [raw] if isinstance(raw, str) else raw
    axes: dict[str, tuple[float, ...]] = {}
    try:
        # An entry is the text NAME=VALUES, or a pair of the two.
        pairs = [entry.split("=", 1) if isinstance(entry, str) else entry for entry in entries]
        named = [(str(name).strip(), values) for name, values in pairs]
    except (TypeError, ValueError):
        raise InputError(
            f"`vary` should be NAME=VALUES, such as l1_w1=0,1e-3, not {reprlib.repr(raw)}"
        ) from None
    if len(named) > MOST_VARIED:
        raise InputError(f"`vary` names {len(named):,} axes, and {MOST_VARIED} are the most")
    for name, values in named:
        with _naming("`vary`"):
            placement.check_varied(name, depths(info.data)[0])
        if name in axes:
            raise InputError(f"`vary` names {name} twice")
        axes[name] = _penalties(f"`vary` {name}", values)
        if sum(map(len, axes.values())) > MOST_VALUES:
            raise InputError(f"`vary` has more than {MOST_VALUES:,} values in all")
    return axes


def length(axis: tuple[float, ...] | str) -> int:
    """Count the numbers of an axis of penalties, also where it is still ``auto:logN``."""
    return int(axis.removeprefix("auto:log") or 2) if isinstance(axis, str) else len(axis)


def default_orders(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how a path is followed unless told; without one there is no order."""
    return ("up",) if fields.get("path") else ()


def default_sampler(fields: Mapping[str, Any]) -> Literal["sobol"] | None:
    """Return how a sample is drawn unless told; without one nothing is."""
    return "sobol" if fields.get("sample") else None


def default_momenta(fields: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the momentum unless told: none of an optimizer that has none."""
    optimizers = several("optimizer", fields.get("optimizer", ""))
    known = [choices.OPTIMIZERS[word] for word in optimizers if word in choices.OPTIMIZERS]
    return (0.9,) if not known or any("momentum" in one.hyper for one in known) else (0.0,)


#: What it hangs on how many epochs end a run.
_FOR_FINISH = ("l1_method", "schedule", "patience", "tol", "batch_size")


def default_finish(fields: Mapping[str, Any]) -> Any:
    """Return how many epochs end a run unless told; None where that differs from run to run.

    It is as many again where there is need of them: where zeros are exact and the gradient is that
    of mini-batches, whose noise would revive what is zero. Runs without a penalty have them too, to
    be compared with the others. A schedule takes the rate down, and that noise with it; runs that
    stop early have no last epochs in common.
    """
    every = product(*(several(name, fields.get(name)) for name in _FOR_FINISH))
    needed = {
        method == "proximal" and how == "constant" and not patience and tol is None and batch != 0
        for method, how, patience, tol, batch in every
    }
    if len(needed) > 1:
        return None
    return fields.get("epochs", 0) if needed == {True} else 0


def _orders(raw: Any, info: ValidationInfo) -> tuple[str, ...]:
    if not info.data.get("path"):
        if raw not in ((), []):
            raise InputError("`path_order` is that of a path: give `path` too, or leave it out")
        return ()
    words = [word.strip() for word in raw.split(",")] if isinstance(raw, str) else raw
    if not isinstance(words, list | tuple) or not words or any(w not in ORDERS for w in words):
        raise InputError(
            f"`path_order` should be of {', '.join(ORDERS)}, such as up,cold; "
            f"it is {reprlib.repr(raw)}"
        )
    return tuple(sorted(set(words)))


def _metrics(raw: Any, info: ValidationInfo) -> tuple[str, ...]:
    """Take those that are asked for, in one order, and leave out what is measured anyway."""
    words = [word.strip() for word in raw.split(",")] if isinstance(raw, str) else raw
    always = [word for table in choices.METRICS.values() for word in table]
    known = list(dict.fromkeys([*always, *choices.SCORES]))
    if not isinstance(words, list | tuple) or any(word not in known for word in words):
        raise InputError(
            f"`metrics` should be of {', '.join(known)}, such as auc,f1; it is {reprlib.repr(raw)}"
        )
    task, loss, target = (info.data.get(name) for name in ("task", "loss", "target"))
    kind = choices.kind_of(task or "auto", loss, len(target) if isinstance(target, tuple) else 1)
    possible = {loss} if loss else {w for w, of in choices.LOSSES.items() if of.target == kind}
    for word in words if kind else ():
        *others, last = choices.losses_beside(word)
        if not possible & {*others, last}:
            beside = f"{', '.join(others)} or {last}" if others else last
            given = f"`loss` is {loss}" if loss else f"`task` is {task}"
            raise InputError(
                f"`metrics` {word} is measured beside the loss {beside}, and {given}: leave it out"
            )
    # As long as the data decide what is predicted, they decide what is measured anyway.
    kept = [word for word in known if word in choices.SCORES or not loss]
    return tuple(word for word in kept if word in words)


def _tolerance(raw: Any, info: ValidationInfo) -> Any:
    """Take a number as it is; a proximal zero is one, and needs no tolerance."""
    exact = info.data.get("l1_method") == "proximal"
    return 0.0 if exact and raw == SWING else raw


def _word(raw: Any, info: ValidationInfo) -> Any:
    word, meaning = WORDS[str(info.field_name)]
    return meaning if isinstance(raw, str) and raw.strip() == word else raw


def _test(raw: Any, info: ValidationInfo) -> float | str | None:
    given = os.fspath(raw) if isinstance(raw, os.PathLike) else _word(raw, info)
    named = isinstance(given, str) and given != "" and "\0" not in given
    number = isinstance(given, int | float) or (named and grammar.NUMBER.fullmatch(given))
    if given is None or (named and not number):
        return given
    share = float(given) if number else math.nan
    if not 0 < share < 1:
        raise InputError(
            "`test` should be a share of the rows, above 0 and below 1, or a file, not "
            f"{reprlib.repr(raw)}"
        )
    return share


def _schedule(raw: Any) -> str:
    return str(schedule.parse(raw))


def _choice(raw: Any, info: ValidationInfo) -> str:
    return choices.known(str(info.field_name), raw)


def _alternatives(raw: Any, one: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """Take several values, each as one is taken; see `sweep.specification.several`."""
    return validated(str(info.field_name), raw, one)


def _or_nowhere_one(raw: Any, one: ValidatorFunctionWrapHandler) -> Any:
    """Leave None, which stands for a default that differs from run to run."""
    return None if raw is None else one(raw)


#: Of an option that may have several values, which are then a tuple: its type is that of each.
SEVERAL = WrapValidator(_alternatives)


Data = Annotated[Any, PlainValidator(_data)]
Name = Annotated[str | None, BeforeValidator(_name)]
Target = Annotated[Annotated[str | tuple[str, ...], PlainValidator(_target)] | None, Field()]
Separator = Annotated[Annotated[str, PlainValidator(_separator)] | None, Field()]
Encoding = Annotated[Annotated[str, PlainValidator(_encoding)] | None, Field()]
Names = Annotated[tuple[str, ...], PlainValidator(_names)]
Slope = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), SEVERAL]
Word = Annotated[str, PlainValidator(_choice), SEVERAL]
Loss = Annotated[Annotated[str, PlainValidator(_choice)] | None, BeforeValidator(_word)]
Widths = Annotated[tuple[int, ...], PlainValidator(networks.widths), SEVERAL]
Penalties = Annotated[tuple[float, ...] | str, PlainValidator(_penalties_or_auto)]
Rates = Annotated[tuple[float, ...], PlainValidator(_rates)]
Momenta = Annotated[tuple[float, ...], PlainValidator(_momenta)]
Schedule = Annotated[str, PlainValidator(_schedule), SEVERAL]
Groups = Annotated[Literal["inputs", "units"], SEVERAL]
Init = Annotated[Literal["uniform", "he"], SEVERAL]
Dropout = Annotated[tuple[float, ...], PlainValidator(_dropout)]
SecondBetas = Annotated[tuple[float, ...], PlainValidator(_second_betas)]
Epsilons = Annotated[tuple[float, ...], PlainValidator(_epsilons)]
Seeds = Annotated[Sequence[int], PlainValidator(_seeds)]
Placement = Annotated[tuple[str, ...], PlainValidator(_placement)]
Vary = Annotated[dict[str, tuple[float, ...]], PlainValidator(_vary)]
Natural = Annotated[int, Field(ge=0, le=2**31 - 1)]
Folds = Annotated[int, Field(ge=0, le=MOST_VALUES)]
Fraction = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Subsample = Annotated[
    Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] | None, BeforeValidator(_word)
]
Test = Annotated[float | str | None, PlainValidator(_test)]
Tolerance = Annotated[
    Literal["auto"] | Annotated[float, Field(ge=0, allow_inf_nan=False)],
    BeforeValidator(_tolerance),
]
Warmup = Annotated[Natural, SEVERAL]
Finish = Annotated[Natural, WrapValidator(_or_nowhere_one)]
BatchSize = Annotated[Natural, BeforeValidator(_word), SEVERAL]
Patience = Annotated[Natural | None, Field(ge=1), BeforeValidator(_word), SEVERAL]
Fall = Annotated[float | None, Field(ge=0, allow_inf_nan=False), BeforeValidator(_word), SEVERAL]
Path = Annotated[Literal["l1", "l2", "l21"] | None, BeforeValidator(_word)]
Orders = Annotated[tuple[str, ...], PlainValidator(_orders)]
Metrics = Annotated[tuple[str, ...], PlainValidator(_metrics)]
Halving = Annotated[Natural | None, Field(ge=2), BeforeValidator(_word)]
Sample = Annotated[Natural | None, Field(ge=1, le=grammar.LIMIT), BeforeValidator(_word)]
Sampler = Literal["sobol", "random", "tpe"] | None

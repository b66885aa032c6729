"""What options do not go together, and what they do not go with, as far as the data need not tell.

Each check refuses what it finds with an `InputError`, before anything is compiled.
"""

import reprlib
from typing import Any

import numpy as np

from sweep.errors import InputError
from sweep.specification import article, schedule, validators
from sweep.specification.choices import LOSSES, OPTIMIZERS, kind_of
from sweep.specification.options import LATER, OF_FILES, OF_TABLES
from sweep.specification.several.alternatives import several
from sweep.specification.values import Range

_CALLED = {"class": "one target of classes", "numbers": "numbers", "answers": "yes or no"}


def check(options: Any) -> None:
    """Refuse what does not go together.

    Parameters
    ----------
    options : Specification
        Each of its values is one that its option may have.
    """
    _network(options)
    _article(options)
    _held_out(options)
    _subsample(options)
    _epochs(options)
    _halving(options)
    _features(options)
    _sample(options)
    _learnt(options)
    _groups(options)
    _precision(options)
    _file(options)
    _table(options)
    _test_part(options)
    _roles(options)


def refuse_endless_warmup(options: Any) -> None:
    """Refuse a warm-up that outlasts a sweep; a run that is trained again may end within it."""
    longest = max(several("warmup", options.warmup))
    if longest > options.epochs:
        raise InputError(
            f"`warmup` is {longest:,} epochs and `epochs` {options.epochs:,}, so the "
            "learning rate would never come to `lr`: give it at most as many, or more `epochs`"
        )


def _network(options: Any) -> None:
    if any(several("hidden", options.hidden)):
        return
    if any(options.dropout):
        raise InputError(
            "`dropout` drops hidden units, and `hidden` is none: leave it out, or give `hidden`"
        )
    for option in ("activation", "leak"):
        if len(several(option, getattr(options, option))) > 1:
            raise InputError(
                f"`{option}` is that of hidden units, and `hidden` is none: leave it out, or give "
                "`hidden`"
            )


def _article(options: Any) -> None:
    if not article.is_article(options.data):
        return
    for option in ("folds", "subsample", "val_fraction", "test", "outer_folds", "patience"):
        if any(several(option, getattr(options, option))):
            raise InputError(
                f"`{option}` needs data to hold out, and article draws one sample a run: "
                "leave it out, or give other `data`"
            )
    if options.scale != "standard":
        raise InputError(
            "`scale` is that of the features of a table, and article draws one sample a "
            "run, which it takes as it is: leave it out, or give other `data`"
        )


def _held_out(options: Any) -> None:
    if options.target is not None and not _has_columns(options.data):
        given = options.data if isinstance(options.data, str) else "(X, y)"
        raise InputError(
            f"`target` names a column of a file or DataFrame, and {given} is neither: leave it out"
        )
    if options.folds == 1:
        raise InputError("`folds` should be 0 (one hold-out split) or at least 2; it is 1")
    if any(several("patience", options.patience)) and not options.holds_out:
        raise InputError(
            "`patience` watches the validation loss: give `val_fraction` above 0, or `folds`"
        )


def _subsample(options: Any) -> None:
    if options.subsample is None:
        return
    if options.subsample != 0.5:
        raise InputError(
            f"`subsample` should be 0.5, for the bounds are on pairs of halves; it is "
            f"{options.subsample}"
        )
    if options.val_fraction != 0.5:
        raise InputError(
            "`subsample` holds out the other half of the rows, and `val_fraction` is "
            f"{options.val_fraction}: leave one out"
        )
    for other in ("folds", "outer_folds", "groups", "order"):
        if getattr(options, other):
            raise InputError(
                f"`subsample` divides the rows in halves, as if none belonged together, and "
                f"`{other}` otherwise: leave one out"
            )


def _epochs(options: Any) -> None:
    """Check how a run begins and ends."""
    if options.path and validators.length(getattr(options, options.path)) < 2:
        raise InputError(f"`path` along `{options.path}` needs at least two values of it")
    if any(several("patience", options.patience)) and options.finish:
        raise InputError(
            "`finish` trains on, and `patience` keeps the weights of an earlier epoch: leave "
            "one out"
        )
    if options.stops_early and options.finish:
        raise InputError(
            "`finish` follows the last epoch, and with `tol` a run stops where that brings "
            "nothing more: leave one out"
        )
    schedules = several("schedule", options.schedule)
    stops = (several(name, getattr(options, name)) for name in ("patience", "tol"))
    if "adaptive" in schedules and all(None in ways for ways in stops):
        raise InputError(
            "`schedule` adaptive lowers the rate where a loss no longer falls: give `tol` or "
            "`patience`, or another schedule"
        )
    for text in schedules:
        last = schedule.parse(text).epochs
        if text.startswith("cosine") and 0 < last < options.epochs:
            raise InputError(
                f"`schedule` {text} is over after {last:,} of {options.epochs:,} `epochs`: give it "
                "at least as many"
            )


def _halving(options: Any) -> None:
    for other in ("path", "patience", "tol"):
        if options.halving and getattr(options, other) is not None:
            raise InputError(f"`{other}` and `halving` exclude each other: leave one out")


def _features(options: Any) -> None:
    if options.features == "no" and options.permutations != LATER["permutations"]:
        raise InputError(
            "`permutations` is of features that are kept, and `features` is no: leave one out"
        )


def _sample(options: Any) -> None:
    """Check what is drawn from the axes, and that nothing else is to be."""
    if not options.sample:
        if options.sampler:
            raise InputError(
                f"`sampler` {options.sampler} says how a sample is drawn, and there is none: give "
                "`sample` too, or leave it out"
            )
        given = [(f"`{name}`", getattr(options, name)) for name in type(options).model_fields]
        given += [(f"`vary` {name}", values) for name, values in options.vary.items()]
        for name, values in given:
            if isinstance(values, Range) or (isinstance(values, str) and values == "auto:log"):
                raise InputError(
                    f"{name} {values} has no count, and only a sample draws from a range: give "
                    "`sample`, or a count, such as 7 in log7"
                )
        return
    if options.path:
        raise InputError(
            "`path` goes along an axis of a grid, and `sample` has none: leave one out"
        )
    if options.halving and options.sampler == "tpe":
        raise InputError(
            "`sampler` tpe learns from runs that have all their epochs, and `halving` ends most of "
            "them early: leave one out, or take sobol"
        )


def _learnt(options: Any) -> None:
    """Check task, loss and targets."""
    task, loss, targets = options.task, options.loss, options.targets
    kind = kind_of(task, loss, len(targets))
    if validators.is_built_in(options.data) and (task == "numbers" or kind != "class"):
        given = "task` numbers" if task == "numbers" else f"loss` {loss}"
        raise InputError(f"`{given} is not for {options.data}, which holds classes: leave it out")
    if loss is not None and task != "auto" and (task == "numbers") != (kind == "numbers"):
        raise InputError(
            f"`loss` {loss} is for {_CALLED[LOSSES[loss].target]}, and `task` is {task}: leave one "
            "out"
        )
    if kind == "class" and len(targets) > 1:
        raise InputError(
            f"`target` names {len(targets)} columns, and `loss` {loss} is for one: leave it out, "
            "or give one column"
        )
    if options.class_weight != "none" and kind not in (None, "class"):
        raise InputError(
            "`class_weight` is for classes, and these are numbers or yes and no: leave it out"
        )
    named = next((name for name in targets if name in options.categories), None)
    if kind == "numbers" and named is not None:
        raise InputError(
            f"`categories` names {named!r}, a target that is to be taken for numbers: leave it out "
            "there, or take each number as a class by `task` classes"
        )


def _groups(options: Any) -> None:
    if not options.groups_weights:
        if len(several("l21_on", options.l21_on)) > 1:
            raise InputError(
                "`l21_on` says where `l21` acts, which is 0: give it, or leave one out"
            )
        return
    if options.l1_method == "subgradient":
        raise InputError(
            "`l21` needs a proximal step, and `l1_method` is subgradient: choose proximal, or "
            "leave it out"
        )
    networks = several("hidden", options.hidden)
    where = several("l21_on", options.l21_on)
    if "units" in where and (not any(networks) or ("inputs" not in where and () in networks)):
        is_none = "`hidden` is none" if len(networks) == 1 else "one `hidden` is none"
        raise InputError(
            f"`l21_on` units needs hidden units, and {is_none}: choose inputs, or give widths"
        )


def _precision(options: Any) -> None:
    """Check that numbers are finite, below 1 or above 0 in the precision that runs have."""
    number = np.finfo(options.precision)
    chosen = [OPTIMIZERS[word] for word in several("optimizer", options.optimizer)]
    of_a_step = {name for one in chosen if one.rescales for name in one.hyper}
    axes = {f"`{name}`": getattr(options, name) for name in ("l1", "l2", "l21", "lr", "epsilon")}
    axes |= {f"`vary` {name}": values for name, values in options.vary.items()}
    for name, values in axes.items():
        if not isinstance(values, str):
            _refuse(options, name, values, np.isinf, "infinite", f"most {number.max!s}")
    below = np.nextafter(number.dtype.type(1), number.dtype.type(0))
    for name in ("momentum", "beta2"):
        if name in of_a_step:
            betas = getattr(options, name)
            _refuse(options, f"`{name}`", betas, lambda x: x > below, "1", f"most {below!s}")
    if "epsilon" in of_a_step:
        # Numbers below the normal range count as zero in kernels.
        least, values = number.tiny, options.epsilon
        _refuse(options, "`epsilon`", values, lambda x: x < least, "0", f"least {least!s}")


def _refuse(options: Any, name: str, values: Any, wrong: Any, what: str, bound: str) -> None:
    """Refuse the first of an axis's values that is wrong when it has the precision of the runs."""
    with np.errstate(over="ignore"):
        rounded = np.array(values).astype(options.precision)
    found = wrong(rounded)
    if found.any():
        value, mend = values[int(np.argmax(found))], f"give at {bound}"
        if options.precision == "float32":
            mend += ", or `precision` float64"
        raise InputError(f"{name} {value} is {what} in {options.precision}: {mend}")


def _file(options: Any) -> None:
    if options.separator is not None and options.separator == options.decimal != ",":
        raise InputError("`separator` and `decimal` are the same: give another of them")
    if not (isinstance(options.test, str) or _is_file(options.data)):
        for option in OF_FILES:
            if getattr(options, option) is not None:
                raise InputError(f"`{option}` is for a file, and the data are none: leave it out")


def _table(options: Any) -> None:
    if validators.is_built_in(options.data):
        for option in OF_TABLES:
            if getattr(options, option) != LATER[option]:
                raise InputError(
                    f"`{option}` is for a file, a DataFrame or arrays, and {options.data} is "
                    "none: leave it out"
                )


def _test_part(options: Any) -> None:
    if isinstance(options.test, str) and not _has_columns(options.data):
        raise InputError(
            f"`test` {reprlib.repr(options.test)} is a file, and goes with `data` that are a "
            "file or a DataFrame with the same columns: give a share, such as 0.2"
        )
    if options.outer_folds == 1:
        raise InputError("`outer_folds` should be 0 (none) or at least 2; it is 1")
    if options.outer_folds and options.test:
        raise InputError(
            "`test` and `outer_folds` exclude each other: each outer fold in turn is the test "
            "part; leave one out"
        )
    if options.outer_folds and not options.holds_out:
        raise InputError(
            "`outer_folds` judge a choice by `val_loss`: give `val_fraction` above 0 or `folds`"
        )
    if options.outer_folds and options.halving:
        raise InputError(
            "`outer_folds` and `halving` exclude each other: one race over all of them would "
            "choose by rows of the test parts; leave one out"
        )


def _roles(options: Any) -> None:
    for option in options.roles:
        if not _has_columns(options.data):
            given = options.data if isinstance(options.data, str) else "(X, y)"
            raise InputError(
                f"`{option}` names a column of a file or DataFrame, and {given} is neither: "
                "leave it out, or give a DataFrame with that column"
            )
    if options.groups and options.order:
        raise InputError(
            "`groups` and `order` exclude each other: a group may last from before to after "
            "what is held out; leave one out"
        )
    taken = dict.fromkeys(options.targets, "target")
    for option, name in options.roles.items():
        if name in taken:
            raise InputError(
                f"`{taken[name]}` and `{option}` are both column {name!r}: give one of them another"
            )
        taken[name] = option


def _has_columns(data: Any) -> bool:
    """Tell whether the columns of data have names."""
    return _is_file(data) or validators.is_frame(data)


def _is_file(data: Any) -> bool:
    return isinstance(data, str) and not validators.is_built_in(data)

"""Parameters of the estimators, and the specification that they say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sweep.errors import InputError
from sweep.specification.choices import LOSSES, OPTIMIZERS, overlaid
from sweep.specification.fitting import refuse_endless_warmup
from sweep.specification.several.alternatives import split
from sweep.specification.spec import Specification
from sweep.specification.values import interval, parse

#: What scikit-learn's MLPClassifier calls the options of a Sweep.
NAMES = {
    "hidden": "hidden_layer_sizes",
    "lr": "learning_rate_init",
    "optimizer": "solver",
    "beta2": "beta_2",
    "schedule": "learning_rate",
    "epochs": "max_iter",
    "val_fraction": "validation_fraction",
    "patience": "n_iter_no_change",
    "seeds": "random_state",
    "sample": "n_iter",
    "halving": "factor",
}

#: What MLPClassifier means by the batch size "auto", or all rows where they are fewer.
_AUTO_BATCH = 200

#: Epochs that `tol` waits for by itself.
_WAITED = 10

_SOLVERS = ("sgd", "adam", "adamw", "rmsprop")

#: Parameters that say something by None.
_MAY_BE_NONE = (
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


# A dataclass, so that a parameter and its default stand in one place for all estimators.
@dataclass(eq=False, repr=False, kw_only=True)
class Parameters(BaseEstimator):
    """What every estimator takes; see `sweep.RegularizedMLPClassifier`."""

    hidden_layer_sizes: Any = field(default=(32, 16), kw_only=False)
    activation: Any = "relu"
    leak: Any = 0.01
    l1: Any = 1e-4
    l2: Any = 1e-4
    l1_on: Any = "weights"
    l2_on: Any = "weights"
    l21: Any = 0.0
    l21_on: Any = "inputs"
    l1_method: Any = "proximal"
    solver: Any = "sgd"
    learning_rate: Any = "constant"
    learning_rate_init: Any = 0.01
    warmup: Any = 0
    momentum: Any = 0.9
    nesterovs_momentum: Any = True
    beta_1: Any = 0.9
    beta_2: Any = 0.999
    epsilon: Any = 1e-8
    dropout: Any = 0.0
    batch_size: Any = 32
    max_iter: Any = 100
    finish: Any = 0
    tol: Any = None
    early_stopping: Any = False
    validation_fraction: Any = 0.1
    n_iter_no_change: Any = 10
    init: Any = "he"
    precision: Any = "float64"
    standardize: Any = False
    random_state: Any = None
    alpha: Any = None

    def _refuse_both(self) -> None:
        """Refuse `l2` beside `alpha`, which stands for it."""
        if self.l2 != type(self).l2:
            raise InputError("`alpha` stands for `l2`: leave one of them out")


def specification(
    options: Mapping[str, Any],
    loss: str,
    data: tuple,
    seed: int,
    *,
    history: int,
    l2: str = "l2",
) -> Specification:
    """Return what an estimator's parameters say.

    Parameters
    ----------
    options : dict
        The parameters.
    loss : str
        By its name among the choices.
    data, seed, history
        Options of their own.
    l2 : {"l2", "alpha"}
        Which parameter is taken for that option.

    Raises
    ------
    InputError
        In the estimator's own words.
    """
    _refuse_what_is_not_there(options)
    names = names_of(options["solver"]) | {"l2": l2}
    every = {option: names.get(option, option) for option in Specification.model_fields}
    given = {option: options[name] for option, name in every.items() if name in options}
    task = "numbers" if LOSSES[loss].target == "numbers" else "classes"
    given |= {"task": task, "loss": loss, "optimizer": _optimizers(options)}
    given["momentum"] = _momenta(options, given["optimizer"])
    given = overlaid(given, {})  # an estimator has every parameter, also where nothing takes it
    given["scale"] = "standard" if options["standardize"] else "none"
    balanced = isinstance(options.get("class_weight"), str)
    given["class_weight"] = "balanced" if balanced else "none"
    batches = split("batch_size", given["batch_size"])
    if any(isinstance(one, str) and one == "auto" for one in batches):
        given["batch_size"] = [_AUTO_BATCH if one == "auto" else one for one in batches]
    if not options["early_stopping"]:
        given |= {"val_fraction": 0.0, "patience": None}
        if options["tol"] is not None and options["n_iter_no_change"] != _WAITED:
            raise InputError(
                f"without `early_stopping` `tol` waits for {_WAITED} epochs, and "
                f"`n_iter_no_change` is {options['n_iter_no_change']!r}: leave one out"
            )
    elif not given["val_fraction"]:
        raise InputError("`early_stopping` needs a `validation_fraction` above 0")
    try:
        spec = Specification(**{**given, "data": data, "seeds": seed, "history": history})
        refuse_endless_warmup(spec)
    except InputError as error:
        message = re.sub(r"`(\w+)`", lambda word: f"`{names.get(word[1], word[1])}`", str(error))
        raise InputError(message) from None
    return spec


def solvers_of(solver: Any) -> list[Any]:
    """Return the solvers that are given, one or several."""
    return split("optimizer", solver)


def names_of(solver: Any) -> dict[str, str]:
    """Return what an estimator calls options that it calls otherwise, by its solvers."""
    adam = all(isinstance(one, str) and one.startswith("adam") for one in solvers_of(solver))
    return NAMES | {"momentum": "beta_1"} if adam else NAMES


def momentum_of(optimizer: str) -> str | None:
    """Return what an estimator calls the momentum of an optimizer, None where that has none."""
    if "momentum" not in OPTIMIZERS[optimizer].hyper:
        return None
    return "beta_1" if optimizer.startswith("adam") else "momentum"


def seed_of(random_state: Any) -> int:
    """Return the seed that scikit-learn's ``random_state`` stands for; an integer is one."""
    from sklearn.utils import check_random_state

    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))


def _refuse_what_is_not_there(options: Mapping[str, Any]) -> None:
    """Refuse None where it says nothing, and words of scikit-learn that have no equal here."""
    for name, value in options.items():
        if value is None and name not in _MAY_BE_NONE:
            raise InputError(f"`{name}` should not be None: leave it out for its default")
    for solver in solvers_of(options["solver"]):
        if not isinstance(solver, str) or solver not in _SOLVERS:
            raise InputError(
                f"`solver` should be {', '.join(map(repr, _SOLVERS[:-1]))} or {_SOLVERS[-1]!r}, "
                f"not {solver!r}"
            )
    if options["learning_rate"] in ("invscaling", "adaptive"):
        raise InputError(
            f"`learning_rate` {options['learning_rate']!r} is not there: choose 'constant', "
            "'cosine', 'exponential:RATE' or 'step:EPOCHS:RATE'"
        )


def _optimizers(options: Mapping[str, Any]) -> list[str]:
    nesterov = options["nesterovs_momentum"]
    kinds = nesterov if isinstance(nesterov, list | tuple | np.ndarray) else [nesterov]
    if not len(kinds):
        raise InputError("`nesterovs_momentum` should be True or False, or both, not []")
    ways = ["nesterov" if kind else "momentum" for kind in kinds]
    found = solvers_of(options["solver"])
    return [way for solver in found for way in (ways if solver == "sgd" else [solver])]


def _momenta(options: Mapping[str, Any], optimizers: list[str]) -> Any:
    """Return what the momentum is, and of both kinds, where they differ, all their numbers."""
    taken = list(dict.fromkeys(filter(None, map(momentum_of, optimizers)))) or ["momentum"]
    one, *others = (options[name] for name in taken)
    if not others or _alike(one, others[0]):
        return one
    if options.get("n_iter"):
        raise InputError(
            "`n_iter` draws the solver and its momentum alike: give `momentum` and `beta_1` the "
            "same numbers, or one solver"
        )
    return np.concatenate([parse(one), parse(others[0])])


def _alike(one: Any, other: Any) -> bool:
    """Whether two VALUES are the same numbers, or the same range."""
    if interval(one) or interval(other):
        return interval(one) == interval(other)
    return np.array_equal(parse(one), parse(other))

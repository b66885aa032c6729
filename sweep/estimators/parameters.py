"""Parameters of the estimators, and the specification that they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from numbers import Integral
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field
from sklearn.base import BaseEstimator

from sweep.errors import InputError
from sweep.estimators.checking import checked_alone, in_words_of
from sweep.specification.choices import LOSSES, OPTIMIZERS, TABLES, overlaid
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

#: Epochs that no run has: what is meant by waiting for infinitely many.
_NEVER = 2**31 - 1

_SOLVERS = ("sgd", "adam", "adamw", "rmsprop")


# A dataclass, so that a parameter and its default stand in one place for all estimators.
@dataclass(eq=False, repr=False, kw_only=True)
class Parameters(BaseEstimator):
    """What every estimator takes; see `sweep.RegularizedMLPClassifier`."""

    hidden_layer_sizes: Any = field(default=(100,), kw_only=False)
    activation: Any = "relu"
    leak: Any = 0.01
    l1: Any = 1e-3
    l2: Any = 3e-3
    l1_on: Any = "weights"
    l2_on: Any = "weights"
    l21: Any = 0.0
    l21_on: Any = "inputs"
    l1_method: Any = "proximal"
    solver: Any = "sgd"
    learning_rate: Any = "constant"
    learning_rate_init: Any = 0.01
    power_t: Any = 0.5
    warmup: Any = 0
    momentum: Any = 0.9
    nesterovs_momentum: Any = True
    beta_1: Any = 0.9
    beta_2: Any = 0.999
    epsilon: Any = 1e-8
    dropout: Any = 0.0
    batch_size: Any = 32
    max_iter: Any = 100
    shuffle: Any = True
    finish: Any = 0
    tol: Any = None
    early_stopping: Any = False
    validation_fraction: Any = 0.1
    n_iter_no_change: Any = 10
    init: Any = "he"
    precision: Any = "auto"
    standardize: Any = False
    random_state: Any = None
    alpha: Any = None
    vary: Any = None

    def __sklearn_tags__(self) -> Any:
        """Say that X may be sparse."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _refuse_both(self) -> None:
        """Refuse `l2` beside `alpha`, which stands for it."""
        if not np.array_equal(self.l2, type(self).l2):
            raise InputError("`alpha` stands for `l2`: leave one of them out")


class FitSpecification(Specification):
    """A specification with what an estimator is told, and a sweep is not; see those parameters.

    `t` is the samples that a network has seen before.
    """

    _FLAGS: ClassVar[tuple[str, ...]] = (*Specification._FLAGS, "shuffle")

    shuffle: bool = True
    n_iter_no_change: Annotated[int, Field(ge=1)] = 10
    t: Annotated[int, Field(ge=0)] = 0

    @property
    def shuffles(self) -> bool:
        """As `shuffle`."""
        return self.shuffle

    @property
    def waits(self) -> int:
        """As `n_iter_no_change`."""
        return self.n_iter_no_change

    @property
    def seen(self) -> int:
        """As `t`."""
        return self.t

    @property
    def scores_training(self) -> bool:
        """An estimator tells none of them, and they take memory and time."""
        return False

    @property
    def follows_loss_alone(self) -> bool:
        """An estimator tells no more, and of one run its lanes share the samples out."""
        return True

    def _options(self) -> dict[str, Any]:
        usual = {"shuffle": True, "n_iter_no_change": 10, "t": 0}
        options = super()._options()
        return {name: options[name] for name in options if options[name] != usual.get(name)}


def specification(
    options: Mapping[str, Any],
    loss: str,
    data: tuple,
    seed: int,
    *,
    history: int,
    dtype: np.dtype,
    l2: str = "l2",
    t: int = 0,
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
    dtype : dtype
        What the precision "auto" stands for.
    l2 : {"l2", "alpha"}
        Which parameter is taken for that option.
    t : int
        Samples that the network has seen before.

    Raises
    ------
    InputError
        In the estimator's own words.
    """
    options = checked_alone(options)
    _refuse_what_is_not_there(options)
    _refuse_idle(options)
    names = names_of(options["solver"]) | {"l2": l2}
    every = {option: names.get(option, option) for option in FitSpecification.model_fields}
    given = {option: options[name] for option, name in every.items() if name in options}
    task = "numbers" if LOSSES[loss].target == "numbers" else "classes"
    given |= {"task": task, "loss": loss, "optimizer": _optimizers(options)}
    given["momentum"] = _momenta(options, given["optimizer"])
    given = overlaid(given, {})  # an estimator has every parameter, also where nothing takes it
    if options["precision"] == "auto":
        given["precision"] = dtype.name
    given["scale"] = "standard" if options["standardize"] else "none"
    balanced = isinstance(options.get("class_weight"), str)
    given["class_weight"] = "balanced" if balanced else "none"
    batches = split("batch_size", given["batch_size"])
    if any(isinstance(one, str) and one == "auto" for one in batches):
        given["batch_size"] = [_AUTO_BATCH if one == "auto" else one for one in batches]
    ways = split("schedule", given["schedule"])
    if any(isinstance(one, str) and one == "invscaling" for one in ways):
        falling = f"invscaling:{options['power_t']}"
        given["schedule"] = [falling if one == "invscaling" else one for one in ways]
    if given["n_iter_no_change"] == np.inf:
        given |= dict.fromkeys(("n_iter_no_change", "patience"), _NEVER)
    if not options["early_stopping"]:
        given |= {"val_fraction": 0.0, "patience": None}
    elif not given["val_fraction"]:
        raise InputError("`early_stopping` needs a `validation_fraction` above 0")
    if options["early_stopping"] or options["tol"] is None:
        del given["n_iter_no_change"]  # `patience` waits, or nothing does
    told = {"seeds": seed, "history": history, "features": "no", "t": t}
    try:
        spec = FitSpecification(**{**given, "data": data, **told})
        refuse_endless_warmup(spec)
    except InputError as error:
        raise InputError(in_words_of(names, error)) from None
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

    checked_alone({"random_state": random_state})
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))


def _refuse_what_is_not_there(options: Mapping[str, Any]) -> None:
    """Refuse None where it says nothing, and what scikit-learn's words cannot say here."""
    solvers = solvers_of(options["solver"])
    for solver in solvers:
        if not isinstance(solver, str) or solver not in _SOLVERS:
            raise InputError(
                f"`solver` should be {', '.join(map(repr, _SOLVERS[:-1]))} or {_SOLVERS[-1]!r}, "
                f"not {solver!r}"
            )
    ways = split("schedule", options["learning_rate"])
    theirs = [way for way in ways if isinstance(way, str) and way in ("invscaling", "adaptive")]
    if theirs and solvers != ["sgd"]:
        raise InputError(
            f"`learning_rate` {theirs[0]!r} is for `solver` 'sgd', and MLPClassifier passes over "
            "it with another: leave it out, or choose 'sgd'"
        )
    if "adaptive" in theirs and options["tol"] is None and not options["early_stopping"]:
        raise InputError(
            "`learning_rate` 'adaptive' falls where a loss no longer does: give `tol`, such as "
            "1e-4, or `early_stopping`"
        )


@cache
def _may_be_idle() -> list[tuple[dict[str, str], dict[str, str]]]:
    """Return a few choices that take all that not every one does, and what they take together.

    Choices are words by their options, and what they take parameters by their options. Those of
    early stopping are apart: patience with nothing held out is refused.
    """
    found: list[tuple[dict[str, str], dict[str, str]]]
    found = [({}, {name: NAMES[name]}) for name in ("val_fraction", "patience")]
    seen: set[str] = set()
    for option, table in TABLES.items():
        for word, choice in table.items():
            called = names_of(word) if option == "optimizer" else NAMES
            taken = {name: called.get(name, name) for name in choice.hyper}
            if not seen.issuperset(taken.values()):
                chosen, names = next(one for one in found if option not in one[0])
                chosen[option] = word
                names.update(taken)
                seen.update(taken.values())
    return found


def _refuse_idle(parameters: Mapping[str, Any]) -> None:
    """Refuse what would be refused of parameters if they were taken, which they need not be.

    Raises
    ------
    InputError
        In the words of a specification, with a parameter's name.
    """
    alone, nesterov = "cv" not in parameters, parameters["nesterovs_momentum"]
    if alone and not isinstance(nesterov, bool | np.bool_):
        raise InputError(f"`nesterovs_momentum` should be True or False, not {nesterov!r}")
    for chosen, names in _may_be_idle():
        if all(parameters[name] is getattr(Parameters, name) for name in names.values()):
            continue  # nobody said anything, and making a specification takes time
        given = {option: parameters[name] for option, name in names.items()}
        given = {option: value for option, value in given.items() if not interval(value)}
        if isinstance(given.get("patience"), float) and given["patience"] == np.inf:
            del given["patience"]
        try:
            spec = Specification(data="iris", **chosen, **given)
        except InputError as error:
            raise InputError(in_words_of(names, error)) from None
        for option, name in names.items():
            several = getattr(spec, option)
            if alone and isinstance(several, tuple) and len(several) > 1:
                raise InputError(f"`{name}` should be one number, not {parameters[name]!r}")


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

"""Parameters of the estimators, and the specification that they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from sklearn.base import BaseEstimator

from sweep.errors import InputError
from sweep.estimators.checking import checked_alone, in_words_of, refuse_idle
from sweep.specification.choices import LOSSES, overlaid
from sweep.specification.fitting import refuse_endless_warmup
from sweep.specification.spec import Specification

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
}

#: What MLPClassifier means by the batch size "auto", or all rows where they are fewer.
_AUTO_BATCH = 200

#: Epochs that `tol` waits for by itself.
_WAITED = 10

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
    vary: Any = None

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
    options = checked_alone(options)
    _refuse_what_is_not_there(options)
    refuse_idle(options)
    names = names_of(options["solver"]) | {"l2": l2}
    every = {option: names.get(option, option) for option in Specification.model_fields}
    given = {option: options[name] for option, name in every.items() if name in options}
    task = "numbers" if LOSSES[loss].target == "numbers" else "classes"
    given |= {"task": task, "loss": loss, "optimizer": _optimizer(options)}
    given = overlaid(given, {})  # an estimator has every parameter, also where nothing takes it
    given["scale"] = "standard" if options["standardize"] else "none"
    balanced = isinstance(options.get("class_weight"), str)
    given["class_weight"] = "balanced" if balanced else "none"
    if given["batch_size"] == "auto":
        given["batch_size"] = _AUTO_BATCH
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
        raise InputError(in_words_of(names, error)) from None
    return spec


def names_of(solver: str) -> dict[str, str]:
    """Return what an estimator calls options that it calls otherwise, by its solver."""
    return NAMES | {"momentum": "beta_1"} if solver.startswith("adam") else NAMES


def seed_of(random_state: Any) -> int:
    """Return the seed that scikit-learn's ``random_state`` stands for; an integer is one."""
    from sklearn.utils import check_random_state

    checked_alone({"random_state": random_state})
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))


def _refuse_what_is_not_there(options: Mapping[str, Any]) -> None:
    """Refuse words of scikit-learn that have no equal here."""
    if options["solver"] not in _SOLVERS:
        raise InputError(
            f"`solver` should be {', '.join(map(repr, _SOLVERS[:-1]))} or {_SOLVERS[-1]!r}, not "
            f"{options['solver']!r}"
        )
    if options["learning_rate"] in ("invscaling", "adaptive"):
        raise InputError(
            f"`learning_rate` {options['learning_rate']!r} is not there: choose 'constant', "
            "'cosine', 'exponential:RATE' or 'step:EPOCHS:RATE'"
        )


def _optimizer(options: Mapping[str, Any]) -> str:
    if options["solver"] == "sgd":
        return "nesterov" if options["nesterovs_momentum"] else "momentum"
    return options["solver"]

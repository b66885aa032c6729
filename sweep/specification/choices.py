"""What can be chosen by a word: which kernel module stands for it, and what else it takes.

A row here is a choice everywhere: on the command line, in files, in the README, in messages, in
models and in what they are written as. What does not fit together is refused here, before
anything is compiled.
"""

import reprlib
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from sweep.errors import InputError
from sweep.specification.several.alternatives import several, split

#: What is predicted: one class of several, numbers, or yes and no.
Kind = Literal["class", "numbers", "answers"]


class Node(NamedTuple):
    """An operator of an ONNX graph, from one value to the next.

    Attributes
    ----------
    operator : str
    attributes : dict
    inputs : tuple of str or float
        Its further inputs: options (an attribute would be rounded to single precision), numbers,
        or `GIVEN`.
    """

    operator: str
    attributes: Mapping[str, Any] = MappingProxyType({})
    inputs: tuple[str | float, ...] = ()


#: What the first of a choice's nodes is given, as a further input of one after it.
GIVEN = "given"


class Alternative(NamedTuple):
    """One thing that can be chosen.

    Attributes
    ----------
    module : str
        The kernel module.
    meaning : str
        What it is, in a few words.
    hyper : tuple of str
        Options that it takes, and others of its table may not, in the order of its `HYPER`.
    onnx : tuple of Node
        What it is in an ONNX graph, one after another.
    target : Kind
        What a loss is of.
    """

    module: str
    meaning: str
    hyper: tuple[str, ...] = ()
    onnx: tuple[Node, ...] = ()
    target: Kind = "class"


class Optimizer(NamedTuple):
    """One way for parameters to move.

    Attributes
    ----------
    subgradient, proximal : str
        The kernel modules, by `l1_method`.
    grouped : str
        That of the proximal step that shrinks groups of weights as well.
    meaning, hyper
        As of an `Alternative`.
    remembered : int
        Numbers that it remembers of each parameter.
    """

    subgradient: str
    proximal: str
    grouped: str
    meaning: str
    hyper: tuple[str, ...]
    remembered: int = 1

    @property
    def rescales(self) -> bool:
        """Whether it divides a gradient by its size, so that a step is as long as the rate."""
        return "epsilon" in self.hyper


class Method(NamedTuple):
    """One way for a penalty to act, for which each optimizer has a kernel module.

    Attributes
    ----------
    meaning, hyper
        As of an `Alternative`.
    """

    meaning: str
    hyper: tuple[str, ...] = ()


LOSSES = {
    "cross_entropy": Alternative(
        "kernels.losses.cross_entropy",
        "cross-entropy of a softmax over the classes",
        onnx=(Node("Softmax", {"axis": 1}),),
    ),
    "squared": Alternative(
        *("kernels.losses.squared", "(y - f)^2"), onnx=(Node("Identity"),), target="numbers"
    ),
    "absolute": Alternative(
        *("kernels.losses.absolute", "|y - f|"), onnx=(Node("Identity"),), target="numbers"
    ),
    "huber": Alternative(
        *("kernels.losses.huber", "squared up to a standard deviation, absolute beyond"),
        onnx=(Node("Identity"),),
        target="numbers",
    ),
    "poisson": Alternative(
        *("kernels.losses.poisson", "half the deviance of counts, through a log link"),
        onnx=(Node("Exp"),),
        target="numbers",
    ),
    "logistic": Alternative(
        *("kernels.losses.logistic", "cross-entropy of each yes or no"),
        onnx=(Node("Sigmoid"),),
        target="answers",
    ),
}

ACTIVATIONS = {
    "relu": Alternative("kernels.activations.relu", "max(z, 0)", onnx=(Node("Relu"),)),
    "leaky_relu": Alternative(
        *("kernels.activations.leaky_relu", "with a slope of `leak` below zero"),
        hyper=("leak",),
        onnx=(Node("PRelu", inputs=("leak",)),),
    ),
    "tanh": Alternative("kernels.activations.tanh", "hyperbolic tangent", onnx=(Node("Tanh"),)),
    "logistic": Alternative(
        "kernels.activations.logistic", "1 / (1 + exp(-z))", onnx=(Node("Sigmoid"),)
    ),
    # Runtimes have no Elu of float64.
    "elu": Alternative(
        *("kernels.activations.elu", "exp(z) - 1 below zero"),
        onnx=(
            Node("Min", inputs=(0.0,)),
            Node("Exp"),
            Node("Sub", inputs=(1.0,)),
            Node("Max", inputs=(GIVEN,)),
        ),
    ),
    "identity": Alternative("kernels.activations.identity", "z itself", onnx=(Node("Identity"),)),
}


def _steps(subgradient: str, proximal: str, grouped: str) -> tuple[str, str, str]:
    root = "kernels.steps"
    return f"{root}.{subgradient}", f"{root}.{proximal}", f"{root}.{grouped}"


#: How parameters move.
OPTIMIZERS = {
    "nesterov": Optimizer(
        *_steps("nesterov", "fista", "grouped.fista"),
        "Nesterov's momentum, the article's",
        hyper=("momentum",),
    ),
    "momentum": Optimizer(
        *_steps("heavy_ball", "proximal_heavy_ball", "grouped.heavy_ball"),
        "the heavy ball",
        hyper=("momentum",),
    ),
    "adam": Optimizer(
        *_steps("adam", "proximal_adam", "grouped.adam"),
        "whose first beta is `momentum`",
        hyper=("momentum", "beta2", "epsilon"),
        remembered=2,
    ),
    "adamw": Optimizer(
        *_steps("adamw", "proximal_adamw", "grouped.adamw"),
        "the same with L2 beside the step",
        hyper=("momentum", "beta2", "epsilon"),
        remembered=2,
    ),
    "rmsprop": Optimizer(
        *_steps("rmsprop", "proximal_rmsprop", "grouped.rmsprop"),
        "without momentum",
        hyper=("beta2", "epsilon"),
    ),
}

#: How the L1 penalty acts on them.
L1_METHODS = {
    "subgradient": Method("which is the article's"),
    "proximal": Method("whose zeros are exact"),
}

#: What `l1` and `l2` multiply.
PENALTIES = {
    "l1": Alternative("kernels.penalties.l1", "sum of |p|"),
    "l2": Alternative("kernels.penalties.l2", "sum of p^2"),
}

#: What is always measured beside the loss, by what is predicted; `results.columns` says which way
#: is better.
METRICS: dict[str, dict[str, Alternative]] = {
    "class": {"accuracy": Alternative("kernels.metrics.accuracy", "share of right classes")},
    "answers": {
        "accuracy": Alternative(
            "kernels.metrics.subset_accuracy", "share of rows whose every answer is right"
        )
    },
    "numbers": {
        "rmse": Alternative("kernels.metrics.rmse", "root of the mean squared error"),
        "r2": Alternative("kernels.metrics.r2", "share of the variance that is explained"),
    },
}


class Score(NamedTuple):
    """What is measured where it is asked for.

    Attributes
    ----------
    module : str
        The kernel module.
    meaning : str
        What it is, in a few words.
    losses : tuple of str
        Those that it can be measured beside.
    """

    module: str
    meaning: str
    losses: tuple[str, ...]


_OF_CLASSES = ("cross_entropy", "logistic")
_OF_NUMBERS = ("squared", "absolute", "huber", "poisson")

#: What `metrics` adds to it where that is asked for.
SCORES = {
    "balanced_accuracy": Score("kernels.metrics.balanced_accuracy", "mean recall", _OF_CLASSES),
    "auc": Score("kernels.metrics.auc", "area under the ROC curve", _OF_CLASSES),
    "f1": Score("kernels.metrics.f1", "harmonic mean of precision and recall", _OF_CLASSES),
    "brier": Score("kernels.metrics.brier", "squared distance of the probabilities", _OF_CLASSES),
    "log_loss": Score(
        "kernels.metrics.log_loss", "cross-entropy of the probabilities", _OF_CLASSES
    ),
    "mae": Score("kernels.metrics.mae", "mean absolute error", _OF_NUMBERS),
    "deviance": Score("kernels.metrics.deviance", "mean Poisson deviance", ("poisson",)),
}

#: The tables of those options that are a word.
TABLES: dict[str, Mapping[str, Alternative | Optimizer | Method]] = {
    "loss": LOSSES,
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "l1_method": L1_METHODS,
}

#: Options that some words of another take and others do not: which that is, by their names.
TAKEN = {
    name: option
    for option, table in TABLES.items()
    for choice in table.values()
    for name in choice.hyper
}


def losses_beside(metric: str) -> tuple[str, ...]:
    """Return the losses beside which a metric is measured, or can be."""
    if metric in SCORES:
        return SCORES[metric].losses
    return tuple(word for word, loss in LOSSES.items() if metric in METRICS[loss.target])


def kind_of(task: str, loss: str | None, targets: int) -> Kind | None:
    """Return what is predicted: one class, numbers, or yes and no; None where the data tell.

    Parameters
    ----------
    task : {"auto", "classes", "numbers"}
    loss : str or None
    targets : int
        How many columns.
    """
    if loss is not None:
        return LOSSES[loss].target
    if task == "numbers":
        return "numbers"
    if task == "classes":
        return "answers" if targets > 1 else "class"
    return None


def known(option: str, word: Any) -> str:
    """Return a word that stands for a choice, or refuse what is none."""
    table = TABLES[option]
    if not isinstance(word, str) or word not in table:
        raise InputError(f"`{option}` should be {words(option)}; it is {reprlib.repr(word)}")
    return word


def words(option: str) -> str:
    """Return the words of an option as a text: ``'relu' or 'tanh'``."""
    return _either([repr(word) for word in TABLES[option]])


def _either(words: Collection[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def told(option: str) -> str:
    """Return the words of an option with what they are, for help."""
    return "; or ".join(f"{word}, {choice.meaning}" for word, choice in TABLES[option].items())


def hyper_of(option: str, options: Any) -> dict[str, Any]:
    """Return what the choice of an option takes of its own, by name.

    Parameters
    ----------
    option : str
        One of `TABLES`.
    options : Specification
    """
    names = TABLES[option][getattr(options, option)].hyper
    return {name: getattr(options, name) for name in names}


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay options over others, and drop those below that nothing chosen then takes."""
    options = {**below, **above}
    chosen: dict[str, tuple[str, ...]] = {}
    for name, table in TABLES.items():
        # The first is meant where none is named, in the tables whose words take anything.
        given = split(name, options.get(name) or next(iter(table)))
        if all(isinstance(word, str) and word in table for word in given):
            chosen[name] = tuple(given)
    idle = strangers(chosen).keys() - above.keys()
    return {name: value for name, value in options.items() if name not in idle}


def strangers(chosen: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    """Return the options that nothing chosen takes, each with what would take it.

    Parameters
    ----------
    chosen : dict of str to str, or to tuple of str
        The words of options of `TABLES`.
    """
    found: dict[str, str] = {}
    for option, words_chosen in chosen.items():
        table, there = TABLES[option], several(option, words_chosen)
        for name in dict.fromkeys(name for choice in table.values() for name in choice.hyper):
            if not any(name in table[word].hyper for word in there):
                takers = [word for word, choice in table.items() if name in choice.hyper]
                found[name] = f"`{option}` {_either(takers)}, and it is {', '.join(there)}"
    return found


def refuse_strangers(chosen: Mapping[str, str | tuple[str, ...]], given: Collection[str]) -> None:
    """Refuse options that were given and that nothing `chosen` takes, see `strangers`.

    Raises
    ------
    InputError
        It says who would take the option.
    """
    for name, taker in strangers(chosen).items():
        if name in given:
            raise InputError(f"`{name}` is for {taker}: leave it out, or choose that")

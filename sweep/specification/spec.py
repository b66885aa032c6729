"""Specification: the frozen description of an experiment, checked when it is made."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from sweep.errors import InputError, hint
from sweep.specification import article, axes, choices, fitting, specfile, validators
from sweep.specification.data_hash import content_sha256, file_sha256
from sweep.specification.messages import one_line
from sweep.specification.options import LATER, RUN_OPTIONS
from sweep.specification.placement import AUTO
from sweep.specification.several.alternatives import several
from sweep.specification.values import Range, text


def _default(option: str, otherwise: Any) -> Any:
    """Give a field a default for the document's experiment, and one for real data."""

    def choose(fields: dict[str, Any]) -> Any:
        theirs = article.is_article(fields.get("data"))
        return article.DEFAULTS[option] if theirs else otherwise

    return Field(default_factory=choose)


def _default_unless_built_in(otherwise: Any, built_in: Any) -> Any:
    """Give a field a default for tables, and one for the built-in sets, which are of classes."""

    def choose(fields: dict[str, Any]) -> Any:
        return built_in if validators.is_built_in(fields.get("data")) else otherwise

    return Field(default_factory=choose)


def _default_placement(option: str) -> Any:
    """Give the document's placement where there are the document's three layers."""

    def choose(fields: dict[str, Any]) -> Any:
        depths = validators.depths(fields)
        if 3 not in depths or not article.is_article(fields.get("data")):
            return "weights"
        return article.DEFAULTS[option] if depths == [3] else AUTO

    return Field(default_factory=choose)


def _default_val_fraction() -> Any:
    """Give what is held out: all that a subsample leaves, nothing of the article, or a fifth."""

    def choose(fields: dict[str, Any]) -> Any:
        if fields.get("subsample") is not None:
            return 1 - fields["subsample"]
        theirs = article.is_article(fields.get("data"))
        return article.DEFAULTS["val_fraction"] if theirs else 0.2

    return Field(default_factory=choose)


#: Options whose default may hang on an axis: ``auto`` stands for it.
_AUTOMATIC = ("finish", "l1_on", "l2_on")
_AUTO = ("auto", [*AUTO])


class Specification(BaseModel):
    """What `sweep.Sweep` takes, which adds running it; frozen, and compared by `specification`.

    A field has one value. Of an option that shapes code or arrays, a pack axis of
    `sweep.specification.axes`, there may be several, and then it is a tuple of them; `of` gives the
    specification that has one of each.
    """

    model_config = ConfigDict(frozen=True, validate_default=True)

    data: validators.Data = article.NAME
    target: validators.Target = None
    task: Literal["auto", "classes", "numbers"] = _default_unless_built_in("auto", "classes")
    loss: validators.Loss = _default_unless_built_in(None, "cross_entropy")
    separator: validators.Separator = None
    decimal: Literal[".", ","] | None = None
    encoding: validators.Encoding = None
    header: bool | None = None
    weight: validators.Name = None
    class_weight: Literal["none", "balanced"] = "none"
    groups: validators.Name = None
    order: validators.Name = None
    columns: validators.Names = ()
    drop: validators.Names = ()
    categories: validators.Names = ()
    most_levels: validators.Natural = Field(default_factory=validators.default_most_levels)
    missing: Literal["error", "drop", "impute"] = "error"
    missing_values: validators.Names = ()
    hidden: validators.Widths = _default("hidden", (32, 16))
    activation: validators.Word = "relu"
    leak: validators.Slope = 0.01
    l1: validators.Penalties = "0,1e-4:1e-1:log7"
    l2: validators.Penalties = "0,1e-4:1e-1:log7"
    l21: validators.Penalties = (0.0,)
    l1_on: validators.Placement = _default_placement("l1_on")
    l2_on: validators.Placement = _default_placement("l2_on")
    l21_on: validators.Groups = "inputs"
    vary: validators.Vary = {}
    l1_method: validators.Word = _default("l1_method", "proximal")
    scale: Literal["standard", "robust", "quantile", "none"] = "standard"
    seeds: validators.Seeds = range(42, 62)
    folds: validators.Folds = 0
    subsample: validators.Subsample = None
    val_fraction: validators.Fraction = _default_val_fraction()
    test: validators.Test = None
    outer_folds: validators.Folds = 0
    epochs: validators.Natural = _default("epochs", 100)
    batch_size: validators.BatchSize = _default("batch_size", 32)
    lr: validators.Rates = (0.01,)
    optimizer: validators.Word = "nesterov"
    momentum: validators.Momenta = Field(default_factory=validators.default_momenta)
    beta2: validators.SecondBetas = (0.999,)
    epsilon: validators.Epsilons = (1e-8,)
    schedule: validators.Schedule = "constant"
    warmup: validators.Warmup = 0
    dropout: validators.Dropout = (0.0,)
    init: validators.Init = _default("init", "he")
    precision: Literal["float64", "float32"] = "float64"
    zero_tol: validators.Tolerance = "auto"
    metrics: validators.Metrics = ()
    history: validators.Natural = 0
    features: Literal["keep", "no"] = _default("features", "keep")
    permutations: validators.Natural = 1
    patience: validators.Patience = None
    tol: validators.Fall = None
    finish: validators.Finish = Field(default_factory=validators.default_finish)
    path: validators.Path = None
    path_order: validators.Orders = Field(default_factory=validators.default_orders)
    halving: validators.Halving = None
    sample: validators.Sample = None
    sampler: validators.Sampler = Field(default_factory=validators.default_sampler)

    #: Options that are true or false.
    _FLAGS: ClassVar[tuple[str, ...]] = ("header",)

    _given: dict[str, Any] = PrivateAttr(default_factory=dict)
    _content: Mapping[str, Any] | None = PrivateAttr(default=None)

    def __init__(self, /, **given: Any) -> None:
        # None is "not given": the command line hands it on for every option left out.
        given = {
            name: value
            for name, value in given.items()
            if value is not None and not (name in _AUTOMATIC and _listed(value) in _AUTO)
        }
        known = type(self).model_fields
        for name, value in given.items():
            if name in RUN_OPTIONS:
                raise InputError(f"{name!r} says how to run: give it to run(), not to Sweep")
            if name not in known:
                raise InputError(f"unknown option {name!r}{hint(name, known, len(known))}")
            if isinstance(value, bool) and name not in self._FLAGS:
                raise InputError(f"`{name}` takes no {str(value).lower()}")
            if name in ("data", "test") and isinstance(value, str | os.PathLike):
                validators.check_name(name, str(value))
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise InputError(one_line(error)) from None
        # What replace() starts from, and what each task carries: a range is short.
        self._given = {**given, "seeds": self.seeds} if "seeds" in given else given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        choices.refuse_strangers(self._chosen, self.model_fields_set)
        fitting.check(self)
        axes.refuse_too_many(self)
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns to predict, where some are named."""
        if self.target is None:
            return ()
        return (self.target,) if isinstance(self.target, str) else self.target

    @property
    def roles(self) -> dict[str, str]:
        """The columns that are no features, and not the target, by option."""
        names = {"weight": self.weight, "groups": self.groups, "order": self.order}
        return {option: name for option, name in names.items() if name is not None}

    @property
    def as_first_taken(self) -> bool:
        """Whether columns are taken for what the first version took them for."""
        return self.most_levels == 0

    @property
    def holds_out(self) -> bool:
        """Whether rows are held out of training, by whose loss cells are ranked."""
        return self.folds > 0 or self.val_fraction > 0

    @property
    def stops_early(self) -> bool:
        """Whether a run may stop before its last epoch."""
        ways = (*several("patience", self.patience), *several("tol", self.tol))
        return any(way is not None for way in ways)

    @property
    def waits(self) -> int:
        """Epochs that `tol` waits for a fall of the training loss: as many as in scikit-learn."""
        return 10

    @property
    def shuffles(self) -> bool:
        """Whether batches are drawn anew in each epoch, where there are several."""
        return True

    @property
    def seen(self) -> int:
        """Samples seen before the first epoch, which "invscaling" counts from the second one on."""
        return 0

    @property
    def scores_training(self) -> bool:
        """Whether metrics that take all samples at once are measured of those trained on too."""
        return True

    @property
    def follows_loss_alone(self) -> bool:
        """Whether the history says of what is trained on no more than the loss with penalties."""
        return False

    @property
    def groups_weights(self) -> bool:
        """Whether groups of weights are penalised in some runs."""
        return any(self.l21)

    @property
    def sets_apart(self) -> bool:
        """Whether each run has a test part."""
        return self.test is not None or self.outer_folds > 0

    def tells(self, option: str) -> bool:
        """Tell whether an option was given, and is not left to its default."""
        return option in self._given

    def replace(self, **changes: Any) -> Self:
        """Return a Sweep with these options changed.

        What was never given follows its default again: after ``replace(data="digits")`` the
        epochs are those of digits. None stands for the default. What nothing chosen takes any
        more is dropped: after ``replace(activation="relu")`` the leak.
        """
        return type(self)(**choices.overlaid(self._given, changes))

    def of(self, place: Mapping[str, Any]) -> Self:
        """Return the specification of the runs at a place: it has one value on each axis named.

        What was never given follows its default for these runs, and what does nothing for them is
        left out, as if they were a sweep of their own.

        Parameters
        ----------
        place : dict
            Values of axes, by their columns of the table; of those not named all stay.
        """
        return self.replace(**axes.narrowed(self, place))

    def without_data(self, name: str) -> Self:
        """Return the Sweep with no more than a name of its data, to be sent along with them."""
        light = self.model_copy(update={"data": name})
        light._given = {**self._given, "data": name}
        return light

    def of_content(self, known: Mapping[str, Any]) -> Self:
        """Return the Sweep of data whose content is known, and which are not opened any more.

        ``known`` is what `specification` returned when they were there; what it does not say
        stays unknown.
        """
        copy = self.model_copy()
        copy._content = known
        return copy

    def specification(self) -> dict[str, Any]:
        """Return every option, defaults filled in, as plain data ready for JSON.

        ``seeds`` are VALUES, since there may be millions of them in each part of the results.
        ``data`` is the name of a file, wherever it lies: ``data_sha256`` is that of its content, or
        of the arrays; None for a built-in name. So it is with ``test`` and ``test_sha256``, where
        that is a file.
        ``vary`` is a list of pairs, because the order of its names is the order of the axes.
        """
        known = self._content
        sha256 = content_sha256(self.data) if known is None else known.get("data_sha256")
        plain: dict[str, Any] = {}
        for name, value in self._options().items():
            plain[name] = text(value) if name == "seeds" else _listed(value)
        plain["vary"] = [[name, _listed(numbers)] for name, numbers in self.vary.items()]
        plain["data"] = Path(self.data).name if isinstance(self.data, str) else {"sha256": sha256}
        plain["data_sha256"] = sha256
        if isinstance(self.test, str):
            plain["test"] = Path(self.test).name
            plain["test_sha256"] = (
                file_sha256(self.test) if known is None else known.get("test_sha256")
            )
        return plain

    def digest(self) -> str:
        """Return the SHA-256 of the specification, in hexadecimal."""
        canonical = json.dumps(self.specification(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_toml(self) -> str:
        """Write the specification as TOML, defaults filled in.

        Data in memory are named by their SHA-256 only, and have to be given again.
        """
        return specfile.write(self._options())

    @classmethod
    def from_toml(cls, toml: str | os.PathLike[str]) -> Self:
        """Read a Sweep from TOML: a path, or the text itself, which has an ``=`` in it.

        Options that say how to run are refused: it may be a stranger's.
        """
        if isinstance(toml, os.PathLike) or "=" not in toml or toml.endswith(".toml"):
            return cls(**specfile.read(toml, cls.model_fields))
        return cls(**specfile.parse(toml.encode(), "TOML text", cls.model_fields))

    @property
    def _chosen(self) -> dict[str, str | tuple[str, ...]]:
        """What is chosen by a word, as far as it is."""
        words = {option: getattr(self, option) for option in choices.TABLES}
        return {option: word for option, word in words.items() if word is not None}

    def _options(self) -> dict[str, Any]:
        """Return the options by name, without what nothing chosen takes, and see `LATER`."""
        idle = choices.strangers(self._chosen)
        idle |= {name: "" for name, meant in LATER.items() if getattr(self, name) == meant}
        fields = type(self).model_fields
        return {name: getattr(self, name) for name in fields if name not in idle}

    def __eq__(self, other: object) -> bool:
        """Compare by specification."""
        if not isinstance(other, Specification):
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


def _listed(value: Any) -> Any:
    """Return a value with lists for tuples, and ranges as texts, as JSON has it."""
    if isinstance(value, Range):
        return str(value)
    if not isinstance(value, tuple):
        return value
    plain = not any(issubclass(kind, tuple | Range) for kind in set(map(type, value)))
    return list(value) if plain else [_listed(part) for part in value]

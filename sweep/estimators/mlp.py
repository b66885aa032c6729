"""RegularizedMLP: what the classifier and the regressor of one network share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from sweep.data.dataset import Variable
from sweep.data.fold import deepest
from sweep.data.scaling import Scaling
from sweep.errors import InputError
from sweep.estimators import convergence
from sweep.estimators.aims import PRECISIONS, Aim, checked
from sweep.estimators.checking import checked_alone
from sweep.estimators.fits import DIVERGED, Fit, Portion, fit_all, portion
from sweep.estimators.going_on import Standing, one_epoch
from sweep.estimators.inputs import Inputs
from sweep.estimators.parameters import Parameters, names_of, seed_of, specification
from sweep.machine import version
from sweep.models.model import Model
from sweep.specification import schedule
from sweep.specification.axes import AXES, given_axes
from sweep.specification.choices import LOSSES, hyper_of
from sweep.specification.spec import Specification

#: What MLPClassifier calls what the outputs of a loss go through.
_OUT = {"cross_entropy": "softmax", "logistic": "logistic", "poisson": "exp"}

#: What `alpha` is that of our l2 = 1, for each sample of a batch, or what it weighs: theirs has one
#: half, and so has their squared error; and they add up over targets what we average.
_ALPHA = {"cross_entropy": 2, "logistic": 2, "squared": 1, "poisson": 2}


def alpha_of_one(spec: Specification, learnt: Portion) -> float:
    """Return the `alpha` that an `l2` of 1 is.

    Raises
    ------
    InputError
        Where scikit-learn has no such loss.
    """
    if spec.loss not in _ALPHA:
        raise InputError(f"`alpha` is scikit-learn's, which has no {spec.loss}: give `l2`")
    rows = len(learnt.fold.train)
    targets = 1 if len(learnt.classes) else learnt.outputs
    counted = min(spec.batch_size or rows, rows) * learnt.fold.loss_weight[learnt.fold.train].mean()
    return float(_ALPHA[spec.loss] * targets * counted)


def said(epoch: Mapping[str, Any]) -> None:
    """Print what an epoch came to, as MLPClassifier does."""
    print(f"Iteration {epoch['epoch'][0]}, loss = {epoch['loss'][0]:.8f}")
    for score in ("val_accuracy", "val_r2"):
        if score in epoch:
            print(f"Validation score: {epoch[score][0]:f}")


@dataclass(eq=False, repr=False, kw_only=True)
class RegularizedMLP(Inputs, Parameters, ABC):
    """A multilayer perceptron with penalties; see `sweep.RegularizedMLPClassifier`."""

    warm_start: Any = False
    verbose: Any = False

    @abstractmethod
    def _aim(self, y: np.ndarray) -> Aim:
        """Return what y asks to predict."""

    def _same(self, aim: Aim) -> Aim:
        """Return the aim of a fit that goes on from another one, or refuse it."""
        return aim

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network, with `warm_start` from where the last fit came to.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
        y : array-like, shape (n_samples,) or (n_samples, n_targets)
            What to predict.
        sample_weight : array-like, shape (n_samples,), optional
            What each sample counts in the mean of its batch; one that weighs 0 is left out.

        Returns
        -------
        self
        """
        checked_alone({"warm_start": self.warm_start})
        warm = self.warm_start and hasattr(self, "model_")
        X, y, weight = checked(self, X, y, sample_weight, reset=not warm)
        aim, seed = self._aim(y), seed_of(self.random_state)
        if warm:
            aim = self._same(aim)
        spec, learnt = self._learnt(aim, X, y, weight, seed, warm)
        begin = self.model_.parameters if warm else None
        heard = said if self.verbose else None
        ((fit,),) = fit_all(spec, [learnt], lambda part, cell, fit: fit, begin=begin, heard=heard)
        self._learn(fit, learnt, aim, spec, warm)
        self._standing = Standing.after(fit, seed)
        convergence.warn(fit, learnt, self.model_)
        return self

    def _go_on(self, X: Any, y: Any, sample_weight: Any, aim_of: Callable[..., Aim]) -> Self:
        """Train an epoch more; ``aim_of`` gives what y asks to predict."""
        if self.early_stopping:
            raise InputError("partial_fit does not support early_stopping=True")
        begun = hasattr(self, "model_")
        X, y, weight = checked(self, X, y, sample_weight, reset=not begun)
        aim = aim_of(y)
        now = (
            self._standing.at(self.model_.parameters)
            if begun
            else Standing.fresh(seed_of(self.random_state))
        )
        spec, learnt = self._learnt(aim, X, y, weight, now.seed, begun)
        self._refuse_epoch_by_epoch(spec)
        fit, now = one_epoch(spec, learnt, now, self.t_ if begun else 0)
        if self.verbose:
            said({"epoch": [1], "loss": [fit.metrics["final_loss"]]})
        self._learn(fit, learnt, aim, spec, begun)
        self._standing = now
        return self

    def _refuse_epoch_by_epoch(self, spec: Specification) -> None:
        """Refuse schedules that calls of an epoch each cannot follow."""
        way = schedule.parse(spec.schedule).word
        if way == "adaptive":
            raise InputError(
                "partial_fit trains an epoch a call, and `learning_rate` 'adaptive' compares many: "
                "choose another"
            )
        if way == "invscaling" and spec.warmup:
            raise InputError(
                "partial_fit counts samples for 'invscaling', and `warmup` counts epochs: leave "
                "one of both out"
            )

    def _learnt(
        self, aim: Aim, X: np.ndarray, y: np.ndarray, weight: np.ndarray, seed: int, begun: bool
    ) -> tuple[Specification, Portion]:
        """Return how to train, and on what; what has ``begun`` keeps its network and its units."""
        t, dtype = (self.t_, self.model_.parameters.dtype) if begun else (0, X.dtype)
        told = self.get_params(), aim.loss, (X, y), seed
        spec = specification(*told, history=1, dtype=dtype, t=t)
        self._refuse_axes(spec)
        learnt = portion(spec, X, aim, weight, np.arange(len(X)), seed, every=True)
        if self.alpha is not None:
            spec = spec.replace(l2=self._l2(spec, learnt))
        if not begun:
            return spec, learnt
        model = self.model_
        widths = (X.shape[1], *deepest(spec), learnt.outputs)
        if (widths, aim.loss) != (model.widths, model.loss):
            raise InputError(
                f"the network goes on, and it was {model.widths} with the loss {model.loss}: with "
                f"these parameters and this y it would be {widths} with {aim.loss}"
            )
        scaling = model.scaling if learnt.fold.scaling else None
        fold = learnt.fold._replace(scaling=scaling, unit=model.unit)
        return spec, learnt._replace(fold=fold)

    @property
    def coefs_(self) -> tuple[np.ndarray, ...]:
        """The weights of each layer, shape (inputs, outputs): views of those that predict."""
        layers = range(1, len(self.model_.widths))
        return tuple(self.model_.parameter(f"w{i}").T for i in layers)

    @property
    def intercepts_(self) -> tuple[np.ndarray, ...]:
        """The biases of each layer, shape (outputs,): views of those that predict."""
        layers = range(1, len(self.model_.widths))
        return tuple(self.model_.parameter(f"b{i}") for i in layers)

    def _outputs(self, X: Any) -> np.ndarray:
        """Return what the network says of each row of X, shape (n_samples, outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=PRECISIONS, reset=False)
        return self.model_.of_features(X)

    def _predict_by(self, model: Any, aim: Aim) -> None:
        """Predict by a model that was not fitted here, and knows all classes."""
        self.model_ = model
        self.out_activation_ = _OUT.get(aim.loss, "identity")

    def _refuse_axes(self, spec: Specification) -> None:
        """Refuse several values: they are for a search."""
        names = names_of(self.solver)
        automatic = {name for name in ("l1", "l21") if isinstance(getattr(spec, name), str)}
        every = spec.replace(**dict.fromkeys(automatic, 0)) if automatic else spec
        found = automatic | {name for name, of in given_axes(every).items() if len(of) > 1}
        for name, strengths in spec.vary.items():
            if len(strengths) > 1:
                raise InputError(f"`vary` {name} should be one number, not {self.vary!r}")
        for axis in AXES:
            name = names.get(axis.field, axis.field)
            if axis.name in found and hasattr(self, name):
                one = "value" if axis.kind == "pack" else "number"
                raise InputError(f"`{name}` should be one {one}, not {getattr(self, name)!r}")

    def _l2(self, spec: Specification, learnt: Portion) -> float:
        """Return what `alpha` is here."""
        self._refuse_both()
        number = isinstance(self.alpha, Real) and not isinstance(self.alpha, bool)
        if not (number and 0 <= float(self.alpha) < np.inf):
            raise InputError(f"`alpha` should be a number from 0 up, not {self.alpha!r}")
        return float(self.alpha) / alpha_of_one(spec, learnt)

    def _keep(
        self,
        fit: Fit,
        learnt: Portion,
        aim: Aim,
        spec: Specification,
        specification: dict[str, Any],
        trained_on: dict[str, Any],
    ) -> None:
        """Set what `fit` sets."""
        scaling = learnt.fold.scaling or Scaling.nothing(fit.widths[0])
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(fit.widths[0])])
        self.model_ = Model(
            widths=fit.widths,
            parameters=fit.parameters,
            inputs=np.arange(fit.widths[0]),
            **scaling._asdict(),
            classes=tuple(aim.classes[learnt.classes].tolist()),
            variables=tuple(Variable(str(name)) for name in names),
            specification=specification,
            trained_on=trained_on,
            activation=spec.activation,
            hyper=hyper_of("activation", spec),
            loss=aim.loss,
            targets=aim.targets,
            unit=learnt.fold.unit,
        )
        self.n_layers_ = len(fit.widths)
        self.n_outputs_ = fit.widths[-1]
        self.out_activation_ = _OUT.get(aim.loss, "identity")
        self.n_iter_ = int(fit.metrics["epochs"])
        self.t_ = self.n_iter_ * len(learnt.fold.train)
        self.loss_ = fit.metrics["final_loss"]
        self.loss_curve_: list[float] = [then["loss"] for then in fit.history]
        score = "val_r2" if LOSSES[aim.loss].target == "numbers" else "val_accuracy"
        held_out = score in fit.metrics
        self.best_loss_: float | None = (
            None if held_out else min(self.loss_curve_, default=self.loss_)
        )
        scores = [then[score] for then in fit.history] if held_out else None
        self.validation_scores_: list[float] | None = scores
        self.best_validation_score_ = fit.metrics.get(score)

    def _learn(self, fit: Fit, learnt: Portion, aim: Aim, spec: Specification, begun: bool) -> None:
        """Set what a fit sets; what has ``begun`` goes on with its curves."""
        if not fit.finite:
            raise ValueError(DIVERGED)
        trained_on = {"data": "data in memory", "rows": len(learnt.fold.train)}
        trained_on |= {"held_out": len(learnt.fold.val), "seed": learnt.seed}
        trained_on |= {"regsweep": version("regsweep")}
        past = (self.t_, self.loss_curve_, self.validation_scores_) if begun else (0, [], None)
        self._keep(fit, learnt, aim, spec, spec.specification(), trained_on)
        seen, curve, scores = past
        self.t_ += seen
        self.loss_curve_ = curve + self.loss_curve_
        if self.validation_scores_ is not None:
            self.validation_scores_ = (scores or []) + self.validation_scores_
        if self.best_loss_ is not None:
            self.best_loss_ = min(self.loss_curve_, default=self.loss_)

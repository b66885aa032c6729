"""RegularizedMLP: what the classifier and the regressor of one network share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

import numpy as np

from sweep.data.dataset import Variable
from sweep.data.scaling import Scaling
from sweep.errors import InputError
from sweep.estimators import convergence
from sweep.estimators.aims import Aim, checked
from sweep.estimators.cv_scores import DIVERGED
from sweep.estimators.fits import Fit, Portion, fit_all, portion
from sweep.estimators.parameters import Parameters, names_of, seed_of, specification
from sweep.machine import version
from sweep.models.model import Model
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


@dataclass(eq=False, repr=False, kw_only=True)
class RegularizedMLP(Parameters, ABC):
    """A multilayer perceptron with penalties; see `sweep.RegularizedMLPClassifier`."""

    @abstractmethod
    def _aim(self, y: np.ndarray) -> Aim:
        """Return what y asks to predict."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,) or (n_samples, n_targets)
            What to predict.
        sample_weight : array-like, shape (n_samples,), optional
            What each sample counts in the mean of its batch; one that weighs 0 is left out.

        Returns
        -------
        self
        """
        X, y, weight = checked(self, X, y, sample_weight)
        aim, seed = self._aim(y), seed_of(self.random_state)
        spec = specification(self.get_params(), aim.loss, (X, y), seed, history=1)
        self._refuse_axes(spec)
        learnt = portion(spec, X, aim, weight, np.arange(len(X)), seed)
        if self.alpha is not None:
            spec = spec.replace(l2=self._l2(spec, learnt))
        ((fit,),) = fit_all(spec, [learnt], lambda part, cell, fit: fit)
        if not fit.finite:
            raise ValueError(DIVERGED)
        trained_on = {"data": "data in memory", "rows": len(learnt.fold.train)}
        trained_on |= {"held_out": len(learnt.fold.val), "seed": seed}
        trained_on |= {"regsweep": version("regsweep")}
        self._keep(fit, learnt, aim, spec, spec.specification(), trained_on)
        convergence.warn(fit, learnt, self.model_)
        return self

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

    def _predict_by(self, model: Any, aim: Aim) -> None:
        """Predict by a model that was not fitted here, and knows all classes."""
        self.model_ = model
        self.out_activation_ = _OUT.get(aim.loss, "identity")

    def _refuse_axes(self, spec: Specification) -> None:
        """Refuse several values: they are for a search."""
        names = names_of(self.solver)
        automatic = {name for name in ("l1", "l21") if isinstance(getattr(spec, name), str)}
        every = spec.replace(**dict.fromkeys(automatic, 0))
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
        self.loss_curve_ = [then["loss"] for then in fit.history]
        score = "val_r2" if LOSSES[aim.loss].target == "numbers" else "val_accuracy"
        held_out = score in fit.metrics
        self.best_loss_ = None if held_out else min(self.loss_curve_, default=self.loss_)
        self.validation_scores_ = [then[score] for then in fit.history] if held_out else None
        self.best_validation_score_ = fit.metrics.get(score)

"""RegularizedMLPClassifier: one network with L1 and L2 penalties, as a scikit-learn estimator."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from sweep.data.dataset import Variable
from sweep.data.scaling import Scaling
from sweep.errors import InputError
from sweep.estimators.class_weights import counts_of
from sweep.estimators.cv_scores import DIVERGED
from sweep.estimators.fits import (
    NAMES,
    Fit,
    Portion,
    fit_all,
    portion,
    seed_of,
    specification,
)
from sweep.machine import version
from sweep.models.model import Model
from sweep.specification.choices import hyper_of
from sweep.specification.spec import Specification


class RegularizedMLPClassifier(ClassifierMixin, BaseEstimator):
    """Multilayer perceptron with an L1 and an L2 penalty.

    Hidden layers, a softmax over all classes (also over two), cross-entropy, SGD with
    Nesterov momentum. The loss is the mean cross-entropy of a batch plus, over the parameters p
    that a penalty is placed on, ``l1 * sum|p| + l2 * sum p**2``: MLPClassifier's ``alpha`` is
    ``2 * batch_size * l2``. A parameter is named as MLPClassifier names it where that has it, and
    its default is that of a `sweep.Sweep`, so that the cell that a sweep chose can be fitted as
    it stands.

    As for MLPClassifier, inputs should be scaled: by ``standardize=True``, or by a scaler before
    it. The same ``random_state``, data and parameters give the same bits on any machine.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default (32, 16)
        Widths of the hidden layers; ``()`` for softmax regression.
    activation : {"relu", "leaky_relu", "tanh", "logistic", "elu", "identity"}, default "relu"
        What hidden units give.
    leak : float, default 0.01
        Slope of "leaky_relu" below zero, from 0 to 1; others have none.
    l1, l2 : float, default 1e-4
        Penalties.
    l1_on, l2_on : str or sequence of str, default "weights"
        Where each acts: names ``w1, b1, w2, …``, ``weights``, ``biases``, ``all``, ``none``.
    l21 : float, default 0
        Penalty on groups of weights, ``l21 * sqrt(size) * ||group||`` each, which empties whole
        ones; with l1 the sparse group lasso.
    l21_on : {"inputs", "units"}, default "inputs"
        What the groups are: the weights that leave one input, or those that enter one hidden unit,
        with its bias.
    l1_method : {"proximal", "subgradient"}, default "proximal"
        "proximal" gives weights that are exactly zero, which ``model_.prune()`` removes.
    learning_rate_init : float, default 0.01
    momentum : float, default 0.9
    dropout : float, default 0
        Share of the hidden units that is dropped in each step, except in `finish`; what is passed
        on is divided by what is left of 1. Where the network is not learning nothing is dropped.
    batch_size : int, "auto" or "full", default 32
        "auto" is ``min(200, n_samples)``; "full" is all samples, in their order.
    max_iter : int, default 100
        Epochs.
    finish : int, default 0
        Epochs in full batches after those. The noise of small batches keeps weights off zero that
        the penalty would leave there: as many as ``max_iter`` give the zeros of all samples. A
        `sweep.Sweep` does so unless told.
    early_stopping : bool, default False
        Whether to hold out a stratified part of the samples, stop when its loss (MLPClassifier:
        its accuracy) has not fallen for a while, and keep the weights of the best epoch.
    validation_fraction : float, default 0.1
        Share held out for that.
    n_iter_no_change : int, default 10
        Epochs to wait for a lower loss on it.
    init : {"he", "uniform"}, default "he"
        Initial weights: normal with variance 2 / inputs, or uniform on [0, 1).
    precision : {"float64", "float32"}, default "float64"
        What training is done in.
    class_weight : dict, "balanced" or None, default None
        What the samples of each class count in the loss, beside `sample_weight`; a class that a
        dict leaves out counts 1. "balanced" lets all classes count alike.
    standardize : bool, default False
        Whether to take off the mean of each input and divide by its standard deviation, both over
        the samples trained on, each once: what is held out to stop early has no part in them.
        ``coefs_`` are those of the inputs so scaled.
    random_state : int, RandomState instance or None, default None
        Of the initial weights, the order of the batches and what is held out.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
    coefs_ : list of ndarray, shape (inputs, outputs) each
    intercepts_ : list of ndarray, shape (outputs,) each
    loss_ : float
        Loss with penalties at the end.
    loss_curve_ : list of float
        The same after each epoch.
    validation_scores_ : list of float or None
        Accuracy on what is held out, after each epoch.
    best_validation_score_ : float or None
        Accuracy of the weights that were kept on what is held out.
    n_iter_ : int
        Epochs trained, those of `finish` too.
    n_layers_, n_outputs_ : int
    out_activation_ : str
        "softmax".
    model_ : sweep.Model
        The network, to be pruned or saved.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X was a DataFrame with names that are all strings.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sweep import RegularizedMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> RegularizedMLPClassifier(l1=1e-3, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(32, 16),
        *,
        activation="relu",
        leak=0.01,
        l1=1e-4,
        l2=1e-4,
        l1_on="weights",
        l2_on="weights",
        l21=0.0,
        l21_on="inputs",
        l1_method="proximal",
        learning_rate_init=0.01,
        momentum=0.9,
        dropout=0.0,
        batch_size=32,
        max_iter=100,
        finish=0,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        init="he",
        precision="float64",
        class_weight=None,
        standardize=False,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.leak = leak
        self.l1 = l1
        self.l2 = l2
        self.l1_on = l1_on
        self.l2_on = l2_on
        self.l21 = l21
        self.l21_on = l21_on
        self.l1_method = l1_method
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.dropout = dropout
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.finish = finish
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.init = init
        self.precision = precision
        self.class_weight = class_weight
        self.standardize = standardize
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "RegularizedMLPClassifier":
        """Train the network.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,)
            Classes: numbers, texts or truth values.
        sample_weight : array-like, shape (n_samples,), optional
            What each sample counts in the mean of its batch; one that weighs 0 is left out.

        Returns
        -------
        self
        """
        X, y, weight = checked(self, X, y, sample_weight)
        seed = seed_of(self.random_state)
        spec = specification(self.get_params(), (X, y), seed, history=1)
        for option in ("l1", "l2", "l21", "lr", "momentum", "dropout"):
            if isinstance(getattr(spec, option), str) or len(getattr(spec, option)) != 1:
                name = NAMES.get(option, option)
                raise InputError(f"`{name}` should be one number, not {getattr(self, name)!r}")
        classes, numbers = np.unique(y, return_inverse=True)
        by_class = counts_of(self.class_weight, classes)
        learnt = portion(spec, X, numbers, weight, np.arange(len(X)), seed, by_class)
        ((fit,),) = fit_all(spec, [learnt], lambda part, cell, fit: fit)
        if not fit.finite:
            raise ValueError(DIVERGED)
        trained_on = {"data": "data in memory", "rows": len(learnt.fold.train)}
        trained_on |= {"held_out": len(learnt.fold.val), "seed": seed}
        trained_on |= {"regsweep": version("regsweep")}
        return self._keep(fit, learnt, classes, spec, spec.specification(), trained_on)

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row of X."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, in the order of ``classes_``, for each row of X."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.model_.predict_proba(X)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _keep(
        self,
        fit: Fit,
        learnt: Portion,
        every_class: np.ndarray,
        spec: Specification,
        specification: dict[str, Any],
        trained_on: dict[str, Any],
    ) -> "RegularizedMLPClassifier":
        """Set what `fit` sets."""
        classes = every_class[learnt.classes]
        scaling = learnt.fold.scaling or Scaling.nothing(fit.widths[0])
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(fit.widths[0])])
        self.classes_ = classes
        self.model_ = Model(
            widths=fit.widths,
            parameters=fit.parameters,
            inputs=np.arange(fit.widths[0]),
            **scaling._asdict(),
            classes=tuple(classes.tolist()),
            variables=tuple(Variable(str(name)) for name in names),
            specification=specification,
            trained_on=trained_on,
            activation=spec.activation,
            hyper=hyper_of("activation", spec),
        )
        layers = range(1, len(fit.widths))
        self.coefs_ = [self.model_.parameter(f"w{i}").T for i in layers]
        self.intercepts_ = [self.model_.parameter(f"b{i}") for i in layers]
        self.n_layers_ = len(fit.widths)
        self.n_outputs_ = fit.widths[-1]
        self.out_activation_ = "softmax"
        self.n_iter_ = int(fit.metrics["epochs"])
        self.loss_ = fit.metrics["final_loss"]
        self.loss_curve_ = [then["loss"] for then in fit.history]
        held_out = "val_accuracy" in fit.metrics
        self.validation_scores_ = (
            [then["val_accuracy"] for then in fit.history] if held_out else None
        )
        self.best_validation_score_ = fit.metrics.get("val_accuracy")
        return self


def checked(
    estimator: BaseEstimator, X: Any, y: Any, sample_weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return X, y and the weights as arrays, and note the features on the estimator."""
    X, y = validate_data(estimator, X, y, dtype=np.float64, order="C")
    check_classification_targets(y)
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    return X, y, weight

"""RegularizedMLPClassifier: one network with penalties, as a scikit-learn estimator."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import unique_labels

from sweep.errors import InputError
from sweep.estimators.aims import Aim, among, of_classes
from sweep.estimators.fits import Fit, Portion
from sweep.estimators.mlp import RegularizedMLP


@dataclass(eq=False, repr=False, kw_only=True)
class RegularizedMLPClassifier(ClassifierMixin, RegularizedMLP):
    """Multilayer perceptron with an L1, an L2 and a group penalty.

    Hidden layers, a softmax over all classes (also over two), and cross-entropy; where y is a
    matrix of 0 and 1, a logistic function and the cross-entropy of each column. The loss is the
    mean over a batch (and over columns) plus, over the parameters p that a penalty is placed on,
    ``l1 * sum|p| + l2 * sum p**2``. A parameter is named as MLPClassifier names it where that has
    it; options of a `sweep.Sweep` are all here, so that the cell that a sweep chose can be fitted
    as it stands. By default it is SGD with Nesterov momentum, for ``max_iter`` epochs whatever the
    loss does; layers and penalties were chosen on tables, as the README tells.

    A ConvergenceWarning of scikit-learn says where that has come to nothing, and the mend.

    As for MLPClassifier, inputs should be scaled: by ``standardize=True``, or by a scaler before
    it. The same ``random_state``, data and parameters give the same bits on any machine.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default (100,)
        Widths of the hidden layers; ``()`` for softmax regression.
    activation : {"relu", "leaky_relu", "tanh", "logistic", "elu", "identity"}, default "relu"
        What hidden units give.
    leak : float, default 0.01
        Slope of "leaky_relu" below zero, from 0 to 1; others have none.
    l1, l2 : float, default 1e-3 and 3e-3
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
    solver : {"sgd", "adam", "adamw", "rmsprop"}, default "sgd"
        How parameters move. There is no "lbfgs". "adamw" has L2 beside the step.
    learning_rate : str, default "constant"
        How it goes from epoch to epoch: "constant", "cosine", "exponential:RATE",
        "step:EPOCHS:RATE", or with "sgd" MLPClassifier's "invscaling" and "adaptive". The latter
        divides it by 5 wherever training would stop, until it is 1e-6 or less: give `tol`, or
        `early_stopping`.
    learning_rate_init : float, default 0.01
    power_t : float, default 0.5
        With "invscaling" it is ``learning_rate_init / (t + 1) ** power_t`` after t samples. In the
        first epoch of a `fit` it is whole, with `warm_start` too, as MLPClassifier has it.
    warmup : int, default 0
        Epochs in which the learning rate rises to that, before the rest.
    momentum : float, default 0.9
        Of "sgd".
    nesterovs_momentum : bool, default True
        Whether it is Nesterov's, or that of the heavy ball.
    beta_1, beta_2 : float, default 0.9 and 0.999
        Decay of the means of gradients and of their squares, of "adam" and "adamw"; "rmsprop" has
        the second alone.
    epsilon : float, default 1e-8
        What "adam", "adamw" and "rmsprop" add to the root that they divide by; MLPClassifier's
        Adam adds it before the root is made up for the batches that it lacks.
    dropout : float, default 0
        Share of the hidden units that is dropped in each step, except in `finish`; what is passed
        on is divided by what is left of 1. Where the network is not learning nothing is dropped.
    batch_size : int, "auto" or "full", default 32
        "auto" is ``min(200, n_samples)``; "full" is all samples, in their order.
    max_iter : int, default 100
        Epochs.
    shuffle : bool, default True
        Whether the samples of small batches are drawn anew in each epoch, or in their order.
    finish : int, default 0
        Epochs in full batches after those. The noise of small batches keeps weights off zero that
        the penalty would leave there: as many as ``max_iter`` give the zeros of all samples. A
        `sweep.Sweep` does so unless told.
    tol : float or None, default None
        What the loss must fall by, below its lowest, to count as fallen: that of what is held out
        with `early_stopping`; else that of the samples trained on, after the epoch (MLPClassifier:
        on the way). With None, unlike MLPClassifier's 1e-4, training never stops but early.
    early_stopping : bool, default False
        Whether to hold out a stratified part of the samples, stop when its loss (MLPClassifier:
        its accuracy) has not fallen for a while, and keep the weights of the best epoch.
    validation_fraction : float, default 0.1
        Share held out for that.
    n_iter_no_change : int or ``np.inf``, default 10
        Epochs to wait for that (MLPClassifier: one more).
    init : {"he", "uniform"}, default "he"
        Initial weights: normal with variance 2 / inputs, or uniform on [0, 1).
    precision : {"auto", "float64", "float32"}, default "auto"
        What training is done in, and `coefs_` are; "auto" is float32 where X is, else float64, and
        that of the network where it goes on. Where it is not that of X, a fit copies X. Predictions
        are float32 where it and their X are, and float64 otherwise.
    class_weight : dict, "balanced" or None, default None
        What the samples of each class count in the loss, beside `sample_weight`; a class that a
        dict leaves out counts 1. "balanced" lets all classes count alike.
    standardize : bool, default False
        Whether to take off the mean of each input and divide by its standard deviation, both over
        the samples trained on, each once: what is held out to stop early has no part in them.
        ``coefs_`` are those of the inputs so scaled.
    random_state : int, RandomState instance or None, default None
        Of the initial weights, the order of the batches and what is held out.
    warm_start : bool, default False
        Whether a further `fit` begins with the weights of the last one, its scaling and, of
        numbers, their unit; what the step remembers begins anew, and so does the schedule.
    verbose : bool, default False
        Whether to print the loss with penalties after each epoch, as soon as it is over.
    alpha : float or None, default None
        In the place of `l2`, what MLPClassifier calls it: ``2 * batch_size * l2``, and of k columns
        k times that, where samples weigh alike. A batch has no more than all samples trained on.
    vary : dict of str to float, optional
        Penalties of their own for single parameters, such as ``{"l1_w1": 1e-3, "l2_b2": 0}``: each
        replaces `l1` or `l2` on that one, wherever those act.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Where y was a matrix, the numbers of its columns.
    coefs_ : tuple of ndarray, shape (inputs, outputs) each
    intercepts_ : tuple of ndarray, shape (outputs,) each
        Views of the numbers that predict: what is written into them counts.
    loss_ : float
        Loss with penalties at the end.
    loss_curve_ : list of float
        The same after each epoch, of all fits that went on from one another.
    best_loss_ : float or None
        The lowest of them; None with `early_stopping`.
    validation_scores_ : list of float or None
        Accuracy on what is held out, after each epoch; of several columns, the share of rows that
        are right in all of them.
    best_validation_score_ : float or None
        Accuracy of the weights that were kept on what is held out.
    n_iter_ : int
        Epochs trained, those of `finish` too.
    t_ : int
        Samples seen in them, and in what they went on from.
    n_layers_, n_outputs_ : int
    out_activation_ : {"softmax", "logistic"}
    model_ : sweep.Model
        The network, to be pruned or saved.
    feature_importances_ : ndarray of float64, shape (n_features_in_,)
        Sizes of the weights that leave each input, as shares of their sum.
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

    class_weight: Any = None

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row of X, or its answers, 0 and 1."""
        probabilities = self.predict_proba(X)
        if self.out_activation_ == "logistic":
            return (probabilities > 0.5).astype(np.int64)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, in the order of ``classes_``, for each row of X.

        Where y was a matrix, that of yes in each column.
        """
        return self._outputs(X)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train an epoch more on these samples, from where the network stands.

        What the step remembers goes on, and so does the order of the batches: of the same samples
        so many calls are a fit of as many epochs, without a `finish`. Inputs are scaled as those
        of the first call. After a fit that may have stopped early the step remembers nothing.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,) or (n_samples, n_targets)
            What to predict; not all classes need be there.
        sample_weight : array-like, shape (n_samples,), optional
            What each sample counts in the mean of its batch; one that weighs 0 is left out.
        classes : array-like, shape (n_classes,), optional
            All that there are, or the numbers of the columns of a matrix; needed in the first call
            alone.

        Returns
        -------
        self
        """
        known: np.ndarray | None = getattr(self, "classes_", None)
        if classes is not None:
            told = unique_labels(classes)
        elif known is not None:
            told = known
        else:
            raise InputError("classes must be passed on the first call to partial_fit.")
        if known is not None and not np.array_equal(known, told):
            raise InputError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                f"{known!r}"
            )
        if self.class_weight == "balanced":
            raise InputError(
                "`class_weight` 'balanced' needs all samples, and partial_fit has some: give a dict"
            )
        return self._go_on(X, y, sample_weight, lambda y: self._aim_among(y, told))

    def _aim_among(self, y: np.ndarray, classes: np.ndarray) -> Aim:
        """Return what some samples ask to predict, where these are all classes."""
        aim = of_classes(y, None if y.ndim == 1 else self.class_weight)
        strange = np.setdiff1d(aim.labels, classes)
        if len(strange):
            raise InputError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {classes}. 'y' has "
                f"{aim.labels}."
            )
        return aim if aim.targets else among(aim, classes, self.class_weight)

    def _aim(self, y: np.ndarray) -> Aim:
        return of_classes(y, self.class_weight)

    def _same(self, aim: Aim) -> Aim:
        if not np.array_equal(aim.labels, self.classes_):
            raise InputError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {aim.labels}"
            )
        return aim

    def _predict_by(self, model: Any, aim: Aim) -> None:
        super()._predict_by(model, aim)
        self.classes_ = aim.labels

    def _keep(self, fit: Fit, learnt: Portion, aim: Aim, *told: Any) -> None:
        super()._keep(fit, learnt, aim, *told)
        self.classes_ = aim.labels[learnt.classes] if len(learnt.classes) else aim.labels

    def __sklearn_tags__(self) -> Any:
        """Say that y may be a matrix of 0 and 1."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

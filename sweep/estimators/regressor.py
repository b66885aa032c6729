"""RegularizedMLPRegressor: one network with penalties that predicts numbers."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from sweep.estimators.aims import Aim, of_numbers
from sweep.estimators.mlp import RegularizedMLP


@dataclass(eq=False, repr=False, kw_only=True)
class RegularizedMLPRegressor(RegressorMixin, RegularizedMLP):
    """Multilayer perceptron for numbers, with an L1, an L2 and a group penalty.

    The network learns each target less its mean and divided by its standard deviation, both over
    the samples trained on, by their weights; with the loss "poisson" divided by its mean. So
    ``learning_rate_init`` and the penalties mean the same whatever unit y is in: `coefs_`,
    `intercepts_`, `loss_` and `loss_curve_` are those of the targets so scaled. `predict` and
    `score` are in the unit of y.

    The loss is the mean over the samples of a batch, and over targets, plus the penalties. With
    "squared" it has no one half: MLPRegressor of standardised targets does the same with ``alpha``
    k * batch_size * l2 and the learning rate 2 / k times ours, for k targets.

    Parameters
    ----------
    loss : {"squared", "absolute", "huber", "poisson"}, default "squared"
        "squared" is also called "squared_error". "huber" is squared up to one standard deviation
        of the target, and linear beyond. "poisson" is for numbers from 0 up, such as counts, and
        predicts the exponential of what the network gives.
    l2 : float, default 1e-2
    hidden_layer_sizes, ...
        As for `RegularizedMLPClassifier`, which has `class_weight` besides. ``alpha`` is that of
        MLPRegressor for standardised targets (for targets over their mean with "poisson"); there
        is none for "absolute" and "huber".

    Attributes
    ----------
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
        R2 on what is held out, after each epoch.
    best_validation_score_ : float or None
        R2 of the weights that were kept on what is held out.
    n_iter_ : int
        Epochs trained, those of `finish` too.
    t_ : int
        Samples seen in them, and in what they went on from.
    n_layers_, n_outputs_ : int
    out_activation_ : {"identity", "exp"}
    model_ : sweep.Model
        The network with the unit of y, to be pruned or saved.
    feature_importances_ : ndarray of float64, shape (n_features_in_,)
        Sizes of the weights that leave each input, as shares of their sum.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X was a DataFrame with names that are all strings.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sweep import RegularizedMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> fitted = RegularizedMLPRegressor(l1=0.01, standardize=True, random_state=0).fit(X, y)
    >>> fitted.score(X, y) > 0.5
    True
    """

    loss: Any = "squared"
    l2: Any = 1e-2

    def predict(self, X: Any) -> np.ndarray:
        """Return the number of each row of X, shape (n_samples,), or its numbers, one a target."""
        numbers = self._outputs(X)
        return numbers[:, 0] if numbers.shape[1] == 1 else numbers

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train an epoch more on these samples, from where the network stands.

        As that of `RegularizedMLPClassifier`. Targets are standardised as those of the first call,
        which should hold enough of them to tell their mean and standard deviation.

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
        return self._go_on(X, y, sample_weight, self._aim)

    def _aim(self, y: np.ndarray) -> Aim:
        return of_numbers(y, self.loss)

    def __sklearn_tags__(self) -> Any:
        """Say whether y may be below 0."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags

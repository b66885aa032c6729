"""What is to be said of a fit that has not come to much, in one warning: the one of most use."""

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sweep.data.baseline import baseline
from sweep.data.fold import Fold
from sweep.estimators.fits import Fit, Portion
from sweep.models.model import Model

#: An input is as if unscaled where it lies so many of its standard deviations off zero, or where
#: that is above ten: units and steps are made for numbers of about one.
_FAR, _WIDE = 10.0, 10.0

#: A loss that falls by this share of what guessing costs, from a fifth of the epochs to the next,
#: is still falling; where `tol` is given, that says so.
_FALLING = 0.01

#: Where no more than this share of what guessing costs is left, only the penalties still fall.
_LEFT = 0.1

_SCALE = "scale the inputs, such as by standardize=True"


def warn(fit: Fit, learnt: Portion, model: Model) -> None:
    """Warn of a fit whose predictions are constant, that is no better than guessing, or unfinished.

    A network that the penalties have emptied is no such fit: it is what was asked for.

    Parameters
    ----------
    fit : Fit
        With its history.
    learnt : Portion
    model : Model
        What was fitted.
    """
    fold = learnt.fold
    guessed = baseline(fold._replace(val=fold.train), fit.spec, learnt.outputs)["baseline_loss"]
    if guessed == 0 or not np.ptp(fold.X[fold.train], axis=0).any():
        return  # there is nothing to be told apart, or to tell it by
    loss = fit.metrics["train_loss"]
    unscaled = _unscaled(fold)
    if not np.ptp(model.outputs(fold.X[fold.train]), axis=0).any():
        if unscaled or not emptied(model):
            _say(
                "every sample that was trained on is given the same prediction: "
                f"{unscaled or 'lower `learning_rate_init`, or give more hidden units'}"
            )
    elif still_falling(fit, guessed):
        found = "" if "val_loss" in fit.history[0] else ", or have it found by `early_stopping`"
        what = "not at rest by `tol`" if fit.spec.tol is not None else "still falling"
        _say(
            f"the loss was {what} after {int(fit.metrics['epochs'])} epochs: "
            f"{unscaled or f'give more `max_iter`{found}'}"
        )
    elif loss >= guessed:
        than = "the best constant" if len(learnt.classes) == 0 else "the shares of the classes"
        _say(
            f"the loss on the samples trained on, {loss:.4g}, is not below the {guessed:.4g} of "
            f"guessing {than}: "
            f"{unscaled or 'give more `max_iter`, or lower `learning_rate_init` or the penalties'}"
        )


def emptied(model: Model) -> bool:
    """Tell whether all weights between two layers are exactly zero."""
    return any(not model.parameter(f"w{i}").any() for i in range(1, len(model.widths)))


def still_falling(fit: Fit, guessed: float) -> bool:
    """Tell whether a fit has come to its last epoch before its loss came to rest.

    Of what is held out, where something is. With `tol` it is so by what that says.
    """
    spec = fit.spec
    if fit.metrics["epochs"] < spec.epochs + spec.finish or not fit.history:
        return False
    if spec.tol is not None:
        return True
    if fit.metrics["train_loss"] < _LEFT * guessed:
        return False
    curve: Sequence[float] = [then.get("val_loss", then["loss"]) for then in fit.history]
    if "val_loss" not in fit.history[0]:
        curve = [fit.metrics["initial_loss"], *curve]
    fifth = max(len(curve) // 5, 1)
    before, last = curve[-2 * fifth : -fifth], curve[-fifth:]
    swings = np.ptp(last) / 2  # a loss that falls steadily lies lower by all of that range
    return bool(np.mean(before) - np.mean(last) > max(_FALLING * guessed, swings))


def _unscaled(fold: Fold) -> str:
    """Return what is to be done about the inputs, empty where they are scaled."""
    x = fold.x[fold.train]
    mean, spread = abs(x.mean(axis=0)), x.std(axis=0)
    far = (spread > _WIDE) | (mean > _FAR * np.maximum(spread, 1))
    if not far.any():
        return ""
    worst = int(np.argmax(np.maximum(mean, spread)))
    return (
        f"{_SCALE}, as one of them has a mean of {x[:, worst].mean():.3g} and a standard deviation "
        f"of {spread[worst]:.3g}"
    )


def _say(message: str) -> None:
    warnings.warn(message, ConvergenceWarning, stacklevel=4)

"""What is to be said of a fit that has not come to much, in one warning: the one of most use."""

import warnings
from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sweep.data.baseline import loss_of_guessing
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

#: Samples that are looked at at a time.
_AT_ONCE = 1024

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
    guessed = loss_of_guessing(fold, fit.spec, learnt.outputs)
    if guessed == 0 or _alike(fold, lambda x: x):
        return  # there is nothing to be told apart, or to tell it by
    loss = fit.metrics["train_loss"]
    constant, falling = _alike(fold, model.outputs), still_falling(fit, guessed)
    unscaled = _unscaled(fold) if constant or falling or loss >= guessed else ""
    if constant:
        if unscaled or not emptied(model):
            _say(
                "every sample that was trained on is given the same prediction: "
                f"{unscaled or 'lower `learning_rate_init`, or give more hidden units'}"
            )
    elif falling:
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


def _alike(fold: Fold, of: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Tell whether all samples trained on have the same numbers; a few are looked at at a time."""
    some = (fold.train[i : i + _AT_ONCE] for i in range(0, len(fold.train), _AT_ONCE))
    numbers = (of(fold.X[rows]) for rows in some)
    first = next(numbers)
    return all((one == first[0]).all() for one in chain([first], numbers))


def _unscaled(fold: Fold) -> str:
    """Return what is to be done about the inputs, empty where they are scaled."""
    mean, spread = np.array([_moments(fold, place) for place in range(fold.X.shape[1])]).T
    far = (spread > _WIDE) | (abs(mean) > _FAR * np.maximum(spread, 1))
    if not far.any():
        return ""
    worst = int(np.argmax(np.maximum(abs(mean), spread)))
    return (
        f"{_SCALE}, as one of them has a mean of {mean[worst]:.3g} and a standard deviation of "
        f"{spread[worst]:.3g}"
    )


def _moments(fold: Fold, place: int) -> tuple[float, float]:
    """Return the mean and the standard deviation of an input over the samples trained on."""
    x = fold.X[fold.train, place].astype(np.float64, copy=False)
    if fold.scaling is not None:
        x = fold.scaling.take(np.array([place]))(x[:, None])
    mean = float(x.mean())
    x -= mean  # which is a copy, and the only one
    return mean, float(np.sqrt(np.square(x, out=x).mean()))


def _say(message: str) -> None:
    warnings.warn(message, ConvergenceWarning, stacklevel=4)

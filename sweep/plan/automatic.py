r"""The smallest penalty that is known to empty a network: the end of ``--l1 auto:logN``, or l21.

Let every weight be penalised, no bias, and let the output biases be at their best for weights of
zero, so that each sample is given the same constant. Let r_i be the gradient of the loss of sample
i by the outputs there: p - y_i of the class shares p for the cross-entropy, and likewise of one
answer; 2 (c - y_i) of the mean c for squared errors, cut off at -2 and 2 for Huber's; the sign of
c - y_i for absolute ones, of which it is the median; 1 - y_i for counts in units of their mean;
each over the number of outputs. Since the biases are at their best, sum_i v_i r_i = 0, where v_i is
the share of sample i in the loss. Every loss is convex in the outputs, so weights w lower it by at
most

    sum_i <-r_i, f_w(x_i) - f_w(0)> v_i  <=  C * prod_l ||w_l||_1

where L is the number of layers. With one layer f is linear, and C is the largest entry of the
gradient, max |sum_i v_i r_i x_i^T|. With more, C = max over outputs o and inputs j of
sum_i v_i |r_io| |x_ij|, since every activation is 1-Lipschitz. (The logistic function is even
1/4-Lipschitz, so that C / 4^(L-1) would do for it.) What a unit gives without inputs, 1/2 say, does
not matter: it is the same for all samples, and sum_i v_i r_i is 0. Nor can the loss be lowered by
more than it is, H, since no loss is below 0: the entropy of p, or what the constant costs. So the
penalised loss is lowest at zero as soon as

    l1 * sum_l ||w_l||_1  >=  min(C prod_l ||w_l||_1, H)    for all w,

and since a product is largest for equal factors, that is where l1 = H (C / H)^(1/L) / L. For one
layer this is the known C, the largest gradient; of absolute errors it may be a little more than is
needed, since a sample at the median itself has many gradients, of which one is taken.

A penalised output bias would spoil this: where the classes are not equally frequent, a network with
hidden layers can do the bias's work at next to no cost, by a small weight from a hidden unit with a
large bias. With one layer it changes nothing where the inputs have mean zero. Where they have not,
as an estimator may be given them, the weights of an input j help the bias out: the gradient by them
is A_j + s m_j, where m_j is the mean of the input, A_j the gradient of what is left without it,
which no bias changes, and s = sum_i v_i (p - y_i) what the bias leaves to do. A bias that L1 acts
on and L2 does not has |s| <= l1, so A_j / (1 - |m_j|) is enough where that is positive, and
besides, l1 that empties the bias and the weights at once: the largest gradient of both at zero. Of
both bounds the lower one is taken. A bias that L2 alone acts on leaves s as at its own best. So
it is with the cross-entropy. Of squared errors, and of counts, the best bias is 0, since
`sweep.data.unit` has them so, and no penalty moves it; with other losses one on it is refused.

A penalty on groups g of one layer's weights, l21 sqrt(size of g) ||g||, keeps them all at zero as
soon as it is as large as ||gradient by g|| / sqrt(size of g) there for each of them; what L1 adds
only helps, and is taken as 0. With hidden layers no value does: it leaves out the last layer or all
but the first, whose weights grow as those before them shrink, and the same is predicted.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from sweep.data.constant import best_constant, costs
from sweep.data.fold import Fold, deepest
from sweep.errors import InputError
from sweep.specification.placement import names
from sweep.specification.several.alternatives import label, several
from sweep.specification.spec import Specification
from sweep.specification.values import Range

#: The other end of the axis, as a share of its upper end.
SPAN = 1e-3


#: Means of inputs up to this size are those of inputs that were scaled, and come from rounding.
_CENTRED = 1e-9


class OnBias(NamedTuple):
    """Penalties on the output bias.

    Attributes
    ----------
    l1 : bool
        Whether that of the weights acts on it too.
    l2 : float
    """

    l1: bool = False
    l2: float = 0.0


#: Where no penalty is on it.
FREE = OnBias()


def lambda_max(fold: Fold, loss: str, outputs: int, layers: int, on_bias: OnBias = FREE) -> float:
    """Return the L1 penalty from which on no weights are better than some.

    Parameters
    ----------
    fold : Fold
        Its training part.
    loss : str
    outputs, layers : int
    on_bias : OnBias
        Of a network of one layer, and of the cross-entropy.
    """
    x, share, present, left, most = _at_no_weights(fold, loss, outputs)
    residual = left * share[:, None]  # [i, o]: v_i r_io
    if layers > 1:
        steepest = float((abs(residual).T @ abs(x)).max())
        return most * (steepest / most) ** (1 / layers) / layers if most else 0.0
    if loss == "cross_entropy":
        return _of_one_layer(residual.T @ x, share @ x, present, on_bias)
    return float(abs(residual.T @ x).max())


def _left_by_constant(
    loss: str, targets: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the gradient [sample, output] that the best constant leaves, and what it costs."""
    outputs = targets.shape[1]
    constant = best_constant(loss, targets, share, np.arange(len(share)))
    away = constant - targets
    if loss == "logistic":
        return away / outputs, sum(_entropy(np.array([p, 1 - p])) for p in constant) / outputs
    cost = float(share @ costs(loss, constant, targets).sum(axis=1)) / outputs
    if loss == "absolute":
        at, signs = away == 0, np.sign(away)
        tie = -(share @ signs) / np.maximum(share @ at, np.finfo(float).tiny)
        return np.where(at, tie, signs) / outputs, cost
    if loss == "huber":
        away = np.clip(away, -1, 1)
    return (away if loss == "poisson" else 2 * away) / outputs, cost


def _entropy(shares: np.ndarray) -> float:
    return -sum(p * math.log(p) for p in shares.tolist() if p > 0)


def group_lambda_max(fold: Fold, loss: str, outputs: int, columns: Sequence[int]) -> float:
    """Return the penalty on the weights of each column from which on none are better than some.

    Of a network of one layer whose biases have no penalty.

    Parameters
    ----------
    fold : Fold
        Its training part.
    loss : str
    outputs : int
    columns : sequence of int
        How many inputs each column is.
    """
    x, share, _, left, _ = _at_no_weights(fold, loss, outputs)
    gradients = np.split((left * share[:, None]).T @ x, np.cumsum(columns)[:-1], axis=1)
    return max(float(np.sqrt((one**2).mean())) for one in gradients)


class _Empty(NamedTuple):
    """What a network without weights leaves to be done.

    Attributes
    ----------
    x : ndarray, shape (samples, inputs)
    share : ndarray, shape (samples,)
        That of each sample in the loss.
    present : ndarray, shape (classes,)
        That of each class; of what is no class none.
    left : ndarray, shape (samples, outputs)
        Gradient of each sample's loss by its outputs.
    most : float
        What the loss is.
    """

    x: np.ndarray
    share: np.ndarray
    present: np.ndarray
    left: np.ndarray
    most: float


def _at_no_weights(fold: Fold, loss: str, outputs: int) -> _Empty:
    x, weight = fold.x[fold.train], fold.loss_weight[fold.train]
    share = weight / weight.sum()
    if loss == "cross_entropy":
        y = fold.y[fold.train].astype(np.int64)
        present = np.bincount(y, weights=share, minlength=outputs)
        return _Empty(x, share, present, present - np.eye(outputs)[y], _entropy(present))
    return _Empty(x, share, share[:0], *_left_by_constant(loss, fold.targets[fold.train], share))


def _of_one_layer(
    gradient: np.ndarray, mean: np.ndarray, present: np.ndarray, on_bias: OnBias
) -> float:
    """Return `lambda_max` by the gradient [class, input] at no weights and the best free bias."""
    free = float(abs(gradient).max())
    if on_bias == FREE or abs(mean).max() <= _CENTRED:
        return free
    left = 1 / len(present) - present  # what a bias of zero leaves to do
    if not on_bias.l1:
        return float(abs(gradient + _left_by(present, on_bias.l2)[:, None] * mean).max())
    at_once = max(abs(gradient + left[:, None] * mean).max(), abs(left).max())
    if abs(mean).max() >= 1 or on_bias.l2:
        return float(at_once)
    return float(min(at_once, (abs(gradient) / (1 - abs(mean))).max()))


def _left_by(present: np.ndarray, l2: float) -> np.ndarray:
    """Return softmax(b) - shares at the bias b that is best under an L2 penalty."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp, softmax

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        value = logsumexp(b) - present @ b + l2 * (b @ b)
        return float(value), softmax(b) - present + 2 * l2 * b

    best = minimize(loss, np.zeros(len(present)), jac=True, tol=1e-12).x
    return np.asarray(softmax(best) - present)


def with_numbers(
    spec: Specification, folds: Iterable[Fold], outputs: int, columns: Sequence[int]
) -> Specification:
    """Return a specification with numbers where it asks for ``auto:logN``, or ``auto:log`` a range.

    They span from the largest penalty that a fold needs to be empty, rounded up to three digits so
    that no last bit of a machine's arithmetic moves it, down to `SPAN` of it.

    Raises
    ------
    InputError
        If no such penalty empties the network.
    """
    loss = str(spec.loss)
    tops: dict[str, Callable[[Fold], float]] = {}
    if isinstance(spec.l1, str):
        networks = [
            spec.of({"hidden": label("hidden", one)}) for one in several("hidden", spec.hidden)
        ]
        every = [(len(own.hidden) + 1, one) for own in networks for one in _on_bias(own)]
        tops["l1"] = lambda fold: max(lambda_max(fold, loss, outputs, *one) for one in every)
    if isinstance(spec.l21, str):
        _refuse_endless_groups(spec)
        tops["l21"] = lambda fold: group_lambda_max(fold, loss, outputs, columns)
    if not tops:
        return spec
    highest = dict.fromkeys(tops, 0.0)
    for fold in folds:
        highest = {name: max(highest[name], top(fold)) for name, top in tops.items()}
    return spec.replace(**{name: _spaced(spec, name, top) for name, top in highest.items()})


def _spaced(spec: Specification, option: str, top: float) -> tuple[float, ...] | Range:
    if top == 0:
        raise InputError(
            f"`{option}`: biases alone are best for these data, so auto has no upper end: give "
            "numbers"
        )
    digits = 10.0 ** (math.floor(math.log10(top)) - 2)
    top = math.ceil(top / digits) * digits
    count = str(getattr(spec, option)).removeprefix("auto:log")
    if not count:
        return Range(SPAN * top, top, "log")
    return tuple(sorted(set(np.geomspace(SPAN * top, top, int(count)).tolist())))


def _on_bias(spec: Specification) -> list[OnBias]:
    """Return what is on the output bias, or refuse where no L1 penalty empties the network."""
    layers = len(spec.hidden) + 1
    parameters = names(layers)
    varied = {name[3:] for name in spec.vary if name.startswith("l1_")}
    free = [name for name in parameters[0::2] if name not in spec.l1_on or name in varied]
    if free:
        raise InputError(
            f"`l1`: it does not act on {', '.join(free)}, so no value of it empties the network, "
            "and auto has no upper end: put L1 on all weights (`l1_on` weights) or give numbers"
        )
    biases = _penalised_biases(spec)
    if biases and layers > 1:
        raise InputError(
            f"`l1`: a network with a penalty on {', '.join(biases)} may never be empty, so auto "
            "has no upper end: penalise weights only, or give numbers"
        )
    loss = str(spec.loss)
    if biases and loss not in ("cross_entropy", "squared", "poisson"):
        raise InputError(
            f"`l1`: auto has no upper end with a penalty on {biases[0]} and `loss` {loss}: "
            "penalise weights only, or give numbers"
        )
    bias = f"b{layers}"
    strengths = spec.vary.get(f"l2_{bias}", spec.l2 if bias in spec.l2_on else (0.0,))
    return [OnBias(bias in {*spec.l1_on, *varied}, float(l2)) for l2 in strengths]


def _refuse_endless_groups(spec: Specification) -> None:
    if hidden := deepest(spec):
        on_inputs = "inputs" in several("l21_on", spec.l21_on)
        free = ", ".join(names(len(hidden) + 1)[2 if on_inputs else -2 :: 2])
        raise InputError(
            f"`l21`: it does not act on {free}, which may grow as it makes others small, so no "
            "value of it empties the network, and auto has no upper end: choose `hidden` none, or "
            "give numbers"
        )
    if biases := _penalised_biases(spec):
        raise InputError(
            f"`l21`: with a penalty on {', '.join(biases)} weights may do a bias's work, so auto "
            "has no upper end: penalise weights only, or give numbers"
        )


def _penalised_biases(spec: Specification) -> list[str]:
    on = {*spec.l1_on, *spec.l2_on, *(name[3:] for name in spec.vary)}
    return [name for name in names(len(spec.hidden) + 1)[1::2] if name in on]

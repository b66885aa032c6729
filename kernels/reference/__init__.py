"""One run in plain NumPy: read this first.

The kernels train many runs side by side; this is the same mathematics for a single run, with no
care for speed. Nothing else imports it but the tests, where it is the oracle. Training stands here;
`activations`, `losses`, `penalties`, `steps`, `groups` and `dropout` are a file each.

A network of widths d0, d1, ..., dL has the weights w1 ``[d1, d0]`` and biases b1 ``[d1]``, and so
on to wL and bL, kept by name in a dict. For a batch of n samples x ``[n, d0]`` of the classes
y ``[n]``, or of the numbers or answers y ``[n, dL]``, which weigh v ``[n]``:

    forward     a0 = x,   z_l = a_{l-1} w_l^T + b_l,   a_l = f(z_l),   the outputs are z_L
    loss        sum_i v_i (-log softmax(z_L)[i, y_i]) / sum_i v_i                  of classes, or
                sum_i v_i (sum_o cost(z_L[i, o], y[i, o]) / dL) / sum_i v_i
                + sum over parameters p of  l1_p sum |p| + l2_p sum p^2
                + sum over groups g of      l21 sqrt(size of g) ||g||_2
    gradient    delta_L = (softmax(z_L) - onehot(y)) v / sum v, and 0 if that sum is 0, or
                delta_L = cost'(z_L, y) v / (dL sum v)
                delta_{l-1} = delta_l w_l f'(z_{l-1}), which follows from a_{l-1}
                of w_l: delta_l^T a_{l-1},   of b_l: the column sums of delta_l
                and of the penalties: l1_p sign(p) + 2 l2_p p
    update      u <- m u - r g,   p <- p + f (m u - r g)    (Nesterov, learning rate r, momentum m,
                                                            f what the epoch multiplies r by)
                or another of `steps`

With dropout a hidden unit passes on a_l d_l in the place of a_l while the network learns, where d_l
is 0 or 1 / (1 - dropout); delta_{l-1} then has the factor d_{l-1} too.
"""

from collections.abc import Sequence

import numpy as np

from kernels.reference.activations import ACTIVATIONS
from kernels.reference.dropout import dropout_factors
from kernels.reference.groups import shrink_groups
from kernels.reference.losses import accuracy, cross_entropy, loss_gradient, mean_loss, softmax
from kernels.reference.penalties import penalty
from kernels.reference.settings import PLAIN, Parameters, Settings
from kernels.reference.steps import STEPS

__all__ = [
    "ACTIVATIONS",
    "PLAIN",
    "Parameters",
    "Settings",
    "accuracy",
    "backward",
    "cross_entropy",
    "forward",
    "mean_loss",
    "penalty",
    "softmax",
    "train",
]


def train(
    parameters: Parameters,
    settings: Settings,
    samples: tuple[np.ndarray, np.ndarray, np.ndarray],
    order: np.ndarray,
    batch_size: int,
    epochs: int,
    factors: Sequence[float] | None = None,
) -> Parameters:
    """Train one run and return its parameters.

    Parameters
    ----------
    parameters : dict of str to ndarray
        Initial weights and biases.
    settings : Settings
    samples : tuple of ndarray
        Inputs ``[sample, feature]``, class numbers ``[sample]``, or numbers or answers
        ``[sample, output]``, and what each sample counts.
    order : ndarray of int, shape (epochs, samples)
        Rows in the order in which an epoch reads them; epochs beyond the last begin again.
    batch_size : int
        Samples a step; the last batch of an epoch has what is left.
    epochs : int
    factors : sequence of float, shape (epochs,), optional
        What each epoch multiplies the learning rate by.
    """
    x, y, v = samples
    p = {name: value.copy() for name, value in parameters.items()}
    start, advance = STEPS[settings.optimizer]
    memory = {name: start(value, settings) for name, value in p.items()}
    for epoch in range(epochs):
        now = settings if factors is None else settings._replace(factor=factors[epoch])
        rows = order[epoch % len(order)]
        for step, first in enumerate(range(0, len(rows), batch_size)):
            batch = rows[first : first + batch_size]
            kept = dropout_factors(p, len(batch), settings, epoch, step)
            activations = forward(p, x[batch], settings, kept)
            gradient = backward(p, activations, y[batch], v[batch], settings, kept)
            before = dict(p), dict(memory)
            for name in p:
                penalties = settings.l1.get(name, 0.0), settings.l2.get(name, 0.0)
                p[name], memory[name] = advance(
                    p[name], memory[name], gradient[name], now, *penalties
                )
            shrink_groups(p, memory, before, now)
    # Nesterov's proximal step looks ahead: what it has come to is what it remembers.
    ahead = settings.proximal and settings.optimizer == "nesterov"
    return memory if ahead else p


def forward(
    parameters: Parameters,
    x: np.ndarray,
    settings: Settings = PLAIN,
    factors: list[np.ndarray] | None = None,
) -> list[np.ndarray]:
    """Return the activations of all layers, the inputs first; the last are the outputs.

    ``factors`` are those of `dropout_factors`, where the network learns.
    """
    layers = len(parameters) // 2
    activate, _ = ACTIVATIONS[settings.activation]
    activations = [x]
    for layer in range(1, layers + 1):
        passed = activations[-1] if factors is None else activations[-1] * factors[layer - 1]
        z = passed @ parameters[f"w{layer}"].T + parameters[f"b{layer}"]
        activations.append(activate(z, settings) if layer < layers else z)
    return activations


def backward(
    parameters: Parameters,
    activations: list[np.ndarray],
    y: np.ndarray,
    v: np.ndarray,
    settings: Settings = PLAIN,
    factors: list[np.ndarray] | None = None,
) -> Parameters:
    """Return the gradient of the mean loss by every parameter.

    Parameters
    ----------
    parameters : dict of str to ndarray
    activations : list of ndarray
        As `forward` returns them.
    y : ndarray, shape (n,) or (n, outputs)
        Classes, or numbers or answers.
    v : ndarray, shape (n,)
        What each sample counts.
    settings : Settings
        Of which the loss and the activation count.
    factors : list of ndarray, optional
        Those that `forward` had.
    """
    gradient = {}
    _, slope = ACTIVATIONS[settings.activation]
    delta = loss_gradient(activations[-1], y, settings.loss)
    delta *= (v / (v.sum() or 1))[:, None]
    for layer in range(len(parameters) // 2, 0, -1):
        below = activations[layer - 1]
        factor = np.ones_like(below) if factors is None else factors[layer - 1]
        gradient[f"w{layer}"] = delta.T @ (below * factor)
        gradient[f"b{layer}"] = delta.sum(axis=0)
        delta = delta @ parameters[f"w{layer}"] * factor * slope(below, settings)
    return gradient

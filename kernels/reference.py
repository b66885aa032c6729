"""One run in plain NumPy: read this first.

The kernels train many runs side by side; this is the same mathematics for a single run, with no
care for speed. Nothing else imports it but the tests, where it is the oracle.

A network of widths d0, d1, ..., dL has the weights w1 ``[d1, d0]`` and biases b1 ``[d1]``, and so
on to wL and bL, kept by name in a dict. For a batch of n samples x ``[n, d0]`` of the classes
y ``[n]``, or of the numbers or answers y ``[n, dL]``, which weigh v ``[n]``:

    forward     a0 = x,   z_l = a_{l-1} w_l^T + b_l,   a_l = f(z_l),   the outputs are z_L
    loss        sum_i v_i (-log softmax(z_L)[i, y_i]) / sum_i v_i                  of classes, or
                sum_i v_i (sum_o cost(z_L[i, o], y[i, o]) / dL) / sum_i v_i
                + sum over parameters p of  l1_p sum |p| + l2_p sum p^2
    gradient    delta_L = (softmax(z_L) - onehot(y)) v / sum v, and 0 if that sum is 0, or
                delta_L = cost'(z_L, y) v / (dL sum v)
                delta_{l-1} = delta_l w_l f'(z_{l-1}), which follows from a_{l-1}
                of w_l: delta_l^T a_{l-1},   of b_l: the column sums of delta_l
                and of the penalties: l1_p sign(p) + 2 l2_p p
    update      u <- m u - r g,   p <- p + m u - r g        (Nesterov, learning rate r, momentum m)
"""

from typing import NamedTuple

import numpy as np

#: Arrays by the name of the parameter that they belong to: w1, b1, w2, b2, ...
Parameters = dict[str, np.ndarray]


class Settings(NamedTuple):
    """What tells one run from another, apart from its initial weights and its data.

    Attributes
    ----------
    l1, l2 : dict of str to float
        Penalty on each parameter; 0 on those not named.
    rate, momentum : float
        Learning rate and momentum.
    proximal : bool
        Whether L1 acts through its proximal step rather than its subgradient.
    activation : str
        What hidden units give: f, one of `ACTIVATIONS`.
    leak : float
        Slope of the leaky ReLU below zero.
    loss : str
        ``cross_entropy``, or one of `COSTS`.
    """

    l1: dict[str, float]
    l2: dict[str, float]
    rate: float = 0.01
    momentum: float = 0.9
    proximal: bool = False
    activation: str = "relu"
    leak: float = 0.01
    loss: str = "cross_entropy"


#: Settings of a network that is only looked at: no penalties, ReLU.
PLAIN = Settings({}, {})


def train(
    parameters: Parameters,
    settings: Settings,
    samples: tuple[np.ndarray, np.ndarray, np.ndarray],
    order: np.ndarray,
    batch_size: int,
    epochs: int,
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
    """
    x, y, v = samples
    p = {name: value.copy() for name, value in parameters.items()}
    # What the step remembers: with the proximal step the last iterate, else the velocity.
    start = np.copy if settings.proximal else np.zeros_like
    memory = {name: start(value) for name, value in p.items()}
    advance = proximal_step if settings.proximal else nesterov_step
    for epoch in range(epochs):
        rows = order[epoch % len(order)]
        for first in range(0, len(rows), batch_size):
            batch = rows[first : first + batch_size]
            activations = forward(p, x[batch], settings)
            gradient = backward(p, activations, y[batch], v[batch], settings)
            for name in p:
                l1, l2 = settings.l1.get(name, 0.0), settings.l2.get(name, 0.0)
                g = gradient[name] + l2_gradient(p[name], l2)
                p[name], memory[name] = advance(p[name], memory[name], g, settings, l1)
    return memory if settings.proximal else p


def forward(parameters: Parameters, x: np.ndarray, settings: Settings = PLAIN) -> list[np.ndarray]:
    """Return the activations of all layers, the inputs first; the last are the outputs."""
    layers = len(parameters) // 2
    activate, _ = ACTIVATIONS[settings.activation]
    activations = [x]
    for layer in range(1, layers + 1):
        z = activations[-1] @ parameters[f"w{layer}"].T + parameters[f"b{layer}"]
        activations.append(activate(z, settings) if layer < layers else z)
    return activations


def backward(
    parameters: Parameters,
    activations: list[np.ndarray],
    y: np.ndarray,
    v: np.ndarray,
    settings: Settings = PLAIN,
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
    """
    gradient = {}
    _, slope = ACTIVATIONS[settings.activation]
    delta = loss_gradient(activations[-1], y, settings.loss)
    delta *= (v / (v.sum() or 1))[:, None]
    for layer in range(len(parameters) // 2, 0, -1):
        below = activations[layer - 1]
        gradient[f"w{layer}"] = delta.T @ below
        gradient[f"b{layer}"] = delta.sum(axis=0)
        delta = delta @ parameters[f"w{layer}"] * slope(below, settings)
    return gradient


def relu(z: np.ndarray, settings: Settings) -> np.ndarray:
    """Return z where it is above zero, else 0."""
    return np.where(z <= 0, 0, z)


def relu_gradient(a: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the derivative of `relu` where it gave a."""
    return np.where(a <= 0, 0, 1)


def leaky_relu(z: np.ndarray, settings: Settings) -> np.ndarray:
    """Return z where it is above zero, else leak z."""
    return np.where(z <= 0, settings.leak * z, z)


def leaky_relu_gradient(a: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the derivative of `leaky_relu` where it gave a."""
    return np.where(a <= 0, settings.leak, 1)


def tanh(z: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the hyperbolic tangent of z."""
    return np.tanh(z)


def tanh_gradient(a: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the derivative of `tanh` where it gave a."""
    return 1 - a**2


def logistic(z: np.ndarray, settings: Settings) -> np.ndarray:
    """Return 1 / (1 + exp(-z)), in a form that does not overflow."""
    return (1 + np.tanh(z / 2)) / 2


def logistic_gradient(a: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the derivative of `logistic` where it gave a."""
    return a - a**2


def elu(z: np.ndarray, settings: Settings) -> np.ndarray:
    """Return exp(z) - 1 where z is below zero, else z."""
    return np.where(z < 0, np.expm1(np.minimum(z, 0)), z)


def elu_gradient(a: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the derivative of `elu` where it gave a."""
    return np.where(a < 0, a + 1, 1)


def identity(z: np.ndarray, settings: Settings) -> np.ndarray:
    """Return z."""
    return z


def identity_gradient(a: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the derivative of `identity`."""
    return np.ones_like(a)


#: What a hidden unit gives, and its derivative by what it was given, from what it gave.
ACTIVATIONS = {
    "relu": (relu, relu_gradient),
    "leaky_relu": (leaky_relu, leaky_relu_gradient),
    "tanh": (tanh, tanh_gradient),
    "logistic": (logistic, logistic_gradient),
    "elu": (elu, elu_gradient),
    "identity": (identity, identity_gradient),
}


def loss_gradient(z: np.ndarray, y: np.ndarray, loss: str) -> np.ndarray:
    """Return the gradient of each sample's loss by its outputs z."""
    if loss == "cross_entropy":
        delta = softmax(z)
        delta[np.arange(len(y)), y] -= 1
        return delta
    _, slope = COSTS[loss]
    return slope(z, y) / z.shape[1]


def mean_loss(z: np.ndarray, y: np.ndarray, v: np.ndarray, loss: str = "cross_entropy") -> float:
    """Return the weighted mean of the samples' losses, without penalties."""
    if loss == "cross_entropy":
        return cross_entropy(z, y, v)
    cost, _ = COSTS[loss]
    return float((v * cost(z, y).mean(axis=1)).sum() / v.sum())


def huber(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return r^2 of r = z - y up to |r| = 1, and 2 |r| - 1 beyond."""
    r = abs(z - y)
    return np.where(r > 1, 2 * r - 1, r**2)


def poisson(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return exp(z) - y z + (y log y - y), where 0 log 0 is 0."""
    return np.exp(z) - y * z + y * np.log(np.where(y > 0, y, 1)) - y


#: What an output z costs where y is true, and the derivative of that by z.
COSTS = {
    "squared": (lambda z, y: (z - y) ** 2, lambda z, y: 2 * (z - y)),
    "absolute": (lambda z, y: abs(z - y), lambda z, y: np.sign(z - y)),
    "huber": (huber, lambda z, y: 2 * np.clip(z - y, -1, 1)),
    "poisson": (poisson, lambda z, y: np.exp(z) - y),
    "logistic": (lambda z, y: np.logaddexp(0, z) - y * z, lambda z, y: 1 / (1 + np.exp(-z)) - y),
}


def softmax(z: np.ndarray) -> np.ndarray:
    """Return exp(z) / sum(exp(z)) of each row; the largest logit is taken off before exp."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(logits: np.ndarray, y: np.ndarray, v: np.ndarray) -> float:
    """Return the weighted mean of -log softmax(z)[label] over the rows z of the logits."""
    z = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]
    return float((v * losses).sum() / v.sum())


def accuracy(logits: np.ndarray, y: np.ndarray, v: np.ndarray) -> float:
    """Return the share of the samples whose largest logit, the first of equals, is the label's."""
    return float((v * (logits.argmax(axis=1) == y)).sum() / v.sum())


def penalty(parameters: Parameters, settings: Settings) -> float:
    """Return the penalties' part of the loss."""
    l1 = sum(value * np.abs(parameters[name]).sum() for name, value in settings.l1.items())
    l2 = sum(value * (parameters[name] ** 2).sum() for name, value in settings.l2.items())
    return float(l1 + l2)


def l1_gradient(p: np.ndarray, l1: float) -> np.ndarray:
    """Return a subgradient of l1 |p|: 0 where p is 0."""
    return l1 * np.sign(p)


def l2_gradient(p: np.ndarray, l2: float) -> np.ndarray:
    """Return the gradient of l2 p^2."""
    return 2 * l2 * p


def soft_threshold(p: np.ndarray, t: float) -> np.ndarray:
    """Return p moved by t towards zero, and not beyond: the proximal step of t |p|."""
    return np.sign(p) * np.maximum(np.abs(p) - t, 0)


def nesterov_step(p, u, g, settings, l1):
    """Return the next parameter and velocity, given the gradient of all but the L1 penalty."""
    r, m = settings.rate, settings.momentum
    g = g + l1_gradient(p, l1)
    u = m * u - r * g
    return p + m * u - r * g, u


def proximal_step(p, x, g, settings, l1):
    """Return the next point p to take the gradient at, and the next iterate x (FISTA).

    x' = prox(p - r g) has exact zeros, and p' = x' + m (x' - x) looks ahead of it.
    """
    r, m = settings.rate, settings.momentum
    following = soft_threshold(p - r * g, r * l1)
    return following + m * (following - x), following

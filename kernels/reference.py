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
                + sum over groups g of      l21 sqrt(size of g) ||g||_2
    gradient    delta_L = (softmax(z_L) - onehot(y)) v / sum v, and 0 if that sum is 0, or
                delta_L = cost'(z_L, y) v / (dL sum v)
                delta_{l-1} = delta_l w_l f'(z_{l-1}), which follows from a_{l-1}
                of w_l: delta_l^T a_{l-1},   of b_l: the column sums of delta_l
                and of the penalties: l1_p sign(p) + 2 l2_p p
    update      u <- m u - r g,   p <- p + f (m u - r g)    (Nesterov, learning rate r, momentum m,
                                                            f what the epoch multiplies r by)
                or another of `STEPS`

With dropout a hidden unit passes on a_l d_l in the place of a_l while the network learns, where d_l
is 0 or 1 / (1 - dropout); delta_{l-1} then has the factor d_{l-1} too.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
        Learning rate, and momentum or the first beta.
    proximal : bool
        Whether L1 acts through its proximal step rather than its subgradient.
    activation : str
        What hidden units give: f, one of `ACTIVATIONS`.
    leak : float
        Slope of the leaky ReLU below zero.
    loss : str
        ``cross_entropy``, or one of `COSTS`.
    dropout : float
        Share of the hidden units that are dropped.
    key : tuple of int
        The two words of 32 bits that say which.
    l21 : float
        Penalty on groups, with the proximal step.
    groups : tuple of dict
        Which elements of which parameters each has: an index by the parameter's name.
    optimizer : str
        How parameters move, one of `STEPS`.
    beta2, epsilon : float
        What Adam and RMSprop take beside the learning rate.
    factor : float
        What the epoch multiplies the learning rate by.
    """

    l1: dict[str, float]
    l2: dict[str, float]
    rate: float = 0.01
    momentum: float = 0.9
    proximal: bool = False
    activation: str = "relu"
    leak: float = 0.01
    loss: str = "cross_entropy"
    dropout: float = 0.0
    key: tuple[int, int] = (0, 0)
    l21: float = 0.0
    groups: tuple[dict[str, Any], ...] = ()
    optimizer: str = "nesterov"
    beta2: float = 0.999
    epsilon: float = 1e-8
    factor: float = 1.0


#: Settings of a network that is only looked at: no penalties, ReLU.
PLAIN = Settings({}, {})


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


def dropout_factors(
    parameters: Parameters, n: int, settings: Settings, epoch: int, step: int
) -> list[np.ndarray]:
    """Return what each unit's activation is multiplied by, for n samples; the inputs' is 1.

    A unit is dropped where its random word is below dropout * 2^32. Key, epoch and step give the
    key of a batch; with that one, sample and unit give the words of that unit and the next.
    """
    p, dtype = settings.dropout, parameters["b1"].dtype
    key = threefry(settings.key, (np.uint32(epoch), np.uint32(step)))
    samples = np.arange(n, dtype=np.uint32)[:, None]
    width = parameters["w1"].shape[1]
    factors, first = [np.ones((n, width), dtype)], width
    for layer in range(1, len(parameters) // 2):
        width = len(parameters[f"b{layer}"])
        units = np.arange(first, first + width, 2, dtype=np.uint32)
        words = np.stack(threefry(key, (samples, units)), axis=2).reshape(n, -1)[:, :width]
        factors.append(np.where(words < int(p * 2**32), 0, 1 / (1 - p)).astype(dtype))
        first += width
    return factors


def threefry(key, counter):
    """Return the two random words of a counter of two: Threefry-2x32 (Salmon et al., 2011)."""
    a, b = (np.atleast_1d(np.asarray(word, np.uint32)) for word in key)
    x, y = counter[0] + a, counter[1] + b
    keys = a, b, a ^ b ^ np.uint32(0x1BD11BDA)
    for four in range(5):
        for bits in ((13, 15, 26, 6), (17, 29, 16, 24))[four % 2]:
            x = x + y
            y = (y << np.uint32(bits) | y >> np.uint32(32 - bits)) ^ x
        x = x + keys[(four + 1) % 3]
        y = y + keys[(four + 2) % 3] + np.uint32(four + 1)
    return x, y


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
    groups = (flat(parameters, group) for group in settings.groups)
    l21 = settings.l21 * sum(np.sqrt(len(w)) * np.linalg.norm(w) for w in groups)
    return float(l1 + l2 + l21)


def l1_gradient(p: np.ndarray, l1: float) -> np.ndarray:
    """Return a subgradient of l1 |p|: 0 where p is 0."""
    return l1 * np.sign(p)


def l2_gradient(p: np.ndarray, l2: float) -> np.ndarray:
    """Return the gradient of l2 p^2."""
    return 2 * l2 * p


def soft_threshold(p: np.ndarray, t: float) -> np.ndarray:
    """Return p moved by t towards zero, and not beyond: the proximal step of t |p|."""
    return np.sign(p) * np.maximum(np.abs(p) - t, 0)


def still(p, settings):
    """Return a velocity of zero; of Nesterov's proximal step, the first iterate."""
    ahead = settings.proximal and settings.optimizer == "nesterov"
    return p.copy() if ahead else np.zeros_like(p)


def nothing_seen(p, settings):
    """Return how many gradients were seen, and the means of them and of their squares."""
    return 0, np.zeros_like(p), np.zeros_like(p)


def nesterov_step(p, u, g, settings, l1, l2):
    """Return the next parameter and velocity, given the gradient of the loss.

    With the proximal step of L1, the next point p to take the gradient at, and the next iterate x
    (FISTA): x' = prox(p - r g) has exact zeros, and p' = x' + m (x' - x) looks ahead of it.
    """
    r, m = settings.rate, settings.momentum
    g = g + l2_gradient(p, l2)
    if settings.proximal:
        r, x = r * settings.factor, u
        following = soft_threshold(p - r * g, r * l1)
        return following + m * (following - x), following
    g = g + l1_gradient(p, l1)
    u = m * u - r * g
    return p + settings.factor * (m * u - r * g), u


def heavy_ball_step(p, u, g, settings, l1, l2):
    """Return the next parameter and velocity, given the gradient of the loss."""
    lr, f, m = settings.rate, settings.factor, settings.momentum
    g = g + l2_gradient(p, l2)
    if settings.proximal:
        following = soft_threshold(p - lr * f * g + m * u, lr * f * l1)
        return following, following - p
    u = m * u - lr * (g + l1_gradient(p, l1))
    return p + f * u, u


def adam_step(p, seen, g, settings, l1, l2):
    """Return the next parameter, and what Adam or AdamW remembers, given the gradient of the loss.

    AdamW's L2 penalty acts beside the step. The threshold of the proximal step is r l1 / d, where
    d is the metric that the step is divided by.
    """
    r, b1, b2 = settings.rate * settings.factor, settings.momentum, settings.beta2
    t, m, v = seen
    before = p
    if settings.optimizer == "adamw":
        p = p - r * l2_gradient(p, l2)
    else:
        g = g + l2_gradient(p, l2)
    if not settings.proximal:
        g = g + l1_gradient(before, l1)
    t, m, v = t + 1, b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    d = np.sqrt(v / (1 - b2**t)) + settings.epsilon
    p = p - r * m / (1 - b1**t) / d
    return soft_threshold(p, r * l1 / d) if settings.proximal else p, (t, m, v)


def rmsprop_step(p, seen, g, settings, l1, l2):
    """Return the next parameter, and what RMSprop remembers, given the gradient of the loss."""
    r, b2 = settings.rate * settings.factor, settings.beta2
    g = g + l2_gradient(p, l2)
    if not settings.proximal:
        g = g + l1_gradient(p, l1)
    v = b2 * seen + (1 - b2) * g**2
    d = np.sqrt(v) + settings.epsilon
    p = p - r * g / d
    return soft_threshold(p, r * l1 / d) if settings.proximal else p, v


#: What a step remembers at first, and how it moves a parameter.
STEPS: dict[str, tuple[Callable, Callable]] = {
    "nesterov": (still, nesterov_step),
    "momentum": (still, heavy_ball_step),
    "adam": (nothing_seen, adam_step),
    "adamw": (nothing_seen, adam_step),
    "rmsprop": (still, rmsprop_step),
}


def shrink_groups(p, memory, before, settings):
    """Take the proximal step of groups, in place, after that of L1, which led from ``before``."""
    (old, remembered), m = before, settings.momentum
    r = settings.rate * settings.factor
    ahead = settings.optimizer == "nesterov"
    following = memory if ahead else p
    for group in settings.groups:
        d = flat({name: metric(memory[name], settings) for name in group}, group)
        left = iter(shrunk(flat(following, group), d, r * settings.l21))
        for name, index in group.items():
            place = np.zeros(following[name].shape, dtype=bool)
            place[index] = True
            following[name] = following[name].copy()
            following[name][place] = [next(left) for _ in range(place.sum())]
    for name in p if settings.groups else ():
        if ahead:
            p[name] = following[name] + m * (following[name] - remembered[name])
        elif settings.optimizer == "momentum":
            memory[name] = p[name] - old[name]


def flat(parameters, group):
    """Return the elements of a group of parameters."""
    return np.concatenate([np.ravel(parameters[name][index]) for name, index in group.items()])


def metric(seen, settings):
    """Return what the step of a parameter is divided by."""
    if settings.optimizer in ("adam", "adamw"):
        t, _, v = seen
        return np.sqrt(v / (1 - settings.beta2**t)) + settings.epsilon
    if settings.optimizer == "rmsprop":
        return np.sqrt(seen) + settings.epsilon
    return np.ones_like(seen)


def shrunk(z, d, strength):
    """Return the x that minimises sum d (x - z)^2 / 2 + strength sqrt(size) ||x||.

    x = d z / (d + threshold / t), where t is its norm, or 0 if ||d z|| is at most the threshold.
    """
    threshold = strength * np.sqrt(len(z))
    if np.linalg.norm(d * z) <= threshold or not threshold:
        return z if not threshold else 0 * z
    low, high = 0.0, np.linalg.norm(z)
    for _ in range(200):
        t = (low + high) / 2
        inside = np.linalg.norm(d * z / (d * t + threshold)) > 1
        low, high = (t, high) if inside else (low, t)
    return d * z * high / (d * high + threshold)

"""What outputs z cost where y is true, and the gradient of that; how often they are right."""

import numpy as np


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

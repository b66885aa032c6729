"""How parameters move along the gradient g of the loss, each with what is remembered of it."""

from collections.abc import Callable

import numpy as np

from kernels.reference.penalties import l1_gradient, l2_gradient, soft_threshold


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

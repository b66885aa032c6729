"""The proximal step of the group lasso, after that of L1, in the metric of the optimizer."""

import numpy as np


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

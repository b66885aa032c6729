"""What parameters cost: L1, L2 and groups; their gradients, and the proximal step of L1."""

import numpy as np

from kernels.reference.groups import flat
from kernels.reference.settings import Parameters, Settings


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

"""What a hidden unit gives: f and, from what it gave, f'."""

import numpy as np

from kernels.reference.settings import Settings


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

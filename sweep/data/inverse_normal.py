"""The quantiles of the normal distribution, to the same bits on every processor.

SciPy's take logarithms of the C library, which may differ in the last bit from one machine to
another. These are Wichura's (1988, algorithm AS 241, PPND16), right to 1e-15 or so of their value,
and nothing but +, -, *, / and square roots.
"""

import numpy as np

#: Up to this distance of 1/2 the middle's quotient holds; its square, in decimals.
MIDDLE, SQUARED = 0.425, 0.180625

#: Numerators and denominators, the highest power first: in the middle, and in the tails.
NEAR = (
    (
        *(2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987),
        *(13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665),
    ),
    (
        *(5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597),
        *(5394.196021424751, 687.1870074920579, 42.31333070160091, 1.0),
    ),
)
TAIL = (
    (
        *(0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684),
        *(3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835),
    ),
    (
        *(1.0507500716444169e-09, 0.0005475938084995345, 0.015198666563616457),
        *(0.14810397642748008, 0.6897673349851, 1.6763848301838038, 2.053191626637759, 1.0),
    ),
)

#: Of (log((1 + s) / (1 - s)) / s - 2) / s^2, as in `kernels.lane.exp_log`.
_LOG = (
    *(0.13086907887965027, 0.13268746195596595, 0.15386240708969665, 0.18181795621632782),
    *(0.22222222391887064, 0.2857142857080285, 0.4000000000000088, 0.6666666666666666),
)
_LN2 = 0.6931471805599453


def inverse_normal(share: np.ndarray) -> np.ndarray:
    """Return the numbers that a standard normal one is below with these probabilities.

    Parameters
    ----------
    share : ndarray of float64
        From exp(-25), 1.4e-11, to as far below 1: what is further out would need a third quotient.
    """
    q = share - 0.5
    found = np.empty_like(q)
    near = np.abs(q) <= MIDDLE
    middle, out = q[near], share[~near]
    found[near] = middle * _quotient(NEAR, SQUARED - middle * middle)
    size = _quotient(TAIL, np.sqrt(-_log(np.minimum(out, 1 - out))) - 1.6)
    found[~near] = np.where(out < 0.5, -size, size)
    return found


def _quotient(of: tuple[tuple[float, ...], tuple[float, ...]], r: np.ndarray) -> np.ndarray:
    above, below = of
    return _polynomial(above, r) / _polynomial(below, r)


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def _log(x: np.ndarray) -> np.ndarray:
    """Return the logarithm of numbers above 0."""
    significand, exponent = np.frexp(x)  # from 1/2 to below 1, and from sqrt(1/2) on:
    low = significand < 0.7071067811865476
    f = np.where(low, 2 * significand, significand)
    s = (f - 1) / (f + 1)
    z = s * s
    return (exponent - low) * _LN2 + s * (2 + z * _polynomial(_LOG, z))

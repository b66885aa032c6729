"""How inputs are scaled as `sweep info --method` tells it: written from that text alone.

Nothing here is imported from the packages.
"""

import math

import numpy as np


def by_halves(rows):
    while len(rows) > 1:
        h = -(-len(rows) // 2)
        upper = rows[:h].copy()
        upper[: len(rows) - h] += rows[h:]
        rows = upper
    return rows[0]


def standardised(x, train):
    rows = x[train]
    n, base, size = len(rows), rows[0], abs(rows).max(axis=0)
    r = rows - base
    shift = by_halves(r) / n
    mean = base + shift
    r = r - shift
    peak = abs(r).max(axis=0)
    constant = peak <= 8 * 2.0**-52 * size
    peak = np.where(constant, 1.0, peak)
    deviation = peak * np.sqrt(by_halves((r / peak) ** 2) / n)
    return (x - mean) / np.where(constant, 1.0, deviation)


def quantile(values, i, k):
    v = np.sort(values, axis=0)
    j, t = divmod(i * (len(v) - 1), k)
    return v[j] + (v[min(j + 1, len(v) - 1)] - v[j]) * (t / k)


def filled(x, train):
    x = x.copy()
    for column in x.T:
        there = column[train][~np.isnan(column[train])]
        column[np.isnan(column)] = quantile(there, 1, 2) if len(there) else 0
    return x


#: Of the logarithm, as in `tests.method`.
LOG = (
    *(0.13086907887965027, 0.13268746195596595, 0.15386240708969665, 0.18181795621632782),
    *(0.22222222391887064, 0.2857142857080285, 0.4000000000000088, 0.6666666666666666),
)

#: The numerators and denominators of AS 241, in the middle and in the tails.
NEAR = (
    (
        *(
            2509.0809287301227,
            33430.57558358813,
            67265.7709270087,
            45921.95393154987,
        ),
        *(
            13731.69376550946,
            1971.5909503065513,
            133.14166789178438,
            3.3871328727963665,
        ),
    ),
    (
        *(
            5226.495278852854,
            28729.085735721943,
            39307.89580009271,
            21213.794301586597,
        ),
        *(
            5394.196021424751,
            687.1870074920579,
            42.31333070160091,
            1.0,
        ),
    ),
)
TAIL = (
    (
        *(
            0.0007745450142783414,
            0.022723844989269184,
            0.2417807251774506,
            1.2704582524523684,
        ),
        *(
            3.6478483247632045,
            5.769497221460691,
            4.630337846156546,
            1.4234371107496835,
        ),
    ),
    (
        *(
            1.0507500716444169e-09,
            0.0005475938084995345,
            0.015198666563616457,
        ),
        *(
            0.14810397642748008,
            0.6897673349851,
            1.6763848301838038,
            2.053191626637759,
            1.0,
        ),
    ),
)


def horner(r, first, *others):
    for c in others:
        first = first * r + c
    return first


def plain_log(t):
    f, n = math.frexp(t)
    if f < math.sqrt(0.5):
        f, n = 2 * f, n - 1
    s = (f - 1) / (f + 1)
    z = s * s
    return n * 0.6931471805599453 + s * (2 + z * horner(z, *LOG))


def normal_score(u):
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * (horner(r, *NEAR[0]) / horner(r, *NEAR[1]))
    r = math.sqrt(-plain_log(min(u, 1 - u))) - 1.6
    return math.copysign(horner(r, *TAIL[0]) / horner(r, *TAIL[1]), q)


def score(x, quantiles):
    k = len(quantiles) - 1
    x = min(max(x, quantiles[0]), quantiles[k])
    equal = [i for i, value in enumerate(quantiles) if value == x]
    if equal:
        p = (equal[0] + equal[-1]) / 2
    else:
        i = max(i for i, value in enumerate(quantiles) if value < x)
        p = i + (x - quantiles[i]) / (quantiles[i + 1] - quantiles[i])
    return normal_score(min(max(p / k, 1e-7), 1 - 1e-7))


def scaled(x, train, scale="standard"):
    x = filled(x, train)
    rows = x[train]
    if scale == "none":
        return x
    if scale == "standard":
        return standardised(x, train)
    if scale == "robust":
        spread = quantile(rows, 3, 4) - quantile(rows, 1, 4)
        none = spread <= 8 * 2.0**-52 * abs(rows).max(axis=0)
        return (x - quantile(rows, 1, 2)) / np.where(none, 1.0, spread)
    k = max(min(1000, len(rows)), 2) - 1
    quantiles = np.array([quantile(rows, i, k) for i in range(k + 1)])
    columns = zip(x.T.tolist(), quantiles.T.tolist(), strict=True)
    return np.array([[score(value, of) for value in column] for column, of in columns]).T

"""How the learning rate goes: what each epoch multiplies `lr` by.

Epoch e, from 0, has (e + 1) / W if it is one of the first W, the warm-up. After it, t = e - W:

    constant        1
    cosine          (1 + cos(pi t / T)) / 2         T = epochs - W
    cosine:N        the same with T = N - W         the beginning of a longer run
    exponential:R   R^t
    step:K:R        R^floor(t / K)

Factors are made of +, -, * and / alone: they are the same on every machine.
"""

import re
import reprlib
from typing import Any, NamedTuple

import numpy as np

from sweep.errors import InputError
from sweep.specification.values import NUMBER

#: (sin(y) - y) / y^3 as a polynomial in y^2, the highest power first: 1 / 17!, ..., 1 / 5!, -1 / 3!
_SINE = (
    *(1 / 355687428096000, -1 / 1307674368000, 1 / 6227020800, -1 / 39916800),
    *(1 / 362880, -1 / 5040, 1 / 120, -1 / 6),
)


class Schedule(NamedTuple):
    """A schedule taken apart.

    Attributes
    ----------
    word : str
    epochs : int
        K of a step, N of a cosine; 0 where there is none.
    rate : float
        R.
    """

    word: str
    epochs: int = 0
    rate: float = 1.0

    def __str__(self) -> str:
        """Write it in one way, however it was typed."""
        epochs, rate = self.epochs or None, None if self.rate == 1 else repr(self.rate)
        return ":".join(str(part) for part in (self.word, epochs, rate) if part is not None)


def parse(raw: Any) -> Schedule:
    """Take a schedule apart, or refuse what is none."""
    match raw.split(":") if isinstance(raw, str) else []:
        case ["constant" | "cosine" as word]:
            return Schedule(word)
        case ["cosine", epochs]:
            return Schedule("cosine", _epochs(epochs))
        case ["exponential", rate]:
            return Schedule("exponential", rate=_rate(rate))
        case ["step", epochs, rate]:
            return Schedule("step", _epochs(epochs), _rate(rate))
    raise InputError(
        "`schedule` should be constant, cosine, exponential:RATE or step:EPOCHS:RATE, such as "
        f"step:30:0.1; it is {reprlib.repr(raw)}"
    )


def factors(options: Any, epochs: np.ndarray) -> np.ndarray:
    """Return what epochs multiply the learning rate by; those of the finish as the last before it.

    Parameters
    ----------
    options : Specification
        Of which the schedule, the warm-up and the epochs count.
    epochs : ndarray of int
        Numbers of epochs of a run, from 0.
    """
    chosen, warmup = parse(options.schedule), options.warmup
    epoch = np.minimum(epochs, max(options.epochs - 1, 0))
    since = np.maximum(epoch - warmup, 0)
    if chosen.word == "constant":
        after = np.ones(since.shape)
    elif chosen.word == "cosine":
        after = _cosine(since, max((chosen.epochs or options.epochs) - warmup, 1))
    else:
        after = _powers(chosen.rate, since // max(chosen.epochs, 1))
    return np.where(epoch < warmup, (epoch + 1) / max(warmup, 1), after)


def _cosine(t: np.ndarray, whole: int) -> np.ndarray:
    """Return (1 + cos(pi t / whole)) / 2 of t from 0 to ``whole``: 1 - sin(pi t / (2 whole))^2.

    The second half mirrors the first, so that it ends in 0 and has no error of its own.
    """
    y = np.minimum(t, whole - t) / whole * 1.5707963267948966  # up to pi / 4
    z = y * y
    p = np.full(y.shape, _SINE[0])
    for coefficient in _SINE[1:]:
        p = p * z + coefficient
    sine = y + y * z * p
    square = sine * sine
    return np.where(2 * t <= whole, 1 - square, square)


def _powers(base: float, exponents: np.ndarray) -> np.ndarray:
    """Return powers by multiplication: of the squares of squares that their bits name."""
    found, left = np.ones(exponents.shape), exponents
    while left.any():
        found = np.where(left & 1, found * base, found)
        base, left = base * base, left >> 1
    return found


def _epochs(text: str) -> int:
    if not re.fullmatch(r"0*[1-9]\d{0,8}", text, re.ASCII):
        raise InputError(
            f"`schedule` takes whole epochs from 1 up, such as 30; it has {reprlib.repr(text)}"
        )
    return int(text)


def _rate(text: str) -> float:
    rate = float(text) if NUMBER.fullmatch(text) else 0.0
    if not 0 < rate < 1:
        raise InputError(
            f"`schedule` takes a rate above 0 and below 1, such as 0.1; it has {reprlib.repr(text)}"
        )
    return rate

"""How the learning rate goes: what each epoch multiplies `lr` by.

Epoch e, from 0, has (e + 1) / W if it is one of the first W, the warm-up. After it, t = e - W:

    constant        1
    cosine          (1 + cos(pi t / T)) / 2         T = epochs - W
    cosine:N        the same with T = N - W         the beginning of a longer run
    exponential:R   R^t
    step:K:R        R^floor(t / K)
    invscaling:P    (1 + n t)^-P                    n samples of an epoch; n t are those seen
    adaptive        1                               and see `sweep.training.slots`

Factors are the same on every machine: they are made of +, -, * and / alone, and the powers of
"invscaling" by Python's decimal arithmetic, whose logarithm and exponential are rounded correctly.
NumPy's power is another one from processor to processor.
"""

import re
import reprlib
from decimal import Context, Decimal
from functools import lru_cache
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
        R, or P of "invscaling".
    """

    word: str
    epochs: int = 0
    rate: float = 1.0

    def __str__(self) -> str:
        """Write it in one way, however it was typed."""
        rate = self.rate if self.word in ("exponential", "step", "invscaling") else None
        parts = self.word, self.epochs or None, rate
        return ":".join(str(part) for part in parts if part is not None)

    @property
    def of_rate(self) -> bool:
        """Whether it changes the learning rate itself, as in scikit-learn.

        A velocity then keeps each step at the rate that it was taken at. Along the others, as in
        PyTorch, a velocity is that of the whole rate, and the factor multiplies what is done of it.
        """
        return self.word in ("invscaling", "adaptive")


def parse(raw: Any) -> Schedule:
    """Take a schedule apart, or refuse what is none."""
    match raw.split(":") if isinstance(raw, str) else []:
        case ["constant" | "cosine" | "adaptive" as word]:
            return Schedule(word)
        case ["cosine", epochs]:
            return Schedule("cosine", _epochs(epochs))
        case ["exponential", rate]:
            return Schedule("exponential", rate=_rate(rate))
        case ["step", epochs, rate]:
            return Schedule("step", _epochs(epochs), _rate(rate))
        case ["invscaling", power]:
            return Schedule("invscaling", rate=_power(power))
    raise InputError(
        "`schedule` should be constant, cosine, exponential:RATE, step:EPOCHS:RATE, "
        f"invscaling:POWER or adaptive, such as step:30:0.1; it is {reprlib.repr(raw)}"
    )


def factors(options: Any, epochs: np.ndarray, samples: int) -> np.ndarray:
    """Return what epochs multiply the learning rate by; those of the finish as the last before it.

    Parameters
    ----------
    options : Specification
        Of which the schedule, the warm-up and the epochs count.
    epochs : ndarray of int
        Numbers of epochs of a run, from 0.
    samples : int
        What each has.
    """
    chosen, warmup = parse(options.schedule), options.warmup
    epoch = np.minimum(epochs, max(options.epochs - 1, 0))
    since = np.maximum(epoch - warmup, 0)
    if chosen.word in ("constant", "adaptive"):
        after = np.ones(since.shape)
    elif chosen.word == "cosine":
        after = _cosine(since, max((chosen.epochs or options.epochs) - warmup, 1))
    elif chosen.word == "invscaling":
        seen, place = np.unique(since * samples, return_inverse=True)
        before = np.where(seen > 0, options.seen, 0)
        after = np.array([inverse(n, chosen.rate) for n in (seen + before).tolist()])[place]
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


@lru_cache(maxsize=2**16)
def inverse(seen: int, power: float) -> float:
    """Return (1 + seen)^-power by 40 digits, rounded once: what "invscaling" comes to."""
    digits = Context(prec=40, traps=[])
    exponent = digits.multiply(digits.ln(Decimal(1 + seen)), Decimal(-power))
    return float(digits.exp(exponent))


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


def _power(text: str) -> float:
    power = float(text) if NUMBER.fullmatch(text) else -1.0
    if not 0 <= power < np.inf:
        raise InputError(
            f"`schedule` takes a power from 0 up, such as 0.5; it has {reprlib.repr(text)}"
        )
    return abs(power)  # -0 is 0

"""The proximal step of `kernels.steps.proximal_adamw`, for groups of weights as well.

w <- prox_groups(prox_l1(w - 2 r l2 w - r m / (1 - b1^t) / d)),  both in the metric d / r

What it comes to is told there.
"""

from kernels.steps.grouped.adam import INSTRUCTIONS, finish, measure, metrics_from, start
from kernels.steps.proximal_adamw import HYPER, advance, begin, trained

__all__ = [
    "HYPER",
    "INSTRUCTIONS",
    "advance",
    "begin",
    "finish",
    "measure",
    "metrics_from",
    "start",
    "trained",
]

"""What tells one run from another."""

from typing import Any, NamedTuple

import numpy as np

#: Arrays by the name of the parameter that they belong to: w1, b1, w2, b2, ...
Parameters = dict[str, np.ndarray]


class Settings(NamedTuple):
    """What tells one run from another, apart from its initial weights and its data.

    Attributes
    ----------
    l1, l2 : dict of str to float
        Penalty on each parameter; 0 on those not named.
    rate, momentum : float
        Learning rate, and momentum or the first beta.
    proximal : bool
        Whether L1 acts through its proximal step rather than its subgradient.
    activation : str
        What hidden units give: f, one of `ACTIVATIONS`.
    leak : float
        Slope of the leaky ReLU below zero.
    loss : str
        ``cross_entropy``, or one of `COSTS`.
    dropout : float
        Share of the hidden units that are dropped.
    key : tuple of int
        The two words of 32 bits that say which.
    l21 : float
        Penalty on groups, with the proximal step.
    groups : tuple of dict
        Which elements of which parameters each has: an index by the parameter's name.
    optimizer : str
        How parameters move, one of `STEPS`.
    beta2, epsilon : float
        What Adam and RMSprop take beside the learning rate.
    factor : float
        What the epoch multiplies the learning rate by.
    """

    l1: dict[str, float]
    l2: dict[str, float]
    rate: float = 0.01
    momentum: float = 0.9
    proximal: bool = False
    activation: str = "relu"
    leak: float = 0.01
    loss: str = "cross_entropy"
    dropout: float = 0.0
    key: tuple[int, int] = (0, 0)
    l21: float = 0.0
    groups: tuple[dict[str, Any], ...] = ()
    optimizer: str = "nesterov"
    beta2: float = 0.999
    epsilon: float = 1e-8
    factor: float = 1.0


#: Settings of a network that is only looked at: no penalties, ReLU.
PLAIN = Settings({}, {})

"""Random generators made from named parts, so that what two runs should share, they share."""

import zlib

import numpy as np


def generator(seed: int, *names: str) -> np.random.RandomState:
    """Return the generator of `seed` that `names` stand for, the same in any order of execution.

    Neighbouring plain seeds of a RandomState give related streams; a SeedSequence does not. What
    a RandomState draws from one is frozen by NumPy's policy.

    Parameters
    ----------
    seed : int
        Of the run.
    *names : str
        What is drawn, such as ``"split"``: generators of different names are independent.

    Returns
    -------
    numpy.random.RandomState
    """
    entropy = [seed, *(zlib.crc32(name.encode()) for name in names)]
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(entropy)))

"""The share of the variance that is explained: 1 - squared error / that of the mean.

The mean over the outputs. Of a truth that does not vary it is 1 where all is right, else 0, as
scikit-learn has it; of a single sample it is not defined.
"""

import numpy as np

from kernels.outputs import Numbers, over_outputs


def score(outputs: Numbers) -> np.ndarray:
    """Return what each run reaches."""
    left = outputs.squared_error
    apart = outputs.truth - outputs.mean(outputs.truth)[..., None]
    there = outputs.mean(apart * apart)
    varies = (there > 0) & (outputs.truth.max(axis=2) > outputs.truth.min(axis=2))
    steady = np.where(np.isnan(left), np.nan, np.where(left == 0, 1.0, 0.0))
    explained = 1 - np.divide(left, there, out=np.zeros_like(left), where=varies)
    found = over_outputs(np.where(varies, explained, steady))
    return found if outputs.truth.shape[2] > 1 else np.full_like(found, np.nan)

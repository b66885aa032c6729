"""The mean Poisson deviance, 2 (y log(y / p) - y + p) of a prediction p above 0.

The mean over the outputs.
"""

import numpy as np

from kernels.metrics.log_loss import logarithms
from kernels.outputs import Numbers, over_outputs


def score(outputs: Numbers) -> np.ndarray:
    """Return what each run reaches."""
    p, y = outputs.predictions, outputs.truth
    counted = y > 0
    ratio = np.divide(y, p, out=np.ones_like(p), where=counted)
    return over_outputs(outputs.mean(2 * (y * logarithms(ratio) - y + p)))

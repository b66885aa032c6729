"""The mean of -log(p) of the right class' probability p, which is kept off 0 and 1.

So it is finite where the loss, which is made from the logits, has no end; and what classes weigh in
the loss is not in it.
"""

import math

import numpy as np

from kernels.lane.compiled import entry
from kernels.lane.exp_log import log
from kernels.lane.lanes import aligned_zeros, as_lanes, lane_width
from kernels.outputs import Outputs


def score(outputs: Outputs) -> np.ndarray:
    """Return what each run reaches."""
    labels, least = outputs.labels[:, None], outputs.precision
    p = np.take_along_axis(outputs.probabilities, labels, axis=1)[:, 0]
    return outputs.mean(-logarithms(np.clip(p, least, 1 - least)))


def logarithms(values: np.ndarray) -> np.ndarray:
    """Return the logarithms by our own log, whose bits are the same on every machine."""
    width = lane_width(np.float64)
    count = math.ceil(values.size / width)
    lanes = aligned_zeros((count, width), np.float64)
    flat = lanes.reshape(-1)
    flat[: values.size] = values.ravel()
    flat[values.size :] = 1
    _log_all(as_lanes(lanes), count)
    return flat[: values.size].reshape(values.shape)


@entry
def _log_all(values, count):
    for i in range(count):
        values[i] = log(values[i])

"""All kernels of a network made ready: compiled, or loaded from where they are kept."""

from collections.abc import Callable, Sequence

import numpy as np

from kernels.choice import Choice
from kernels.evaluation import evaluate, group_penalties, penalty_values
from kernels.lane.lanes import aligned_zeros
from kernels.network import Network
from kernels.runs import Runs
from kernels.samples import Samples
from kernels.scoring import keep
from kernels.training import train


def prepare(
    net: Network,
    dtype,
    width: int,
    batch_size: int,
    step: Choice,
    metrics: Sequence[Choice],
    penalties: Sequence[Choice],
    *,
    scored: bool = False,
    freeze: bool = False,
    train: Callable[..., object] = train,
    epoch: int | None = None,
) -> None:
    """Compile all kernels for a precision and lane width, or load them; see their parameters.

    ``scored`` is whether there are metrics that take all samples at once, ``train`` what trains,
    and ``epoch`` the samples of an epoch, if code hangs on them.

    Numba compiles under one lock: done first, threads need not wait for each other.
    """

    def zeros(*shape: int) -> np.ndarray:
        return aligned_zeros((1, *shape, width), dtype)

    parameters = zeros(net.size)
    runs = Runs(
        parameters=parameters,
        memory=step.start(parameters),
        l1=zeros(2 * net.layers),
        l2=zeros(2 * net.layers),
        l21=zeros(),
        rate=zeros(),
        factor=zeros(),
        step_hyper=zeros(len(step.HYPER)),
        activation_hyper=zeros(len(net.activation.HYPER)),
        words=np.zeros((1, 3, width), dtype=np.uint32),
        scale=zeros(),
        epoch=np.zeros((1, width), dtype=np.uint32),
        streams=np.zeros((1, width), dtype=np.int64),
    )
    y, one = np.zeros((1, net.targets), dtype), np.ones(1, dtype)
    order = np.zeros((1, epoch or batch_size, 1), dtype=np.int64)
    samples = Samples(np.zeros((1, int(net.widths[0])), dtype), y, one, order)
    train(net, runs, samples, step, batch_size, 0, freeze=freeze)
    samples = samples._replace(order=order[:, :1])
    evaluate(net, runs, parameters, samples, metrics)
    penalty_values(net, parameters, penalties)
    if net.grouped:
        group_penalties(net, parameters)
    if scored:
        outputs = zeros(1, int(net.widths[-1]))
        next(keep(net, runs.streams, outputs, samples, 1))

"""Training on a GPU, in the place of `kernels.training.train`: the same bytes."""

from typing import Protocol

import numpy as np

from kernels.choice import Choice
from kernels.cuda.arguments import OF_RUNS, OF_SAMPLES
from kernels.cuda.program import Program, program_of
from kernels.network import NO_DROPOUT, Network
from kernels.runs import Runs
from kernels.samples import Samples
from kernels.training import Schedule

#: Outputs at the most: a thread has the code of a sample's loss, output after output.
_OUTPUTS = 256


class Device(Protocol):
    """What runs programs: a GPU, or what stands for one.

    ``chip`` is how many bytes of shared memory a block may have.
    """

    chip: int

    def run(self, program: Program, arrays: dict[str, np.ndarray], counts: dict[str, int]) -> float:
        """Train runs; ``parameters`` and ``memory`` of the arrays are changed in place.

        Returns
        -------
        float
            Seconds that the kernel took.
        """


def refuses(net: Network) -> str | None:
    """Return why a network cannot be trained on a GPU, None if it can."""
    outputs = int(net.widths[-1])
    if outputs > _OUTPUTS:
        most = f"--backend cuda takes up to {_OUTPUTS} outputs"
        return f"{most}, and there are {outputs:,}: leave it out"
    return None


def train(
    device: Device,
    net: Network,
    runs: Runs,
    samples: Samples,
    step: Choice,
    batch_size: int,
    epochs: int,
    *,
    factors: np.ndarray | None = None,
    begun: int = 0,
    dropping: bool = True,
) -> float:
    """Train all runs in place, on a device.

    Parameters
    ----------
    device : Device
    net, runs, samples, step, batch_size, epochs, factors, begun, dropping
        As in `kernels.training.train`.

    Returns
    -------
    float
        Seconds that the device was at work.

    Raises
    ------
    ValueError
        If the batch is empty, or the network is one that `refuses` names.
    """
    batch_size = min(batch_size, samples.order.shape[1])
    if batch_size < 1:
        raise ValueError(f"a batch should have at least one sample, and has {batch_size}")
    reason = refuses(net)
    if reason:
        raise ValueError(reason)
    net = net if dropping else net._replace(dropout=NO_DROPOUT)
    packs, remembered, lanes = runs.memory.shape
    schedule = Schedule.of(np.ones(epochs) if factors is None else factors, runs.rate.dtype)
    program = program_of(
        net,
        step,
        runs.parameters,
        remembered,
        (samples.order.shape[1], batch_size),
        device.chip,
    )
    arrays = runs._asdict() | samples._asdict()
    arrays |= {"factors": schedule.factors.array, "begins": schedule.begins.array}
    arrays |= {"starts": net.start, "members": net.members}
    given = {name: arrays[name] for name in (*OF_RUNS, *OF_SAMPLES)}
    counts = {
        "runs": packs * lanes,
        "order_epochs": samples.order.shape[0],
        "order_streams": samples.order.shape[2],
        "samples": samples.order.shape[1],
        "begun": begun,
        "stretches": schedule.stretches,
        "small": int(any(map(_has_small, [given[name] for name in given if name not in _STATE]))),
    }
    return device.run(
        program, {name: np.ascontiguousarray(a) for name, a in arrays.items()}, counts
    )


#: What kernels look at themselves.
_STATE = ("parameters", "memory")


def _has_small(array: np.ndarray) -> bool:
    """Tell whether some number is smaller than what `kernels.cuda.flushing` takes for granted."""
    size = np.abs(array)
    return bool(((size > 0) & (size < 2.0**-200)).any())

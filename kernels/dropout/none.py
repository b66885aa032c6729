"""Units pass on what they give."""

from kernels.lane.emitting import nothing

__all__ = ["backward", "begin", "forward"]


@nothing
def begin(work, runs, pack, epoch, step):
    """Draw nothing."""


@nothing
def forward(net, work, layer, batch):
    """Do nothing: what units pass on is what they give."""


@nothing
def backward(net, work, layer, batch):
    """Do nothing: the gradients are the same."""

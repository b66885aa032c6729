"""Networks with their sizes frozen into the code: a batch as straight-line instructions.

The loops of a tiny network cost more than its arithmetic. For a `Frozen` network, `learn` is run
once in Python, with Lanes that emit their operations instead of doing them: every loop is
unrolled, hidden units and gradients never reach memory, and each parameter is loaded and stored
once. It is the same function that larger networks run, so each sum keeps its order and the bits
are the same.
"""

from itertools import pairwise
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import (
    NativeValue,
    lower_builtin,
    models,
    register_model,
    type_callable,
    typeof_impl,
    unbox,
)

from kernels.choice import Choice, ChoiceType
from kernels.lane.lanes import FlatType, Lane, numbers
from kernels.lane.operations import Traced, constant
from kernels.lane.product import Multiplier
from kernels.learning import Optimizer, gradient_blocks, learn
from kernels.network import NO_DROPOUT, Network, network
from kernels.runs import Workspace

#: Instructions, roughly, that are still quick to compile: those of the article with any step.
_LIMIT = 1700


class Frozen:
    """A network and a batch that kernels know when they are compiled.

    Parameters
    ----------
    widths : tuple of int
        Units of each layer, the inputs first.
    batch : int
        Samples of a batch.
    loss, activation : Choice
    groups : tuple of tuple of int
        The parameters of each group of them.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        batch: int,
        loss: Choice,
        activation: Choice,
        groups: tuple[tuple[int, ...], ...],
    ) -> None:
        self.widths = widths
        self.batch = batch
        self.loss = loss
        self.activation = activation
        self.groups = groups

    @classmethod
    def of(cls, net: Network, batch: int) -> "Frozen":
        """Freeze a network, whose units pass on what they give."""
        if net.dropout.kind != NO_DROPOUT.kind:
            raise ValueError("a network with dropout is not frozen")
        return cls(tuple(net.widths.tolist()), batch, net.loss, net.activation, net.groups)

    @property
    def kind(self) -> str:
        """What code is compiled for."""
        choices = f"{self.loss.kind}, {self.activation.kind}"
        return f"Frozen({self.widths}, {self.batch}, {choices}, {self.groups})"

    @property
    def net(self) -> Network:
        """The network, whose sizes are plain numbers."""
        return network(self.widths, self.loss, self.activation).with_groups(self.groups)


def freezes(widths: tuple[int, ...], samples: int, batch: int, step: Choice) -> bool:
    """Whether a network is small enough to be frozen, and all its batches of one size."""
    if samples % batch:
        return False
    products = sum(a * b for a, b in pairwise(widths))
    parameters = products + sum(widths[1:])
    moves = step.INSTRUCTIONS * parameters
    return 3 * batch * products + moves + 50 * batch * widths[-1] <= _LIMIT


class _FrozenType(types.Type):
    def __init__(self, frozen: Frozen) -> None:
        self.frozen = frozen
        super().__init__(name=frozen.kind)


register_model(_FrozenType)(models.OpaqueModel)


@typeof_impl.register(Frozen)
def _typeof(value, context):
    return _FrozenType(value)


@unbox(_FrozenType)
def _unbox(kind, value, context):
    return NativeValue(context.context.get_dummy_value())


@type_callable(learn)
def _type_learn(context):
    def resolve(net, optimizer, work, batch, shared):
        return types.none if isinstance(net, _FrozenType) else None

    return resolve


@lower_builtin(learn, _FrozenType, types.NamedTuple, types.NamedTuple, types.Integer, types.Boolean)
def _emit_learn(context, builder, sig, args):
    code, optimizer_type, work_type, *_ = sig.args
    frozen = code.frozen
    net = frozen.net
    lane = optimizer_type.types[0].element
    optimizer = _traced(builder, lane, optimizer_type, args[1])
    optimizer = Optimizer._make(optimizer)._replace(size=net.size, grouped=net.grouped)
    space = Workspace._make(_traced(builder, lane, work_type, args[2]))
    work = in_registers(builder, lane, frozen, space)
    learn(net, optimizer, work, frozen.batch, False)
    return context.get_dummy_value()


def in_registers(builder, lane: Lane, frozen: Frozen, space: Workspace) -> Workspace:
    """Return a workspace in registers, but for samples and hyperparameters, which are in memory.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
    lane : Lane
    frozen : Frozen
    space : Workspace
        Gives ``units``, of which the inputs are read, ``targets``, ``importance`` and ``hyper``.
    """
    net, units = frozen.net, _room(space.units)
    constants: Any = [Traced(builder, lane, [constant(lane, each)]) for each in (0.0, 1.0)]
    return Workspace(
        units=units,
        passed=units,
        deltas=_room(),
        factors=_room(),
        inputs=_room(),
        targets=space.targets,
        importance=space.importance,
        gradient=_room(),
        constants=constants,
        blocks=numbers(gradient_blocks(net)),
        hyper=_room(space.hyper),
        words=_room(),
        scale=_room(),
        lanes=lane.width,
        capacity=frozen.batch,
        hypers=len(frozen.activation.HYPER),
        dropping=False,
        multiplier=Multiplier(0, _room(), _LIMIT),
    )


def _traced(builder, lane: Lane, kind: types.Type, value) -> Any:
    """Return what a value of a kernel is while its code is traced."""
    if isinstance(kind, types.BaseTuple):
        return tuple(
            _traced(builder, lane, inner, builder.extract_value(value, i))
            for i, inner in enumerate(kind.types)
        )
    if isinstance(kind, FlatType):
        return _Memory(builder, lane, value)
    if isinstance(kind, ChoiceType):
        return Choice(kind.kind)
    return Traced(builder, lane, [value]) if isinstance(kind, Lane) else None


class _Memory:
    """An array of Lanes in memory: what is not kept in a register may be read again for nothing."""

    def __init__(self, builder, lane: Lane, pointer) -> None:
        self._builder = builder
        self._lane = lane
        self._pointer = pointer

    def __getitem__(self, index: int) -> Traced:
        value = self._builder.load(self._address(index), align=1)
        return Traced(self._builder, self._lane, [value])

    def __setitem__(self, index: int, traced: Traced) -> None:
        self._builder.store(traced.values[0], self._address(index), align=1)

    def _address(self, index: int):
        return self._builder.gep(self._pointer, [ir.Constant(ir.IntType(64), int(index))])


class Registers(dict):
    """An array of Lanes that exists in registers only, but for what it begins with in memory."""

    def __init__(self, memory: Any = None) -> None:
        self._memory = memory

    def __missing__(self, index: int) -> Traced:
        if self._memory is None:
            raise IndexError(index)
        self[index] = self._memory[index]
        return self[index]


def _room(memory: Any = None) -> Any:
    """Return registers in the place of an array."""
    return Registers(memory)

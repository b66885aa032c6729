"""Networks with their sizes frozen into the code: a batch as straight-line instructions.

The loops of a tiny network cost more than its arithmetic. For a `Frozen` network, `learn` is run
once in Python, with Lanes that emit their operations instead of doing them: every loop is
unrolled, hidden units and gradients never reach memory, and each parameter is loaded and stored
once. It is the same function that larger networks run, so each sum keeps its order and the bits
are the same.
"""

from itertools import pairwise

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

from kernels.lanes import Lane
from kernels.learning import Optimizer, learn
from kernels.network import Workspace, network
from kernels.operations import Traced, constant
from kernels.product import Multiplier

#: Instructions, roughly, that are still quick to compile.
_LIMIT = 1500


class Frozen:
    """A network and a batch whose sizes kernels know when they are compiled."""

    def __init__(self, widths: tuple[int, ...], batch: int, proximal: bool) -> None:
        self.widths = widths
        self.batch = batch
        self.proximal = proximal


def freezes(widths: tuple[int, ...], samples: int, batch: int) -> bool:
    """Whether a network is small enough to be frozen, and all its batches of one size."""
    if samples % batch:
        return False
    products = sum(a * b for a, b in pairwise(widths))
    parameters = products + sum(widths[1:])
    return 3 * batch * products + 12 * parameters + 50 * batch * widths[-1] <= _LIMIT


class _FrozenType(types.Type):
    def __init__(self, widths: tuple[int, ...], batch: int, proximal: bool) -> None:
        self.widths = widths
        self.batch = batch
        self.proximal = proximal
        super().__init__(name=f"Frozen({widths}, {batch}, {proximal})")


register_model(_FrozenType)(models.OpaqueModel)


@typeof_impl.register(Frozen)
def _typeof(value, context):
    return _FrozenType(value.widths, value.batch, value.proximal)


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
    frozen, optimizer_type, work_type, *_ = sig.args
    lane = optimizer_type.types[0].element
    fields = dict(zip(Optimizer._fields, _fields(builder, optimizer_type, args[1]), strict=True))
    space = dict(zip(Workspace._fields, _fields(builder, work_type, args[2]), strict=True))

    def memory(name: str) -> _Memory:
        return _Memory(builder, lane, (fields | space)[name])

    optimizer = Optimizer(
        memory("weights"),
        memory("memory"),
        memory("l1"),
        memory("l2"),
        Traced(builder, lane, [fields["rate"]]),
        Traced(builder, lane, [fields["momentum"]]),
        frozen.proximal,
    )
    work = Workspace(
        units=_Registers(memory("units")),
        deltas=_Registers(),
        inputs=_Registers(),
        labels=memory("labels"),
        importance=memory("importance"),
        gradient=_Registers(),
        constants=[Traced(builder, lane, [constant(lane, number)]) for number in (0.0, 1.0)],
        lanes=lane.width,
        capacity=frozen.batch,
        multiplier=Multiplier(0, _Registers(), _LIMIT),
    )
    learn(network(frozen.widths), optimizer, work, frozen.batch, False)
    return context.get_dummy_value()


def _fields(builder, kind: types.NamedTuple, value) -> list:
    return [builder.extract_value(value, i) for i in range(len(kind.types))]


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


class _Registers(dict):
    """An array of Lanes that exists in registers only, but for what it begins with in memory."""

    def __init__(self, memory: _Memory | None = None) -> None:
        self._memory = memory

    def __missing__(self, index: int) -> Traced:
        if self._memory is None:
            raise IndexError(index)
        self[index] = self._memory[index]
        return self[index]

"""A choice: a module whose functions kernels call, settled when a kernel is compiled.

What can be chosen is a module each: a loss, an activation, a step, a penalty, a metric. So
``net.loss.gradient(...)`` reads the same in plain Python, traced by `kernels.frozen` and compiled.
Each choice is a Numba type of its own: a kernel has code for the one that it was given, and no
branch when it runs.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from numba.core import types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_builtin,
    lower_getattr_generic,
    models,
    register_model,
    type_callable,
    typeof_impl,
    unbox,
)


class Choice:
    """A module, as kernels take it.

    Parameters
    ----------
    kind : str
        Its name, such as ``kernels.losses.cross_entropy``. It is one of the kernel files, whose
        text the cache of compiled code is named after.

    Attributes
    ----------
    kind : str
        That name: what a kernel is compiled for.
    module : module
        Its attributes are those of the choice too.
    """

    __slots__ = ("kind", "module")

    def __init__(self, kind: str) -> None:
        if not kind.startswith("kernels."):
            raise ValueError(f"a choice is a kernel module, and {kind!r} is none")
        self.kind = kind
        self.module: ModuleType = import_module(kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    def __reduce__(self) -> tuple:
        return Choice, (self.kind,)


class ChoiceType(types.Type):
    """Numba type of one choice."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(name=f"Choice({kind})")

    def attribute(self, name: str) -> Any:
        """Return what the module has under a name."""
        return getattr(import_module(self.kind), name)


register_model(ChoiceType)(models.OpaqueModel)


@typeof_impl.register(Choice)
def _typeof(value, context):
    return ChoiceType(value.kind)


@unbox(ChoiceType)
def _unbox(kind, value, context):
    return NativeValue(context.context.get_dummy_value())


@infer_getattr
class _Attributes(AttributeTemplate):
    key = ChoiceType

    def generic_resolve(self, kind, name):
        return self.context.resolve_value_type(kind.attribute(name))


@lower_getattr_generic(ChoiceType)
def _attribute(context, builder, kind, value, name):
    found = kind.attribute(name)
    if isinstance(found, int):
        return context.get_constant(types.intp, found)
    return context.get_dummy_value()  # a function, which its type says all of


def _adding(name: str) -> Callable:
    """Return a kernel that adds what ``name`` of each of some choices gives to a sum each."""

    def each(choices, a, b, c, sums):
        for i, choice in enumerate(choices):
            sums[i] = sums[i] + getattr(choice, name)(a, b, c)

    def found(typing, choice, arguments):
        function = typing.resolve_value_type(choice.attribute(name))
        return function, function.get_call_type(typing, arguments, {})

    @type_callable(each)
    def _type(context):
        def resolve(choices, a, b, c, sums):
            for choice in choices:
                found(context, choice, (a, b, c))
            return types.none

        return resolve

    @lower_builtin(each, types.BaseTuple, types.Any, types.Any, types.Any, types.Type)
    def _emit(context, builder, sig, args):
        choices, *kinds, _ = sig.args
        _, *arguments, sums = args
        for i, choice in enumerate(choices):
            function, signature = found(context.typing_context, choice, tuple(kinds))
            emit = context.get_function(function, signature)
            context.add_linking_libs(getattr(emit, "libs", ()))
            place = builder.gep(sums, [context.get_constant(types.intp, i)])
            total = builder.fadd(builder.load(place, align=1), emit(builder, arguments))
            builder.store(total, place, align=1)
        return context.get_dummy_value()

    return each


#: ``add_measures(choices, net, work, batch, sums)``: what each loss or metric finds in a batch.
add_measures = _adding("measure")

#: ``add_values(choices, weights, first, last, sums)``: what ``weights[first:last]`` cost.
add_values = _adding("value")


def hyperparameters(choice, lanes, pack):
    """Return what a choice takes of its own, as a tuple of Lanes in the order of its `HYPER`.

    ``lanes`` is ``[pack, hyperparameter]``.
    """
    count = len(choice.HYPER)
    return tuple(lanes[pack * count + i] for i in range(count))


@type_callable(hyperparameters)
def _type_hyperparameters(context):
    def resolve(choice, lanes, pack):
        return types.Tuple.from_types([lanes.element] * len(choice.attribute("HYPER")))

    return resolve


@lower_builtin(hyperparameters, ChoiceType, types.Type, types.Integer)
def _emit_hyperparameters(context, builder, sig, args):
    pack = context.cast(builder, args[2], sig.args[2], types.intp)
    count = len(sig.return_type)
    first = builder.mul(pack, context.get_constant(types.intp, count))
    places = (builder.add(first, context.get_constant(types.intp, i)) for i in range(count))
    found = [builder.load(builder.gep(args[1], [place]), align=1) for place in places]
    return context.make_tuple(builder, sig.return_type, found)

"""Functions that kernels call and whose code is emitted, whatever the number of their arguments."""

from collections.abc import Callable

from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin


def builtin(function: Callable, resolve: Callable) -> None:
    """Let kernels call a function.

    Parameters
    ----------
    function : callable
        What kernels call, and what runs in their place where they are not compiled.
    resolve : callable
        Given the types of the arguments, returns that of the result, None where it takes no such.
    """

    class Template(AbstractTemplate):
        key = function

        def generic(self, args, kws):
            found = resolve(*args)
            return None if found is None else signature(found, *args)

    infer_global(function, types.Function(Template))


def nothing(function: Callable) -> Callable:
    """Let kernels call a function that does nothing; it costs nothing to compile either."""
    builtin(function, lambda *kinds: types.none)

    @lower_builtin(function, types.VarArg(types.Any))
    def _emit(context, builder, sig, args):
        return context.get_dummy_value()

    return function

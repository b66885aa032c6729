"""How the machine code of a kernel is made: once, with all that it calls.

Numba optimises every function by itself and makes machine code of it, although another kernel that
calls it optimises a copy, and only the copy runs. Here a function that only kernels call is a
`Part`: it is only tidied up until a `Whole`, the kernel that Python calls, has linked its parts;
that is optimised and made machine code of, in one go. Other code of Numba's users is left alone.

This reaches into Numba, which has no other way. Where one of the methods that it replaces is gone,
or one of LLVM's passes, all are compiled as everything else is.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from llvmlite import binding as llvm
from numba.core import codegen
from numba.core.compiler import Compiler

#: What is taken from Numba's inside.
_METHODS = (
    "codegen",
    "get_pointer_to_function",
    "_ensure_finalized",
    "_optimize_functions",
    "_optimize_final_module",
    "_finalize_final_module",
)

#: Passes over what kernels do not have: closures, and expressions of whole arrays.
_NEEDLESS = ("InlineClosureLikes", "NopythonRewrites")

#: Passes of LLVM's that put variables into registers and leave loops as they are.
_TIDYING = ("sroa", "instruction_combine", "simplify_cfg")

#: The one that puts functions into their callers.
_INLINING = "always_inliner"

_Library = getattr(codegen, "JITCodeLibrary", object)


class _Nowhere:
    """What a part runs in: nothing."""

    @staticmethod
    def set_env(name: str, environment) -> None:
        """Do nothing: no kernel needs what Numba calls the environment of a function."""


class _Tidied(_Library):  # type: ignore[misc, valid-type]
    """Functions that are tidied up, and no more."""

    def _optimize_functions(self, module) -> None:
        module.data_layout = self._codegen._data_layout
        self._run(module, _TIDYING)

    def _run(self, module, passes: tuple[str, ...]) -> None:
        """Run some of LLVM's passes over a module, in place."""
        options = llvm.create_pipeline_tuning_options()
        builder = llvm.create_pass_builder(self._codegen._tm, options)
        manager = llvm.create_new_module_pass_manager()
        for name in passes:
            getattr(manager, f"add_{name}_pass")()
        manager.run(module, builder)


class _PartLibrary(_Tidied):
    codegen = _Nowhere

    def _optimize_final_module(self) -> None:
        """Leave it to the whole."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0, as for a function without machine code."""
        self._ensure_finalized()
        return 0


class _WholeLibrary(_Tidied):
    def _optimize_final_module(self) -> None:
        # What gains by vectors is written with them.
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = options.slp_vectorization = False
        builder = llvm.create_pass_builder(self._codegen._tm, options)
        builder.getModulePassManager().run(self._final_module, builder)


class _TiledLibrary(_Tidied):
    def _optimize_final_module(self) -> None:
        # A tile is written as it is to run: LLVM's hundred usual passes would not make it faster.
        self._run(self._final_module, (_INLINING, *_TIDYING))


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Collect no garbage meanwhile: Python looks again and again at all that Numba remembers."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Linker(Compiler):
    """Numba's compiler, but for the library that it compiles to."""

    library: type

    def compile_extra(self, func):
        """Compile a function."""
        with _garbage_kept():
            return super().compile_extra(func)

    def define_pipelines(self):
        """Return Numba's passes without those that find nothing to do."""
        state = self.state
        state.library = self.library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        pipelines = super().define_pipelines()
        for pipeline in pipelines:
            pipeline.passes = [
                (each, why) for each, why in pipeline.passes if each.__name__ not in _NEEDLESS
            ]
            pipeline.finalize()
        return pipelines


class _Part(_Linker):
    library = _PartLibrary


class _Whole(_Linker):
    library = _WholeLibrary


class _Tiled(_Linker):
    library = _TiledLibrary


_passes = getattr(llvm, "ModulePassManager", None)
_known = all(hasattr(_Library, name) for name in _METHODS) and all(
    hasattr(_passes, f"add_{name}_pass") for name in (_INLINING, *_TIDYING)
)

#: Compiles what only kernels call.
Part: type = _Part if _known else Compiler

#: Compiles what Python calls.
Whole: type = _Whole if _known else Compiler

#: Compiles what kernels call by its address: loops that are as they should be.
Tiled: type = _Tiled if _known else Compiler

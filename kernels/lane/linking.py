"""How the machine code of a kernel is made: once, with all that it calls.

Numba optimises every function by itself and makes machine code of it, although another kernel that
calls it optimises a copy, and only the copy runs. Here a function that only kernels call is a
`Part`: it is only tidied up until a `Whole`, which Python calls or kernels by its address, has
linked its parts; that is optimised and made machine code of, in one go. Other code of Numba's users
is left alone.

Kernels are written as they are to run, with vectors and tiles: the rest of LLVM's hundred usual
passes takes three times as long and makes them no faster. Most of the time is Numba's own: passes
that find nothing to do are left out, and what it has found is remembered.

This reaches into Numba, which has no other way; see `kernels.lane.tried`.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from types import ModuleType

from llvmlite import binding as llvm
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

#: Passes over what kernels do not have: closures, code of other functions to be copied in,
#: ``with``, loops over tuples of several types, tests for None, references to be given up,
#: expressions of whole arrays, ``raise``, ``literally``, a name for values of several types, loops
#: that Numba runs side by side, and what it refuses.
_NEEDLESS = (
    "InlineClosureLikes",
    "InlineInlinables",
    "InlineOverloads",
    "MakeFunctionToJitFunction",
    "WithLift",
    "WithLifting",
    "LiteralUnroll",
    "LiteralPropagationSubPipelinePass",
    "FindLiterallyCalls",
    "RewriteSemanticConstants",
    "RewriteDynamicRaises",
    "DeadBranchPrune",
    "IRLegalization",
    "NopythonRewrites",
    "ReconstructSSA",
    "PreLowerStripPhis",
    "NoPythonSupportedFeatureValidation",
    "DumpParforDiagnostics",
)

#: Kernels that are compiled between one collection of garbage and the next.
_BETWEEN = 64

_COUNT = count(1)

#: Passes of LLVM's that put variables into registers and leave loops as they are.
_TIDYING = ("sroa", "instruction_combine", "simplify_cfg")

#: What makes a kernel of its parts.
_JOINING = ("always_inliner", *_TIDYING)


class _Nowhere:
    """What a part runs in: nothing."""

    @staticmethod
    def set_env(name: str, environment) -> None:
        """Do nothing: no kernel needs what Numba calls the environment of a function."""


def _run(passes: tuple[str, ...], library, module) -> None:
    """Run some of LLVM's passes over a module, in place."""
    options = llvm.create_pipeline_tuning_options()
    builder = llvm.create_pass_builder(library._codegen._tm, options)
    manager = llvm.create_new_module_pass_manager()
    for name in passes:
        getattr(manager, f"add_{name}_pass")()
    manager.run(module, builder)


class _PartLibrary(JITCodeLibrary):
    codegen = _Nowhere

    def _optimize_functions(self, module) -> None:
        module.data_layout = self._codegen._data_layout
        _run(_TIDYING, self, module)

    def _optimize_final_module(self) -> None:
        """Leave it to the whole."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0, as for a function without machine code."""
        self._ensure_finalized()
        return 0


class _WholeLibrary(JITCodeLibrary):
    def _optimize_functions(self, module) -> None:
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        _run(_JOINING, self, self._final_module)


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Collect no garbage meanwhile: Python looks again and again at all that Numba remembers.

    Nor at once after it, as it would of so much that is young: it is made old. Python by itself
    would hardly ever look at it again, and most of it is garbage: some ten megabytes a kernel. So
    all is looked at after every few dozen kernels.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if next(_COUNT) % _BETWEEN:
                gc.freeze()
                gc.unfreeze()
            else:
                gc.collect()
            gc.enable()


@contextmanager
def _calls_remembered(typing) -> Iterator[None]:
    """Find once what is called with arguments of some types: Numba does so again at each call.

    Each time it tries dozens of declarations, also for the sum of two integers, and writes down why
    they do not fit.
    """
    if "resolve_function_type" in vars(typing):  # by the kernel that calls this one
        yield
        return
    resolve, known = typing.resolve_function_type, {}

    def remembered(function, arguments, named):
        if named:
            return resolve(function, arguments, named)
        # Types that are equal are one object, which is kept so that no other takes its place.
        key = function, *map(id, arguments)
        if key not in known:
            known[key] = resolve(function, arguments, named), arguments
        return known[key][0]

    typing.resolve_function_type = remembered
    try:
        yield
    finally:
        del typing.resolve_function_type


@cache
def _size(layout, kind) -> int:
    """Return the bytes of an LLVM type: Numba asks for those of each variable, for debuggers."""
    return kind.get_abi_size(layout)


def _import_without_scipy() -> None:
    """Import what Numba looks for BLAS with, which only asks whether SciPy's is there.

    SciPy's linear algebra takes a fifth of a second to import, and kernels need none of it.
    """
    asked, asking = "scipy.linalg.cython_blas", "numba.np.arraymath"
    if {asked, asking} & sys.modules.keys() or find_spec("scipy") is None:
        return
    sys.modules[asked] = ModuleType(asked)
    try:
        import_module(asking)
    finally:
        del sys.modules[asked]


class _Linker(Compiler):
    """Numba's compiler, but for the library that it compiles to."""

    library: type

    def __init__(self, *arguments) -> None:
        _import_without_scipy()
        super().__init__(*arguments)

    def compile_extra(self, func):
        """Compile a function."""
        target = self.state.targetctx  # a copy that Numba made for this function
        target.get_abi_sizeof = partial(_size, target.target_data)
        with _garbage_kept(), _calls_remembered(self.state.typingctx):
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


class Part(_Linker):
    """Compiles what only kernels call."""

    library = _PartLibrary


class Whole(_Linker):
    """Compiles what Python calls, and what kernels call by its address."""

    library = _WholeLibrary

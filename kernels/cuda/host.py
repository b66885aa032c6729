"""A stand-in for a GPU: the same code, run on the processor."""

import ctypes
import time
from functools import cache

import llvmlite.binding as llvm
import numpy as np

from kernels.cuda.arguments import NAMES
from kernels.cuda.program import KERNEL, Program, host_code, optimised


class Host:
    """Runs what a GPU would run, one run after another; see `kernels.cuda.driver.Gpu`."""

    name = "the processor in the place of a GPU"
    chip = 2**16

    def run(self, program: Program, arrays: dict[str, np.ndarray], counts: dict[str, int]) -> float:
        """Train runs in place; return the seconds that it took."""
        layout = program.layout
        room = np.empty((layout.on_chip + layout.elsewhere) * program.size, np.uint8)
        arrays = arrays | {"room": room}
        values = [
            counts[name] if name in counts else arrays[name].ctypes.data if name in arrays else 0
            for name in NAMES
        ]
        code = _code(program)
        begun = time.perf_counter()
        code(*values)
        return time.perf_counter() - begun


@cache
def _code(program: Program):
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(host_code(program))
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=2, jit=True
    )
    optimised(module, machine)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * len(NAMES))
    code = kind(engine.get_function_address(KERNEL))
    code.engine = engine  # which the code lives in
    return code

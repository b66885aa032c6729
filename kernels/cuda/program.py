"""A program: all that shapes the code of a kernel, and that code as LLVM has it."""

from functools import cache
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from kernels.choice import Choice
from kernels.cuda import thread
from kernels.cuda.arguments import NAMES, WORD, Frame, types_of
from kernels.frozen import freezes
from kernels.lane.lanes import Lane
from kernels.network import Network, network

#: The name of every kernel.
KERNEL = "train"

#: Threads of a block where each has a run.
THREADS = 64

#: Generations of NVIDIA's processors of which LLVM knows, by their capability; newer ones take
#: the code of the last before them.
CAPABILITIES = (80, 90, 100)

#: For float32 the processor has a mode in which subnormal numbers are zero.
_MODE = '"denormal-fp-math-f32"="preserve-sign,preserve-sign"'


class Program(NamedTuple):
    """What a kernel is compiled for.

    Attributes
    ----------
    widths : tuple of int
    loss, activation, dropout, step : str
        The kinds of choices.
    groups : tuple of tuple of int
        See `kernels.network.Network.groups`.
    dtype : str
    batch, lanes, remembered : int
        Samples of a batch, lanes of a pack in memory, and what the step remembers of a run.
    """

    widths: tuple[int, ...]
    loss: str
    activation: str
    dropout: str
    step: str
    groups: tuple[tuple[int, ...], ...]
    dtype: str
    batch: int
    lanes: int
    remembered: int

    @property
    def net(self) -> Network:
        """The network."""
        plain = network(self.widths, Choice(self.loss), Choice(self.activation))
        groups = np.array(self.groups, dtype=np.int64).reshape(-1, 4)
        return plain.with_groups(groups)._replace(dropout=Choice(self.dropout))

    def frame(self, values: dict[str, Any]) -> Frame:
        """Return the arguments of the kernel."""
        net, step = self.net, Choice(self.step)
        hypers = len(step.HYPER), len(net.activation.HYPER)
        lane = Lane(_number(self.dtype), 1)
        return Frame(values, net, lane, self.lanes, self.remembered, hypers)


def _number(dtype: str) -> types.Float:
    return types.float64 if dtype == "float64" else types.float32


def host_code(program: Program) -> str:
    """Return the code with which the processor trains all runs, one after another."""
    module, function, values = _function(program)
    kind = ir.FunctionType(ir.VoidType(), [*(each.type for each in function.args), WORD])
    once = ir.Function(module, kind, "once")
    builder = ir.IRBuilder(function.append_basic_block())
    with cgutils.for_range(builder, values["runs"], intp=WORD) as run:
        builder.call(once, [*function.args, run.index])
    builder.ret_void()
    body = ir.IRBuilder(once.append_basic_block())
    frame = program.frame(dict(zip(NAMES, once.args, strict=False)))
    thread.emit_run(frame, program.batch, Choice(program.step), body, once.args[-1], False)
    body.ret_void()
    return str(module)


@cache
def ptx(program: Program, capability: int) -> str:
    """Return the code of a kernel for processors of a capability, 90 say for 9.0, and later ones."""
    module, function, values = _function(program)
    builder = ir.IRBuilder(function.append_basic_block())
    kind = ir.FunctionType(ir.IntType(32), [])
    thread_number, block, threads = (
        builder.call(module.declare_intrinsic(f"llvm.nvvm.read.ptx.sreg.{name}", fnty=kind), [])
        for name in ("tid.x", "ctaid.x", "ntid.x")
    )
    run = builder.zext(builder.add(builder.mul(block, threads), thread_number), WORD)
    with builder.if_then(builder.icmp_unsigned("<", run, values["runs"])):
        body = ir.IRBuilder(builder.block)
        flushes = program.dtype == "float32"
        thread.emit_run(
            program.frame(values), program.batch, Choice(program.step), body, run, flushes
        )
        builder.position_at_end(body.block)
    builder.ret_void()
    return _assembly(str(module), capability)


def _function(program: Program) -> tuple[ir.Module, ir.Function, dict[str, Any]]:
    module = ir.Module()
    kind = ir.FunctionType(ir.VoidType(), types_of(_number(program.dtype)))
    function = ir.Function(module, kind, KERNEL)
    return module, function, dict(zip(NAMES, function.args, strict=True))


def _assembly(text: str, capability: int) -> str:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple("nvptx64-nvidia-cuda")
    machine = target.create_target_machine(cpu=f"sm_{capability}", opt=3)
    lines = text.replace('triple = "unknown-unknown-unknown"', 'triple = "nvptx64-nvidia-cuda"')
    lines = lines.replace("define void", "define ptx_kernel void")
    lines = lines.replace(")\n{", ") #0\n{") + f"\nattributes #0 = {{ {_MODE} }}\n"
    module = llvm.parse_assembly(lines)
    module.data_layout = str(machine.target_data)
    optimised(module, machine)
    return machine.emit_assembly(module)


def optimised(module: llvm.ModuleRef, machine: llvm.TargetMachine) -> None:
    """Run LLVM's usual passes over a module: none of them changes a bit of what is computed."""
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)


def program_of(
    net: Network, step: Choice, dtype, lanes: int, remembered: int, batch: int
) -> Program:
    """Return the program that trains runs of a network."""
    return Program(
        tuple(net.widths.tolist()),
        net.loss.kind,
        net.activation.kind,
        net.dropout.kind,
        step.kind,
        tuple(map(tuple, net.groups.tolist())),
        np.dtype(dtype).name,
        batch,
        lanes,
        remembered,
    )


def by_thread(program: Program, samples: int) -> bool:
    """Tell whether a run is small enough for a thread."""
    return freezes(program.widths, samples, program.batch, Choice(program.step))
